//! What is deleted with time (design: "Retention"), at most 500 rows a job, so that no update waits
//! for a purge.
//!
//! Rows are walked in the order in which they came, from a place kept in `meta`, so that neither an
//! index nor a scan is paid for. A row that was still open when the walk passed keeps its payload
//! until the row itself is deleted.

use diesel::prelude::*;

use crate::model::Moment;

use super::conn::{Conn, Engine, on_engine};
use super::error::StoreError;
use super::journal::without_texts;
use super::schema::{inbox, journal, journal_index, messages};
use super::{alarms, choices, idempotency, links, meta, offsets, pauses, requests};

/// Rows that one job looks at.
pub const ROWS_A_JOB: i64 = 500;
/// Keys of updates are kept at least so long: Telegram keeps updates for 24 hours, and an edit may
/// name a message sent yesterday.
const KEYS_MICROS: i64 = 48 * 3_600 * 1_000_000;
const DAY_MICROS: i64 = 86_400 * 1_000_000;

/// The periods, microseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Periods {
    /// `retention.handled_days`: payloads of handled updates and of messages that are through.
    pub handled_micros: i64,
    /// `retention.personal_days`: the same for contacts and authorisation data, when shorter.
    pub personal_micros: i64,
}

/// The purges, in the order in which a round runs them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purge {
    /// Raw updates are cut.
    InboxPayload,
    /// Keys of updates are deleted.
    InboxKeys,
    /// Texts in the journal are cut, where that is earlier than its rows go.
    JournalPayload,
    /// Rows of the journal are deleted.
    JournalRows,
    /// Ranges of accepted updates are forgotten.
    Ranges,
    /// Bodies of messages are cut.
    MessagePayload,
    /// Messages are deleted, except those that are kept for good.
    MessageRows,
    /// Closed choices are deleted after 30 days.
    Choices,
    /// Decided authorisation requests are deleted: they hold what people wrote of themselves.
    Requests,
    /// Registration links that ran out, and what requests with an Idempotency-Key answered, are deleted.
    Links,
    /// Pauses that are over are deleted.
    Pauses,
    /// Free pages are given back to the file system (SQLite).
    Vacuum,
}

impl Purge {
    /// All of them.
    pub const ALL: [Purge; 12] = [
        Purge::InboxPayload,
        Purge::InboxKeys,
        Purge::JournalPayload,
        Purge::JournalRows,
        Purge::Ranges,
        Purge::MessagePayload,
        Purge::MessageRows,
        Purge::Choices,
        Purge::Requests,
        Purge::Links,
        Purge::Pauses,
        Purge::Vacuum,
    ];
}

/// What a step did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Step {
    /// Rows cut or deleted.
    pub rows: usize,
    /// There is more to do: run the same step again.
    pub more: bool,
}

fn limited(rows: usize) -> Result<Step, StoreError> {
    Ok(Step {
        rows,
        more: rows as i64 == ROWS_A_JOB,
    })
}

/// One step of a purge, to be run as a job of its own until it tells that there is no more.
///
/// # Errors
/// An outage.
pub fn step(
    conn: &mut Conn,
    purge: Purge,
    now: Moment,
    periods: Periods,
) -> Result<Step, StoreError> {
    let payload = now.plus_micros(-periods.handled_micros.max(0));
    let personal = payload.max(now.plus_micros(-periods.personal_micros.max(0)));
    let keys = now.plus_micros(-periods.handled_micros.max(KEYS_MICROS));
    match purge {
        Purge::InboxPayload => cut_inbox(conn, payload, personal),
        Purge::InboxKeys => delete_inbox(conn, keys),
        // As long as keys last texts may: then the row goes with them.
        Purge::JournalPayload if payload.0 <= keys.0 => Ok(Step::default()),
        Purge::JournalPayload => cut_journal(conn, payload),
        Purge::JournalRows => delete_journal(conn, keys),
        Purge::Ranges => Ok(Step {
            rows: offsets::purge(conn, now)?,
            more: false,
        }),
        Purge::MessagePayload => cut_messages(conn, payload),
        Purge::MessageRows => delete_messages(conn, keys),
        Purge::Choices => {
            let before = now.plus_micros(-choices::KEEP_DAYS * DAY_MICROS);
            limited(choices::purge(conn, before, ROWS_A_JOB)?)
        }
        Purge::Requests => {
            let before = now.plus_micros(-periods.personal_micros.max(DAY_MICROS));
            limited(requests::purge(conn, before, ROWS_A_JOB)?)
        }
        Purge::Links => {
            let answers = now.plus_micros(-idempotency::KEEP_DAYS * DAY_MICROS);
            let rows = links::purge(conn, keys, ROWS_A_JOB)?
                .max(idempotency::purge(conn, answers, ROWS_A_JOB)?);
            limited(rows)
        }
        Purge::Pauses => Ok(Step {
            rows: pauses::purge(conn, now)? + alarms::purge(conn, now)?,
            more: false,
        }),
        Purge::Vacuum => vacuum(conn),
    }
}

