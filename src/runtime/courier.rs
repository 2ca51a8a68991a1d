//! The courier of a bot: sends what was committed, in order, within Telegram's limits.
//!
//! ```text
//! BotActor --Deliver(parcels)--> Courier --deliver--> Telegram
//!                                   |--marks (batched)--> store
//! Timetable --Reload--> Courier --open rows--> store
//! ```
//!
//! Two lanes per chat, each first in, first out (design: "Sending"). A parcel comes either `claimed`,
//! its row says `sending` already, or `queued`: then its row is turned to `sending` before it is
//! handed over, so that after a crash every message that may have left is known.
//!
//! Messages: [`Deliver`], [`Reload`], [`Drain`], [`Look`].

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use serde::Serialize;
use tokio::sync::Notify;

use super::hooks::{self, Point};
use super::marks::Marks;
use super::node::Shared;
use super::outbox::{self, OutboxRow};
use super::restart::EndReason;
use super::watch::Watch;
use crate::channels::telegram::{Delivered, Delivery, deliver};
use crate::model::{
    BotCode, ChatId, EditTarget, Lane, MessageKey, MessageKind, Moment, Outgoing, OutgoingBody,
    Resend, RichText,
};
use crate::store::messages::SentMark;
use crate::telegram::limits::{Limits, Pause, Priority};
use crate::telegram::{ApiError, BotApi, Outcome, SEND_TIMEOUT};

/// Messages of one bot in memory. More wait in the table; beyond half of it the bot stops asking for
/// updates, so that answers do not run away from the sending.
pub const QUEUE_MAX: usize = 10_000;
/// Rows of one bot that may say `sending` at once: after a crash each of them is sent a second time.
/// Fewer would make a busy bot pay a second commit for each message.
pub const CLAIMED_MAX: usize = 256;
/// Calls of one bot under way at once: one per chat and lane, and no more than the API serves well.
const IN_FLIGHT_MAX: usize = 64;
/// How many numbers of sent messages are remembered for edits; older ones are read from the table.
const RECENT_MAX: usize = 512;
/// The first pause after a failed call; doubles up to the ceiling.
const RETRY_FIRST_MS: i64 = 250;
/// Longer, and people wait for no reason after Telegram is back.
const RETRY_CEILING_MS: i64 = 30_000;
/// A message that could not be delivered for so long is given up: Telegram keeps updates as long.
const GIVE_UP_AFTER_S: i64 = 24 * 3600;
/// How often a message whose answer was never read is sent again. Each of these may be a duplicate
/// and is marked; with none, one cut connection in a row of two would lose a message
/// (docs/decisions/0006-resend.md).
const RESENDS_MAX: u32 = 3;
/// Answers that wait for so long stand still: the chat or Telegram does not take them.
const STANDING_AFTER_S: i64 = 10;
/// How soon a courier without a lease looks whether it has one again.
const LEASE_LOOK: Duration = Duration::from_millis(500);
/// How long a stop waits for the calls under way.
const DRAIN_MAX: Duration = Duration::from_secs(6);

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// Its key.
    pub key: MessageKey,
    /// The chat.
    pub chat: ChatId,
    /// The topic.
    pub thread: Option<i64>,
    /// Its lane.
    pub lane: Lane,
    /// What it is.
    pub kind: MessageKind,
    /// What it quotes.
    pub reply_to: Option<i64>,
    /// What is sent.
    pub body: OutgoingBody,
    /// Its row says `sending`.
    pub claimed: bool,
    /// How often it was sent again without knowing whether it had arrived.
    pub resends: u32,
    /// Failed tries.
    pub tries: u32,
    /// When its row was written.
    pub created_at: Moment,
    /// Not to be sent before this moment.
    pub not_before: Option<Moment>,
    /// When the update that it answers came; for the latency.
    pub received_at: Option<Moment>,
}

impl Parcel {
    /// A message that was written just now, or read from its row.
    pub fn new(
        outgoing: Outgoing,
        claimed: bool,
        created_at: Moment,
        received_at: Option<Moment>,
    ) -> Parcel {
        Parcel {
            key: outgoing.key,
            chat: outgoing.to.chat,
            thread: outgoing.to.thread,
            lane: outgoing.lane,
            kind: outgoing.kind,
            reply_to: outgoing.reply_to,
            body: outgoing.body,
            claimed,
            resends: 0,
            tries: 0,
            created_at,
            not_before: outgoing.not_before,
            received_at,
        }
    }
}

