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
//! Messages: [`Deliver`], [`Reload`], [`Drain`], [`TakeSnapshot`].

mod lanes;
mod outcome;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::Notify;

use super::marks::Marks;
use super::parcel::Parcel;
use super::snapshot::{CourierSnapshot, PauseView};
use super::watch::{TaskGuard, Watch};
use crate::channels::pace::{Pace, PauseScope, Priority};
use crate::channels::{Carrier, Delivered, Delivery};
use crate::model::{BotCode, ChatId, EditTarget, Lane, MessageKey, Moment, OutgoingBody};
use crate::runtime::clock::Steady;
use crate::runtime::hooks::{self, Point};
use crate::runtime::jobs::{self, messages::OutboxRow};
use crate::runtime::log::hashed;
use crate::runtime::shared::Shared;
use crate::store::messages::SentMark;

/// Messages of one bot in memory. More wait in the table; beyond half of it the bot stops asking for
/// updates, so that answers do not run away from the sending.
pub const QUEUE_MAX: usize = 10_000;
/// Rows of one bot that may say `sending` at once: after a crash each of them is sent a second time.
/// Fewer would make a busy bot pay a second commit for each message.
pub const CLAIMED_MAX: usize = 256;
/// Calls of one bot under way at once: one per chat and lane, and no more than the API serves well.
const IN_FLIGHT_MAX: usize = 64;
/// Answers that wait for so long stand still: the chat or Telegram does not take them.
const STANDING_AFTER_S: i64 = 10;
/// How soon a courier without a lease looks whether it has one again.
const LEASE_LOOK: Duration = Duration::from_millis(500);
/// How long a stop waits for the calls under way.
const DRAIN_MAX: Duration = Duration::from_secs(6);

use lanes::State;
use outcome::RETRY;

type LaneKey = (ChatId, Lane);

/// What the courier works with.
pub struct CourierParts {
    /// The bot.
    pub bot: BotCode,
    /// How its messages leave.
    pub carrier: Rc<dyn Carrier>,
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
    /// Reports a panic of the actor's own handlers: its tasks may keep the heart alive.
    _guard: TaskGuard,
}

