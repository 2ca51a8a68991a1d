//! The small pool that reads: threads with a connection each.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::error::StoreError;
use super::link::Link;
use super::probe::Counters;
use super::queue::Queue;
use super::writer::Job;

/// What the readers of a store share.
pub(super) struct Readers {
    pub(super) queue: Queue<Box<dyn Job>>,
}

/// Works until the queue is closed and empty.
pub(super) fn run(mut link: Link, readers: &Arc<Readers>, counters: &Arc<super::writer::Shared>) {
    let mut jobs = Vec::with_capacity(1);
    // One at a time: a slow read must not hold others that another reader could take.
    while readers.queue.take(1, &mut jobs) {
        for mut job in jobs.drain(..) {
            let failure = read(&mut link, &mut *job);
            count(&counters.counters);
            job.answer(failure);
        }
    }
    link.reset();
}

fn count(counters: &Counters) {
    counters.reads.fetch_add(1, Ordering::Relaxed);
}

fn read(link: &mut Link, job: &mut dyn Job) -> Option<StoreError> {
    let mut last = None;
    // A connection that died while it was idle is replaced once.
    for _ in 0..2 {
        let failure = match link.conn() {
            Ok(conn) => match job.run(conn) {
                Ok(()) => return None,
                Err(failure) => failure,
            },
            Err(failure) => return Some(failure),
        };
        match failure {
            StoreError::Gone { .. } => {
                link.reset();
                last = Some(failure);
            }
            StoreError::Panicked { .. } => {
                tracing::error!(%failure, "a read job panicked");
                link.reset();
                return Some(failure);
            }
            other => return Some(other),
        }
    }
    last
}
