//! `vestnik demo`: the simulator and the server with the sample organisation, to be tried in a
//! browser without a bot of Telegram's.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use vestnik_simulator::{Simulator, SimulatorConfig};

use super::ends::EXIT_ENVIRONMENT;
use super::temporary::Temporary;
use super::{logging, serve, shutdown};
use crate::app;
use crate::model::Moment;
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
    let clock = Clock::system();
    let mut settings = Settings::default();
    settings.telegram.api_url = simulator.url();
    settings.store.url = StoreUrl::Sqlite(dir.join("vestnik.db"));
    settings.store.key_file = dir.join("vestnik.key");
    settings.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.organisation.dir = Some(organisation.clone());
    settings.organisation.quiet = true;
    let node = match app::start(settings, clock.clone(), signal.stop_flag()) {
        Ok(node) => node,
        Err(error) => {
            eprintln!("vestnik: {error}");
            return Ok(ExitCode::from(serve::exit_code(&error)));
        }
    };
    // The Bot API has no call for a bot's own name that a server would make: people choose it at
    // @BotFather, which is us here.
    for bot in demo::bots() {
        simulator.name_bot(bot.number, &bot.name, None);
        let words: Vec<&str> = bot.first_words.iter().map(String::as_str).collect();
        simulator.suggest(bot.number, &words);
    }
    println!("Чат с ботами:       {}/", simulator.url());
    println!("Управление:         http://{}/health/ready", node.http_addr);
    println!("Файлы организации:  {}", organisation.display());
    println!();
    println!("{}", demo::WHAT_TO_TRY);
    println!("Завершить: Ctrl-C");
    // The clock in the page's drawer is the clock of the bots too.
    let mut seen = simulator.clock().version;
    signal.wait_or(|| {
        let shown = simulator.clock();
        if shown.version != seen {
            seen = shown.version;
            clock.show(Moment(shown.now_us), shown.frozen);
        }
        node.has_ended()
    });
    node.stop()?;
    simulator.stop();
    Ok(ExitCode::SUCCESS)
}