type LaneKey = (ChatId, Lane);

#[derive(Default)]
struct LaneQueue {
    parcels: VecDeque<Parcel>,
    /// A call or a claim of this lane is under way.
    busy: bool,
    /// Not before this moment.
    held_until: Option<Moment>,
    /// It stands in `ready`.
    is_ready: bool,
}

struct State {
    lanes: HashMap<LaneKey, LaneQueue>,
    ready: VecDeque<LaneKey>,
    holds: BinaryHeap<Reverse<(Moment, LaneKey)>>,
    limits: Limits,
    in_flight: usize,
    backlog: usize,
    claimed: usize,
    /// Keys in memory, so that a reload takes nothing twice.
    keys: HashSet<MessageKey>,
    recent: HashMap<MessageKey, i64>,
    recent_order: VecDeque<MessageKey>,
    /// There are rows in the table that did not fit into memory.
    overflow: bool,
    /// Chats that got another number while messages to them were under way.
    moved: HashMap<ChatId, ChatId>,
    timer_at: Option<Moment>,
    stopping: bool,
    sent: u64,
    failed: u64,
    last_error: Option<String>,
}

/// What a courier shows of itself.
#[derive(Clone, Debug, Serialize)]
pub struct CourierSnapshot {
    /// Messages in memory that are not sent.
    pub backlog: usize,
    /// Calls under way.
    pub in_flight: usize,
    /// Chats with something to send.
    pub lanes: usize,
    /// Sent since it started.
    pub sent: u64,
    /// Refused for good since it started.
    pub failed: u64,
    /// More waits in the table.
    pub overflow: bool,
    /// Pauses that hold now: chat (none: the whole bot) and until when, µs of Unix time.
    pub pauses: Vec<PauseView>,
    /// The last error of the API.
    pub last_error: Option<String>,
}

/// A pause as a snapshot shows it.
#[derive(Clone, Debug, Serialize)]
pub struct PauseView {
    /// The chat, or the whole bot. Hashed as in the log.
    pub chat: Option<String>,
    /// Until when, µs of Unix time.
    pub until: i64,
}

/// What the courier works with.
pub struct CourierParts {
    /// The bot.
    pub bot: BotCode,
    /// Its API.
    pub api: BotApi,
    /// The node.
    pub shared: Arc<Shared>,
    /// The arbiter's batch of marks.
    pub marks: Rc<Marks>,
    /// Reports a panic or the reason to end.
    pub watch: Watch,
}

/// The heart of the courier, shared by its tasks.
pub struct Core {
    parts: CourierParts,
    state: RefCell<State>,
    idle: Notify,
    eased: Notify,
}

/// The courier of one bot.
pub struct Courier {
    core: Rc<Core>,
}

impl Courier {
    /// A courier with nothing to do, and its heart for the same bot's intake.
    pub fn new(parts: CourierParts, limits: Limits) -> (Courier, Rc<Core>) {
        let core = Rc::new(Core {
            state: RefCell::new(State {
                lanes: HashMap::new(),
                ready: VecDeque::new(),
                holds: BinaryHeap::new(),
                limits,
                in_flight: 0,
                backlog: 0,
                claimed: 0,
                keys: HashSet::new(),
                recent: HashMap::new(),
                recent_order: VecDeque::new(),
                overflow: false,
                moved: HashMap::new(),
                timer_at: None,
                stopping: false,
                sent: 0,
                failed: 0,
                last_error: None,
            }),
            idle: Notify::new(),
            eased: Notify::new(),
            parts,
        });
        (Courier { core: core.clone() }, core)
    }
}

impl Actor for Courier {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // Every parcel passed a permit or stands in the table; the mailbox only carries them over.
        ctx.set_mailbox_capacity(1024);
        ctx.notify(Reload);
    }
}

/// Messages that were committed, in order.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Deliver(pub Vec<Parcel>);

impl Handler<Deliver> for Courier {
    type Result = ();

