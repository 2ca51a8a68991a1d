//! Settings: one struct for each subsystem, loaded and checked once at start.
//!
//! `config/default.toml` (in the binary), then the file named by `--config`, then environment
//! variables `VESTNIK_SECTION__KEY`. Everything that is wrong in any of them is told at once, with
//! its place and a remedy. What the settings mean is known by those who use them: nothing here
//! opens a file of the store or a connection.

mod address;
mod layers;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use chrono::NaiveTime;
use chrono_tz::Tz;

use crate::model::document::Document;
use crate::model::{Level, Locale, Problem, nearest, sort_problems};
use address::{Url, is_loopback};
use layers::{Environment, Layers, Section};

/// The settings that a lone binary runs with.
const DEFAULT: &str = include_str!("../../config/default.toml");

/// The variable that holds the key of sealed values, in place of `store.key_file`.
pub const KEY_VARIABLE: &str = "VESTNIK_KEY";

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

/// A database.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A file of SQLite.
    Sqlite(PathBuf),
    /// A connection string of PostgreSQL. It may hold a password: it prints without it.
    Postgres(String),
}

impl StoreUrl {
    /// Reads `sqlite:FILE` or `postgres://user@host/db`. The host of a PostgreSQL database must be
    /// this computer unless TLS is built in or the text says `sslmode=disable`.
    ///
    /// # Errors
    /// What is wrong, and what to do about it.
    pub fn parse(text: &str) -> Result<StoreUrl, (String, String)> {
        let forms = "sqlite:файл.db или postgres://пользователь@узел/база";
        if let Some(file) = text.strip_prefix("sqlite:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            if file.is_empty() || file.contains(":memory:") {
                return Err((
                    "база данных SQLite — это файл".into(),
                    "напишите имя файла: sqlite:vestnik.db".into(),
                ));
            }
            return Ok(StoreUrl::Sqlite(PathBuf::from(file)));
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err((
                "непонятный адрес базы данных".into(),
                format!("напишите {forms}"),
            ));
        }
        let url = Url::parse(text).ok_or_else(|| {
            (
                "непонятный адрес базы PostgreSQL".to_owned(),
                "напишите postgres://пользователь@узел/база".to_owned(),
            )
        })?;
        let modes: Vec<&str> = url
            .query
            .split('&')
            .filter_map(|pair| pair.strip_prefix("sslmode="))
            .collect();
        let is_local = url.host.is_empty() || url.host.starts_with("%2F") || is_loopback(url.host);
        if !is_local && !cfg!(feature = "postgres-tls") && modes != ["disable"] {
            return Err((
                format!("база на узле {} без шифрования: эта сборка не умеет TLS", url.host),
                "соберите программу с возможностью postgres-tls, а если сеть защищена иначе, допишите к адресу ?sslmode=disable".into(),
            ));
        }
        Ok(StoreUrl::Postgres(text.to_owned()))
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreUrl::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            StoreUrl::Postgres(text) => match Url::parse(text) {
                Some(url) => write!(f, "postgres://{}{}", url.authority, url.path),
                None => f.write_str("postgres://…"),
            },
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(zeroize::Zeroizing<String>);

impl SecretText {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> SecretText {
        SecretText(zeroize::Zeroizing::new(text.into()))
    }

    /// The secret itself; keep it out of messages and logs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Where things are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreSettings {
    /// The database.
    pub url: StoreUrl,
    /// The file of the key that seals tokens.
    pub key_file: PathBuf,
    /// The key itself, from [`KEY_VARIABLE`]; then `key_file` is not looked at.
    pub key: Option<SecretText>,
}

impl StoreSettings {
    /// A file in the working folder.
    pub const URL: &'static str = "sqlite:vestnik.db";
    /// Beside the database.
    pub const KEY_FILE: &'static str = "vestnik.key";
}

impl Default for StoreSettings {
    fn default() -> Self {
        StoreSettings {
            url: StoreUrl::Sqlite(Self::URL["sqlite:".len()..].into()),
            key_file: Self::KEY_FILE.into(),
            key: None,
        }
    }
}

/// How long things are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetentionSettings {
    /// Handled updates and sent messages, days.
    pub handled_days: u32,
    /// Contacts and data of authorisation, days.
    pub personal_days: u32,
}

impl RetentionSettings {
    /// A week: long enough to look into a complaint.
    pub const HANDLED_DAYS: u32 = 7;
    /// A month.
    pub const PERSONAL_DAYS: u32 = 30;
}

