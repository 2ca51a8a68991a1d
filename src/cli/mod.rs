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
mod ends;
mod export;
mod logging;
mod registrations;
mod serve;
mod shutdown;
mod simulator;
mod temporary;
mod token;
mod trace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    Register(registrations::RegisterArgs),
    Registrations(registrations::RegistrationsArgs),
    Revoke(registrations::RevokeArgs),
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
        Command::Register(args) => registrations::register(args),
        Command::Registrations(args) => registrations::list(args),
        Command::Revoke(args) => registrations::revoke(args),
        Command::Backup(args) => backup::run(args),
        Command::Bsl(args) => bsl::run(args),
        Command::Trace(args) => trace::run(&args),
        Command::Algorithm(args) => algorithm::run(args),
    }
}
