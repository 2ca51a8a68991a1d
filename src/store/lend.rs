//! The write lease of scripts (design: "Scripts and the write lease"): from its first write on, a
//! script thread works on a connection that is its own until it commits.
//!
//! On SQLite it is the writer's connection, lent between two jobs of the fair queue: what the
//! script writes is a savepoint of the open batch and shares its fsync. On PostgreSQL it is a
//! connection of a small pool. HTTP and waiting are refused by the scripts' host, not here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::changed::Watchers;
use super::conn::{Conn, Role, Target};
use super::error::{StoreError, panic_message};
use super::journal::Journal;
use super::lease;
use super::link::discard;
use super::queue::block_on;

/// Connections that scripts may hold at once on PostgreSQL: scripts are short, and each
/// connection is a process of the server.
const POSTGRES_LENDS: usize = 4;

/// How a loan ended.
pub(super) enum Verdict {
    Commit,
    Rollback,
    /// A panic passed through: nothing is known about what stands open.
    Broken,
}

pub(super) struct Returned {
    pub(super) conn: Conn,
    pub(super) verdict: Verdict,
}

/// A place in the writer's queue.
pub(super) struct LendRequest {
    pub(super) fenced: bool,
    give: SyncSender<Result<(Conn, SyncSender<Returned>), StoreError>>,
    done: SyncSender<Result<(), StoreError>>,
    used: bool,
}

impl LendRequest {
    /// Hands the connection over and waits for it. It comes back as an error at once where the
    /// script gave up waiting, and not at all (`None`) where the script's side lost it.
    pub(super) fn give(&mut self, conn: Conn) -> Result<Returned, Option<Conn>> {
        let (back, returned) = sync_channel(1);
        if let Err(unsent) = self.give.send(Ok((conn, back))) {
            return Err(unsent.0.ok().map(|(conn, _)| conn));
        }
        self.used = true;
        returned.recv().map_err(|_| None)
    }

    /// True when a script had the connection.
    pub(super) fn used(&self) -> bool {
        self.used
    }

    pub(super) fn answer(self, failure: Option<StoreError>) {
        let answer = failure.map_or(Ok(()), Err);
        if self.used {
            let _ = self.done.send(answer);
        } else if let Err(error) = answer {
            let _ = self.give.send(Err(error));
        }
    }
}

enum Hold {
    /// The writer's own connection.
    Writer {
        back: SyncSender<Returned>,
        done: Receiver<Result<(), StoreError>>,
    },
    /// A connection of the pool, with its transaction open.
    Pool {
        pool: Arc<LendPool>,
        _permit: OwnedSemaphorePermit,
    },
}

/// A connection lent to a script thread. Dropping it undoes what was written.
pub struct Lent {
    conn: Option<Conn>,
    hold: Option<Hold>,
    since: Instant,
    limit: Duration,
    broken: bool,
}

impl Lent {
    /// Waits for the writer; for a thread that may block.
    pub(super) fn from_writer(
        push: impl FnOnce(LendRequest) -> Result<(), StoreError>,
        fenced: bool,
        limit: Duration,
    ) -> Result<Lent, StoreError> {
        let (give, given) = sync_channel(1);
        let (done, answer) = sync_channel(1);
        push(LendRequest {
            fenced,
            give,
            done,
            used: false,
        })?;
        let (conn, back) = given.recv().map_err(|_| StoreError::Closed)??;
        Ok(Lent {
            conn: Some(conn),
            hold: Some(Hold::Writer { back, done: answer }),
            since: Instant::now(),
            limit,
            broken: false,
        })
    }

    /// Reads or writes; what fails is undone and the rest stands. Refused past the limit.
    ///
    /// # Errors
    /// [`StoreError::LendExpired`] past the limit, else what `work` returns.
    pub fn run<T>(
        &mut self,
        work: impl FnOnce(&mut Conn) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.check_time()?;
        let conn = self
            .conn
            .as_mut()
            .filter(|_| !self.broken)
            .ok_or_else(|| StoreError::other("аренда записи оборвана"))?;
        match catch_unwind(AssertUnwindSafe(|| conn.savepoint(work))) {
            Ok(outcome) => {
                if let Err(error) = &outcome
                    && error.breaks_connection()
                {
                    self.broken = true;
                }
                outcome
            }
            Err(panic) => {
                self.broken = true;
                Err(StoreError::Panicked {
                    message: panic_message(&*panic),
                })
            }
        }
    }

    /// How much of the limit is left; zero when it is used up.
    pub fn time_left(&self) -> Duration {
        self.limit.saturating_sub(self.since.elapsed())
    }

