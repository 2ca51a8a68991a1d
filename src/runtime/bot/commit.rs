//! One commit: updates, their answers and everything that their handling changed.
//!
//! The rows are made here, on the bot's thread, so that the writer's thread only writes them.

use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use super::core::BotCore;
use super::parcel::Parcel;
use crate::model::{
    BotCode, ChatId, ChoiceId, Conversation, ConversationKey, IdSource, MessageState, Moment,
    OpenChoice, Outgoing, TelegramBotId, UpdateId,
};
use crate::runtime::hooks::{self, Point};
use crate::runtime::jobs::{CHANNEL, persist};
use crate::store::inbox::{self, NewUpdate, UpdateKey, UpdateState};
use crate::store::messages::{self, NewMessage};
use crate::store::{By, Conn, Ids, StoreError, audit, chats, choices, conversations, offsets};

/// What happens to the row of an update in a commit.
#[derive(Clone, Debug)]
pub enum Receipt {
    /// Not said yet.
    Unset,
    /// It is written, unless it is there already: then nothing of its item is.
    Accept {
        /// Its number.
        update_id: UpdateId,
        /// Its JSON.
        raw: String,
        /// When it came.
        received_at: Moment,
    },
    /// It was accepted before and is finished now.
    Finish {
        /// Its number.
        update_id: UpdateId,
    },
}

/// A row for the audit.
#[derive(Clone, Debug)]
pub struct Audited {
    /// By whom.
    pub by: By,
    /// What was done.
    pub action: &'static str,
    /// To what.
    pub object: String,
    /// JSON.
    pub detail: String,
}

/// What the handling of an update changes besides its row and its messages.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The conversation's new state.
    pub conversation: Option<(ConversationKey, Conversation)>,
    /// Choices offered or changed.
    pub choices: Vec<OpenChoice>,
    /// Choices under messages that a script sends, each with the bot that sends it.
    pub offered: Vec<(BotCode, OpenChoice)>,
    /// Choices that were left.
    pub closed_choices: Vec<ChoiceId>,
    /// Chats that can or cannot be written to.
    pub reachable: Vec<(ChatId, bool)>,
    /// Chats that have another number.
    pub migrated: Vec<(ChatId, ChatId)>,
    /// What the audit keeps of it.
    pub audited: Option<Audited>,
}

/// One update of a plan and everything that its handling writes.
#[derive(Debug)]
pub struct Item {
    receipt: Receipt,
    key: Option<ConversationKey>,
    /// The state that the update gets.
    pub state: UpdateState,
    /// Messages, already fitted to the channel.
    pub messages: SmallVec<[Outgoing; 1]>,
    /// The rest.
    pub changes: Changes,
    /// What was tried, in words (R: «Почему бот так ответил?»).
    pub trace: Option<String>,
}

impl Item {
    /// An update without consequences.
    pub fn new(receipt: Receipt, key: Option<ConversationKey>, state: UpdateState) -> Item {
        Item {
            receipt,
            key,
            state,
            messages: SmallVec::new(),
            changes: Changes::default(),
            trace: None,
        }
    }

    /// The same with its receipt.
    pub fn with_receipt(self, receipt: Receipt) -> Item {
        Item { receipt, ..self }
    }
}

/// What one commit writes.
#[derive(Debug)]
pub struct Plan {
    /// Telegram's offset after it.
    pub next_offset: Option<i64>,
    /// The updates in order.
    pub items: Vec<Item>,
}

/// What a commit wrote.
#[derive(Debug, Default)]
pub struct Committed {
    /// Updates done.
    pub done: u64,
    /// Updates failed.
    pub failed: u64,
    /// Messages for the courier.
    pub parcels: Vec<Parcel>,
    /// What changed besides.
    pub changes: Vec<Changes>,
    /// Of each item of the plan, whether it was written as planned.
    pub written: Vec<bool>,
    /// Other bots that have messages to send now.
    pub others: Vec<BotCode>,
}

/// The rows of a plan.
pub struct Rows {
    bot: BotCode,
    telegram_id: TelegramBotId,
    now: Moment,
    next_offset: Option<UpdateId>,
    accept: Vec<NewUpdate>,
    messages: Vec<NewMessage>,
    items: Vec<ItemRows>,
    audit_ids: Arc<Ids>,
}

#[derive(Clone)]
struct ItemRows {
    /// Its place in `accept`.
    accepted_as: Option<usize>,
    finish: Option<UpdateId>,
    state: UpdateState,
    /// Its part of `messages`.
    messages: Range<usize>,
    changes: Changes,
    /// For the row of an update that was accepted before.
    trace: Option<String>,
}

