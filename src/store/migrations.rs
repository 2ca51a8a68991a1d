//! Migrations: embedded, forward only, run when the store opens.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use diesel::migration::{MigrationSource, MigrationVersion};

use super::conn::{Conn, Engine};
use super::error::StoreError;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The advisory lock under which one process migrates while others wait: any number that nobody
/// else uses in this database.
const LOCK: i64 = 0x0076_6573_746e_696b;

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::other(format!("миграция не удалась: {error}"))
}

/// Brings the database to this binary's shape, all in one transaction. Does nothing the second time.
///
/// # Errors
/// [`StoreError::FromFuture`] when the database has a migration that this binary does not know.
pub(super) fn run(conn: &mut Conn) -> Result<(), StoreError> {
    conn.begin_write()?;
    let outcome = run_locked(conn);
    match outcome {
        Ok(()) => Ok(conn.commit()?),
        Err(error) => {
            conn.rollback()?;
            Err(error)
        }
    }
}

fn run_locked(conn: &mut Conn) -> Result<(), StoreError> {
    match &mut conn.engine {
        Engine::Sqlite(c) => {
            let applied = c.applied_migrations().map_err(failed)?;
            refuse_unknown(
                &applied,
                MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE)
                    .map_err(failed)?
                    .iter()
                    .map(|migration| migration.name().version().to_string()),
            )?;
            c.run_pending_migrations(SQLITE).map_err(failed)?;
        }
        Engine::Postgres(c) => {
            use diesel::connection::SimpleConnection;
            c.batch_execute(&format!("select pg_advisory_xact_lock({LOCK})"))?;
            let applied = c.applied_migrations().map_err(failed)?;
            refuse_unknown(
                &applied,
                MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES)
                    .map_err(failed)?
                    .iter()
                    .map(|migration| migration.name().version().to_string()),
            )?;
            c.run_pending_migrations(POSTGRES).map_err(failed)?;
        }
    }
    // Folding is Rust's: no engine lowers the case of every alphabet.
    super::parties::fold_old_rows(conn)
}

fn refuse_unknown(
    applied: &[MigrationVersion<'_>],
    known: impl Iterator<Item = String>,
) -> Result<(), StoreError> {
    let known: Vec<String> = known.collect();
    let unknown = applied
        .iter()
        .map(ToString::to_string)
        .filter(|version| !known.contains(version))
        .max();
    match unknown {
        Some(migration) => Err(StoreError::FromFuture { migration }),
        None => Ok(()),
    }
}
