//! `scripts.http_allow`: what programs may call.
//!
//! An entry is a host, or a host and a port: `api.example.org` (ports 80 and 443), `api.example.org:8443`,
//! `*.example.org`, `example.org:*`, `10.1.2.3`, `10.1.*`, `[fd00::1]:8080`. An asterisk stands for any
//! signs. Addresses of this computer and of private networks are reached only through an entry that
//! begins with the address's own digits, or by the name `localhost` itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// What programs may call; empty: nothing.
#[derive(Clone, Debug, Default)]
pub struct AllowList(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    host: String,
    port: PortRule,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PortRule {
    /// 80, or 443 with TLS.
    Usual,
    Exact(u16),
    Any,
}

impl PortRule {
    fn allows(self, port: u16, secure: bool) -> bool {
        match self {
            PortRule::Usual => port == if secure { 443 } else { 80 },
            PortRule::Exact(own) => own == port,
            PortRule::Any => true,
        }
    }
}

impl AllowList {
    /// From the entries of the settings; one that cannot be understood allows nothing.
    #[must_use]
    pub fn new(entries: &[String]) -> AllowList {
        AllowList(entries.iter().filter_map(|entry| parse(entry)).collect())
    }

    /// Whether a host may be called by this name.
    #[must_use]
    pub fn allows(&self, host: &str, port: u16, secure: bool) -> bool {
        self.0
            .iter()
            .any(|entry| entry.port.allows(port, secure) && fits(&entry.host, host))
    }

    /// Whether a proxy is named with its port.
    #[must_use]
    pub fn names_port(&self, host: &str, port: u16) -> bool {
        self.0
            .iter()
            .any(|entry| entry.port == PortRule::Exact(port) && fits(&entry.host, host))
    }

    /// Whether the address that a host turned out to have may be connected to.
    #[must_use]
    pub fn allows_address(&self, host: &str, address: IpAddr, port: u16, secure: bool) -> bool {
        if !is_private(address) {
            return true;
        }
        let text = address.to_string();
        let is_local_name = host == "localhost" && address.is_loopback();
        self.0.iter().any(|entry| {
            let names_it = if is_local_name && entry.host == "localhost" {
                true
            } else {
                is_address(&entry.host) && fits(&entry.host, &text)
            };
            names_it && entry.port.allows(port, secure)
        })
    }
}

fn parse(entry: &str) -> Option<Entry> {
    let entry = entry.trim().to_lowercase();
    let (host, port) = if let Some(rest) = entry.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        (host.to_string(), rest.strip_prefix(':'))
    } else {
        match entry.split_once(':') {
            // More than one colon is an IPv6 address without brackets.
            Some((_, rest)) if rest.contains(':') => (entry.clone(), None),
            Some((host, port)) => (host.to_string(), Some(port)),
            None => (entry.clone(), None),
        }
    };
    let port = match port {
        None => PortRule::Usual,
        Some("*") => PortRule::Any,
        Some(port) => PortRule::Exact(port.parse().ok()?),
    };
    let host = if host.contains(':') {
        host.parse::<Ipv6Addr>().ok()?.to_string()
    } else if host.contains('*') {
        host
    } else {
        // Cyrillic names become what an address has of them.
        let url = Url::parse(&format!("http://{host}/")).ok()?;
        url.host_str()?.trim_end_matches('.').to_string()
    };
    (!host.is_empty()).then_some(Entry { host, port })
}

/// Whether an entry is about addresses.
fn is_address(host: &str) -> bool {
    host.contains(':') || host.starts_with(|symbol: char| symbol.is_ascii_digit())
}

/// A mask against a host. Entries are few and short, so plain search serves.
fn fits(mask: &str, host: &str) -> bool {
    let mut parts = mask.split('*');
    let Some(mut rest) = parts.next().and_then(|first| host.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        last = Some(part);
    }
    match last {
        None => rest.is_empty(),
        // The end of the mask is the end of the host, which may hold the part more than once.
        Some(part) => part.is_empty() || rest.is_empty() || rest.ends_with(part),
    }
}