/// Where a walk stands.
fn place(conn: &mut Conn, name: &str) -> Result<i64, StoreError> {
    Ok(meta::get(conn, name)?
        .and_then(|text| text.parse().ok())
        .unwrap_or(i64::MIN))
}

fn cut_inbox(conn: &mut Conn, payload: Moment, personal: Moment) -> Result<Step, StoreError> {
    const PLACE: &str = "purge.inbox";
    let after = place(conn, PLACE)?;
    let rows: Vec<(i64, String, bool, Option<i64>, i64)> = on_engine!(conn, c => inbox::table
        .filter(inbox::seq.gt(after))
        .order(inbox::seq)
        .limit(ROWS_A_JOB)
        .select((
            inbox::seq,
            inbox::state,
            inbox::personal,
            inbox::handled_at,
            inbox::received_at,
        ))
        .load(c))?;
    let looked = rows.len() as i64;
    let mut passed = None;
    let mut cut = Vec::new();
    for (seq, state, is_personal, handled_at, received_at) in rows {
        // The walk stops at what is young: all that follows came later.
        if received_at >= payload.0 && !(is_personal && received_at < personal.0) {
            break;
        }
        passed = Some(seq);
        let limit = if is_personal { personal } else { payload };
        if state != "pending" && handled_at.is_some_and(|at| at < limit.0) {
            cut.push(seq);
        }
    }
    let rows = cut.len();
    on_engine!(conn, c => diesel::update(inbox::table)
        .filter(inbox::seq.eq_any(&cut))
        .set(inbox::raw.eq(None::<String>))
        .execute(c))?;
    finish_walk(conn, PLACE, passed, rows, looked)
}

fn delete_inbox(conn: &mut Conn, keys: Moment) -> Result<Step, StoreError> {
    const PLACE: &str = "purge.inbox_keys";
    let after = place(conn, PLACE)?;
    let rows: Vec<(i64, String, i64)> = on_engine!(conn, c => inbox::table
        .filter(inbox::seq.gt(after))
        .order(inbox::seq)
        .limit(ROWS_A_JOB)
        .select((inbox::seq, inbox::state, inbox::received_at))
        .load(c))?;
    let looked = rows.len() as i64;
    let mut gone = Vec::new();
    let mut passed = None;
    for (seq, state, received_at) in rows {
        if received_at >= keys.0 {
            break;
        }
        passed = Some(seq);
        if state != "pending" {
            gone.push(seq);
        }
    }
    let rows = on_engine!(conn, c => diesel::delete(inbox::table)
        .filter(inbox::seq.eq_any(&gone))
        .execute(c))?;
    restart_when_short(conn, PLACE, passed, rows, looked)
}

/// Rows of the journal that one job looks at: a row is up to 64 KB.
const JOURNAL_ROWS_A_JOB: i64 = 32;

/// What people wrote and were answered is cut out; the rest stays as long as keys do.
fn cut_journal(conn: &mut Conn, payload: Moment) -> Result<Step, StoreError> {
    const PLACE: &str = "purge.journal";
    let after = place(conn, PLACE)?;
    let rows: Vec<(i64, Vec<u8>)> = on_engine!(conn, c => journal::table
        .filter(journal::seq.gt(after).and(journal::at.lt(payload.0)))
        .order(journal::seq)
        .limit(JOURNAL_ROWS_A_JOB)
        .select((journal::seq, journal::body))
        .load(c))?;
    let mut cut = 0;
    for (seq, body) in &rows {
        if let Some(body) = without_texts(body)? {
            cut += on_engine!(conn, c => diesel::update(journal::table.find(seq))
                .set(journal::body.eq(&body))
                .execute(c))?;
        }
    }
    let passed = rows.last().map(|(seq, _)| *seq);
    if let Some(passed) = passed {
        meta::set(conn, PLACE, &passed.to_string())?;
    }
    Ok(Step {
        rows: cut,
        more: rows.len() as i64 == JOURNAL_ROWS_A_JOB,
    })
}

fn delete_journal(conn: &mut Conn, keys: Moment) -> Result<Step, StoreError> {
    let rows: Vec<(i64, i64)> = on_engine!(conn, c => journal::table
        .order(journal::seq)
        .limit(JOURNAL_ROWS_A_JOB)
        .select((journal::seq, journal::at))
        .load(c))?;
    let looked = rows.len() as i64;
    // The walk stops at what is young: all that follows came later.
    let gone: Vec<i64> = rows
        .into_iter()
        .take_while(|(_, at)| *at < keys.0)
        .map(|(seq, _)| seq)
        .collect();
    on_engine!(conn, c => diesel::delete(journal_index::table)
        .filter(journal_index::seq.eq_any(&gone))
        .execute(c))?;
    let rows = on_engine!(conn, c => diesel::delete(journal::table)
        .filter(journal::seq.eq_any(&gone))
        .execute(c))?;
    Ok(Step {
        rows,
        more: looked == JOURNAL_ROWS_A_JOB && rows as i64 == looked,
    })
}

