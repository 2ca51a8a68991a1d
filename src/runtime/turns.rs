//! From a batch of updates to a commit: reads what the decisions need, decides, writes everything in
//! one job, and hands the messages to the courier.
//!
//! The rules are `dialogue`'s, the rows `outbox`'s; here is the order in which things happen.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use super::bot_actor::BotCore;
use super::commit::{self, Audited, Changes, Committed, Item, Plan, Receipt};
use super::courier::{Deliver, Migrate};
use super::fleet::Due;
use super::hooks::{self, Point};
use super::intake::{self, ConversationKey, Event};
use super::outbox;
use super::scripts::{self, LibraryScripts, Started, Task, Work};
use crate::channels::telegram as channel;
use crate::dialogue::{self, Decision, Effect, Incoming, IncomingKind, Turn};
use crate::model::{
    Bot, Buttons, Channel, ChatAddress, ChatId, ChoiceId, ChoiceStatus, Conversation, IdSource,
    Lane, MessageKey, MessageKind, Moment, OpenChoice, Outgoing, OutgoingBody, ScriptVariant,
    TelegramBotId, UpdateId,
};
use crate::scripting::Library;
use crate::store::inbox::{UpdateKey, UpdateState};
use crate::telegram::{self, AnswerCallback};
use crate::texts::{TextName, Texts, Value};

/// An update whose handler panicked so often is given up: the same input gives the same panic, and
/// more tries would only hold the chat.
const TRIES_MAX: u32 = 3;
/// An update that was in a handler's hands at so many ends of the process, besides the first, which made
/// this node careful, is given up: three crashes (design: "Crashes").
const CRASHES_MAX: u32 = 2;
/// More answers of one chat that stand still, and its further texts are set aside: nobody reads so many
/// late answers, and they would hold the memory of others.
const STANDING_MAX: usize = 50;
/// Pending rows that are read at once.
const BACKLOG_CHUNK: usize = 100;

/// What the decisions of a batch have read and changed so far.
#[derive(Default)]
struct Scratch {
    conversations: HashMap<ConversationKey, Conversation>,
    choices: HashMap<ChoiceId, Option<OpenChoice>>,
    /// Lanes in which a script is to run when the batch is committed.
    busy: HashSet<ConversationKey>,
}

/// What a decision is made about.
pub struct Case<'a> {
    /// What is remembered.
    pub conversation: &'a Conversation,
    /// The choice that the decision wants to see.
    pub choice: Option<&'a OpenChoice>,
    /// What came.
    pub incoming: &'a Incoming,
}

/// What a decision came to.
pub enum Decided {
    /// Everything that is to be written.
    Item(Box<Item>),
    /// A script has to run first.
    Script(Box<Started>),
}

/// Handles a batch from Telegram. True when it is committed.
pub async fn handle_batch(core: &Rc<BotCore>, batch: telegram::Batch, received_at: Moment) -> bool {
    let _in_hand = core.in_hand.lock().await;
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
    let events: Vec<Option<Event>> = batch
        .items
        .iter()
        .map(|item| read_item(core, item))
        .collect();
    let Some(mut scratch) = load(core, events.iter().flatten()).await else {
        return false;
    };
    // What goes on in a lane when the batch is committed, by the place of its item.
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
                            update_id: UpdateId(update_id),
                            received_at,
                            incoming,
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
    settle(core, committed, received_at);
    for (index, key, task) in later {
        // One that was there already is somebody else's: of this run or of the one before.
        if written[index] {
            scripts::enqueue(core, key, task);
        }
    }
    true
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
        Event::Reachable { .. } | Event::Migrated { .. } | Event::Ignored(_) => None,
    }
}

/// Handles what an earlier run accepted and did not finish.
pub async fn finish_backlog(core: &Rc<BotCore>) {
    let _in_hand = core.in_hand.lock().await;
    handle_pending(core).await;
}

