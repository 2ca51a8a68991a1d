//! `vestnik serve`: the server.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::ends::{EXIT_ENVIRONMENT, EXIT_INPUT, load_settings};
use super::{logging, shutdown};
use crate::app::{self, NodeError};
use crate::runtime::Clock;
use crate::settings::Settings;

/// Run the bots until SIGTERM or Ctrl-C.
#[derive(Args)]
pub struct ServeArgs {
    /// Settings over the built-in defaults; environment variables (`VESTNIK_STORE__URL`, …) go over both.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &ServeArgs) -> ExitCode {
    logging::start();
    let settings = match load_settings(args.config.as_deref(), &[]) {
        Ok(settings) => settings,
        Err(code) => return code,
    };
    serve(settings)
}

/// Serves with these settings until a signal comes.
fn serve(settings: Settings) -> ExitCode {
    let signal = match shutdown::Signal::listen() {
        Ok(signal) => signal,
        Err(error) => {
            eprintln!("vestnik: сигналы остановки недоступны: {error}");
            return ExitCode::from(EXIT_ENVIRONMENT);
        }
    };
    let stopped_early = signal.stop_flag();
    let node = match app::start(settings, Clock::system(), stopped_early) {
        Ok(node) => node,
        Err(NodeError::Stopped) => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vestnik: {error}");
            return ExitCode::from(exit_code(&error));
        }
    };
    // Not `println!`, which panics where nobody reads it: the server does not end for that.
    let _ = writeln!(std::io::stdout(), "vestnik: http://{}", node.http_addr);
    signal.wait_or(|| node.has_ended());
    match node.stop() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vestnik: {error}");
            ExitCode::from(exit_code(&error))
        }
    }
}

/// Whether the input or the environment is at fault.
pub fn exit_code(error: &NodeError) -> u8 {
    match error {
        NodeError::Organisation(_) | NodeError::PublicWithoutToken { .. } => EXIT_INPUT,
        NodeError::Endpoint(_) => EXIT_INPUT,
        NodeError::Store(_)
        | NodeError::Listen { .. }
        | NodeError::Clock { .. }
        | NodeError::System(_)
        | NodeError::Stopped => EXIT_ENVIRONMENT,
    }
}