const OPEN: [&str; 2] = ["queued", "sending"];

fn cut_messages(conn: &mut Conn, payload: Moment) -> Result<Step, StoreError> {
    const PLACE: &str = "purge.messages";
    let after = place(conn, PLACE)?;
    let rows: Vec<(i64, String, i64)> = on_engine!(conn, c => messages::table
        .filter(messages::key.gt(after))
        .order(messages::key)
        .limit(ROWS_A_JOB)
        .select((messages::key, messages::state, messages::created_at))
        .load(c))?;
    let looked = rows.len() as i64;
    let mut passed = None;
    let mut cut = Vec::new();
    for (key, state, created_at) in rows {
        if created_at >= payload.0 {
            break;
        }
        passed = Some(key);
        if !OPEN.contains(&state.as_str()) {
            cut.push(key);
        }
    }
    let rows = on_engine!(conn, c => diesel::update(messages::table)
        .filter(messages::key.eq_any(&cut))
        .set(messages::body.eq(None::<String>))
        .execute(c))?;
    finish_walk(conn, PLACE, passed, rows, looked)
}

fn delete_messages(conn: &mut Conn, keys: Moment) -> Result<Step, StoreError> {
    const PLACE: &str = "purge.message_rows";
    let after = place(conn, PLACE)?;
    let rows: Vec<(i64, String, bool, i64)> = on_engine!(conn, c => messages::table
        .filter(messages::key.gt(after))
        .order(messages::key)
        .limit(ROWS_A_JOB)
        .select((
            messages::key,
            messages::state,
            messages::keep,
            messages::created_at,
        ))
        .load(c))?;
    let looked = rows.len() as i64;
    let mut gone = Vec::new();
    let mut passed = None;
    for (key, state, keep, created_at) in rows {
        if created_at >= keys.0 {
            break;
        }
        passed = Some(key);
        if !keep && !OPEN.contains(&state.as_str()) {
            gone.push(key);
        }
    }
    let rows = on_engine!(conn, c => diesel::delete(messages::table)
        .filter(messages::key.eq_any(&gone))
        .execute(c))?;
    restart_when_short(conn, PLACE, passed, rows, looked)
}

/// Keeps the place of a walk that only goes forward.
fn finish_walk(
    conn: &mut Conn,
    name: &str,
    passed: Option<i64>,
    rows: usize,
    looked: i64,
) -> Result<Step, StoreError> {
    if let Some(passed) = passed {
        meta::set(conn, name, &passed.to_string())?;
    }
    Ok(Step {
        rows,
        more: passed.is_some() && looked == ROWS_A_JOB,
    })
}

/// Keeps the place of a walk over what remains: it passes rows that must stay (open ones, cards) and
/// begins anew when it met what is young, for they may be closed by the next round.
fn restart_when_short(
    conn: &mut Conn,
    name: &str,
    passed: Option<i64>,
    rows: usize,
    looked: i64,
) -> Result<Step, StoreError> {
    let more = passed.is_some() && looked == ROWS_A_JOB;
    let place = match passed {
        Some(passed) if more => passed,
        _ => i64::MIN,
    };
    meta::set(conn, name, &place.to_string())?;
    Ok(Step { rows, more })
}

/// Pages given back in one step: 400 are 1.6 MB, a few milliseconds of the writer.
const VACUUM_PAGES: i64 = 400;

#[derive(QueryableByName)]
struct FreePages {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    freelist_count: i64,
}

fn vacuum(conn: &mut Conn) -> Result<Step, StoreError> {
    let Engine::Sqlite(c) = &mut conn.engine else {
        // PostgreSQL has its autovacuum.
        return Ok(Step::default());
    };
    let mut free = || -> Result<i64, StoreError> {
        Ok(diesel::sql_query("pragma freelist_count")
            .get_result::<FreePages>(c)?
            .freelist_count)
    };
    let before = free()?;
    if before == 0 {
        return Ok(Step::default());
    }
    conn.batch(&format!("pragma incremental_vacuum({VACUUM_PAGES})"))?;
    let Engine::Sqlite(c) = &mut conn.engine else {
        return Ok(Step::default());
    };
    let after = diesel::sql_query("pragma freelist_count")
        .get_result::<FreePages>(c)?
        .freelist_count;
    Ok(Step {
        rows: usize::try_from(before - after).unwrap_or(0),
        more: after > 0 && after < before,
    })
}