    fn handle(&mut self, Deliver(parcels): Deliver, _: &mut Self::Context) {
        self.core.take_in(parcels);
        self.core.pump();
    }
}

/// Reads what is due from the table.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reload;

impl Handler<Reload> for Courier {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Reload, _: &mut Self::Context) -> Self::Result {
        let core = self.core.clone();
        Box::pin(async move { core.reload().await }.into_actor(self))
    }
}

/// A chat has another number from now on: what is in memory goes along.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Migrate {
    /// The old number.
    pub from: ChatId,
    /// The new one.
    pub to: ChatId,
}

impl Handler<Migrate> for Courier {
    type Result = ();

    fn handle(&mut self, message: Migrate, _: &mut Self::Context) {
        self.core.migrate(message.from, message.to);
        self.core.pump();
    }
}

/// Finishes what is under way, gives the rest back to the table and answers.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Drain;

impl Handler<Drain> for Courier {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Drain, _: &mut Self::Context) -> Self::Result {
        let core = self.core.clone();
        Box::pin(
            async move { core.drain().await }
                .into_actor(self)
                .map(|(), _, ctx| ctx.stop()),
        )
    }
}

/// Asks for a snapshot.
#[derive(Message)]
#[rtype(result = "CourierSnapshot")]
pub struct Look;

impl Handler<Look> for Courier {
    type Result = MessageResult<Look>;

    fn handle(&mut self, _: Look, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.core.snapshot())
    }
}

impl Core {
    fn now(&self) -> Moment {
        self.parts.shared.clock.now()
    }

    /// Puts committed messages into their lanes.
    fn take_in(&self, parcels: Vec<Parcel>) {
        let state = &mut *self.state.borrow_mut();
        for mut parcel in parcels {
            parcel.chat = state.current(parcel.chat);
            // A queued message that does not fit stays in the table; so do all after it, or they
            // would overtake it.
            if !parcel.claimed && (state.overflow || state.backlog >= QUEUE_MAX) {
                state.overflow = true;
                continue;
            }
            if !state.keys.insert(parcel.key) {
                continue;
            }
            state.backlog += 1;
            state.claimed += usize::from(parcel.claimed);
            let key = (parcel.chat, parcel.lane);
            state
                .lanes
                .entry(key)
                .or_default()
                .parcels
                .push_back(parcel);
            state.make_ready(key);
        }
    }

    /// Whether `count` more messages may be written as `sending`.
    pub fn has_permits(&self, count: usize) -> bool {
        let state = self.state.borrow();
        !state.overflow && state.claimed + count <= CLAIMED_MAX
    }

    /// Waits until less than half of the queue is taken: the back-pressure of the bot's intake.
    pub async fn wait_until_eased(&self) {
        while self.state.borrow().backlog > QUEUE_MAX / 2 {
            self.eased.notified().await;
        }
    }

    /// How many answers wait for this chat, if they stand still: the chat is paused, or the oldest has
    /// waited for long. A backlog that is being worked off is no flood.
    pub fn standing_answers(&self, chat: ChatId) -> usize {
        let now = self.now();
        let state = &mut *self.state.borrow_mut();
        let key = (state.current(chat), Lane::Interactive);
        let Some(lane) = state.lanes.get(&key) else {
            return 0;
        };
        let old = lane
            .parcels
            .front()
            .is_some_and(|front| now.micros_since(front.created_at) > STANDING_AFTER_S * 1_000_000);
        let waiting = lane.parcels.len();
        let allowed_at = state
            .limits
            .next_allowed(key.0.0, Priority::Interactive, now.0);
        if old || allowed_at > now.0 {
            waiting
        } else {
            0
        }
    }

