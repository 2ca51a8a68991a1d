//! What requests of the control endpoint with an `Idempotency-Key` answered: the same request again gets
//! the same answer and does nothing a second time.

use diesel::prelude::*;

use crate::model::Moment;

use super::conn::{Conn, on_engine};
use super::error::StoreError;
use super::schema::idempotency;

/// An answer is kept so long (design: "Retention").
pub const KEEP_DAYS: i64 = 7;

/// An answer that was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    /// SHA-256 of what was asked, in hex: the same key for something else is a mistake.
    pub request_hash: String,
    /// The status of the answer.
    pub status: u16,
    /// Its JSON.
    pub body: String,
}

/// The answer that a key of a token was given.
///
/// # Errors
/// An outage.
pub fn get(conn: &mut Conn, token: &str, key: &str) -> Result<Option<Answered>, StoreError> {
    let found: Option<(String, i32, String)> = on_engine!(conn, c => idempotency::table
        .find((token, key))
        .select((idempotency::request_hash, idempotency::status, idempotency::body))
        .get_result(c)
        .optional())?;
    Ok(found.map(|(request_hash, status, body)| Answered {
        request_hash,
        status: u16::try_from(status).unwrap_or(200),
        body,
    }))
}

/// Keeps an answer, in the transaction that did what it tells.
///
/// # Errors
/// [`StoreError::Stale`] when the key was answered meanwhile; an outage.
pub fn put(
    conn: &mut Conn,
    token: &str,
    key: &str,
    answered: &Answered,
    at: Moment,
) -> Result<(), StoreError> {
    let inserted = on_engine!(conn, c => diesel::insert_into(idempotency::table)
        .values((
            idempotency::token.eq(token),
            idempotency::key.eq(key),
            idempotency::request_hash.eq(&answered.request_hash),
            idempotency::status.eq(i32::from(answered.status)),
            idempotency::body.eq(&answered.body),
            idempotency::at.eq(at.0),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    if inserted == 1 {
        Ok(())
    } else {
        Err(StoreError::stale(format!("Idempotency-Key «{key}»")))
    }
}

/// Forgets answers of before the given moment, at most `limit`; tells how many.
///
/// # Errors
/// An outage.
pub fn purge(conn: &mut Conn, before: Moment, limit: i64) -> Result<usize, StoreError> {
    let keys: Vec<(String, String)> = on_engine!(conn, c => idempotency::table
        .filter(idempotency::at.lt(before.0))
        .order(idempotency::at)
        .limit(limit)
        .select((idempotency::token, idempotency::key))
        .load(c))?;
    for (token, key) in &keys {
        on_engine!(conn, c => diesel::delete(idempotency::table.find((token, key))).execute(c))?;
    }
    Ok(keys.len())
}