    fn check_time(&self) -> Result<(), StoreError> {
        if self.time_left().is_zero() {
            return Err(StoreError::LendExpired {
                limit_ms: u64::try_from(self.limit.as_millis()).unwrap_or(u64::MAX),
            });
        }
        Ok(())
    }

    /// Gives the connection back and waits until what was written is on the disk.
    ///
    /// # Errors
    /// [`StoreError::LendExpired`] past the limit; an outage when the commit failed. Nothing is
    /// written then.
    pub fn commit(mut self) -> Result<(), StoreError> {
        self.check_time()?;
        if self.broken {
            return Err(StoreError::other("аренда записи оборвана"));
        }
        let (Some(mut conn), Some(hold)) = (self.conn.take(), self.hold.take()) else {
            return Err(StoreError::Closed);
        };
        match hold {
            Hold::Writer { back, done } => {
                let verdict = Verdict::Commit;
                back.send(Returned { conn, verdict })
                    .map_err(|_| StoreError::Closed)?;
                done.recv().map_err(|_| StoreError::Closed)?
            }
            Hold::Pool { pool, .. } => {
                let flushed = match conn.flush_journal() {
                    Ok(flushed) => flushed,
                    Err(error) => {
                        discard(conn);
                        return Err(error);
                    }
                };
                match conn.commit() {
                    Ok(()) => {
                        if let Some(flushed) = flushed {
                            flushed.committed();
                        }
                        let changed = conn.take_changed();
                        pool.watchers.tell(&changed);
                        pool.idle.lock().push(conn);
                        Ok(())
                    }
                    Err(error) => {
                        discard(conn);
                        Err(error.into())
                    }
                }
            }
        }
    }

    /// Undoes everything.
    pub fn rollback(self) {}
}

impl Drop for Lent {
    fn drop(&mut self) {
        let (Some(mut conn), Some(hold)) = (self.conn.take(), self.hold.take()) else {
            return;
        };
        match hold {
            Hold::Writer { back, .. } => {
                let verdict = if self.broken {
                    Verdict::Broken
                } else {
                    Verdict::Rollback
                };
                let _ = back.send(Returned { conn, verdict });
            }
            Hold::Pool { pool, .. } => {
                if !self.broken && conn.rollback().is_ok() {
                    pool.idle.lock().push(conn);
                } else {
                    discard(conn);
                }
            }
        }
    }
}

/// The connections that scripts borrow on PostgreSQL.
pub(super) struct LendPool {
    target: Target,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Conn>>,
    watchers: Arc<Watchers>,
    journal: Arc<Journal>,
}

impl LendPool {
    pub(super) fn new(
        target: Target,
        watchers: Arc<Watchers>,
        journal: Arc<Journal>,
    ) -> Arc<LendPool> {
        Arc::new(LendPool {
            target,
            permits: Arc::new(Semaphore::new(POSTGRES_LENDS)),
            idle: Mutex::new(Vec::new()),
            watchers,
            journal,
        })
    }

    /// Borrows a connection with its transaction open; `fence` is the node and epoch to check.
    pub(super) fn lend(
        self: &Arc<Self>,
        fence: Option<(&str, i64)>,
        limit: Duration,
    ) -> Result<Lent, StoreError> {
        let permit =
            block_on(Arc::clone(&self.permits).acquire_owned()).map_err(|_| StoreError::Closed)?;
        let idle = self.idle.lock().pop();
        let stale = idle.is_some();
        let mut conn = match idle {
            Some(conn) => conn,
            None => self.connect()?,
        };
        if let Err(error) = conn.begin_write() {
            discard(conn);
            // An idle connection may have died with its server; a fresh one tells the truth.
            if !stale {
                return Err(error.into());
            }
            self.idle.lock().clear();
            conn = self.connect()?;
            conn.begin_write()?;
        }
        if let Some((node, epoch)) = fence {
            match lease::holds(&mut conn, node, epoch) {
                Ok(true) => {}
                Ok(false) => {
                    discard(conn);
                    return Err(StoreError::LeaseLost);
                }
                Err(error) => {
                    discard(conn);
                    return Err(error);
                }
            }
        }
        Ok(Lent {
            conn: Some(conn),
            hold: Some(Hold::Pool {
                pool: Arc::clone(self),
                _permit: permit,
            }),
            since: Instant::now(),
            limit,
            broken: false,
        })
    }

    fn connect(&self) -> Result<Conn, StoreError> {
        let conn = self.target.connect(Role::Writer)?;
        Ok(conn.with_journal(&self.journal))
    }

    pub(super) fn close(&self) {
        self.permits.close();
        self.idle.lock().clear();
    }
}
