//! Marks `sent`, written in batches: a mark of its own for each message would cost as much as the
//! message. A mark may lag behind by [`LAG`]; what is lost of it in a crash is sent a second time and
//! marked `resent`.
//!
//! One per arbiter, and it outlives the bots on it: a bot that is built anew first waits until the
//! marks of its former self are written.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::runtime::hooks::{self, Point};
use crate::runtime::jobs;
use crate::store::Store;
use crate::store::messages::SentMark;

/// How long marks are gathered. Longer, and more is sent twice after a crash; shorter, and marks cost
/// more commits. The promise is 100 ms, and a commit takes its part of it.
const LAG: Duration = Duration::from_millis(40);
/// So many are written at once without waiting.
const BATCH: usize = 512;

/// The marks of an arbiter.
pub struct Marks {
    store: Store,
    pending: RefCell<Vec<SentMark>>,
    scheduled: Cell<bool>,
    /// Held while a batch is being written, so that a flush waits for the batch before it.
    writing: tokio::sync::Mutex<()>,
}

impl Marks {
    /// No marks yet.
    pub fn new(store: Store) -> Rc<Marks> {
        Rc::new(Marks {
            store,
            pending: RefCell::default(),
            scheduled: Cell::new(false),
            writing: tokio::sync::Mutex::new(()),
        })
    }

    /// A message was sent.
    pub fn push(self: &Rc<Self>, mark: SentMark) {
        let count = {
            let mut pending = self.pending.borrow_mut();
            pending.push(mark);
            pending.len()
        };
        if count >= BATCH {
            let marks = self.clone();
            actix::spawn(async move { marks.flush().await });
        } else if !self.scheduled.replace(true) {
            let marks = self.clone();
            actix::spawn(async move {
                tokio::time::sleep(LAG).await;
                marks.scheduled.set(false);
                marks.flush().await;
            });
        }
    }

    /// Writes all marks; returns when they are committed.
    pub async fn flush(&self) {
        let _writing = self.writing.lock().await;
        let batch = std::mem::take(&mut *self.pending.borrow_mut());
        if batch.is_empty() {
            return;
        }
        jobs::messages::mark_sent(&self.store, batch).await;
        hooks::pass(Point::Marked);
    }
}
