//! The command line: one file per subcommand, each with its arguments and a `run`.
//!
//! Exit codes (interfaces): 0 done, 1 the input is at fault, 2 usage, 3 the environment (database,
//! network, port). This room is the only one that writes to the terminal.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is where we talk to the terminal"
)]

mod algorithm;
mod apply;
mod backup;
mod bsl;
mod check;
mod check_tokens;
mod demo;
mod export;
mod logging;
mod serve;
mod shutdown;
mod simulator;
mod temporary;
mod token;
mod trace;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::settings::Settings;
use crate::store::{Store, StoreError};
use crate::{app, runtime};

/// The input is at fault.
pub const EXIT_INPUT: u8 = 1;
/// The command line itself is at fault; clap ends with it too.
pub const EXIT_USAGE: u8 = 2;
/// The environment is at fault: database, network, port.
pub const EXIT_ENVIRONMENT: u8 = 3;

/// Vestnik: many Telegram bots in one process, tied to the processes of an organisation.
#[derive(Parser)]
#[command(
    name = "vestnik",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Apply(apply::ApplyArgs),
    Export(export::ExportArgs),
    Check(check::CheckArgs),
    Demo(demo::DemoArgs),
    Simulator(simulator::SimulatorArgs),
    Token(token::TokenArgs),
    Backup(backup::BackupArgs),
    Bsl(bsl::BslArgs),
    Trace(trace::TraceArgs),
    Algorithm(algorithm::AlgorithmArgs),
}

/// Runs the subcommand that the process was started with.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Apply(args) => apply::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Simulator(args) => simulator::run(args),
        Command::Token(args) => token::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Bsl(args) => bsl::run(args),
        Command::Trace(args) => trace::run(&args),
        Command::Algorithm(args) => algorithm::run(args),
    }
}

/// The settings of this run; their problems are printed.
fn load_settings(config: Option<&Path>) -> Result<Settings, ExitCode> {
    Settings::load(config, std::env::vars()).map_err(|problems| {
        for problem in problems {
            eprintln!("{problem}");
        }
        ExitCode::from(EXIT_INPUT)
    })
}

/// The store of these settings, for a command beside a running server.
fn open_store(config: Option<&Path>) -> Result<Store, ExitCode> {
    let settings = load_settings(config)?;
    app::store_config(&settings, runtime::node_name())
        .and_then(Store::open)
        .map_err(|error| store_failed(&error))
}

fn store_failed(error: &StoreError) -> ExitCode {
    eprintln!("vestnik: {error}");
    ExitCode::from(EXIT_ENVIRONMENT)
}

fn store_result(result: Result<(), StoreError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => store_failed(&error),
    }
}
