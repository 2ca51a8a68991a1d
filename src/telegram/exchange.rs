//! One call on a connection: a request that was made ready goes out in one piece, the answer is read.
//!
//! HTTP/1.1 for exactly what the Bot API needs: a POST whose length is known, one answer, framed by
//! its length, in chunks, or by the end of the connection. The grammar of heads and chunk sizes is
//! httparse's. Nothing is allocated while an answer is waited for, so that a parked poll costs its
//! socket alone (docs/decisions/0008-own-http-exchange.md).

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};

use bytes::{Buf as _, Bytes};
use httparse::Status;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

/// Header lines of an answer: Telegram sends nine, gateways some more.
const HEADERS_MAX: usize = 64;
/// Bytes of a head with the 1xx before it, and of trailers. More is no answer of an API.
const HEAD_MAX: usize = 64 * 1024;
/// What is made ready for a body whose length was only announced: the rest grows as it comes, so that a
/// number in a head holds no memory.
const AHEAD_MAX: usize = 256 * 1024;
/// Bytes of a body too long that are kept: enough to tell whose it is.
const BEGINNING: usize = 1024;
/// What one read takes at most; one such buffer serves all connections of a thread.
const READ_SIZE: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_SIZE]);
}

/// An answer before it is understood.
#[derive(Debug)]
pub(super) struct RawAnswer {
    pub(super) status: u16,
    /// The header of this name, in seconds.
    pub(super) retry_after: Option<u32>,
    pub(super) body: Bytes,
}

/// Why an answer was not read.
#[derive(Debug)]
pub(super) enum Unread {
    Broken(io::Error),
    /// It has more bytes than were to be read; these are its first.
    TooLong(Vec<u8>),
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Unread {
        Unread::Broken(error)
    }
}

/// Writes the request and reads its answer, whose body has at most `longest` bytes. The flag says whether
/// the connection can carry another call. The request may have been carried out whatever the error.
pub(super) async fn exchange<S>(
    stream: &mut S,
    request: &[u8],
    longest: usize,
) -> Result<(RawAnswer, bool), Unread>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(request).await?;
    stream.flush().await?;
    let mut incoming = Incoming {
        stream,
        bytes: Vec::new(),
        at: 0,
        longest,
    };
    let head = incoming.head().await?;
    match incoming.body(&head).await {
        Ok(body) => {
            let reusable = head.keeps_alive && incoming.at == incoming.bytes.len();
            let body = match body {
                Body::Chunks(bytes) => Bytes::from(bytes),
                Body::At(from) => {
                    let end = incoming.at;
                    // Not `slice`, which would make a second owner.
                    let mut body = Bytes::from(incoming.bytes);
                    body.truncate(end);
                    body.advance(from);
                    body
                }
            };
            Ok((head.answer(body), reusable))
        }
        // A refusal whose text was cut is still a refusal.
        Err(_) if head.status >= 400 => Ok((head.answer(Bytes::new()), false)),
        Err(error) => Err(error),
    }
}

struct Head {
    status: u16,
    retry_after: Option<u32>,
    framing: Framing,
    keeps_alive: bool,
}

impl Head {
    fn answer(self, body: Bytes) -> RawAnswer {
        RawAnswer {
            status: self.status,
            retry_after: self.retry_after.filter(|_| self.status != 200),
            body,
        }
    }
}

#[derive(Clone, Copy)]
enum Framing {
    Length(usize),
    Chunked,
    UntilEnd,
}

enum Body {
    /// From here to where reading stands.
    At(usize),
    Chunks(Vec<u8>),
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn cut() -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the connection was closed before the answer was complete",
    )
}

struct Incoming<'a, S> {
    stream: &'a mut S,
    bytes: Vec<u8>,
    /// How much of it is understood.
    at: usize,
    /// The most bytes of a body.
    longest: usize,
}

