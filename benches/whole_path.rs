//! The whole path in one process: the simulator, the server on SQLite, people who write and wait.
//!
//! `cargo bench --bench whole_path [-- BOTS CHATS SECONDS]` (defaults 10, 16, 5): each chat writes, waits
//! for the answer and writes again. Three ways to answer take turns in one run: a keyword, code typed
//! into the chat (`2+2*2`), and an algorithm of 20 lines with one find by an attribute among 100,000
//! counterparties; what counts is their ratio. The simulator needs about as much CPU as the server, so
//! this is for comparing, not for a rate; `botload`-like tools measure that from outside.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use vestnik::app;
use vestnik::model::{AttributeValue, Party, PartyKind, PartyRef};
use vestnik::runtime::Clock;
use vestnik::settings::{Settings, StoreUrl};
use vestnik::store::parties;
use vestnik_simulator::{Say, Simulator, SimulatorConfig, SimulatorHandle};

/// Keywords of each bot.
const KEYWORDS: usize = 1_000;
/// Counterparties that the algorithm finds one of.
const COUNTERPARTIES: usize = 100_000;
/// Rounds of each way.
const ROUNDS: usize = 3;

/// Twenty lines, one find.
const ALGORITHM: &str = "// Остаток по договору клиента, который спросил.
Номер = Число(СтрРазделить(_ДанныеДляОбработки.Текст, \" \")[1]);
ИНН = Формат(7700000000 + Номер * 97, \"ЧГ=0\");
Клиент = Справочники.Контрагенты.НайтиПоРеквизиту(\"ИНН\", ИНН);
Если НЕ ЗначениеЗаполнено(Клиент) Тогда
	_Результат = \"Нет такого клиента\";
Иначе
	Сумма = 0;
	Для Месяц = 1 По 12 Цикл
		Сумма = Сумма + Месяц * 1.25;
	КонецЦикла;
	Скидка = 0;
	Если Сумма > 50 Тогда
		Скидка = Окр(Сумма * 0.05, 2);
	КонецЕсли;
	Строки = Новый Массив;
	Строки.Добавить(Клиент.Наименование);
	Строки.Добавить(\"Остаток: \" + Формат(Сумма - Скидка, \"ЧДЦ=2\"));
	_Результат = СтрСоединить(Строки, Символы.ПС);
КонецЕсли;
";

/// What people write.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Keyword,
    Code,
    Algorithm,
}

impl Way {
    const ALL: [Way; 3] = [Way::Keyword, Way::Code, Way::Algorithm];

    fn name(self) -> &'static str {
        match self {
            Way::Keyword => "keyword",
            Way::Code => "code",
            Way::Algorithm => "algorithm",
        }
    }

    fn text(self, number: usize) -> String {
        match self {
            Way::Keyword => format!("Вопрос {}", number % KEYWORDS),
            Way::Code => "2+2*2".to_owned(),
            // A keyword of each number leads to the algorithm.
            Way::Algorithm => format!("Остаток {}", number % KEYWORDS),
        }
    }
}

fn organisation(bots: usize, folder: &std::path::Path) {
    std::fs::create_dir_all(folder.join("bots")).expect("a folder");
    std::fs::create_dir_all(folder.join("algorithms")).expect("a folder");
    let keywords: String = (0..KEYWORDS)
        .map(|k| {
            format!(
                "[[keyword]]\nwords = \"вопрос {k}\"\nkind = \"text\"\ntext = \"ответ {k}\"\n\
                 [[keyword]]\nwords = \"остаток {k}\"\nkind = \"algorithm\"\nalgorithm = \"Остаток\"\n"
            )
        })
        .collect();
    for bot in 1..=bots {
        let text = format!(
            "code = \"b{bot}\"\nname = \"Бот {bot}\"\ntoken = \"{}:bench\"\nallow_code = true\n{keywords}",
            1000 + bot
        );
        std::fs::write(folder.join(format!("bots/b{bot}.toml")), text).expect("a file");
    }
    std::fs::write(
        folder.join("algorithms.toml"),
        "[[algorithm]]\nname = \"Остаток\"\nfile = \"algorithms/Остаток.bsl\"\n",
    )
    .expect("a file");
    std::fs::write(folder.join("algorithms/Остаток.bsl"), ALGORITHM).expect("a file");
}

fn fill(settings: &Settings) {
    let opened = app::open_store(settings, "bench".to_owned(), app::Making::Allowed);
    let store = opened.expect("a database").store;
    for first in (0..COUNTERPARTIES).step_by(1_000) {
        store
            .write_blocking(move |conn| {
                for number in first..first + 1_000 {
                    let inn = (7_700_000_000 + number * 97).to_string();
                    parties::put(
                        conn,
                        &Party {
                            reference: PartyRef {
                                kind: PartyKind::Counterparty,
                                code: format!("к{number:06}"),
                            },
                            name: format!("Клиент {number}"),
                            groups: Vec::new(),
                            time_zone: None,
                            language: None,
                            deleted: false,
                            attributes: BTreeMap::from([(
                                "inn".to_owned(),
                                AttributeValue::Text(inn),
                            )]),
                        },
                    )?;
                }
                Ok(())
            })
            .expect("written");
    }
}

/// Answers a second of one way.
fn round(
    simulator: &SimulatorHandle,
    way: Way,
    (bots, chats): (usize, usize),
    limit: Duration,
    after: &mut HashMap<(usize, usize), u64>,
) -> f64 {
    let ask = |bot: usize, chat: usize, number: usize| {
        let from = 10_000 + chat as i64;
        simulator
            .say(
                1000 + bot as i64,
                Say::text(from, way.text(chat * 31 + number * 7)),
            )
            .expect("a message");
    };
    for bot in 1..=bots {
        for chat in 0..chats {
            ask(bot, chat, 0);
        }
    }
    let began = Instant::now();
    let mut answered = 0usize;
    let mut waiting = bots * chats;
    let mut at_limit = None;
    while waiting > 0 {
        let mut moved = false;
        let over = began.elapsed() >= limit;
        if over && at_limit.is_none() {
            at_limit = Some((answered, began.elapsed()));
        }
        for bot in 1..=bots {
            for chat in 0..chats {
                let seen = after.get(&(bot, chat)).copied().unwrap_or_default();
                let from = 10_000 + chat as i64;
                let entries =
                    simulator.wait_messages(1000 + bot as i64, from, seen, 1, Duration::ZERO);
                let Some(last) = entries.last() else { continue };
                after.insert((bot, chat), last.seq);
                let came = entries
                    .iter()
                    .filter(|entry| entry.from == vestnik_simulator::Sender::Bot)
                    .count();
                if came == 0 {
                    continue;
                }
                answered += came;
                moved = true;
                if over {
                    waiting -= 1;
                } else {
                    ask(bot, chat, answered);
                }
            }
        }
        if !moved {
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    let (answered, elapsed) = at_limit.unwrap_or((answered, began.elapsed()));
    answered as f64 / elapsed.as_secs_f64()
}

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse::<usize>().ok());
    let bots = numbers.next().unwrap_or(10).max(1);
    let chats = numbers.next().unwrap_or(16).max(1);
    let seconds = numbers.next().unwrap_or(5).max(1);

    let folder = tempfile::tempdir().expect("a temporary folder");
    let files = folder.path().join("organisation");
    organisation(bots, &files);
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
    settings.organisation.dir = Some(files);
    settings.organisation.quiet = true;
    fill(&settings);
    let node = app::start(settings, Clock::system(), Arc::new(AtomicBool::new(false)))
        .expect("the server");

    let mut after = HashMap::new();
    let mut rates: HashMap<&str, Vec<f64>> = HashMap::new();
    let limit = Duration::from_secs(seconds as u64);
    for _ in 0..ROUNDS {
        for way in Way::ALL {
            let rate = round(&simulator, way, (bots, chats), limit, &mut after);
            rates.entry(way.name()).or_default().push(rate);
        }
    }
    let median = |way: Way| {
        let mut rates = rates[way.name()].clone();
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    let keyword = median(Way::Keyword);
    println!("whole_path: {bots} bots x {chats} chats, {KEYWORDS} keywords, medians of {ROUNDS}");
    for way in Way::ALL {
        let rate = median(way);
        println!(
            "  {:9} {rate:7.0} answers/s, {:.2} of the keyword's",
            way.name(),
            rate / keyword
        );
    }
    node.stop().expect("a clean end");
    simulator.stop();
}
