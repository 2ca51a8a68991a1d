//! When it was last told that something failed at a place: whoever answers for it reads of the place once
//! an hour, also over a restart.

use diesel::prelude::*;

use crate::model::Moment;

use super::conn::{Conn, Engine, on_engine};
use super::error::StoreError;
use super::schema::alarms;

/// A place that is told of is not told of again for so long, µs.
pub const QUIET_MICROS: i64 = 3_600 * 1_000_000;

/// Whether a place is to be told of now; it then counts as told. The row is locked until the transaction
/// ends, so that of two at once one tells.
///
/// # Errors
/// An outage.
pub fn raise(conn: &mut Conn, place: &str, now: Moment) -> Result<bool, StoreError> {
    let new = on_engine!(conn, c => diesel::insert_into(alarms::table)
        .values((alarms::place.eq(place), alarms::told_at.eq(now.0)))
        .on_conflict(alarms::place)
        .do_nothing()
        .execute(c))?;
    if new == 1 {
        return Ok(true);
    }
    let told_at: i64 = match &mut conn.engine {
        Engine::Sqlite(c) => alarms::table
            .find(place)
            .select(alarms::told_at)
            .get_result(c)?,
        Engine::Postgres(c) => alarms::table
            .find(place)
            .select(alarms::told_at)
            .for_update()
            .get_result(c)?,
    };
    // A clock that was set back keeps nobody silent for longer.
    if (0..QUIET_MICROS).contains(&now.micros_since(Moment(told_at))) {
        return Ok(false);
    }
    on_engine!(conn, c => diesel::update(alarms::table.find(place))
        .set(alarms::told_at.eq(now.0))
        .execute(c))?;
    Ok(true)
}

/// Deletes what keeps nobody silent any more.
///
/// # Errors
/// An outage.
pub fn purge(conn: &mut Conn, now: Moment) -> Result<usize, StoreError> {
    Ok(on_engine!(conn, c => diesel::delete(alarms::table)
        .filter(alarms::told_at.le(now.plus_micros(-QUIET_MICROS).0))
        .execute(c))?)
}
