//! Checkpoints of SQLite's WAL, off the writer's path.
//!
//! This thread copies frames into the database with passive checkpoints, which disturb nobody. While
//! it copies, the writer goes on, so the WAL would never be empty and would grow for ever; the
//! writer is therefore asked to copy the last few frames itself between two batches, after which
//! SQLite starts the WAL over.
//!
//! The thread also looks whether the file is still where it was: SQLite would go on writing to an
//! unlinked file, and everything written would be lost. It must only `stat` it: opening and closing
//! a database file in this process would drop SQLite's locks on it (POSIX).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use parking_lot::{Condvar, Mutex};

use super::conn::Engine;
use super::error::StoreError;
use super::link::{Generation, Link};
use super::writer::Shared;

/// How often the WAL is measured while there are writes.
const LOOK: Duration = Duration::from_millis(200);
/// How often the file is looked for while there are none.
const LOOK_IDLE: Duration = Duration::from_secs(1);
/// Without writes for so long, whatever waits is copied.
const IDLE: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct Stop {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(super) fn stop(&self) {
        *self.stopped.lock() = true;
        self.changed.notify_all();
    }

    /// Sleeps; true when it is time to end.
    fn sleep(&self, time: Duration) -> bool {
        let mut stopped = self.stopped.lock();
        if !*stopped {
            self.changed.wait_for(&mut stopped, time);
        }
        *stopped
    }
}

#[derive(QueryableByName)]
struct WalState {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    #[allow(dead_code)] // a column of the pragma
    busy: i32,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    log: i32,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    checkpointed: i32,
}

fn pragma(link: &mut Link, mode: &str) -> Result<WalState, StoreError> {
    match &mut link.conn()?.engine {
        Engine::Sqlite(c) => Ok(diesel::sql_query(format!("pragma wal_checkpoint({mode})"))
            .get_result::<WalState>(c)?),
        Engine::Postgres(_) => Err(StoreError::other("у PostgreSQL нет WAL SQLite")),
    }
}

/// The file as the file system knows it.
fn identity(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let meta = std::fs::metadata(path).ok()?;
        Some((meta.dev(), meta.ino()))
    }
    #[cfg(not(unix))]
    {
        std::fs::metadata(path).ok().map(|_| (0, 0))
    }
}

/// The database file, known from before the thread that watches it runs: what happens to it until then
/// is noticed too.
pub(super) struct Watched {
    path: PathBuf,
    known: Option<(u64, u64)>,
}

impl Watched {
    pub(super) fn at(path: PathBuf) -> Watched {
        Watched {
            known: identity(&path),
            path,
        }
    }
}

/// Works until told to stop; copies when `frames` frames wait.
pub(super) fn run(
    mut link: Link,
    file: Watched,
    frames: i32,
    generation: &Arc<Generation>,
    shared: &Arc<Shared>,
    stop: &Arc<Stop>,
) {
    let Watched { path, mut known } = file;
    let mut last_write = Instant::now();
    let mut waiting = false;
    let mut pause = LOOK_IDLE;
    while !stop.sleep(pause) {
        let now = identity(&path);
        if now != known {
            tracing::error!(path = %path.display(), there = now.is_some(), "the database file was replaced or taken away");
            known = now;
            generation.raise();
        }
        let wrote = shared.dirty.swap(false, Ordering::AcqRel);
        if wrote {
            last_write = Instant::now();
            waiting = true;
        }
        pause = if waiting { LOOK } else { LOOK_IDLE };
        if !waiting {
            continue;
        }
        let idle = last_write.elapsed() >= IDLE;
        // Errors are the writer's to report: it meets them at its next commit.
        let Ok(state) = pragma(&mut link, "noop") else {
            link.reset();
            continue;
        };
        if state.log - state.checkpointed < frames && !idle {
            continue;
        }
        match pragma(&mut link, "passive") {
            Ok(_) => {
                shared.counters.checkpointed();
                if idle {
                    waiting = false;
                } else {
                    shared.finish_checkpoint.store(true, Ordering::Release);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a checkpoint failed");
                link.reset();
            }
        }
    }
    link.reset();
}
