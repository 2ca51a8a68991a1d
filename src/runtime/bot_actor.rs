//! The actor of one bot: holds its definition and brings every update from Telegram to a commit.
//!
//! ```text
//! Poller --Batch--> BotActor --one job--> store
//!                      |--Deliver--> Courier
//! ```
//!
//! An update is accepted, decided and answered in one commit (design: "Journeys"). After an unclean
//! stop the bot is *careful*: what was waiting, in our table or at Telegram, is first accepted, and
//! then handled one at a time, each marked while its handler runs, until the backlog is done. So an
//! update that brings the process down costs three restarts and one row `failed`.
//!
//! Messages: [`Batch`], [`Introduced`], [`Reload`], [`Due`], [`StopBot`], [`Look`], `Alive`, `Polls`,
//! [`ChatNews`].

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix::prelude::*;
use serde::Serialize;
use tokio::sync::Semaphore;

use super::arbiter::Resources;
use super::clock::Clock;
use super::courier::{self, Courier, CourierParts, CourierSnapshot};
use super::fleet::{Fleet, KnownAs};
use super::intake::{ConversationKey, Myself};
use super::node::Shared;
use super::outbox;
use super::poller::{self, Poller, PollerParts, PollerSnapshot};
use super::restart::EndReason;
use super::scripts::Lanes;
use super::turns;
use super::watch::{ChatNews, TaskGuard, Watch};
use crate::model::{Bot, BotCode, ChatId, Moment, PartyRef, PersonId};
use crate::telegram::limits::{Limits, Rates};
use crate::telegram::{self, BotApi, Token};

/// More updates that wait for scripts, and the bot asks Telegram for no more until it has caught up.
const PENDING_MAX: usize = 5_000;
/// How long a stop waits for scripts in hand; all of it ends within 10 s.
const SCRIPTS_MAX: Duration = Duration::from_secs(4);

/// Everything a bot is built from; crosses to the arbiter.
pub struct BotSeed {
    /// Its definition.
    pub bot: Arc<Bot>,
    /// Its token.
    pub token: Token,
    /// Its username, where an earlier run learnt it.
    pub username: Option<String>,
    /// Which start this is.
    pub generation: u64,
    /// The node.
    pub shared: Arc<Shared>,
    /// The fleet.
    pub fleet: Addr<Fleet>,
}

/// What the tasks of a bot share. One thread: the arbiter's.
pub struct BotCore {
    /// Its code.
    pub code: BotCode,
    /// The definition that answers now.
    pub bot: RefCell<Arc<Bot>>,
    /// Who it is at Telegram.
    pub myself: RefCell<Myself>,
    /// The node.
    pub shared: Arc<Shared>,
    /// The line to Telegram.
    pub api: BotApi,
    /// Conversations that are not in their first state; all others need no reading.
    pub open: RefCell<HashSet<ConversationKey>>,
    /// Chats that cannot be written to; a message from one makes it reachable again (D30).
    pub unreachable: RefCell<HashSet<ChatId>>,
    /// Private chats of this bot that are linked to a party.
    pub parties: RefCell<HashMap<ChatId, PartyRef>>,
    /// What scripts are told of parties, as far as it was asked for.
    pub known: RefCell<HashMap<PartyRef, outbox::Known>>,
    /// Members of the bot's `code_groups`.
    pub coders: RefCell<HashSet<PartyRef>>,
    /// Conversations in which a script runs.
    pub lanes: Lanes,
    /// Scripts of this bot that may run at once.
    pub script_permits: Semaphore,
    /// Scripts that wait for a permit.
    pub scripts_waiting: Cell<usize>,
    /// Set when the bot ends and its scripts do not.
    pub cancel: Arc<AtomicBool>,
    /// For rows of other bots.
    pub fleet: Addr<Fleet>,
    /// The courier's heart, on the same thread: its load.
    pub load: Rc<courier::Core>,
    /// Chats that were told `busy` and whose answers still stand.
    pub flooding: RefCell<HashSet<ChatId>>,
    /// The courier.
    pub courier: Addr<Courier>,
    /// After an unclean stop, until the backlog is done.
    pub careful: Cell<bool>,
    /// It takes no more updates.
    pub stopping: Cell<bool>,
    /// One batch at a time; a stop waits for the one in hand.
    pub in_hand: tokio::sync::Mutex<()>,
    /// Counters for the snapshot.
    pub counters: Counters,
    /// The arbiter's permits for introductions.
    pub introductions: Rc<Semaphore>,
    /// Reports panics of tasks.
    pub watch: Watch,
}

/// What a bot counts since its start.
#[derive(Default)]
pub struct Counters {
    /// Updates handled.
    pub done: Cell<u64>,
    /// Updates given up.
    pub failed: Cell<u64>,
    /// Updates set aside.
    pub refused: Cell<u64>,
}

