//! From a batch of updates to a commit: reads what the decisions need, decides, writes everything in
//! one job, and hands the messages to the courier.
//!
//! The rules are `dialogue`'s, the rows `commit`'s; here is the order in which things happen.

use std::rc::Rc;

use super::commit::{self, Item, Plan, Receipt};
use super::core::BotCore;
use super::decide::{self, Case, Outcome, Scratch};
use super::intake::{self, Event};
use super::queues::{Task, Waiting, Work};
use super::{scripts, settle};
use crate::dialogue::{self, Incoming, IncomingKind};
use crate::model::{
    Buttons, Change, Channel, ChatAddress, ConversationKey, IdSource, Lane, MessageKey,
    MessageKind, Moment, Outgoing, OutgoingBody, UpdateId,
};
use crate::runtime::jobs;
use crate::runtime::log::hashed;
use crate::store::inbox::UpdateState;
use crate::telegram;
use crate::texts::{TextName, Texts, Value};

/// An update that was in a handler's hands at so many ends of the process, besides the first, which made
/// this node careful, is given up: three crashes (design: "Crashes").
const CRASHES_MAX: u32 = 2;
/// More answers of one chat that stand still, and its further texts are set aside: nobody reads so many
/// late answers, and they would hold the memory of others.
const STANDING_MAX: usize = 50;
/// Pending rows that are read at once.
const BACKLOG_CHUNK: usize = 100;

/// Handles a batch from Telegram. True when it is committed.
pub async fn handle_batch(core: &Rc<BotCore>, batch: telegram::Batch, received_at: Moment) -> bool {
    let _batch = core.batch_lock.lock().await;
    if core.is_stopping() {
        return false;
    }
    if core.careful.get() {
        return handle_carefully(core, batch, received_at).await;
    }
    let next_offset = batch.next_offset();
    let mut plan = Plan {
        next_offset,
        items: Vec::with_capacity(batch.items.len()),
    };
    let mut events: Vec<Option<Event>> = batch
        .items
        .iter()
        .map(|item| read_item(core, item))
        .collect();
    intake::join_albums(&mut events, |index| album_of(&batch.items[index]));
    let Some(mut scratch) = load(core, events.iter().flatten()).await else {
        return false;
    };
    // What goes on in a queue when the batch is committed, by the place of its item.
    let mut later: Vec<(usize, ConversationKey, Task)> = Vec::new();
    for (incoming, event) in batch.items.iter().zip(events) {
        let Some(update_id) = incoming.update_id() else {
            // Without a number it cannot be kept apart from its neighbours; it was logged and counted.
            continue;
        };
        let receipt = Receipt::Accept {
            update_id: UpdateId(update_id),
            raw: incoming.raw().as_str().to_owned(),
            received_at,
        };
        let item = match event {
            None => Item::new(receipt, None, UpdateState::Failed),
            Some(event) => match decide(core, &event, &mut scratch, None).await {
                None => return false,
                Some((item, work)) => {
                    if let (Some(work), Event::Turn(key, incoming)) = (work, event) {
                        let task = Task {
                            waiting: Waiting {
                                update_id: UpdateId(update_id),
                                received_at,
                                incoming,
                                marked: false,
                            },
                            work,
                        };
                        scratch.busy.insert(key);
                        later.push((plan.items.len(), key, task));
                    }
                    item.with_receipt(receipt)
                }
            },
        };
        plan.items.push(item);
    }
    let Some(committed) = commit::commit(core, plan).await else {
        return false;
    };
    let written = committed.written.clone();
    settle::settle(core, committed, received_at);
    for (index, key, task) in later {
        // One that was there already is somebody else's: of this run or of the one before.
        if written[index] {
            scripts::enqueue(core, key, task);
        }
    }
    true
}

/// The chat and album that a message belongs to.
fn album_of(item: &telegram::Incoming) -> Option<String> {
    let telegram::Incoming::Update(update) = item else {
        return None;
    };
    let telegram::UpdateKind::Message(message) = &update.kind else {
        return None;
    };
    let album = message.media_group_id.as_ref()?;
    Some(format!("{} {album}", message.chat.id))
}

fn read_item(core: &BotCore, item: &telegram::Incoming) -> Option<Event> {
    match item {
        telegram::Incoming::Update(update) => {
            Some(intake::read(&update.kind, &core.myself.borrow()))
        }
        telegram::Incoming::Malformed(malformed) => {
            tracing::warn!(
                bot = %core.code,
                update = malformed.update_id,
                "an update cannot be read and is kept as failed: {}",
                malformed.error
            );
            None
        }
    }
}