    /// Starts what can be started.
    fn pump(self: &Rc<Self>) {
        let now = self.now();
        let mut to_send = Vec::new();
        let mut to_claim = Vec::new();
        let mut reload = false;
        {
            let state = &mut *self.state.borrow_mut();
            state.release_holds(now);
            // A call that would outlast the lease might be made a second time by the next node.
            let leased = self.parts.shared.lease.covers(SEND_TIMEOUT);
            if !leased && !state.ready.is_empty() && !state.stopping {
                self.pump_later();
            }
            while leased && !state.stopping && state.in_flight < IN_FLIGHT_MAX {
                let Some(key) = state.ready.pop_front() else {
                    break;
                };
                let Some(lane) = state.lanes.get_mut(&key) else {
                    continue;
                };
                lane.is_ready = false;
                if lane.busy || lane.held_until.is_some_and(|until| until > now) {
                    continue;
                }
                let Some(front) = lane.parcels.front() else {
                    state.lanes.remove(&key);
                    continue;
                };
                let priority = match key.1 {
                    Lane::Interactive => Priority::Interactive,
                    Lane::Background => Priority::Background,
                };
                let allowed_at = Moment(state.limits.next_allowed(key.0.0, priority, now.0));
                if allowed_at > now {
                    state.hold(key, allowed_at);
                    continue;
                }
                lane.busy = true;
                if front.claimed {
                    let parcel = lane.parcels.pop_front().expect("looked at above");
                    state.limits.take(key.0.0, now.0);
                    state.in_flight += 1;
                    to_send.push(parcel);
                } else {
                    to_claim.push((key, front.key));
                }
            }
            if state.overflow && state.backlog < QUEUE_MAX / 2 && !state.stopping {
                // Everything after the overflow stands in the table and is read in order from there.
                state.overflow = false;
                reload = true;
            }
            self.arm_timer(state);
            if state.backlog <= QUEUE_MAX / 2 {
                self.eased.notify_waiters();
            }
        }
        for parcel in to_send {
            self.spawn_send(parcel);
        }
        if !to_claim.is_empty() {
            self.spawn_claim(to_claim);
        }
        if reload {
            let core = self.clone();
            let guard = self.parts.watch.guard();
            actix::spawn(async move {
                let _guard = guard;
                core.reload().await;
            });
        }
    }

    /// Looks again when the lease may have been renewed.
    fn pump_later(self: &Rc<Self>) {
        let core = self.clone();
        let guard = self.parts.watch.guard();
        actix::spawn(async move {
            let _guard = guard;
            tokio::time::sleep(LEASE_LOOK).await;
            core.pump();
        });
    }

    fn arm_timer(self: &Rc<Self>, state: &mut State) {
        let Some(&Reverse((next, _))) = state.holds.peek() else {
            return;
        };
        if state.timer_at.is_some_and(|at| at <= next) {
            return;
        }
        state.timer_at = Some(next);
        let core = self.clone();
        let guard = self.parts.watch.guard();
        actix::spawn(async move {
            let _guard = guard;
            core.parts.shared.clock.sleep_until(next).await;
            {
                let mut state = core.state.borrow_mut();
                if state.timer_at == Some(next) {
                    state.timer_at = None;
                }
            }
            core.pump();
        });
    }

    fn spawn_send(self: &Rc<Self>, parcel: Parcel) {
        let core = self.clone();
        let guard = self.parts.watch.guard();
        actix::spawn(async move {
            let _guard = guard;
            hooks::pass(Point::BeforeSend);
            let edits = match core.edited_message(&parcel).await {
                Ok(edits) => edits,
                Err(()) => {
                    // The message it edits is still on its way in the other lane.
                    core.put_back(parcel, RETRY_FIRST_MS);
                    return;
                }
            };
            let delivery = Delivery {
                chat: parcel.chat.0,
                thread: parcel.thread,
                reply_to: parcel.reply_to,
                body: &parcel.body,
                edits,
            };
            let outcome = deliver(&core.parts.api, delivery).await;
            hooks::pass(Point::AfterSend);
            match outcome {
                Ok(delivered) => core.delivered(parcel, delivered),
                Err(error) => core.refused(parcel, error).await,
            }
        });
    }

    /// The channel's number of the message that an edit changes: `Ok(None)` for what is no edit or
    /// whose message was never sent, `Err` when it is still on its way.
    async fn edited_message(&self, parcel: &Parcel) -> Result<Option<i64>, ()> {
        let OutgoingBody::Edit { target, .. } = &parcel.body else {
            return Ok(None);
        };
        let key = match target {
            EditTarget::ChannelMessage(message_id) => return Ok(Some(*message_id)),
            EditTarget::Message(key) => *key,
        };
        {
            let state = self.state.borrow();
            if let Some(&message_id) = state.recent.get(&key) {
                return Ok(Some(message_id));
            }
            if state.keys.contains(&key) {
                return Err(());
            }
        }
        // Marks may lag behind: what was sent a moment ago is in memory, what is older in the table.
        Ok(outbox::message_id(&self.parts.shared.store, key).await)
    }