impl BotCore {
    /// It takes nothing more in hand: it was asked to stop, or one of its actors ended.
    pub fn is_stopping(&self) -> bool {
        self.stopping.get() || self.watch.has_ended()
    }

    /// The node's clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Who a person is: the party that their private chat is linked to.
    pub fn party_of(&self, person: PersonId) -> Option<PartyRef> {
        self.parties.borrow().get(&ChatId(person.0)).cloned()
    }

    /// Reads anew who may type code: groups or the bot's list of them may have changed.
    pub async fn reread_coders(&self) {
        let groups = self.bot.borrow().code_groups.clone();
        if let Some(coders) = outbox::members(&self.shared.store, &groups).await {
            *self.coders.borrow_mut() = coders;
        }
    }
}

/// The actor of one bot.
pub struct BotActor {
    seed: Option<BotSeed>,
    code: BotCode,
    /// Filled when the bot has come to life.
    core: Rc<OnceCell<Rc<BotCore>>>,
    fleet: Addr<Fleet>,
    poller: Option<Addr<Poller>>,
    stopping: bool,
    /// Reports a panic of the actor's own handlers.
    guard: Option<TaskGuard>,
}

impl BotActor {
    /// A bot that comes to life when the actor starts.
    pub fn new(seed: BotSeed) -> BotActor {
        BotActor {
            code: seed.bot.code.clone(),
            fleet: seed.fleet.clone(),
            seed: Some(seed),
            core: Rc::default(),
            poller: None,
            stopping: false,
            guard: None,
        }
    }
}

impl Actor for BotActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // A batch waits for the one before it and the rest is an operator's doing: few messages.
        ctx.set_mailbox_capacity(64);
        let Some(seed) = self.seed.take() else { return };
        let addr = ctx.address();
        let watch = Watch::new(
            seed.bot.code.clone(),
            seed.generation,
            "bot",
            (
                seed.fleet.clone().recipient(),
                seed.fleet.clone().recipient(),
            ),
            addr.clone().recipient(),
        );
        let guard = watch.guard();
        self.guard = Some(watch.guard());
        let core = self.core.clone();
        actix::spawn(async move {
            let _guard = guard;
            come_to_life(seed, addr, watch, &core).await;
        });
    }
}

/// Reads what an earlier self left behind, starts the courier, finishes the backlog and begins to
/// poll.
async fn come_to_life(
    seed: BotSeed,
    addr: Addr<BotActor>,
    watch: Watch,
    slot: &OnceCell<Rc<BotCore>>,
) {
    let shared = seed.shared.clone();
    let code = seed.bot.code.clone();
    let resources = match Resources::of_this_arbiter(&shared) {
        Ok(resources) => resources,
        Err(error) => {
            watch.end(EndReason::Failed(error.to_string()));
            return;
        }
    };
    // What this bot sent before it was built anew must be marked before its rows are read.
    resources.marks.flush().await;
    let bot_id = seed.token.bot_id();
    let Some(left) = outbox::read_left_behind(&shared.store, &code, bot_id, &shared.clock).await
    else {
        // The store is closed: the node is ending.
        return;
    };
    let Some(coders) = outbox::members(&shared.store, &seed.bot.code_groups).await else {
        return;
    };
    if !addr.connected() {
        // Stopped before it lived. From here to the filled slot nothing is awaited, so a later stop finds
        // the courier and drains it.
        return;
    }
    if let Some(lost_since) = left.updates_lost_since {
        tracing::warn!(
            bot = %code,
            since = lost_since.0,
            "the bot was away for more than 24 hours: Telegram no longer has the updates between then and a day ago"
        );
    }
    let api = resources.client.bot(&seed.token);
    let mut limits = Limits::new(rates(&shared));
    for pause in left.pauses {
        limits.pause(pause);
    }
    let (courier, load) = Courier::new(
        CourierParts {
            bot: code.clone(),
            api: api.clone(),
            shared: shared.clone(),
            marks: resources.marks.clone(),
            watch: watch.for_actor("courier"),
        },
        limits,
    );
    // Before it begins to read the table: what was interrupted is older than what is queued there.
    load.take_in(left.interrupted);
    let courier = courier.start();
    let core = Rc::new(BotCore {
        myself: RefCell::new(Myself {
            id: seed.token.bot_id(),
            username: seed.username,
        }),
        bot: RefCell::new(seed.bot),
        open: RefCell::new(left.open),
        unreachable: RefCell::new(left.unreachable),
        parties: RefCell::new(left.parties),
        known: RefCell::default(),
        coders: RefCell::new(coders),
        lanes: Lanes::default(),
        script_permits: Semaphore::new(
            usize::try_from(shared.settings.scripts.at_once_per_bot)
                .unwrap_or(usize::MAX)
                .max(1),
        ),
        scripts_waiting: Cell::new(0),
        cancel: Arc::default(),
        fleet: seed.fleet,
        load,
        flooding: RefCell::default(),
        courier,
        careful: Cell::new(shared.unclean),
        stopping: Cell::new(false),
        in_hand: tokio::sync::Mutex::new(()),
        counters: Counters::default(),
        introductions: resources.introductions.clone(),
        watch: watch.for_actor("bot"),
        api: api.clone(),
        shared: shared.clone(),
        code: code.clone(),
    });
    // The actor stops what it cannot see: a stop that came meanwhile is told here.
    if slot.set(core.clone()).is_err() || !addr.connected() {
        return;
    }
    addr.do_send(Alive);
    turns::finish_backlog(&core).await;
    if core.is_stopping() {
        return;
    }
    let poller = Poller::new(PollerParts {
        bot: code,
        api,
        actor: addr.clone(),
        offset: left.next_offset,
        introductions: resources.introductions.clone(),
        clock: shared.clock.clone(),
        metrics: shared.metrics.clone(),
        watch: watch.for_actor("poller"),
    })
    .start();
    addr.do_send(Polls(poller));
}

