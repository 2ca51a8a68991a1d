//! The database: SQLite or PostgreSQL behind one interface, a file per table, group commit.
//!
//! A table's file holds its row, its insert form and its queries, as functions over [`Conn`]. They
//! run inside jobs: [`Store::write`] puts a job into the writer's queue, where many share a
//! transaction and an fsync; [`Store::read`] runs one on the small pool of readers;
//! [`Store::lend`] gives a script thread a connection of its own.
//!
//! This room knows nothing of Telegram, actors or HTTP. What happens when is decided by callers:
//! the present moment is always an argument.

mod authorizing;
mod changed;
mod checkpoint;
mod conn;
mod dialect;
mod error;
mod ids;
mod lend;
mod link;
mod migrations;
mod private;
mod probe;
mod queue;
mod reader;
mod schema;
mod secrets;
mod writer;

pub mod alarms;
pub mod audit;
pub mod bots;
pub mod chats;
pub mod choices;
pub mod conversations;
pub mod definitions;
pub mod events;
pub mod idempotency;
pub mod inbox;
pub mod journal;
pub mod lease;
pub mod links;
pub mod messages;
pub mod meta;
pub mod offsets;
pub mod parties;
pub mod pauses;
pub mod registrations;
pub mod requests;
pub mod retention;
pub mod tokens;
pub mod unit_of_work;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::Mutex;

pub use crate::model::By;
pub use changed::{Changed, PartyNow, RegistrationNow};
pub use conn::{Conn, Engine};
pub use error::StoreError;
pub use ids::Ids;
pub use lend::Lent;
pub use private::{create_private, is_shared};
pub use probe::Probe;
pub use secrets::{Key, SEALED_PREFIX, Secret};

use changed::{Watcher, Watchers};
use conn::{Role, Target};
use journal::Journal;
use lend::LendPool;
use link::{Generation, Link};
use queue::Queue;
use reader::Readers;
use writer::{Entry, Shared, Typed, Writer};

/// How the store is opened.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// `sqlite:FILE` or `postgres://…`.
    pub url: String,
    /// The key of the secrets.
    pub key: Key,
    /// The name of this process in the lease; no two processes may share one.
    pub node: String,
    /// Numbers that only tests and measurements change.
    pub tuning: Tuning,
}

impl StoreConfig {
    /// With the usual numbers.
    pub fn new(url: impl Into<String>, key: Key, node: impl Into<String>) -> StoreConfig {
        StoreConfig {
            url: url.into(),
            key,
            node: node.into(),
            tuning: Tuning::default(),
        }
    }
}

/// The store's numbers, each with its reason.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// Jobs in one transaction (256): more hardly lower the cost of a job and make the first wait
    /// longer for its answer.
    pub batch: usize,
    /// Jobs that may wait for a writer (4,096): a quarter of a second's work. With more the waiting
    /// would be in memory instead of at Telegram.
    pub write_queue: usize,
    /// Jobs that may wait for a reader (1,024).
    pub read_queue: usize,
    /// Reader threads (2): reads are few and short.
    pub readers: usize,
    /// Writer threads on PostgreSQL (2): one commits while the other fills its batch.
    pub postgres_writers: usize,
    /// How long SQLite waits for another process's lock (5 s).
    pub busy: Duration,
    /// How long a script may hold the writer (`scripts.write_limit_ms`, 200 ms).
    pub lend_limit: Duration,
    /// Frames of SQLite's WAL that wait before they are copied into the file (4,000, which are 16 MB):
    /// with fewer, pages that are written again and again are copied as often; with more, a start after
    /// a crash reads longer.
    pub checkpoint_frames: i32,
    /// A ceiling for SQLite's file, in pages: how a test makes a full disk.
    pub sqlite_max_pages: Option<u32>,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning {
            batch: 256,
            write_queue: 4_096,
            read_queue: 1_024,
            readers: 2,
            postgres_writers: 2,
            busy: Duration::from_secs(5),
            lend_limit: Duration::from_millis(200),
            checkpoint_frames: 4_000,
            sqlite_max_pages: None,
        }
    }
}