/// Whether an address is of this computer, of a private network, or of no use on the internet
/// (RFC 6890 and the registries of IANA).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    match (a, b) {
        (0 | 10 | 127, _) | (224..=255, _) => true,
        (100, 64..=127) | (169, 254) | (172, 16..=31) | (192, 168) | (198, 18 | 19) => true,
        (192, 0) => c == 0 || c == 2,
        (192, 88) => c == 99,
        (198, 51) => c == 100,
        (203, 0) => c == 113,
        _ => false,
    }
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let words = address.segments();
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_private_v4(Ipv4Addr::new(a, b, c, d))
    };
    match words {
        // An IPv4 address inside: mapped, compatible (also :: and ::1), translated, 6to4.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => inner(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        [0x2002, high, low, ..] => inner(high, low),
        // Everything else on the internet begins with the bits 001.
        [first, ..] if first & 0xe000 != 0x2000 => true,
        // Teredo and what else is set apart; documentation.
        [0x2001, second, ..] => second < 0x200 || second == 0xdb8,
        [0x3fff, second, ..] => second < 0x1000,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> AllowList {
        AllowList::new(&entries.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn hosts_and_ports() {
        for (entry, host, port, secure, expected) in [
            ("api.example.org", "api.example.org", 443, true, true),
            ("api.example.org", "api.example.org", 80, false, true),
            ("API.Example.org", "api.example.org", 443, true, true),
            ("api.example.org", "api.example.org", 8443, true, false),
            ("api.example.org", "api.example.org", 443, false, false),
            ("api.example.org:8443", "api.example.org", 8443, true, true),
            ("api.example.org:8443", "api.example.org", 443, true, false),
            ("api.example.org:*", "api.example.org", 9, false, true),
            (
                "api.example.org",
                "api.example.org.evil.com",
                443,
                true,
                false,
            ),
            ("api.example.org", "evil-api.example.org", 443, true, false),
            ("*.example.org", "a.b.example.org", 443, true, true),
            ("*.example.org", "example.org", 443, true, false),
            ("*.example.org", "example.org.evil.com", 443, true, false),
            ("*", "anything.com", 443, true, true),
            ("пример.рф", "xn--e1afmkfd.xn--p1ai", 443, true, true),
            ("[fd00::1]:8080", "fd00::1", 8080, false, true),
            ("fd00::1", "fd00::1", 80, false, true),
            ("api.example.org:x", "api.example.org", 443, true, false),
            ("", "", 443, true, false),
        ] {
            assert_eq!(
                list(&[entry]).allows(host, port, secure),
                expected,
                "{entry} {host}:{port}"
            );
        }
        assert!(!AllowList::default().allows("a", 443, true));
        assert!(list(&["p:3128"]).names_port("p", 3128));
        assert!(!list(&["p"]).names_port("p", 80));
    }

    #[test]
    fn private_addresses() {
        for (address, expected) in [
            ("8.8.8.8", false),
            ("149.154.167.220", false),
            ("0.0.0.0", true),
            ("10.1.2.3", true),
            ("100.64.0.1", true),
            ("100.128.0.1", false),
            ("127.0.0.1", true),
            ("169.254.169.254", true),
            ("172.16.0.1", true),
            ("172.32.0.1", false),
            ("192.168.0.1", true),
            ("192.0.2.1", true),
            ("198.19.0.1", true),
            ("224.0.0.1", true),
            ("255.255.255.255", true),
            ("::", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("::ffff:8.8.8.8", false),
            ("64:ff9b::a00:1", true),
            ("64:ff9b::808:808", false),
            ("2002:a00:1::", true),
            ("fe80::1", true),
            ("fd00::1", true),
            ("ff02::1", true),
            ("2001:db8::1", true),
            ("2001::1", true),
            ("2001:67c:4e8:f004::9", false),
            ("2a00:1450::1", false),
        ] {
            assert_eq!(is_private(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn a_private_address_needs_an_entry_of_its_own() {
        for (entries, host, address, port, expected) in [
            (&["erp.local"][..], "erp.local", "10.0.0.5", 80, false),
            (
                &["erp.local", "10.0.0.5"],
                "erp.local",
                "10.0.0.5",
                80,
                true,
            ),
            (
                &["erp.local:8080", "10.0.0.*:8080"],
                "erp.local",
                "10.0.0.5",
                8080,
                true,
            ),
            (
                &["erp.local:8080", "10.0.0.5"],
                "erp.local",
                "10.0.0.5",
                8080,
                false,
            ),
            (&["*:*"], "erp.local", "10.0.0.5", 80, false),
            (&["localhost:81"], "localhost", "127.0.0.1", 81, true),
            (&["localhost:81"], "localhost", "::1", 81, true),
            (&["localhost:81"], "localhost", "10.0.0.5", 81, false),
            (&["localhost:81"], "evil.com", "127.0.0.1", 81, false),
            (&["*"], "a.com", "8.8.8.8", 80, true),
        ] {
            let allowed = list(entries).allows_address(host, address.parse().unwrap(), port, false);
            assert_eq!(allowed, expected, "{entries:?} {host} {address}:{port}");
        }
    }
}