fn rates(shared: &Shared) -> Rates {
    let limits = &shared.settings.telegram.limits;
    Rates {
        per_bot_per_s: limits.per_bot_per_s,
        per_chat_per_s: limits.per_chat_per_s,
        per_group_per_min: limits.per_group_per_min,
    }
}

/// The bot has read what it needs.
#[derive(Message)]
#[rtype(result = "()")]
struct Alive;

impl Handler<Alive> for BotActor {
    type Result = ();

    fn handle(&mut self, _: Alive, _: &mut Self::Context) {
        if let Some(core) = self.core.get()
            && self.stopping
        {
            core.stopping.set(true);
        }
    }
}

/// The poller runs.
#[derive(Message)]
#[rtype(result = "()")]
struct Polls(Addr<Poller>);

impl Handler<Polls> for BotActor {
    type Result = ();

    fn handle(&mut self, Polls(poller): Polls, _: &mut Self::Context) {
        if self.stopping {
            poller.do_send(poller::StopPolling);
        } else {
            self.poller = Some(poller);
        }
    }
}

/// Updates from Telegram. True when they are committed and the next may be asked for.
#[derive(Message)]
#[rtype(result = "bool")]
pub struct Batch {
    /// The updates.
    pub batch: telegram::Batch,
    /// When they came.
    pub received_at: Moment,
}

impl Handler<Batch> for BotActor {
    type Result = ResponseFuture<bool>;

    fn handle(&mut self, batch: Batch, _: &mut Self::Context) -> Self::Result {
        let Some(core) = self.core.get().cloned() else {
            return Box::pin(async { false });
        };
        let guard = core.watch.guard();
        Box::pin(async move {
            let _guard = guard;
            // Answers must not run away from the sending: Telegram keeps what we do not ask for.
            core.load.wait_until_eased().await;
            core.lanes.wait_until_below(PENDING_MAX).await;
            let done = turns::handle_batch(&core, batch.batch, batch.received_at).await;
            if !done && !core.stopping.get() {
                // Else the poller would end in silence and the bot with it. A node that is ending does
                // not build it anew.
                let why = "a batch could be neither read nor written; see the log";
                core.watch.end(EndReason::Failed(why.to_owned()));
            }
            done
        })
    }
}

/// Telegram told who the bot is.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Introduced {
    /// Telegram's id.
    pub id: i64,
    /// The username.
    pub username: Option<String>,
}

impl Handler<Introduced> for BotActor {
    type Result = ();

    fn handle(&mut self, message: Introduced, _: &mut Self::Context) {
        let Some(core) = self.core.get() else { return };
        *core.myself.borrow_mut() = Myself {
            id: message.id,
            username: message.username.clone(),
        };
        self.fleet.do_send(KnownAs {
            code: self.code.clone(),
            username: message.username.clone(),
        });
        let core = core.clone();
        let guard = core.watch.guard();
        actix::spawn(async move {
            let _guard = guard;
            present(&core, message.username).await;
        });
    }
}

/// Tells Telegram who the bot is, unless the bot ends before its turn has come: to say it twice or never
/// does no harm.
async fn present(core: &Rc<BotCore>, username: Option<String>) {
    tokio::select! {
        () = super::presentation::present(core, username) => {}
        () = core.watch.ended() => {}
    }
}

/// Another definition answers from now on; an update in hand is finished with the old one.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reload(pub Arc<Bot>);

impl Handler<Reload> for BotActor {
    type Result = ();