impl Rows {
    /// The rows of a plan, and the parcels of each item.
    fn new(
        core: &BotCore,
        plan: Plan,
        claimed: bool,
    ) -> Result<(Rows, Vec<(usize, Parcel)>), StoreError> {
        let telegram_id = TelegramBotId(core.api.bot_id());
        let now = core.clock().now();
        let mut parcels = Vec::with_capacity(plan.items.len());
        let mut rows = Rows {
            bot: core.code.clone(),
            telegram_id,
            now,
            next_offset: plan.next_offset.map(UpdateId),
            accept: Vec::with_capacity(plan.items.len()),
            messages: Vec::with_capacity(plan.items.len()),
            items: Vec::with_capacity(plan.items.len()),
            audit_ids: core.shared.store.ids().clone(),
        };
        for (index, mut item) in plan.items.into_iter().enumerate() {
            let (accepted_as, finish, update_id, received_at) = match item.receipt {
                Receipt::Unset => (None, None, None, None),
                Receipt::Finish { update_id } => (None, Some(update_id), Some(update_id), None),
                Receipt::Accept {
                    update_id,
                    raw,
                    received_at,
                } => {
                    rows.accept.push(NewUpdate {
                        key: UpdateKey {
                            bot: telegram_id,
                            update: update_id,
                        },
                        channel: CHANNEL,
                        bot: core.code.clone(),
                        chat: item.key.map(|key| key.chat),
                        sender: item.key.map(|key| key.sender),
                        state: item.state,
                        personal: false,
                        raw,
                        received_at,
                        handled_at: Some(now),
                        trace: item.trace.take(),
                    });
                    (
                        Some(rows.accept.len() - 1),
                        None,
                        Some(update_id),
                        Some(received_at),
                    )
                }
            };
            let update = update_id.map(|update| UpdateKey {
                bot: telegram_id,
                update,
            });
            let first = rows.messages.len();
            for outgoing in item.messages {
                let own = outgoing.to.bot == rows.bot;
                let state = if claimed && own && outgoing.not_before.is_none() {
                    MessageState::Sending
                } else {
                    MessageState::Queued
                };
                rows.messages
                    .push(NewMessage::new(&outgoing, state, update, now)?);
                // A deferred message is the timetable's, another bot's its courier's.
                if own && outgoing.not_before.is_none() {
                    parcels.push((index, Parcel::new(outgoing, claimed, now, received_at)));
                }
            }
            rows.items.push(ItemRows {
                accepted_as,
                finish,
                state: item.state,
                messages: first..rows.messages.len(),
                changes: item.changes,
                trace: item.trace,
            });
        }
        Ok((rows, parcels))
    }

    /// The rows of one item alone; bare: only its update, as failed.
    fn only(&self, index: usize, is_last: bool, bare: bool) -> Rows {
        let item = &self.items[index];
        let accept: Vec<NewUpdate> = item
            .accepted_as
            .map(|at| self.accept[at].clone())
            .into_iter()
            .collect();
        let mut alone = Rows {
            bot: self.bot.clone(),
            telegram_id: self.telegram_id,
            now: self.now,
            next_offset: self.next_offset.filter(|_| is_last),
            messages: self.messages[item.messages.clone()].to_vec(),
            items: vec![ItemRows {
                accepted_as: item.accepted_as.map(|_| 0),
                messages: 0..item.messages.len(),
                ..item.clone()
            }],
            accept,
            audit_ids: self.audit_ids.clone(),
        };
        if bare {
            alone.messages.clear();
            alone.items[0].messages = 0..0;
            alone.items[0].changes = Changes::default();
            alone.items[0].state = UpdateState::Failed;
            for update in &mut alone.accept {
                update.state = UpdateState::Failed;
            }
        }
        alone
    }

    /// The job: tells of each accepted update whether it is new.
    pub fn write(&self, conn: &mut Conn) -> Result<Vec<bool>, StoreError> {
        let new = inbox::accept(conn, &self.accept)?;
        for item in &self.items {
            if !item.is_written(&new) {
                continue;
            }
            if let Some(update) = item.finish {
                let key = UpdateKey {
                    bot: self.telegram_id,
                    update,
                };
                inbox::finish_traced(conn, key, item.state, self.now, item.trace.as_deref())?;
            }
            self.write_changes(conn, &item.changes)?;
        }
        if self.items.iter().all(|item| item.is_written(&new)) {
            messages::insert(conn, &self.messages)?;
        } else {
            for item in self.items.iter().filter(|item| item.is_written(&new)) {
                messages::insert(conn, &self.messages[item.messages.clone()])?;
            }
        }
        if let Some(next) = self.next_offset {
            offsets::set(conn, self.telegram_id, next, self.now)?;
        }
        hooks::pass(Point::InCommit);
        Ok(new)
    }

    fn write_changes(&self, conn: &mut Conn, changes: &Changes) -> Result<(), StoreError> {
        for (chat, reachable) in &changes.reachable {
            let blocked = (!reachable).then_some((self.now, "chat_blocked"));
            chats::set_blocked(conn, CHANNEL, &self.bot, *chat, blocked)?;
        }
        for (from, to) in &changes.migrated {
            chats::rewrite_chat(conn, CHANNEL, &self.bot, *from, *to)?;
        }
        for choice in &changes.choices {
            choices::put(conn, &self.bot, choice)?;
        }
        for (bot, choice) in &changes.offered {
            choices::put(conn, bot, choice)?;
        }
        for choice in &changes.closed_choices {
            choices::close(conn, &self.bot, *choice)?;
        }
        if let Some((key, conversation)) = &changes.conversation {
            conversations::put(conn, &self.bot, key.chat, key.sender, conversation)?;
        }
        if let Some(audited) = &changes.audited {
            let Audited {
                by,
                action,
                object,
                detail,
            } = audited;
            let id = self.audit_ids.next_id();
            audit::write(conn, id, self.now, by, action, object, detail)?;
        }
        Ok(())
    }
}

