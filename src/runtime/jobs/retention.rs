//! The purge of old rows, step by step.

use std::time::Duration;

use super::settle;
use crate::model::Moment;
use crate::settings::RetentionSettings;
use crate::store::Store;
use crate::store::retention::{self, Periods, Purge};

/// Purges what is old, step by step; tells how many rows.
pub async fn purge(store: &Store, retention: &RetentionSettings, now: Moment) -> u64 {
    let periods = Periods {
        handled_micros: days(retention.handled_days),
        personal_micros: days(retention.personal_days),
    };
    let mut purged = 0;
    for purge in Purge::ALL {
        loop {
            let step = settle(store, "retention", move |conn| {
                retention::step(conn, purge, now, periods)
            });
            let Some(step) = step.await else {
                return purged;
            };
            purged += step.rows as u64;
            if !step.more {
                break;
            }
            // Updates come first; the rest of the purge can wait.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    purged
}

fn days(days: u32) -> i64 {
    i64::from(days) * 86_400_000_000
}
