//! How an actor's end becomes known, whatever ends it.
//!
//! Actix does not restart an actor that panics and does not say that one did; a task that panics ends
//! alone. So each actor of a bot holds a [`Watch`], each of its tasks a [`TaskGuard`]; when one is
//! dropped by a panic the fleet hears of it ([`Ended`]), and the rest of the bot is told to end too
//! ([`Watch::ended`]). When the last of them is dropped nothing of that start is left, and the fleet hears
//! that as well ([`Gone`]): only then may the bot be built anew, or two of it would answer.

use std::rc::Rc;

use actix::prelude::*;
use tokio::sync::watch;

use crate::model::{BotCode, ChatId};
use crate::runtime::reports::{EndReason, Ended, Gone, Reports};

/// What the courier learns about a chat and the bot should know.
#[derive(Message, Clone, Copy, PartialEq, Eq, Debug)]
#[rtype(result = "()")]
pub enum ChatNews {
    /// It cannot be written to.
    Gone(ChatId),
    /// It has another number.
    Migrated(ChatId, ChatId),
}

struct Wires {
    bot: BotCode,
    generation: u64,
    reports: Reports,
    news: Recipient<ChatNews>,
    /// What is left of the bot is to end.
    ended: watch::Sender<bool>,
}

/// Held by an actor; reports its panic.
pub struct Watch {
    wires: Rc<Wires>,
    /// Which actor.
    actor: &'static str,
}

/// Held by a task of an actor; reports its panic.
pub struct TaskGuard {
    wires: Rc<Wires>,
    actor: &'static str,
}

impl Watch {
    /// A watch for an actor of a bot.
    pub fn new(
        bot: BotCode,
        generation: u64,
        actor: &'static str,
        reports: Reports,
        news: Recipient<ChatNews>,
    ) -> Watch {
        Watch {
            wires: Rc::new(Wires {
                bot,
                generation,
                reports,
                news,
                ended: watch::Sender::new(false),
            }),
            actor,
        }
    }

    /// A watch for another actor of the same bot.
    pub fn for_actor(&self, actor: &'static str) -> Watch {
        Watch {
            wires: self.wires.clone(),
            actor,
        }
    }

    /// A guard for a task.
    pub fn guard(&self) -> TaskGuard {
        TaskGuard {
            wires: self.wires.clone(),
            actor: self.actor,
        }
    }

    /// The bot cannot go on.
    pub fn end(&self, reason: EndReason) {
        self.wires.end(reason);
    }

    /// What is left of the bot is to end; the fleet knows that already.
    pub fn wind_up(&self) {
        self.wires.ended.send_replace(true);
    }

    /// Whether the bot ended, whatever is left of it.
    pub fn has_ended(&self) -> bool {
        *self.wires.ended.borrow()
    }

    /// Waits until the bot has ended.
    pub async fn ended(&self) {
        let mut ended = self.wires.ended.subscribe();
        // The sender lives as long as `self`.
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// A chat cannot be written to.
    pub fn gone(&self, chat: ChatId) {
        self.wires.news.do_send(ChatNews::Gone(chat));
    }

    /// A chat has another number.
    pub fn migrated(&self, from: ChatId, to: ChatId) {
        self.wires.news.do_send(ChatNews::Migrated(from, to));
    }
}

impl Wires {
    fn end(&self, reason: EndReason) {
        self.ended.send_replace(true);
        self.reports.ended.do_send(Ended {
            bot: self.bot.clone(),
            generation: self.generation,
            reason,
        });
    }

    fn report_panic(&self, actor: &str) {
        if std::thread::panicking() {
            self.end(EndReason::Panicked(actor.to_owned()));
        }
    }
}

impl Drop for Wires {
    fn drop(&mut self) {
        self.reports.gone.do_send(Gone {
            bot: self.bot.clone(),
            generation: self.generation,
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.wires.report_panic(self.actor);
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        self.wires.report_panic(self.actor);
    }
}