    fn delivered(self: &Rc<Self>, parcel: Parcel, delivered: Delivered) {
        let now = self.now();
        if let Some(received_at) = parcel.received_at {
            self.parts
                .shared
                .metrics
                .sent_after(now.micros_since(received_at));
        }
        {
            let state = &mut *self.state.borrow_mut();
            state.sent += 1;
            if let (OutgoingBody::Text { .. } | OutgoingBody::Files { .. }, Some(&message_id)) =
                (&parcel.body, delivered.message_ids.last())
            {
                state.remember(parcel.key, message_id);
            }
        }
        self.parts.marks.push(SentMark {
            key: parcel.key,
            ids: delivered.message_ids.into_vec(),
            at: now,
            resent: parcel.resends > 0,
            late: outbox::is_late(parcel.not_before, now),
        });
        self.close(&parcel);
    }

    /// Takes a settled message out of the books and lets its lane go on.
    fn close(self: &Rc<Self>, parcel: &Parcel) {
        {
            let state = &mut *self.state.borrow_mut();
            state.keys.remove(&parcel.key);
            state.backlog -= 1;
            state.claimed -= usize::from(parcel.claimed);
            state.in_flight -= 1;
            let key = (state.current(parcel.chat), parcel.lane);
            if let Some(lane) = state.lanes.get_mut(&key) {
                lane.busy = false;
                lane.held_until = None;
            }
            state.make_ready(key);
            if state.in_flight == 0 {
                self.idle.notify_waiters();
            }
        }
        self.pump();
    }

    /// Gives a message back to the head of its lane for another try after `pause_ms`.
    fn put_back(self: &Rc<Self>, mut parcel: Parcel, pause_ms: i64) {
        let until = self.now().plus_millis(pause_ms);
        {
            let state = &mut *self.state.borrow_mut();
            state.in_flight -= 1;
            parcel.chat = state.current(parcel.chat);
            let key = (parcel.chat, parcel.lane);
            let lane = state.lanes.entry(key).or_default();
            lane.busy = false;
            lane.parcels.push_front(parcel);
            if pause_ms > 0 {
                state.hold(key, until);
            } else {
                state.make_ready(key);
            }
            if state.in_flight == 0 {
                self.idle.notify_waiters();
            }
        }
        self.pump();
    }

