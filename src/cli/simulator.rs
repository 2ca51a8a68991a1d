//! `vestnik simulator`: the Bot API twin alone.

use std::process::ExitCode;

use clap::Args;

use super::ends::EXIT_ENVIRONMENT;
use super::shutdown;
use vestnik_simulator::{Simulator, SimulatorConfig};

/// Run a simulated Telegram with a chat page.
#[derive(Args)]
pub struct SimulatorArgs {
    /// Where it listens; port 0 takes any free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    listen: String,
}

/// Runs the command.
pub fn run(args: SimulatorArgs) -> ExitCode {
    let started = shutdown::Signal::listen().and_then(|signal| {
        let config = SimulatorConfig {
            listen: args.listen.clone(),
            ..SimulatorConfig::default()
        };
        Ok((signal, Simulator::start(config)?))
    });
    match started {
        Ok((signal, simulator)) => {
            println!(
                "Чат с ботами: {0}/\nДля сервера: telegram.api_url = \"{0}\"",
                simulator.url()
            );
            signal.wait_or(|| false);
            simulator.stop();
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!(
                "vestnik: адрес {}: {error}; укажите другой ключом --listen",
                args.listen
            );
            ExitCode::from(EXIT_ENVIRONMENT)
        }
    }
}