impl ItemRows {
    fn is_written(&self, new: &[bool]) -> bool {
        self.accepted_as.is_none_or(|at| new[at])
    }
}

/// A plan made ready for a connection that somebody else holds.
pub struct Writing {
    rows: Arc<Rows>,
    parcels: Vec<(usize, Parcel)>,
}

impl Writing {
    /// What is to be written.
    pub fn rows(&self) -> Arc<Rows> {
        self.rows.clone()
    }

    /// What was written.
    pub fn committed(self, new: &[bool]) -> Committed {
        committed(&self.rows, new, self.parcels)
    }
}

/// Makes the rows of a plan.
///
/// # Errors
/// Only for a body that cannot be written as JSON, which no type of ours is.
pub fn prepare(core: &BotCore, plan: Plan) -> Result<Writing, StoreError> {
    let count = plan.items.iter().map(|item| item.messages.len()).sum();
    let claimed = core.sending.has_permits(count);
    let (rows, parcels) = Rows::new(core, plan, claimed)?;
    Ok(Writing {
        rows: Arc::new(rows),
        parcels,
    })
}

/// Writes a plan. When the database takes everything but one update's part, that update is kept as
/// failed and the rest is written. `None`: the node is ending.
pub async fn commit(core: &BotCore, plan: Plan) -> Option<Committed> {
    let Writing { rows, parcels } = match prepare(core, plan) {
        Ok(writing) => writing,
        Err(error) => {
            tracing::error!(bot = %core.code, "the rows of a batch were not made: {error}");
            return None;
        }
    };
    match write(core, rows.clone()).await {
        Ok(new) => Some(committed(&rows, &new, parcels)),
        Err(StoreError::Closed | StoreError::LeaseLost) => None,
        Err(error) => {
            tracing::error!(bot = %core.code, "a batch was not written; its updates are written one by one: {error}");
            one_by_one(core, &rows, parcels).await
        }
    }
}

async fn write(core: &BotCore, rows: Arc<Rows>) -> Result<Vec<bool>, StoreError> {
    persist(&core.shared.store, move |conn| rows.write(conn)).await
}

async fn one_by_one(
    core: &BotCore,
    rows: &Rows,
    parcels: Vec<(usize, Parcel)>,
) -> Option<Committed> {
    let mut all = Committed::default();
    let last = rows.items.len().saturating_sub(1);
    let mut parcels = parcels.into_iter().peekable();
    for index in 0..rows.items.len() {
        let mut own = Vec::new();
        while let Some((_, parcel)) = parcels.next_if(|(of, _)| *of == index) {
            own.push((0, parcel));
        }
        let mut alone = Arc::new(rows.only(index, index == last, false));
        let mut as_planned = true;
        let new = match write(core, alone.clone()).await {
            Ok(new) => new,
            Err(StoreError::Closed | StoreError::LeaseLost) => return None,
            Err(error) => {
                tracing::error!(bot = %core.code, "an update was not written and is kept as failed: {error}");
                own.clear();
                as_planned = false;
                alone = Arc::new(rows.only(index, index == last, true));
                write(core, alone.clone()).await.ok()?
            }
        };
        let one = committed(&alone, &new, own);
        all.done += one.done;
        all.failed += one.failed;
        all.parcels.extend(one.parcels);
        all.changes.extend(one.changes);
        all.others.extend(one.others);
        all.written
            .extend(one.written.into_iter().map(|written| written && as_planned));
    }
    Some(all)
}

fn committed(rows: &Rows, new: &[bool], parcels: Vec<(usize, Parcel)>) -> Committed {
    let mut committed = Committed {
        written: rows.items.iter().map(|item| item.is_written(new)).collect(),
        ..Committed::default()
    };
    for item in rows.items.iter().filter(|item| item.is_written(new)) {
        for message in &rows.messages[item.messages.clone()] {
            let bot = message.bot();
            if *bot != rows.bot && !committed.others.contains(bot) {
                committed.others.push(bot.clone());
            }
        }
        match item.state {
            UpdateState::Done => committed.done += 1,
            UpdateState::Failed => committed.failed += 1,
            UpdateState::Pending | UpdateState::Refused => {}
        }
        if !item.changes.is_empty() {
            committed.changes.push(item.changes.clone());
        }
    }
    committed.parcels = parcels
        .into_iter()
        .filter(|(index, _)| rows.items[*index].is_written(new))
        .map(|(_, parcel)| parcel)
        .collect();
    committed
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.conversation.is_none()
            && self.choices.is_empty()
            && self.closed_choices.is_empty()
            && self.reachable.is_empty()
            && self.migrated.is_empty()
    }
}
