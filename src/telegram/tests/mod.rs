//! Tests of the whole room against small servers on the loopback: what a server does goes in, what
//! the caller gets comes out.

mod calls;
mod failures;
mod proxies;
mod server;
mod updates;

use std::time::Duration;

use super::*;

/// The secret half of the token in all these tests.
pub(super) const SECRET: &str = "SeCrEt-token_1";
/// The password of the proxy in all these tests, percent-encoded and plain.
pub(super) const PASSWORD: (&str, &str) = ("p%40ssw0rd", "p@ssw0rd");

pub(super) fn token() -> Token {
    Token::parse(&format!("42:{SECRET}")).unwrap()
}

pub(super) fn options(api_url: &str) -> EndpointOptions {
    EndpointOptions {
        api_url: api_url.to_owned(),
        ..EndpointOptions::default()
    }
}

pub(super) fn api(options: &EndpointOptions) -> BotApi {
    Client::new(&Endpoint::new(options).unwrap())
        .unwrap()
        .bot(&token())
}

/// Options with time-outs that a server which never answers runs into. How short they are changes
/// nothing in what happens, only how long the test takes.
pub(super) fn impatient(api_url: &str) -> EndpointOptions {
    EndpointOptions {
        connect_timeout: Duration::from_millis(300),
        send_timeout: Duration::from_millis(600),
        ..options(api_url)
    }
}

/// `code outcome retryable`, after looking for secrets in everything the error can print.
#[track_caller]
pub(super) fn summary(error: &ApiError) -> String {
    no_secrets(&format!(
        "{error} | {error:?} | {error:#?} | {}",
        error.for_operator()
    ));
    let retry = if error.is_retryable() {
        "retry"
    } else {
        "final"
    };
    format!("{} {:?} {retry}", error.code(), error.outcome())
}

#[track_caller]
pub(super) fn no_secrets(text: &str) {
    for secret in [SECRET, PASSWORD.0, PASSWORD.1] {
        assert!(!text.contains(secret), "a secret in: {text}");
    }
}
