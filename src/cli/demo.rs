//! `vestnik demo`: the simulator and the server with the sample organisation, to be tried in a
//! browser without a bot of Telegram's.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use vestnik_simulator::{Simulator, SimulatorConfig};

use super::temporary::Temporary;
use super::{EXIT_ENVIRONMENT, logging, serve, shutdown};
use crate::app;
use crate::organisation::demo;
use crate::runtime::Clock;
use crate::settings::{Settings, StoreUrl};

/// Try it: a simulated Telegram with a chat page, and three bots of a sample organisation.
#[derive(Args)]
pub struct DemoArgs {
    /// Keep the database and the organisation's files here; without it everything is temporary.
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// The chat page's address; port 0 takes any free port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: String,
}

/// Runs the command.
pub fn run(args: &DemoArgs) -> ExitCode {
    logging::start_quiet();
    match demo(args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("vestnik: {error}");
            ExitCode::from(EXIT_ENVIRONMENT)
        }
    }
}

fn demo(args: &DemoArgs) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let signal = shutdown::Signal::listen()?;
    let temporary = match &args.dir {
        Some(dir) => Temporary::given(dir)?,
        None => Temporary::new("vestnik-demo")?,
    };
    let dir = temporary.path();
    let organisation = dir.join("organisation");
    demo::write(&organisation)?;

    let simulator = Simulator::start(SimulatorConfig {
        listen: args.listen.clone(),
        ..SimulatorConfig::default()
    })?;
    let mut settings = Settings::default();
    settings.telegram.api_url = simulator.url();
    settings.store.url = StoreUrl::Sqlite(dir.join("vestnik.db"));
    settings.store.key_file = dir.join("vestnik.key");
    settings.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.organisation.dir = Some(organisation.clone());
    let node = match app::start(settings, Clock::system(), signal.stop_flag()) {
        Ok(node) => node,
        Err(error) => {
            eprintln!("vestnik: {error}");
            return Ok(ExitCode::from(serve::exit_code(&error)));
        }
    };
    // The Bot API has no call for a bot's own name that a server would make: people choose it at
    // @BotFather, which is us here.
    for (id, name) in demo::bot_names() {
        simulator.name_bot(id, &name, None);
    }
    println!("Чат с ботами:       {}/", simulator.url());
    println!("Управление:         http://{}/health/ready", node.http_addr);
    println!("Файлы организации:  {}", organisation.display());
    println!();
    println!("{}", demo::WHAT_TO_TRY);
    println!("Завершить: Ctrl-C");
    signal.wait_or(|| node.has_ended());
    node.stop()?;
    simulator.stop();
    Ok(ExitCode::SUCCESS)
}