    /// Telegram did not take a message, or nobody knows whether it did.
    async fn refused(self: &Rc<Self>, mut parcel: Parcel, error: ApiError) {
        self.parts.shared.metrics.api_error(error.code());
        let now = self.now();
        match &error {
            // As good as done.
            ApiError::NotModified => {
                self.delivered(parcel, Delivered::default());
                return;
            }
            ApiError::RetryAfter { seconds } => {
                let pause = self
                    .state
                    .borrow_mut()
                    .limits
                    .refused(parcel.chat.0, *seconds, now.0);
                self.warn(&parcel, &error, "Telegram asks to wait");
                self.keep_pause(pause).await;
                self.retry(parcel, &error, i64::from(*seconds) * 1000).await;
                return;
            }
            ApiError::MigratedTo { chat } => {
                let (from, to) = (parcel.chat, ChatId(*chat));
                tracing::info!(bot = %self.parts.bot, "a group became a supergroup; its chat is rewritten everywhere");
                outbox::rewrite_chat(&self.parts.shared.store, &self.parts.bot, from, to).await;
                self.parts.watch.migrated(from, to);
                self.free_lane(&parcel);
                self.migrate(from, to);
                parcel.chat = to;
                self.put_back(parcel, 0);
                return;
            }
            ApiError::CantParseEntities { .. } => {
                if let Some(body) = as_plain(&parcel.body) {
                    self.warn(&parcel, &error, "mark-up refused; sent again as plain text");
                    parcel.body = body;
                    self.put_back(parcel, 0);
                    return;
                }
            }
            ApiError::MessageGone { .. } if parcel.reply_to.is_some() => {
                parcel.reply_to = None;
                self.put_back(parcel, 0);
                return;
            }
            ApiError::ThreadGone { .. } if parcel.thread.is_some() => {
                self.warn(&parcel, &error, "the topic is gone; sent without it");
                parcel.thread = None;
                self.put_back(parcel, 0);
                return;
            }
            // The message to edit was deleted by the person: nothing is left to be done.
            ApiError::MessageGone { .. } if parcel.kind == MessageKind::Edit => {}
            ApiError::ChatGone { reason, .. } => {
                outbox::chat_gone(
                    &self.parts.shared.store,
                    &self.parts.bot,
                    parcel.chat,
                    error.code(),
                    now,
                )
                .await;
                self.parts.watch.gone(parcel.chat);
                self.warn(&parcel, &error, "the chat cannot be written to");
                let _ = reason;
                self.give_up(parcel, &error).await;
                return;
            }
            ApiError::Unauthorised => {
                tracing::error!(bot = %self.parts.bot, "{}", error.for_operator());
                self.retry(parcel, &error, RETRY_CEILING_MS).await;
                self.parts.watch.end(EndReason::Unauthorised);
                return;
            }
            ApiError::Server { .. }
            | ApiError::Conflict { .. }
            | ApiError::Network {
                outcome: Outcome::NotSent | Outcome::Refused,
                ..
            } => {
                if now.micros_since(parcel.created_at) < GIVE_UP_AFTER_S * 1_000_000 {
                    let pause = backoff_ms(parcel.tries);
                    self.warn(&parcel, &error, "will be tried again");
                    self.retry(parcel, &error, pause).await;
                    return;
                }
            }
            ApiError::Network {
                outcome: Outcome::Unknown,
                ..
            }
            | ApiError::Malformed { .. } => {
                self.fate_unknown(parcel, &error).await;
                return;
            }
            ApiError::QueryTooOld
            | ApiError::MessageGone { .. }
            | ApiError::ThreadGone { .. }
            | ApiError::MessageTooLong
            | ApiError::FileTooLarge { .. }
            | ApiError::BadRequest { .. } => {}
        }
        if parcel.kind != MessageKind::Edit {
            self.warn(&parcel, &error, "refused for good");
        }
        self.give_up(parcel, &error).await;
    }

    /// Back to `queued`, to be claimed again after a pause: a crash in between doubles nothing.
    async fn retry(self: &Rc<Self>, mut parcel: Parcel, error: &ApiError, pause_ms: i64) {
        parcel.tries += 1;
        let not_before = self.now().plus_millis(pause_ms);
        outbox::requeue(
            &self.parts.shared.store,
            parcel.key,
            not_before,
            error.code(),
        )
        .await;
        {
            let state = &mut *self.state.borrow_mut();
            state.claimed -= usize::from(parcel.claimed);
            state.last_error = Some(error.code().to_owned());
        }
        parcel.claimed = false;
        self.put_back(parcel, pause_ms);
    }

    /// The call may have been carried out: what then depends on the kind (design: "Sending").
    async fn fate_unknown(self: &Rc<Self>, mut parcel: Parcel, error: &ApiError) {
        match parcel.kind.resend() {
            Resend::Freely => {
                let pause = backoff_ms(parcel.tries);
                self.retry(parcel, error, pause).await;
            }
            Resend::Once if parcel.resends < RESENDS_MAX => {
                let pause = backoff_ms(parcel.resends);
                parcel.resends += 1;
                self.warn(
                    &parcel,
                    error,
                    "not known whether it arrived; sent again and marked",
                );
                outbox::mark_resent(&self.parts.shared.store, parcel.key).await;
                self.parts.shared.metrics.resent();
                self.put_back(parcel, pause);
            }
            Resend::Once | Resend::Never => {
                self.warn(&parcel, error, "not known whether it arrived; left");
                outbox::mark_unknown(&self.parts.shared.store, parcel.key, error.code()).await;
                self.state.borrow_mut().failed += 1;
                self.close(&parcel);
            }
        }
    }

