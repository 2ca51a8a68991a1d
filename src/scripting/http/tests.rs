//! The transport against small servers on this computer.

use super::*;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

/// Answers one request and gives back its text.
fn serve(answer: &'static [u8]) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let text = read_all(&mut stream);
        // The caller may have seen enough of a large answer.
        let _ = stream.write_all(answer);
        text
    });
    (port, server)
}

fn read_all(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_lowercase()
                        .strip_prefix("content-length: ")
                        .map(str::to_string)
                })
                .map_or(0, |length| length.parse::<usize>().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "the request ended early");
        bytes.extend_from_slice(&chunk[..count]);
    }
}

fn transport(entries: &[String]) -> Transport {
    Transport::new(AllowList::new(entries), HttpLimits::default())
}

fn get(host: &str, port: u16, path: &str) -> HttpRequest {
    HttpRequest {
        method: "GET".into(),
        secure: false,
        host: host.into(),
        port,
        path: path.into(),
        headers: Vec::new(),
        body: Vec::new(),
        login: None,
        proxy: None,
        proxy_login: None,
        timeout_s: 0,
    }
}

#[test]
fn a_request_goes_out_and_its_answer_comes_back() {
    let (port, server) = serve(b"HTTP/1.1 201 Created\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok");
    let request = HttpRequest {
        method: "POST".into(),
        headers: vec![
            ("X-Text".into(), "яч".into()),
            ("Content-Length".into(), "999".into()),
            ("Transfer-Encoding".into(), "chunked".into()),
            ("Host".into(), format!("LOCALHOST:{port}")),
        ],
        body: "тело".into(),
        login: Some(("user".into(), "pass".into())),
        ..get("localhost", port, "/a%20b?c=%D1%8F")
    };
    let call = Call {
        idempotency_key: Some("key-1".into()),
        cancel: None,
    };
    let answer = transport(&[format!("localhost:{port}")])
        .send(request, &call)
        .unwrap();
    assert_eq!(answer.status, 201);
    assert_eq!(answer.body, b"ok");
    assert!(
        answer
            .headers
            .contains(&("x-a".to_string(), "1".to_string()))
    );
    let seen = server.join().unwrap();
    assert!(
        seen.starts_with("POST /a%20b?c=%D1%8F HTTP/1.1\r\n"),
        "{seen}"
    );
    assert!(seen.ends_with("\r\n\r\nтело"), "{seen}");
    let lower = seen.to_lowercase();
    for header in [
        "x-text: яч\r\n",
        "content-length: 8\r\n",
        "idempotency-key: key-1\r\n",
        "authorization: basic dxnlcjpwyxnz\r\n",
        "user-agent: vestnik/",
        &format!("host: localhost:{port}\r\n"),
    ] {
        assert!(lower.contains(header), "{header} is not in {seen}");
    }
    assert!(!lower.contains("transfer-encoding"), "{seen}");
}

#[test]
fn what_the_list_does_not_name_is_refused() {
    // Nobody listens: a call that went out would be another error.
    let refused = |entries: &[&str], request: HttpRequest| {
        let entries: Vec<String> = entries.iter().map(ToString::to_string).collect();
        transport(&entries)
            .send(request, &Call::default())
            .unwrap_err()
    };
    let not_allowed = |host: &str, port| HttpError::HostNotAllowed {
        host: host.to_string(),
        port,
    };
    assert_eq!(
        refused(&[], get("a.example", 80, "/")),
        not_allowed("a.example", 80)
    );
    assert_eq!(
        refused(&["a.example"], get("a.example", 81, "/")),
        not_allowed("a.example", 81)
    );
    assert_eq!(
        refused(&["127.0.0.2"], get("127.0.0.1", 80, "/")),
        not_allowed("127.0.0.1", 80)
    );
    // Other spellings of an address are the address.
    for spelling in ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"] {
        assert_eq!(
            refused(&["*:*"], get(spelling, 81, "/")),
            HttpError::AddressNotAllowed {
                host: "127.0.0.1".into(),
                address: "127.0.0.1".parse().unwrap()
            },
            "{spelling}"
        );
    }
    // A name that leads to this computer.
    assert!(matches!(
        refused(&["*:*"], get("localhost", 81, "/")),
        HttpError::AddressNotAllowed { .. }
    ));
    assert!(matches!(
        refused(&["*:*"], get("[::1]", 81, "/")),
        HttpError::AddressNotAllowed { .. }
    ));
    // A proxy is named with its port.
    let through = HttpRequest {
        proxy: Some(("proxy.example".into(), 3128)),
        ..get("a.example", 80, "/")
    };
    assert_eq!(
        refused(&["a.example", "proxy.example"], through),
        not_allowed("proxy.example", 3128)
    );
    // What is no host.
    for host in [
        "a@b",
        "a/b",
        "a:1",
        "a b",
        "",
        "a#",
        "[::1",
        "a%2e",
        "localhost.",
    ] {
        assert!(
            matches!(
                refused(&["*:*"], get(host, 80, "/")),
                HttpError::BadRequest(_)
            ),
            "{host}"
        );
    }
    // Another site behind the same address.
    let fronted = HttpRequest {
        headers: vec![("Host".into(), "b.example".into())],
        ..get("127.0.0.1", 80, "/")
    };
    assert_eq!(
        refused(&["127.0.0.1"], fronted),
        HttpError::BadRequest("«Host»".into())
    );
    assert_eq!(
        not_allowed("a.example", 81).text(Locale::Ru),
        "обращение к узлу «a.example» (порт 81) не разрешено: его нет в списке http_allow"
    );
}

