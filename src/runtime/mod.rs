//! The actors: one per file, with their messages at the head.
//!
//! | file | what it is for |
//! |---|---|
//! | `definitions.rs` | the organisation's files at the start, and the bots they define |
//! | `node.rs` | the whole server from one builder; what the outside sees of it |
//! | `lease.rs` | one node at work per database |
//! | `fleet.rs` | which bots should run; restarts by reason (`restart.rs`) |
//! | `bot_actor.rs` | one bot: its definition, its start and its end |
//! | `poller.rs` | the long poll and the offset |
//! | `intake.rs` | what an update means; the only door for updates |
//! | `turns.rs` | from a batch to a commit |
//! | `commit.rs` | that commit's rows |
//! | `in_hand.rs` | which update a handler had in hand when the process ended |
//! | `scripts.rs` | scripts: their threads, the lanes in which they run, their commit |
//! | `outbox.rs` | what else is written and read, one job each |
//! | `courier.rs`, `marks.rs` | sending, and the marks of what was sent |
//! | `timetable.rs` | what is due, retention |
//! | `presentation.rs` | commands and description at Telegram |
//! | `arbiter.rs`, `watch.rs`, `clock.rs`, `ids.rs`, `log.rs`, `metrics.rs`, `hooks.rs` | what they share |
//!
//! This is the only room that names actix. It knows neither SQL nor HTML.

mod arbiter;
mod bot_actor;
mod clock;
mod commit;
mod courier;
mod definitions;
mod fleet;
mod hooks;
mod ids;
mod in_hand;
mod intake;
mod lease;
mod log;
mod marks;
mod metrics;
mod node;
mod outbox;
mod poller;
mod presentation;
mod restart;
mod scripts;
mod timetable;
mod turns;
mod watch;

use std::sync::Arc;
use std::time::Duration;

pub use bot_actor::BotSnapshot;
pub use clock::Clock;
pub use courier::CourierSnapshot;
pub use fleet::{BotState, BotStatus, Order};
pub use hooks::Point;
pub use lease::node_name;
pub use node::{NodeError, NodeHandle, NodeView, Readiness, start};
pub use poller::{PollState, PollerSnapshot};
pub use restart::EndReason;
pub use timetable::TimetableSnapshot;

use crate::scripting::http::{AllowList, HttpLimits, Transport};
use crate::scripting::{ScriptLimits, Services};
use crate::settings::{SecretText, Settings, StoreUrl, TelegramSettings};
use crate::store::{Key, Store, StoreConfig, StoreError};
use crate::telegram::EndpointOptions;

/// Bytes in the settings' megabyte, as Telegram counts its limits.
const MEGABYTE: u64 = 1024 * 1024;

/// How Telegram is reached, from the settings.
pub fn endpoint_options(settings: &TelegramSettings) -> EndpointOptions {
    EndpointOptions {
        api_url: settings.api_url.clone(),
        proxy: settings.proxy.clone().unwrap_or_default(),
        poll_timeout: Duration::from_secs(u64::from(settings.poll_timeout_s)),
        download_max: u64::from(settings.limits.download_mb) * MEGABYTE,
        upload_max: u64::from(settings.limits.upload_mb) * MEGABYTE,
        ..EndpointOptions::default()
    }
}

/// What scripts share, from the settings.
fn script_services(
    settings: &Settings,
    store: &Store,
    clock: &Clock,
    ids: &Arc<ids::SpacedIds>,
) -> Services {
    let clock = clock.clone();
    Services {
        store: store.clone(),
        transport: Transport::new(
            AllowList::new(&settings.scripts.http_allow),
            HttpLimits::default(),
        ),
        now: Arc::new(move || clock.now()),
        ids: ids.clone(),
        limits: ScriptLimits::from_settings(&settings.scripts),
        fenced: true,
    }
}

/// The same for a trial run beside the node at work, whose lease is not ours: nothing of it is kept.
pub fn trial_services(settings: &Settings, store: &Store) -> Services {
    let ids = Arc::new(ids::SpacedIds::new(store.clone()));
    Services {
        fenced: false,
        ..script_services(settings, store, &Clock::system(), &ids)
    }
}

/// How the store is opened, from the settings.
///
/// # Errors
/// When the key cannot be read or made.
pub fn store_config(settings: &Settings, node: String) -> Result<StoreConfig, StoreError> {
    let store = &settings.store;
    let key = Key::load(store.key.as_ref().map(SecretText::expose), &store.key_file)?;
    let url = match &store.url {
        StoreUrl::Sqlite(file) => format!("sqlite:{}", file.display()),
        StoreUrl::Postgres(url) => url.clone(),
    };
    let mut config = StoreConfig::new(url, key, node);
    config.tuning.lend_limit = Duration::from_millis(settings.scripts.write_limit_ms.into());
    Ok(config)
}

/// A random number from 0 to 1, for jitter. Where the system gives none, the middle.
fn random_fraction() -> f64 {
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}
