//! `[telegram]`: how the Bot API is reached and how fast.

use std::fmt;

use super::address::{Url, http_url, is_loopback};
use super::layers::Section;

/// How the Bot API is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct TelegramSettings {
    /// The Bot API server, without a slash at the end.
    pub api_url: String,
    /// A proxy `http://`, `https://` or `socks5://`. It may hold a password: never log it.
    pub proxy: Option<String>,
    /// How long one getUpdates waits for updates, seconds.
    pub poll_timeout_s: u32,
    /// How much may be sent.
    pub limits: LimitSettings,
}

impl TelegramSettings {
    /// The Bot API itself.
    pub const API_URL: &'static str = "https://api.telegram.org";
    /// Just under a minute: proxies often cut a silent connection after 60 s.
    pub const POLL_TIMEOUT_S: u32 = 50;
}

impl Default for TelegramSettings {
    fn default() -> Self {
        TelegramSettings {
            api_url: Self::API_URL.to_owned(),
            proxy: None,
            poll_timeout_s: Self::POLL_TIMEOUT_S,
            limits: LimitSettings::default(),
        }
    }
}

/// Without the proxy's password.
impl fmt::Debug for TelegramSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelegramSettings")
            .field("api_url", &self.api_url)
            .field("proxy", &self.proxy.as_ref().map(|_| "…"))
            .field("poll_timeout_s", &self.poll_timeout_s)
            .field("limits", &self.limits)
            .finish()
    }
}

impl TelegramSettings {
    /// Gives true when the Bot API is on this computer.
    pub(super) fn fill(&mut self, section: &Section<'_, '_>) -> bool {
        let mut on_loopback = false;
        section.text("api_url", |text, origin| match http_url(&text) {
            Some(url) => {
                on_loopback = is_loopback(url.host);
                self.api_url = text.trim_end_matches('/').to_owned();
            }
            None => section.fail(
                origin,
                "bad-url",
                format!("«api_url»: непонятный адрес «{text}»"),
                "напишите адрес вида https://api.telegram.org или http://127.0.0.1:8081",
            ),
        });
        section.text("proxy", |text, origin| {
            let schemes = ["http", "https", "socks5", "socks5h"];
            if text.is_empty() {
                self.proxy = None;
            } else if Url::parse(&text)
                .is_some_and(|url| schemes.contains(&url.scheme) && !url.host.is_empty())
            {
                self.proxy = Some(text);
            } else {
                // The text may hold a password: it is not repeated.
                section.fail(
                    origin,
                    "bad-proxy",
                    "«proxy»: непонятный адрес прокси".into(),
                    "напишите http://узел:порт, https://узел:порт или socks5://узел:порт",
                );
            }
        });
        section.number("poll_timeout_s", 0..=3600, &mut self.poll_timeout_s);
        self.limits
            .fill(&section.inner("limits", "разделе [telegram.limits]"));
        section.finish();
        on_loopback
    }
}

/// Limits of sending; 0 switches one off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitSettings {
    /// Messages of one bot in a second.
    pub per_bot_per_s: u32,
    /// Messages to one chat in a second.
    pub per_chat_per_s: u32,
    /// Messages to one group in a minute.
    pub per_group_per_min: u32,
    /// The largest file that a bot may fetch, MB.
    pub download_mb: u32,
    /// The largest file that a bot may send, MB.
    pub upload_mb: u32,
}

impl LimitSettings {
    /// Telegram asks bots to stay under about 30 messages a second.
    pub const PER_BOT_PER_S: u32 = 30;
    /// More than one a second to a chat is answered with 429 before long.
    pub const PER_CHAT_PER_S: u32 = 1;
    /// Telegram's figure for groups.
    pub const PER_GROUP_PER_MIN: u32 = 20;
    /// What getFile gives out.
    pub const DOWNLOAD_MB: u32 = 20;
    /// What sendDocument takes.
    pub const UPLOAD_MB: u32 = 50;
}

impl Default for LimitSettings {
    fn default() -> Self {
        LimitSettings {
            per_bot_per_s: Self::PER_BOT_PER_S,
            per_chat_per_s: Self::PER_CHAT_PER_S,
            per_group_per_min: Self::PER_GROUP_PER_MIN,
            download_mb: Self::DOWNLOAD_MB,
            upload_mb: Self::UPLOAD_MB,
        }
    }
}

impl LimitSettings {
    fn fill(&mut self, section: &Section<'_, '_>) {
        section.number("per_bot_per_s", 0..=1_000_000, &mut self.per_bot_per_s);
        section.number("per_chat_per_s", 0..=1_000_000, &mut self.per_chat_per_s);
        section.number(
            "per_group_per_min",
            0..=1_000_000,
            &mut self.per_group_per_min,
        );
        section.number("download_mb", 0..=4000, &mut self.download_mb);
        section.number("upload_mb", 0..=4000, &mut self.upload_mb);
        section.finish();
    }
}