/// The database, open. Cheap to clone; the last clone closes it, after the jobs that wait.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    target: Target,
    key: Key,
    shared: Arc<Shared>,
    readers: Arc<Readers>,
    lend_pool: Option<Arc<LendPool>>,
    lend_limit: Duration,
    journal: Arc<Journal>,
    checkpoint_stop: Arc<checkpoint::Stop>,
    /// Callers that wait for the database to take their write.
    waiting: AtomicUsize,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Whether there is a database at this address that a store was opened on before. Makes nothing.
///
/// # Errors
/// [`StoreError::Url`], or an outage.
pub fn is_there(url: &str) -> Result<bool, StoreError> {
    let tuning = Tuning::default();
    let target = Target::parse(url, tuning.busy, None)?;
    if let Target::Sqlite { path, .. } = &target
        && !path.exists()
    {
        return Ok(false);
    }
    meta::is_sealed(&mut target.connect(Role::Reader)?)
}

impl Store {
    /// Opens the database: makes the file where there is none, runs the migrations, checks the key,
    /// reserves ids, starts the threads. Blocks; call it before the runtime or on a blocking thread.
    ///
    /// # Errors
    /// [`StoreError::FromFuture`], [`StoreError::WrongKey`], [`StoreError::Url`], or an outage.
    pub fn open(config: StoreConfig) -> Result<Store, StoreError> {
        let StoreConfig {
            url,
            key,
            node,
            tuning,
        } = config;
        let target = Target::parse(&url, tuning.busy, tuning.sqlite_max_pages)?;
        let mut conn = target.connect(Role::Opener)?;
        migrations::run(&mut conn)?;
        conn.begin_write()?;
        let prepared = meta::check_key(&mut conn, &key)
            .and_then(|()| meta::forget_writers(&mut conn))
            .and_then(|()| meta::take_block(&mut conn));
        let block = match prepared {
            Ok(block) => block,
            Err(error) => {
                conn.rollback()?;
                return Err(error);
            }
        };
        conn.commit()?;

        let generation = Arc::new(Generation::default());
        let watchers = Arc::new(Watchers::default());
        let ids = Arc::new(Ids::new(block));
        let journal = Arc::new(Journal::new(Arc::clone(&ids)));
        let shared = Arc::new(Shared {
            watchers: Arc::clone(&watchers),
            queue: Queue::new(tuning.write_queue),
            counters: probe::Counters::default(),
            ids,
            node,
            epoch: AtomicU64::new(0),
            finish_checkpoint: AtomicBool::new(false),
            dirty: AtomicBool::new(false),
            batch_most: tuning.batch.max(1),
        });
        let readers = Arc::new(Readers {
            queue: Queue::new(tuning.read_queue),
        });
        let checkpoint_stop = Arc::new(checkpoint::Stop::default());
        let link = |role| {
            let (generation, journal) = (Arc::clone(&generation), Arc::clone(&journal));
            Link::new(target.clone(), role, generation, journal)
        };
        let mut threads = Vec::new();
        let mut start = |name: String, work: Box<dyn FnOnce() + Send>| -> Result<(), StoreError> {
            let thread = std::thread::Builder::new()
                .name(name)
                .spawn(work)
                .map_err(|error| StoreError::other(format!("поток не запускается: {error}")))?;
            threads.push(thread);
            Ok(())
        };
        let writers = if target.is_postgres() {
            tuning.postgres_writers.max(1)
        } else {
            1
        };
        for number in 0..writers {
            let mut link = link(Role::Writer);
            // SQLite: connected while `conn` is still open, or closing `conn` would delete the WAL
            // only for it to be made again.
            link.conn()?;
            let writer = Writer::new(link, Arc::clone(&shared), meta::writer_name(block, number));
            start(format!("store-w{number}"), Box::new(|| writer.run()))?;
        }
        for number in 0..tuning.readers.max(1) {
            let (link, readers, shared) = (
                link(Role::Reader),
                Arc::clone(&readers),
                Arc::clone(&shared),
            );
            start(
                format!("store-r{number}"),
                Box::new(move || reader::run(link, &readers, &shared)),
            )?;
        }
        if let Target::Sqlite { path, .. } = &target {
            let (link, file) = (
                link(Role::Checkpoint),
                checkpoint::Watched::at(path.clone()),
            );
            let frames = tuning.checkpoint_frames;
            let (generation, shared, stop) = (
                Arc::clone(&generation),
                Arc::clone(&shared),
                Arc::clone(&checkpoint_stop),
            );
            start(
                "store-ckpt".to_owned(),
                Box::new(move || checkpoint::run(link, file, frames, &generation, &shared, &stop)),
            )?;
        }
        let lend_pool = target
            .is_postgres()
            .then(|| LendPool::new(target.clone(), Arc::clone(&watchers), Arc::clone(&journal)));
        Ok(Store {
            inner: Arc::new(Inner {
                target,
                key,
                shared,
                readers,
                lend_pool,
                lend_limit: tuning.lend_limit,
                journal,
                checkpoint_stop,
                waiting: AtomicUsize::new(0),
                threads: Mutex::new(threads),
            }),
        })
    }

