//! The row of the lease: one node at work per database.

use std::time::Duration;

use super::settle;
use crate::model::Moment;
use crate::store::{Store, StoreError, journal, lease};

/// A node that ends does not wait for a database that is away: its lease runs out by itself.
const RELEASE_MAX: Duration = Duration::from_secs(1);

/// What an attempt to take the lease came to.
pub enum Acquired {
    /// It is ours.
    Ours {
        /// The holder before us did not give it back: its process was killed or its machine fell.
        unclean: bool,
    },
    /// Somebody else works.
    HeldBy {
        /// Who.
        node: String,
        /// Until when, unless renewed.
        until: Moment,
    },
}

/// Whether another node holds the lease and runs, as far as can be known. Takes nothing.
///
/// # Errors
/// An outage.
pub async fn is_held(
    store: &Store,
    now: Moment,
    is_dead: fn(&str) -> bool,
) -> Result<bool, StoreError> {
    let holder = store.read(lease::who).await?;
    Ok(holder.is_some_and(|holder| holder.expires_at > now && !is_dead(&holder.node)))
}

/// Tries to take the lease. `is_dead` knows processes that run no more.
///
/// # Errors
/// An outage.
pub async fn acquire_lease(
    store: &Store,
    now: Moment,
    ttl: Duration,
    is_dead: fn(&str) -> bool,
) -> Result<Acquired, StoreError> {
    let node = store.node().to_owned();
    let ttl_micros = i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX);
    let (acquired, unclean) = store
        .write(move |conn| {
            let before = lease::who(conn)?;
            let dead = before.clone().filter(|holder| is_dead(&holder.node));
            let claim = lease::Claim {
                node: node.clone(),
                now,
                ttl_micros,
                dead,
            };
            let acquired = lease::acquire(conn, &claim)?;
            if matches!(acquired, lease::Acquired::Ours(_)) {
                // With the lease we take over what the node before us may not have sent.
                let waiting = journal::replay(conn)?;
                if waiting > 0 {
                    tracing::info!(
                        waiting,
                        "answers of the node before are taken out of the journal"
                    );
                }
            }
            Ok((acquired, before.is_some()))
        })
        .await?;
    match acquired {
        lease::Acquired::Ours(epoch) => {
            store.set_epoch(Some(epoch));
            Ok(Acquired::Ours { unclean })
        }
        lease::Acquired::HeldBy(holder) => Ok(Acquired::HeldBy {
            node: holder.node,
            until: holder.expires_at,
        }),
    }
}

/// Prolongs the lease.
///
/// # Errors
/// [`StoreError::LeaseLost`] when it is no longer ours; an outage.
pub async fn renew_lease(store: &Store, now: Moment, ttl: Duration) -> Result<(), StoreError> {
    let node = store.node().to_owned();
    let ttl_micros = i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX);
    let renewed = store
        .fenced_write(move |conn| {
            let Some(holder) = lease::who(conn)? else {
                return Ok(false);
            };
            lease::renew(conn, &node, holder.epoch, now, ttl_micros)
        })
        .await?;
    if renewed {
        Ok(())
    } else {
        Err(StoreError::LeaseLost)
    }
}

/// Gives the lease back: the next node need not wait.
pub async fn release_lease(store: &Store) {
    let node = store.node().to_owned();
    let release = settle(store, "the lease", move |conn| {
        let Some(holder) = lease::who(conn)? else {
            return Ok(());
        };
        lease::release(conn, &node, holder.epoch)
    });
    if tokio::time::timeout(RELEASE_MAX, release).await.is_err() {
        tracing::warn!(
            "the lease was not given back, the database takes no writes; the next node sees that this process is gone"
        );
    }
    store.set_epoch(None);
}
