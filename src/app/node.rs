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

use tokio::sync::oneshot;

use super::followed_clock::FollowedClock;
use super::{configuration, definitions, descriptors};
use crate::runtime::clock::Clock;
use crate::runtime::directory::Directory;
use crate::runtime::handler_marks::HandlerMarks;
use crate::runtime::ids::SpacedIds;
use crate::runtime::lease::{self, LEASE, LeaseClock, RENEW_EVERY};
use crate::runtime::metrics::Metrics;
use crate::runtime::scripts::ScriptPool;
use crate::runtime::shared::Shared;
use crate::runtime::team::{Team, run_system};
use crate::runtime::{NodeView, jobs};
use crate::settings::Settings;
use crate::store::{Store, StoreError};
use crate::telegram::{Endpoint, EndpointError};

/// How long the bots may take to end; the whole stop is promised within 10 s.
const STOP_MAX: Duration = Duration::from_secs(9);

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
        "http.listen = \"{address}\": {}; система сообщает: {error}",
        why_not_listening(error)
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

/// What a person may do about an address that the system does not give.
fn why_not_listening(error: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::AddrInUse => {
            "этот порт уже занят другой программой; остановите её или укажите другой порт (0 — любой свободный)"
        }
        ErrorKind::AddrNotAvailable => {
            "у этой машины нет такого адреса; укажите 127.0.0.1 или адрес из списка команды ip addr"
        }
        ErrorKind::PermissionDenied => {
            "на этот порт нет прав (порты до 1024 открывает только администратор); укажите порт от 1024"
        }
        _ => "адрес не открывается; укажите другой адрес или порт (0 — любой свободный)",
    }
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
            run_system(async move {
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
    let limit = descriptors::raise();
    let mut options = configuration::endpoint_options(&settings.telegram);
    if let Some(limit) = limit {
        options.connections_max = descriptors::for_telegram(limit);
    }
    let endpoint = Endpoint::new(&options)?;
    let followed = match &settings.testing.clock {
        None => None,
        Some(url) => {
            let failed = |error| NodeError::Clock {
                address: url.clone(),
                error,
            };
            let followed = FollowedClock::begin(&clock, url).await.map_err(failed)?;
            tracing::warn!(%url, "the clock of a simulator is followed: this is a test");
            Some(followed)
        }
    };
    let metrics = Arc::new(Metrics::new().map_err(|error| NodeError::System(error.to_string()))?);
    let opened = configuration::open_store(
        &settings,
        lease::node_name(),
        configuration::Making::Allowed,
    )?;
    tracing::info!(database = %opened.database, is_new = opened.is_new, "the database is open");
    for (file, mode) in &opened.shared {
        tracing::warn!(
            file = %file.display(),
            %mode,
            "others than its owner may read this file; close it: chmod 600"
        );
    }
    let store = opened.store;
    // Before the organisation is applied: a server that cannot begin changes nothing.
    let early = listen_early(&store, &settings).await?;
    definitions::apply_at_start(&store, &settings, &clock)?;
    if let Some(limit) = limit {
        let bots = jobs::health::enabled_bots(&store).await?;
        let told = descriptors::too_low(limit, bots, settings.organisation.locale);
        if let Some(told) = told {
            let needed = descriptors::needed(bots);
            tracing::warn!(limit, needed, bots, "{told}");
        }
    }
    if settings.http.is_public() && !jobs::health::has_token(&store).await? {
        return Err(NodeError::PublicWithoutToken {
            address: settings.http.listen.to_string(),
        });
    }

    let lease = LeaseClock::new();
    let mut stop = stop;
    let Some(unclean) = acquire(&store, &lease, &mut stop, stop_early).await? else {
        return Err(NodeError::Stopped);
    };
    let (listener, http_addr) = match early.map_or_else(|| listen(&settings), Ok) {
        Ok(listening) => listening,
        Err(error) => {
            jobs::lease::release_lease(&store).await;
            return Err(error);
        }
    };
    // Under the lease: whoever held it before us writes no more marks.
    let (handler_marks, left_marks) = HandlerMarks::open(&HandlerMarks::path(&settings.store));
    tokio::select! {
        () = jobs::updates::count_crashes(&store, left_marks) => {}
        // The database is away.
        _ = &mut stop => return Err(NodeError::Stopped),
    }
    if let Some(followed) = followed {
        let clock = clock.clone();
        // Ends with the node's system.
        tokio::task::spawn_local(async move { followed.follow(&clock).await });
    }
    let ids = Arc::new(SpacedIds::new(store.clone()));
    let scripts = ScriptPool::start(configuration::script_services(
        &settings, &store, &clock, &ids,
    ))
    .map_err(|error| NodeError::System(format!("потоки алгоритмов: {error}")))?;
    let directory = Directory::new(&store);
    if !directory.load().await {
        return Err(NodeError::Stopped);
    }
    let shared = Arc::new(Shared {
        scripts,
        directory,
        ids,
        bots: Default::default(),
        alarms: Default::default(),
        definitions: Default::default(),
        settings,
        store,
        clock,
        endpoint,
        metrics,
        lease,
        unclean,
        handler_marks,
    });
    if unclean {
        tracing::info!(
            "the run before this one did not end by itself; what it left behind is sorted out"
        );
    }
    let team = Team::start(&shared);
    let view = team.view(started_at);
    let server = crate::http::serve(listener, view.clone())
        .map_err(|error| NodeError::System(error.to_string()))?;
    let server_handle = server.handle();
    let server = tokio::task::spawn_local(server);
    tracing::info!(address = %http_addr, "the control endpoint listens");
    // Nobody may be waiting any more; the node then stops by the dropped handle.
    let _ = ready.send(Ok((http_addr, view)));

    let lost = keep_lease(&shared, &mut stop).await;

    tracing::info!("stopping: no more updates are taken, what is in hand is finished");
    server_handle.stop(false).await;
    // The server's own errors were logged by it.
    let _ = server.await;
    if !team.end(STOP_MAX).await {
        tracing::warn!(
            "not all bots ended in time; what they had in hand is sorted out at the next start"
        );
    }
    if lost {
        return Err(NodeError::Store(StoreError::LeaseLost));
    }
    jobs::lease::release_lease(&shared.store).await;
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

/// Takes the address before anything else is done. `None`: another node is at work on this database and
/// may have the same port; then it is taken at our turn.
async fn listen_early(
    store: &Store,
    settings: &Settings,
) -> Result<Option<(TcpListener, SocketAddr)>, NodeError> {
    if jobs::lease::is_held(store, lease::now(), lease::is_dead).await? {
        return Ok(None);
    }
    listen(settings).map(Some)
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
        match jobs::lease::acquire_lease(store, lease::now(), LEASE, lease::is_dead).await {
            Ok(jobs::lease::Acquired::Ours { unclean }) => {
                lease.renewed(since);
                return Ok(Some(unclean));
            }
            Ok(jobs::lease::Acquired::HeldBy { node, until }) => {
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
        match jobs::lease::renew_lease(&shared.store, lease::now(), LEASE).await {
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
