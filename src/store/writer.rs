//! Group commit: waiting jobs share a transaction, thus one fsync, and are answered after it.
//!
//! A batch first runs plainly, job after job. When one fails, the batch is undone and runs again
//! with a savepoint round each job, so that only the failed one is undone: jobs are safe to run
//! again by contract, and savepoints cost a third of the rate on SQLite and two round trips a job on
//! PostgreSQL. A job that panics costs the connection (nothing can be known about what it left
//! open) and a rerun of the others. When the batch as a whole fails (a full disk, a deadlock, a lost
//! connection), its jobs run again one by one, and each gets its own answer.
//!
//! Between two jobs the writer can lend its connection to a script thread (see `lend`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::changed::Watchers;
use super::conn::{Conn, Engine};
use super::error::{StoreError, panic_message};
use super::ids::Ids;
use super::lease;
use super::lend::{LendRequest, Returned, Verdict};
use super::link::Link;
use super::meta::{self, Fate};
use super::probe::Counters;
use super::queue::Queue;

/// Batches that keep their savepoints after a job failed in a plain one: failures come in runs, and
/// a plain batch that fails is paid for twice.
const GUARDED_AFTER_FAILURE: u32 = 16;
/// How often a job alone in its transaction is tried when PostgreSQL found a deadlock.
const DEADLOCK_TRIES: u32 = 3;
/// How long a commit whose answer was lost is asked for when the store is closing.
const RESOLVE_ON_CLOSE: Duration = Duration::from_secs(5);

