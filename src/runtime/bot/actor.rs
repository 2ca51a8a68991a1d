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
//! Messages: [`Batch`], [`Introduced`], [`Reload`], [`Due`], [`StopBot`], [`TakeSnapshot`], `Alive`,
//! `Polls`, [`ChatNews`].

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::prelude::*;
use tokio::sync::Semaphore;

use super::albums::Albums;
use super::core::{BotCore, Counters};
use super::courier::{self, Courier, CourierParts};
use super::intake::Myself;
use super::poller::{self, Batch, Introduced, Poller, PollerParts, Taken};
use super::queues::Queues;
use super::snapshot::{BotSnapshot, TakeSnapshot};
use super::watch::{ChatNews, TaskGuard, Watch};
use super::{presentation, settle, turns};
use crate::channels::pace::{Pace, Rates};
use crate::channels::telegram::Telegram;
use crate::model::{Bot, BotCode};
use crate::runtime::arbiter::Resources;
use crate::runtime::jobs;
use crate::runtime::reports::{EndReason, KnownAs, Reports};
use crate::runtime::shared::Shared;
use crate::telegram::Token;

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
    /// Where it reports to.
    pub reports: Reports,
}

/// The actor of one bot.
pub struct BotActor {
    seed: Option<BotSeed>,
    code: BotCode,
    /// Filled when the bot has come to life.
    core: Rc<OnceCell<Rc<BotCore>>>,
    reports: Reports,
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
            reports: seed.reports.clone(),
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
            seed.reports.clone(),
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
    let Some(left) =
        jobs::left_behind::read_left_behind(&shared.store, &code, bot_id, &shared.clock).await
    else {
        // The store is closed: the node is ending.
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
    let mut pace = Pace::new(rates(&shared));
    for pause in left.pauses {
        pace.pause(pause);
    }
    let (courier, sending) = Courier::new(
        CourierParts {
            bot: code.clone(),
            carrier: Rc::new(Telegram(api.clone())),
            shared: shared.clone(),
            marks: resources.marks.clone(),
            watch: watch.for_actor("courier"),
        },
        pace,
    );
    // Before it begins to read the table: what was interrupted is older than what is queued there.
    sending.take_in(left.interrupted);
    let courier = courier.start();
    let core = Rc::new(BotCore {
        myself: RefCell::new(Myself {
            id: seed.token.bot_id(),
            username: seed.username,
        }),
        bot: RefCell::new(seed.bot),
        open: RefCell::new(left.open),
        unreachable: RefCell::new(left.unreachable),
        queues: Queues::default(),
        albums: Albums::default(),
        script_permits: Semaphore::new(
            usize::try_from(shared.settings.scripts.at_once_per_bot)
                .unwrap_or(usize::MAX)
                .max(1),
        ),
        scripts_waiting: Cell::new(0),
        cancel: Arc::default(),
        sending,
        flooding: RefCell::default(),
        courier,
        careful: Cell::new(shared.unclean),
        stopping: Cell::new(false),
        batch_lock: tokio::sync::Mutex::new(()),
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
        batches: addr.clone().recipient(),
        introduced: addr.clone().recipient(),
        offset: left.next_offset,
        holds: !core.albums.is_empty(),
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

impl Handler<Batch> for BotActor {
    type Result = ResponseFuture<Taken>;

    fn handle(&mut self, batch: Batch, _: &mut Self::Context) -> Self::Result {
        let Some(core) = self.core.get().cloned() else {
            return Box::pin(async { Taken::Ending });
        };
        let guard = core.watch.guard();
        Box::pin(async move {
            let _guard = guard;
            // Answers must not run away from the sending: Telegram keeps what we do not ask for.
            core.sending.wait_until_eased().await;
            core.queues.wait_until_below(PENDING_MAX).await;
            let done = turns::handle_batch(&core, batch.batch, batch.received_at).await;
            if !done && !core.stopping.get() {
                // Else the poller would end in silence and the bot with it. A node that is ending does
                // not build it anew.
                let why = "a batch could be neither read nor written; see the log";
                core.watch.end(EndReason::Failed(why.to_owned()));
            }
            match done {
                false => Taken::Ending,
                true if core.albums.is_empty() => Taken::Committed,
                true => Taken::Holds,
            }
        })
    }
}

impl Handler<Introduced> for BotActor {
    type Result = ();

    fn handle(&mut self, message: Introduced, _: &mut Self::Context) {
        let Some(core) = self.core.get() else { return };
        let known = core.myself.borrow().username.clone();
        match &message.username {
            Some(name) if known.as_ref() != Some(name) => {
                tracing::info!(bot = %self.code, "the bot is @{name}");
            }
            Some(_) => {}
            None => tracing::warn!(
                bot = %self.code,
                "Telegram names no username of this bot: links to it cannot be made, and in groups it is heard only when answered"
            ),
        }
        *core.myself.borrow_mut() = Myself {
            id: message.id,
            username: message.username.clone(),
        };
        self.reports.known_as.do_send(KnownAs {
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
        () = presentation::present(core, username) => {}
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
                    let username = core.myself.borrow().username.clone();
                    present(&core, username).await;
                });
            }
            // Still coming to life: said again when it lives.
            None if !self.stopping => {
                ctx.notify_later(Reload(bot), Duration::from_millis(50));
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

impl Handler<ChatNews> for BotActor {
    type Result = ();

    fn handle(&mut self, news: ChatNews, _: &mut Self::Context) {
        let Some(core) = self.core.get() else { return };
        match news {
            ChatNews::Gone(chat) => {
                core.unreachable.borrow_mut().insert(chat);
            }
            ChatNews::Migrated(from, to) => settle::rename_chat(core, from, to),
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
                    let _batch = core.batch_lock.lock().await;
                    core.queues.wait_until_idle().await;
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

impl Handler<TakeSnapshot> for BotActor {
    type Result = ResponseFuture<Option<BotSnapshot>>;

    fn handle(&mut self, _: TakeSnapshot, _: &mut Self::Context) -> Self::Result {
        let Some(core) = self.core.get().cloned() else {
            return Box::pin(async { None });
        };
        let poller = self.poller.clone();
        Box::pin(async move {
            let poller = match poller {
                Some(poller) => poller.send(poller::TakeSnapshot).await.ok(),
                None => None,
            };
            let courier = core.courier.send(courier::TakeSnapshot).await.ok();
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
