//! The definitions in force into bots that can run: snapshots and tokens.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::files::{DefinitionFile, FileKind};
use super::read::{Known, read};
use super::snapshot::bot_snapshot;
use super::tokens::token_number;
use crate::model::{Bot, BotCode, Locale, Problem, TelegramBotId};
use crate::store::{self, Conn, Key, Secret, Store, StoreError};

/// A bot's token, or why there is none.
#[derive(Clone, Debug)]
pub enum TokenState {
    /// The token.
    Known(Secret),
    /// What is missing and what to do about it. Only this bot does not run.
    Missing(String),
}

/// A bot as its file and its row say.
#[derive(Clone, Debug)]
pub struct LoadedBot {
    /// The snapshot.
    pub bot: Arc<Bot>,
    /// Its token.
    pub token: TokenState,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Telegram's id, where an earlier run learnt it.
    pub telegram_id: Option<TelegramBotId>,
    /// Its username, where an earlier run learnt it.
    pub username: Option<String>,
}

/// What changed since the last look.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The version of the definitions now. Registrations may have changed too.
    pub version: i64,
    /// New and changed bots.
    pub bots: Vec<LoadedBot>,
    /// Bots that are gone.
    pub removed: Vec<BotCode>,
}

/// Remembers what was loaded, so that the next look reads only what changed.
#[derive(Debug)]
pub struct Loader {
    locale: Locale,
    version: Option<i64>,
    revision: i64,
    /// Loaded bots, with whether they were on.
    bots: BTreeMap<BotCode, bool>,
}

/// What one look found.
struct Look {
    version: i64,
    rows: Vec<store::bots::BotRecord>,
    files: Vec<store::definitions::DefinitionFile>,
}

fn look(conn: &mut Conn, known: Option<i64>, revision: i64) -> Result<Option<Look>, StoreError> {
    let version = store::meta::definitions_version(conn)?;
    if known == Some(version) {
        return Ok(None);
    }
    conn.savepoint(|conn| {
        Ok(Some(Look {
            version: store::meta::definitions_version(conn)?,
            rows: store::bots::list(conn)?,
            files: store::definitions::files_since(conn, revision)?,
        }))
    })
}

impl Loader {
    /// Nothing loaded yet. `locale` is the organisation's.
    pub fn new(locale: Locale) -> Loader {
        Loader {
            locale,
            version: None,
            revision: 0,
            bots: BTreeMap::new(),
        }
    }

    /// What changed since the last call; at first everything. `None`: nothing. Environment variables
    /// and token files are read for the bots given.
    ///
    /// # Errors
    /// An outage; then the next call looks again.
    pub async fn changes(
        &mut self,
        store: &Store,
        environment: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Option<Changes>, StoreError> {
        let (version, revision) = (self.version, self.revision);
        let look = store
            .read(move |conn| look(conn, version, revision))
            .await?;
        Ok(look.map(|look| self.take(look, store.key(), environment)))
    }

    /// [`changes`](Self::changes) for a thread that may block.
    ///
    /// # Errors
    /// An outage.
    pub fn changes_blocking(
        &mut self,
        store: &Store,
        environment: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Option<Changes>, StoreError> {
        let (version, revision) = (self.version, self.revision);
        let look = store.read_blocking(move |conn| look(conn, version, revision))?;
        Ok(look.map(|look| self.take(look, store.key(), environment)))
    }

    fn take(
        &mut self,
        look: Look,
        key: &Key,
        environment: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Changes {
        let mut changes = Changes {
            version: look.version,
            ..Changes::default()
        };
        let mut rows: BTreeMap<BotCode, store::bots::BotRecord> = look
            .rows
            .into_iter()
            .map(|row| (row.code.clone(), row))
            .collect();
        rows.retain(|code, row| {
            if row.deleted && self.bots.remove(code).is_some() {
                changes.removed.push(code.clone());
            }
            !row.deleted
        });
        for file in look.files {
            self.revision = self.revision.max(file.revision);
            if FileKind::of(&file.path) != Some(FileKind::Bot) {
                continue;
            }
            let revision = file.revision;
            let Some(definition) = read_bot(file) else {
                continue;
            };
            let Some(row) = rows.get(&definition.code.value) else {
                continue;
            };
            self.bots.insert(row.code.clone(), row.enabled);
            changes.bots.push(LoadedBot {
                bot: Arc::new(bot_snapshot(&definition, revision, self.locale)),
                token: token(row, key, environment),
                enabled: row.enabled,
                telegram_id: row.telegram_id,
                username: row.username.clone(),
            });
        }
        self.version = Some(look.version);
        changes
    }
}

/// Files in force were read without an error when they were applied; one that no longer can be was
/// written by another version, and is told.
fn read_bot(file: store::definitions::DefinitionFile) -> Option<super::definitions::BotDefinition> {
    let path = file.path.clone();
    let files = BTreeMap::from([(
        path.clone(),
        DefinitionFile {
            path: file.path,
            bytes: file.bytes.into(),
        },
    )]);
    let mut reading = read(&files, &Known::default());
    let bot = reading.definitions.bots.pop();
    // Names of other files are not looked at here: those errors are the echo of reading one alone.
    if bot.is_none() {
        let first = reading.problems.iter().find(|problem| problem.is_error());
        tracing::error!(
            file = %path,
            problem = %first.map(Problem::to_string).unwrap_or_default(),
            "the file of a bot that was applied earlier cannot be read; apply it again"
        );
    }
    bot
}

/// The token of a bot, from where its file says.
fn token(
    row: &store::bots::BotRecord,
    key: &Key,
    environment: &(dyn Fn(&str) -> Option<String> + Sync),
) -> TokenState {
    let (found, whence) = match &row.token {
        store::bots::TokenSource::Sealed(sealed) => {
            return match key.unseal(sealed, &store::bots::token_context(&row.code)) {
                Ok(token) => TokenState::Known(token),
                Err(error) => TokenState::Missing(error.to_string()),
            };
        }
        store::bots::TokenSource::Env(name) => match environment(name) {
            Some(token) if !token.trim().is_empty() => (token, format!("переменной {name}")),
            _ => {
                return TokenState::Missing(format!(
                    "переменная окружения {name} не задана: впишите в неё токен и запустите сервер снова"
                ));
            }
        },
        store::bots::TokenSource::File(path) => match std::fs::read_to_string(Path::new(path)) {
            Ok(text) => (
                text.lines().next().unwrap_or_default().to_owned(),
                format!("файле {path}"),
            ),
            Err(error) => {
                return TokenState::Missing(format!(
                    "файл токена {path} не читается ({error}): проверьте путь и права"
                ));
            }
        },
    };
    let found = zeroize::Zeroizing::new(found);
    let trimmed = found.trim();
    if token_number(trimmed).is_none() {
        return TokenState::Missing(format!(
            "в {whence} не токен: он имеет вид число:буквы, его выдаёт @BotFather"
        ));
    }
    TokenState::Known(Secret::new(trimmed))
}