#[test]
fn a_redirect_is_given_back() {
    let (port, server) = serve(
        b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
    );
    let answer = transport(&[format!("127.0.0.1:{port}")])
        .send(get("127.0.0.1", port, "/"), &Call::default())
        .unwrap();
    assert_eq!(answer.status, 302);
    assert!(
        answer
            .headers
            .contains(&("location".into(), "http://169.254.169.254/".into()))
    );
    server.join().unwrap();
}

#[test]
fn an_answer_has_bounds() {
    let send = |answer: &'static [u8]| {
        let (port, server) = serve(answer);
        let limits = HttpLimits {
            answer_max: 3,
            headers_max: 40,
            ..HttpLimits::default()
        };
        let transport = Transport::new(AllowList::new(&[format!("127.0.0.1:{port}")]), limits);
        let result = transport.send(get("127.0.0.1", port, "/"), &Call::default());
        server.join().unwrap();
        result
    };
    assert_eq!(
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
            .unwrap()
            .body,
        b"abc"
    );
    assert_eq!(
        send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd").unwrap_err(),
        HttpError::TooLarge(3)
    );
    // Without a length the bytes are counted as they come.
    assert_eq!(
        send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcd").unwrap_err(),
        HttpError::TooLarge(3)
    );
    assert_eq!(
        send(b"HTTP/1.1 200 OK\r\nA: 0123456789012345678901234567890123456789\r\nContent-Length: 0\r\n\r\n")
            .unwrap_err(),
        HttpError::TooLarge(40)
    );
    assert!(matches!(
        send(b"nonsense\r\n\r\n").unwrap_err(),
        HttpError::Connection(_)
    ));
}

#[test]
fn a_silent_server_is_left_and_a_cancelled_call_too() {
    // The connection is accepted by the system, and nobody ever answers.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let limits = HttpLimits {
        time: Duration::from_millis(100),
        ..HttpLimits::default()
    };
    let allow = AllowList::new(&[format!("127.0.0.1:{port}")]);
    let result =
        Transport::new(allow.clone(), limits).send(get("127.0.0.1", port, "/"), &Call::default());
    assert_eq!(
        result.unwrap_err(),
        HttpError::Timeout(Duration::from_millis(100))
    );
    let call = Call {
        cancel: Some(Arc::new(AtomicBool::new(true))),
        ..Call::default()
    };
    let result =
        Transport::new(allow, HttpLimits::default()).send(get("127.0.0.1", port, "/"), &call);
    assert_eq!(result.unwrap_err(), HttpError::Cancelled);
}

#[test]
fn errors_hold_no_path() {
    // The port is free again: nobody listens.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = transport(&[format!("127.0.0.1:{port}")])
        .send(
            get("127.0.0.1", port, "/bot123:SECRET/getMe"),
            &Call::default(),
        )
        .unwrap_err();
    let text = error.text(Locale::Ru);
    assert!(matches!(error, HttpError::Connection(_)), "{text}");
    assert!(!text.contains("SECRET"), "{text}");
}

#[test]
fn a_server_without_tls_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = [0; 16];
        stream.read_exact(&mut hello).unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        hello
    });
    let request = HttpRequest {
        secure: true,
        ..get("127.0.0.1", port, "/")
    };
    let error = transport(&[format!("127.0.0.1:{port}")])
        .send(request, &Call::default())
        .unwrap_err();
    assert!(matches!(error, HttpError::Tls(_)), "{error:?}");
    // A handshake of TLS went out, no request in the clear.
    assert_eq!(server.join().unwrap()[..2], [0x16, 3]);
}