/// A unit of work with its caller's reply.
pub(super) trait Job: Send {
    fn fenced(&self) -> bool;
    /// Runs the work and keeps its output; a panic becomes an error here, inside the transaction.
    fn run(&mut self, conn: &mut Conn) -> Result<(), StoreError>;
    /// Tells the caller: its output, or why not.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

/// A [`Job`] made of a closure.
pub(super) struct Typed<F, T> {
    work: F,
    fenced: bool,
    output: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Typed<F, T>
where
    T: Send + 'static,
    F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
{
    /// The job for the queue and the place where its answer comes.
    pub(super) fn boxed(
        work: F,
        fenced: bool,
    ) -> (Box<dyn Job>, oneshot::Receiver<Result<T, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        let job = Typed {
            work,
            fenced,
            output: None,
            reply,
        };
        (Box::new(job), answer)
    }
}

impl<F, T> Job for Typed<F, T>
where
    T: Send,
    F: Fn(&mut Conn) -> Result<T, StoreError> + Send,
{
    fn fenced(&self) -> bool {
        self.fenced
    }

    fn run(&mut self, conn: &mut Conn) -> Result<(), StoreError> {
        self.output = None;
        match catch_unwind(AssertUnwindSafe(|| (self.work)(conn))) {
            Ok(Ok(output)) => {
                self.output = Some(output);
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(panic) => Err(StoreError::Panicked {
                message: panic_message(&*panic),
            }),
        }
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let answer = match (failure, self.output) {
            (Some(error), _) => Err(error),
            (None, Some(output)) => Ok(output),
            (None, None) => Err(StoreError::other("задание не выполнено")),
        };
        // A caller that went away no longer wants to know; the write stands.
        let _ = self.reply.send(answer);
    }
}

/// What stands in the writer's queue.
pub(super) enum Entry {
    Job(Box<dyn Job>),
    Lend(LendRequest),
}

/// What the writers of a store share.
pub(super) struct Shared {
    pub(super) queue: Queue<Entry>,
    pub(super) counters: Counters,
    pub(super) ids: Arc<Ids>,
    pub(super) node: String,
    /// The epoch of the lease that this node believes to hold; 0: none.
    pub(super) epoch: AtomicU64,
    /// Set by the checkpoint thread: the writer copies the last frames itself, which lets the WAL
    /// start over.
    pub(super) finish_checkpoint: AtomicBool,
    /// Told of what each commit changed.
    pub(super) watchers: Arc<Watchers>,
    /// Set by the writer after a commit, for the checkpoint thread.
    pub(super) dirty: AtomicBool,
    pub(super) batch_most: usize,
}

struct Slot {
    entry: Entry,
    /// Its failure is final (or, for a lend, it was carried out): it does not run again.
    settled: bool,
    failure: Option<StoreError>,
}

impl Slot {
    fn fenced(&self) -> bool {
        match &self.entry {
            Entry::Job(job) => job.fenced(),
            Entry::Lend(request) => request.fenced,
        }
    }

    fn settle(&mut self, failure: StoreError) {
        self.settled = true;
        self.failure = Some(failure);
    }
}

/// Why an attempt ended without a commit.
enum Stop {
    /// Nothing was begun: the database cannot be had.
    NotBegun(StoreError),
    /// A job failed without a savepoint round it; all is undone.
    JobFailed,
    /// A job panicked and is settled; the connection is gone.
    Panicked,
    /// The transaction itself failed; all is undone.
    Broken(StoreError),
}

/// What a transaction began with.
struct Opened {
    /// PostgreSQL's number of the transaction; not unique when the server crashes.
    xid: Option<String>,
    /// A block of ids reserved in it.
    block: Option<i64>,
}

pub(super) struct Writer {
    link: Link,
    shared: Arc<Shared>,
    guarded_left: u32,
    /// The name under which this writer marks its batches on PostgreSQL, and the batch's number.
    name: String,
    batch: u64,
}

impl Writer {
    pub(super) fn new(link: Link, shared: Arc<Shared>, name: String) -> Writer {
        Writer {
            link,
            shared,
            guarded_left: 0,
            name,
            batch: 0,
        }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let mut entries = Vec::with_capacity(self.shared.batch_most);
        let mut slots: Vec<Slot> = Vec::with_capacity(self.shared.batch_most);
        while self.shared.queue.take(self.shared.batch_most, &mut entries) {
            slots.extend(entries.drain(..).map(|entry| Slot {
                entry,
                settled: false,
                failure: None,
            }));
            self.batch(&mut slots);
            self.shared
                .counters
                .jobs
                .fetch_add(slots.len() as u64, Ordering::Relaxed);
            for slot in slots.drain(..) {
                match slot.entry {
                    Entry::Job(job) => job.answer(slot.failure),
                    Entry::Lend(request) => request.answer(slot.failure),
                }
            }
            if self.shared.finish_checkpoint.swap(false, Ordering::AcqRel)
                && let Ok(conn) = self.link.conn()
            {
                // Passive: whoever reads is not disturbed, and what cannot be copied now waits.
                let _ = conn.batch("pragma wal_checkpoint(passive)");
            }
        }
        if self.link.is_postgres() && self.batch > 0 {
            // An outage leaves the mark for the next start.
            if let Ok(conn) = self.link.conn() {
                let _ = meta::forget_writer(conn, &self.name);
            }
        }
        self.link.reset();
    }

    fn batch(&mut self, slots: &mut [Slot]) {
        let mut guarded = self.guarded_left > 0;
        self.guarded_left = self.guarded_left.saturating_sub(1);
        let mut panics = 0;
        loop {
            match self.attempt(slots, guarded) {
                Ok(()) => return,
                Err(Stop::JobFailed) => {
                    guarded = true;
                    self.guarded_left = GUARDED_AFTER_FAILURE;
                    self.shared.counters.reruns.fetch_add(1, Ordering::Relaxed);
                }
                Err(Stop::Panicked) => {
                    guarded = true;
                    panics += 1;
                    self.shared.counters.reruns.fetch_add(1, Ordering::Relaxed);
                    if panics > 1 {
                        return self.one_by_one(slots);
                    }
                }
                Err(Stop::NotBegun(error)) => {
                    for slot in slots.iter_mut().filter(|slot| !slot.settled) {
                        slot.settle(error.clone());
                    }
                    return;
                }
                Err(Stop::Broken(error)) => {
                    self.shared.counters.reruns.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(%error, jobs = slots.len(), "a batch of writes failed; its jobs run again one by one");
                    return self.one_by_one(slots);
                }
            }
        }
    }

    fn one_by_one(&mut self, slots: &mut [Slot]) {
        for slot in slots.iter_mut().filter(|slot| !slot.settled) {
            let mut tries = 0;
            loop {
                tries += 1;
                let error = match self.attempt(std::slice::from_mut(slot), false) {
                    Ok(()) => break,
                    Err(Stop::NotBegun(error) | Stop::Broken(error)) => error,
                    Err(Stop::JobFailed | Stop::Panicked) => break,
                };
                let again = tries < DEADLOCK_TRIES && matches!(error, StoreError::Busy { .. });
                if !(again && self.link.is_postgres()) || slot.settled {
                    if !slot.settled {
                        slot.settle(error);
                    }
                    break;
                }
            }
        }
    }

    /// One transaction over the slots that are not settled. After `Ok` the failures in the slots
    /// are what there is to tell. Lends that an undone transaction takes with it are told so: a
    /// script is not run again by us.
    fn attempt(&mut self, slots: &mut [Slot], guarded: bool) -> Result<(), Stop> {
        let stop = match self.transaction(slots, guarded) {
            Ok(()) => return Ok(()),
            Err(stop) => stop,
        };
        let error = match &stop {
            Stop::Broken(error) | Stop::NotBegun(error) => error.clone(),
            Stop::JobFailed | Stop::Panicked => StoreError::Busy {
                message: "запись отменена вместе с соседней".to_owned(),
            },
        };
        for slot in slots.iter_mut() {
            if let Entry::Lend(request) = &slot.entry
                && request.used()
                && slot.failure.is_none()
            {
                slot.settle(error.clone());
            }
        }
        Err(stop)
    }

    fn transaction(&mut self, slots: &mut [Slot], guarded: bool) -> Result<(), Stop> {
        let alone = slots.len() == 1;
        let mut guarded = guarded && !alone;
        self.open()?;
        let opened = self.fence_and_number(slots)?;

        for slot in slots.iter_mut().filter(|slot| !slot.settled) {
            slot.failure = None;
            match &mut slot.entry {
                Entry::Lend(_) => {
                    // What comes after a lend cannot be undone with it: the script is not run again.
                    guarded = true;
                    if let Err(error) = self.lend(slot) {
                        self.link.reset();
                        return Err(Stop::Broken(error));
                    }
                }
                Entry::Job(job) => {
                    let conn = self.link.conn().map_err(Stop::Broken)?;
                    if guarded && let Err(error) = conn.begin() {
                        return Err(self.broken(error.into()));
                    }
                    let failure = match job.run(conn) {
                        Ok(()) => {
                            if guarded && let Err(error) = conn.commit() {
                                return Err(self.broken(error.into()));
                            }
                            continue;
                        }
                        Err(failure) => failure,
                    };
                    if matches!(failure, StoreError::Panicked { .. }) {
                        tracing::error!(%failure, "a write job panicked");
                        slot.settle(failure);
                        self.link.reset();
                        if alone {
                            return Ok(());
                        }
                        return Err(Stop::Panicked);
                    }
                    if failure.breaks_connection() {
                        return Err(self.broken(failure));
                    }
                    let undone = conn.rollback();
                    if alone {
                        if undone.is_err() {
                            self.link.reset();
                        }
                        if matches!(failure, StoreError::Busy { .. }) {
                            return Err(Stop::Broken(failure));
                        }
                        slot.settle(failure);
                        return Ok(());
                    }
                    if let Err(error) = undone {
                        return Err(self.broken(error.into()));
                    }
                    if !guarded {
                        return Err(Stop::JobFailed);
                    }
                    if matches!(failure, StoreError::Busy { .. }) {
                        // A deadlock: PostgreSQL chose this job as its victim. Others may go on, but
                        // they hold their locks until the commit; undo all and go one by one.
                        return Err(self.broken(failure));
                    }
                    slot.failure = Some(failure);
                }
            }
        }
        self.commit(opened)
    }

    /// Opens the transaction; a connection that went stale in the meantime is replaced once.
    fn open(&mut self) -> Result<(), Stop> {
        for last in [false, true] {
            let conn = self.link.conn().map_err(Stop::NotBegun)?;
            match conn.begin_write().map_err(StoreError::from) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    if !matches!(error, StoreError::Busy { .. } | StoreError::Full { .. }) {
                        self.link.reset();
                    }
                    if last || !error.breaks_connection() {
                        return Err(Stop::NotBegun(error));
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks the lease once for all fenced jobs, hands a new block to the ids where they run low,
    /// and marks the batch on PostgreSQL: a commit whose answer is lost can then be looked up.
    fn fence_and_number(&mut self, slots: &mut [Slot]) -> Result<Opened, Stop> {
        let epoch = self.shared.epoch.load(Ordering::Acquire);
        let node = self.shared.node.clone();
        let ids = Arc::clone(&self.shared.ids);
        self.batch += 1;
        let (writer, batch) = (self.name.clone(), self.batch);
        let conn = self.link.conn().map_err(Stop::Broken)?;
        let mut work = || -> Result<Opened, StoreError> {
            if slots.iter().any(|slot| !slot.settled && slot.fenced())
                && (epoch == 0 || !lease::holds(conn, &node, epoch as i64)?)
            {
                for slot in slots.iter_mut() {
                    if !slot.settled && slot.fenced() {
                        slot.settle(StoreError::LeaseLost);
                    }
                }
            }
            let block = if ids.runs_low() {
                Some(meta::take_block(conn)?)
            } else {
                None
            };
            let xid = match &mut conn.engine {
                Engine::Sqlite(_) => None,
                Engine::Postgres(c) => Some(meta::mark_batch(c, &writer, batch)?),
            };
            Ok(Opened { xid, block })
        };
        work().map_err(|error| self.broken(error))
    }

    fn commit(&mut self, opened: Opened) -> Result<(), Stop> {
        let at_work = self.shared.epoch.load(Ordering::Acquire) != 0;
        let conn = self.link.conn().map_err(Stop::Broken)?;
        if !at_work && conn.changed().has_people() {
            // The node at work hears of its own changes; of ours it is told by the database.
            meta::raise_people_version(conn).map_err(|error| self.broken(error))?;
        }
        let conn = self.link.conn().map_err(Stop::Broken)?;
        let flushed = match conn.flush_journal() {
            Ok(flushed) => flushed,
            Err(error) => return Err(self.broken(error)),
        };
        let began = Instant::now();
        let conn = self.link.conn().map_err(Stop::Broken)?;
        let changed = conn.take_changed();
        let outcome = conn.commit().map_err(StoreError::from);
        let counters = &self.shared.counters;
        if let Err(error) = outcome {
            self.link.reset();
            let committed = match opened.xid {
                Some(xid) if error.breaks_connection() => self.was_committed(&xid),
                _ => false,
            };
            if !committed {
                return Err(Stop::Broken(error));
            }
        } else {
            counters.commit_took(began.elapsed());
        }
        if let Some(flushed) = flushed {
            flushed.committed();
        }
        if let Some(block) = opened.block {
            self.shared.ids.add_block(block);
        }
        self.shared.dirty.store(true, Ordering::Release);
        self.shared.watchers.tell(&changed);
        Ok(())
    }

    /// Undoes all by dropping the connection.
    fn broken(&mut self, error: StoreError) -> Stop {
        self.link.reset();
        Stop::Broken(error)
    }

    /// Asks PostgreSQL what became of a transaction whose commit was not answered. Waits for the
    /// server: until it is back, nobody knows.
    fn was_committed(&mut self, xid: &str) -> bool {
        let mut closing = None;
        loop {
            if self.shared.queue.is_closed() {
                let since = *closing.get_or_insert_with(Instant::now);
                if since.elapsed() > RESOLVE_ON_CLOSE {
                    tracing::error!(xid, "closed without knowing whether a batch was committed");
                    return false;
                }
            }
            let (writer, batch) = (self.name.clone(), self.batch);
            let fate = self.link.conn().and_then(|conn| match &mut conn.engine {
                Engine::Sqlite(_) => Ok(Fate::Undone),
                Engine::Postgres(c) => meta::fate_of_batch(c, &writer, batch, xid),
            });
            match fate {
                Ok(Fate::Committed) => return true,
                Ok(Fate::Undone) => return false,
                Ok(Fate::Open) => {}
                Err(_) => self.link.reset(),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Lends the connection to the script thread of this slot and waits for it to come back.
    fn lend(&mut self, slot: &mut Slot) -> Result<(), StoreError> {
        let Entry::Lend(request) = &mut slot.entry else {
            return Ok(());
        };
        self.link.conn()?.begin()?;
        let Some(conn) = self.link.take() else {
            return Err(StoreError::other("соединение не открыто"));
        };
        let Returned { conn, verdict } = match request.give(conn) {
            Ok(returned) => returned,
            Err(None) => return Err(StoreError::other("соединение потеряно при аренде")),
            Err(Some(unwanted)) => {
                // The script gave up waiting; nobody reads an answer.
                self.link.put(unwanted);
                self.link.conn()?.rollback()?;
                slot.settled = true;
                return Ok(());
            }
        };
        self.shared.counters.lends.fetch_add(1, Ordering::Relaxed);
        match verdict {
            Verdict::Commit => {
                self.link.put(conn);
                self.link.conn()?.commit()?;
                slot.settled = true;
            }
            Verdict::Rollback => {
                self.link.put(conn);
                self.link.conn()?.rollback()?;
                slot.settled = true;
            }
            Verdict::Broken => {
                super::link::discard(conn);
                slot.settle(StoreError::Panicked {
                    message: "сбой при записи под арендой".to_owned(),
                });
                return Err(StoreError::Gone {
                    message: "соединение отброшено после сбоя".to_owned(),
                });
            }
        }
        Ok(())
    }
}
