//! Where the Bot API is and how to reach it: address, proxy, TLS, time-outs. Made once per process;
//! each arbiter makes its own pools from it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use rustls::{ClientConfig, RootCertStore};
use zeroize::Zeroizing;

use super::connect::{TCP_KEEPALIVE, Target};
use super::line::{Line, Times};

/// How long a call other than a poll may take, from connecting to the last byte of its answer
/// (R169). Shorter, and a slow Telegram makes messages `unknown`; longer, and one lost packet holds
/// a chat. The node's lease must always have more left than this before it sends.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(15);

/// What a poll may take over the time Telegram was asked to hold it.
pub const POLL_MARGIN: Duration = Duration::from_secs(10);

/// Opening a connection (address, TCP, proxy, TLS). Less than [`SEND_TIMEOUT`], so that a connection
/// which cannot be opened is told apart from an answer that does not come: only the latter leaves a
/// message in doubt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// An idle connection for sending is closed after this. Longer, and requests are written more often
/// into a connection that the server is just closing, which leaves the message in doubt; shorter,
/// and a quiet bot pays for a TLS handshake with every message.
const SEND_IDLE: Duration = Duration::from_secs(30);

/// A poller takes its connection up again at once; the pause after an error is the only idle time.
const POLL_IDLE: Duration = Duration::from_secs(90);

/// What an endpoint is made of: the settings `[telegram]` in plain values.
#[derive(Clone)]
pub struct EndpointOptions {
    /// Address of the API, with a path where an own server has one.
    pub api_url: String,
    /// `http://`, `https://` or `socks5://`, with name and password where needed; empty: none. The
    /// proxy variables of the environment are not looked at.
    pub proxy: String,
    /// How long Telegram holds an empty poll.
    pub poll_timeout: Duration,
    /// How long a connection may take to open.
    pub connect_timeout: Duration,
    /// How long any other call may take; uploads get more with their size.
    pub send_timeout: Duration,
    /// Largest file that is fetched, in bytes.
    pub download_max: u64,
    /// Largest file that is sent, in bytes.
    pub upload_max: u64,
    /// Connections that may be open at a time, without a proxy; beyond them calls fail and are tried again.
    pub connections_max: usize,
}

impl Default for EndpointOptions {
    fn default() -> Self {
        EndpointOptions {
            api_url: "https://api.telegram.org".to_owned(),
            proxy: String::new(),
            poll_timeout: Duration::from_secs(50),
            connect_timeout: CONNECT_TIMEOUT,
            send_timeout: SEND_TIMEOUT,
            // Telegram's own limits for bots.
            download_max: 20 * 1024 * 1024,
            upload_max: 50 * 1024 * 1024,
            connections_max: usize::MAX,
        }
    }
}

impl fmt::Debug for EndpointOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointOptions")
            .field("api_url", &self.api_url)
            .field("proxy", &if self.proxy.is_empty() { "" } else { "***" })
            .field("poll_timeout", &self.poll_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("send_timeout", &self.send_timeout)
            .field("download_max", &self.download_max)
            .field("upload_max", &self.upload_max)
            .field("connections_max", &self.connections_max)
            .finish()
    }
}

/// Why an endpoint cannot be made. Names the setting, never a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// `telegram.api_url` is at fault.
    #[error("telegram.api_url: {0}")]
    ApiUrl(String),
    /// `telegram.proxy` is at fault.
    #[error("telegram.proxy: {0}")]
    Proxy(String),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// Where the API is and how to reach it. Cheap to clone; goes to every arbiter.
#[derive(Clone)]
pub struct Endpoint {
    inner: Arc<Inner>,
}

struct Inner {
    /// Without a slash at the end.
    api_url: String,
    proxy: Option<Proxy>,
    tls: Arc<ClientConfig>,
    /// Where calls go that pass no proxy.
    target: Arc<Target>,
    poll_timeout: Duration,
    connect_timeout: Duration,
    send_timeout: Duration,
    download_max: u64,
    upload_max: u64,
}

struct Proxy {
    /// Without name and password.
    url: Url,
    /// As written: still percent-encoded.
    user: String,
    password: Zeroizing<String>,
}

impl Endpoint {
    /// Checks the options and reads the system's certificates (a few milliseconds of blocking
    /// reading, only when TLS is needed at all).
    pub fn new(options: &EndpointOptions) -> Result<Endpoint, EndpointError> {
        let api = check_api_url(&options.api_url)?;
        let proxy = check_proxy(&options.proxy)?;
        let needs_tls = api.scheme() == "https"
            || proxy
                .as_ref()
                .is_some_and(|proxy| proxy.url.scheme() == "https");
        let tls = Arc::new(tls_config(needs_tls)?);
        let target = Target::new(
            api.host_str().unwrap_or_default(),
            api.port_or_known_default().unwrap_or(443),
            (api.scheme() == "https").then(|| tls.clone()),
        )
        .ok_or_else(|| {
            EndpointError::ApiUrl("no certificate can be for a host of this name".to_owned())
        })?
        .with_room(options.connections_max);
        let inner = Inner {
            api_url: api.as_str().trim_end_matches('/').to_owned(),
            proxy,
            tls,
            target: Arc::new(target),
            poll_timeout: options.poll_timeout,
            connect_timeout: options.connect_timeout,
            send_timeout: options.send_timeout,
            download_max: options.download_max,
            upload_max: options.upload_max,
        };
        Ok(Endpoint {
            inner: Arc::new(inner),
        })
    }

