//! What can go wrong, as variants that a caller can act on.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// An error of the store. Texts name no secret: statements carry binds, not values.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else holds the database or the rows: try again in a while.
    #[error("база данных занята: {message}; повторите позже")]
    Busy {
        /// The engine's words.
        message: String,
    },
    /// The disk (or the size limit of the database) is used up.
    #[error("место для базы данных кончилось: {message}; освободите диск")]
    Full {
        /// The engine's words.
        message: String,
    },
    /// The connection is lost, the server is away, or the file cannot be read or written.
    #[error("нет связи с базой данных: {message}; проверьте сервер, файл и права на него")]
    Gone {
        /// The engine's words.
        message: String,
    },
    /// The database was migrated by a newer binary.
    #[error(
        "база данных новее этой программы: в ней есть миграция {migration}, которой программа не знает; запустите программу той же версии или новее"
    )]
    FromFuture {
        /// The migration that this binary does not know.
        migration: String,
    },
    /// The key does not open what the database keeps sealed.
    #[error(
        "ключ не подходит к базе данных: {key} не открывает её секреты; верните прежний ключ (store.key_file или VESTNIK_KEY)"
    )]
    WrongKey {
        /// Where the key came from: a file or a variable.
        key: String,
    },
    /// There is no database at this address, and whoever asks must not make one.
    #[error(
        "базы данных {database} нет; её создают vestnik serve и vestnik apply, а если она в другом месте, назовите файл настроек ключом --config"
    )]
    NoDatabase {
        /// The address, without a password.
        database: String,
    },
    /// The key is gone and the database is sealed with it: another one would open nothing.
    #[error(
        "ключа шифрования нет ({key}), а база данных {database} запечатана им; верните этот файл из копии или задайте ключ в переменной VESTNIK_KEY. Новый ключ эту базу не откроет: если прежний утерян, назовите в store.url новую базу и внесите в неё папку организации"
    )]
    KeyLost {
        /// The file that is missing.
        key: String,
        /// The address of the database, without a password.
        database: String,
    },
    /// The key itself cannot be had: the file is unreadable or malformed.
    #[error("ключ шифрования: {message}")]
    Key {
        /// What is wrong and what to do.
        message: String,
    },
    /// A sealed text does not open: made with another key, for something else, or damaged.
    #[error("запечатанное значение для «{context}» не открывается: {message}")]
    Sealed {
        /// What the value belongs to.
        context: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// `store.url` cannot be used.
    #[error("store.url: {message}")]
    Url {
        /// What is wrong and what to do.
        message: String,
    },
    /// A row with this key is there already.
    #[error("уже есть: {what}")]
    NotUnique {
        /// The constraint or the columns.
        what: String,
    },
    /// The row was changed by somebody else since it was read.
    #[error("данные изменились с тех пор, как были прочитаны: {what}; прочитайте их заново")]
    Stale {
        /// Which.
        what: String,
    },
    /// This node no longer holds the lease: another one is at work.
    #[error("этот узел больше не владеет базой данных: работает другой узел")]
    LeaseLost,
    /// The writer was lent for longer than allowed; what was written under it is undone.
    #[error("запись длилась дольше {limit_ms} мс и отменена (scripts.write_limit_ms)")]
    LendExpired {
        /// The limit.
        limit_ms: u64,
    },
    /// The job panicked; nothing of it is written.
    #[error("сбой в программе при записи: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// There is no such row.
    #[error("не найдено: {what}")]
    NotFound {
        /// Which.
        what: String,
    },
    /// The store is closed: the process is ending.
    #[error("хранилище закрыто: программа завершается")]
    Closed,
    /// Anything else: a fault of the program or of the data.
    #[error("ошибка базы данных: {message}")]
    Other {
        /// What happened.
        message: String,
    },
}

impl StoreError {
    /// True when nothing is wrong with the job: wait and try again. A try of an update is not
    /// counted for it.
    pub fn is_outage(&self) -> bool {
        matches!(
            self,
            StoreError::Busy { .. } | StoreError::Full { .. } | StoreError::Gone { .. }
        )
    }

