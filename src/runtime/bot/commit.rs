//! One commit: updates, their answers and everything that their handling changed.
//!
//! The rows are made here, on the bot's thread, so that the writer's thread only writes them
//! ([`UnitOfWork`]).

use std::sync::Arc;

use smallvec::SmallVec;

use super::core::BotCore;
use super::parcel::Parcel;
use crate::model::{
    Change, ConversationKey, MessageState, Moment, Outgoing, TelegramBotId, UpdateId,
};
use crate::runtime::hooks::{self, Point};
use crate::runtime::jobs::persist;
use crate::store::inbox::UpdateState;
use crate::store::journal::Handled;
use crate::store::unit_of_work::{self, UnitOfWork};
use crate::store::{Conn, StoreError};
use crate::telegram::RawJson;

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
        raw: RawJson,
        /// When it came.
        received_at: Moment,
    },
    /// It was accepted before and is finished now.
    Finish {
        /// Its number.
        update_id: UpdateId,
    },
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
    /// What its handling changes besides.
    pub changes: Vec<Change>,
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
            changes: Vec::new(),
            trace: None,
        }
    }

    /// The same, and the ends of updates that are parts of the same message: they come to what it came to.
    pub fn and_parts(self, parts: &[UpdateId]) -> Vec<Item> {
        let mut items = Vec::with_capacity(1 + parts.len());
        let (key, state) = (self.key, self.state);
        items.push(self);
        items.extend(parts.iter().map(|&update_id| {
            let mut part = Item::new(Receipt::Finish { update_id }, key, state);
            part.trace = Some("часть альбома: обработана вместе с ним".to_owned());
            part
        }));
        items
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
#[derive(Default)]
pub struct Committed {
    /// Updates done.
    pub done: u64,
    /// Updates failed.
    pub failed: u64,
    /// Messages for the courier.
    pub parcels: Vec<Parcel>,
    /// Of each item of the plan, whether it was written as planned.
    pub written: Vec<bool>,
    /// What was written, and which of its updates were new.
    units: Vec<(Arc<UnitOfWork>, Vec<bool>)>,
}

impl Committed {
    /// What changed besides updates and messages.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.units.iter().flat_map(|(unit, new)| {
            (0..unit.len())
                .filter(|&index| unit.is_written(index, new))
                .flat_map(|index| unit.changes(index))
        })
    }

    fn add(&mut self, unit: Arc<UnitOfWork>, new: Vec<bool>, parcels: Vec<(usize, Parcel)>) {
        for index in 0..unit.len() {
            let is_written = unit.is_written(index, &new);
            self.written.push(is_written);
            match unit.state(index) {
                UpdateState::Done if is_written => self.done += 1,
                UpdateState::Failed if is_written => self.failed += 1,
                _ => {}
            }
        }
        self.parcels.extend(
            parcels
                .into_iter()
                .filter(|(index, _)| unit.is_written(*index, &new))
                .map(|(_, parcel)| parcel),
        );
        self.units.push((unit, new));
    }
}

/// A plan made ready for a connection that somebody else holds.
pub struct Writing {
    unit: Arc<UnitOfWork>,
    parcels: Vec<(usize, Parcel)>,
}

impl Writing {
    /// What is to be written.
    pub fn unit(&self) -> Arc<UnitOfWork> {
        self.unit.clone()
    }

    /// What was written.
    pub fn committed(self, new: Vec<bool>) -> Committed {
        let mut committed = Committed::default();
        committed.add(self.unit, new, self.parcels);
        committed
    }
}

/// Makes the rows of a plan.
///
/// # Errors
/// Only for a body that cannot be written as JSON, which no type of ours is.
pub fn prepare(core: &BotCore, plan: Plan) -> Result<Writing, StoreError> {
    let count = plan.items.iter().map(|item| item.messages.len()).sum();
    // Written as being sent where the courier takes them at once.
    let claimed = core.sending.has_permits(count);
    let now = core.clock().now();
    let mut parcels = Vec::with_capacity(plan.items.len());
    let mut unit = UnitOfWork::new(
        core.code.clone(),
        TelegramBotId(core.api.bot_id()),
        now,
        core.shared.store.ids().clone(),
        plan.items.len(),
    );
    unit.set_offset(plan.next_offset.map(UpdateId));
    for (index, item) in plan.items.into_iter().enumerate() {
        let Item {
            receipt,
            key,
            state,
            messages,
            changes,
            trace,
        } = item;
        let received_at = match &receipt {
            Receipt::Accept { received_at, .. } => Some(*received_at),
            Receipt::Unset | Receipt::Finish { .. } => None,
        };
        let ours = |outgoing: &Outgoing| {
            // A deferred message is the timetable's, another bot's its courier's.
            outgoing.to.bot == core.code && outgoing.not_before.is_none()
        };
        let messages: SmallVec<[(Outgoing, MessageState); 1]> = messages
            .into_iter()
            .map(|outgoing| {
                let state = if claimed && ours(&outgoing) {
                    MessageState::Sending
                } else {
                    MessageState::Queued
                };
                (outgoing, state)
            })
            .collect();
        let receipt = match &receipt {
            Receipt::Unset => None,
            Receipt::Finish { update_id } => Some(unit_of_work::Receipt::Finish(*update_id)),
            Receipt::Accept {
                update_id,
                raw,
                received_at,
            } => Some(unit_of_work::Receipt::Accept(Handled {
                id: *update_id,
                chat: key.map(|key| key.chat),
                sender: key.map(|key| key.sender),
                raw: raw.as_str(),
                received_at: *received_at,
                trace: trace.as_deref(),
            })),
        };
        let finished = match receipt {
            Some(unit_of_work::Receipt::Accept(_)) => None,
            _ => trace.clone(),
        };
        unit.push(receipt, state, &messages, changes, finished)?;
        for (outgoing, _) in messages.into_iter().filter(|(outgoing, _)| ours(outgoing)) {
            parcels.push((index, Parcel::new(outgoing, claimed, now, received_at)));
        }
    }
    Ok(Writing {
        unit: Arc::new(unit.complete()),
        parcels,
    })
}