/// After an unclean stop: first everything is accepted, then handled one at a time.
async fn handle_carefully(core: &Rc<BotCore>, batch: telegram::Batch, received_at: Moment) -> bool {
    let caught_up = batch.items.len() < BACKLOG_CHUNK;
    let items = batch.items.iter().filter_map(|item| {
        let event = read_item(core, item);
        let receipt = Receipt::Accept {
            update_id: UpdateId(item.update_id()?),
            raw: item.raw().as_str().to_owned(),
            received_at,
        };
        let state = if event.is_some() {
            UpdateState::Pending
        } else {
            UpdateState::Failed
        };
        Some(Item::new(
            receipt,
            event.as_ref().and_then(conversation_key),
            state,
        ))
    });
    let plan = Plan {
        next_offset: batch.next_offset(),
        items: items.collect(),
    };
    if commit::commit(core, plan).await.is_none() {
        return false;
    }
    handle_pending(core).await;
    if caught_up && !core.is_stopping() {
        core.careful.set(false);
        tracing::info!(bot = %core.code, "the backlog of the unclean stop is done");
    }
    !core.is_stopping()
}

fn conversation_key(event: &Event) -> Option<ConversationKey> {
    match event {
        Event::Turn(key, _) => Some(*key),
        Event::Reachable { .. }
        | Event::Migrated { .. }
        | Event::PressNowhere { .. }
        | Event::Ignored(_) => None,
    }
}

/// Handles what an earlier run accepted and did not finish.
pub async fn finish_backlog(core: &Rc<BotCore>) {
    let _batch = core.batch_lock.lock().await;
    handle_pending(core).await;
}

/// One update at a time, each marked while its handler runs: if that ends the process, the next start
/// counts it.
async fn handle_pending(core: &Rc<BotCore>) {
    loop {
        let Some(rows) =
            jobs::updates::pending(&core.shared.store, &core.code, BACKLOG_CHUNK).await
        else {
            return;
        };
        if rows.is_empty() {
            return;
        }
        for row in rows {
            if core.is_stopping() {
                return;
            }
            let crashes = if core.shared.handler_marks.are_kept() {
                row.crashes
            } else {
                let Some(tries) =
                    jobs::updates::count_try(&core.shared.store, core.update_key(row.update_id))
                        .await
                else {
                    return;
                };
                tries.saturating_sub(1)
            };
            let receipt = Receipt::Finish {
                update_id: row.update_id,
            };
            let item = if crashes >= CRASHES_MAX {
                tracing::error!(
                    bot = %core.code,
                    update = row.update_id.0,
                    crashes,
                    "the process ended again and again with this update in hand; it is given up"
                );
                core.shared.metrics.update_failed();
                Item::new(receipt, None, UpdateState::Failed)
            } else {
                let parsed = telegram::parse_update(bytes::Bytes::from(row.raw));
                match read_item(core, &parsed) {
                    None => Item::new(receipt, None, UpdateState::Failed),
                    Some(event) => {
                        let Some(mut scratch) = load(core, std::iter::once(&event)).await else {
                            return;
                        };
                        match decide(core, &event, &mut scratch, Some(row.update_id)).await {
                            None => return,
                            Some((item, None)) => item.with_receipt(receipt),
                            Some((_, Some(work))) => {
                                let Event::Turn(key, incoming) = event else {
                                    continue;
                                };
                                let task = Task {
                                    waiting: Waiting {
                                        update_id: row.update_id,
                                        received_at: row.received_at,
                                        incoming,
                                        marked: true,
                                    },
                                    work,
                                };
                                if !scripts::perform(core, key, task).await {
                                    return;
                                }
                                continue;
                            }
                        }
                    }
                }
            };
            let plan = Plan {
                next_offset: None,
                items: vec![item],
            };
            if !settle::commit(core, plan, row.received_at).await {
                return;
            }
        }
    }
}

/// Reads the conversations and choices that these events need, in one go.
async fn load<'a>(
    core: &BotCore,
    events: impl Iterator<Item = &'a Event> + Clone,
) -> Option<Scratch> {
    let mut scratch = Scratch::default();
    let wanted: Vec<(ConversationKey, Incoming)> = {
        let open = core.open.borrow();
        events
            .filter_map(|event| match event {
                Event::Turn(key, incoming)
                    if open.contains(key)
                        || matches!(incoming.kind, IncomingKind::Press { .. }) =>
                {
                    Some((*key, incoming.clone()))
                }
                _ => None,
            })
            .collect()
    };
    if wanted.is_empty() {
        return Some(scratch);
    }
    let (conversations, choices) =
        jobs::conversations::read_conversations(&core.shared.store, &core.code, wanted).await?;
    scratch.conversations = conversations;
    scratch.choices = choices;
    Some(scratch)
}

