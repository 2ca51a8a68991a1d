//! From settings to what each subsystem is opened with.

use std::sync::Arc;
use std::time::Duration;

use crate::runtime::clock::Clock;
use crate::runtime::ids::SpacedIds;
use crate::scripting::http::{AllowList, HttpLimits, Transport};
use crate::scripting::{ScriptLimits, Services};
use crate::settings::{SecretText, Settings, StoreUrl, TelegramSettings};
use crate::store::{Key, Store, StoreConfig, StoreError};
use crate::telegram::EndpointOptions;

/// Bytes in the settings' megabyte, as Telegram counts its limits.
const MEGABYTE: u64 = 1024 * 1024;

/// A limit of the settings, where 0 is none.
fn bytes(megabytes: u32) -> u64 {
    match megabytes {
        0 => u64::MAX,
        megabytes => u64::from(megabytes) * MEGABYTE,
    }
}

/// How Telegram is reached, from the settings.
pub fn endpoint_options(settings: &TelegramSettings) -> EndpointOptions {
    EndpointOptions {
        api_url: settings.api_url.clone(),
        proxy: settings.proxy.clone().unwrap_or_default(),
        poll_timeout: Duration::from_secs(u64::from(settings.poll_timeout_s)),
        download_max: bytes(settings.limits.download_mb),
        upload_max: bytes(settings.limits.upload_mb),
        ..EndpointOptions::default()
    }
}

/// What scripts share, from the settings.
pub fn script_services(
    settings: &Settings,
    store: &Store,
    clock: &Clock,
    ids: &Arc<SpacedIds>,
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
    let ids = Arc::new(SpacedIds::new(store.clone()));
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
