//! How commands begin and end alike: settings and store, and the exit codes of what goes wrong with them.

use std::path::Path;
use std::process::ExitCode;

use crate::settings::Settings;
use crate::store::{Store, StoreError};
use crate::{app, runtime};

/// The input is at fault.
pub const EXIT_INPUT: u8 = 1;
/// The command line itself is at fault; clap ends with it too.
pub const EXIT_USAGE: u8 = 2;
/// The environment is at fault: database, network, port.
pub const EXIT_ENVIRONMENT: u8 = 3;

/// The settings of this run; their problems are printed.
pub fn load_settings(config: Option<&Path>) -> Result<Settings, ExitCode> {
    Settings::load(config, std::env::vars()).map_err(|problems| {
        for problem in problems {
            eprintln!("{problem}");
        }
        ExitCode::from(EXIT_INPUT)
    })
}

/// The store of these settings, for a command beside a running server.
pub fn open_store(config: Option<&Path>) -> Result<Store, ExitCode> {
    let settings = load_settings(config)?;
    app::store_config(&settings, runtime::node_name())
        .and_then(Store::open)
        .map_err(|error| store_failed(&error))
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
