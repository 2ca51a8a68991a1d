//! A server that does what a list says, one entry for each request, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one request.
#[derive(Debug, Clone)]
pub(super) enum Does {
    /// Answers with this status and body, and keeps the connection.
    Answer(u16, String),
    /// Answers with these very bytes and closes.
    Raw(Vec<u8>),
    /// Closes the connection as soon as it is opened.
    CutBefore,
    /// Reads the request and closes.
    CutAfter,
    /// Reads the request and keeps silent.
    Silence,
}

impl Does {
    pub(super) fn ok(result: &str) -> Does {
        Does::Answer(200, format!(r#"{{"ok":true,"result":{result}}}"#))
    }

    pub(super) fn refuses(code: u16, description: &str) -> Does {
        Does::Answer(
            code,
            format!(r#"{{"ok":false,"error_code":{code},"description":"{description}"}}"#),
        )
    }

    /// An answer in chunks.
    pub(super) fn chunks(chunks: &[&str]) -> Does {
        let mut raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
        for chunk in chunks {
            raw.push_str(&format!("{:x}\r\n{chunk}\r\n", chunk.len()));
        }
        raw.push_str("0\r\n\r\n");
        Does::Raw(raw.into_bytes())
    }
}

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    /// `POST /path HTTP/1.1`.
    pub(super) line: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[derive(Clone)]
pub(super) struct Server {
    pub(super) url: String,
    pub(super) port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    script: VecDeque<Does>,
    requests: Vec<Request>,
    connections: usize,
}

impl Server {
    pub(super) async fn start(script: impl IntoIterator<Item = Does>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State {
            script: script.into_iter().collect(),
            requests: Vec::new(),
            connections: 0,
        };
        let server = Server {
            url: format!("http://127.0.0.1:{port}"),
            port,
            state: Arc::new(Mutex::new(state)),
        };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepting.state.lock().unwrap().connections += 1;
                tokio::spawn(accepting.clone().serve(stream));
            }
        });
        server
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    fn peek(&self) -> Option<Does> {
        self.state.lock().unwrap().script.front().cloned()
    }

    /// Serves one connection; also behind a proxy that has opened it.
    pub(super) async fn serve(self, mut stream: TcpStream) {
        loop {
            if matches!(self.peek(), Some(Does::CutBefore)) {
                self.state.lock().unwrap().script.pop_front();
                return;
            }
            let Some(request) = read_request(&mut stream).await else {
                return;
            };
            let does = {
                let mut state = self.state.lock().unwrap();
                state.requests.push(request);
                state
                    .script
                    .pop_front()
                    .expect("a request more than the test foresees")
            };
            match does {
                Does::Answer(status, body) => {
                    let head = format!(
                        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n",
                        body.len()
                    );
                    stream.write_all(head.as_bytes()).await.unwrap();
                    stream.write_all(body.as_bytes()).await.unwrap();
                }
                Does::Raw(bytes) => {
                    stream.write_all(&bytes).await.unwrap();
                    return;
                }
                Does::CutBefore | Does::CutAfter => return,
                Does::Silence => {
                    // Held until the client goes or the test's runtime ends.
                    tokio::time::sleep(Duration::from_secs(3600)).await;
                }
            }
        }
    }
}

/// Reads head and body; none when the other side has gone.
pub(super) async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut request = Request {
        line,
        headers,
        body: bytes.split_off(head_end + 4),
    };
    let length = request
        .header("content-length")
        .map_or(0, |value| value.parse().unwrap());
    assert!(
        request.header("transfer-encoding").is_none(),
        "lengths are known beforehand"
    );
    while request.body.len() < length {
        if stream.read_buf(&mut request.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(request)
}
