//! The whole server from one builder: store, lease, arbiters, fleet, timetable, control endpoint.
//! `serve`, the demo and the tests all start it here.
//!
//! A node runs on a thread of its own with its own actix system; [`NodeHandle`] is what the outside
//! has of it.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix::prelude::*;
use dashmap::DashMap;
use serde::Serialize;
use tokio::sync::oneshot;

use super::bot_actor::{self, BotActor, BotSnapshot};
use super::clock::{Clock, follow};
use super::fleet::{BotStatus, Command, Fleet, List, Order, Shutdown};
use super::ids::SpacedIds;
use super::in_hand::InHand;
use super::lease::{self, LEASE, LeaseClock, RENEW_EVERY};
use super::metrics::Metrics;
use super::outbox;
use super::scripts::ScriptPool;
use super::timetable::{self, Timetable, TimetableSnapshot};
use crate::model::BotCode;
use crate::settings::Settings;
use crate::store::{Store, StoreError};
use crate::telegram::{Endpoint, EndpointError};

/// How long the bots may take to end; the whole stop is promised within 10 s.
const STOP_MAX: Duration = Duration::from_secs(9);
/// How long an answer of a bot's actor may take before a snapshot goes without it.
const LOOK_MAX: Duration = Duration::from_secs(1);

/// What all actors of a node share.
pub struct Shared {
    /// The settings.
    pub settings: Settings,
    /// The store.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// How Telegram is reached.
    pub endpoint: Endpoint,
    /// The figures.
    pub metrics: Arc<Metrics>,
    /// Keys of messages and choices.
    pub ids: Arc<SpacedIds>,
    /// The bots that run, by code; read by HTTP without asking the fleet.
    pub bots: DashMap<BotCode, BotHandle>,
    /// Scripts.
    pub scripts: ScriptPool,
    /// How long our lease still holds.
    pub lease: LeaseClock,
    /// The run before this one did not end by itself.
    pub unclean: bool,
    /// Which updates are in a handler's hands.
    pub in_hand: InHand,
}

/// A bot that runs.
#[derive(Clone)]
pub struct BotHandle {
    /// Its actor.
    pub actor: Addr<BotActor>,
}

/// Why a node could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// How Telegram is to be reached.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The control endpoint's address cannot be used.
    #[error(
        "http.listen = \"{address}\": {error}; укажите другой адрес или порт (0 — любой свободный)"
    )]
    Listen {
        /// The address.
        address: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// A public address without a token would let everybody steer the bots.
    #[error(
        "http.listen = \"{address}\" доступен не только с этой машины, а токена нет; создайте его командой `vestnik token create` или слушайте 127.0.0.1"
    )]
    PublicWithoutToken {
        /// The address.
        address: String,
    },
    /// The organisation's files have errors; they were printed.
    #[error("{0}")]
    Organisation(String),
    /// The clock that is to be followed cannot be read.
    #[error(
        "testing.clock = \"{address}\": {error}; запустите симулятор раньше сервера или уберите clock"
    )]
    Clock {
        /// The address.
        address: String,
        /// Why.
        error: String,
    },
    /// Something of the system: threads, metrics.
    #[error("{0}")]
    System(String),
    /// It was asked to stop before it had started.
    #[error("остановлен до запуска")]
    Stopped,
}

/// A node that runs on its thread.
pub struct NodeHandle {
    /// The control endpoint.
    pub http_addr: SocketAddr,
    /// For asking and steering.
    pub view: NodeView,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), NodeError>>>,
}

impl NodeHandle {
    /// Stops the node and waits until it has ended.
    ///
    /// # Errors
    /// When it ended by an error of its own.
    pub fn stop(mut self) -> Result<(), NodeError> {
        self.stop_and_join()
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn stop_and_join(&mut self) -> Result<(), NodeError> {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(_)) => Err(NodeError::System("поток узла завершился сбоем".to_owned())),
            None => Ok(()),
        }
    }
}

impl Drop for NodeHandle {
    fn drop(&mut self) {
        if let Err(error) = self.stop_and_join() {
            tracing::error!("the node ended with an error: {error}");
        }
    }
}

/// What the control endpoint and the tests see of a node.
#[derive(Clone)]
pub struct NodeView {
    shared: Arc<Shared>,
    fleet: Addr<Fleet>,
    timetable: Addr<Timetable>,
    started_at: Instant,
}

/// How a node does, for `/health/ready`.
#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    /// The database answers and the lease holds.
    pub ready: bool,
    /// The lease holds.
    pub lease: bool,
    /// The database answers.
    pub store: bool,
    /// Seconds since the start.
    pub uptime_s: u64,
}

impl NodeView {
    /// The store, for resources that are rows.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    /// The list of bots.
    pub async fn bots(&self) -> Vec<BotStatus> {
        self.fleet.send(List).await.unwrap_or_default()
    }

