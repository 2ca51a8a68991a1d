//! HTTP calls of algorithms: what HTTPСоединение asks of its host, sent over reqwest.
//!
//! An algorithm is written by whoever may edit bots, and may be typed in a chat; the computer it runs
//! on stands inside somebody's network. Therefore nothing is called that `scripts.http_allow` does not
//! name: not another port, not a name whose address is private, not where a redirect leads (it is
//! given back as it is, as 1C does). The address that was checked is the one that is connected to, so
//! that a name cannot change its mind in between.
//!
//! Called from a thread that may block. It knows no bots and no store: who calls, and whether a call
//! is allowed at the moment (the write lease), is its caller's.

mod allow;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::header::{HOST, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Client, Method, Url};
use rustls::{ClientConfig, RootCertStore};
use vestnik_bsl::Locale;
use vestnik_bsl::host::{HttpRequest, HttpResponse};

pub use allow::AllowList;

/// Bounds of a call.
#[derive(Clone, Debug)]
pub struct HttpLimits {
    /// The longest that a call may take, whatever the program asks for.
    pub time: Duration,
    /// Bytes of an answer's body.
    pub answer_max: usize,
    /// Bytes of an answer's headers.
    pub headers_max: usize,
}

impl Default for HttpLimits {
    fn default() -> HttpLimits {
        HttpLimits {
            // Longer than any program of a bot may run: there its own time decides.
            time: Duration::from_secs(60),
            // Half of what a program of a bot may hold; the rest is for the text made of it.
            answer_max: 32 << 20,
            headers_max: 64 << 10,
        }
    }
}

/// What differs from call to call besides the request.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// `Idempotency-Key`: after a crash a call may be made again (docs/decisions), and this tells the
    /// other side that it is the same one.
    pub idempotency_key: Option<String>,
    /// Set from another thread to give up.
    pub cancel: Option<Arc<AtomicBool>>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpError {
    /// The list does not name the host with the port.
    HostNotAllowed {
        /// Host.
        host: String,
        /// Port.
        port: u16,
    },
    /// The name leads to an address of this computer or its network, which the list does not name.
    AddressNotAllowed {
        /// Host.
        host: String,
        /// Its address.
        address: IpAddr,
    },
    /// No address.
    NotFound(String),
    /// The request cannot be sent as it is: which part.
    BadRequest(String),
    /// No answer in time.
    Timeout(Duration),
    /// The answer is larger than so many bytes.
    TooLarge(usize),
    /// The certificate of the server is not trusted, or the two do not agree on TLS.
    Tls(String),
    /// The connection cannot be opened, or broke.
    Connection(String),
    /// The run was cancelled.
    Cancelled,
}

impl HttpError {
    /// The reason for a person. It never holds the path, in which tokens stand.
    #[must_use]
    pub fn text(&self, locale: Locale) -> String {
        let pick = |ru: String, en: String| match locale {
            Locale::Ru => ru,
            Locale::En => en,
        };
        match self {
            HttpError::HostNotAllowed { host, port } => pick(
                format!(
                    "обращение к узлу «{host}» (порт {port}) не разрешено: его нет в списке http_allow"
                ),
                format!(
                    "calls to \"{host}\" (port {port}) are not allowed: http_allow does not name it"
                ),
            ),
            HttpError::AddressNotAllowed { host, address } => pick(
                format!(
                    "узел «{host}» имеет внутренний адрес {address}, которого нет в списке http_allow"
                ),
                format!(
                    "\"{host}\" has the private address {address}, which http_allow does not name"
                ),
            ),
            HttpError::NotFound(host) => pick(
                format!("не найден адрес узла «{host}»"),
                format!("the address of \"{host}\" is not found"),
            ),
            HttpError::BadRequest(part) => pick(
                format!("запрос нельзя отправить: {part}"),
                format!("the request cannot be sent: {part}"),
            ),
            HttpError::Timeout(time) => pick(
                format!("нет ответа за {} с", time.as_secs_f32()),
                format!("no answer in {} s", time.as_secs_f32()),
            ),
            HttpError::TooLarge(bytes) => pick(
                format!("ответ больше допустимого ({bytes} байт)"),
                format!("the answer is larger than allowed ({bytes} bytes)"),
            ),
            HttpError::Tls(reason) => pick(
                format!("защищенное соединение не установлено: {reason}"),
                format!("no secure connection: {reason}"),
            ),
            HttpError::Connection(reason) => pick(
                format!("нет связи с узлом: {reason}"),
                format!("no connection: {reason}"),
            ),
            HttpError::Cancelled => pick("вызов отменен".into(), "the call was cancelled".into()),
        }
    }
}

/// Headers that say how the bytes travel: they are ours, whatever the program gives.
const OURS: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// How often a waiting call looks at its cancellation.
const CANCEL_EVERY: Duration = Duration::from_millis(50);

