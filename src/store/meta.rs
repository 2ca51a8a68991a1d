//! Named values of the store itself.

use std::marker::PhantomData;

use diesel::prelude::*;

use super::conn::{Conn, Engine, on_engine};
use super::dialect::MarkBatch;
use super::error::StoreError;
use super::schema::meta;
use super::secrets::Key;

/// The next block of ids to hand out.
const NEXT_BLOCK: &str = "next_block";
/// The number that every change of the definitions raises.
const DEFINITIONS_VERSION: &str = "definitions.version";
/// The number that changes of people beside the node at work raise.
const PEOPLE_VERSION: &str = "people.version";
/// The beginning of the names under which writers on PostgreSQL mark their batches.
const WRITER: &str = "writer.";
/// A known text, sealed with the key of this database.
const KEY_CHECK: &str = "key_check";
const KEY_CHECK_TEXT: &str = "vestnik";

/// The value of a name.
///
/// # Errors
/// An outage.
pub fn get(conn: &mut Conn, name: &str) -> Result<Option<String>, StoreError> {
    Ok(on_engine!(conn, c => meta::table
        .find(name)
        .select(meta::value)
        .get_result(c)
        .optional())?)
}

/// Sets a name.
///
/// # Errors
/// An outage.
pub fn set(conn: &mut Conn, name: &str, value: &str) -> Result<(), StoreError> {
    on_engine!(conn, c => diesel::insert_into(meta::table)
        .values((meta::key.eq(name), meta::value.eq(value)))
        .on_conflict(meta::key)
        .do_update()
        .set(meta::value.eq(value))
        .execute(c))?;
    Ok(())
}

/// Adds one to a number under a name (from nothing: to `first`) and gives the number before. The
/// row is locked until the transaction ends.
pub(super) fn count_up(conn: &mut Conn, name: &str, first: i64) -> Result<i64, StoreError> {
    on_engine!(conn, c => diesel::insert_into(meta::table)
        .values((meta::key.eq(name), meta::value.eq(first.to_string())))
        .on_conflict(meta::key)
        .do_nothing()
        .execute(c))?;
    let text: String = match &mut conn.engine {
        Engine::Sqlite(c) => meta::table.find(name).select(meta::value).get_result(c)?,
        Engine::Postgres(c) => meta::table
            .find(name)
            .select(meta::value)
            .for_update()
            .get_result(c)?,
    };
    let number: i64 = text
        .parse()
        .map_err(|_| StoreError::other(format!("meta.{name}: «{text}» не число")))?;
    set(conn, name, &(number + 1).to_string())?;
    Ok(number)
}

/// Reserves a block of ids.
pub(super) fn take_block(conn: &mut Conn) -> Result<i64, StoreError> {
    count_up(conn, NEXT_BLOCK, 1)
}

/// The name under which a writer marks its batches: the block of ids that this store opened with is
/// nobody else's.
pub(super) fn writer_name(block: i64, number: usize) -> String {
    format!("{WRITER}{block}.{number}")
}

/// Marks a batch in its own transaction; gives PostgreSQL's number of the transaction.
pub(super) fn mark_batch(
    conn: &mut PgConnection,
    writer: &str,
    batch: u64,
) -> Result<String, StoreError> {
    let mark = MarkBatch {
        key: writer,
        batch: &batch.to_string(),
        borrows: PhantomData,
    };
    Ok(mark.get_result(conn)?)
}

/// What became of a transaction whose commit was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Committed,
    Undone,
    /// The server has not ended it yet.
    Open,
}

/// Asks for the fate of a batch. The number of its transaction alone does not tell: a server that
/// crashed before anything of the transaction reached the disk gives the same number to another.
pub(super) fn fate_of_batch(
    conn: &mut PgConnection,
    writer: &str,
    batch: u64,
    xid: &str,
) -> Result<Fate, StoreError> {
    // In this order: what is committed when its number is asked for is seen by the read after it.
    let status: Option<String> = diesel::select(
        diesel::dsl::sql::<diesel::sql_types::Nullable<diesel::sql_types::Text>>("pg_xact_status(")
            .bind::<diesel::sql_types::Text, _>(xid)
            .sql("::xid8)"),
    )
    .get_result(conn)?;
    match status.as_deref() {
        Some("in progress") => return Ok(Fate::Open),
        Some("committed") => {}
        _ => return Ok(Fate::Undone),
    }
    let mark: Option<String> = meta::table
        .find(writer)
        .select(meta::value)
        .get_result(conn)
        .optional()?;
    let ours = mark.is_some_and(|mark| {
        mark.split_once(' ')
            .is_some_and(|(_, marked)| marked == batch.to_string())
    });
    Ok(if ours { Fate::Committed } else { Fate::Undone })
}

/// Takes away the marks of writers that ended without doing so: those of the day before yesterday
/// and older. A writer that lives that long without a batch marks its next one anew.
pub(super) fn forget_writers(conn: &mut Conn) -> Result<(), StoreError> {
    if let Engine::Postgres(c) = &mut conn.engine {
        diesel::delete(meta::table)
            .filter(meta::key.like(format!("{WRITER}%")))
            .filter(meta::value.lt(diesel::dsl::sql::<diesel::sql_types::Text>(
                "to_char(now() at time zone 'utc' - interval '1 day', 'YYYY-MM-DD')",
            )))
            .execute(c)?;
    }
    Ok(())
}

/// Takes away a writer's mark.
pub(super) fn forget_writer(conn: &mut Conn, writer: &str) -> Result<(), StoreError> {
    if let Engine::Postgres(c) = &mut conn.engine {
        diesel::delete(meta::table.find(writer)).execute(c)?;
    }
    Ok(())
}

/// How often people were changed by a process that is not the node at work: the node, which hears of its
/// own changes as it makes them, compares it every second.
///
/// # Errors
/// An outage.
pub fn people_version(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(get(conn, PEOPLE_VERSION)?
        .and_then(|text| text.parse().ok())
        .unwrap_or(0))
}

/// People are changed by a process that is not the node at work.
pub(super) fn raise_people_version(conn: &mut Conn) -> Result<(), StoreError> {
    count_up(conn, PEOPLE_VERSION, 1).map(|_| ())
}

/// The version of the definitions: compared every second, raised by every apply.
///
/// # Errors
/// An outage.
pub fn definitions_version(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(get(conn, DEFINITIONS_VERSION)?
        .and_then(|text| text.parse().ok())
        .unwrap_or(0))
}

/// Raises the version of the definitions; gives the new one.
///
/// # Errors
/// An outage.
pub fn raise_definitions_version(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(count_up(conn, DEFINITIONS_VERSION, 0)? + 1)
}

/// Whether somebody opened this database before; false for an empty one.
pub(super) fn is_sealed(conn: &mut Conn) -> Result<bool, StoreError> {
    match get(conn, KEY_CHECK) {
        Ok(check) => Ok(check.is_some()),
        Err(StoreError::Other { message })
            if message.contains("no such table: meta")
                || message.contains("relation \"meta\" does not exist") =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Makes sure that the key is the one of this database; seals the known text the first time.
pub(super) fn check_key(conn: &mut Conn, key: &Key) -> Result<(), StoreError> {
    match get(conn, KEY_CHECK)? {
        None => set(conn, KEY_CHECK, &key.seal(KEY_CHECK_TEXT, KEY_CHECK)?),
        Some(sealed) => match key.unseal(&sealed, KEY_CHECK) {
            Ok(text) if text.expose() == KEY_CHECK_TEXT => Ok(()),
            _ => Err(StoreError::WrongKey {
                key: key.source().to_owned(),
            }),
        },
    }
}
