//! The fleet: which bots should run, whether they do, and what happens when one ends.
//!
//! ```text
//! store --definitions--> Fleet --starts, reloads, stops--> BotActor (on an arbiter)
//!                          ^--Ended{reason}, Gone--'
//! HTTP --Command--> Fleet
//! ```
//!
//! Actix' own supervisor neither restarts an actor that panicked nor forgets its state, so the fleet
//! builds a bot anew from its definition, after a pause that the reason of the end decides
//! (`restart.rs`), and never before all of its former self is gone. Messages: [`Sync`], [`Command`],
//! [`Ended`], [`Gone`], [`Shutdown`], [`List`].

mod restart;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use serde::Serialize;

use crate::model::{Bot, BotCode, Moment};
use crate::organisation::{Changes, LoadedBot, Loader, TokenState};
use crate::runtime::bot::actor::{self, BotActor, BotSeed, StopBot};
use crate::runtime::reports::{Due, EndReason, Ended, Gone, KnownAs, Reports};
use crate::runtime::shared::{BotHandle, Shared};
use crate::store::StoreError;
use crate::telegram::Token;

use restart::RestartPolicy;

/// How often the fleet looks whether definitions were applied beside the running server.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a bot may take to end; a node that ends leaves it behind after that.
const STOP_MAX: Duration = Duration::from_secs(8);

/// Where a bot stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum BotState {
    /// Its actors run.
    Running,
    /// It is switched off.
    Off,
    /// It ended by itself and will be started again.
    Waiting {
        /// Why it ended.
        reason: EndReason,
        /// When it is started again, µs of Unix time.
        until: Moment,
    },
    /// It cannot be started until something is changed: a missing token, a broken definition.
    Broken {
        /// What to do, for the operator.
        why: String,
    },
    /// It is being ended.
    Stopping,
}

/// What the list of bots shows.
#[derive(Clone, Debug, Serialize)]
pub struct BotStatus {
    /// Its code.
    pub code: BotCode,
    /// Наименование.
    pub name: String,
    /// Where it stands.
    #[serde(flatten)]
    pub state: BotState,
    /// Whether it is switched on.
    pub enabled: bool,
    /// Telegram's username, once known.
    pub username: Option<String>,
    /// How many times it was started since the server was.
    pub starts: u64,
    /// How many times in a row it ended by itself.
    pub failures: u32,
}

struct Entry {
    bot: Arc<Bot>,
    token: TokenState,
    enabled: bool,
    username: Option<String>,
    state: BotState,
    policy: RestartPolicy,
    generation: u64,
    starts: u64,
    addr: Option<Addr<BotActor>>,
    /// The start of which something is left: its actors, or calls under way after its end.
    alive: Option<u64>,
    /// It is to be started again as soon as it has stopped.
    restart_after_stop: bool,
    /// Its definition is gone; it is forgotten as soon as it has stopped.
    removed: bool,
}

/// The fleet of a node.
pub struct Fleet {
    shared: Arc<Shared>,
    arbiters: Vec<ArbiterHandle>,
    bots: BTreeMap<BotCode, Entry>,
    /// Away while a look is under way.
    loader: Option<Loader>,
    shutting_down: bool,
}

impl Fleet {
    /// A fleet without bots; it loads them when it starts.
    pub fn new(shared: Arc<Shared>, arbiters: Vec<ArbiterHandle>) -> Fleet {
        Fleet {
            loader: Some(Loader::new(shared.settings.organisation.locale)),
            shared,
            arbiters,
            bots: BTreeMap::new(),
            shutting_down: false,
        }
    }
}

impl Actor for Fleet {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(1024);
        ctx.notify(Sync);
        ctx.run_interval(LOOK_EVERY, |_, ctx| ctx.notify(Sync));
    }
}

/// Brings the bots in line with the definitions, when these changed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Sync;

