//! The definitions in force into bots that can run: snapshots and tokens.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::definitions::AlgorithmDefinition;
use super::files::{ALGORITHMS, DefinitionFile, FileKind};
use super::read::{Known, read};
use super::snapshot::bot_snapshot;
use super::tokens::token_number;
use crate::model::{Bot, BotCode, Locale, Problem};
use crate::scripting::Algorithm;
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
    /// All algorithms, when one of them changed.
    pub algorithms: Option<Vec<Algorithm>>,
    /// All bots there are now, by code.
    pub codes: Vec<BotCode>,
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
    /// The list of algorithms and all programs, when one of them changed.
    programs: Option<Vec<store::definitions::DefinitionFile>>,
}

fn look(conn: &mut Conn, known: Option<i64>, revision: i64) -> Result<Option<Look>, StoreError> {
    let version = store::meta::definitions_version(conn)?;
    if known == Some(version) {
        return Ok(None);
    }
    conn.savepoint(|conn| {
        let files = store::definitions::files_since(conn, revision)?;
        let is_program = |file: &store::definitions::DefinitionFile| {
            matches!(
                FileKind::of(&file.path),
                Some(FileKind::Algorithms | FileKind::Program)
            )
        };
        let programs = if files.iter().any(is_program) {
            Some(store::definitions::files_named(conn, ALGORITHMS, ".bsl")?)
        } else {
            None
        };
        Ok(Some(Look {
            version: store::meta::definitions_version(conn)?,
            rows: store::bots::list(conn)?,
            files,
            programs,
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

    /// What changed since the last call; at first everything. The thread may block. `None`: nothing. Environment variables
    /// and token files are read for the bots given.
    ///
    /// # Errors
    /// An outage; then the next call looks again.
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
                username: row.username.clone(),
            });
        }
        changes.algorithms = look.programs.map(read_algorithms);
        changes.codes = self.bots.keys().cloned().collect();
        self.version = Some(look.version);
        changes
    }
}

/// The algorithms of the files in force.
fn read_algorithms(files: Vec<store::definitions::DefinitionFile>) -> Vec<Algorithm> {
    let revisions: BTreeMap<String, i64> = files
        .iter()
        .map(|file| (file.path.clone(), file.revision))
        .collect();
    let files: BTreeMap<String, DefinitionFile> = files
        .into_iter()
        .map(|file| {
            let path = file.path.clone();
            let given = DefinitionFile {
                path: file.path,
                bytes: file.bytes.into(),
            };
            (path, given)
        })
        .collect();
    let reading = read(&files, &Known::default());
    for problem in reading.problems.iter().filter(|problem| problem.is_error()) {
        tracing::error!("an algorithm that was applied earlier cannot be read: {problem}");
    }
    algorithms_of(&reading.definitions.algorithms, &files, |path| {
        revisions.get(path).copied().unwrap_or_default()
    })
}

/// Algorithms with their texts.
pub(super) fn algorithms_of(
    definitions: &[AlgorithmDefinition],
    files: &BTreeMap<String, DefinitionFile>,
    revision: impl Fn(&str) -> i64,
) -> Vec<Algorithm> {
    definitions
        .iter()
        .filter_map(|definition| {
            let path = &definition.file.value;
            let bytes = &files.get(path)?.bytes;
            let text = std::str::from_utf8(bytes).ok()?;
            Some(Algorithm {
                name: definition.name.value.clone(),
                short_name: definition
                    .short_name
                    .as_ref()
                    .map(|name| name.value.clone()),
                telegram: definition.telegram,
                common_module: definition.common_module,
                file: path.clone(),
                source: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
                revision: revision(path),
            })
        })
        .collect()
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
