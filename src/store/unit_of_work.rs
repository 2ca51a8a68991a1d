//! The unit of work: the one place where changes of the domain are written.
//!
//! The pure rooms say what is to be written as values ([`Change`]). Here they become statements, in one
//! savepoint of whoever asks: a batch of updates with everything that their handling changed
//! ([`UnitOfWork`]), a single change of a script under the write lease, of a request of the control
//! endpoint or of applied files ([`write()`]). What somebody keeps in memory of it is noted on the
//! connection and told after the commit ([`Changed`](super::Changed)).

use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::model::{
    BotCode, By, Change, Channel, IdSource, MessageState, Moment, Outgoing, Party, TelegramBotId,
    UpdateId,
};

use super::changed::Note;
use super::conn::Conn;
use super::error::StoreError;
use super::ids::Ids;
use super::inbox::{self, NewUpdate, UpdateKey, UpdateState};
use super::journal::{Draft, Handled, Written};
use super::messages::{self, NewMessage};
use super::{
    alarms, audit, authorizing, bots, chats, choices, conversations, links, offsets, parties,
    registrations,
};

/// The channel of chats and registrations so far.
const CHANNEL: Channel = Channel::Telegram;

/// When and by whom changes are made.
#[derive(Clone, Copy)]
pub struct Stamp<'a> {
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: &'a By,
    /// People are not told of registrations (`apply --quiet`).
    pub quiet: bool,
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
            if !authorizing::register(conn, stamp, registration, stamp.by)? {
                return Ok(Wrote::Nothing);
            }
        }
        Change::RegisterBy { registration, by } => {
            if !authorizing::register(conn, stamp, registration, by)? {
                return Ok(Wrote::Nothing);
            }
        }
        Change::SeedRegistration(registration) => {
            let seeded = registrations::seeds(conn, CHANNEL, registration)?;
            if !matches!(seeded, parties::Seeded::Created | parties::Seeded::Updated) {
                return Ok(Wrote::Nothing);
            }
            authorizing::register(conn, stamp, registration, stamp.by)?;
        }
        Change::Revoke { bot, chat } => {
            if !registrations::revoke(conn, CHANNEL, bot, *chat, stamp.at, stamp.by)? {
                return Ok(Wrote::Nothing);
            }
        }
        Change::OpenRequest { request, replaces } => {
            authorizing::open(conn, stamp, request, *replaces)?;
        }
        Change::SaveRequest { request, event } => {
            authorizing::save(conn, stamp, request, *event)?;
        }
        Change::DecideRequest {
            request,
            version,
            verdict,
            by,
        } => authorizing::decide(conn, stamp, (*request, *version), verdict, by)?,
        Change::PutLink(link) => links::insert(conn, link)?,
        Change::UseLink {
            link,
            version,
            chat,
            name,
        } => authorizing::use_link(conn, stamp, (*link, *version), *chat, name)?,
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
        Change::Alarm(alarm) => {
            if !alarms::raise(conn, &alarm.place, stamp.at)? {
                return Ok(Wrote::Nothing);
            }
            send(conn, &alarm.messages, stamp.at)?;
        }
    }
    Ok(Wrote::Done)
}

/// Writes messages that answer no update: their couriers are told after the commit.
///
/// # Errors
/// An outage; or a body that cannot be written as JSON, which no type of ours is.
pub fn send(conn: &mut Conn, messages: &[Outgoing], at: Moment) -> Result<(), StoreError> {
    let mut new = Vec::with_capacity(messages.len());
    for message in messages {
        new.push(NewMessage::new(message, MessageState::Queued, None, at)?);
    }
    messages::insert(conn, &new)?;
    for message in &new {
        conn.note(Note::Due(message.bot().clone(), message.not_before()));
    }
    Ok(())
}

/// What happens to an update.
#[derive(Clone, Copy, Debug)]
pub enum Receipt<'a> {
    /// It is accepted, unless it was before: then nothing of its part is written.
    Accept(Handled<'a>),
    /// It was accepted before and is finished now.
    Finish(UpdateId),
}