    /// The snapshot of a bot that runs; `None` when it does not, or does not answer in time.
    pub async fn snapshot(&self, code: &BotCode) -> Option<BotSnapshot> {
        let actor = self.shared.bots.get(code)?.actor.clone();
        tokio::time::timeout(LOOK_MAX, actor.send(bot_actor::Look))
            .await
            .ok()?
            .ok()?
    }

    /// Switches a bot on or off, or starts it anew; on and off are kept over a restart. False: there
    /// is no such bot.
    ///
    /// # Errors
    /// When the switch could not be written.
    pub async fn command(&self, code: &BotCode, order: Order) -> Result<bool, StoreError> {
        match order {
            Order::Start | Order::Stop => {
                let enabled = order == Order::Start;
                if !outbox::set_enabled(&self.shared.store, code, enabled).await? {
                    return Ok(false);
                }
            }
            Order::Restart => {}
        }
        let command = Command {
            code: code.clone(),
            order,
        };
        Ok(self.fleet.send(command).await.unwrap_or(false))
    }

    /// Looks for changed definitions at once instead of within a second.
    pub async fn sync(&self) {
        // Only a node that is ending does not answer.
        let _ = self.fleet.send(super::fleet::Sync).await;
    }

    /// The snapshot of the timetable.
    pub async fn timetable(&self) -> TimetableSnapshot {
        self.timetable
            .send(timetable::Look)
            .await
            .unwrap_or_default()
    }

    /// Whether the node is at work.
    pub async fn readiness(&self) -> Readiness {
        let lease = self.shared.lease.covers(Duration::ZERO);
        let store = outbox::answers(&self.shared.store).await;
        Readiness {
            ready: lease && store,
            lease,
            store,
            uptime_s: self.started_at.elapsed().as_secs(),
        }
    }

    /// The text for Prometheus.
    pub async fn metrics(&self) -> String {
        outbox::gauges(&self.shared).await;
        self.shared.metrics.render()
    }
}

/// Starts a node and waits until its control endpoint listens and its bots are being started. While it
/// waits for the lease, `stop_early` turning true ends it with [`NodeError::Stopped`].
///
/// # Errors
/// See [`NodeError`].
pub fn start(
    settings: Settings,
    clock: Clock,
    stop_early: Arc<AtomicBool>,
) -> Result<NodeHandle, NodeError> {
    let (ready_sender, ready) = std::sync::mpsc::channel();
    let (stop_sender, stop) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("vestnik-node".to_owned())
        .spawn(move || {
            let system = System::new();
            system.block_on(async move {
                let failed = ready_sender.clone();
                match run(settings, clock, stop, &stop_early, ready_sender).await {
                    Err(error) => {
                        // Whoever waits for the start learns why; later it is the thread's result.
                        let _ = failed.send(Err(error.to_string()));
                        Err(error)
                    }
                    Ok(()) => Ok(()),
                }
            })
        })
        .map_err(|error| NodeError::System(error.to_string()))?;
    match ready.recv() {
        Ok(Ok((http_addr, view))) => Ok(NodeHandle {
            http_addr,
            view,
            stop: Some(stop_sender),
            thread: Some(thread),
        }),
        _ => match thread.join() {
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) => Err(NodeError::Stopped),
            Err(_) => Err(NodeError::System("поток узла завершился сбоем".to_owned())),
        },
    }
}

type ReadySender = std::sync::mpsc::Sender<Result<(SocketAddr, NodeView), String>>;

