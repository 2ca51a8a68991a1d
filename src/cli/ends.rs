//! How commands begin and end alike: settings and store, and the exit codes of what goes wrong with them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::app::{self, Making};
use crate::organisation::{Given, Known, TokenSource, read};
use crate::runtime;
use crate::settings::{Loaded, Settings};
use crate::store::{self, Store, StoreError};

/// The input is at fault.
pub const EXIT_INPUT: u8 = 1;
/// The command line itself is at fault; clap ends with it too.
pub const EXIT_USAGE: u8 = 2;
/// The environment is at fault: database, network, port.
pub const EXIT_ENVIRONMENT: u8 = 3;

/// The settings of this run; their problems are printed. `paths` are files of an organisation that the
/// command was given.
pub fn load_settings(config: Option<&Path>, paths: &[PathBuf]) -> Result<Settings, ExitCode> {
    // A variable that is no Unicode cannot be ours.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let refuse = |problems: Vec<crate::model::Problem>| {
        for problem in problems {
            eprintln!("{problem}");
        }
        ExitCode::from(EXIT_INPUT)
    };
    let Loaded {
        settings,
        mut strangers,
        ..
    } = Settings::load(config, variables).map_err(refuse)?;
    if !strangers.is_empty() {
        // Only now: this reads the organisation.
        let tokens = token_variables(&settings, paths);
        strangers.retain(|stranger| !tokens.contains(&stranger.file));
    }
    if strangers.is_empty() {
        Ok(settings)
    } else {
        Err(refuse(strangers))
    }
}

/// The variables that bots take their tokens from: of the files at hand and of the database, where there
/// is one that opens. What is wrong with any of them is told when it is used.
fn token_variables(settings: &Settings, paths: &[PathBuf]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut given: Vec<Vec<PathBuf>> = Vec::new();
    given.extend(settings.organisation.dir.clone().map(|dir| vec![dir]));
    given.push(paths.to_vec());
    for paths in given.iter().filter(|paths| !paths.is_empty()) {
        let files = Given::read(paths).files;
        for bot in read(&files, &Known::default()).definitions.bots {
            if let Some(TokenSource::Env(name)) = bot.token.map(|token| token.value) {
                names.insert(name);
            }
        }
    }
    if let Ok(opened) = app::open_store(settings, runtime::node_name(), Making::Refused) {
        let rows = opened.store.read_blocking(store::bots::list);
        for row in rows.unwrap_or_default() {
            if let store::bots::TokenSource::Env(name) = row.token {
                names.insert(name);
            }
        }
    }
    names
}

/// The store of these settings, for a command beside a running server. Says on stderr which it is.
pub fn open_store(config: Option<&Path>) -> Result<Store, ExitCode> {
    open(&load_settings(config, &[])?, Making::Refused)
}

/// Opens the store of settings and says on stderr which it is, and what is to be known of it.
pub fn open(settings: &Settings, making: Making) -> Result<Store, ExitCode> {
    let opened = app::open_store(settings, runtime::node_name(), making)
        .map_err(|error| store_failed(&error))?;
    if opened.is_new {
        eprintln!("vestnik: создана база данных {}", opened.database);
    } else {
        eprintln!("vestnik: база данных {}", opened.database);
    }
    for (file, mode) in &opened.shared {
        let file = file.display();
        eprintln!(
            "vestnik: предупреждение: файл {file} доступен не только владельцу (права {mode}); закройте его: chmod 600 {file}"
        );
    }
    Ok(opened.store)
}

/// Says that the database failed.
pub fn store_failed(error: &StoreError) -> ExitCode {
    eprintln!("vestnik: {error}");
    ExitCode::from(EXIT_ENVIRONMENT)
}

/// How a command ends that did all it was to do by one call of the store.
pub fn store_result(result: Result<(), StoreError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => store_failed(&error),
    }
}
