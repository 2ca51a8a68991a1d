//! The connections and the way of one call: address, body, answer, error.
//!
//! Calls with JSON go over a [`Line`] of our own; through a proxy, and where files are carried, they
//! go over reqwest. What is refused is read by `error.rs`; how a broken connection is read stands in
//! `line.rs` and here. The rule: an error while opening the connection means that nothing was
//! written; every later one leaves the call in doubt. So a slow TCP or TLS handshake must end by the
//! connect time-out, never by the total one (see `endpoint.rs`).

use std::error::Error as _;
use std::fmt;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::multipart::Form;
use reqwest::{Method, Request, Url};
use serde::{Deserialize, Serialize};

use super::connect::is_tls;
use super::endpoint::{Endpoint, EndpointError};
use super::error::{ApiError, NetworkKind, Outcome, shorten};
use super::exchange::RawAnswer;
use super::line::{Line, too_long};
use super::token::Token;
use super::wire::read_answer;

/// Slowest upload that is waited for, in bytes a second: an upload's time-out grows by its size over
/// this. Faster, and a large file over a poor line never arrives.
const UPLOAD_BYTES_PER_S: u64 = 64 * 1024;

/// Most bytes of an answer to getUpdates: a hundred updates of 4,096 characters with all their entities
/// are below 10 MB. What is longer is asked for in smaller parts.
const UPDATES_MAX: usize = 16 << 20;
/// Most bytes of any other answer: an album of ten long captions that quotes another is below 1 MB.
const ANSWER_MAX: usize = 4 << 20;

/// How long a call that uploads so many bytes may take.
pub fn upload_timeout(send_timeout: Duration, bytes: u64) -> Duration {
    send_timeout + Duration::from_secs(bytes.div_ceil(UPLOAD_BYTES_PER_S))
}

/// The connections of one arbiter, those for polls apart from all others: a thousand parked polls must
/// not be looked through for each message; of one arbiter, since connections live on the runtime that
/// opened them. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    pools: Arc<Pools>,
}

struct Pools {
    endpoint: Endpoint,
    calls: Calls,
    /// For files, and for what goes through a proxy.
    send: reqwest::Client,
}

/// How calls with JSON go.
enum Calls {
    Direct { poll: Line, send: Line },
    Proxied { poll: reqwest::Client },
}

impl Client {
    /// Makes all of them. No connection is opened.
    pub fn new(endpoint: &Endpoint) -> Result<Client, EndpointError> {
        let calls = match endpoint.lines() {
            Some((poll, send)) => Calls::Direct { poll, send },
            None => Calls::Proxied {
                poll: endpoint.poll_client()?,
            },
        };
        let pools = Pools {
            endpoint: endpoint.clone(),
            calls,
            send: endpoint.send_client()?,
        };
        Ok(Client {
            pools: Arc::new(pools),
        })
    }

    /// The API as a bot sees it.
    pub fn bot(&self, token: &Token) -> BotApi {
        let base = format!("{}/bot{}/", self.pools.endpoint.api_url(), token.expose());
        let bot = Bot {
            get_updates: head(&method_url(&base, GET_UPDATES)),
            send_message: head(&method_url(&base, SEND_MESSAGE)),
            base,
            token: token.clone(),
        };
        BotApi {
            client: self.clone(),
            bot: Arc::new(bot),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.pools.endpoint)
            .finish_non_exhaustive()
    }
}

/// The API as one bot sees it: a client and a token. Cheap to clone. The methods stand in
/// `methods.rs`.
#[derive(Clone)]
pub struct BotApi {
    client: Client,
    bot: Arc<Bot>,
}

struct Bot {
    token: Token,
    /// `…/bot<token>/`; holds the token, so it is never shown.
    base: String,
    /// The heads of the two requests that are made thousands of times a second, up to their length.
    get_updates: Box<[u8]>,
    send_message: Box<[u8]>,
}

impl fmt::Debug for BotApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BotApi")
            .field("token", &self.bot.token)
            .field("endpoint", &self.client.pools.endpoint)
            .finish()
    }
}

/// Which connections a call goes over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pool {
    Poll,
    Send,
}

impl Pool {
    /// The most bytes of an answer.
    fn longest(self) -> usize {
        match self {
            Pool::Poll => UPDATES_MAX,
            Pool::Send => ANSWER_MAX,
        }
    }
}

pub(super) const GET_UPDATES: &str = "getUpdates";
pub(super) const SEND_MESSAGE: &str = "sendMessage";