    fn handle(&mut self, Reload(bot): Reload, ctx: &mut Self::Context) {
        match self.core.get() {
            Some(core) => {
                *core.bot.borrow_mut() = bot;
                let core = core.clone();
                let guard = core.watch.guard();
                actix::spawn(async move {
                    let _guard = guard;
                    core.reread_coders().await;
                    let username = core.myself.borrow().username.clone();
                    present(&core, username).await;
                });
            }
            // Still coming to life: said again when it lives.
            None if !self.stopping => {
                ctx.notify_later(Reload(bot), std::time::Duration::from_millis(50));
            }
            None => {}
        }
    }
}

/// Rows of this bot fell due.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Due;

impl Handler<Due> for BotActor {
    type Result = ();

    fn handle(&mut self, _: Due, _: &mut Self::Context) {
        if let Some(core) = self.core.get() {
            core.courier.do_send(courier::Reload);
        }
    }
}

/// Somebody may have been linked to a party, or unlinked, by another process.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RegistrationsChanged;

impl Handler<RegistrationsChanged> for BotActor {
    type Result = ();

    fn handle(&mut self, _: RegistrationsChanged, _: &mut Self::Context) {
        let Some(core) = self.core.get().cloned() else {
            return;
        };
        let guard = core.watch.guard();
        actix::spawn(async move {
            let _guard = guard;
            if let Some(parties) = outbox::parties_of(&core.shared.store, &core.code).await {
                *core.parties.borrow_mut() = parties;
                core.known.borrow_mut().clear();
            }
            core.reread_coders().await;
        });
    }
}

impl Handler<ChatNews> for BotActor {
    type Result = ();

    fn handle(&mut self, news: ChatNews, _: &mut Self::Context) {
        let Some(core) = self.core.get() else { return };
        match news {
            ChatNews::Gone(chat) => {
                core.unreachable.borrow_mut().insert(chat);
            }
            ChatNews::Migrated(from, to) => turns::rename_chat(core, from, to),
        }
    }
}

/// Takes no more, finishes what is in hand, gives the rest back to the table, ends.
#[derive(Message)]
#[rtype(result = "()")]
pub struct StopBot;

impl Handler<StopBot> for BotActor {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: StopBot, _: &mut Self::Context) -> Self::Result {
        self.stopping = true;
        if let Some(poller) = self.poller.take() {
            poller.do_send(poller::StopPolling);
        }
        let core = self.core.get().cloned();
        let stop = async move {
            if let Some(core) = core {
                core.stopping.set(true);
                let quiet = async {
                    let _in_hand = core.in_hand.lock().await;
                    core.lanes.wait_until_idle().await;
                };
                tokio::pin!(quiet);
                // Scripts may end by themselves; then they are cancelled and run again at the next start.
                if tokio::time::timeout(SCRIPTS_MAX, &mut quiet).await.is_err() {
                    core.cancel.store(true, Ordering::SeqCst);
                    quiet.await;
                }
                // A courier that panicked is gone: its rows say `sending` and will be sorted out.
                let _ = core.courier.send(courier::Drain).await;
                core.watch.wind_up();
            }
        };
        Box::pin(stop.into_actor(self).map(|(), _, ctx| ctx.stop()))
    }
}

/// What a bot shows of itself.
#[derive(Clone, Debug, Serialize)]
pub struct BotSnapshot {
    /// The revision of the definition that answers.
    pub revision: i64,
    /// Its rules.
    pub keywords: usize,
    /// Updates handled since it started.
    pub updates_done: u64,
    /// Updates given up since it started.
    pub updates_failed: u64,
    /// Updates set aside since it started.
    pub updates_refused: u64,
    /// Conversations with something open.
    pub open_conversations: usize,
    /// It finishes the backlog of an unclean stop.
    pub recovering: bool,
    /// Its poller.
    pub poller: Option<PollerSnapshot>,
    /// Its courier.
    pub courier: Option<CourierSnapshot>,
}

/// Asks for a snapshot; `None` while the bot comes to life.
#[derive(Message)]
#[rtype(result = "Option<BotSnapshot>")]
pub struct Look;

impl Handler<Look> for BotActor {
    type Result = ResponseFuture<Option<BotSnapshot>>;

    fn handle(&mut self, _: Look, _: &mut Self::Context) -> Self::Result {
        let Some(core) = self.core.get().cloned() else {
            return Box::pin(async { None });
        };
        let poller = self.poller.clone();
        Box::pin(async move {
            let poller = match poller {
                Some(poller) => poller.send(poller::Look).await.ok(),
                None => None,
            };
            let courier = core.courier.send(courier::Look).await.ok();
            let bot = core.bot.borrow();
            Some(BotSnapshot {
                revision: bot.revision,
                keywords: bot.keywords.len(),
                updates_done: core.counters.done.get(),
                updates_failed: core.counters.failed.get(),
                updates_refused: core.counters.refused.get(),
                open_conversations: core.open.borrow().len(),
                recovering: core.careful.get(),
                poller,
                courier,
            })
        })
    }
}