async fn run(
    settings: Settings,
    clock: Clock,
    stop: oneshot::Receiver<()>,
    stop_early: &AtomicBool,
    ready: ReadySender,
) -> Result<(), NodeError> {
    let started_at = Instant::now();
    let endpoint = Endpoint::new(&super::endpoint_options(&settings.telegram))?;
    let followed = match &settings.testing.clock {
        None => None,
        Some(url) => {
            let failed = |error| NodeError::Clock {
                address: url.clone(),
                error,
            };
            let version = follow::set_once(&clock, url).await.map_err(failed)?;
            tracing::warn!(%url, "the clock of a simulator is followed: this is a test");
            Some((url.clone(), version))
        }
    };
    let metrics = Arc::new(Metrics::new().map_err(|error| NodeError::System(error.to_string()))?);
    let store = Store::open(super::store_config(&settings, lease::node_name())?)?;
    super::definitions::apply_at_start(&store, &settings, &clock)?;
    if settings.http.is_public() && !outbox::has_token(&store).await? {
        return Err(NodeError::PublicWithoutToken {
            address: settings.http.listen.to_string(),
        });
    }

    let lease = LeaseClock::new();
    let mut stop = stop;
    let Some(unclean) = acquire(&store, &lease, &mut stop, stop_early).await? else {
        return Err(NodeError::Stopped);
    };
    // At our turn and not before: the node that we waited for may have had the same port.
    let (listener, http_addr) = match listen(&settings) {
        Ok(listening) => listening,
        Err(error) => {
            outbox::release_lease(&store).await;
            return Err(error);
        }
    };
    // Under the lease: whoever held it before us writes no more marks.
    let (in_hand, left_in_hand) = InHand::open(&InHand::path(&settings.store));
    tokio::select! {
        () = outbox::count_crashes(&store, left_in_hand) => {}
        // The database is away.
        _ = &mut stop => return Err(NodeError::Stopped),
    }
    if let Some((url, version)) = followed {
        let clock = clock.clone();
        // Ends with the node's system.
        actix::spawn(async move { follow::follow(&clock, &url, version).await });
    }
    let ids = Arc::new(SpacedIds::new(store.clone()));
    let scripts = ScriptPool::start(super::script_services(&settings, &store, &clock, &ids))
        .map_err(|error| NodeError::System(format!("потоки алгоритмов: {error}")))?;
    let shared = Arc::new(Shared {
        scripts,
        ids,
        bots: DashMap::new(),
        settings,
        store,
        clock,
        endpoint,
        metrics,
        lease,
        unclean,
        in_hand,
    });
    if unclean {
        tracing::info!(
            "the run before this one did not end by itself; what it left behind is sorted out"
        );
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let arbiters: Vec<Arbiter> = (0..cores).map(|_| Arbiter::new()).collect();
    let handles = arbiters.iter().map(Arbiter::handle).collect();
    let fleet = Fleet::new(shared.clone(), handles).start();
    let timetable = Timetable::new(shared.clone(), fleet.clone()).start();
    let view = NodeView {
        shared: shared.clone(),
        fleet: fleet.clone(),
        timetable: timetable.clone(),
        started_at,
    };
    let server = crate::http::serve(listener, view.clone())
        .map_err(|error| NodeError::System(error.to_string()))?;
    let server_handle = server.handle();
    let server = actix::spawn(server);
    tracing::info!(address = %http_addr, "the control endpoint listens");
    // Nobody may be waiting any more; the node then stops by the dropped handle.
    let _ = ready.send(Ok((http_addr, view)));

    let lost = keep_lease(&shared, &mut stop).await;

    tracing::info!("stopping: no more updates are taken, what is in hand is finished");
    server_handle.stop(false).await;
    // The server's own errors were logged by it.
    let _ = server.await;
    if tokio::time::timeout(STOP_MAX, fleet.send(Shutdown))
        .await
        .is_err()
    {
        tracing::warn!(
            "not all bots ended in time; what they had in hand is sorted out at the next start"
        );
    }
    for arbiter in arbiters {
        arbiter.stop();
        // Its thread ends when its last task does; the join is bounded by the stop above.
        let _ = arbiter.join();
    }
    if lost {
        return Err(NodeError::Store(StoreError::LeaseLost));
    }
    outbox::release_lease(&shared.store).await;
    shared.lease.lost();
    tracing::info!("stopped");
    Ok(())
}

/// Takes the control endpoint's address.
fn listen(settings: &Settings) -> Result<(TcpListener, SocketAddr), NodeError> {
    let refused = |error| NodeError::Listen {
        address: settings.http.listen.to_string(),
        error,
    };
    let listener = crate::http::listen(settings.http.listen).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

/// Waits for the lease. Says who holds it. `None`: asked to stop meanwhile.
async fn acquire(
    store: &Store,
    lease: &LeaseClock,
    stop: &mut oneshot::Receiver<()>,
    stop_early: &AtomicBool,
) -> Result<Option<bool>, NodeError> {
    let mut said = None;
    loop {
        let since = Instant::now();
        match outbox::acquire_lease(store, lease::now(), LEASE, lease::is_dead).await {
            Ok(outbox::Acquired::Ours { unclean }) => {
                lease.renewed(since);
                return Ok(Some(unclean));
            }
            Ok(outbox::Acquired::HeldBy { node, until }) => {
                if said.as_ref() != Some(&node) {
                    let left_s = until.micros_since(lease::now()) / 1_000_000;
                    tracing::warn!(holder = %node, left_s, "another node is at work on this database; waiting until it ends");
                    said = Some(node);
                }
            }
            Err(error) if error.is_outage() => {
                tracing::warn!("the lease could not be read: {error}")
            }
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(250)) => {}
            _ = &mut *stop => return Ok(None),
        }
        if stop_early.load(Ordering::SeqCst) {
            return Ok(None);
        }
    }
}

/// Renews the lease until the node is asked to stop (false) or the lease is lost (true).
async fn keep_lease(shared: &Shared, stop: &mut oneshot::Receiver<()>) -> bool {
    loop {
        tokio::select! {
            () = tokio::time::sleep(RENEW_EVERY) => {}
            _ = &mut *stop => return false,
        }
        let since = Instant::now();
        match outbox::renew_lease(&shared.store, lease::now(), LEASE).await {
            Ok(()) => shared.lease.renewed(since),
            Err(StoreError::LeaseLost) => {
                shared.lease.lost();
                tracing::error!("another node took over this database; this one ends");
                return true;
            }
            Err(error) => tracing::warn!("the lease could not be renewed: {error}"),
        }
    }
}