    /// The API's address, without a slash at the end.
    pub fn api_url(&self) -> &str {
        &self.inner.api_url
    }

    /// How long Telegram is asked to hold an empty poll.
    pub fn poll_timeout(&self) -> Duration {
        self.inner.poll_timeout
    }

    /// How long a call other than a poll or an upload may take.
    pub fn send_timeout(&self) -> Duration {
        self.inner.send_timeout
    }

    /// Largest file that is fetched, in bytes.
    pub fn download_max(&self) -> u64 {
        self.inner.download_max
    }

    /// Largest file that is sent, in bytes.
    pub fn upload_max(&self) -> u64 {
        self.inner.upload_max
    }

    /// Whether calls go through a proxy.
    pub(super) fn has_proxy(&self) -> bool {
        self.inner.proxy.is_some()
    }

    /// The texts that must not turn up in an error, beside the token.
    pub(super) fn secrets(&self) -> Vec<Zeroizing<String>> {
        let Some(proxy) = &self.inner.proxy else {
            return Vec::new();
        };
        if proxy.password.is_empty() {
            return Vec::new();
        }
        let mut secrets = vec![proxy.password.clone()];
        let plain = Zeroizing::new(percent_decode(&proxy.password));
        if *plain != *proxy.password {
            secrets.push(plain);
        }
        secrets
    }

    /// A line for polls and one for everything else; `None` where a proxy stands between.
    pub(super) fn lines(&self) -> Option<(Line, Line)> {
        if self.has_proxy() {
            return None;
        }
        let line = |call, idle| {
            let times = Times {
                connect: self.inner.connect_timeout,
                call,
                idle,
            };
            Line::new(self.inner.target.clone(), times)
        };
        Some((
            line(self.inner.poll_timeout + POLL_MARGIN, POLL_IDLE),
            line(self.inner.send_timeout, SEND_IDLE),
        ))
    }

    /// A pool for polls.
    pub(super) fn poll_client(&self) -> Result<reqwest::Client, EndpointError> {
        self.build(self.inner.poll_timeout + POLL_MARGIN, POLL_IDLE)
    }

    /// A pool for everything else.
    pub(super) fn send_client(&self) -> Result<reqwest::Client, EndpointError> {
        self.build(self.inner.send_timeout, SEND_IDLE)
    }

    /// Both kinds speak HTTP/1.1 (reqwest is built without HTTP/2): one HTTP/2 connection would
    /// queue a thousand polls behind the server's stream limit. So the number of connections is the
    /// number of calls at a time, and none is closed for being one too many.
    fn build(&self, timeout: Duration, idle: Duration) -> Result<reqwest::Client, EndpointError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured((*self.inner.tls).clone())
            .http1_only()
            // The environment's proxies are not ours: what is not in the settings is not done.
            .no_proxy()
            // A redirect would carry the token to another address.
            .redirect(reqwest::redirect::Policy::none())
            // Whether to repeat a call is the courier's decision: it knows what a second copy means.
            .retry(reqwest::retry::never())
            .referer(false)
            .tcp_nodelay(true)
            .tcp_keepalive(TCP_KEEPALIVE)
            .connect_timeout(self.inner.connect_timeout)
            .timeout(timeout)
            .pool_idle_timeout(idle)
            .pool_max_idle_per_host(usize::MAX);
        if let Some(proxy) = &self.inner.proxy {
            let mut via = reqwest::Proxy::all(proxy.url.clone())
                .map_err(|error| EndpointError::Proxy(error.without_url().to_string()))?;
            if !proxy.user.is_empty() || !proxy.password.is_empty() {
                via = via.basic_auth(
                    &percent_decode(&proxy.user),
                    &Zeroizing::new(percent_decode(&proxy.password)),
                );
            }
            builder = builder.proxy(via);
        }
        builder
            .build()
            .map_err(|error| EndpointError::Tls(error.without_url().to_string()))
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("api_url", &self.inner.api_url)
            .field(
                "proxy",
                &self.inner.proxy.as_ref().map(|proxy| proxy.url.as_str()),
            )
            .finish_non_exhaustive()
    }
}

fn check_api_url(text: &str) -> Result<Url, EndpointError> {
    let fail = |message: &str| Err(EndpointError::ApiUrl(message.to_owned()));
    let Ok(url) = Url::parse(text.trim()) else {
        return fail("not an address; it must look like https://api.telegram.org");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return fail("only http:// and https:// are possible");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return fail("must not hold a name or a password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return fail("must end with the host or a path, without \"?\" and \"#\"");
    }
    Ok(url)
}

