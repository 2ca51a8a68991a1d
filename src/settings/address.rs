//! The parts of an address that settings look at. Whoever connects parses it in full.

use std::net::IpAddr;

/// `scheme://authority/path?query`.
pub(super) struct Url<'t> {
    pub scheme: &'t str,
    /// Host and port, without user and password.
    pub authority: &'t str,
    /// The host alone, without brackets.
    pub host: &'t str,
    pub path: &'t str,
    pub query: &'t str,
}

impl<'t> Url<'t> {
    pub fn parse(text: &'t str) -> Option<Url<'t>> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme_is_plain = !scheme.is_empty()
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !scheme_is_plain || text.contains(char::is_whitespace) {
            return None;
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let authority = authority
            .rsplit_once('@')
            .map_or(authority, |(_, after)| after);
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => {
                let (host, after) = bracketed.split_once(']')?;
                (host, after.strip_prefix(':'))
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        if port.is_some_and(|port| port.parse::<u16>().is_err()) {
            return None;
        }
        Some(Url {
            scheme,
            authority,
            host,
            path,
            query,
        })
    }
}

/// An address of the web with a host.
pub(super) fn http_url(text: &str) -> Option<Url<'_>> {
    Url::parse(text).filter(|url| matches!(url.scheme, "http" | "https") && !url.host.is_empty())
}

/// True for this computer.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
