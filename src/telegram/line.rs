//! A line to the API without a proxy: connections that are kept between calls.
//!
//! A call takes the connection that was used last, looks whether it is still open, or opens another.
//! So there are as many as there were calls at a time, and those too many are closed after a while.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;

use super::connect::{Stream, Target, is_tls};
use super::error::{ApiError, NetworkKind, Outcome, shorten};
use super::exchange::{RawAnswer, Unread, exchange};
use super::split::find_update_id;

/// What a line is made of.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// Opening a connection.
    pub(super) connect: Duration,
    /// A whole call.
    pub(super) call: Duration,
    /// How long a connection is kept without a call.
    pub(super) idle: Duration,
}

/// Connections to one server.
pub(super) struct Line {
    shared: Arc<Shared>,
}

struct Shared {
    target: Arc<Target>,
    times: Times,
    idle: Mutex<Idle>,
}

/// An open connection, with the room that it takes.
struct Connection {
    stream: Stream,
    _room: OwnedSemaphorePermit,
}

#[derive(Default)]
struct Idle {
    /// The one used last at the end.
    streams: Vec<(Instant, Connection)>,
    /// Something looks after them.
    swept: bool,
}

impl Line {
    /// A line without connections.
    pub(super) fn new(target: Arc<Target>, times: Times) -> Line {
        Line {
            shared: Arc::new(Shared {
                target,
                times,
                idle: Mutex::default(),
            }),
        }
    }

    /// Carries a request that was made ready and reads an answer of at most `longest` bytes; errors say
    /// whether it may have been carried out.
    pub(super) async fn call(&self, request: &[u8], longest: usize) -> Result<RawAnswer, ApiError> {
        let shared = &self.shared;
        // The time for opening is part of the whole, but opening has its own and less.
        match tokio::time::timeout(shared.times.call, shared.call(request, longest)).await {
            Ok(answer) => answer,
            Err(_) => Err(failed(
                NetworkKind::Timeout,
                Outcome::Unknown,
                "no answer in time".to_owned(),
            )),
        }
    }
}

impl Shared {
    async fn call(self: &Arc<Self>, request: &[u8], longest: usize) -> Result<RawAnswer, ApiError> {
        let mut connection = match self.take() {
            Some(connection) => connection,
            None => self.open().await?,
        };
        match exchange(&mut connection.stream, request, longest).await {
            Ok((answer, reusable)) => {
                if reusable {
                    self.keep(connection);
                }
                Ok(answer)
            }
            Err(Unread::TooLong(beginning)) => Err(too_long(longest, &beginning)),
            Err(Unread::Broken(error)) => {
                let kind = if is_tls(&error) {
                    NetworkKind::Tls
                } else {
                    NetworkKind::Closed
                };
                Err(failed(kind, Outcome::Unknown, error.to_string()))
            }
        }
    }

    async fn open(&self) -> Result<Connection, ApiError> {
        let room = self.target.room().or_else(|| {
            // Those that wait for another call give way to one that is wanted now.
            self.idle.lock().streams.clear();
            self.target.room()
        });
        let Some(room) = room else {
            return Err(failed(
                NetworkKind::Connect,
                Outcome::NotSent,
                "as many connections are open as the limit of descriptors lets; raise it"
                    .to_owned(),
            ));
        };
        match tokio::time::timeout(self.times.connect, self.target.open()).await {
            Ok(Ok(stream)) => Ok(Connection {
                stream,
                _room: room,
            }),
            Ok(Err(not_opened)) => Err(failed(
                not_opened.kind,
                Outcome::NotSent,
                not_opened.error.to_string(),
            )),
            Err(_) => Err(failed(
                NetworkKind::Connect,
                Outcome::NotSent,
                "the connection was not opened in time".to_owned(),
            )),
        }
    }

    /// A connection that is still open, as far as the system knows.
    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle.lock();
        while let Some((since, mut connection)) = idle.streams.pop() {
            if since.elapsed() >= self.times.idle {
                // Those before it are older still.
                idle.streams.clear();
                return None;
            }
            if is_quiet(&mut connection.stream) {
                return Some(connection);
            }
        }
        None
    }

    fn keep(self: &Arc<Self>, connection: Connection) {
        let mut idle = self.idle.lock();
        idle.streams.push((Instant::now(), connection));
        if !std::mem::replace(&mut idle.swept, true) {
            tokio::spawn(sweep(Arc::downgrade(self), self.times.idle));
        }
    }
}