    /// An [`StoreError::Other`].
    pub fn other(message: impl Into<String>) -> StoreError {
        StoreError::Other {
            message: message.into(),
        }
    }

    /// A [`StoreError::NotFound`].
    pub fn not_found(what: impl Into<String>) -> StoreError {
        StoreError::NotFound { what: what.into() }
    }

    /// A [`StoreError::Stale`].
    pub fn stale(what: impl Into<String>) -> StoreError {
        StoreError::Stale { what: what.into() }
    }

    /// True when the connection that gave this error is of no further use.
    pub(super) fn breaks_connection(&self) -> bool {
        matches!(self, StoreError::Gone { .. })
    }
}

/// Reads an engine's message. Neither engine hands its code through Diesel, so the text decides;
/// PostgreSQL's is English unless its administrator chose otherwise, and an unknown text is
/// [`StoreError::Other`], which is safe: the job fails, nothing is lost silently.
fn classify(message: String) -> StoreError {
    const BUSY: &[&str] = &[
        "database is locked",
        "database table is locked",
        "database schema is locked",
        "deadlock detected",
        "could not serialize access",
        "could not obtain lock",
        "canceling statement due to lock timeout",
    ];
    const FULL: &[&str] = &[
        "database or disk is full",
        "No space left on device",
        "could not extend file",
        "could not write to file",
    ];
    const GONE: &[&str] = &[
        "disk I/O error",
        "unable to open database file",
        "attempt to write a readonly database",
        "file is not a database",
        "malformed",
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "connection not open",
        "could not connect",
        "connection to server",
        "Connection refused",
        "the database system is",
        "too many clients",
        "SSL connection has been closed",
        "could not receive data",
        "could not send data",
    ];
    let has = |list: &[&str]| list.iter().any(|part| message.contains(part));
    if has(FULL) {
        StoreError::Full { message }
    } else if has(BUSY) {
        StoreError::Busy { message }
    } else if has(GONE) {
        StoreError::Gone { message }
    } else {
        StoreError::Other { message }
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> StoreError {
        match error {
            DieselError::NotFound => StoreError::not_found("строка"),
            DieselError::DatabaseError(kind, info) => {
                let message = info.message().to_owned();
                match kind {
                    DatabaseErrorKind::UniqueViolation => StoreError::NotUnique {
                        what: info.constraint_name().map_or_else(
                            || {
                                message
                                    .strip_prefix("UNIQUE constraint failed: ")
                                    .unwrap_or(&message)
                                    .to_owned()
                            },
                            str::to_owned,
                        ),
                    },
                    DatabaseErrorKind::SerializationFailure => StoreError::Busy { message },
                    DatabaseErrorKind::ClosedConnection => StoreError::Gone { message },
                    _ => classify(message),
                }
            }
            DieselError::RollbackErrorOnCommit { commit_error, .. } => (*commit_error).into(),
            DieselError::BrokenTransactionManager => StoreError::Gone {
                message: "транзакция оборвана".to_owned(),
            },
            other => classify(other.to_string()),
        }
    }
}

impl From<diesel::ConnectionError> for StoreError {
    fn from(error: diesel::ConnectionError) -> StoreError {
        match classify(error.to_string()) {
            StoreError::Other { message } => StoreError::Gone { message },
            known => known,
        }
    }
}

/// What a panic carried, as text.
pub(super) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<&'static str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "паника без текста".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_engines_are_read() {
        let outage = |message: &str, expected: bool| {
            assert_eq!(
                classify(message.to_owned()).is_outage(),
                expected,
                "{message}"
            );
        };
        outage("database is locked", true);
        outage("database or disk is full", true);
        outage("FATAL:  the database system is shutting down", true);
        outage(
            "server closed the connection unexpectedly\n\tThis probably",
            true,
        );
        outage("deadlock detected", true);
        outage("no such table: inbox", false);
        outage("relation \"inbox\" does not exist", false);
        assert!(matches!(
            classify("could not extend file \"base/1\": No space left on device".into()),
            StoreError::Full { .. }
        ));
    }
}
