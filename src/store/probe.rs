//! What the store tells about itself, for metrics and the control endpoint.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

#[derive(Default)]
pub(super) struct Counters {
    pub(super) jobs: AtomicU64,
    pub(super) reruns: AtomicU64,
    pub(super) lends: AtomicU64,
    pub(super) reads: AtomicU64,
    commits: AtomicU64,
    commit_micros: AtomicU64,
    last_commit_micros: AtomicU64,
    checkpoints: AtomicU64,
}

impl Counters {
    pub(super) fn commit_took(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.commit_micros.fetch_add(micros, Ordering::Relaxed);
        self.last_commit_micros.store(micros, Ordering::Relaxed);
    }

    pub(super) fn checkpointed(&self) {
        self.checkpoints.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn probe(
        &self,
        engine: &'static str,
        queue: usize,
        read_queue: usize,
        answers_waiting: usize,
    ) -> Probe {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Probe {
            engine,
            queue,
            read_queue,
            answers_waiting,
            jobs: get(&self.jobs),
            commits: get(&self.commits),
            reruns: get(&self.reruns),
            lends: get(&self.lends),
            reads: get(&self.reads),
            checkpoints: get(&self.checkpoints),
            commit_micros: get(&self.commit_micros),
            last_commit_micros: get(&self.last_commit_micros),
        }
    }
}

/// A snapshot of the store. Counters grow from the start of the process.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Probe {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Jobs that wait for a writer.
    pub queue: usize,
    /// Jobs that wait for a reader.
    pub read_queue: usize,
    /// Answers in the journal that are not marked as sent.
    pub answers_waiting: usize,
    /// Jobs answered by the writers.
    pub jobs: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Batches that were undone and run again.
    pub reruns: u64,
    /// Times the writer's connection was lent.
    pub lends: u64,
    /// Jobs answered by the readers.
    pub reads: u64,
    /// Checkpoints of the WAL (SQLite).
    pub checkpoints: u64,
    /// Time spent in COMMIT, microseconds: with `commits`, the mean time to the disk.
    pub commit_micros: u64,
    /// The time of the last COMMIT, microseconds.
    pub last_commit_micros: u64,
}