impl Default for RetentionSettings {
    fn default() -> Self {
        RetentionSettings {
            handled_days: Self::HANDLED_DAYS,
            personal_days: Self::PERSONAL_DAYS,
        }
    }
}

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
    pub const LISTEN: &'static str = "127.0.0.1:8080";

    /// True when others than this computer can reach it: then a token must exist before it opens.
    pub fn is_public(&self) -> bool {
        !self.listen.ip().is_loopback()
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        HttpSettings {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
        }
    }
}

/// The organisation as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrganisationSettings {
    /// A folder of files that is applied at start when it changed.
    pub dir: Option<PathBuf>,
    /// Its time zone.
    pub time_zone: Tz,
    /// The language of a bot that does not name one.
    pub locale: Locale,
    /// The end of the working day: the time of a deadline without one (D17).
    pub day_end: NaiveTime,
}

impl OrganisationSettings {
    /// Moscow.
    pub const TIME_ZONE: Tz = Tz::Europe__Moscow;
    /// Russian.
    pub const LOCALE: Locale = Locale::Ru;
    /// Hours and minutes of the end of the day.
    pub const DAY_END: (u32, u32) = (18, 0);
}

impl Default for OrganisationSettings {
    fn default() -> Self {
        let (hour, minute) = Self::DAY_END;
        OrganisationSettings {
            dir: None,
            time_zone: Self::TIME_ZONE,
            locale: Self::LOCALE,
            day_end: NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default(),
        }
    }
}

/// What an algorithm may use up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptSettings {
    /// Time of one run, milliseconds.
    pub time_ms: u32,
    /// Instructions of one run.
    pub instructions: u64,
    /// Memory of one run, MB.
    pub memory_mb: u32,
    /// How long a run may hold the write lease, milliseconds.
    pub write_limit_ms: u32,
    /// Runs of one bot at the same time.
    pub at_once_per_bot: u32,
    /// Hosts that algorithms may call.
    pub http_allow: Vec<String>,
}

impl ScriptSettings {
    /// A person waits no longer for an answer.
    pub const TIME_MS: u32 = 5000;
    /// Well above what an honest algorithm needs in five seconds.
    pub const INSTRUCTIONS: u64 = 50_000_000;
    /// Times `at_once_per_bot` and the bots at work, this must fit into the machine.
    pub const MEMORY_MB: u32 = 64;
    /// While a script holds the lease, every bot's writes wait on SQLite.
    pub const WRITE_LIMIT_MS: u32 = 200;
    /// One slow run does not stop a bot, and one bot does not take the pool.
    pub const AT_ONCE_PER_BOT: u32 = 2;
}

impl Default for ScriptSettings {
    fn default() -> Self {
        ScriptSettings {
            time_ms: Self::TIME_MS,
            instructions: Self::INSTRUCTIONS,
            memory_mb: Self::MEMORY_MB,
            write_limit_ms: Self::WRITE_LIMIT_MS,
            at_once_per_bot: Self::AT_ONCE_PER_BOT,
            http_allow: Vec::new(),
        }
    }
}

/// What tests need.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TestingSettings {
    /// A clock over HTTP in place of the system's; only beside a Bot API on this computer.
    pub clock: Option<String>,
}

/// Everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// `[telegram]`.
    pub telegram: TelegramSettings,
    /// `[store]`.
    pub store: StoreSettings,
    /// `[retention]`.
    pub retention: RetentionSettings,
    /// `[http]`.
    pub http: HttpSettings,
    /// `[organisation]`.
    pub organisation: OrganisationSettings,
    /// `[scripts]`.
    pub scripts: ScriptSettings,
    /// `[testing]`.
    pub testing: TestingSettings,
}