    async fn give_up(self: &Rc<Self>, parcel: Parcel, error: &ApiError) {
        outbox::mark_failed(
            &self.parts.shared.store,
            parcel.key,
            error.code(),
            &error.to_string(),
        )
        .await;
        self.parts.shared.metrics.message_failed();
        {
            let mut state = self.state.borrow_mut();
            state.failed += 1;
            state.last_error = Some(error.code().to_owned());
        }
        self.close(&parcel);
    }

    fn warn(&self, parcel: &Parcel, error: &ApiError, what: &str) {
        tracing::warn!(
            bot = %self.parts.bot,
            chat = %super::log::chat(parcel.chat),
            message = parcel.key.0,
            code = error.code(),
            "{what}: {error}"
        );
    }

    async fn keep_pause(&self, pause: Pause) {
        outbox::keep_pause(&self.parts.shared.store, &self.parts.bot, pause).await;
    }

    fn spawn_claim(self: &Rc<Self>, claims: Vec<(LaneKey, MessageKey)>) {
        let core = self.clone();
        let guard = self.parts.watch.guard();
        actix::spawn(async move {
            let _guard = guard;
            let keys = claims.iter().map(|(_, key)| *key).collect();
            let claimed = outbox::claim(&core.parts.shared.store, keys).await;
            {
                let state = &mut *core.state.borrow_mut();
                for ((chat, lane_of), key) in claims {
                    let lane_key = (state.current(chat), lane_of);
                    let Some(lane) = state.lanes.get_mut(&lane_key) else {
                        continue;
                    };
                    lane.busy = false;
                    // The lane was busy since the claim began, so its front is still this message.
                    if claimed.contains(&key) {
                        if let Some(front) = lane.parcels.front_mut() {
                            front.claimed = true;
                            state.claimed += 1;
                        }
                    } else {
                        // Cancelled in between.
                        lane.parcels.pop_front();
                        state.keys.remove(&key);
                        state.backlog -= 1;
                    }
                    state.make_ready(lane_key);
                }
            }
            core.pump();
        });
    }

    /// Reads the table: what was interrupted by a crash, what is due, what did not fit into memory.
    async fn reload(self: &Rc<Self>) {
        let rows = outbox::open_rows(
            &self.parts.shared.store,
            &self.parts.bot,
            self.now(),
            QUEUE_MAX,
        )
        .await;
        let parcels: Vec<Parcel> = rows
            .into_iter()
            .filter_map(|row| match row {
                OutboxRow::Queued(parcel) => Some(parcel),
                // In memory, or sent with its mark under way: what a crash left behind was sorted
                // out before this courier began (`outbox::recover`).
                OutboxRow::Sending => None,
            })
            .collect();
        self.take_in(parcels);
        self.pump();
    }

    async fn drain(self: &Rc<Self>) {
        self.state.borrow_mut().stopping = true;
        let idle = async {
            while self.state.borrow().in_flight > 0 {
                self.idle.notified().await;
            }
        };
        if tokio::time::timeout(DRAIN_MAX, idle).await.is_err() {
            tracing::warn!(bot = %self.parts.bot, "calls were still under way at the stop; their messages will be sent again");
        }
        let left: Vec<MessageKey> = {
            let state = self.state.borrow();
            let waiting = state.lanes.values().flat_map(|lane| &lane.parcels);
            waiting
                .filter(|parcel| parcel.claimed)
                .map(|parcel| parcel.key)
                .collect()
        };
        if !left.is_empty() {
            outbox::unclaim(&self.parts.shared.store, left).await;
        }
        self.parts.marks.flush().await;
    }

    /// The lane of a message that goes to another chat is free for the next.
    fn free_lane(&self, parcel: &Parcel) {
        if let Some(lane) = self
            .state
            .borrow_mut()
            .lanes
            .get_mut(&(parcel.chat, parcel.lane))
        {
            lane.busy = false;
        }
    }