/// Whether nothing has come on a connection that waits: neither its end nor bytes that nobody asked
/// for. Costs no system call while there is nothing.
fn is_quiet(stream: &mut Stream) -> bool {
    let mut byte = [0];
    let mut buffer = ReadBuf::new(&mut byte);
    let mut cx = Context::from_waker(Waker::noop());
    Pin::new(stream)
        .poll_read(&mut cx, &mut buffer)
        .is_pending()
}

/// Closes connections that were not used for so long, until there are none: a server that closes them
/// first would leave their sockets with us.
async fn sweep(shared: Weak<Shared>, after: Duration) {
    loop {
        let oldest = {
            let Some(shared) = shared.upgrade() else {
                return;
            };
            let mut idle = shared.idle.lock();
            let young = idle
                .streams
                .iter()
                .position(|(since, _)| since.elapsed() < after)
                .unwrap_or(idle.streams.len());
            idle.streams.drain(..young);
            match idle.streams.first() {
                Some((since, _)) => *since,
                None => {
                    idle.swept = false;
                    idle.streams.shrink_to_fit();
                    return;
                }
            }
        };
        tokio::time::sleep_until((oldest + after).into()).await;
    }
}

/// An answer that was not read to its end, which begins so.
pub(super) fn too_long(limit: usize, beginning: &[u8]) -> ApiError {
    let list = beginning.iter().position(|&byte| byte == b'[');
    ApiError::AnswerTooLong {
        limit,
        first_update: list.and_then(|at| find_update_id(&beginning[at + 1..])),
    }
}

fn failed(kind: NetworkKind, outcome: Outcome, detail: String) -> ApiError {
    ApiError::Network {
        kind,
        outcome,
        detail: shorten(&detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Two calls over a line whose connections may wait so long; how many were opened, and how many
    /// are kept afterwards.
    async fn check(idle: Duration, opened: usize, kept: usize) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(Mutex::new(0));
        let counted = count.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                *counted.lock() += 1;
                tokio::spawn(async move {
                    let mut request = [0; 4];
                    while stream.read_exact(&mut request).await.is_ok() {
                        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                        stream.write_all(answer).await.unwrap();
                    }
                });
            }
        });
        let times = Times {
            connect: Duration::from_secs(10),
            call: Duration::from_secs(10),
            idle,
        };
        let target = Target::new("127.0.0.1", port, None).unwrap();
        let line = Line::new(Arc::new(target), times);
        for _ in 0..2 {
            let answer = line.call(b"call", 100).await.unwrap();
            assert_eq!((answer.status, &answer.body[..]), (200, &b"ok"[..]));
            tokio::task::yield_now().await;
        }
        assert_eq!(*count.lock(), opened);
        assert_eq!(line.shared.idle.lock().streams.len(), kept);
    }

    /// Two lines to one server that may have one connection between them.
    #[tokio::test]
    async fn no_more_connections_are_open_than_there_is_room_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut request = [0; 4];
                    while stream.read_exact(&mut request).await.is_ok() {
                        // A poll that hangs is never answered.
                        if &request == b"call" {
                            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                            stream.write_all(answer).await.unwrap();
                        }
                    }
                });
            }
        });
        let times = Times {
            connect: Duration::from_secs(10),
            call: Duration::from_secs(10),
            idle: Duration::from_secs(30),
        };
        let target = Target::new("127.0.0.1", port, None).unwrap().with_room(2);
        let line = Arc::new(Line::new(Arc::new(target), times));
        // One is kept after the first call and gives way to the second that hangs.
        line.call(b"call", 100).await.unwrap();
        let hanging: Vec<_> = (0..2)
            .map(|_| {
                let line = line.clone();
                tokio::spawn(async move { line.call(b"hang", 100).await })
            })
            .collect();
        while line.shared.target.room().is_some() {
            tokio::task::yield_now().await;
        }
        let error = line.call(b"call", 100).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert!(
            error.to_string().contains("limit of descriptors"),
            "{error}"
        );
        for call in hanging {
            call.abort();
            let _ = call.await;
        }
        line.call(b"call", 100).await.unwrap();
    }

    #[tokio::test]
    async fn connections_are_kept_for_a_while() {
        check(Duration::from_secs(30), 1, 1).await;
        check(Duration::ZERO, 2, 0).await;
    }
}