impl<S: AsyncRead + Unpin> Incoming<'_, S> {
    /// Reads what has come; false at the end of the connection.
    async fn more(&mut self) -> io::Result<bool> {
        let (stream, bytes) = (&mut *self.stream, &mut self.bytes);
        poll_fn(|cx| {
            SCRATCH.with_borrow_mut(|scratch| {
                let mut buffer = ReadBuf::new(scratch);
                ready!(Pin::new(&mut *stream).poll_read(cx, &mut buffer))?;
                bytes.extend_from_slice(buffer.filled());
                Poll::Ready(Ok(!buffer.filled().is_empty()))
            })
        })
        .await
    }

    async fn head(&mut self) -> io::Result<Head> {
        loop {
            if self.bytes.len() > self.at
                && let Some((length, head)) = parse_head(&self.bytes[self.at..])?
            {
                self.at += length;
                // 1xx only announces the answer.
                if head.status >= 200 {
                    return Ok(head);
                }
                continue;
            }
            // With what announced it: announcements could come for ever.
            if self.bytes.len() > HEAD_MAX {
                return Err(wrong("the head of the answer is too long"));
            }
            if !self.more().await? {
                return Err(cut());
            }
        }
    }

    async fn body(&mut self, head: &Head) -> Result<Body, Unread> {
        let from = self.at;
        match head.framing {
            Framing::Length(length) if length > self.longest => {
                // What has come already, or comes next, tells what it is.
                if self.bytes.len() - from < BEGINNING {
                    self.more().await?;
                }
                Err(self.too_long(from))
            }
            Framing::Length(length) => {
                let end = from + length;
                let missing = end.saturating_sub(self.bytes.len());
                self.bytes.reserve_exact(missing.min(AHEAD_MAX));
                while self.bytes.len() < end {
                    if !self.more().await? {
                        return Err(cut().into());
                    }
                }
                self.at = end;
                Ok(Body::At(from))
            }
            Framing::UntilEnd => {
                loop {
                    if self.bytes.len() - from > self.longest {
                        return Err(self.too_long(from));
                    }
                    if !self.more().await? {
                        break;
                    }
                }
                self.at = self.bytes.len();
                Ok(Body::At(from))
            }
            Framing::Chunked => self.chunks().await.map(Body::Chunks),
        }
    }

    /// Only the beginning of what came from there is of any use.
    fn too_long(&self, from: usize) -> Unread {
        let end = self.bytes.len().min(from + BEGINNING);
        Unread::TooLong(self.bytes[from..end].to_vec())
    }

    async fn chunks(&mut self) -> Result<Vec<u8>, Unread> {
        let mut body = Vec::new();
        loop {
            let size = loop {
                match httparse::parse_chunk_size(&self.bytes[self.at..]) {
                    Ok(Status::Complete((length, size))) => {
                        self.at += length;
                        break usize::try_from(size).unwrap_or(usize::MAX);
                    }
                    Ok(Status::Partial) if self.bytes.len() - self.at <= HEAD_MAX => {
                        if !self.more().await? {
                            return Err(cut().into());
                        }
                    }
                    _ => return Err(wrong("a chunk of the answer has no size").into()),
                }
            };
            if size == 0 {
                break;
            }
            if size > self.longest - body.len() {
                if body.len() < BEGINNING {
                    self.more().await?;
                    let end = self.bytes.len().min(self.at + BEGINNING);
                    body.extend_from_slice(&self.bytes[self.at..end]);
                }
                body.truncate(BEGINNING);
                return Err(Unread::TooLong(body));
            }
            // The chunk and its line end.
            while self.bytes.len() < self.at + size + 2 {
                if !self.more().await? {
                    return Err(cut().into());
                }
            }
            body.extend_from_slice(&self.bytes[self.at..self.at + size]);
            if &self.bytes[self.at + size..self.at + size + 2] != b"\r\n" {
                return Err(wrong("a chunk of the answer does not end where it says").into());
            }
            self.at += size + 2;
            // What is understood is let go, or a long answer would be held twice; not before it is the
            // larger part, or each of many small chunks would move all that came behind it.
            if self.at >= self.bytes.len() - self.at {
                self.bytes.drain(..self.at);
                self.at = 0;
            }
        }
        // Trailers, up to an empty line.
        let from = self.at;
        loop {
            let line = self.bytes[self.at..]
                .windows(2)
                .position(|end| end == b"\r\n");
            match line {
                Some(length) => {
                    self.at += length + 2;
                    if length == 0 {
                        return Ok(body);
                    }
                }
                None if self.bytes.len() - from > HEAD_MAX => {
                    return Err(wrong("the end of the answer is too long").into());
                }
                None => {
                    if !self.more().await? {
                        return Err(cut().into());
                    }
                }
            }
        }
    }
}

