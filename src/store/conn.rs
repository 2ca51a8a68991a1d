//! One connection of either engine, and the macro that writes a query once for both
//! (docs/decisions/0003-two-engines.md).

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::{Connection, PgConnection, QueryResult, SqliteConnection};

use super::changed::Changed;
use super::error::StoreError;
use super::journal::{self, Flushed, Journal, Written};

/// How soon a file that somebody else is opening is tried again.
const OPEN_AGAIN: Duration = Duration::from_millis(5);

/// A connection that is open, with what its transaction changed so far.
pub struct Conn {
    pub(crate) engine: Engine,
    changed: Changed,
    /// What is to be appended to the journal.
    records: Vec<Arc<Written>>,
    /// How much had changed and was recorded when each open transaction and savepoint began: what is
    /// undone is forgotten.
    begun: Vec<(usize, usize)>,
    /// What is known of the journal; not before the store is open.
    journal: Option<Arc<Journal>>,
}

/// The connection of one engine.
pub enum Engine {
    /// SQLite.
    Sqlite(SqliteConnection),
    /// PostgreSQL.
    Postgres(PgConnection),
}

/// Writes a Diesel query once and compiles it once per engine, so everything that Diesel has for an
/// engine can be used and every statement is typed, thus cached:
/// `on_engine!(conn, c => inbox::table.count().get_result(c))`.
macro_rules! on_engine {
    ($conn:expr, $c:ident => $body:expr) => {
        match &mut $conn.engine {
            $crate::store::Engine::Sqlite($c) => $body,
            $crate::store::Engine::Postgres($c) => $body,
        }
    };
}
pub(crate) use on_engine;

impl Conn {
    fn new(engine: Engine) -> Conn {
        Conn {
            engine,
            changed: Changed::default(),
            records: Vec::new(),
            begun: Vec::new(),
            journal: None,
        }
    }

    /// True for PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// The connection itself, for what only one engine has.
    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    /// Notes what a statement changed of what somebody keeps in memory ([`Changed`]).
    pub(super) fn note(&mut self, change: super::changed::Note) {
        self.changed.push(change);
    }

    /// What the open transaction changed so far.
    pub(super) fn changed(&self) -> &Changed {
        &self.changed
    }

    /// What the transaction that was committed just now changed.
    pub(super) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// Makes the journal known to it.
    pub(super) fn with_journal(self, journal: &Arc<Journal>) -> Conn {
        Conn {
            journal: Some(Arc::clone(journal)),
            ..self
        }
    }

