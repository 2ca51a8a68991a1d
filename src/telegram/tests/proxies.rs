//! HTTP and SOCKS5 proxies: what they are asked, and what comes of their refusals.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::server::{Does, Server, read_request};
use super::*;

/// Through this proxy, to an address that only a proxy can find.
fn through(api_url: &str, scheme: &str, port: u16) -> EndpointOptions {
    EndpointOptions {
        proxy: format!("{scheme}://user:{}@127.0.0.1:{port}", PASSWORD.0),
        ..impatient(api_url)
    }
}

async fn outcome(options: &EndpointOptions) -> String {
    match api(options).delete_webhook().await {
        Ok(()) => "done".to_owned(),
        Err(error) => summary(&error),
    }
}

fn basic_auth() -> String {
    use base64::Engine;
    let pair = format!("user:{}", PASSWORD.1);
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair)
    )
}

#[tokio::test]
async fn plain_http_goes_in_absolute_form() {
    let proxy = Server::start([Does::ok("true"), Does::Answer(407, "<html>".into())]).await;
    let options = through("http://api.invalid:8081", "http", proxy.port);
    assert_eq!(outcome(&options).await, "done");
    let request = &proxy.requests()[0];
    assert_eq!(
        request.line,
        format!("POST http://api.invalid:8081/bot42:{SECRET}/deleteWebhook HTTP/1.1")
    );
    assert_eq!(
        request.header("proxy-authorization"),
        Some(basic_auth().as_str())
    );
    assert_eq!(request.header("host"), Some("api.invalid:8081"));
    assert_eq!(outcome(&options).await, "network_proxy NotSent retry");
}

#[tokio::test]
async fn https_goes_through_a_tunnel() {
    // The tunnel opens and ends, or stays silent; then the proxy refuses.
    let opened = b"HTTP/1.1 200 Connection established\r\n\r\n".to_vec();
    let proxy = Server::start([
        Does::Raw(opened),
        Does::Answer(200, String::new()),
        Does::Answer(407, String::new()),
        Does::Answer(502, String::new()),
        Does::CutAfter,
        Does::Silence,
    ])
    .await;
    let options = through("https://api.invalid", "http", proxy.port);
    assert_eq!(outcome(&options).await, "network_proxy NotSent retry");
    let request = &proxy.requests()[0];
    assert_eq!(request.line, "CONNECT api.invalid:443 HTTP/1.1");
    assert_eq!(
        request.header("proxy-authorization"),
        Some(basic_auth().as_str())
    );
    assert!(
        !format!("{request:?}").contains(SECRET),
        "the token stays inside the tunnel"
    );
    for _ in 0..5 {
        assert_eq!(outcome(&options).await, "network_proxy NotSent retry");
    }
}

/// A SOCKS5 server with a name and a password. Connects everybody with `target`, or refuses with
/// `reply`; remembers what it was asked.
async fn socks(target: Server, reply: u8) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let remembered = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (target, remembered) = (target.clone(), Arc::clone(&remembered));
            tokio::spawn(async move { serve_socks(stream, target, reply, &remembered).await });
        }
    });
    (port, asked)
}

async fn serve_socks(
    mut stream: TcpStream,
    target: Server,
    reply: u8,
    remembered: &Mutex<Vec<String>>,
) -> Option<()> {
    async fn take(stream: &mut TcpStream) -> Option<Vec<u8>> {
        let length = stream.read_u8().await.ok()?;
        let mut bytes = vec![0; length.into()];
        stream.read_exact(&mut bytes).await.ok()?;
        Some(bytes)
    }
    assert_eq!(stream.read_u8().await.ok()?, 5);
    let methods = take(&mut stream).await?;
    assert!(methods.contains(&2), "a name and a password are offered");
    stream.write_all(&[5, 2]).await.ok()?;
    assert_eq!(stream.read_u8().await.ok()?, 1);
    let user = String::from_utf8(take(&mut stream).await?).unwrap();
    let password = String::from_utf8(take(&mut stream).await?).unwrap();
    stream.write_all(&[1, 0]).await.ok()?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.ok()?;
    assert_eq!(
        head,
        [5, 1, 0, 3],
        "asks to connect to a name, which the proxy looks up"
    );
    let host = String::from_utf8(take(&mut stream).await?).unwrap();
    let port = stream.read_u16().await.ok()?;
    remembered
        .lock()
        .unwrap()
        .push(format!("{user} {password} {host}:{port}"));
    stream
        .write_all(&[5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
        .await
        .ok()?;
    if reply == 0 {
        target.serve(stream).await;
    }
    Some(())
}

#[tokio::test]
async fn socks5_carries_the_call() {
    let target = Server::start([Does::ok("true")]).await;
    let (port, asked) = socks(target.clone(), 0).await;
    assert_eq!(
        outcome(&through("http://api.invalid:8081", "socks5", port)).await,
        "done"
    );
    assert_eq!(
        *asked.lock().unwrap(),
        [format!("user {} api.invalid:8081", PASSWORD.1)]
    );
    assert_eq!(
        target.requests()[0].line,
        format!("POST /bot42:{SECRET}/deleteWebhook HTTP/1.1")
    );
}

#[tokio::test]
async fn a_refusing_socks5_leaves_no_doubt() {
    let target = Server::start([]).await;
    let (port, _) = socks(target, 5).await;
    let options = through("http://api.invalid:8081", "socks5", port);
    assert_eq!(outcome(&options).await, "network_proxy NotSent retry");
    // A cut after the request went through the proxy is a doubt as ever.
    let target = Server::start([Does::CutAfter]).await;
    let (port, _) = socks(target, 0).await;
    let options = through("http://api.invalid:8081", "socks5", port);
    assert_eq!(outcome(&options).await, "network_closed Unknown retry");
}

#[tokio::test]
async fn a_proxy_that_is_not_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for (api_url, scheme) in [
        ("http://api.invalid", "http"),
        ("https://api.invalid", "http"),
        ("http://api.invalid", "socks5"),
        ("https://api.invalid", "https"),
    ] {
        let options = through(api_url, scheme, port);
        assert_eq!(
            outcome(&options).await,
            "network_proxy NotSent retry",
            "{scheme} for {api_url}"
        );
    }
}

/// The test's own server reads what it is sent, or nothing above means anything.
#[tokio::test]
async fn the_servers_of_these_tests_read_requests() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut client = TcpStream::connect(address).await.unwrap();
    client
        .write_all(b"POST /a HTTP/1.1\r\nContent-Length: 3\r\nX: y\r\n\r\nabc")
        .await
        .unwrap();
    let (mut stream, _) = listener.accept().await.unwrap();
    let request = read_request(&mut stream).await.unwrap();
    assert_eq!(
        (
            request.line.as_str(),
            request.header("x"),
            request.text().as_str()
        ),
        ("POST /a HTTP/1.1", Some("y"), "abc")
    );
}