impl Courier {
    /// A courier with nothing to do, and its heart for the same bot's intake.
    pub fn new(parts: CourierParts, pace: Pace) -> (Courier, Rc<Core>) {
        let core = Rc::new(Core {
            state: RefCell::new(State {
                lanes: HashMap::new(),
                ready: VecDeque::new(),
                holds: BinaryHeap::new(),
                pace,
                in_flight: 0,
                claiming: 0,
                loading: 0,
                arrived: Vec::new(),
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
        let guard = core.parts.watch.guard();
        let courier = Courier {
            core: core.clone(),
            _guard: guard,
        };
        (courier, core)
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
pub struct TakeSnapshot;

impl Handler<TakeSnapshot> for Courier {
    type Result = MessageResult<TakeSnapshot>;

    fn handle(&mut self, _: TakeSnapshot, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.core.snapshot())
    }
}

impl Core {
    fn now(&self) -> Moment {
        self.parts.shared.clock.now()
    }

    fn steady(&self) -> Steady {
        self.parts.shared.clock.steady()
    }

    /// Puts committed messages into their lanes; while the table is being read, behind what it holds.
    pub fn take_in(&self, parcels: Vec<Parcel>) {
        let state = &mut *self.state.borrow_mut();
        if state.loading > 0 {
            state.arrived.extend(parcels);
            return;
        }
        self.put_in(state, parcels);
    }

    fn put_in(&self, state: &mut State, parcels: Vec<Parcel>) {
        let (now, steady) = (self.now(), self.steady());
        for mut parcel in parcels {
            parcel.chat = state.current(parcel.chat);
            // A row from the future waits since now: the clock was set back.
            parcel.since = steady.plus_micros(-now.micros_since(parcel.created_at).max(0));
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
        !state.overflow && state.claimed + state.arrived.len() + count <= CLAIMED_MAX
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
        let now = self.steady();
        let state = &mut *self.state.borrow_mut();
        let key = (state.current(chat), Lane::Interactive);
        let Some(lane) = state.lanes.get(&key) else {
            return 0;
        };
        let old = lane
            .parcels
            .front()
            .is_some_and(|front| now.micros_since(front.since) > STANDING_AFTER_S * 1_000_000);
        let waiting = lane.parcels.len();
        let allowed_at = state
            .pace
            .next_allowed(key.0.0, Priority::Interactive, now.0);
        if old || allowed_at > now.0 {
            waiting
        } else {
            0
        }
    }

    /// Starts what can be started.
    fn pump(self: &Rc<Self>) {
        let now = self.steady();
        let mut to_send = Vec::new();
        let mut to_claim = Vec::new();
        let mut reload = false;
        {
            let state = &mut *self.state.borrow_mut();
            state.release_holds(now);
            // A call that would outlast the lease might be made a second time by the next node.
            let leased = self
                .parts
                .shared
                .lease
                .covers(self.parts.carrier.patience());
            // Also when the bot ended and nobody is left to say so to its courier.
            state.stopping |= self.parts.watch.has_ended();
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
                let allowed_at = Steady(state.pace.next_allowed(key.0.0, priority, now.0));
                if allowed_at > now {
                    state.hold(key, allowed_at);
                    continue;
                }
                lane.busy = true;
                if front.claimed {
                    let parcel = lane.parcels.pop_front().expect("looked at above");
                    state.pace.take(key.0.0, now.0);
                    state.in_flight += 1;
                    to_send.push(parcel);
                } else {
                    state.claiming += 1;
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
            tokio::select! {
                () = core.parts.shared.clock.sleep_until_steady(next) => {}
                () = core.parts.watch.ended() => {}
            }
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
                    core.put_back(parcel, RETRY.pause(1));
                    return;
                }
            };
            let delivery = Delivery {
                chat: parcel.chat,
                thread: parcel.thread,
                reply_to: parcel.reply_to,
                body: &parcel.body,
                edits,
            };
            let outcome = core.parts.carrier.deliver(delivery).await;
            hooks::pass(Point::AfterSend);
            match outcome {
                Ok(delivered) => core.delivered(parcel, delivered),
                Err(undelivered) => core.undelivered(parcel, undelivered).await,
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
        Ok(jobs::messages::message_id(&self.parts.shared.store, key).await)
    }

    fn delivered(self: &Rc<Self>, parcel: Parcel, delivered: Delivered) {
        let now = self.now();
        if let Some(received_at) = parcel.received_at {
            self.parts
                .shared
                .metrics
                .sent_after(now.micros_since(received_at));
        }
        self.parts.shared.metrics.message_sent();
        {
            let state = &mut *self.state.borrow_mut();
            state.sent += 1;
            // A text without buttons is never edited.
            let may_be_edited = match &parcel.body {
                OutgoingBody::Text { buttons, .. } => !buttons.is_none(),
                OutgoingBody::Files { .. } => true,
                OutgoingBody::Edit { .. } => false,
            };
            if let Some(&message_id) = delivered.message_ids.last().filter(|_| may_be_edited) {
                state.remember(parcel.key, message_id);
            }
        }
        self.parts.marks.push(SentMark {
            key: parcel.key,
            ids: delivered.message_ids.into_vec(),
            at: now,
            resent: parcel.resends > 0,
            late: jobs::messages::is_late(parcel.not_before, now),
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

    /// Gives a message back to the head of its lane for another try after a pause.
    fn put_back(self: &Rc<Self>, mut parcel: Parcel, pause: Duration) {
        let until = self.steady().plus(pause);
        {
            let state = &mut *self.state.borrow_mut();
            state.in_flight -= 1;
            parcel.chat = state.current(parcel.chat);
            let key = (parcel.chat, parcel.lane);
            let lane = state.lanes.entry(key).or_default();
            lane.busy = false;
            lane.parcels.push_front(parcel);
            if !pause.is_zero() {
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

    fn spawn_claim(self: &Rc<Self>, claims: Vec<(LaneKey, MessageKey)>) {
        let core = self.clone();
        let guard = self.parts.watch.guard();
        actix::spawn(async move {
            let _guard = guard;
            let keys = claims.iter().map(|(_, key)| *key).collect();
            let claimed = jobs::messages::claim(&core.parts.shared.store, keys).await;
            let again_at = core.steady().plus(RETRY.pause(1));
            {
                let state = &mut *core.state.borrow_mut();
                for ((chat, lane_of), key) in claims {
                    state.claiming -= 1;
                    let lane_key = (state.current(chat), lane_of);
                    let Some(lane) = state.lanes.get_mut(&lane_key) else {
                        continue;
                    };
                    lane.busy = false;
                    let Some(at) = lane.parcels.iter().position(|parcel| parcel.key == key) else {
                        continue;
                    };
                    match &claimed {
                        Some(claimed) if claimed.contains(&key) => {
                            lane.parcels[at].claimed = true;
                            state.claimed += 1;
                        }
                        // Cancelled in between.
                        Some(_) => {
                            lane.parcels.remove(at);
                            state.keys.remove(&key);
                            state.backlog -= 1;
                        }
                        // The job failed: the message keeps its place.
                        None => {
                            state.hold(lane_key, again_at);
                            continue;
                        }
                    }
                    state.make_ready(lane_key);
                }
                if state.in_flight + state.claiming == 0 {
                    core.idle.notify_waiters();
                }
            }
            core.pump();
        });
    }

    /// Reads the table: what was interrupted by a crash, what is due, what did not fit into memory.
    async fn reload(self: &Rc<Self>) {
        self.state.borrow_mut().loading += 1;
        let rows = jobs::messages::open_rows(
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
                // out before this courier began (`jobs::left_behind`).
                OutboxRow::Sending => None,
            })
            .collect();
        {
            let state = &mut *self.state.borrow_mut();
            state.loading -= 1;
            self.put_in(state, parcels);
            if state.loading == 0 {
                // What was committed meanwhile is younger than what stood in the table.
                let arrived = std::mem::take(&mut state.arrived);
                self.put_in(state, arrived);
            }
        }
        self.pump();
    }

    async fn drain(self: &Rc<Self>) {
        self.state.borrow_mut().stopping = true;
        let idle = async {
            loop {
                {
                    let state = self.state.borrow();
                    if state.in_flight + state.claiming == 0 {
                        break;
                    }
                }
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
                .chain(&state.arrived)
                .filter(|parcel| parcel.claimed)
                .map(|parcel| parcel.key)
                .collect()
        };
        if !left.is_empty() {
            jobs::messages::unclaim(&self.parts.shared.store, left).await;
        }
        self.parts.marks.flush().await;
        self.parts.watch.wind_up();
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
        state.pace.migrate(from.0, to.0);
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
        let (now, steady) = (self.now(), self.steady());
        let pauses = state.pace.pauses(steady.0);
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
                        PauseScope::Bot => None,
                        PauseScope::Chat(chat) => Some(hashed(ChatId(chat)).to_string()),
                    },
                    until: now.plus_micros(Steady(pause.until).micros_since(steady)).0,
                })
                .collect(),
            last_error: state.last_error.clone(),
        }
    }
}
