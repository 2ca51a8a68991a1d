//! Rows whose time has come.

use std::collections::HashSet;

use super::look;
use crate::model::{BotCode, Moment};
use crate::store::{Store, messages};

/// Due rows that one look takes; the next look takes the rest.
const DUE_MAX: i64 = 1_000;

/// What is due.
pub struct DueRows {
    /// The bots with rows that are due.
    pub bots: HashSet<BotCode>,
    /// When the next row is due.
    pub next: Option<Moment>,
}

/// Rows that are due now, and when the next will be.
pub async fn due(store: &Store, now: Moment) -> Option<DueRows> {
    look(store, "due messages", move |conn| {
        let bots = messages::due(conn, now, DUE_MAX)?
            .into_iter()
            .map(|row| row.to.bot)
            .collect();
        Ok(DueRows {
            bots,
            next: messages::next_due(conn, now)?,
        })
    })
    .await
}
