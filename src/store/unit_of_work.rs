//! The unit of work: the one place where changes of the domain are written.
//!
//! The pure rooms say what is to be written as values ([`Change`]). Here they become statements, in one
//! savepoint of whoever asks: a batch of updates with everything that their handling changed
//! ([`UnitOfWork`]), a single change of a script under the write lease, of a request of the control
//! endpoint or of applied files ([`write`]). What somebody keeps in memory of it is noted on the
//! connection and told after the commit ([`Changed`](super::Changed)).

use std::ops::Range;
use std::sync::Arc;

use crate::model::{
    BotCode, By, Change, Channel, IdSource, Moment, Party, TelegramBotId, UpdateId,
};

use super::changed::Note;
use super::conn::Conn;
use super::error::StoreError;
use super::ids::Ids;
use super::inbox::{self, NewUpdate, UpdateKey, UpdateState};
use super::messages::{self, NewMessage};
use super::{audit, bots, chats, choices, conversations, offsets, parties, registrations};

/// The channel of chats and registrations so far.
const CHANNEL: Channel = Channel::Telegram;

/// When and by whom changes are made.
#[derive(Clone, Copy)]
pub struct Stamp<'a> {
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: &'a By,
    /// Keys for rows that need one.
    pub ids: &'a Ids,
}

/// What a change came to.
#[derive(Clone, PartialEq, Debug)]
pub enum Wrote {
    /// It is written.
    Done,
    /// It was so already, or is not to be changed.
    Nothing,
    /// A party as it is now, with its version.
    Party(Box<Party>, i64),
}

/// Writes one change.
///
/// # Errors
/// [`StoreError::Stale`] and [`StoreError::NotUnique`] for a party that somebody else wrote,
/// [`StoreError::NotFound`] for a bot that is not there; an outage.
pub fn write(conn: &mut Conn, stamp: &Stamp<'_>, change: &Change) -> Result<Wrote, StoreError> {
    match change {
        Change::Conversation {
            bot,
            key,
            conversation,
        } => conversations::put(conn, bot, key.chat, key.sender, conversation)?,
        Change::Choice { bot, choice } => choices::put(conn, bot, choice)?,
        Change::CloseChoice { bot, choice } => {
            choices::close(conn, bot, *choice)?;
        }
        Change::Reachable { bot, chat, blocked } => {
            let blocked = blocked.map(|reason| (stamp.at, reason));
            chats::set_blocked(conn, CHANNEL, bot, *chat, blocked)?;
        }
        Change::MoveChat { bot, from, to } => chats::rewrite_chat(conn, CHANNEL, bot, *from, *to)?,
        Change::SaveParty { party, expected } => {
            let mut party = party.clone();
            let kind = party.reference.kind;
            if party.reference.code.is_empty() {
                party.reference.code = parties::next_code(conn, kind)?;
            }
            if expected.is_none()
                && let Some(other) = parties::find_by_code(conn, kind, &party.reference.code)?
            {
                return Err(StoreError::NotUnique {
                    what: other.to_string(),
                });
            }
            let version = parties::save(conn, &party, *expected)?;
            return Ok(Wrote::Party(Box::new(party), version));
        }
        Change::PutParty(party) => parties::put(conn, party)?,
        Change::PutGroup(group) => parties::put_group(conn, group)?,
        Change::Register(registration) => {
            registrations::register(conn, CHANNEL, registration, stamp.at, stamp.by)?;
        }
        Change::SeedRegistration(registration) => {
            let seeded = registrations::seed(conn, CHANNEL, registration, stamp.at, stamp.by)?;
            if !matches!(seeded, parties::Seeded::Created | parties::Seeded::Updated) {
                return Ok(Wrote::Nothing);
            }
        }
        Change::Revoke { bot, chat } => {
            if !registrations::revoke(conn, CHANNEL, bot, *chat, stamp.at, stamp.by)? {
                return Ok(Wrote::Nothing);
            }
        }
        Change::Switch { bot, enabled } => bots::command(conn, bot, *enabled)?,
        Change::Audit(audited) => audit::write(
            conn,
            stamp.ids.next_id(),
            stamp.at,
            &audited.by,
            audited.action,
            &audited.object,
            &audited.detail,
        )?,
    }
    Ok(Wrote::Done)
}

/// What happens to the row of an update.
#[derive(Clone, Debug)]
pub enum Receipt {
    /// It is written, unless it is there already: then nothing of its part is.
    Accept(NewUpdate),
    /// It was accepted before and is finished now.
    Finish(UpdateId),
}

/// A batch of updates of a bot, their answers and everything that their handling changed: one job.
pub struct UnitOfWork {
    bot: BotCode,
    telegram_id: TelegramBotId,
    at: Moment,
    /// Telegram's offset from now on.
    next_offset: Option<UpdateId>,
    accept: Vec<NewUpdate>,
    messages: Vec<NewMessage>,
    parts: Vec<Part>,
    ids: Arc<Ids>,
}

#[derive(Clone)]
struct Part {
    /// Its place in `accept`.
    accepted_as: Option<usize>,
    finish: Option<UpdateId>,
    state: UpdateState,
    /// Its part of `messages`.
    messages: Range<usize>,
    changes: Vec<Change>,
    /// For the row of an update that was accepted before.
    trace: Option<String>,
}