impl Handler<Sync> for Fleet {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Sync, _: &mut Self::Context) -> Self::Result {
        let Some(mut loader) = self.loader.take().filter(|_| !self.shutting_down) else {
            return Box::pin(actix::fut::ready(()));
        };
        let store = self.shared.store.clone();
        // Thousands of files are parsed at the first look: not on a thread that serves bots.
        let shared = self.shared.clone();
        let directory = shared.directory.clone();
        let look = actix::spawn(async move {
            directory.catch_up().await;
            tokio::task::spawn_blocking(move || {
                let environment = |name: &str| std::env::var(name).ok();
                let mut changes = loader.changes_blocking(&store, &environment);
                if let Ok(Some(changes)) = &mut changes {
                    // Before the bots that name them.
                    shared
                        .scripts
                        .set(changes.algorithms.take(), &changes.codes);
                }
                (loader, changes)
            })
            .await
        });
        Box::pin(
            look.into_actor(self)
                .map(|looked, fleet, ctx| match looked {
                    Ok(Ok((loader, changes))) => {
                        fleet.loader = Some(loader);
                        match changes {
                            Ok(None) => {}
                            Ok(Some(changes)) => fleet.apply(changes, ctx),
                            Err(StoreError::Closed) => {}
                            Err(error) => {
                                tracing::warn!("the definitions could not be read: {error}")
                            }
                        }
                    }
                    Ok(Err(error)) | Err(error) => {
                        tracing::error!(
                            "reading the definitions failed; all are read anew: {error}"
                        );
                        fleet.loader = Some(Loader::new(fleet.shared.settings.organisation.locale));
                    }
                }),
        )
    }
}

/// What an administrator asks of a bot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Switch it on; kept over a restart.
    Start,
    /// Switch it off; kept over a restart.
    Stop,
    /// End it and start it anew.
    Restart,
}

/// An order for one bot. False: there is no such bot.
#[derive(Message)]
#[rtype(result = "bool")]
pub struct Command {
    /// The bot.
    pub code: BotCode,
    /// What to do.
    pub order: Order,
}

impl Handler<Command> for Fleet {
    type Result = bool;

    fn handle(&mut self, Command { code, order }: Command, ctx: &mut Self::Context) -> bool {
        let Some(entry) = self.bots.get_mut(&code) else {
            return false;
        };
        tracing::info!(bot = %code, ?order, "an administrator's order");
        match order {
            Order::Start => {
                entry.enabled = true;
                entry.policy = RestartPolicy::default();
                self.start_if_possible(&code, ctx);
            }
            Order::Stop => {
                entry.enabled = false;
                entry.restart_after_stop = false;
                self.stop(&code, ctx);
            }
            Order::Restart => {
                entry.policy = RestartPolicy::default();
                if entry.addr.is_some() {
                    entry.restart_after_stop = true;
                    self.stop(&code, ctx);
                } else {
                    self.start_if_possible(&code, ctx);
                }
            }
        }
        self.count();
        true
    }
}

impl Handler<Ended> for Fleet {
    type Result = ();

    fn handle(&mut self, ended: Ended, ctx: &mut Self::Context) {
        let now = self.shared.clock.now();
        let steady = self.shared.clock.steady();
        let Some(entry) = self.bots.get_mut(&ended.bot) else {
            return;
        };
        if entry.generation != ended.generation || entry.state != BotState::Running {
            return;
        }
        let pause_ms = entry
            .policy
            .ended(&ended.reason, steady, crate::runtime::random_fraction());
        tracing::error!(
            bot = %ended.bot,
            reason = ended.reason.code(),
            detail = ?ended.reason,
            in_a_row = entry.policy.in_a_row(),
            pause_ms,
            "a bot ended and will be built anew"
        );
        self.shared.metrics.restarted(ended.reason.code());
        entry.state = BotState::Waiting {
            reason: ended.reason,
            until: now.plus_millis(pause_ms),
        };
        let pause_until = steady.plus_millis(pause_ms);
        let left = entry.addr.take();
        let code = ended.bot;
        self.shared.bots.remove(&code);
        if let Some(left) = left {
            // One that panicked is gone already; its neighbours end with it.
            left.do_send(StopBot);
        }
        let clock = self.shared.clock.clone();
        let generation = ended.generation;
        ctx.spawn(
            async move { clock.sleep_until_steady(pause_until).await }
                .into_actor(self)
                .map(move |(), fleet, ctx| {
                    let waits = fleet.bots.get(&code).is_some_and(|entry| {
                        entry.generation == generation
                            && matches!(entry.state, BotState::Waiting { .. })
                    });
                    if waits {
                        fleet.start_if_possible(&code, ctx);
                    }
                }),
        );
        self.count();
    }
}

impl Handler<Gone> for Fleet {
    type Result = ();

