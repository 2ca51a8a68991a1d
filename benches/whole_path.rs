//! The whole path in one process: the simulator, the server on SQLite, people who write and wait.
//!
//! `cargo bench --bench whole_path [-- BOTS CHATS SECONDS]` (defaults 10, 16, 5): each chat writes, waits
//! for the answer and writes again. The simulator needs about as much CPU as the server, so this is for
//! comparing two states of the code, not for a rate; `botload`-like tools measure that from outside.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use vestnik::runtime::{self, Clock};
use vestnik::settings::{Settings, StoreUrl};
use vestnik_simulator::{Say, Simulator, SimulatorConfig};

/// Keywords of each bot.
const KEYWORDS: usize = 1_000;

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse::<usize>().ok());
    let bots = numbers.next().unwrap_or(10).max(1);
    let chats = numbers.next().unwrap_or(16).max(1);
    let seconds = numbers.next().unwrap_or(5).max(1);

    let folder = tempfile::tempdir().expect("a temporary folder");
    let organisation = folder.path().join("organisation");
    std::fs::create_dir_all(organisation.join("bots")).expect("a folder");
    let keywords: String = (0..KEYWORDS)
        .map(|k| {
            format!("[[keyword]]\nwords = \"вопрос {k}\"\nkind = \"text\"\ntext = \"ответ {k}\"\n")
        })
        .collect();
    for bot in 1..=bots {
        let text = format!(
            "code = \"b{bot}\"\nname = \"Бот {bot}\"\ntoken = \"{}:bench\"\n{keywords}",
            1000 + bot
        );
        std::fs::write(organisation.join(format!("bots/b{bot}.toml")), text).expect("a file");
    }
    let simulator = Simulator::start(SimulatorConfig {
        calls_kept: 1,
        messages_kept: 16,
        ..SimulatorConfig::default()
    })
    .expect("the simulator");
    let mut settings = Settings::default();
    settings.telegram.api_url = simulator.url();
    settings.store.url = StoreUrl::Sqlite(folder.path().join("bench.db"));
    settings.store.key_file = folder.path().join("bench.key");
    settings.http.listen = ([127, 0, 0, 1], 0).into();
    settings.organisation.dir = Some(organisation);
    let node = runtime::start(settings, Clock::system(), Arc::new(AtomicBool::new(false)))
        .expect("the server");

    // People: each chat has one question under way; `after` is the last line of it that was seen.
    let mut after: HashMap<(usize, usize), u64> = HashMap::new();
    let ask = |bot: usize, chat: usize, round: usize| {
        let text = format!("Вопрос {}", (chat * 31 + round * 7) % KEYWORDS);
        let from = 10_000 + chat as i64;
        simulator
            .say(1000 + bot as i64, Say::text(from, text))
            .expect("a message");
    };
    for bot in 1..=bots {
        for chat in 0..chats {
            ask(bot, chat, 0);
            after.insert((bot, chat), 0);
        }
    }
    let began = Instant::now();
    let limit = Duration::from_secs(seconds as u64);
    let mut answered = 0usize;
    while began.elapsed() < limit {
        let mut moved = false;
        for bot in 1..=bots {
            for chat in 0..chats {
                let seen = after[&(bot, chat)];
                let from = 10_000 + chat as i64;
                let entries =
                    simulator.wait_messages(1000 + bot as i64, from, seen, 1, Duration::ZERO);
                if let Some(last) = entries.last() {
                    after.insert((bot, chat), last.seq);
                    answered += entries.len();
                    moved = true;
                    ask(bot, chat, answered);
                }
            }
        }
        if !moved {
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    let rate = answered as f64 / began.elapsed().as_secs_f64();
    println!("whole_path: {bots} bots x {chats} chats, {KEYWORDS} keywords: {rate:.0} answers/s");
    node.stop().expect("a clean end");
    simulator.stop();
}
