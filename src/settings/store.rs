//! `[store]`: the database and the key of what is sealed in it.

use std::fmt;
use std::path::PathBuf;

use super::address::{Url, is_loopback};
use super::layers::Section;

/// The variable that holds the key of sealed values, in place of `store.key_file`.
pub const KEY_VARIABLE: &str = "VESTNIK_KEY";

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

impl StoreSettings {
    pub(super) fn fill(&mut self, section: &Section<'_, '_>) {
        section.text("url", |text, origin| match StoreUrl::parse(&text) {
            Ok(StoreUrl::Sqlite(file)) => {
                self.url = StoreUrl::Sqlite(section.path(file, &origin));
            }
            Ok(url) => self.url = url,
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
                self.key_file = section.path(text, &origin);
            }
        });
        section.finish();
    }
}
