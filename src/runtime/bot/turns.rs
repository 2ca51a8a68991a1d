//! From a batch of updates to a commit: reads what the decisions need, decides, writes everything in
//! one job, and hands the messages to the courier.
//!
//! The rules are `dialogue`'s, the rows `commit`'s; here is the order in which things happen.

use std::collections::HashMap;
use std::rc::Rc;

use super::albums::Part;
use super::backlog::{self, Message, album_of, read_item};
use super::commit::{self, Item, Plan, Receipt};
use super::core::BotCore;
use super::decide::{self, Case, Outcome, Scratch};
use super::intake::{self, Event};
use super::queues::{Task, Waiting, Work};
use super::{scripts, settle};
use crate::dialogue::{self, Facts, Incoming, IncomingKind};
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
    if batch.items.is_empty() {
        for (key, task) in core.albums.end_batch() {
            scripts::enqueue(core, key, task);
        }
        return true;
    }
    let (events, raws): (Vec<Option<Event>>, Vec<telegram::RawJson>) =
        batch.items.iter().map(|item| read_new(core, item)).unzip();
    let Some(mut scratch) = load(core, events.iter().flatten()).await else {
        return false;
    };
    // What goes on when the batch is committed, in order.
    let mut later: Vec<(ConversationKey, Later)> = Vec::new();
    for ((incoming, event), raw) in batch.items.iter().zip(events).zip(raws) {
        let Some(update_id) = incoming.update_id() else {
            // Without a number it cannot be kept apart from its neighbours; it was logged and counted.
            continue;
        };
        let receipt = Receipt::Accept {
            update_id: UpdateId(update_id),
            raw,
            received_at,
        };
        let index = plan.items.len();
        let item = match (event, album_of(incoming)) {
            (None, _) => Item::new(receipt, None, UpdateState::Failed),
            // Decided when its album is whole; what the person writes behind it waits for it.
            (Some(Event::Turn(key, incoming)), Some(name)) => {
                let mut item = Item::new(receipt, Some(key), UpdateState::Pending);
                item.changes.extend(reachable_again(core, key));
                let part = Part {
                    update_id: UpdateId(update_id),
                    received_at,
                    incoming,
                };
                scratch.busy.insert(key);
                later.push((key, Later::Part(index, name, part)));
                item
            }
            (Some(event), _) => {
                if let Event::Turn(key, _) = &event
                    && (core.albums.is_open(key) || has_part(&later, key))
                {
                    scratch.busy.insert(*key);
                    later.push((*key, Later::CloseAlbums));
                }
                match decide(core, &event, &mut scratch, None).await {
                    None => return false,
                    Some((item, work)) => {
                        if let (Some(work), Event::Turn(key, incoming)) = (work, event) {
                            let task = Task {
                                waiting: Waiting {
                                    update_id: UpdateId(update_id),
                                    with: Vec::new(),
                                    received_at,
                                    incoming,
                                    marked: false,
                                },
                                work,
                            };
                            scratch.busy.insert(key);
                            later.push((key, Later::Task(index, task)));
                        }
                        item.with_receipt(receipt)
                    }
                }
            }
        };
        plan.items.push(item);
    }
    let Some(committed) = commit::commit(core, plan).await else {
        return false;
    };
    let written = committed.written.clone();
    settle::settle(core, committed, received_at);
    for (key, later) in later {
        match later {
            // One that was there already is somebody else's: of this run or of the one before.
            Later::Task(index, _) | Later::Part(index, ..) if !written[index] => {}
            Later::Task(_, task) => scripts::enqueue(core, key, task),
            Later::Part(_, name, part) => {
                if let Some(whole) = core.albums.add(&name, key, part) {
                    scripts::enqueue(core, key, whole);
                }
            }
            Later::CloseAlbums => {
                for whole in core.albums.close(&key) {
                    scripts::enqueue(core, key, whole);
                }
            }
        }
    }
    for (key, whole) in core.albums.end_batch() {
        scripts::enqueue(core, key, whole);
    }
    true
}

/// What goes on when a batch is committed.
enum Later {
    /// An update that waits, by the place of its item.
    Task(usize, Task),
    /// A message of an album, by the place of its item.
    Part(usize, String, Part),
    /// The person wrote something else: his albums are whole.
    CloseAlbums,
}

fn has_part(later: &[(ConversationKey, Later)], key: &ConversationKey) -> bool {
    later
        .iter()
        .any(|(of, later)| of == key && matches!(later, Later::Part(..)))
}

/// Somebody who blocked the bot writes again (D30).
fn reachable_again(core: &BotCore, key: ConversationKey) -> Option<Change> {
    core.unreachable
        .borrow()
        .contains(&key.chat)
        .then(|| Change::Reachable {
            bot: core.code.clone(),
            chat: key.chat,
            blocked: None,
        })
}

