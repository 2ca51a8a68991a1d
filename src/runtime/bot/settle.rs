//! After a commit: what it wrote is counted, remembered and sent.

use std::rc::Rc;

use super::commit::{self, Committed, Plan};
use super::core::BotCore;
use super::courier::{Deliver, Migrate};
use crate::model::{Change, ChatId, ConversationKey, Moment};
use crate::runtime::hooks::{self, Point};

/// Writes a plan and lets its messages go. False when the store is closed.
pub async fn commit(core: &Rc<BotCore>, plan: Plan, received_at: Moment) -> bool {
    let Some(committed) = commit::commit(core, plan).await else {
        return false;
    };
    settle(core, committed, received_at);
    true
}

/// What was committed is counted, remembered and sent.
pub fn settle(core: &Rc<BotCore>, committed: Committed, received_at: Moment) {
    let now = core.clock().now();
    core.shared
        .metrics
        .committed(committed.done, now.micros_since(received_at));
    core.counters
        .done
        .set(core.counters.done.get() + committed.done);
    core.counters
        .failed
        .set(core.counters.failed.get() + committed.failed);
    for change in committed.changes() {
        remember(core, change);
    }
    hooks::pass(Point::Committed);
    if !committed.parcels.is_empty() {
        core.courier.do_send(Deliver(committed.parcels));
    }
}

/// A conversation was changed by a commit whose answer was lost.
pub fn remember_open(core: &BotCore, key: ConversationKey) {
    core.open.borrow_mut().insert(key);
}

/// What is in memory follows what was committed.
fn remember(core: &BotCore, change: &Change) {
    match change {
        Change::Conversation {
            key, conversation, ..
        } => {
            let mut open = core.open.borrow_mut();
            if conversation.is_default() {
                open.remove(key);
            } else {
                open.insert(*key);
            }
        }
        Change::Reachable { chat, blocked, .. } => {
            let mut unreachable = core.unreachable.borrow_mut();
            match blocked {
                None => unreachable.remove(chat),
                Some(_) => unreachable.insert(*chat),
            };
        }
        Change::MoveChat { from, to, .. } => {
            core.courier.do_send(Migrate {
                from: *from,
                to: *to,
            });
            rename_chat(core, *from, *to);
        }
        Change::Alarm(alarm) => core.shared.alarms.asked(&alarm.place, core.clock().now()),
        _ => {}
    }
}

/// A chat has another number: what is in memory goes along; the rows were rewritten already.
pub fn rename_chat(core: &BotCore, from: ChatId, to: ChatId) {
    let mut open = core.open.borrow_mut();
    let moved: Vec<ConversationKey> = open
        .iter()
        .filter(|key| key.chat == from)
        .copied()
        .collect();
    for key in moved {
        open.remove(&key);
        open.insert(ConversationKey { chat: to, ..key });
    }
}
