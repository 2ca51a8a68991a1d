//! `vestnik demo`: the simulator and the server with the sample organisation, to be tried in a
//! browser without a bot of Telegram's.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
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
use crate::settings::{FILE, Settings, StoreUrl};

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
    let node = match app::start(settings.clone(), clock.clone(), signal.stop_flag()) {
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
    write_settings(dir, &settings)?;
    eprintln!("vestnik: база данных {}", app::database(&settings));
    println!("Чат с ботами:       {}/", simulator.url());
    println!("Управление:         http://{}/health/ready", node.http_addr);
    println!("Файлы организации:  {}", organisation.display());
    println!();
    println!("{}", demo::WHAT_TO_TRY);
    println!();
    println!("Команды для другого окна; файлы организации можно менять:");
    for command in commands(dir, &organisation, node.http_addr) {
        println!("  {command}");
    }
    println!();
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

/// Settings for commands beside the demo: they find its database from any folder.
fn write_settings(dir: &Path, settings: &Settings) -> std::io::Result<()> {
    let text = format!(
        "# Записано командой vestnik demo при запуске и будет записано снова: свои настройки держите в\n\
         # другом файле.\n\
         [telegram]\napi_url = \"{}\"\n[store]\nurl = \"sqlite:vestnik.db\"\nkey_file = \"vestnik.key\"\n\
         [http]\nlisten = \"127.0.0.1:0\"\n[organisation]\ndir = \"organisation\"\n",
        settings.telegram.api_url
    );
    std::fs::write(dir.join(FILE), text)
}

/// Commands that work as they stand, in any shell of this machine.
fn commands(dir: &Path, organisation: &Path, control: SocketAddr) -> Vec<String> {
    // As we were called ourselves: a program that is not installed is named by its path.
    let program = std::env::args_os()
        .next()
        .unwrap_or_else(|| "vestnik".into());
    let program = match Path::new(&program) {
        path if path.components().count() > 1 => {
            std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
        }
        path => path.to_owned(),
    };
    let (program, organisation) = (quoted(&program), quoted(organisation));
    let config = quoted(&dir.join(FILE));
    vec![
        format!("{program} check {organisation}"),
        format!("{program} apply {organisation} --config {config}"),
        format!("{program} trace main 1001 --config {config}"),
        format!("{program} algorithm run Остатки --as user:ivanov --config {config}"),
        format!("curl -sS http://{control}/health/ready"),
    ]
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | ':'));
    if is_plain {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
