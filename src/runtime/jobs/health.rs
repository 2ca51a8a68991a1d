//! Whether the database answers, and figures that are read when they are asked for.

use std::time::Duration;

use crate::model::{MessageState, Moment};
use crate::runtime::metrics::Metrics;
use crate::store::{Store, StoreError, bots, messages, meta, tokens};

/// Where the last look at the node's health is kept.
const HEALTH: &str = "health.checked_at";
/// Longer than a busy disk takes for a commit, shorter than those who ask wait for an answer.
const WRITE_MAX: Duration = Duration::from_secs(2);

/// Whether the database answers.
pub async fn answers(store: &Store) -> bool {
    store.read(meta::definitions_version).await.is_ok()
}

/// Whether the node's writes reach the disk: nobody waits for that, and one is made. A database that only
/// answers (a full disk, a lock that somebody keeps) loses nothing, but nobody is answered while it lasts.
pub async fn takes_writes(store: &Store, now: Moment) -> bool {
    if store.is_waited_for() {
        return false;
    }
    let write = store.fenced_write(move |conn| meta::set(conn, HEALTH, &now.0.to_string()));
    matches!(tokio::time::timeout(WRITE_MAX, write).await, Ok(Ok(())))
}

/// Whether there is a token in force.
///
/// # Errors
/// An outage.
pub async fn has_token(store: &Store) -> Result<bool, StoreError> {
    Ok(store.read(tokens::count).await? > 0)
}

/// How many bots are to run.
///
/// # Errors
/// An outage.
pub async fn enabled_bots(store: &Store) -> Result<usize, StoreError> {
    let bots = store.read(bots::list).await?;
    Ok(bots
        .iter()
        .filter(|bot| bot.enabled && !bot.deleted)
        .count())
}

/// Figures that are read when they are asked for.
pub async fn gauges(store: &Store, metrics: &Metrics) {
    let probe = store.probe();
    metrics.set_gauge("vestnik_store_queue", None, probe.queue as f64);
    metrics.set_gauge("vestnik_store_read_queue", None, probe.read_queue as f64);
    metrics.set_gauge("vestnik_store_commits", None, probe.commits as f64);
    metrics.set_gauge("vestnik_store_jobs", None, probe.jobs as f64);
    if let Ok(counts) = store.read(messages::open_counts).await {
        for (state, name) in messages::STATES {
            if !matches!(state, MessageState::Queued | MessageState::Sending) {
                continue;
            }
            let count = counts
                .iter()
                .find(|(found, _)| *found == state)
                .map_or(0, |(_, n)| *n);
            let label = Some(("state", name.to_owned()));
            metrics.set_gauge("vestnik_messages_open", label, count as f64);
        }
    }
}
