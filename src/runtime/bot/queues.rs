//! The queues of a bot's conversations: updates of one person in one chat are handled one after another,
//! also while a script of theirs runs. A conversation that is idle has none.

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

/// What is to be done for an update in a queue.
pub enum Work {
    /// Its script was asked for.
    Script(Box<Started>),
    /// It is still to be decided.
    Decide,
}

/// An update that is committed as waiting.
pub struct Waiting {
    /// Its number.
    pub update_id: UpdateId,
    /// Updates that are parts of the same message: they are finished with it.
    pub with: Vec<UpdateId>,
    /// When it came.
    pub received_at: Moment,
    /// What it is.
    pub incoming: Incoming,
    /// Whether it waited already when this process began: it may be what ended the one before, so a mark
    /// stands while its script runs (decision 0004).
    pub marked: bool,
}

/// An update in a queue.
pub struct Task {
    /// The update.
    pub waiting: Waiting,
    /// What is to be done.
    pub work: Work,
}

/// The conversations in which a script runs, each with what waits behind it.
#[derive(Default)]
pub struct Queues {
    queues: RefCell<HashMap<ConversationKey, VecDeque<Task>>>,
    waiting: Cell<usize>,
    idle: Notify,
    fewer: Notify,
}

impl Queues {
    /// Whether a script of this conversation runs or waits.
    pub fn is_busy(&self, key: &ConversationKey) -> bool {
        self.queues.borrow().contains_key(key)
    }

    /// Updates of a conversation that wait behind the one that is handled.
    pub fn waiting_of(&self, key: &ConversationKey) -> usize {
        self.queues.borrow().get(key).map_or(0, VecDeque::len)
    }

    /// Waits until no conversation is busy.
    pub async fn wait_until_idle(&self) {
        loop {
            let notified = self.idle.notified();
            if self.queues.borrow().is_empty() {
                return;
            }
            notified.await;
        }
    }

    /// Waits until at most so many updates are in the queues.
    pub async fn wait_until_below(&self, limit: usize) {
        loop {
            let notified = self.fewer.notified();
            if self.waiting.get() < limit {
                return;
            }
            notified.await;
        }
    }

    /// Puts an update behind those of its conversation; gives it back where that was idle and begins with it.
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

    /// An update of the queues is handled.
    pub fn taken(&self) {
        self.waiting.set(self.waiting.get().saturating_sub(1));
        self.fewer.notify_waiters();
    }

    /// The next task of a conversation; an empty queue is gone.
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

    /// What waits in a conversation is left to the table.
    pub fn close(&self, key: &ConversationKey) {
        if let Some(left) = self.queues.borrow_mut().remove(key) {
            self.waiting
                .set(self.waiting.get().saturating_sub(left.len()));
        }
        self.idle.notify_waiters();
        self.fewer.notify_waiters();
    }
}