impl BotApi {
    /// The bot's number at Telegram.
    pub fn bot_id(&self) -> i64 {
        self.bot.token.bot_id()
    }

    /// The bot's token.
    pub fn token(&self) -> &Token {
        &self.bot.token
    }

    /// Where the API is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.client.pools.endpoint
    }

    /// Calls a method with a JSON body and reads its result.
    pub(super) async fn call<B, T>(&self, method: &str, body: &B) -> Result<T, ApiError>
    where
        B: Serialize,
        T: for<'a> Deserialize<'a>,
    {
        let answer = self.post_json(Pool::Send, method, body).await?;
        self.read(&answer)
    }

    /// Calls a method with a multipart form and reads its result. `bytes` is the size of the files.
    pub(super) async fn call_form<T>(
        &self,
        method: &str,
        form: Form,
        bytes: u64,
    ) -> Result<T, ApiError>
    where
        T: for<'a> Deserialize<'a>,
    {
        let pool = &self.client.pools.send;
        let request = pool
            .post(method_url(&self.bot.base, method))
            .multipart(form)
            .timeout(upload_timeout(self.endpoint().send_timeout(), bytes))
            .build()
            .map_err(|error| self.network_error(error))?;
        let answer = self.execute(pool, request, Pool::Send.longest()).await?;
        self.read(&answer)
    }

    pub(super) async fn post_json<B: Serialize>(
        &self,
        pool: Pool,
        method: &str,
        body: &B,
    ) -> Result<RawAnswer, ApiError> {
        // Most bodies fit at once: a line of text and a few fields.
        let mut json = Vec::with_capacity(256);
        serde_json::to_writer(&mut json, body).map_err(|error| ApiError::BadRequest {
            code: 400,
            description: format!("the request cannot be written as JSON: {error}"),
        })?;
        match &self.client.pools.calls {
            Calls::Direct { poll, send } => {
                let line = match pool {
                    Pool::Poll => poll,
                    Pool::Send => send,
                };
                let request = self.request(method, &json);
                drop(json);
                line.call(&request, pool.longest())
                    .await
                    .map_err(|error| self.without_secrets(error))
            }
            Calls::Proxied { poll } => {
                let mut request = Request::new(Method::POST, method_url(&self.bot.base, method));
                request
                    .headers_mut()
                    .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = Some(json.into());
                let client = match pool {
                    Pool::Poll => poll,
                    Pool::Send => &self.client.pools.send,
                };
                self.execute(client, request, pool.longest()).await
            }
        }
    }

    /// The whole request as it is written.
    fn request(&self, method: &str, json: &[u8]) -> Vec<u8> {
        let made;
        let head = match method {
            GET_UPDATES => &self.bot.get_updates,
            SEND_MESSAGE => &self.bot.send_message,
            method => {
                made = head(&method_url(&self.bot.base, method));
                &made
            }
        };
        let mut request = Vec::with_capacity(head.len() + 16 + json.len());
        request.extend_from_slice(head);
        // A Vec takes all.
        let _ = write!(request, "{}\r\n\r\n", json.len());
        request.extend_from_slice(json);
        request
    }

    /// Over reqwest.
    async fn execute(
        &self,
        pool: &reqwest::Client,
        request: Request,
        longest: usize,
    ) -> Result<RawAnswer, ApiError> {
        let mut response = pool
            .execute(request)
            .await
            .map_err(|error| self.network_error(error))?;
        let status = response.status().as_u16();
        let retry_after = if status == 200 {
            None
        } else {
            response
                .headers()
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.parse().ok())
        };
        match self.body(&mut response, longest).await {
            Ok(body) => Ok(RawAnswer {
                status,
                retry_after,
                body,
            }),
            // A refusal whose text was cut is still a refusal.
            Err(_) if status >= 400 => Ok(RawAnswer {
                status,
                retry_after,
                body: bytes::Bytes::new(),
            }),
            Err(error) => Err(error),
        }
    }

    /// The body of an answer, piece by piece, so that one too long is not read to its end.
    async fn body(
        &self,
        response: &mut reqwest::Response,
        longest: usize,
    ) -> Result<bytes::Bytes, ApiError> {
        let mut body = Vec::new();
        while let Some(piece) = response
            .chunk()
            .await
            .map_err(|error| self.network_error(error))?
        {
            body.extend_from_slice(&piece);
            if body.len() > longest {
                return Err(too_long(longest, &body));
            }
        }
        Ok(body.into())
    }

    /// Starts fetching an address below the API's own.
    pub(super) async fn get(
        &self,
        url: Url,
        timeout: Duration,
    ) -> Result<reqwest::Response, ApiError> {
        let mut request = Request::new(Method::GET, url);
        *request.timeout_mut() = Some(timeout);
        // The long time-out is for the whole file; its beginning must come as soon as any answer.
        let head = self.client.pools.send.execute(request);
        match tokio::time::timeout(self.endpoint().send_timeout(), head).await {
            Ok(response) => response.map_err(|error| self.network_error(error)),
            Err(_) => Err(self.stalled()),
        }
    }

    /// Where files are fetched from.
    pub(super) fn file_url(&self, path: &str) -> Result<Url, ApiError> {
        let base = format!(
            "{}/file/bot{}/",
            self.endpoint().api_url(),
            self.bot.token.expose()
        );
        let mut url = parse_own_url(&base);
        let unsafe_part = |part: &str| part.is_empty() || part == "." || part == "..";
        if path.split('/').any(unsafe_part) {
            return Err(ApiError::BadRequest {
                code: 400,
                description: format!("the path of the file cannot be fetched: {}", shorten(path)),
            });
        }
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/'));
        }
        Ok(url)
    }

    pub(super) fn read<'a, T: Deserialize<'a>>(
        &self,
        answer: &'a RawAnswer,
    ) -> Result<T, ApiError> {
        read_answer(answer.status, answer.retry_after, &answer.body)
            .map_err(|error| self.without_secrets(error))
    }

    /// What a failed call of reqwest means.
    pub(super) fn network_error(&self, error: reqwest::Error) -> ApiError {
        let error = error.without_url();
        let outcome = if error.is_connect() || error.is_builder() {
            Outcome::NotSent
        } else {
            Outcome::Unknown
        };
        let kind = if is_tls(&error) {
            NetworkKind::Tls
        } else if error.is_dns() {
            NetworkKind::Dns
        } else if error.is_connect() {
            if self.endpoint().has_proxy() {
                NetworkKind::Proxy
            } else {
                NetworkKind::Connect
            }
        } else if error.is_timeout() {
            NetworkKind::Timeout
        } else if error.is_builder() {
            NetworkKind::Other
        } else {
            NetworkKind::Closed
        };
        self.without_secrets(ApiError::Network {
            kind,
            outcome,
            detail: causes(&error),
        })
    }

    /// A transfer that stands still.
    pub(super) fn stalled(&self) -> ApiError {
        ApiError::Network {
            kind: NetworkKind::Timeout,
            outcome: Outcome::Unknown,
            detail: "the file's transfer stands still".to_owned(),
        }
    }

    /// Servers echo paths in their error pages, and a path holds the token: no text leaves this room
    /// before it was searched.
    pub(super) fn without_secrets(&self, mut error: ApiError) -> ApiError {
        let text = match &mut error {
            ApiError::ChatGone { description, .. }
            | ApiError::Conflict { description, .. }
            | ApiError::CantParseEntities { description }
            | ApiError::MessageGone { description }
            | ApiError::ThreadGone { description }
            | ApiError::BadRequest { description, .. } => description,
            ApiError::Network { detail, .. } | ApiError::Malformed { detail } => detail,
            ApiError::RetryAfter { .. }
            | ApiError::MigratedTo { .. }
            | ApiError::Unauthorised
            | ApiError::NotModified
            | ApiError::QueryTooOld
            | ApiError::MessageTooLong
            | ApiError::FileTooLarge { .. }
            | ApiError::AnswerTooLong { .. }
            | ApiError::Server { .. } => return error,
        };
        for secret in self.endpoint().secrets() {
            *text = text.replace(secret.as_str(), "***");
        }
        *text = text.replace(self.bot.token.secret(), "***");
        error
    }
}

/// The head of a POST of JSON, up to the number of its length.
fn head(url: &Url) -> Box<[u8]> {
    // The port stands where it is not the scheme's own.
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    let path = url.path();
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}{port}\r\naccept: */*\r\n\
         content-type: application/json\r\ncontent-length: "
    )
    .into_bytes()
    .into_boxed_slice()
}

fn method_url(base: &str, method: &str) -> Url {
    parse_own_url(&format!("{base}{method}"))
}

/// The address was checked when the endpoint was made, and a token holds nothing that ends a path.
fn parse_own_url(text: &str) -> Url {
    match Url::parse(text) {
        Ok(url) => url,
        Err(error) => {
            unreachable!("a checked address and a checked token make an address: {error}")
        }
    }
}

/// The causes on one line, outermost first, without saying anything twice.
pub fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    shorten(&text)
}
