//! From settings to what each subsystem is opened with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::runtime::clock::Clock;
use crate::runtime::ids::SpacedIds;
use crate::scripting::http::{AllowList, HttpLimits, Transport};
use crate::scripting::{ScriptLimits, Services};
use crate::settings::{SecretText, Settings, StoreUrl, TelegramSettings};
use crate::store::{self, Key, Store, StoreConfig, StoreError};
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

/// Whether a database and its key may be made where there are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Making {
    /// For `serve` and the demo, and for `apply`, which says so.
    Allowed,
    /// For every other command: a database made by a mistyped path would look like lost data.
    Refused,
}

/// A store that is open.
pub struct Opened {
    /// The store.
    pub store: Store,
    /// The database, without a password: `sqlite:/srv/vestnik.db`.
    pub database: String,
    /// It was made just now.
    pub is_new: bool,
    /// Files that others than their owner may read, each with its mode.
    pub shared: Vec<(PathBuf, String)>,
}

/// Opens the store of these settings. The key is looked for before the database is touched; a new one is
/// made for a new database only.
///
/// # Errors
/// [`StoreError::NoDatabase`], [`StoreError::KeyLost`], and what opening says.
pub fn open_store(settings: &Settings, node: String, making: Making) -> Result<Opened, StoreError> {
    let settings_of_store = &settings.store;
    let database = database(settings);
    let url = match &settings_of_store.url {
        StoreUrl::Sqlite(file) => format!("sqlite:{}", file.display()),
        StoreUrl::Postgres(url) => url.clone(),
    };
    let is_new = !store::is_there(&url)?;
    if is_new && making == Making::Refused {
        return Err(StoreError::NoDatabase { database });
    }
    let key_file = &settings_of_store.key_file;
    let variable = settings_of_store.key.as_ref().map(SecretText::expose);
    let find = || Key::find(variable, key_file);
    let key = match find()? {
        Some(key) => key,
        None if is_new => Key::find_or_make(key_file)?,
        // Once more: another process may have made both just now.
        None => find()?.ok_or_else(|| StoreError::KeyLost {
            key: format!("файл {}", key_file.display()),
            database: database.clone(),
        })?,
    };
    let mut config = StoreConfig::new(url, key, node);
    config.tuning.lend_limit = Duration::from_millis(settings.scripts.write_limit_ms.into());
    let store = Store::open(config)?;
    let key_file = variable.is_none().then(|| key_file.clone());
    let files = store.file().into_iter().chain(key_file);
    let shared = files
        .filter_map(|file| store::is_shared(&file).map(|mode| (file, mode)))
        .collect();
    Ok(Opened {
        store,
        database,
        is_new,
        shared,
    })
}

/// What the database of these settings is called, without a password; a file by its whole path.
pub fn database(settings: &Settings) -> String {
    match &settings.store.url {
        StoreUrl::Sqlite(file) => {
            let whole = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            format!("sqlite:{}", whole.display())
        }
        url => url.to_string(),
    }
}