fn check_proxy(text: &str) -> Result<Option<Proxy>, EndpointError> {
    let fail = |message: &str| Err(EndpointError::Proxy(message.to_owned()));
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let Ok(mut url) = Url::parse(text) else {
        return fail(
            "not an address; it must look like http://host:3128 or socks5://user:password@host:1080",
        );
    };
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") {
        return fail("only http://, https:// and socks5:// are possible");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return fail("the host is missing");
    }
    let user = url.username().to_owned();
    let password = Zeroizing::new(url.password().unwrap_or_default().to_owned());
    let cleared = url.set_username("").is_ok() && url.set_password(None).is_ok();
    if !cleared {
        return fail("a name and a password cannot stand in this address");
    }
    // The proxy finds the host's address: where a proxy is needed, local DNS often lies or is not
    // there. This is what people expect of `socks5://` here.
    if url.scheme() == "socks5" {
        let text = url.as_str().replacen("socks5://", "socks5h://", 1);
        match Url::parse(&text) {
            Ok(changed) => url = changed,
            Err(_) => return fail("not an address"),
        }
    }
    Ok(Some(Proxy {
        url,
        user,
        password,
    }))
}

/// Our own configuration, since the platform's verifier fails where the system has no certificates
/// (a bare container): then the list of webpki-root-certs serves.
pub(super) fn tls_config(needs_roots: bool) -> Result<ClientConfig, EndpointError> {
    let mut roots = RootCertStore::empty();
    if needs_roots {
        let (found, _) =
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if found == 0 {
            roots.add_parsable_certificates(
                webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned(),
            );
        }
        if roots.is_empty() {
            return Err(EndpointError::Tls(
                "no certificate authority could be read".to_owned(),
            ));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| EndpointError::Tls(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// `%41` → `A`; what is no such sequence stays.
fn percent_decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(api_url: &str, proxy: &str) -> Result<Endpoint, EndpointError> {
        Endpoint::new(&EndpointOptions {
            api_url: api_url.to_owned(),
            proxy: proxy.to_owned(),
            ..EndpointOptions::default()
        })
    }

    #[track_caller]
    fn check(api_url: &str, proxy: &str, expected: &str) {
        let got = match make(api_url, proxy) {
            Ok(endpoint) => {
                endpoint.poll_client().unwrap();
                endpoint.send_client().unwrap();
                format!("{endpoint:?}")
            }
            Err(error) => error.to_string(),
        };
        assert!(got.contains(expected), "{api_url} {proxy}: {got}");
        assert!(!got.contains("s3cret"), "{got}");
    }

    #[test]
    fn addresses_are_checked() {
        check(
            "https://api.telegram.org",
            "",
            r#"api_url: "https://api.telegram.org", proxy: None"#,
        );
        check(
            "http://127.0.0.1:8081/tg/",
            "",
            r#"api_url: "http://127.0.0.1:8081/tg""#,
        );
        check("api.telegram.org", "", "telegram.api_url: not an address");
        check(
            "ftp://host",
            "",
            "telegram.api_url: only http:// and https://",
        );
        check(
            "https://u:s3cret@host",
            "",
            "telegram.api_url: must not hold",
        );
        check("https://host/?a=1", "", "without \"?\"");
        check(
            "http://h",
            "http://u:s3cret@proxy:3128",
            "http://proxy:3128/",
        );
        check("http://h", "https://proxy", "https://proxy/");
        check(
            "http://h",
            "socks5://u:s3cret@proxy:1080",
            "socks5h://proxy:1080",
        );
        check(
            "http://h",
            "socks4://proxy:1080",
            "telegram.proxy: only http://, https:// and socks5://",
        );
        check("http://h", "proxy:3128", "telegram.proxy: only");
        check("http://h", "s3cret", "telegram.proxy: not an address");
    }

    #[test]
    fn options_print_no_password() {
        let options = EndpointOptions {
            proxy: "http://u:s3cret@h".to_owned(),
            ..EndpointOptions::default()
        };
        assert!(!format!("{options:?}").contains("s3cret"));
    }

    #[test]
    fn passwords_are_decoded() {
        assert_eq!(percent_decode("p%40s%3a%"), "p@s:%");
        assert_eq!(percent_decode("%zz%D0%B0"), "%zzа");
        let endpoint = make("http://h", "http://u:p%40ss@h").unwrap();
        let secrets: Vec<String> = endpoint
            .secrets()
            .iter()
            .map(|secret| secret.to_string())
            .collect();
        assert_eq!(secrets, ["p%40ss", "p@ss"]);
    }

    /// A system without certificates still gets a list that knows somebody.
    #[test]
    fn the_fall_back_list_can_be_read() {
        let mut roots = RootCertStore::empty();
        let (found, ignored) = roots
            .add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
        assert!(found > 50, "{found} read, {ignored} not");
    }
}