    /// Runs a job in a transaction and answers when it is on the disk. The job must be safe to run
    /// again: it may run, be undone and run a second time, on another connection too. It runs also
    /// when the caller goes away. Waits while the queue is full.
    ///
    /// # Errors
    /// What the job returns; [`StoreError::Panicked`]; an outage; [`StoreError::Closed`].
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    {
        self.submit(job, false).await
    }

    /// Like [`write`](Self::write), but only while this node holds the lease
    /// ([`set_epoch`](Self::set_epoch)).
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when another node took it; else as `write`.
    pub async fn fenced_write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    {
        self.submit(job, true).await
    }

    async fn submit<T, F>(&self, job: F, fenced: bool) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    {
        let (job, answer) = Typed::boxed(job, fenced);
        self.inner.shared.queue.push(Entry::Job(job)).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// [`write`](Self::write) for a thread that may block: the command line.
    ///
    /// # Errors
    /// As `write`.
    pub fn write_blocking<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    {
        queue::block_on(self.write(job))
    }

    /// Runs a job on a reader. Each of its statements sees what is committed then; a job that needs
    /// one view reads within [`Conn::savepoint`]. The job may run twice when a connection died.
    ///
    /// # Errors
    /// What the job returns; [`StoreError::Panicked`]; an outage; [`StoreError::Closed`].
    pub async fn read<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    {
        let (job, answer) = Typed::boxed(job, false);
        self.inner.readers.queue.push(job).await?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// [`read`](Self::read) for a thread that may block.
    ///
    /// # Errors
    /// As `read`.
    pub fn read_blocking<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    {
        queue::block_on(self.read(job))
    }

    /// Waits in the writer's queue and takes the write lease. Only for a thread that may block, and
    /// never from within a job. `fenced`: only while this node holds the lease of the database.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], an outage, [`StoreError::Closed`].
    pub fn lend(&self, fenced: bool) -> Result<Lent, StoreError> {
        let inner = &self.inner;
        match &inner.lend_pool {
            Some(pool) => {
                let epoch = inner.shared.epoch.load(Ordering::Acquire);
                if fenced && epoch == 0 {
                    return Err(StoreError::LeaseLost);
                }
                let fence = fenced.then_some((inner.shared.node.as_str(), epoch as i64));
                pool.lend(fence, inner.lend_limit)
            }
            None => Lent::from_writer(
                |request| inner.shared.queue.push_blocking(Entry::Lend(request)),
                fenced,
                inner.lend_limit,
            ),
        }
    }

    /// Tells `watcher` of every commit from now on that changed what somebody keeps in memory, before the
    /// writer of the change hears that it is done.
    pub fn watch(&self, watcher: Watcher) {
        self.inner.shared.watchers.add(watcher);
    }

    /// Somebody waits for the database to take a write, until the answer is dropped.
    pub fn waits(&self) -> Waits {
        self.inner.waiting.fetch_add(1, Ordering::Relaxed);
        Waits(Arc::clone(&self.inner))
    }

    /// Whether somebody waits for the database to take a write.
    pub fn is_waited_for(&self) -> bool {
        self.inner.waiting.load(Ordering::Relaxed) > 0
    }

    /// Tells the writers under which epoch this node holds the lease; `None`: it does not.
    pub fn set_epoch(&self, epoch: Option<i64>) {
        let epoch = epoch
            .and_then(|epoch| u64::try_from(epoch).ok())
            .unwrap_or(0);
        self.inner.shared.epoch.store(epoch, Ordering::Release);
    }

    /// The name of this process in the lease.
    pub fn node(&self) -> &str {
        &self.inner.shared.node
    }

    /// Keys for new rows.
    pub fn ids(&self) -> &Arc<Ids> {
        &self.inner.shared.ids
    }

    /// The key of the secrets.
    pub fn key(&self) -> &Key {
        &self.inner.key
    }

    /// True on PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.inner.target.is_postgres()
    }

    /// The file of the database; `None` on PostgreSQL.
    pub fn file(&self) -> Option<PathBuf> {
        match &self.inner.target {
            Target::Sqlite { path, .. } => Some(path.clone()),
            Target::Postgres { .. } => None,
        }
    }

    /// A snapshot of itself.
    pub fn probe(&self) -> Probe {
        let engine = if self.is_postgres() {
            "postgres"
        } else {
            "sqlite"
        };
        self.inner.shared.counters.probe(
            engine,
            self.inner.shared.queue.len(),
            self.inner.readers.queue.len(),
            self.inner.journal.waiting(),
        )
    }

    /// Copies the database into a new file while it works (SQLite). Blocks.
    ///
    /// # Errors
    /// An existing file, a full disk; on PostgreSQL: use its own tools.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        use diesel::prelude::*;
        match self.inner.target.connect(Role::Checkpoint)?.engine {
            Engine::Postgres(_) => Err(StoreError::other(
                "копия базы PostgreSQL делается её средствами: pg_dump",
            )),
            Engine::Sqlite(mut c) => {
                if to.exists() {
                    return Err(StoreError::NotUnique {
                        what: format!("файл {}", to.display()),
                    });
                }
                // SQLite takes an empty file that is there: so nobody else can read it from the start.
                create_private(to).map_err(|error| {
                    StoreError::other(format!("{}: файл не создаётся: {error}", to.display()))
                })?;
                let copied = diesel::sql_query("vacuum into ?")
                    .bind::<diesel::sql_types::Text, _>(to.to_string_lossy())
                    .execute(&mut c);
                if copied.is_err() {
                    // Half a copy is none.
                    let _ = std::fs::remove_file(to);
                }
                copied?;
                Ok(())
            }
        }
    }

    /// Finishes the jobs that wait, closes the connections, ends the threads. Further jobs are
    /// refused with [`StoreError::Closed`]. Blocks.
    pub fn close(&self) {
        self.inner.close();
    }
}

/// A caller that waits for the database; see [`Store::waits`].
pub struct Waits(Arc<Inner>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Inner {
    fn close(&self) {
        self.shared.queue.close();
        self.readers.queue.close();
        self.checkpoint_stop.stop();
        if let Some(pool) = &self.lend_pool {
            pool.close();
        }
        let threads: Vec<JoinHandle<()>> = self.threads.lock().drain(..).collect();
        let here = std::thread::current().id();
        for thread in threads {
            // A job that held the last clone drops it on the writer's own thread.
            if thread.thread().id() != here && thread.join().is_err() {
                tracing::error!("a thread of the store ended with a panic");
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
