//! One node at work: the lease row (design: "One node at work").

use diesel::prelude::*;

use crate::model::Moment;

use super::conn::{Conn, Engine, on_engine};
use super::error::StoreError;
use super::schema::lease;

/// The only row.
const ROW: i64 = 1;

/// Who holds the lease.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holder {
    /// The node.
    pub node: String,
    /// Raised at every change of hands; fenced writes carry it.
    pub epoch: i64,
    /// When it ends unless renewed.
    pub expires_at: Moment,
}

/// What an attempt to take the lease comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Acquired {
    /// It is ours, under this epoch.
    Ours(i64),
    /// Another node works.
    HeldBy(Holder),
}

/// A claim for the lease.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The node that claims. Two processes must never use one name at a time.
    pub node: String,
    /// The present moment.
    pub now: Moment,
    /// How long the lease lasts, microseconds.
    pub ttl_micros: i64,
    /// Take it from this holder although it has not expired: the caller knows that the process is
    /// dead.
    pub dead: Option<Holder>,
}

fn read(conn: &mut Conn, lock: bool) -> Result<Option<Holder>, StoreError> {
    let query = || {
        lease::table
            .find(ROW)
            .select((lease::node, lease::epoch, lease::expires_at))
    };
    let row: Option<(String, i64, i64)> = match &mut conn.engine {
        Engine::Postgres(c) if lock => query().for_update().get_result(c).optional()?,
        _ => on_engine!(conn, c => query().get_result(c).optional())?,
    };
    Ok(row.map(|(node, epoch, expires_at)| Holder {
        node,
        epoch,
        expires_at: Moment(expires_at),
    }))
}

/// Who holds the lease, also when it has expired.
///
/// # Errors
/// An outage.
pub fn who(conn: &mut Conn) -> Result<Option<Holder>, StoreError> {
    Ok(read(conn, false)?.filter(|holder| holder.expires_at > Moment::MIN))
}

/// Takes the lease where it is free, expired or the claimed holder is dead.
///
/// # Errors
/// An outage.
pub fn acquire(conn: &mut Conn, claim: &Claim) -> Result<Acquired, StoreError> {
    let until = claim.now.plus_micros(claim.ttl_micros).0;
    on_engine!(conn, c => diesel::insert_into(lease::table)
        .values((
            lease::id.eq(ROW),
            lease::node.eq(""),
            lease::epoch.eq(0),
            lease::expires_at.eq(i64::MIN),
        ))
        .on_conflict(lease::id)
        .do_nothing()
        .execute(c))?;
    let Some(holder) = read(conn, true)? else {
        return Err(StoreError::other("строка аренды пропала"));
    };
    if holder.expires_at > claim.now && claim.dead.as_ref() != Some(&holder) {
        return Ok(Acquired::HeldBy(holder));
    }
    let epoch = holder.epoch + 1;
    on_engine!(conn, c => diesel::update(lease::table.find(ROW))
        .set((
            lease::node.eq(&claim.node),
            lease::epoch.eq(epoch),
            lease::expires_at.eq(until),
        ))
        .execute(c))?;
    Ok(Acquired::Ours(epoch))
}

/// Prolongs the lease; false when it is no longer ours.
///
/// # Errors
/// An outage.
pub fn renew(
    conn: &mut Conn,
    node: &str,
    epoch: i64,
    now: Moment,
    ttl_micros: i64,
) -> Result<bool, StoreError> {
    let until = now.plus_micros(ttl_micros).0;
    let changed = on_engine!(conn, c => diesel::update(lease::table.find(ROW))
        .filter(lease::node.eq(node).and(lease::epoch.eq(epoch)))
        .set(lease::expires_at.eq(until))
        .execute(c))?;
    Ok(changed == 1)
}

/// Gives the lease up, if it is ours.
///
/// # Errors
/// An outage.
pub fn release(conn: &mut Conn, node: &str, epoch: i64) -> Result<(), StoreError> {
    on_engine!(conn, c => diesel::update(lease::table.find(ROW))
        .filter(lease::node.eq(node).and(lease::epoch.eq(epoch)))
        .set(lease::expires_at.eq(i64::MIN))
        .execute(c))?;
    Ok(())
}

/// Whether the node still holds this epoch; on PostgreSQL the row stays shared-locked until the
/// transaction ends, so nobody takes the lease in the middle.
pub(super) fn holds(conn: &mut Conn, node: &str, epoch: i64) -> Result<bool, StoreError> {
    let query = || lease::table.find(ROW).select((lease::node, lease::epoch));
    let row: Option<(String, i64)> = match &mut conn.engine {
        Engine::Sqlite(c) => query().get_result(c).optional()?,
        Engine::Postgres(c) => query().for_share().get_result(c).optional()?,
    };
    Ok(row.is_some_and(|(by, at)| by == node && at == epoch))
}