/// The job of a unit.
pub fn write_unit(unit: &UnitOfWork, conn: &mut Conn) -> Result<Vec<bool>, StoreError> {
    let new = unit.write(conn)?;
    hooks::pass(Point::InCommit);
    Ok(new)
}

/// What became of a plan that others may have overtaken.
pub enum Fresh {
    /// It is written.
    Written(Committed),
    /// What it was decided by has changed meanwhile: nothing is written.
    Stale,
    /// The node is ending.
    Ending,
}

/// Writes a plan of one update, unless what it was decided by has changed.
pub async fn commit_fresh(core: &BotCore, plan: Plan) -> Fresh {
    let writing = match prepare(core, plan) {
        Ok(writing) => writing,
        Err(error) => {
            tracing::error!(bot = %core.code, "the rows of an update were not made: {error}");
            return Fresh::Ending;
        }
    };
    match write(core, writing.unit()).await {
        Ok(new) => Fresh::Written(writing.committed(new)),
        Err(StoreError::Closed | StoreError::LeaseLost) => Fresh::Ending,
        Err(StoreError::Stale { what }) => {
            tracing::debug!(bot = %core.code, what, "somebody was faster; the update is decided again");
            Fresh::Stale
        }
        Err(error) => {
            tracing::error!(bot = %core.code, "an update was not written as decided: {error}");
            one_by_one(core, writing)
                .await
                .map_or(Fresh::Ending, Fresh::Written)
        }
    }
}

/// Writes a plan. When the database takes everything but one update's part, that update is kept as
/// failed and the rest is written. `None`: the node is ending.
pub async fn commit(core: &BotCore, plan: Plan) -> Option<Committed> {
    let writing = match prepare(core, plan) {
        Ok(writing) => writing,
        Err(error) => {
            tracing::error!(bot = %core.code, "the rows of a batch were not made: {error}");
            return None;
        }
    };
    match write(core, writing.unit()).await {
        Ok(new) => Some(writing.committed(new)),
        Err(StoreError::Closed | StoreError::LeaseLost) => None,
        Err(error) => {
            tracing::error!(bot = %core.code, "a batch was not written; its updates are written one by one: {error}");
            one_by_one(core, writing).await
        }
    }
}

async fn write(core: &BotCore, unit: Arc<UnitOfWork>) -> Result<Vec<bool>, StoreError> {
    persist(&core.shared.store, move |conn| write_unit(&unit, conn)).await
}

async fn one_by_one(core: &BotCore, writing: Writing) -> Option<Committed> {
    let Writing { unit, parcels } = writing;
    let mut all = Committed::default();
    let last = unit.len().saturating_sub(1);
    let mut parcels = parcels.into_iter().peekable();
    for index in 0..unit.len() {
        let mut own = Vec::new();
        while let Some((_, parcel)) = parcels.next_if(|(of, _)| *of == index) {
            own.push((0, parcel));
        }
        let mut alone = Arc::new(unit.only(index, index == last, false).ok()?);
        let mut as_planned = true;
        let new = match write(core, alone.clone()).await {
            Ok(new) => new,
            Err(StoreError::Closed | StoreError::LeaseLost) => return None,
            Err(error) => {
                tracing::error!(bot = %core.code, "an update was not written and is kept as failed: {error}");
                own.clear();
                as_planned = false;
                alone = Arc::new(unit.only(index, index == last, true).ok()?);
                write(core, alone.clone()).await.ok()?
            }
        };
        all.add(alone, new, own);
        if !as_planned && let Some(written) = all.written.last_mut() {
            *written = false;
        }
    }
    Some(all)
}