impl Settings {
    /// Reads the defaults, the file and the environment, the later over the earlier. A relative path
    /// stays relative to the working folder.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of places.
    pub fn load(
        config: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Settings, Vec<Problem>> {
        let Some(path) = config else {
            return Settings::read(None, environment);
        };
        let name = path.display().to_string();
        let refuse = |message: String, hint: &str| {
            vec![Problem::of_file(Level::Error, "unreadable-file", &name, message).hint(hint)]
        };
        let bytes = std::fs::read(path).map_err(|error| {
            refuse(
                format!("файл настроек не читается: {error}"),
                "проверьте путь после --config",
            )
        })?;
        let text = String::from_utf8(bytes).map_err(|_| {
            refuse(
                "файл настроек не в кодировке UTF-8".into(),
                "сохраните файл в UTF-8",
            )
        })?;
        Settings::read(Some((&name, &text)), environment)
    }

    /// Like [`load`](Self::load), with the file's name and text.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn read(
        file: Option<(&str, &str)>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Settings, Vec<Problem>> {
        let mut documents = vec![Document::parse("config/default.toml", DEFAULT)];
        documents.extend(file.map(|(name, text)| Document::parse(name, text)));
        let environment = Environment::new(environment);
        let mut settings = Settings::default();
        settings.store.key = environment.plain(KEY_VARIABLE).map(SecretText::new);
        let layers = Layers::new(&documents, &environment);
        settings.fill(&layers);
        layers.finish();
        let mut problems = environment.into_problems();
        for (document, _) in documents {
            problems.extend(document.into_problems());
        }
        if problems.is_empty() {
            Ok(settings)
        } else {
            sort_problems(&mut problems);
            Err(problems)
        }
    }

    fn fill(&mut self, layers: &Layers<'_, '_>) {
        let api = self.fill_telegram(&layers.section("telegram", "разделе [telegram]"));
        self.fill_store(&layers.section("store", "разделе [store]"));
        let section = layers.section("retention", "разделе [retention]");
        let days = 1..=36_500;
        section.number(
            "handled_days",
            days.clone(),
            &mut self.retention.handled_days,
        );
        section.number("personal_days", days, &mut self.retention.personal_days);
        section.finish();
        self.fill_http(&layers.section("http", "разделе [http]"));
        self.fill_organisation(&layers.section("organisation", "разделе [organisation]"));
        self.fill_scripts(&layers.section("scripts", "разделе [scripts]"));
        self.fill_testing(&layers.section("testing", "разделе [testing]"), api);
    }

    /// Gives true when the Bot API is on this computer.
    fn fill_telegram(&mut self, section: &Section<'_, '_>) -> bool {
        let telegram = &mut self.telegram;
        let mut on_loopback = false;
        section.text("api_url", |text, origin| match http_url(&text) {
            Some(url) => {
                on_loopback = is_loopback(url.host);
                telegram.api_url = text.trim_end_matches('/').to_owned();
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
                telegram.proxy = None;
            } else if Url::parse(&text)
                .is_some_and(|url| schemes.contains(&url.scheme) && !url.host.is_empty())
            {
                telegram.proxy = Some(text);
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
        section.number("poll_timeout_s", 0..=3600, &mut telegram.poll_timeout_s);
        let limits = &mut telegram.limits;
        let inner = section.inner("limits", "разделе [telegram.limits]");
        inner.number("per_bot_per_s", 0..=1_000_000, &mut limits.per_bot_per_s);
        inner.number("per_chat_per_s", 0..=1_000_000, &mut limits.per_chat_per_s);
        inner.number(
            "per_group_per_min",
            0..=1_000_000,
            &mut limits.per_group_per_min,
        );
        inner.number("download_mb", 0..=4000, &mut limits.download_mb);
        inner.number("upload_mb", 0..=4000, &mut limits.upload_mb);
        inner.finish();
        section.finish();
        on_loopback
    }

    fn fill_store(&mut self, section: &Section<'_, '_>) {
        section.text("url", |text, origin| match StoreUrl::parse(&text) {
            Ok(url) => self.store.url = url,
            Err((message, hint)) => {
                section.fail(origin, "bad-store-url", format!("«url»: {message}"), &hint);
            }
        });
        section.text("key_file", |text, origin| {
            if text.trim().is_empty() {
                section.fail(
                    origin,
                    "empty-value",
                    "«key_file» не может быть пустым".into(),
                    "напишите имя файла; ключ можно дать и переменной VESTNIK_KEY",
                );
            } else {
                self.store.key_file = text.into();
            }
        });
        section.finish();
    }

    fn fill_http(&mut self, section: &Section<'_, '_>) {
        section.text("listen", |text, origin| match text.parse() {
            Ok(address) => self.http.listen = address,
            Err(_) => section.fail(
                origin,
                "bad-address",
                format!("«listen»: непонятный адрес «{text}»"),
                "напишите IP-адрес и порт: 127.0.0.1:8080 или [::1]:8080",
            ),
        });
        section.text("public_url", |text, origin| {
            if text.is_empty() {
                self.http.public_url = None;
            } else if http_url(&text).is_some() {
                self.http.public_url = Some(text.trim_end_matches('/').to_owned());
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

    fn fill_organisation(&mut self, section: &Section<'_, '_>) {
        let organisation = &mut self.organisation;
        section.text("dir", |text, _| {
            organisation.dir = (!text.is_empty()).then(|| text.into());
        });
        section.text("time_zone", |text, origin| match parse_time_zone(&text) {
            Ok(zone) => organisation.time_zone = zone,
            Err(hint) => section.fail(
                origin,
                "bad-time-zone",
                format!("«time_zone»: неизвестный часовой пояс «{text}»"),
                &hint,
            ),
        });
        section.text("locale", |text, origin| match parse_locale(&text) {
            Some(locale) => organisation.locale = locale,
            None => section.fail(
                origin,
                "bad-locale",
                format!("«locale»: неизвестный язык «{text}»"),
                "напишите ru или en",
            ),
        });
        section.text("day_end", |text, origin| match parse_time_of_day(&text) {
            Some(time) => organisation.day_end = time,
            None => section.fail(
                origin,
                "bad-time-of-day",
                format!("«day_end»: непонятное время «{text}»"),
                "напишите часы и минуты: 18:00",
            ),
        });
        section.finish();
    }

    fn fill_scripts(&mut self, section: &Section<'_, '_>) {
        let scripts = &mut self.scripts;
        section.number("time_ms", 1..=3_600_000, &mut scripts.time_ms);
        section.number(
            "instructions",
            1..=1_000_000_000_000,
            &mut scripts.instructions,
        );
        section.number("memory_mb", 1..=65_536, &mut scripts.memory_mb);
        section.number("write_limit_ms", 1..=60_000, &mut scripts.write_limit_ms);
        section.number("at_once_per_bot", 1..=1000, &mut scripts.at_once_per_bot);
        section.texts("http_allow", |hosts| {
            scripts.http_allow = hosts
                .into_iter()
                .filter_map(|(host, origin)| {
                    let plain = !host.is_empty()
                        && host.chars().all(|c| {
                            c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '*' | '[' | ']')
                        });
                    if plain {
                        return Some(host.to_lowercase());
                    }
                    section.fail(
                        origin,
                        "bad-host",
                        format!("«http_allow»: непонятное имя узла «{host}»"),
                        "напишите имя узла без схемы и пути: api.example.org",
                    );
                    None
                })
                .collect();
        });
        section.finish();
    }

    fn fill_testing(&mut self, section: &Section<'_, '_>, api_on_loopback: bool) {
        section.text("clock", |text, origin| {
            if text.is_empty() {
                self.testing.clock = None;
            } else if http_url(&text).is_none() {
                section.fail(
                    origin,
                    "bad-url",
                    format!("«clock»: непонятный адрес «{text}»"),
                    "напишите адрес часов симулятора: http://127.0.0.1:8081/sim/clock",
                );
            } else if api_on_loopback {
                self.testing.clock = Some(text);
            } else {
                section.fail(
                    origin,
                    "clock-not-for-tests",
                    "«clock»: чужие часы допустимы только рядом с симулятором".into(),
                    "уберите clock или направьте telegram.api_url на этот же компьютер (127.0.0.1)",
                );
            }
        });
        section.finish();
    }
}

fn http_url(text: &str) -> Option<Url<'_>> {
    Url::parse(text).filter(|url| matches!(url.scheme, "http" | "https") && !url.host.is_empty())
}

/// Reads an IANA name of a time zone.
///
/// # Errors
/// What to do: the nearest name, or an example.
pub fn parse_time_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| {
        match nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())) {
            Some(near) => format!("возможно, имелось в виду \"{near}\""),
            None => "напишите имя из базы IANA: Europe/Moscow, Asia/Yekaterinburg".to_owned(),
        }
    })
}

/// Reads `ru` or `en`.
pub fn parse_locale(text: &str) -> Option<Locale> {
    match text {
        "ru" => Some(Locale::Ru),
        "en" => Some(Locale::En),
        _ => None,
    }
}

/// Reads `18:00`.
fn parse_time_of_day(text: &str) -> Option<NaiveTime> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| {
        (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(hour) || !digits(minute) || minute.len() != 2 {
        return None;
    }
    NaiveTime::from_hms_opt(hour.parse().ok()?, minute.parse().ok()?, 0)
}
