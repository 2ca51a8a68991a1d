//! Who may ask at all. On a loopback address only programs of this machine are meant, yet a browser sends
//! requests of any page to any address: a page elsewhere whose name points at 127.0.0.1 (DNS rebinding)
//! would be taken for one of them. It shows in `Host`.

use std::net::{IpAddr, SocketAddr};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError, web};

use super::problem::Problem;

/// Where the endpoint listens, and the name under which a proxy of this machine may pass requests on.
#[derive(Clone, Debug)]
pub struct Names {
    listening: SocketAddr,
    public: Option<String>,
}

impl Names {
    /// `public_url` as the settings have it.
    pub fn new(listening: SocketAddr, public_url: Option<&str>) -> Names {
        let public = public_url.map(|url| {
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            name(rest.split('/').next().unwrap_or(rest))
        });
        Names { listening, public }
    }

    /// Whether the endpoint answers under this `Host`.
    fn answers(&self, host: &str) -> bool {
        if !self.listening.ip().is_loopback() {
            return true;
        }
        let name = name(host);
        is_this_machine(&name) || self.public.as_ref() == Some(&name)
    }
}

/// The name in a `Host`, without port and final dot, in lower case.
fn name(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn is_this_machine(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

/// Refuses with 403 what names another host.
pub async fn check<B: MessageBody + 'static>(
    names: web::Data<Names>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let refused = match request.headers().get(HOST).map(|host| host.to_str()) {
        None => None,
        Some(Ok(host)) if names.answers(host) => None,
        Some(Ok(host)) => Some(host.to_owned()),
        Some(Err(_)) => Some("?".to_owned()),
    };
    match refused {
        None => next
            .call(request)
            .await
            .map(ServiceResponse::map_into_boxed_body),
        Some(host) => {
            let answer = Problem::foreign_host(&host).error_response();
            Ok(request.into_response(answer))
        }
    }
}

/// Whether a request came through a proxy, which then is the one whose address we see.
pub fn is_passed_on(headers: &HeaderMap) -> bool {
    ["forwarded", "via", "x-real-ip"]
        .iter()
        .any(|name| headers.contains_key(*name))
        || headers
            .keys()
            .any(|name| name.as_str().starts_with("x-forwarded-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_address_answers_to_its_names_only() {
        let check = |listening: &str, public: Option<&str>, host: &str, answers: bool| {
            let names = Names::new(listening.parse().expect("an address"), public);
            assert_eq!(
                names.answers(host),
                answers,
                "{listening} {public:?} {host}"
            );
        };
        for host in [
            "127.0.0.1:8080",
            "localhost",
            "LOCALHOST.:8080",
            "[::1]:8080",
            "bots.localhost",
        ] {
            check("127.0.0.1:8080", None, host, true);
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "10.0.0.1:8080",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "",
        ] {
            check("127.0.0.1:8080", None, host, false);
            check("192.0.2.1:8080", None, host, true);
        }
        let public = Some("https://bots.example.org/path");
        check("127.0.0.1:8080", public, "bots.example.org", true);
        check("127.0.0.1:8080", public, "Bots.Example.org:443", true);
        check("127.0.0.1:8080", public, "evil.example", false);
    }
}