/// Sends requests of programs; shared between threads.
pub struct Transport {
    allow: AllowList,
    limits: HttpLimits,
    tls: OnceLock<Result<ClientConfig, String>>,
}

impl Transport {
    /// A transport that calls what the list names.
    #[must_use]
    pub fn new(allow: AllowList, limits: HttpLimits) -> Transport {
        Transport {
            allow,
            limits,
            tls: OnceLock::new(),
        }
    }

    /// Sends a request and waits for the whole answer. The thread may block; inside a task of tokio it
    /// may not be called.
    pub fn send(&self, request: HttpRequest, call: &Call) -> Result<HttpResponse, HttpError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| HttpError::Connection(error.to_string()))?;
        let time = match request.timeout_s {
            0 => self.limits.time,
            seconds => self.limits.time.min(Duration::from_secs(seconds.into())),
        };
        let result = runtime.block_on(async {
            let exchange = tokio::time::timeout(time, self.exchange(&request, call, time));
            tokio::select! {
                result = exchange => result.unwrap_or(Err(HttpError::Timeout(time))),
                () = cancelled(call) => Err(HttpError::Cancelled),
            }
        });
        // A name that is still being looked up must not hold the thread.
        runtime.shutdown_background();
        result
    }

    async fn exchange(
        &self,
        request: &HttpRequest,
        call: &Call,
        time: Duration,
    ) -> Result<HttpResponse, HttpError> {
        let url = address(request)?;
        let host = name_of(&url);
        let port = request.port;
        if !self.allow.allows(&host, port, request.secure) {
            return Err(HttpError::HostNotAllowed { host, port });
        }
        let mut builder = Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // Only addresses that were checked: the client looks nothing up itself.
            .dns_resolver(NoLookups)
            .connect_timeout(time)
            .pool_max_idle_per_host(0);
        builder = builder.tls_backend_preconfigured(if request.secure {
            self.tls()?
        } else {
            empty_tls()?
        });
        match &request.proxy {
            None => {
                let addresses = self.resolve(&host, port, request.secure).await?;
                builder = builder.resolve_to_addrs(&host, &addresses);
            }
            // The proxy finds the address; it is in the list itself, and so trusted with that.
            Some((proxy, proxy_port)) => {
                let url = Url::parse(&format!("http://{proxy}:{proxy_port}"))
                    .map_err(|_| HttpError::BadRequest(format!("«{proxy}»")))?;
                let proxy = name_of(&url);
                if !self.allow.names_port(&proxy, *proxy_port) {
                    return Err(HttpError::HostNotAllowed {
                        host: proxy,
                        port: *proxy_port,
                    });
                }
                let addresses = self.resolve(&proxy, *proxy_port, false).await?;
                let mut via = reqwest::Proxy::all(url)
                    .map_err(|error| HttpError::Connection(error.without_url().to_string()))?;
                if let Some((user, password)) = &request.proxy_login {
                    via = via.basic_auth(user, password);
                }
                builder = builder.proxy(via).resolve_to_addrs(&proxy, &addresses);
            }
        }
        let client = builder
            .build()
            .map_err(|error| HttpError::Tls(error.without_url().to_string()))?;
        let outgoing = build(&client, request, call, url)?;
        let answer = client
            .execute(outgoing)
            .await
            .map_err(|error| read(error, time))?;
        self.receive(answer, time).await
    }

    async fn receive(
        &self,
        mut answer: reqwest::Response,
        time: Duration,
    ) -> Result<HttpResponse, HttpError> {
        let max = self.limits.answer_max;
        if answer
            .content_length()
            .is_some_and(|length| length > max as u64)
        {
            return Err(HttpError::TooLarge(max));
        }
        let mut headers = Vec::new();
        let mut size = 0;
        for (name, value) in answer.headers() {
            size += name.as_str().len() + value.len();
            if size > self.limits.headers_max {
                return Err(HttpError::TooLarge(self.limits.headers_max));
            }
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            headers.push((name.as_str().to_string(), value));
        }
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| read(error, time))? {
            if body.len() + chunk.len() > max {
                return Err(HttpError::TooLarge(max));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse {
            status,
            headers,
            body,
        })
    }

    /// The addresses of a host that may be connected to.
    async fn resolve(
        &self,
        host: &str,
        port: u16,
        secure: bool,
    ) -> Result<Vec<SocketAddr>, HttpError> {
        let found: Vec<SocketAddr> = match literal(host) {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => tokio::net::lookup_host((host, port))
                .await
                .map_err(|_| HttpError::NotFound(host.to_string()))?
                .collect(),
        };
        let allowed: Vec<SocketAddr> = found
            .iter()
            .copied()
            .filter(|found| self.allow.allows_address(host, found.ip(), port, secure))
            .collect();
        match (allowed.is_empty(), found.first()) {
            (false, _) => Ok(allowed),
            (true, Some(first)) => Err(HttpError::AddressNotAllowed {
                host: host.to_string(),
                address: first.ip(),
            }),
            (true, None) => Err(HttpError::NotFound(host.to_string())),
        }
    }

    fn tls(&self) -> Result<ClientConfig, HttpError> {
        self.tls
            .get_or_init(|| {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if roots.is_empty() {
                    roots.add_parsable_certificates(
                        webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned(),
                    );
                }
                config(roots)
            })
            .clone()
            .map_err(HttpError::Tls)
    }
}