/// A batch of updates of a bot, their answers and everything that their handling changed: one job.
///
/// What is through stands in the journal: updates that are done, and texts that leave at once. The rest
/// are rows.
pub struct UnitOfWork {
    bot: BotCode,
    telegram_id: TelegramBotId,
    at: Moment,
    /// Telegram's offset from now on.
    next_offset: Option<UpdateId>,
    /// What is accepted, in order.
    accepted: Vec<UpdateId>,
    rows: Vec<NewUpdate>,
    through: Draft,
    /// The record of all that is through, made beforehand: it is what is written, but for updates that
    /// come twice.
    record: Option<Arc<Written>>,
    messages: Vec<NewMessage>,
    parts: Vec<Part>,
    ids: Arc<Ids>,
}

#[derive(Clone)]
struct Part {
    /// Its place in `accepted`.
    accepted_as: Option<usize>,
    kept: Kept,
    state: UpdateState,
    /// Its part of `messages`.
    messages: Range<usize>,
    changes: Vec<Change>,
    /// For the row of an update that was accepted before.
    trace: Option<String>,
}

/// Where an update stands.
#[derive(Clone, Copy)]
enum Kept {
    /// Nowhere: the part has no update.
    Not,
    /// In `rows`, at this place.
    Row(usize),
    /// In `through`, at this place.
    Through(usize),
    /// In a row that was written before.
    Before(UpdateId),
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
            through: Draft::new(CHANNEL, bot.clone(), telegram_id, at),
            bot,
            telegram_id,
            at,
            next_offset: None,
            accepted: Vec::with_capacity(updates),
            rows: Vec::new(),
            record: None,
            messages: Vec::new(),
            parts: Vec::with_capacity(updates),
            ids,
        }
    }

    /// Telegram's offset moves on with it.
    pub fn set_offset(&mut self, next: Option<UpdateId>) {
        self.next_offset = next;
    }

    /// The present moment of everything in it.
    pub fn at(&self) -> Moment {
        self.at
    }

    /// Adds an update with its state, its messages with theirs, and what its handling changed. `trace` is
    /// for the row of an update that was accepted before.
    ///
    /// # Errors
    /// Only for a body that cannot be written as JSON, which no type of ours is.
    pub fn push(
        &mut self,
        receipt: Option<Receipt<'_>>,
        state: UpdateState,
        messages: &[(Outgoing, MessageState)],
        changes: Vec<Change>,
        trace: Option<String>,
    ) -> Result<(), StoreError> {
        let first = self.messages.len();
        let (kept, accepted_as) = match receipt {
            None => (Kept::Not, None),
            Some(Receipt::Finish(update)) => (Kept::Before(update), None),
            Some(Receipt::Accept(update)) => {
                self.accepted.push(update.id);
                let kept = if state == UpdateState::Done {
                    let answers: SmallVec<[&Outgoing; 1]> = messages
                        .iter()
                        .filter(|message| self.is_through(message))
                        .map(|(message, _)| message)
                        .collect();
                    self.through.push(update, answers.into_iter());
                    Kept::Through(self.through.len() - 1)
                } else {
                    self.rows.push(self.row(&update, state));
                    Kept::Row(self.rows.len() - 1)
                };
                (kept, Some(self.accepted.len() - 1))
            }
        };
        let update = match (receipt, kept) {
            (Some(Receipt::Accept(update)), _) => Some(self.key(update.id)),
            (_, Kept::Before(update)) => Some(self.key(update)),
            _ => None,
        };
        for message in messages {
            if !(matches!(kept, Kept::Through(_)) && self.is_through(message)) {
                let (message, state) = message;
                self.messages
                    .push(NewMessage::new(message, *state, update, self.at)?);
            }
        }
        self.parts.push(Part {
            accepted_as,
            kept,
            state,
            messages: first..self.messages.len(),
            changes,
            trace,
        });
        Ok(())
    }

    fn is_through(&self, (message, state): &(Outgoing, MessageState)) -> bool {
        *state == MessageState::Sending && self.through.takes(message)
    }

    fn row(&self, update: &Handled<'_>, state: UpdateState) -> NewUpdate {
        NewUpdate {
            key: self.key(update.id),
            channel: CHANNEL,
            bot: self.bot.clone(),
            chat: update.chat,
            sender: update.sender,
            state,
            personal: false,
            raw: update.raw.to_owned(),
            received_at: update.received_at,
            handled_at: Some(self.at),
            trace: update.trace.map(str::to_owned),
        }
    }

    /// All is in it. What can be made ready is made here, so that the writer's thread need not.
    #[must_use]
    pub fn complete(mut self) -> UnitOfWork {
        self.record = self.through.finish(|_| true);
        self
    }

    fn key(&self, update: UpdateId) -> UpdateKey {
        UpdateKey {
            bot: self.telegram_id,
            update,
        }
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
    ///
    /// # Errors
    /// None that can be: what was written a moment ago is read.
    pub fn only(&self, index: usize, is_last: bool, bare: bool) -> Result<UnitOfWork, StoreError> {
        let part = &self.parts[index];
        let mut alone = UnitOfWork::new(
            self.bot.clone(),
            self.telegram_id,
            self.at,
            self.ids.clone(),
            1,
        );
        alone.next_offset = self.next_offset.filter(|_| is_last);
        alone
            .accepted
            .extend(part.accepted_as.map(|at| self.accepted[at]));
        let state = if bare {
            UpdateState::Failed
        } else {
            part.state
        };
        let kept = match part.kept {
            Kept::Row(at) => {
                alone.rows.push(NewUpdate {
                    state,
                    ..self.rows[at].clone()
                });
                Kept::Row(0)
            }
            Kept::Through(at) if bare => {
                alone.rows.push(self.through.as_row(at, state)?);
                Kept::Row(0)
            }
            Kept::Through(at) => {
                alone.through = self.through.only(at);
                Kept::Through(0)
            }
            kept @ (Kept::Not | Kept::Before(_)) => kept,
        };
        if !bare {
            alone
                .messages
                .extend_from_slice(&self.messages[part.messages.clone()]);
        }
        alone.parts.push(Part {
            accepted_as: part.accepted_as.map(|_| 0),
            kept,
            state,
            messages: 0..alone.messages.len(),
            changes: if bare {
                Vec::new()
            } else {
                part.changes.clone()
            },
            trace: part.trace.clone(),
        });
        Ok(alone.complete())
    }

    /// The job: tells of each accepted update whether it is new.
    ///
    /// # Errors
    /// As [`write()`]; an outage.
    pub fn write(&self, conn: &mut Conn) -> Result<Vec<bool>, StoreError> {
        let new = self.accept(conn)?;
        let stamp = Stamp {
            at: self.at,
            by: &By::System,
            quiet: false,
            ids: &self.ids,
        };
        for part in self.parts.iter().filter(|part| part.is_written(&new)) {
            if let Kept::Before(update) = part.kept {
                let trace = part.trace.as_deref();
                inbox::finish_traced(conn, self.key(update), part.state, self.at, trace)?;
            }
            for change in &part.changes {
                write(conn, &stamp, change)?;
            }
        }
        if new.iter().all(|new| *new) {
            if let Some(record) = &self.record {
                conn.record(Arc::clone(record));
            }
            self.write_messages(conn, &self.messages)?;
            return Ok(new);
        }
        let mut is_through = vec![false; self.through.len()];
        for part in self.parts.iter().filter(|part| part.is_written(&new)) {
            if let Kept::Through(at) = part.kept {
                is_through[at] = true;
            }
            self.write_messages(conn, &self.messages[part.messages.clone()])?;
        }
        if let Some(record) = self.through.finish(|at| is_through[at]) {
            conn.record(record);
        }
        Ok(new)
    }

    /// Moves the offset and writes the rows of updates that are new.
    fn accept(&self, conn: &mut Conn) -> Result<Vec<bool>, StoreError> {
        let Some(last) = self.accepted.last() else {
            if let Some(next) = self.next_offset {
                offsets::set(conn, self.telegram_id, next, self.at)?;
            }
            return Ok(Vec::new());
        };
        let next = self.next_offset.unwrap_or(UpdateId(last.0 + 1));
        let mut new = offsets::pass(conn, self.telegram_id, &self.accepted, next, self.at)?;
        if self.rows.is_empty() {
            return Ok(new);
        }
        let mut places = Vec::with_capacity(self.rows.len());
        let mut rows = Vec::with_capacity(self.rows.len());
        for part in &self.parts {
            if let (Kept::Row(row), Some(place)) = (part.kept, part.accepted_as)
                && new[place]
            {
                places.push(place);
                rows.push(&self.rows[row]);
            }
        }
        // A row that is there all the same is of before the offset knew what was accepted.
        for (place, is_new) in places.into_iter().zip(inbox::accept_each(conn, &rows)?) {
            new[place] = is_new;
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