    /// What is known of the journal.
    pub(super) fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }

    /// Numbers for so many updates in the order of arrival; gives the first.
    pub(super) fn next_seqs(&self, count: usize) -> Result<i64, StoreError> {
        let journal = self.journal.as_ref();
        journal
            .map(|journal| journal.next_seqs(count))
            .ok_or_else(|| StoreError::other("база ещё не открыта"))
    }

    /// Appends a record to the journal with the transaction that is open.
    pub(super) fn record(&mut self, record: Arc<Written>) {
        self.records.push(record);
    }

    /// What is recorded and not written yet.
    pub(super) fn records(&self) -> &[Arc<Written>] {
        &self.records
    }

    /// Writes what was recorded, just before the transaction is committed.
    pub(super) fn flush_journal(&mut self) -> Result<Option<Flushed>, StoreError> {
        let records = std::mem::take(&mut self.records);
        match self.journal.clone() {
            Some(journal) if !records.is_empty() => {
                journal::flush(self, &journal, &records).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Runs `work` in a savepoint (a transaction where none is open): an error or a panic undoes
    /// what it wrote and nothing else. Use this and never Diesel's own `transaction` inside a job: a
    /// panic that passes Diesel's leaves its count of open savepoints wrong.
    ///
    /// # Errors
    /// What `work` returns, or the engine's own.
    pub fn savepoint<T>(
        &mut self,
        work: impl FnOnce(&mut Conn) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.begin()?;
        match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(Ok(value)) => {
                self.commit()?;
                Ok(value)
            }
            Ok(Err(error)) => {
                // After a lost connection the roll-back fails too; the first error says more.
                let rolled_back = self.rollback();
                if !error.breaks_connection() {
                    rolled_back?;
                }
                Err(error)
            }
            Err(panic) => {
                // Whether or not this works, the panic goes on and the writer drops the connection.
                let _ = self.rollback();
                resume_unwind(panic)
            }
        }
    }

    /// Opens a transaction, or a savepoint within one.
    pub(super) fn begin(&mut self) -> QueryResult<()> {
        on_engine!(self, c => AnsiTransactionManager::begin_transaction(c))?;
        self.begun.push((self.changed.len(), self.records.len()));
        Ok(())
    }

    /// Opens the writer's transaction: on SQLite it takes the write lock at once, so that a busy
    /// time-out works (a read transaction that turns into a write fails at once).
    pub(super) fn begin_write(&mut self) -> QueryResult<()> {
        match &mut self.engine {
            Engine::Sqlite(c) => {
                AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?;
            }
            Engine::Postgres(c) => AnsiTransactionManager::begin_transaction(c)?,
        }
        self.changed.clear();
        self.records.clear();
        self.begun.clear();
        self.begun.push((0, 0));
        Ok(())
    }

    pub(super) fn commit(&mut self) -> QueryResult<()> {
        on_engine!(self, c => AnsiTransactionManager::commit_transaction(c))?;
        self.begun.pop();
        Ok(())
    }

    pub(super) fn rollback(&mut self) -> QueryResult<()> {
        let (changed, recorded) = self.begun.pop().unwrap_or((0, 0));
        self.changed.truncate(changed);
        self.records.truncate(recorded);
        on_engine!(self, c => AnsiTransactionManager::rollback_transaction(c))
    }

    /// Runs SQL text without results.
    pub(super) fn batch(&mut self, sql: &str) -> QueryResult<()> {
        on_engine!(self, c => c.batch_execute(sql))
    }
}

/// How connections to the database are made.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A file, with the busy time-out and the test's ceiling of pages.
    Sqlite {
        path: PathBuf,
        busy: Duration,
        max_pages: Option<u32>,
    },
    /// A URL in libpq's form.
    Postgres { url: String },
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// The first connection: makes the file where there is none.
    Opener,
    Writer,
    Reader,
    Checkpoint,
}

impl Target {
    /// Reads `store.url`.
    pub(super) fn parse(
        url: &str,
        busy: Duration,
        max_pages: Option<u32>,
    ) -> Result<Target, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(":memory:") {
                return Err(StoreError::Url {
                    message: "нужен путь к файлу, например sqlite:vestnik.db (база в памяти не переживёт перезапуск)"
                        .to_owned(),
                });
            }
            Ok(Target::Sqlite {
                path: PathBuf::from(path),
                busy,
                max_pages,
            })
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            check_transport(url)?;
            Ok(Target::Postgres {
                url: url.to_owned(),
            })
        } else {
            Err(StoreError::Url {
                message: "ожидалось sqlite:ФАЙЛ или postgres://пользователь@сервер/база".to_owned(),
            })
        }
    }

    pub(super) fn is_postgres(&self) -> bool {
        matches!(self, Target::Postgres { .. })
    }

    /// Opens a connection and sets it up for its role.
    pub(super) fn connect(&self, role: Role) -> Result<Conn, StoreError> {
        match self {
            Target::Postgres { url } => {
                let mut c = PgConnection::establish(url)?;
                // The engine's texts are read by `error::classify`; another language would hide a
                // deadlock. Only a superuser may set it, so a refusal is accepted.
                let _ = c.batch_execute("set lc_messages to 'C'");
                c.batch_execute("set client_min_messages to warning")?;
                if role == Role::Reader {
                    c.batch_execute("set default_transaction_read_only to on")?;
                }
                Ok(Conn::new(Engine::Postgres(c)))
            }
            Target::Sqlite {
                path,
                busy,
                max_pages,
            } => {
                // Where two processes open a new file at once, the change to WAL is refused at once,
                // whatever the busy time-out says: SQLite waits only for what cannot deadlock.
                let began = Instant::now();
                loop {
                    match connect_sqlite(path, role, *busy, *max_pages) {
                        Err(error @ StoreError::Busy { .. }) => {
                            if role != Role::Opener || began.elapsed() >= *busy {
                                return Err(error);
                            }
                            std::thread::sleep(OPEN_AGAIN);
                        }
                        other => return other.map(|c| Conn::new(Engine::Sqlite(c))),
                    }
                }
            }
        }
    }
}

