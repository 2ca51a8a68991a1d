//! What a run and whoever watches it tell each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Flags that one run shares with its watchdog (`runtime/scripts/watchdog.rs`).
#[derive(Clone, Debug, Default)]
pub struct Control {
    /// The bot or the node is ending: the run ends too, and is made again at the next start.
    pub cancel: Arc<AtomicBool>,
    /// The run's time is over. Each payment of the machine looks at it.
    pub overdue: Arc<AtomicBool>,
    waits: Arc<AtomicBool>,
    writes: Arc<AtomicBool>,
}

impl Control {
    /// One that is cancelled by this flag.
    #[must_use]
    pub fn cancelled_by(cancel: Arc<AtomicBool>) -> Control {
        Control {
            cancel,
            ..Control::default()
        }
    }

    /// Whether it waits for the store or the network, which have limits of their own.
    pub fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// Whether it holds the write lease.
    pub fn writes(&self) -> bool {
        self.writes.load(Ordering::Relaxed)
    }

    /// It waits for the store or the network until the answer is dropped.
    pub(super) fn begin_wait(&self) -> impl Drop + use<> {
        struct Waiting(Arc<AtomicBool>);
        impl Drop for Waiting {
            fn drop(&mut self) {
                self.0.store(false, Ordering::Relaxed);
            }
        }
        self.waits.store(true, Ordering::Relaxed);
        Waiting(Arc::clone(&self.waits))
    }

    /// It took the write lease, or gave it back undone.
    pub(super) fn set_writes(&self, writes: bool) {
        self.writes.store(writes, Ordering::Relaxed);
    }
}