/// Decides one event, with `marked` under the mark of that update: what is written of it with the
/// batch, and what its queue does afterwards. `None` when the store is closed.
async fn decide(
    core: &Rc<BotCore>,
    event: &Event,
    scratch: &mut Scratch,
    marked: Option<UpdateId>,
) -> Option<(Item, Option<Work>)> {
    let mut item = Item::new(Receipt::Unset, conversation_key(event), UpdateState::Done);
    match event {
        Event::Ignored(_) => {}
        Event::PressNowhere { query } => decide::answer_press(core, query.clone(), None),
        Event::Reachable { chat, reachable } => item.changes.push(Change::Reachable {
            bot: core.code.clone(),
            chat: *chat,
            blocked: (!reachable).then_some("chat_blocked"),
        }),
        Event::Migrated { from, to } => item.changes.push(Change::MoveChat {
            bot: core.code.clone(),
            from: *from,
            to: *to,
        }),
        Event::Turn(key, incoming) => {
            if core.unreachable.borrow().contains(&key.chat) {
                item.changes.push(Change::Reachable {
                    bot: core.code.clone(),
                    chat: key.chat,
                    blocked: None,
                });
            }
            if let Some(refused) = refuse_flood(core, *key, incoming) {
                return Some((refused, None));
            }
            if scratch.busy.contains(key) || core.queues.is_busy(key) {
                item.state = UpdateState::Pending;
                return Some((item, Some(Work::Decide)));
            }
            let conversation = scratch.conversations.get(key).cloned().unwrap_or_default();
            let choice = match dialogue::choice_needed(&conversation, incoming) {
                None => None,
                Some(id) => match scratch.choices.get(&id) {
                    Some(choice) => choice.clone(),
                    // An earlier update of the same batch made it necessary.
                    None => {
                        let choice =
                            jobs::conversations::read_choice(&core.shared.store, &core.code, id)
                                .await?;
                        scratch.choices.insert(id, choice.clone());
                        choice
                    }
                },
            };
            let case = Case {
                conversation: &conversation,
                choice: choice.as_ref(),
                incoming,
            };
            match decide::decide_turn(core, &case, marked) {
                Ok(Outcome::Done(ready)) => ready.enter(core, *key, &mut item, scratch),
                Ok(Outcome::Script(started)) => {
                    item.state = UpdateState::Pending;
                    return Some((item, Some(Work::Script(started))));
                }
                Err(panic) => decide::give_up(core, *key, &mut item, &panic),
            }
        }
    }
    Some((item, None))
}

/// Sets a text aside when too many answers of its chat stand still; the chat is told once.
fn refuse_flood(core: &BotCore, key: ConversationKey, incoming: &Incoming) -> Option<Item> {
    let standing = core
        .sending
        .standing_answers(key.chat)
        .max(core.queues.waiting_of(&key));
    if standing <= STANDING_MAX {
        core.flooding.borrow_mut().remove(&key.chat);
        return None;
    }
    core.shared.metrics.update_refused();
    core.counters.refused.set(core.counters.refused.get() + 1);
    let mut item = Item::new(Receipt::Unset, Some(key), UpdateState::Refused);
    if core.flooding.borrow_mut().insert(key.chat) {
        tracing::warn!(
            bot = %core.code,
            chat = %hashed(key.chat),
            standing,
            "answers of this chat stand still and more texts come; they are set aside"
        );
        let bot = core.bot.borrow().clone();
        let name = Value::Text(&incoming.sender.first_name);
        let values = [("first_name", name), ("bot_name", Value::Text(&bot.name))];
        item.messages.push(Outgoing {
            key: MessageKey(core.shared.ids.next_id()),
            to: ChatAddress {
                channel: Channel::Telegram,
                bot: bot.code.clone(),
                chat: key.chat,
                thread: incoming.thread,
            },
            lane: Lane::Interactive,
            kind: MessageKind::Answer,
            reply_to: None,
            not_before: None,
            body: OutgoingBody::Text {
                text: Texts::of(&bot).message(TextName::Busy, &values),
                buttons: Buttons::None,
            },
        });
    }
    Some(item)
}
