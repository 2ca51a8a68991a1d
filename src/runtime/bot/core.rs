//! What the tasks of a bot share. One thread: the arbiter's.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use actix::prelude::*;
use tokio::sync::Semaphore;

use super::albums::Albums;
use super::courier::{self, Courier};
use super::intake::Myself;
use super::queues::Queues;
use super::watch::Watch;
use crate::model::{
    Bot, BotCode, ChatId, ConversationKey, PartyRef, PersonId, TelegramBotId, UpdateId,
};
use crate::runtime::clock::Clock;
use crate::runtime::shared::Shared;
use crate::store::inbox::UpdateKey;
use crate::telegram::BotApi;

/// What the tasks of a bot share. One thread: the arbiter's.
pub struct BotCore {
    /// Its code.
    pub code: BotCode,
    /// The definition that answers now.
    pub bot: RefCell<Arc<Bot>>,
    /// Who it is at Telegram.
    pub myself: RefCell<Myself>,
    /// The node.
    pub shared: Arc<Shared>,
    /// The line to Telegram.
    pub api: BotApi,
    /// Conversations that are not in their first state; all others need no reading.
    pub open: RefCell<HashSet<ConversationKey>>,
    /// Chats that cannot be written to; a message from one makes it reachable again (D30).
    pub unreachable: RefCell<HashSet<ChatId>>,
    /// Conversations in which a script runs, and what waits behind it.
    pub queues: Queues,
    /// Albums that may go on with the next poll.
    pub albums: Albums,
    /// Scripts of this bot that may run at once.
    pub script_permits: Semaphore,
    /// Scripts that wait for a permit.
    pub scripts_waiting: Cell<usize>,
    /// Set when the bot ends and its scripts do not.
    pub cancel: Arc<AtomicBool>,
    /// The courier's heart, on the same thread: how much it has to send.
    pub sending: Rc<courier::Core>,
    /// Chats that were told `busy` and whose answers still stand.
    pub flooding: RefCell<HashSet<ChatId>>,
    /// The courier.
    pub courier: Addr<Courier>,
    /// After an unclean stop, until the backlog is done.
    pub careful: Cell<bool>,
    /// It takes no more updates.
    pub stopping: Cell<bool>,
    /// One batch at a time; a stop waits for the one in hand.
    pub batch_lock: tokio::sync::Mutex<()>,
    /// Counters for the snapshot.
    pub counters: Counters,
    /// The arbiter's permits for introductions.
    pub introductions: Rc<Semaphore>,
    /// Reports panics of tasks.
    pub watch: Watch,
}

/// What a bot counts since its start.
#[derive(Default)]
pub struct Counters {
    /// Updates handled.
    pub done: Cell<u64>,
    /// Updates given up.
    pub failed: Cell<u64>,
    /// Updates set aside.
    pub refused: Cell<u64>,
}

impl BotCore {
    /// It takes nothing more in hand: it was asked to stop, or one of its actors ended.
    pub fn is_stopping(&self) -> bool {
        self.stopping.get() || self.watch.has_ended()
    }

    /// The node's clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The key of an update of this bot.
    pub fn update_key(&self, update: UpdateId) -> UpdateKey {
        UpdateKey {
            bot: TelegramBotId(self.api.bot_id()),
            update,
        }
    }

    /// Who a person is: the party that their private chat is linked to.
    pub fn party_of(&self, person: PersonId) -> Option<PartyRef> {
        self.shared.directory.party_of(&self.code, ChatId(person.0))
    }
}
