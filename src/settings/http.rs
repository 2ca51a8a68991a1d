//! `[http]`: where the control endpoint listens.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::address::http_url;
use super::layers::Section;

/// The control endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpSettings {
    /// Where it listens; port 0 is any free one.
    pub listen: SocketAddr,
    /// How people reach it from outside, without a slash at the end; `None`: no links are made.
    pub public_url: Option<String>,
}

impl HttpSettings {
    /// This computer only.
    pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

    /// True when others than this computer can reach it: then a token must exist before it opens.
    pub fn is_public(&self) -> bool {
        !self.listen.ip().is_loopback()
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        HttpSettings {
            listen: Self::LISTEN,
            public_url: None,
        }
    }
}

impl HttpSettings {
    pub(super) fn fill(&mut self, section: &Section<'_, '_>) {
        section.text("listen", |text, origin| match text.parse() {
            Ok(address) => self.listen = address,
            Err(_) => section.fail(
                origin,
                "bad-address",
                format!("«listen»: непонятный адрес «{text}»"),
                "напишите IP-адрес и порт: 127.0.0.1:8080 или [::1]:8080",
            ),
        });
        section.text("public_url", |text, origin| {
            if text.is_empty() {
                self.public_url = None;
            } else if http_url(&text).is_some() {
                self.public_url = Some(text.trim_end_matches('/').to_owned());
            } else {
                section.fail(
                    origin,
                    "bad-url",
                    format!("«public_url»: непонятный адрес «{text}»"),
                    "напишите адрес вида https://bots.example.org",
                );
            }
        });
        section.finish();
    }
}