    fn migrate(&self, from: ChatId, to: ChatId) {
        let state = &mut *self.state.borrow_mut();
        if from == to {
            return;
        }
        state.limits.migrate(from.0, to.0);
        state.moved.insert(from, to);
        for lane_of in [Lane::Interactive, Lane::Background] {
            if let Some(moved) = state.lanes.remove(&(from, lane_of)) {
                let lane = state.lanes.entry((to, lane_of)).or_default();
                lane.busy |= moved.busy;
                for mut parcel in moved.parcels.into_iter().rev() {
                    parcel.chat = to;
                    lane.parcels.push_front(parcel);
                }
                state.make_ready((to, lane_of));
            }
        }
    }

    fn snapshot(&self) -> CourierSnapshot {
        let state = self.state.borrow();
        let pauses = state.limits.pauses(self.now().0);
        CourierSnapshot {
            backlog: state.backlog,
            in_flight: state.in_flight,
            lanes: state.lanes.len(),
            sent: state.sent,
            failed: state.failed,
            overflow: state.overflow,
            pauses: pauses
                .into_iter()
                .map(|pause| PauseView {
                    chat: match pause.scope {
                        crate::telegram::limits::PauseScope::Bot => None,
                        crate::telegram::limits::PauseScope::Chat(chat) => {
                            Some(super::log::chat(ChatId(chat)).to_string())
                        }
                    },
                    until: pause.until,
                })
                .collect(),
            last_error: state.last_error.clone(),
        }
    }
}

impl State {
    fn make_ready(&mut self, key: LaneKey) {
        let Some(lane) = self.lanes.get_mut(&key) else {
            return;
        };
        if lane.busy || lane.is_ready || lane.held_until.is_some() {
            return;
        }
        if lane.parcels.is_empty() {
            // An idle lane leaves memory.
            self.lanes.remove(&key);
            return;
        }
        lane.is_ready = true;
        self.ready.push_back(key);
    }

    fn hold(&mut self, key: LaneKey, until: Moment) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.held_until = Some(until);
            self.holds.push(Reverse((until, key)));
        }
    }

    fn release_holds(&mut self, now: Moment) {
        while let Some(&Reverse((until, key))) = self.holds.peek() {
            if until > now {
                break;
            }
            self.holds.pop();
            if let Some(lane) = self.lanes.get_mut(&key)
                && lane.held_until.is_some_and(|held| held <= now)
            {
                lane.held_until = None;
                self.make_ready(key);
            }
        }
    }

    /// The number that a chat has now.
    fn current(&self, chat: ChatId) -> ChatId {
        let mut chat = chat;
        // A number is never taken back, so the walk ends; the bound is for a table gone wrong.
        for _ in 0..8 {
            match self.moved.get(&chat) {
                Some(&next) => chat = next,
                None => break,
            }
        }
        chat
    }

    fn remember(&mut self, key: MessageKey, message_id: i64) {
        self.recent.insert(key, message_id);
        self.recent_order.push_back(key);
        if self.recent_order.len() > RECENT_MAX
            && let Some(oldest) = self.recent_order.pop_front()
        {
            self.recent.remove(&oldest);
        }
    }
}

/// The pause before the next try: doubles, with a ceiling.
fn backoff_ms(tries: u32) -> i64 {
    (RETRY_FIRST_MS << tries.min(10)).min(RETRY_CEILING_MS)
}

/// The same message without mark-up; `None` when it has none.
fn as_plain(body: &OutgoingBody) -> Option<OutgoingBody> {
    let plain = |text: &RichText| RichText::Plain(text.to_plain());
    match body {
        OutgoingBody::Text {
            text: text @ RichText::Markup(_),
            buttons,
        } => Some(OutgoingBody::Text {
            text: plain(text),
            buttons: buttons.clone(),
        }),
        OutgoingBody::Edit {
            target,
            text: Some(text @ RichText::Markup(_)),
            buttons,
        } => Some(OutgoingBody::Edit {
            target: *target,
            text: Some(plain(text)),
            buttons: buttons.clone(),
        }),
        OutgoingBody::Files {
            files,
            caption: Some(caption @ RichText::Markup(_)),
            buttons,
        } => Some(OutgoingBody::Files {
            files: files.clone(),
            caption: Some(plain(caption)),
            buttons: buttons.clone(),
        }),
        OutgoingBody::Text { .. } | OutgoingBody::Edit { .. } | OutgoingBody::Files { .. } => None,
    }
}
