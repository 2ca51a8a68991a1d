//! Opening a connection to the API itself: name, TCP, TLS.
//!
//! Whatever fails here, nothing of a request was written.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::error::NetworkKind;

/// How long the first address of a name has before the next one is tried beside it (RFC 8305): a
/// server whose IPv6 leads nowhere must not cost the whole time-out.
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// How often the kernel asks whether the other side is still there. A poll is silent for a minute,
/// which is when a NAT forgets it.
pub(super) const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

/// Where connections are opened to.
pub(super) struct Target {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    /// A permit for each connection that may be open at a time.
    room: Arc<Semaphore>,
}

/// A connection that is open.
pub(super) enum Stream {
    /// Without TLS: an own server, the simulator.
    Plain(TcpStream),
    /// With TLS. Boxed: it is twenty times as large.
    Tls(Box<TlsStream<TcpStream>>),
}

/// Why a connection was not opened.
#[derive(Debug)]
pub(super) struct NotOpened {
    pub(super) kind: NetworkKind,
    pub(super) error: io::Error,
}

impl Target {
    /// A host as it stands in a URL (IPv6 in square brackets) and its port; with TLS where `tls` is
    /// given. `None`: no certificate can be for this name.
    pub(super) fn new(host: &str, port: u16, tls: Option<Arc<ClientConfig>>) -> Option<Target> {
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
            .to_owned();
        let tls = match tls {
            None => None,
            Some(config) => Some((
                TlsConnector::from(config),
                ServerName::try_from(host.clone()).ok()?,
            )),
        };
        let room = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        Some(Target {
            host,
            port,
            tls,
            room,
        })
    }

    /// The same with at most so many connections at a time.
    pub(super) fn with_room(self, most: usize) -> Target {
        let most = most.min(Semaphore::MAX_PERMITS);
        Target {
            room: Arc::new(Semaphore::new(most)),
            ..self
        }
    }

    /// Room for one more connection, as long as it is held; `None`: there is none.
    pub(super) fn room(&self) -> Option<OwnedSemaphorePermit> {
        self.room.clone().try_acquire_owned().ok()
    }

    /// Opens a connection.
    pub(super) async fn open(&self) -> Result<Stream, NotOpened> {
        let fails = |kind| move |error| NotOpened { kind, error };
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((self.host.as_str(), self.port))
            .await
            .map_err(fails(NetworkKind::Dns))?
            .collect();
        let tcp = first_of(by_turns(addresses))
            .await
            .map_err(fails(NetworkKind::Connect))?;
        let Some((connector, name)) = &self.tls else {
            return Ok(Stream::Plain(tcp));
        };
        match connector.connect(name.clone(), tcp).await {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(error) => Err(NotOpened {
                kind: if is_tls(&error) {
                    NetworkKind::Tls
                } else {
                    NetworkKind::Connect
                },
                error,
            }),
        }
    }
}

/// The families by turns, beginning with the one that the system names first.
fn by_turns(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut turns = VecDeque::new();
    while !first.is_empty() || !second.is_empty() {
        turns.extend(first.pop_front());
        turns.extend(second.pop_front());
    }
    turns
}

/// Connects to whichever of the addresses answers, in this order but not waiting long for any.
async fn first_of(mut addresses: VecDeque<SocketAddr>) -> io::Result<TcpStream> {
    let mut tries = FuturesUnordered::new();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        match addresses.pop_front() {
            Some(address) => tries.push(TcpStream::connect(address)),
            None if tries.is_empty() => return Err(last),
            None => {}
        }
        let next = async {
            if addresses.is_empty() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(NEXT_ADDRESS).await;
        };
        tokio::select! {
            Some(outcome) = tries.next() => match outcome.and_then(made_ready) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            },
            () = next => {}
        }
    }
}

fn made_ready(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_keepalive(
        &TcpKeepalive::new()
            .with_time(TCP_KEEPALIVE)
            .with_interval(TCP_KEEPALIVE),
    )?;
    Ok(stream)
}

/// Whether TLS is at the bottom of it.
pub(super) fn is_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return true;
        }
        // An `io::Error` does not name what it wraps as its source, but that one's source.
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    false
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns() {
        let turns = by_turns(addresses(&[
            "[::1]:1",
            "[::2]:1",
            "[::3]:1",
            "1.1.1.1:1",
            "2.2.2.2:1",
        ]));
        let expected = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
        assert_eq!(turns, expected);
    }

    #[tokio::test]
    async fn an_address_that_refuses_is_followed_by_the_next() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let refusing = gone.local_addr().unwrap();
        drop(gone);
        let stream = first_of([refusing, good].into()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        assert!(first_of([refusing].into()).await.is_err());
        assert!(first_of(VecDeque::new()).await.is_err());
    }

    #[test]
    fn addresses_in_brackets_are_read() {
        assert_eq!(Target::new("[::1]", 1, None).unwrap().host, "::1");
        let config = super::super::endpoint::tls_config(false).ok().map(Arc::new);
        let target = Target::new("api.telegram.org", 443, config.clone());
        assert!(target.is_some_and(|target| target.tls.is_some()));
        assert!(Target::new("no such name", 443, config).is_none());
    }
}
