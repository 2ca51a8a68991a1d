//! The lanes of a bot: updates of one person in one chat are handled one after another, also while a
//! script of theirs runs. A lane that is idle is not here.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::Notify;

use crate::dialogue::{Incoming, Pending};
use crate::model::{
    Bot, Conversation, ConversationKey, Moment, OpenChoice, ScriptRequest, UpdateId,
};
use crate::scripting::Library;

/// A script that a decision asked for, with what is needed to go on.
pub struct Started {
    /// The snapshot that decided.
    pub bot: Arc<Bot>,
    /// The algorithms it decided by.
    pub library: Arc<Library>,
    /// The conversation before.
    pub conversation: Conversation,
    /// The choice that was looked at.
    pub choice: Option<OpenChoice>,
    /// When it was decided.
    pub now: Moment,
    /// The script.
    pub request: ScriptRequest,
    /// Where to go on.
    pub pending: Pending,
}

/// What a lane has to do for an update.
pub enum Work {
    /// Its script was asked for.
    Script(Box<Started>),
    /// It is still to be decided.
    Decide,
}

/// An update in a lane: committed as waiting.
pub struct Task {
    /// Its number.
    pub update_id: UpdateId,
    /// When it came.
    pub received_at: Moment,
    /// What it is.
    pub incoming: Incoming,
    /// What is to be done.
    pub work: Work,
}

/// The lanes of a bot in which a script runs. A lane that is idle is not here.
#[derive(Default)]
pub struct Lanes {
    queues: RefCell<HashMap<ConversationKey, VecDeque<Task>>>,
    waiting: Cell<usize>,
    idle: Notify,
    fewer: Notify,
}

impl Lanes {
    /// Whether a script of this lane runs or waits.
    pub fn is_busy(&self, key: &ConversationKey) -> bool {
        self.queues.borrow().contains_key(key)
    }

    /// Updates of a lane that wait behind the one in hand.
    pub fn waiting_of(&self, key: &ConversationKey) -> usize {
        self.queues.borrow().get(key).map_or(0, VecDeque::len)
    }

    /// Waits until no lane is busy.
    pub async fn wait_until_idle(&self) {
        loop {
            let notified = self.idle.notified();
            if self.queues.borrow().is_empty() {
                return;
            }
            notified.await;
        }
    }

    /// Waits until at most so many updates are in the lanes.
    pub async fn wait_until_below(&self, limit: usize) {
        loop {
            let notified = self.fewer.notified();
            if self.waiting.get() < limit {
                return;
            }
            notified.await;
        }
    }

    /// Puts an update behind those of its lane; gives it back where the lane was idle and begins with it.
    pub fn put(&self, key: ConversationKey, task: Task) -> Option<Task> {
        self.waiting.set(self.waiting.get() + 1);
        let mut queues = self.queues.borrow_mut();
        match queues.get_mut(&key) {
            Some(queue) => {
                queue.push_back(task);
                None
            }
            None => {
                queues.insert(key, VecDeque::new());
                Some(task)
            }
        }
    }

    /// An update of the lanes is handled.
    pub fn taken(&self) {
        self.waiting.set(self.waiting.get().saturating_sub(1));
        self.fewer.notify_waiters();
    }

    /// The next task of a lane; an empty lane is gone.
    pub fn next(&self, key: &ConversationKey) -> Option<Task> {
        let mut queues = self.queues.borrow_mut();
        let task = queues.get_mut(key)?.pop_front();
        if task.is_none() {
            queues.remove(key);
            drop(queues);
            self.idle.notify_waiters();
        }
        task
    }

    /// What waits in a lane is left to the table.
    pub fn close(&self, key: &ConversationKey) {
        if let Some(left) = self.queues.borrow_mut().remove(key) {
            self.waiting
                .set(self.waiting.get().saturating_sub(left.len()));
        }
        self.idle.notify_waiters();
        self.fewer.notify_waiters();
    }
}
