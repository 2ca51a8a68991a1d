//! A connection that comes back by itself: dropped when it broke, made anew with back-off.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::model::Backoff;

use super::conn::{Conn, Role, Target};
use super::error::StoreError;
use super::journal::Journal;

/// Pauses after failed connection attempts: shorter hammers a server that is starting, longer would keep
/// a healthy one waiting for us.
const CONNECT: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));

/// Raised when all connections of the store must be made anew (the file was replaced).
#[derive(Default)]
pub(super) struct Generation(AtomicU64);

impl Generation {
    pub(super) fn raise(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

pub(super) struct Link {
    target: Target,
    role: Role,
    conn: Option<Conn>,
    generation: Arc<Generation>,
    journal: Arc<Journal>,
    seen: u64,
    failures: u32,
    not_before: Option<(Instant, StoreError)>,
}

impl Link {
    pub(super) fn new(
        target: Target,
        role: Role,
        generation: Arc<Generation>,
        journal: Arc<Journal>,
    ) -> Link {
        let seen = generation.get();
        Link {
            target,
            role,
            conn: None,
            generation,
            journal,
            seen,
            failures: 0,
            not_before: None,
        }
    }

    pub(super) fn is_postgres(&self) -> bool {
        self.target.is_postgres()
    }

    /// The connection, made where there is none. While a back-off runs, the last error at once:
    /// callers wait by themselves, and the queue keeps moving.
    pub(super) fn conn(&mut self) -> Result<&mut Conn, StoreError> {
        let generation = self.generation.get();
        if self.seen != generation {
            self.reset();
            self.seen = generation;
        }
        if self.conn.is_none() {
            if let Some((until, error)) = &self.not_before
                && Instant::now() < *until
            {
                return Err(error.clone());
            }
            match self.target.connect(self.role) {
                Ok(conn) => {
                    self.failures = 0;
                    self.not_before = None;
                    self.conn = Some(conn.with_journal(&self.journal));
                }
                Err(error) => {
                    self.failures += 1;
                    self.not_before =
                        Some((Instant::now() + CONNECT.pause(self.failures), error.clone()));
                    return Err(error);
                }
            }
        }
        self.conn
            .as_mut()
            .ok_or_else(|| StoreError::other("соединение не открыто"))
    }

    /// Takes the connection out, to be lent; [`put`](Self::put) brings it back.
    pub(super) fn take(&mut self) -> Option<Conn> {
        self.conn.take()
    }

    pub(super) fn put(&mut self, conn: Conn) {
        self.conn = Some(conn);
    }

    /// Drops the connection; an open transaction is undone by the engine.
    pub(super) fn reset(&mut self) {
        if let Some(conn) = self.conn.take() {
            discard(conn);
        }
    }
}

/// Drops a connection that may be in any state; Diesel panics where the engine refuses to close it.
pub(super) fn discard(conn: Conn) {
    let _ = catch_unwind(AssertUnwindSafe(move || drop(conn)));
}
