//! What the actors ask of the store, a file a subject: each function is one job.
//!
//! An outage of the database is waited for, never counted as a failed try (design: "Crashes"). When
//! the store is closed or the lease is lost the node is ending: functions then answer `None` or do
//! nothing, and what they would have written is sorted out by the next node.

pub mod authorizing;
pub mod bots;
pub mod chats;
pub mod conversations;
pub mod due;
pub mod health;
pub mod lease;
pub mod left_behind;
pub mod messages;
pub mod notices;
pub mod people;
pub mod presentation;
pub mod retention;
pub mod updates;

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Backoff, Channel};
use crate::store::{Conn, Store, StoreError};

/// The only channel so far.
pub const CHANNEL: Channel = Channel::Telegram;
/// Waits in an outage. Longer than the ceiling, and answers come late after the database is back.
const OUTAGE: Backoff = Backoff::new(Duration::from_millis(20), Duration::from_secs(1));

/// Runs a job that only the node at work may run; waits out an outage.
pub async fn persist<T, F>(store: &Store, job: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: Fn(&mut Conn) -> Result<T, StoreError> + Send + Sync + 'static,
{
    let job = Arc::new(job);
    let mut tries = 0u32;
    let mut waits = None;
    loop {
        let again = job.clone();
        match store.fenced_write(move |conn| again(conn)).await {
            Err(error) if error.is_outage() => {
                waits.get_or_insert_with(|| store.waits());
                tries += 1;
                if tries.is_power_of_two() {
                    tracing::warn!(tries, "the database does not take writes; waiting: {error}");
                }
                tokio::time::sleep(OUTAGE.pause(tries)).await;
            }
            other => return other,
        }
    }
}

/// Like [`persist`] where nothing can be done about an error but to log it.
async fn settle<T, F>(store: &Store, what: &str, job: F) -> Option<T>
where
    T: Send + 'static,
    F: Fn(&mut Conn) -> Result<T, StoreError> + Send + Sync + 'static,
{
    persist(store, job)
        .await
        .map_err(|error| log_unsettled(what, &error))
        .ok()
}

/// The same for a read.
async fn look<T, F>(store: &Store, what: &str, job: F) -> Option<T>
where
    T: Send + 'static,
    F: Fn(&mut Conn) -> Result<T, StoreError> + Send + Sync + 'static,
{
    let job = Arc::new(job);
    let mut tries = 0u32;
    loop {
        let again = job.clone();
        match store.read(move |conn| again(conn)).await {
            Ok(value) => return Some(value),
            Err(error) if error.is_outage() => {
                tries += 1;
                tokio::time::sleep(OUTAGE.pause(tries)).await;
            }
            Err(error) => {
                log_unsettled(what, &error);
                return None;
            }
        }
    }
}

fn log_unsettled(what: &str, error: &StoreError) {
    match error {
        StoreError::Closed | StoreError::LeaseLost => {
            tracing::debug!("{what}: not written, the node is ending: {error}");
        }
        error => tracing::error!("{what}: {error}"),
    }
}