/// The head and its length; `None` while it is not complete.
fn parse_head(bytes: &[u8]) -> io::Result<Option<(usize, Head)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(bytes) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(error) => return Err(wrong(&format!("no answer of HTTP/1.1: {error}"))),
    };
    let status = response.code.unwrap_or(0);
    // HTTP/1.0 closes after an answer.
    let mut keeps_alive = response.version == Some(1);
    let mut retry_after = None;
    let mut length_said = None;
    let mut chunked = false;
    for header in response.headers.iter() {
        let value = || std::str::from_utf8(header.value).unwrap_or("").trim();
        if header.name.eq_ignore_ascii_case("content-length") {
            // Digits alone: a sign would be read too.
            let said: usize = Some(value())
                .filter(|value| value.bytes().all(|byte| byte.is_ascii_digit()))
                .and_then(|value| value.parse().ok())
                .ok_or_else(|| wrong("the length of the answer is no number"))?;
            if length_said.is_some_and(|before| before != said) {
                return Err(wrong("the answer has two lengths"));
            }
            length_said = Some(said);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            if !value().eq_ignore_ascii_case("chunked") {
                return Err(wrong(
                    "the answer comes in an encoding that was not asked for",
                ));
            }
            chunked = true;
        } else if header.name.eq_ignore_ascii_case("connection") {
            let closes = |option: &str| option.trim().eq_ignore_ascii_case("close");
            keeps_alive &= !value().split(',').any(closes);
        } else if header.name.eq_ignore_ascii_case("retry-after") {
            retry_after = value().parse().ok();
        }
    }
    let framing = match length_said {
        _ if status < 200 || status == 204 || status == 304 => Framing::Length(0),
        // Who sends a length too has another idea of where the answer ends (RFC 9112, 6.3).
        length if chunked => {
            keeps_alive &= length.is_none();
            Framing::Chunked
        }
        Some(length) => Framing::Length(length),
        None => {
            keeps_alive = false;
            Framing::UntilEnd
        }
    };
    Ok(Some((
        length,
        Head {
            status,
            retry_after,
            framing,
            keeps_alive,
        },
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    const LONGEST: usize = 20;

    /// A server that says this, cut into pieces in every way that one cut makes, in; what was read out.
    async fn check(said: &str, expected: &str) {
        for at in 0..=said.len() {
            if !said.is_char_boundary(at) {
                continue;
            }
            let (mut ours, mut theirs) = tokio::io::duplex(1 << 16);
            let (before, after) = said.split_at(at);
            let server = async {
                let mut request = [0; 7];
                theirs.read_exact(&mut request).await.unwrap();
                assert_eq!(&request, b"request");
                for piece in [before, after] {
                    theirs.write_all(piece.as_bytes()).await.unwrap();
                    tokio::task::yield_now().await;
                }
                drop(theirs);
            };
            let (outcome, ()) = tokio::join!(exchange(&mut ours, b"request", LONGEST), server);
            let shown = match outcome {
                Ok((answer, reusable)) => format!(
                    "{} {:?}{}{}",
                    answer.status,
                    String::from_utf8_lossy(&answer.body),
                    answer
                        .retry_after
                        .map_or(String::new(), |seconds| format!(" after {seconds}")),
                    if reusable { " again" } else { "" }
                ),
                Err(Unread::Broken(error)) => error.to_string(),
                Err(Unread::TooLong(_)) => "too long".to_owned(),
            };
            assert_eq!(shown, expected, "{said:?} cut at {at}");
        }
    }

    #[tokio::test]
    async fn answers_are_framed_in_each_way() {
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nабв"
                .replace('4', "6")
                .as_str(),
            "200 \"абв\" again",
        )
        .await;
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
            "200 \"abcde\" again",
        )
        .await;
        check(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n",
            "200 \"\" again",
        )
        .await;
        check("HTTP/1.1 200 OK\r\n\r\nto the end", "200 \"to the end\"").await;
        check("HTTP/1.1 204 No Content\r\n\r\n", "204 \"\" again").await;
        check(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
            "200 \"1\" again",
        )
        .await;
    }

    #[tokio::test]
    async fn a_connection_that_ends_is_not_used_again() {
        check(
            "HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 1\r\n\r\n1",
            "200 \"1\"",
        )
        .await;
        check("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n1", "200 \"1\"").await;
    }

    #[tokio::test]
    async fn who_says_a_length_beside_chunks_is_not_asked_again() {
        let chunks = "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
        check(
            &format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n{chunks}"),
            "200 \"a\"",
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_no_answer_is_refused() {
        let cut = "the connection was closed before the answer was complete";
        check("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", cut).await;
        check("HTTP/1.1 200 OK\r\nContent-Le", cut).await;
        check("", cut).await;
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
            cut,
        )
        .await;
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "a chunk of the answer has no size",
        )
        .await;
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
            "a chunk of the answer does not end where it says",
        )
        .await;
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "the answer has two lengths",
        )
        .await;
        for length in ["-1", "+1", "1,1", "0x1", "", "99999999999999999999"] {
            check(
                &format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\na"),
                "the length of the answer is no number",
            )
            .await;
        }
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
            "too long",
        )
        .await;
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "the answer comes in an encoding that was not asked for",
        )
        .await;
        // A refusal counts without its text.
        check("HTTP/1.1 500 X\r\nContent-Length: 3\r\n\r\nab", "500 \"\"").await;
        check(
            "HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nab",
            "429 \"ab\" after 7 again",
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_too_long_is_not_read() {
        let long = "x".repeat(LONGEST + 1);
        for framed in [
            format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{long}",
                long.len()
            ),
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n",
                long.len()
            ),
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n{:x}\r\n",
                LONGEST
            ),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n".to_owned(),
            format!("HTTP/1.1 200 OK\r\n\r\n{long}"),
        ] {
            check(&framed, "too long").await;
        }
        let whole = "x".repeat(LONGEST);
        check(
            &format!("HTTP/1.1 200 OK\r\nContent-Length: {LONGEST}\r\n\r\n{whole}"),
            &format!("200 {whole:?} again"),
        )
        .await;
        // A refusal counts without its text.
        check(
            &format!(
                "HTTP/1.1 502 X\r\nContent-Length: {}\r\n\r\n{long}",
                long.len()
            ),
            "502 \"\"",
        )
        .await;
    }

    /// A server that says this, and then the other without end; what was read out, and that by then no
    /// more than a few heads had been taken.
    async fn check_endless(said: &str, repeated: &str, expected: &str) {
        const TAKEN_MAX: usize = 4 * (HEAD_MAX + READ_SIZE);
        let (mut ours, mut theirs) = tokio::io::duplex(READ_SIZE);
        let server = async {
            theirs.write_all(said.as_bytes()).await.unwrap();
            let mut taken = 0;
            while taken < TAKEN_MAX && theirs.write_all(repeated.as_bytes()).await.is_ok() {
                taken += repeated.len();
            }
            drop(theirs);
            taken
        };
        let client = async {
            let outcome = exchange(&mut ours, b"request", LONGEST).await;
            drop(ours);
            match outcome {
                Ok((answer, _)) => answer.status.to_string(),
                Err(Unread::Broken(error)) => error.to_string(),
                Err(Unread::TooLong(_)) => "too long".to_owned(),
            }
        };
        let (shown, taken) = tokio::join!(client, server);
        assert_eq!(shown, expected, "{said:?} {repeated:?}");
        assert!(taken < TAKEN_MAX, "{said:?} {repeated:?}: {taken} bytes");
    }

    #[tokio::test]
    async fn what_has_no_end_is_not_kept() {
        let head = "the head of the answer is too long";
        let end = "the end of the answer is too long";
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        check_endless("", "HTTP/1.1 100 Continue\r\n\r\n", head).await;
        check_endless("HTTP/1.1 200 OK\r\nA: ", "aaaaaaaa", head).await;
        check_endless(&format!("{chunked}1\r\na\r\n0\r\n"), "A: b\r\n", end).await;
        check_endless(&format!("{chunked}0\r\nA: "), "aaaaaaaa", end).await;
        check_endless(chunked, "1\r\na\r\n", "too long").await;
    }

    #[tokio::test]
    async fn small_chunks_are_put_together() {
        let chunk = |at: usize| format!("{:x}\r\n{}\r\n", at % 3 + 1, &"abc"[..=at % 3]);
        let body: String = (0..20_000).map(chunk).collect();
        let said = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}0\r\n\r\n");
        let (mut ours, mut theirs) = tokio::io::duplex(READ_SIZE);
        let server = async { theirs.write_all(said.as_bytes()).await.unwrap() };
        let (outcome, ()) = tokio::join!(exchange(&mut ours, b"request", 1 << 20), server);
        let (answer, reusable) = outcome.unwrap();
        let whole: String = (0..20_000).map(|at| &"abc"[..=at % 3]).collect();
        assert!(answer.body == whole.as_bytes() && reusable);
    }

    #[tokio::test]
    async fn what_nobody_asked_for_ends_the_connection() {
        // Not cut into pieces: what comes late is found before the next call instead.
        let (mut ours, mut theirs) = tokio::io::duplex(1 << 16);
        theirs
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200")
            .await
            .unwrap();
        let (answer, reusable) = exchange(&mut ours, b"request", LONGEST).await.unwrap();
        assert_eq!(
            (answer.status, &answer.body[..], reusable),
            (200, &b"1"[..], false)
        );
    }
}