/// What came from Telegram, and its JSON as it is kept.
fn read_new(core: &BotCore, item: &telegram::Incoming) -> (Option<Event>, telegram::RawJson) {
    let mut event = read_item(core, item);
    let mut raw = item.raw().clone();
    intake::seal_link(&mut event, &mut raw);
    (event, raw)
}

/// After an unclean stop: first everything is accepted, then handled one at a time.
async fn handle_carefully(core: &Rc<BotCore>, batch: telegram::Batch, received_at: Moment) -> bool {
    let caught_up = batch.items.len() < BACKLOG_CHUNK;
    let items = batch.items.iter().filter_map(|item| {
        let (event, raw) = read_new(core, item);
        let receipt = Receipt::Accept {
            update_id: UpdateId(item.update_id()?),
            raw,
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
    // What waited for this answer is among the rows.
    core.albums.clear();
    handle_pending(core, false).await;
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
    handle_pending(core, true).await;
}

/// One update at a time, each marked while its handler runs: if that ends the process, the next start
/// counts it. With `hold` an album whose rest Telegram may still have waits for the first poll.
async fn handle_pending(core: &Rc<BotCore>, hold: bool) {
    loop {
        let Some(mut rows) =
            jobs::updates::pending(&core.shared.store, &core.code, BACKLOG_CHUNK).await
        else {
            return;
        };
        let is_full = rows.len() == BACKLOG_CHUNK;
        rows.retain(|row| !core.albums.holds(row.update_id));
        if rows.is_empty() {
            return;
        }
        let mut waiting = backlog::messages(core, rows);
        // The rest of the last message may stand behind this chunk.
        if is_full && waiting.len() > 1 && waiting.last().is_some_and(|last| last.is_album()) {
            waiting.pop();
        }
        let mut has_worked = false;
        let last_of: HashMap<ConversationKey, usize> = (0..)
            .zip(&waiting)
            .filter_map(|(index, message)| Some((message.key()?, index)))
            .collect();
        for (index, message) in waiting.into_iter().enumerate() {
            if core.is_stopping() {
                return;
            }
            let is_last = message.key().and_then(|key| last_of.get(&key)) == Some(&index);
            if hold && is_last && message.may_go_on() {
                message.hold(core);
                continue;
            }
            has_worked = true;
            if !handle_waiting(core, message).await {
                return;
            }
        }
        if !has_worked {
            return;
        }
    }
}

/// Handles one message of the backlog to its end. False: the node or the bot is ending.
async fn handle_waiting(core: &Rc<BotCore>, message: Message) -> bool {
    let Message {
        update_id,
        with,
        received_at,
        event,
        ..
    } = message;
    let crashes = if core.shared.handler_marks.are_kept() {
        message.crashes
    } else {
        let Some(tries) =
            jobs::updates::count_try(&core.shared.store, core.update_key(update_id)).await
        else {
            return false;
        };
        tries.saturating_sub(1)
    };
    let receipt = Receipt::Finish { update_id };
    let item = match event {
        _ if crashes >= CRASHES_MAX => {
            tracing::error!(
                bot = %core.code,
                update = update_id.0,
                crashes,
                "the process ended again and again with this update in hand; it is given up"
            );
            core.shared.metrics.update_failed();
            Item::new(receipt, None, UpdateState::Failed)
        }
        None => Item::new(receipt, None, UpdateState::Failed),
        Some(event) => {
            let Some(mut scratch) = load(core, std::iter::once(&event)).await else {
                return false;
            };
            match decide(core, &event, &mut scratch, Some(update_id)).await {
                None => return false,
                Some((item, None)) => item.with_receipt(receipt),
                Some((_, Some(work))) => {
                    let Event::Turn(key, incoming) = event else {
                        return true;
                    };
                    let task = Task {
                        waiting: Waiting {
                            update_id,
                            with,
                            received_at,
                            incoming,
                            marked: true,
                        },
                        work,
                    };
                    return scripts::perform(core, key, task).await;
                }
            }
        }
    };
    let plan = Plan {
        next_offset: None,
        items: item.and_parts(&with),
    };
    settle::commit(core, plan, received_at).await
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
            item.changes.extend(reachable_again(core, *key));
            if let Some(refused) = refuse_flood(core, *key, incoming) {
                return Some((refused, None));
            }
            if scratch.busy.contains(key) || core.queues.is_busy(key) {
                item.state = UpdateState::Pending;
                return Some((item, Some(Work::Decide)));
            }
            let conversation = scratch.conversations.get(key).cloned().unwrap_or_default();
            // What needs rows that others write too is decided alone: where somebody was faster it is
            // decided again.
            if dialogue::facts_needed(&conversation, incoming).is_some() {
                item.state = UpdateState::Pending;
                return Some((item, Some(Work::Decide)));
            }
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
                facts: &Facts::Nothing,
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
