//! Updates that wait, and how often the process ended with one in a handler's hands.

use super::{look, settle};
use crate::model::{BotCode, Moment, UpdateId};
use crate::store::inbox::{self, UpdateKey};
use crate::store::{Store, StoreError};

/// An update that waits.
pub struct Waiting {
    /// Its number.
    pub update_id: UpdateId,
    /// Its JSON.
    pub raw: String,
    /// When it came.
    pub received_at: Moment,
    /// How often the process ended with it in a handler's hands.
    pub crashes: u32,
}

/// The updates of a bot that wait, in order of arrival. `None`: the node is ending.
pub async fn pending(store: &Store, bot: &BotCode, limit: usize) -> Option<Vec<Waiting>> {
    let bot = bot.clone();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = look(store, "waiting updates", move |conn| {
        inbox::pending(conn, &bot, 0, limit)
    })
    .await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        update_id: row.key.update,
        // A row without its JSON cannot be handled; it then fails as unreadable.
        raw: row.raw.unwrap_or_default(),
        received_at: row.received_at,
        crashes: u32::try_from(row.crashes).unwrap_or(0),
    });
    Some(waiting.collect())
}

/// Whether an update still waits. `None`: the node is ending.
pub async fn is_pending(store: &Store, update: UpdateKey) -> Option<bool> {
    look(store, "an update", move |conn| {
        inbox::is_pending(conn, update)
    })
    .await
}

/// Counts the crash of an earlier process for each update that was in a handler's hands then.
pub async fn count_crashes(store: &Store, updates: Vec<UpdateKey>) {
    if updates.is_empty() {
        return;
    }
    tracing::warn!(
        updates = ?updates.iter().map(|key| (key.bot.0, key.update.0)).collect::<Vec<_>>(),
        "the process before this one ended while these updates were handled"
    );
    settle(store, "crashes", move |conn| {
        for update in &updates {
            match inbox::count_try(conn, *update) {
                // Its row was deleted since: an old mark.
                Err(StoreError::NotFound { .. }) => {}
                counted => {
                    counted?;
                }
            }
        }
        Ok(())
    })
    .await;
}

/// Counts a try of an update before it is made, where no mark is kept; gives the tries so far.
pub async fn count_try(store: &Store, update: UpdateKey) -> Option<u32> {
    let tries = settle(store, "a try", move |conn| inbox::count_try(conn, update)).await?;
    Some(u32::try_from(tries).unwrap_or(u32::MAX))
}
