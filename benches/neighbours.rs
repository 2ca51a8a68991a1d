//! What a writing algorithm costs its neighbours: keywords in 100 chats of 100 bots, alone and while
//! another bot's algorithm reads, works for some 50 ms and writes, again and again.
//!
//! `cargo bench --bench neighbours [-- SECONDS [POSTGRES_URL]]` (default 5 s each, SQLite). Prints the
//! latency of the keywords in both phases; asked is that p99 grows by at most `scripts.write_limit_ms`.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use vestnik::app;
use vestnik::runtime::Clock;
use vestnik::settings::{Settings, StoreUrl};
use vestnik_simulator::{Say, Sender, Simulator, SimulatorConfig, SimulatorHandle};

const BOTS: usize = 100;
/// The bot whose algorithm writes.
const WRITER: i64 = 999;
/// Each chat writes so often.
const EVERY: Duration = Duration::from_millis(200);

const ALGORITHM: &str = "Найден = Справочники.Контрагенты.НайтиПоНаименованию(\"Клиент\");
Начало = ТекущаяУниверсальнаяДатаВМиллисекундах();
Пока ТекущаяУниверсальнаяДатаВМиллисекундах() - Начало < 50 Цикл
	Для Номер = 1 По 1000 Цикл
		Остаток = Номер % 7;
	КонецЦикла;
КонецЦикла;
Клиент = Справочники.Контрагенты.СоздатьЭлемент();
Клиент.Наименование = \"Клиент\";
Клиент.Записать();
_Результат = \"Записан\";
";

fn bot(code: &str, id: i64, keyword: &str) -> String {
    format!(
        "code = \"{code}\"\nname = \"{code}\"\ntoken = \"{id}:bench\"\n[[keyword]]\nwords = \"вопрос\"\n{keyword}"
    )
}

/// The answers that a chat has.
fn answers(simulator: &SimulatorHandle, bot: i64, chat: i64, seen: &mut u64) -> usize {
    let entries = simulator.wait_messages(bot, chat, *seen, 1, Duration::ZERO);
    if let Some(last) = entries.last() {
        *seen = last.seq;
    }
    entries
        .iter()
        .filter(|entry| entry.from == Sender::Bot)
        .count()
}

/// Latencies of the keywords, sorted; and how often the writer answered.
fn phase(
    simulator: &SimulatorHandle,
    seen: &mut [u64],
    seconds: u64,
    with_writer: bool,
) -> (Vec<Duration>, usize) {
    let say = |bot: i64, chat: i64| {
        simulator
            .say(bot, Say::text(chat, "Вопрос"))
            .expect("a message");
    };
    let began = Instant::now();
    let mut asked: Vec<Option<Instant>> = vec![None; BOTS];
    let mut next: Vec<Instant> = (0..BOTS)
        .map(|bot| began + EVERY * u32::try_from(bot).expect("few") / BOTS as u32)
        .collect();
    let mut latencies = Vec::new();
    let mut written = 0;
    if with_writer {
        say(WRITER, 1);
    }
    while began.elapsed() < Duration::from_secs(seconds) || asked.iter().any(Option::is_some) {
        let over = began.elapsed() >= Duration::from_secs(seconds);
        for index in 0..BOTS {
            let (bot, chat) = (1000 + index as i64, 10_000 + index as i64);
            if let Some(at) = asked[index] {
                if answers(simulator, bot, chat, &mut seen[index]) > 0 {
                    latencies.push(at.elapsed());
                    asked[index] = None;
                }
            } else if !over && Instant::now() >= next[index] {
                say(bot, chat);
                asked[index] = Some(Instant::now());
                next[index] += EVERY;
            }
        }
        if with_writer && answers(simulator, WRITER, 1, &mut seen[BOTS]) > 0 {
            written += 1;
            if !over {
                say(WRITER, 1);
            }
        }
        std::thread::sleep(Duration::from_micros(100));
    }
    latencies.sort();
    (latencies, written)
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|it| !it.starts_with("--"));
    let seconds: u64 = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5);
    let postgres = arguments.next();

    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = folder.path().join("organisation");
    std::fs::create_dir_all(files.join("bots")).expect("a folder");
    std::fs::create_dir_all(files.join("algorithms")).expect("a folder");
    for index in 0..BOTS {
        let text = bot(
            &format!("b{index}"),
            1000 + index as i64,
            "kind = \"text\"\ntext = \"ответ\"\n",
        );
        std::fs::write(files.join(format!("bots/b{index}.toml")), text).expect("a file");
    }
    let text = bot(
        "writer",
        WRITER,
        "kind = \"algorithm\"\nalgorithm = \"Запись\"\n",
    );
    std::fs::write(files.join("bots/writer.toml"), text).expect("a file");
    std::fs::write(
        files.join("algorithms.toml"),
        "[[algorithm]]\nname = \"Запись\"\nfile = \"algorithms/Запись.bsl\"\n",
    )
    .expect("a file");
    std::fs::write(files.join("algorithms/Запись.bsl"), ALGORITHM).expect("a file");

    let simulator = Simulator::start(SimulatorConfig {
        calls_kept: 1,
        messages_kept: 16,
        ..SimulatorConfig::default()
    })
    .expect("the simulator");
    let mut settings = Settings::default();
    settings.telegram.api_url = simulator.url();
    settings.store.url = match postgres {
        Some(url) => StoreUrl::Postgres(url),
        None => StoreUrl::Sqlite(folder.path().join("bench.db")),
    };
    settings.store.key_file = folder.path().join("bench.key");
    settings.http.listen = ([127, 0, 0, 1], 0).into();
    settings.organisation.dir = Some(files);
    settings.organisation.quiet = true;
    let limit = settings.scripts.write_limit_ms;
    let node = app::start(settings, Clock::system(), Arc::new(AtomicBool::new(false)))
        .expect("the server");

    let mut seen = vec![0; BOTS + 1];
    // The first answers open connections.
    phase(&simulator, &mut seen, 1, true);
    for round in 1..=3 {
        for with_writer in [false, true] {
            let (latencies, written) = phase(&simulator, &mut seen, seconds, with_writer);
            let at = |share: f64| {
                let place = ((latencies.len() as f64 * share) as usize).min(latencies.len() - 1);
                latencies[place].as_secs_f64() * 1e3
            };
            println!(
                "neighbours, round {round}, {}: {} keyword answers, p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms; {written} written (write_limit_ms {limit})",
                if with_writer {
                    "with a writer"
                } else {
                    "alone"
                },
                latencies.len(),
                at(0.5),
                at(0.99),
                at(1.0),
            );
        }
    }
    node.stop().expect("a clean end");
    simulator.stop();
}
