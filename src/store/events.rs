//! The life of processes, tasks and registrations. (stream, seq) is the optimistic lock; a
//! consumer's mark is on the row, for ids taken earlier may commit later.

use diesel::prelude::*;

use crate::model::{By, Moment};

use super::changed::Note;
use super::conn::{Conn, on_engine};
use super::dialect::EventOpen;
use super::error::StoreError;
use super::schema::events;

/// An event to append.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEvent {
    /// Its id, from the store's ids.
    pub id: i64,
    /// The subject: `process:17`, `task:42`, `registration:telegram:main:1001`.
    pub stream: String,
    /// Its number within the stream, from 1: the one after the last that was read.
    pub seq: i64,
    /// What happened: `task_created`.
    pub kind: String,
    /// The version of the payload's form.
    pub version: i32,
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: By,
    /// What led to it: another event, an update.
    pub cause: Option<String>,
    /// JSON.
    pub payload: String,
}

/// An event read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredEvent {
    /// Its id.
    pub id: i64,
    /// The subject.
    pub stream: String,
    /// Its number within the stream.
    pub seq: i64,
    /// What happened.
    pub kind: String,
    /// The version of the payload's form.
    pub version: i32,
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: String,
    /// What led to it.
    pub cause: Option<String>,
    /// JSON.
    pub payload: String,
    /// When the notifier handled it.
    pub handled_at: Option<Moment>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = events)]
struct Row {
    id: i64,
    stream: String,
    seq: i64,
    kind: String,
    version: i32,
    at: i64,
    author: String,
    cause: Option<String>,
    payload: String,
    handled_at: Option<i64>,
}

impl From<Row> for StoredEvent {
    fn from(row: Row) -> StoredEvent {
        StoredEvent {
            id: row.id,
            stream: row.stream,
            seq: row.seq,
            kind: row.kind,
            version: row.version,
            at: Moment(row.at),
            by: row.author,
            cause: row.cause,
            payload: row.payload,
            handled_at: row.handled_at.map(Moment),
        }
    }
}

/// Appends an event.
///
/// # Errors
/// [`StoreError::Stale`] when the stream has an event with this number: somebody was faster.
pub fn append(conn: &mut Conn, event: &NewEvent) -> Result<(), StoreError> {
    // `on conflict` and not an error: PostgreSQL would abort the transaction.
    let inserted = on_engine!(conn, c => diesel::insert_into(events::table)
        .values((
            events::id.eq(event.id),
            events::stream.eq(&event.stream),
            events::seq.eq(event.seq),
            events::kind.eq(&event.kind),
            events::version.eq(event.version),
            events::at.eq(event.at.0),
            events::author.eq(event.by.to_string()),
            events::cause.eq(event.cause.as_deref()),
            events::payload.eq(&event.payload),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    if inserted == 1 {
        conn.note(Note::Event(event.id));
        Ok(())
    } else {
        Err(StoreError::stale(format!(
            "{} (событие {})",
            event.stream, event.seq
        )))
    }
}

/// The events of a stream in order.
///
/// # Errors
/// An outage.
pub fn of_stream(conn: &mut Conn, stream: &str) -> Result<Vec<StoredEvent>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => events::table
        .filter(events::stream.eq(stream))
        .order(events::seq)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}

/// The number of the last event of a stream; 0 when it has none.
///
/// # Errors
/// An outage.
pub fn last_seq(conn: &mut Conn, stream: &str) -> Result<i64, StoreError> {
    let last: Option<i64> = on_engine!(conn, c => events::table
        .filter(events::stream.eq(stream))
        .select(diesel::dsl::max(events::seq))
        .get_result(c))?;
    Ok(last.unwrap_or(0))
}

/// Events that are not handled. Order holds within a stream.
///
/// # Errors
/// An outage.
pub fn open(conn: &mut Conn, limit: i64) -> Result<Vec<StoredEvent>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => events::table
        .filter(events::handled_at.is_null())
        .order(events::id)
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}

/// Events of a kind that are not handled. Order holds within a stream.
///
/// # Errors
/// An outage.
pub fn open_of_kinds(
    conn: &mut Conn,
    kinds: &[&str],
    limit: i64,
) -> Result<Vec<StoredEvent>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => events::table
        .filter(EventOpen.and(events::kind.eq_any(kinds)))
        .order(events::id)
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(StoredEvent::from).collect())
}

/// Marks an event as handled; false when it was already.
///
/// # Errors
/// An outage.
pub fn mark_handled(conn: &mut Conn, id: i64, at: Moment) -> Result<bool, StoreError> {
    let changed = on_engine!(conn, c => diesel::update(events::table.find(id))
        .filter(events::handled_at.is_null())
        .set(events::handled_at.eq(Some(at.0)))
        .execute(c))?;
    Ok(changed == 1)
}
