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
mod completions;
mod demo;
mod ends;
mod export;
mod language;
mod logging;
mod registrations;
mod serve;
mod shutdown;
mod simulator;
mod temporary;
mod token;
mod trace;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::model::Locale;

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
    Completions(completions::CompletionsArgs),
}

/// Runs the subcommand that the process was started with.
pub fn main() -> ExitCode {
    let locale = language::of_environment(|name| std::env::var(name).ok());
    let matches = language::spoken(Cli::command(), locale).try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return ended_at_once(&error, locale),
    };
    match cli.command {
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
        Command::Completions(args) => completions::run(&args, locale),
    }
}

/// Help, version, or arguments that are wrong.
fn ended_at_once(error: &clap::Error, locale: Locale) -> ExitCode {
    use clap::error::ErrorKind;
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            print!(
                "{}",
                language::rendered(&error.render().to_string(), locale)
            );
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            eprint!(
                "{}",
                language::rendered(&error.render().to_string(), locale)
            );
            ExitCode::from(ends::EXIT_USAGE)
        }
        _ => {
            eprint!("{}", language::refusal(error, locale));
            ExitCode::from(ends::EXIT_USAGE)
        }
    }
}
