//! Who changed what: a row for every change that a person, a token or a file made.

use diesel::prelude::*;

use crate::model::{By, Moment};

use super::conn::{Conn, on_engine};
use super::error::StoreError;
use super::schema::audit;

/// An audit row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audit {
    /// Its id, from the store's ids.
    pub id: i64,
    /// When.
    pub at: Moment,
    /// By whom, in the text form of [`By`].
    pub by: String,
    /// What was done: `bot.stop`, `apply`, `registration.revoke`.
    pub action: String,
    /// To what: `bot:shop`.
    pub object: String,
    /// JSON; never a secret.
    pub detail: String,
}

/// Writes an audit row.
///
/// # Errors
/// An outage.
pub fn write(
    conn: &mut Conn,
    id: i64,
    at: Moment,
    by: &By,
    action: &str,
    object: &str,
    detail: &str,
) -> Result<(), StoreError> {
    on_engine!(conn, c => diesel::insert_into(audit::table)
        .values((
            audit::id.eq(id),
            audit::at.eq(at.0),
            audit::author.eq(by.to_string()),
            audit::action.eq(action),
            audit::object.eq(object),
            audit::detail.eq(detail),
        ))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Audit rows, the newest first: of one object or of all, before the given id, at most `limit`.
///
/// # Errors
/// An outage.
pub fn list(
    conn: &mut Conn,
    object: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Audit>, StoreError> {
    let rows: Vec<(i64, i64, String, String, String, String)> = on_engine!(conn, c => {
        let mut query = audit::table.order(audit::id.desc()).limit(limit).into_boxed();
        if let Some(object) = object {
            query = query.filter(audit::object.eq(object));
        }
        if let Some(before) = before {
            query = query.filter(audit::id.lt(before));
        }
        query.load(c)
    })?;
    Ok(rows
        .into_iter()
        .map(|(id, at, by, action, object, detail)| Audit {
            id,
            at: Moment(at),
            by,
            action,
            object,
            detail,
        })
        .collect())
}