    fn handle(&mut self, gone: Gone, ctx: &mut Self::Context) {
        let Some(entry) = self.bots.get_mut(&gone.bot) else {
            return;
        };
        if entry.alive != Some(gone.generation) {
            return;
        }
        entry.alive = None;
        match entry.state {
            BotState::Stopping => {}
            // It ended without a word.
            BotState::Running => {
                let why = "its actors ended without a reason; see the log";
                ctx.notify(Ended {
                    bot: gone.bot,
                    generation: gone.generation,
                    reason: EndReason::Failed(why.to_owned()),
                });
                return;
            }
            BotState::Off | BotState::Waiting { .. } | BotState::Broken { .. } => return,
        }
        entry.state = BotState::Off;
        if entry.removed {
            self.bots.remove(&gone.bot);
        } else if std::mem::take(&mut entry.restart_after_stop) || entry.enabled {
            self.start_if_possible(&gone.bot, ctx);
        }
        self.count();
    }
}

/// Ends all bots; answers when the last has ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Shutdown;

impl Handler<Shutdown> for Fleet {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Shutdown, _: &mut Self::Context) -> Self::Result {
        self.shutting_down = true;
        let running: Vec<Addr<BotActor>> = self
            .bots
            .values_mut()
            .filter_map(|entry| {
                entry.state = BotState::Stopping;
                entry.addr.take()
            })
            .collect();
        Box::pin(async move {
            let stops = running.into_iter().map(|addr| async move {
                let _ = tokio::time::timeout(STOP_MAX, addr.send(StopBot)).await;
            });
            futures_util::future::join_all(stops).await;
        })
    }
}

/// Asks for the list of bots.
#[derive(Message)]
#[rtype(result = "Vec<BotStatus>")]
pub struct List;

impl Handler<List> for Fleet {
    type Result = MessageResult<List>;

    fn handle(&mut self, _: List, _: &mut Self::Context) -> Self::Result {
        MessageResult(
            self.bots
                .iter()
                .map(|(code, entry)| entry.status(code))
                .collect(),
        )
    }
}

impl Handler<KnownAs> for Fleet {
    type Result = ();

    fn handle(&mut self, known: KnownAs, _: &mut Self::Context) {
        if let Some(entry) = self.bots.get_mut(&known.code) {
            entry.username = known.username;
        }
    }
}

impl Handler<Due> for Fleet {
    type Result = ();

    fn handle(&mut self, Due(code): Due, _: &mut Self::Context) {
        if let Some(addr) = self.bots.get(&code).and_then(|entry| entry.addr.as_ref()) {
            addr.do_send(actor::Due);
        }
    }
}

impl Fleet {
    fn apply(&mut self, changes: Changes, ctx: &mut Context<Self>) {
        for code in changes.removed {
            self.shared.definitions.remove(&code);
            if self.bots.contains_key(&code) {
                tracing::info!(bot = %code, "the bot's definition is gone; it ends");
                self.stop(&code, ctx);
                self.shared.bots.remove(&code);
                // One that is still ending stays until it has: it may be added again meanwhile.
                match self.bots.get_mut(&code) {
                    Some(entry) if entry.state == BotState::Stopping => entry.removed = true,
                    _ => {
                        self.bots.remove(&code);
                    }
                }
            }
        }
        let count = changes.bots.len();
        for loaded in changes.bots {
            self.take_in(loaded, ctx);
        }
        self.shared.definitions.set_loaded();
        if count > 0 {
            tracing::info!(
                bots = count,
                version = changes.version,
                "definitions loaded"
            );
        }
        self.count();
    }

    fn take_in(&mut self, loaded: LoadedBot, ctx: &mut Context<Self>) {
        let code = loaded.bot.code.clone();
        self.shared.definitions.put(loaded.bot.clone());
        match self.bots.get_mut(&code) {
            Some(entry) => {
                entry.removed = false;
                let same_token = is_same(&entry.token, &loaded.token);
                entry.bot = loaded.bot.clone();
                entry.token = loaded.token;
                let enabled = loaded.enabled;
                let switched = entry.enabled != enabled;
                entry.enabled = enabled;
                match &entry.addr {
                    // A new token is another line to Telegram; anything else is only a new snapshot.
                    Some(_) if !same_token => {
                        entry.restart_after_stop = enabled;
                        self.stop(&code, ctx);
                    }
                    Some(_) if switched && !enabled => self.stop(&code, ctx),
                    Some(addr) => addr.do_send(actor::Reload(loaded.bot)),
                    None => self.start_if_possible(&code, ctx),
                }
            }
            None => {
                let entry = Entry {
                    bot: loaded.bot,
                    token: loaded.token,
                    enabled: loaded.enabled,
                    username: loaded.username,
                    state: BotState::Off,
                    policy: RestartPolicy::default(),
                    generation: 0,
                    starts: 0,
                    addr: None,
                    alive: None,
                    restart_after_stop: false,
                    removed: false,
                };
                self.bots.insert(code.clone(), entry);
                self.start_if_possible(&code, ctx);
            }
        }
    }