fn config(roots: RootCertStore) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// For a call without TLS: the client wants some configuration, and reading the system's certificates
/// takes longer than the call.
fn empty_tls() -> Result<ClientConfig, HttpError> {
    config(RootCertStore::empty()).map_err(HttpError::Tls)
}

/// A resolver that knows nothing.
struct NoLookups;

impl Resolve for NoLookups {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::ready(
            Err("the address was not checked".into()),
        ))
    }
}

async fn cancelled(call: &Call) {
    let Some(cancel) = &call.cancel else {
        return std::future::pending().await;
    };
    while !cancel.load(Ordering::Relaxed) {
        tokio::time::sleep(CANCEL_EVERY).await;
    }
}

/// The address of a request. Whatever the host holds, it is a host and nothing more.
fn address(request: &HttpRequest) -> Result<Url, HttpError> {
    let bad = || HttpError::BadRequest(format!("«{}»", request.host));
    let scheme = if request.secure { "https" } else { "http" };
    let bracketed = request.host.starts_with('[') && request.host.ends_with(']');
    let plain = !request.host.is_empty()
        && !request
            .host
            .contains(|c: char| "/\\@?#%".contains(c) || c.is_whitespace() || c.is_control())
        && !request.host.ends_with('.')
        && (bracketed || !request.host.contains(':'));
    if !plain || !request.path.starts_with('/') {
        return Err(bad());
    }
    let text = format!(
        "{scheme}://{}:{}{}",
        request.host, request.port, request.path
    );
    let url = Url::parse(&text).map_err(|_| bad())?;
    if !url.username().is_empty() || url.password().is_some() || url.host_str().is_none() {
        return Err(bad());
    }
    Ok(url)
}

/// The host as the address has it after parsing (small letters, punycode, a number as an IP address),
/// without brackets.
fn name_of(url: &Url) -> String {
    url.host_str()
        .unwrap_or_default()
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_string()
}

fn literal(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}

fn build(
    client: &Client,
    request: &HttpRequest,
    call: &Call,
    url: Url,
) -> Result<reqwest::Request, HttpError> {
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| HttpError::BadRequest(format!("«{}»", request.method)))?;
    let own_host = name_of(&url);
    let has_length = !request.body.is_empty() || !matches!(method, Method::GET | Method::HEAD);
    let mut builder = client.request(method, url);
    let mut agent = false;
    for (name, value) in &request.headers {
        let bad = || HttpError::BadRequest(format!("«{name}»"));
        let header: HeaderName = name.parse().map_err(|_| bad())?;
        if OURS.contains(&header.as_str()) {
            continue;
        }
        if header == HOST {
            // Behind one address stand many sites; the list named this one.
            let host = value.split(':').next().unwrap_or_default();
            if !host.trim().eq_ignore_ascii_case(&own_host) {
                return Err(bad());
            }
            continue;
        }
        agent |= header == USER_AGENT;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| bad())?;
        builder = builder.header(header, value);
    }
    if !agent {
        builder = builder.header(USER_AGENT, concat!("Vestnik/", env!("CARGO_PKG_VERSION")));
    }
    let keyed = |(name, _): &(String, String)| name.eq_ignore_ascii_case("idempotency-key");
    if let Some(key) = &call.idempotency_key
        && !request.headers.iter().any(keyed)
    {
        builder = builder.header("Idempotency-Key", key);
    }
    if let Some((user, password)) = &request.login {
        builder = builder.basic_auth(user, Some(password));
    }
    if has_length {
        builder = builder.body(request.body.clone());
    }
    builder
        .build()
        .map_err(|error| HttpError::BadRequest(error.without_url().to_string()))
}

/// What an error of reqwest means. The address is taken out of its text: tokens stand in paths.
fn read(error: reqwest::Error, time: Duration) -> HttpError {
    let error = error.without_url();
    if error.is_timeout() {
        return HttpError::Timeout(time);
    }
    let mut text = error.to_string();
    let mut is_tls = false;
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(&error);
    while let Some(error) = cause {
        is_tls |= error.is::<rustls::Error>();
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        // An `io::Error` does not name what it wraps as its source, but that one's source.
        let wrapped = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        cause = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    if is_tls {
        HttpError::Tls(text)
    } else {
        HttpError::Connection(text)
    }
}