/// A connection to a file, set up for its role.
fn connect_sqlite(
    path: &Path,
    role: Role,
    busy: Duration,
    max_pages: Option<u32>,
) -> Result<SqliteConnection, StoreError> {
    if role == Role::Opener && !path.exists() {
        // SQLite would make it readable to all. Its WAL takes the mode of the file itself.
        super::private::create_private(path).map_err(|error| StoreError::Gone {
            message: format!("файл {} не создаётся: {error}", path.display()),
        })?;
    }
    let mut c = SqliteConnection::establish(&file_uri(path, role))?;
    let mut sql = format!("pragma busy_timeout = {};", busy.as_millis());
    if role == Role::Opener {
        // Before the first table and before WAL writes the header, or it has no effect.
        sql.push_str("pragma auto_vacuum = incremental; pragma journal_mode = wal;");
    }
    // FULL: a commit is on the disk before it is answered. Checkpoints have a thread of
    // their own. 64 MB: a WAL that a long reader let grow is cut back at its next reset.
    sql.push_str(
        "pragma synchronous = full; pragma foreign_keys = on;
         pragma wal_autocheckpoint = 0; pragma journal_size_limit = 67108864;
         pragma temp_store = memory; pragma cache_size = -16384;",
    );
    if let Some(pages) = max_pages {
        sql.push_str(&format!("pragma max_page_count = {pages};"));
    }
    if role == Role::Reader {
        sql.push_str("pragma query_only = on;");
    }
    c.batch_execute(&sql)?;
    Ok(c)
}

/// A `file:` address of SQLite: only the opener may make the file, so that a database which was
/// taken away is reported and not replaced by an empty one.
fn file_uri(path: &Path, role: Role) -> String {
    let mut uri = String::from("file:");
    for character in path.to_string_lossy().chars() {
        match character {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            other => uri.push(other),
        }
    }
    uri.push_str(if role == Role::Opener {
        "?mode=rwc"
    } else {
        "?mode=rw"
    });
    uri
}

/// Refuses an unencrypted connection over the network unless it is written out that it is wanted.
fn check_transport(url: &str) -> Result<(), StoreError> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (authority, query) = match rest.split_once('?') {
        Some((before, query)) => (before, query),
        None => (rest, ""),
    };
    let authority = authority.split('/').next().unwrap_or("");
    let host = authority.rsplit('@').next().unwrap_or("");
    let parameter = |name: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let host = parameter("host").unwrap_or(host);
    let bare = if let Some(end) = host.strip_prefix('[') {
        end.split(']').next().unwrap_or("")
    } else {
        host.split(':').next().unwrap_or("")
    };
    let local = bare.is_empty()
        || bare.starts_with('/')
        || bare.to_ascii_lowercase().starts_with("%2f")
        || matches!(bare, "localhost" | "::1")
        || bare.starts_with("127.");
    let mode = parameter("sslmode");
    let encrypted = cfg!(feature = "postgres-tls")
        && matches!(mode, Some("require" | "verify-ca" | "verify-full"));
    if local || mode == Some("disable") || encrypted {
        return Ok(());
    }
    Err(StoreError::Url {
        message: format!(
            "соединение с сервером {bare} не зашифровано; соберите программу с postgres-tls и напишите sslmode=verify-full, или напишите sslmode=disable, если сеть своя"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let check = |url: &str, good: bool| {
            let parsed = Target::parse(url, Duration::from_secs(5), None);
            assert_eq!(parsed.is_ok(), good, "{url}: {parsed:?}");
        };
        check("sqlite:vestnik.db", true);
        check("sqlite:///var/lib/vestnik.db", true);
        check("sqlite:", false);
        check("sqlite::memory:", false);
        check("mysql://x", false);
        check("postgres://me@localhost/db", true);
        check("postgres://me:secret@127.0.0.1:5433/db", true);
        check("postgres://me@[::1]:5433/db", true);
        check("postgres:///db?host=/run/pg&port=1", true);
        check("postgres://me@%2Frun%2Fpg/db", true);
        check("postgres://me@db.example.org/db", false);
        check("postgres://me@db.example.org/db?sslmode=disable", true);
    }

    #[test]
    fn a_path_is_kept_whole_in_a_file_address() {
        assert_eq!(
            file_uri(Path::new("/a b/c?d#e%.db"), Role::Writer),
            "file:/a b/c%3fd%23e%25.db?mode=rw"
        );
    }
}