    fn start_if_possible(&mut self, code: &BotCode, ctx: &mut Context<Self>) {
        if self.shutting_down {
            return;
        }
        let now = self.shared.clock.steady();
        let arbiter = self.arbiter_of(code);
        let Some(entry) = self.bots.get_mut(code) else {
            return;
        };
        if entry.addr.is_some() {
            return;
        }
        // One that is still ending is started when it has: two would answer everything twice.
        if entry.alive.is_some() {
            entry.state = BotState::Stopping;
            return;
        }
        if !entry.enabled {
            entry.state = BotState::Off;
            return;
        }
        let token = match &entry.token {
            TokenState::Known(token) => match Token::parse(token.expose()) {
                Ok(token) => token,
                Err(error) => {
                    entry.state = BotState::Broken {
                        why: error.to_string(),
                    };
                    return;
                }
            },
            TokenState::Missing(why) => {
                tracing::error!(bot = %code, "the bot cannot be started: {why}");
                entry.state = BotState::Broken { why: why.clone() };
                return;
            }
        };
        entry.generation += 1;
        entry.starts += 1;
        entry.policy.started(now);
        entry.state = BotState::Running;
        let seed = BotSeed {
            bot: entry.bot.clone(),
            token,
            username: entry.username.clone(),
            generation: entry.generation,
            shared: self.shared.clone(),
            reports: reports(&ctx.address()),
        };
        let addr = BotActor::start_in_arbiter(&arbiter, move |_| BotActor::new(seed));
        entry.addr = Some(addr.clone());
        entry.alive = Some(entry.generation);
        self.shared.bots.insert(
            code.clone(),
            BotHandle {
                snapshot: addr.recipient(),
            },
        );
    }

    /// A bot stays on its arbiter over restarts: the marks of its former self are there.
    fn arbiter_of(&self, code: &BotCode) -> ArbiterHandle {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        code.hash(&mut hasher);
        let count = self.arbiters.len() as u64;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "under the number of arbiters"
        )]
        let index = (hasher.finish() % count) as usize;
        self.arbiters[index].clone()
    }

    fn stop(&mut self, code: &BotCode, ctx: &mut Context<Self>) {
        let Some(entry) = self.bots.get_mut(code) else {
            return;
        };
        let Some(addr) = entry.addr.take() else {
            entry.state = match entry.alive {
                Some(_) => BotState::Stopping,
                None => BotState::Off,
            };
            return;
        };
        entry.state = BotState::Stopping;
        let stopping = entry.alive;
        // Ends that are reported from now on are those that were asked for.
        entry.generation += 1;
        self.shared.bots.remove(code);
        addr.do_send(StopBot);
        let code = code.clone();
        // It is waited for however long it takes ([`Gone`]), but not in silence.
        ctx.run_later(STOP_MAX, move |fleet, _| {
            let entry = fleet.bots.get(&code);
            if entry.is_some_and(|entry| entry.alive.is_some() && entry.alive == stopping) {
                tracing::warn!(bot = %code, "the bot takes long to end: calls under way, or the database is away");
            }
        });
    }

    fn count(&self) {
        let running = self
            .bots
            .values()
            .filter(|entry| entry.state == BotState::Running)
            .count();
        let wanted = self.bots.values().filter(|entry| entry.enabled).count();
        self.shared.metrics.bots_running.set(running as f64);
        self.shared
            .metrics
            .bots_down
            .set(wanted.saturating_sub(running) as f64);
    }
}

fn reports(fleet: &Addr<Fleet>) -> Reports {
    Reports {
        ended: fleet.clone().recipient(),
        gone: fleet.clone().recipient(),
        known_as: fleet.clone().recipient(),
    }
}

fn is_same(left: &TokenState, right: &TokenState) -> bool {
    match (left, right) {
        (TokenState::Known(left), TokenState::Known(right)) => left == right,
        (TokenState::Missing(left), TokenState::Missing(right)) => left == right,
        (TokenState::Known(_), TokenState::Missing(_))
        | (TokenState::Missing(_), TokenState::Known(_)) => false,
    }
}

impl Entry {
    fn status(&self, code: &BotCode) -> BotStatus {
        BotStatus {
            code: code.clone(),
            name: self.bot.name.clone(),
            state: self.state.clone(),
            enabled: self.enabled,
            username: self.username.clone(),
            starts: self.starts,
            failures: self.policy.in_a_row(),
        }
    }
}