/// One update at a time, each marked while its handler runs: if that ends the process, the next start
/// counts it.
async fn handle_pending(core: &Rc<BotCore>) {
    loop {
        let Some(rows) = outbox::pending(core, BACKLOG_CHUNK).await else {
            return;
        };
        if rows.is_empty() {
            return;
        }
        for row in rows {
            if core.is_stopping() {
                return;
            }
            let crashes = if core.shared.in_hand.is_kept() {
                row.crashes
            } else {
                let Some(tries) = outbox::count_try(core, row.update_id).await else {
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
                                    update_id: row.update_id,
                                    received_at: row.received_at,
                                    incoming,
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
            if !commit(core, plan, row.received_at).await {
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
    let (conversations, choices) = outbox::read_conversations(core, wanted).await?;
    scratch.conversations = conversations;
    scratch.choices = choices;
    Some(scratch)
}

/// Decides one event, with `marked` under the mark of that update: what is written of it with the
/// batch, and what its lane does afterwards. `None` when the store is closed.
async fn decide(
    core: &Rc<BotCore>,
    event: &Event,
    scratch: &mut Scratch,
    marked: Option<UpdateId>,
) -> Option<(Item, Option<Work>)> {
    let mut item = Item::new(Receipt::Unset, conversation_key(event), UpdateState::Done);
    match event {
        Event::Ignored(_) => {}
        Event::Reachable { chat, reachable } => item.changes.reachable.push((*chat, *reachable)),
        Event::Migrated { from, to } => item.changes.migrated.push((*from, *to)),
        Event::Turn(key, incoming) => {
            if core.unreachable.borrow().contains(&key.chat) {
                item.changes.reachable.push((key.chat, true));
            }
            if let Some(refused) = refuse_flood(core, *key, incoming) {
                return Some((refused, None));
            }
            if scratch.busy.contains(key) || core.lanes.is_busy(key) {
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
                        let choice = outbox::read_choice(core, id).await?;
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
            match decide_turn(core, &case, marked) {
                Ok(Outcome::Done(mut ready)) => {
                    let effects = ready.fill(&mut item);
                    apply(core, *key, effects, &mut item, scratch);
                    if !ready.sends.is_empty() {
                        ready.send(core, &mut item);
                    }
                }
                Ok(Outcome::Script(started)) => {
                    item.state = UpdateState::Pending;
                    return Some((item, Some(Work::Script(started))));
                }
                Err(panic) => give_up(core, *key, &mut item, &panic),
            }
        }
    }
    Some((item, None))
}

/// Decides one update alone, outside a batch.
pub fn decide_case(
    core: &Rc<BotCore>,
    key: ConversationKey,
    case: &Case<'_>,
    marked: UpdateId,
) -> Decided {
    let mut item = Item::new(Receipt::Unset, Some(key), UpdateState::Done);
    match decide_turn(core, case, Some(marked)) {
        Ok(Outcome::Done(mut ready)) => {
            let effects = ready.fill(&mut item);
            apply_alone(core, key, effects, &mut item);
            if !ready.sends.is_empty() {
                ready.send(core, &mut item);
            }
        }
        Ok(Outcome::Script(started)) => return Decided::Script(started),
        Err(panic) => give_up(core, key, &mut item, &panic),
    }
    Decided::Item(Box::new(item))
}

/// The rules failed for an update.
pub fn give_up(core: &BotCore, key: ConversationKey, item: &mut Item, panic: &str) {
    tracing::error!(
        bot = %core.code,
        chat = %super::log::chat(key.chat),
        "the handler of an update panicked; the update is given up: {panic}"
    );
    core.shared.metrics.update_failed();
    item.state = UpdateState::Failed;
}

/// Sets a text aside when too many answers of its chat stand still; the chat is told once.
fn refuse_flood(core: &BotCore, key: ConversationKey, incoming: &Incoming) -> Option<Item> {
    let standing = core
        .load
        .standing_answers(key.chat)
        .max(core.lanes.waiting_of(&key));
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
            chat = %super::log::chat(key.chat),
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

/// What the pure rules say.
enum Outcome {
    /// Effects, the trace in words, what the audit keeps, and what a script sends besides.
    Done(Box<Ready>),
    Script(Box<Started>),
}

/// What is to happen.
struct Ready {
    effects: Vec<Effect>,
    trace: String,
    audited: Option<Audited>,
    sends: Vec<Outgoing>,
    offers: Vec<(MessageKey, Vec<ScriptVariant>)>,
}

impl Ready {
    /// Everything but the effects, into the item.
    fn fill(&mut self, item: &mut Item) -> Vec<Effect> {
        item.trace = Some(std::mem::take(&mut self.trace));
        item.changes.audited = self.audited.take();
        std::mem::take(&mut self.effects)
    }

    /// After the effects.
    fn send(self, core: &BotCore, item: &mut Item) {
        let bot = core.bot.borrow().clone();
        scripts::send(core, &bot, self.sends, &self.offers, item);
    }
}

/// Shows the rules a case.
pub fn with_turn<R>(
    core: &BotCore,
    bot: &Bot,
    library: &Arc<Library>,
    case: &Case<'_>,
    now: Moment,
    work: impl FnOnce(&Turn<'_>) -> R,
) -> R {
    let myself = core.myself.borrow();
    let sender = &case.incoming.sender;
    let party = if sender.anonymous {
        None
    } else {
        core.party_of(sender.id)
    };
    let may_code = bot.code_groups.is_empty()
        || party
            .as_ref()
            .is_some_and(|party| core.coders.borrow().contains(party));
    work(&Turn {
        bot,
        username: myself.username.as_deref(),
        conversation: case.conversation,
        choice: case.choice,
        registered: party.is_some(),
        may_code,
        scripts: &LibraryScripts(library.clone()),
        incoming: case.incoming,
        now,
        ids: &*core.shared.ids,
    })
}

/// The pure rules, with their panics caught: a fault in a rule must cost one update, not a bot.
fn decide_turn(
    core: &Rc<BotCore>,
    case: &Case<'_>,
    marked: Option<UpdateId>,
) -> Result<Outcome, String> {
    let bot = core.bot.borrow().clone();
    let library = core.shared.scripts.library();
    let now = core.clock().now();
    let decide = || {
        let text = match &case.incoming.kind {
            IncomingKind::Text(text) => text.as_str(),
            IncomingKind::Other(_) | IncomingKind::Press { .. } => "",
        };
        with_turn(core, &bot, &library, case, now, |turn| {
            hooks::pass_text(Point::Handler, text);
            dialogue::decide(turn)
        })
    };
    // Only around the rules themselves: a kill that comes while the database is waited for, before or
    // after them, is not the update's fault.
    let _held = marked.map(|update| {
        core.shared.in_hand.hold(UpdateKey {
            bot: TelegramBotId(core.api.bot_id()),
            update,
        })
    });
    let mut tries = 0;
    let decision = loop {
        match catch_unwind(AssertUnwindSafe(decide)) {
            Ok(decision) => break decision,
            Err(panic) => {
                tries += 1;
                if tries >= TRIES_MAX {
                    return Err(panic_text(&*panic));
                }
            }
        }
    };
    let (at_once, request, pending) = match decision {
        Decision::Done { effects, trace } => {
            return Ok(Outcome::Done(Box::new(Ready {
                effects,
                trace: trace.describe(&bot),
                audited: None,
                sends: Vec::new(),
                offers: Vec::new(),
            })));
        }
        Decision::Run {
            at_once,
            request,
            pending,
        } => (at_once, request, pending),
    };
    for effect in at_once {
        if let Effect::AnswerPress { query, text } = effect {
            answer_press(core, query, text);
        }
    }
    // A script that needs nothing but its input is run here: it then costs no second commit.
    let quick = scripts::known_caller(core, case.incoming, &bot)
        .and_then(|caller| core.shared.scripts.run_quick(&library, &request, &caller));
    if let Some(run) = quick {
        core.shared.metrics.script_ran(run.wall);
        let key = ConversationKey {
            chat: case.incoming.chat,
            sender: case.incoming.sender.id,
        };
        let audited = scripts::audited(
            key,
            &bot,
            &request,
            &pending,
            &run.outcome,
            run.instructions,
            run.wall,
        );
        let resumed = catch_unwind(AssertUnwindSafe(|| {
            with_turn(core, &bot, &library, case, now, |turn| {
                dialogue::resume(turn, (*pending).clone(), run.outcome)
            })
        }))
        .map_err(|panic| panic_text(&*panic))?;
        if let Decision::Done { effects, trace } = resumed {
            return Ok(Outcome::Done(Box::new(Ready {
                effects,
                trace: scripts::traced(
                    trace.describe(&bot),
                    &library,
                    &request,
                    (run.instructions, run.wall),
                    &run.trace,
                ),
                audited,
                sends: run.sends,
                offers: run.offers,
            })));
        }
    }
    Ok(Outcome::Script(Box::new(Started {
        bot,
        library,
        conversation: case.conversation.clone(),
        choice: case.choice.cloned(),
        now,
        request,
        pending: *pending,
    })))
}

/// The message of a panic.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "without a message".to_owned(),
    }
}

/// Turns effects into what the commit writes and the later decisions of the batch see.
fn apply(
    core: &Rc<BotCore>,
    key: ConversationKey,
    effects: Vec<Effect>,
    item: &mut Item,
    scratch: &mut Scratch,
) {
    for effect in effects {
        match effect {
            Effect::Send(outgoing) => item.messages.extend(channel::fit(outgoing)),
            Effect::AnswerPress { query, text } => answer_press(core, query, text),
            Effect::Remember(conversation) => {
                scratch.conversations.insert(key, conversation.clone());
                item.changes.conversation = Some((key, conversation));
            }
            Effect::CloseChoice(id) => {
                if let Some(Some(choice)) = scratch.choices.get_mut(&id) {
                    choice.status = ChoiceStatus::Closed;
                }
                item.changes.closed_choices.push(id);
            }
            Effect::PutChoice(choice) => {
                scratch.choices.insert(choice.id, Some(choice.clone()));
                item.changes.choices.push(choice);
            }
        }
    }
}

/// The same for an update alone.
pub fn apply_alone(
    core: &Rc<BotCore>,
    key: ConversationKey,
    effects: Vec<Effect>,
    item: &mut Item,
) {
    apply(core, key, effects, item, &mut Scratch::default());
}

/// Fire and forget, at once: the circle on the button ends, whatever becomes of the rest.
fn answer_press(core: &Rc<BotCore>, query: String, text: Option<String>) {
    let core = core.clone();
    let guard = core.watch.guard();
    actix::spawn(async move {
        let _guard = guard;
        let answer = AnswerCallback {
            id: &query,
            text: text.as_deref(),
            show_alert: false,
        };
        match core.api.answer_callback_query(&answer).await {
            Ok(()) | Err(telegram::ApiError::QueryTooOld) => {}
            Err(error) => {
                core.shared.metrics.api_error(error.code());
                tracing::debug!(bot = %core.code, code = error.code(), "a press was not answered: {error}");
            }
        }
    });
}

/// Writes a plan and lets its messages go. False when the store is closed.
async fn commit(core: &Rc<BotCore>, plan: Plan, received_at: Moment) -> bool {
    let Some(committed) = commit::commit(core, plan).await else {
        return false;
    };
    settle(core, committed, received_at);
    true
}

/// Writes one update's end and lets its messages go. False when the store is closed.
pub async fn commit_one(core: &Rc<BotCore>, item: Item, received_at: Moment) -> bool {
    let plan = Plan {
        next_offset: None,
        items: vec![item],
    };
    commit(core, plan, received_at).await
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
    for changes in committed.changes {
        remember(core, changes);
    }
    hooks::pass(Point::Committed);
    if !committed.parcels.is_empty() {
        core.courier.do_send(Deliver(committed.parcels));
    }
    for bot in committed.others {
        core.fleet.do_send(Due(bot));
    }
}

/// A conversation was changed by a commit whose answer was lost.
pub fn remember_open(core: &BotCore, key: ConversationKey) {
    core.open.borrow_mut().insert(key);
}

/// What is in memory follows what was committed.
fn remember(core: &BotCore, changes: Changes) {
    if let Some((key, conversation)) = changes.conversation {
        let mut open = core.open.borrow_mut();
        if conversation.is_default() {
            open.remove(&key);
        } else {
            open.insert(key);
        }
    }
    for (chat, reachable) in changes.reachable {
        let mut unreachable = core.unreachable.borrow_mut();
        if reachable {
            unreachable.remove(&chat);
        } else {
            unreachable.insert(chat);
        }
    }
    for (from, to) in changes.migrated {
        core.courier.do_send(Migrate { from, to });
        rename_chat(core, from, to);
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