impl UnitOfWork {
    /// Nothing yet, with room for so many updates.
    pub fn new(
        bot: BotCode,
        telegram_id: TelegramBotId,
        at: Moment,
        ids: Arc<Ids>,
        updates: usize,
    ) -> UnitOfWork {
        UnitOfWork {
            bot,
            telegram_id,
            at,
            next_offset: None,
            accept: Vec::with_capacity(updates),
            messages: Vec::with_capacity(updates),
            parts: Vec::with_capacity(updates),
            ids,
        }
    }

    /// Telegram's offset moves on with it.
    pub fn set_offset(&mut self, next: Option<UpdateId>) {
        self.next_offset = next;
    }

    /// The key of an update of its bot.
    pub fn key(&self, update: UpdateId) -> UpdateKey {
        UpdateKey {
            bot: self.telegram_id,
            update,
        }
    }

    /// The present moment of everything in it.
    pub fn at(&self) -> Moment {
        self.at
    }

    /// Adds an update with its state, its messages and what its handling changed. `trace` goes to the row
    /// of an update that was accepted before; one that is accepted now carries its own.
    pub fn push(
        &mut self,
        receipt: Option<Receipt>,
        state: UpdateState,
        messages: impl Iterator<Item = NewMessage>,
        changes: Vec<Change>,
        trace: Option<String>,
    ) {
        let (accepted_as, finish) = match receipt {
            None => (None, None),
            Some(Receipt::Finish(update)) => (None, Some(update)),
            Some(Receipt::Accept(update)) => {
                self.accept.push(update);
                (Some(self.accept.len() - 1), None)
            }
        };
        let first = self.messages.len();
        self.messages.extend(messages);
        self.parts.push(Part {
            accepted_as,
            finish,
            state,
            messages: first..self.messages.len(),
            changes,
            trace,
        });
    }

    /// How many updates it holds.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// True when there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.next_offset.is_none()
    }

    /// The state that an update gets.
    pub fn state(&self, index: usize) -> UpdateState {
        self.parts[index].state
    }

    /// What the handling of an update changed.
    pub fn changes(&self, index: usize) -> &[Change] {
        &self.parts[index].changes
    }

    /// Whether an update's part was written, by what [`write`](Self::write) told.
    pub fn is_written(&self, index: usize, new: &[bool]) -> bool {
        self.parts[index].is_written(new)
    }

    /// The part of one update alone; `bare`: only its row, as failed.
    #[must_use]
    pub fn only(&self, index: usize, is_last: bool, bare: bool) -> UnitOfWork {
        let part = &self.parts[index];
        let accept: Vec<NewUpdate> = part
            .accepted_as
            .map(|at| self.accept[at].clone())
            .into_iter()
            .collect();
        let mut alone = UnitOfWork {
            bot: self.bot.clone(),
            telegram_id: self.telegram_id,
            at: self.at,
            next_offset: self.next_offset.filter(|_| is_last),
            messages: self.messages[part.messages.clone()].to_vec(),
            parts: vec![Part {
                accepted_as: part.accepted_as.map(|_| 0),
                messages: 0..part.messages.len(),
                ..part.clone()
            }],
            accept,
            ids: self.ids.clone(),
        };
        if bare {
            alone.messages.clear();
            alone.parts[0].messages = 0..0;
            alone.parts[0].changes.clear();
            alone.parts[0].state = UpdateState::Failed;
            for update in &mut alone.accept {
                update.state = UpdateState::Failed;
            }
        }
        alone
    }

    /// The job: tells of each accepted update whether it is new.
    ///
    /// # Errors
    /// As [`write`]; an outage.
    pub fn write(&self, conn: &mut Conn) -> Result<Vec<bool>, StoreError> {
        let new = inbox::accept(conn, &self.accept)?;
        let stamp = Stamp {
            at: self.at,
            by: &By::System,
            ids: &self.ids,
        };
        for part in self.parts.iter().filter(|part| part.is_written(&new)) {
            if let Some(update) = part.finish {
                let trace = part.trace.as_deref();
                inbox::finish_traced(conn, self.key(update), part.state, self.at, trace)?;
            }
            for change in &part.changes {
                write(conn, &stamp, change)?;
            }
        }
        if self.parts.iter().all(|part| part.is_written(&new)) {
            self.write_messages(conn, &self.messages)?;
        } else {
            for part in self.parts.iter().filter(|part| part.is_written(&new)) {
                self.write_messages(conn, &self.messages[part.messages.clone()])?;
            }
        }
        if let Some(next) = self.next_offset {
            offsets::set(conn, self.telegram_id, next, self.at)?;
        }
        Ok(new)
    }

    /// Messages of the bot itself that may leave now are in its courier's memory; of all others somebody
    /// has to be told.
    fn write_messages(&self, conn: &mut Conn, new: &[NewMessage]) -> Result<(), StoreError> {
        messages::insert(conn, new)?;
        for message in new {
            if *message.bot() != self.bot || message.not_before().is_some() {
                conn.note(Note::Due(message.bot().clone(), message.not_before()));
            }
        }
        Ok(())
    }
}

impl Part {
    fn is_written(&self, new: &[bool]) -> bool {
        self.accepted_as.is_none_or(|at| new[at])
    }
}
