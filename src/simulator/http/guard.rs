//! Who may ask a simulator on a loopback address: programs of this machine and its own page.
//!
//! A browser sends requests of any page to any address. A page elsewhere could write through us in
//! two ways: under a name of its own that points at 127.0.0.1 (DNS rebinding), which shows in
//! `Host`; and by a plain request to 127.0.0.1, which shows in `Origin` or `Sec-Fetch-Site`.

use std::net::{IpAddr, SocketAddr};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, http, web};
use serde_json::json;

/// Where the simulator listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listening(pub(crate) SocketAddr);

/// Refuses with 403 what no program of this machine and not our page has sent.
pub(crate) async fn check<B: MessageBody + 'static>(
    listening: web::Data<Listening>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let opens = request.method() == http::Method::GET && request.path() == "/";
    match refusal(listening.0, request.headers(), opens) {
        None => next
            .call(request)
            .await
            .map(ServiceResponse::map_into_boxed_body),
        Some(what) => {
            let description = format!("Forbidden: {what}");
            let body = json!({"ok": false, "error_code": 403, "description": description,
                "error": what});
            let answer = HttpResponse::Forbidden()
                .content_type("application/json")
                .body(body.to_string());
            Ok(request.into_response(answer))
        }
    }
}

/// Why a request is refused; `opens`: it opens the page, which a link anywhere may do.
fn refusal(listening: SocketAddr, headers: &HeaderMap, opens: bool) -> Option<String> {
    if !listening.ip().is_loopback() {
        return None;
    }
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str());
    let host = match text(header::HOST) {
        None => None,
        Some(Ok(host)) => Some(host),
        Some(Err(_)) => return Some("заголовок Host не читается".into()),
    };
    if let Some(host) = host
        && !is_loopback(host)
    {
        return Some(format!(
            "симулятор слушает {listening} и отвечает только по именам этой машины (127.0.0.1, \
             localhost, [::1]), а запрос назвал его «{host}»; откройте http://{listening}/ или \
             запустите его на внешнем адресе ключом --listen"
        ));
    }
    let foreign = "чужим страницам симулятор не отвечает";
    match text(header::ORIGIN) {
        None => {}
        Some(Ok(origin)) => {
            let same = origin
                .strip_prefix("http://")
                .is_some_and(|origin| host.is_some_and(|host| host.eq_ignore_ascii_case(origin)));
            if !same {
                return Some(format!("запрос послала страница «{origin}»: {foreign}"));
            }
        }
        Some(Err(_)) => return Some(format!("заголовок Origin не читается: {foreign}")),
    }
    // Pictures and forms of other pages carry no Origin when they only fetch.
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    if !opens && matches!(site, Some(b"cross-site" | b"same-site")) {
        return Some(format!("запрос послала страница другого сайта: {foreign}"));
    }
    None
}

/// Whether a `Host` header names this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    match address.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Refused or not, of headers as `Name: value` lines.
    fn refused(listening: &str, lines: &[&str], opens: bool) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            let name = header::HeaderName::try_from(name).unwrap();
            headers.insert(name, header::HeaderValue::from_str(value).unwrap());
        }
        refusal(listening.parse().unwrap(), &headers, opens).is_some()
    }

    #[test]
    fn programs_here_and_the_page_may_ask() {
        for lines in [
            &[][..],
            &["Host: 127.0.0.1:8081"],
            &["Host: localhost"],
            &["Host: LOCALHOST.:8081"],
            &["Host: [::1]:8081"],
            &["Host: bots.localhost:8081"],
            &["Host: 127.0.0.1:8081", "Origin: http://127.0.0.1:8081"],
            &[
                "Host: localhost:8081",
                "Origin: http://localhost:8081",
                "Sec-Fetch-Site: same-origin",
            ],
            &["Host: localhost", "Sec-Fetch-Site: none"],
        ] {
            assert!(!refused("127.0.0.1:8081", lines, false), "{lines:?}");
        }
    }

    #[test]
    fn others_may_not() {
        for lines in [
            &["Host: evil.example"][..],
            &["Host: 10.0.0.1:8081"],
            &["Host: 127.0.0.1.evil.example"],
            &["Host: localhost.evil.example:8081"],
            &["Host: 127.0.0.1:8081", "Origin: http://evil.example"],
            &["Host: 127.0.0.1:8081", "Origin: null"],
            &["Host: localhost:8081", "Origin: http://localhost:3000"],
            &["Host: localhost:8081", "Origin: https://localhost:8081"],
            &["Host: localhost:8081", "Sec-Fetch-Site: cross-site"],
            &["Host: localhost:8081", "Sec-Fetch-Site: same-site"],
            &["Origin: http://127.0.0.1:8081"],
        ] {
            assert!(refused("127.0.0.1:8081", lines, false), "{lines:?}");
            // What is reached from elsewhere by intent has names that we cannot know.
            assert!(!refused("192.0.2.1:8081", lines, false), "{lines:?}");
        }
        let link = &["Host: localhost:8081", "Sec-Fetch-Site: cross-site"];
        assert!(!refused("[::1]:8081", link, true), "a link to the page");
    }
}
