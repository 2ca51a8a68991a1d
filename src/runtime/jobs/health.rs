//! Whether the database answers, and figures that are read when they are asked for.

use crate::model::MessageState;
use crate::runtime::metrics::Metrics;
use crate::store::{Store, StoreError, messages, meta, tokens};

/// Whether the database answers.
pub async fn answers(store: &Store) -> bool {
    store.read(meta::definitions_version).await.is_ok()
}

/// Whether there is a token in force.
///
/// # Errors
/// An outage.
pub async fn has_token(store: &Store) -> Result<bool, StoreError> {
    Ok(store.read(tokens::count).await? > 0)
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
