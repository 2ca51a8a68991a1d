//! Group commit on both engines: jobs of three statements (an update accepted as done, its message
//! written as sending, a conversation put) from so many callers at once. Prints jobs a second, jobs
//! a commit, and the disk's own fsync beside them: a figure without its disk compares with nothing.
//!
//! Before that, the weight of an update: what its answer by a keyword leaves in the engine's log, in
//! bytes and in pages, when so many bots write as many updates a job as they do under full load. These
//! figures do not depend on the machine.
//!
//! `cargo bench --bench group_commit [-- weight | SECONDS [PART OF A NAME]]`; PostgreSQL as in
//! `tests/support/postgres.rs`. CPU is this process's own, the callers' part included.
#![allow(missing_docs)]
#![allow(clippy::print_stdout)] // a harness of its own: its output is its purpose

#[path = "../tests/support/postgres.rs"]
#[allow(dead_code)] // what only the tests of faults use
mod postgres;

use std::cell::{Cell, RefCell};
use std::io::Write;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use vestnik::model::{
    BotCode, Channel, ChatAddress, ChatId, Conversation, IdSource, Lane, MessageKey, MessageKind,
    MessageState, Moment, Outgoing, OutgoingBody, PersonId, RichText, TelegramBotId, UpdateId,
};
use vestnik::store::inbox::{self, NewUpdate, UpdateKey, UpdateState};
use vestnik::store::journal::Handled;
use vestnik::store::messages::{self, NewMessage, SentMark};
use vestnik::store::unit_of_work::{Receipt, UnitOfWork};
use vestnik::store::{Engine, Key, Store, StoreConfig, Tuning, conversations};

/// As long as a text message of Telegram in JSON usually is.
const RAW: usize = 450;
const BOTS: i64 = 100;

/// The disk's fsync of one page: median and 99th percentile.
fn fsync(folder: &Path) -> (Duration, Duration) {
    let mut file = std::fs::File::create(folder.join("fsync")).expect("a file");
    let mut times: Vec<Duration> = (0..300)
        .map(|_| {
            file.write_all(&[1u8; 4_096]).expect("written");
            let began = Instant::now();
            file.sync_data().expect("synced");
            began.elapsed()
        })
        .collect();
    times.sort();
    (times[150], times[297])
}

async fn caller(store: Store, numbers: Arc<AtomicI64>, until: Instant, marks: bool) {
    let mut sent = Vec::new();
    while Instant::now() < until {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let bot = number % BOTS;
        let update = NewUpdate {
            key: UpdateKey {
                bot: TelegramBotId(bot),
                update: UpdateId(number),
            },
            channel: Channel::Telegram,
            bot: BotCode::new(&format!("bot{bot}")),
            chat: Some(ChatId(number)),
            sender: Some(PersonId(number)),
            state: UpdateState::Done,
            personal: false,
            raw: "x".repeat(RAW),
            received_at: Moment(number),
            handled_at: None,
            trace: None,
        };
        let outgoing = Outgoing {
            key: MessageKey(store.ids().next_id()),
            to: ChatAddress {
                channel: Channel::Telegram,
                bot: update.bot.clone(),
                chat: ChatId(number),
                thread: None,
            },
            lane: Lane::Interactive,
            kind: MessageKind::Answer,
            reply_to: None,
            not_before: None,
            body: OutgoingBody::Text {
                text: RichText::Plain("Здравствуйте! Чем помочь?".into()),
                buttons: Default::default(),
            },
        };
        let message = NewMessage::new(
            &outgoing,
            MessageState::Sending,
            Some(update.key),
            Moment(number),
        )
        .expect("a message");
        let conversation = Conversation {
            dialogue: None,
            unsupported_told: true,
        };
        store
            .write(move |c| {
                let new = inbox::accept(c, std::slice::from_ref(&update))?;
                messages::insert(c, std::slice::from_ref(&message))?;
                conversations::put(
                    c,
                    &update.bot,
                    ChatId(number),
                    PersonId(number),
                    &conversation,
                )?;
                Ok(new)
            })
            .await
            .expect("written");
        if marks {
            sent.push(SentMark {
                key: outgoing.key,
                ids: vec![number],
                at: Moment(number),
                resent: false,
                late: false,
            });
            if sent.len() == 32 {
                let batch = std::mem::take(&mut sent);
                store
                    .write(move |c| messages::mark_sent(c, &batch))
                    .await
                    .expect("marked");
            }
        }
    }
}

/// A load: so many bots, each with so many chats that write at once.
#[derive(Clone, Copy)]
struct Load {
    bots: i64,
    at_once: i64,
}

const LOADS: [Load; 3] = [
    Load {
        bots: 10,
        at_once: 16,
    },
    Load {
        bots: 100,
        at_once: 4,
    },
    Load {
        bots: 1_000,
        at_once: 1,
    },
];
/// What is kept of how a keyword was found.
const TRACE: &str = "бот: ревизия 1\nтекст для сравнения: «please tell me about keyword7»\n\
                     ключевое слово «please tell me about keyword7»";
/// Updates of one weighing.
const WEIGHED: i64 = 40_000;
/// How long the server gathers marks.
const MARKS: Duration = Duration::from_millis(40);

/// One bot: batch after batch, each written by the job that a batch of keyword answers is.
async fn bot(store: Store, number: i64, load: Load, sent: Rc<RefCell<Vec<SentMark>>>) {
    let code = BotCode::new(&format!("bot{number}"));
    let telegram = TelegramBotId(7_000_000_000 + number);
    let batches = WEIGHED / load.bots / load.at_once;
    let raw = "x".repeat(RAW);
    for batch in 0..batches {
        let first = 100_000_000 + batch * load.at_once;
        let received = Moment(1_800_000_000_000_000 + first);
        let now = received.plus_micros(900);
        let ids = store.ids().clone();
        let mut unit = UnitOfWork::new(code.clone(), telegram, now, ids, load.at_once as usize);
        unit.set_offset(Some(UpdateId(first + load.at_once)));
        let mut keys = Vec::new();
        for update in first..first + load.at_once {
            // Twice as many chats as write at once.
            let chat = 1_000_000_000 + number * 1_000 + update % (2 * load.at_once);
            let handled = Handled {
                id: UpdateId(update),
                chat: Some(ChatId(chat)),
                sender: Some(PersonId(chat)),
                raw: &raw,
                received_at: received,
                trace: Some(TRACE),
            };
            let answer = Outgoing {
                key: MessageKey(store.ids().next_id() * 128),
                to: ChatAddress {
                    channel: Channel::Telegram,
                    bot: code.clone(),
                    chat: ChatId(chat),
                    thread: None,
                },
                lane: Lane::Interactive,
                kind: MessageKind::Answer,
                reply_to: None,
                not_before: None,
                body: OutgoingBody::Text {
                    text: RichText::Plain("Здравствуйте! Чем помочь?".into()),
                    buttons: Default::default(),
                },
            };
            keys.push(answer.key);
            unit.push(
                Some(Receipt::Accept(handled)),
                UpdateState::Done,
                &[(answer, MessageState::Sending)],
                Vec::new(),
                None,
            )
            .expect("an update");
        }
        let unit = unit.complete();
        let new = store.write(move |c| unit.write(c)).await.expect("written");
        assert!(new.iter().all(|new| *new));
        sent.borrow_mut().extend(keys.iter().map(|key| SentMark {
            key: *key,
            ids: vec![first],
            at: now.plus_micros(1_100),
            resent: false,
            late: false,
        }));
    }
}

/// The marks of what was sent, in batches as the server writes them.
async fn marks(store: Store, sent: Rc<RefCell<Vec<SentMark>>>, done: Rc<Cell<bool>>) {
    loop {
        let last = done.get();
        let mut batch = std::mem::take(&mut *sent.borrow_mut());
        while !batch.is_empty() {
            let rest = batch.split_off(batch.len().min(512));
            store
                .write(move |c| messages::mark_sent(c, &batch))
                .await
                .expect("marked");
            batch = rest;
        }
        if last {
            return;
        }
        tokio::time::sleep(MARKS).await;
    }
}

/// Writes [`WEIGHED`] updates and their marks; gives the CPU seconds of this process.
fn answer(store: &Store, load: Load) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let before = cpu();
    runtime.block_on(tokio::task::LocalSet::new().run_until(async {
        let sent = Rc::new(RefCell::new(Vec::new()));
        let done = Rc::new(Cell::new(false));
        let marking = tokio::task::spawn_local(marks(store.clone(), sent.clone(), done.clone()));
        futures_util::future::join_all(
            (0..load.bots).map(|number| bot(store.clone(), number, load, sent.clone())),
        )
        .await;
        done.set(true);
        marking.await.expect("marked");
    }));
    cpu() - before
}

/// The WAL as SQLite left it: its frames, and how many pages of the database they are.
fn frames(wal: &Path) -> (u64, u64, u64) {
    let bytes = std::fs::read(wal).expect("the WAL");
    let number =
        |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    let page = number(8);
    let salt = number(16);
    let mut pages = std::collections::HashSet::new();
    let mut count = 0;
    let mut at = 32;
    // Frames of another salt are left over from before the WAL was begun anew.
    while at + 24 + page <= bytes.len() && number(at + 8) == salt {
        pages.insert(number(at));
        count += 1;
        at += 24 + page;
    }
    (count, count * (24 + page as u64), pages.len() as u64)
}

fn weigh(folder: &Path, postgres: Option<&postgres::Server>) {
    for load in LOADS {
        let name = format!("weigh{}.db", load.bots);
        let file = folder.join(&name);
        let url = format!("sqlite:{}", file.display());
        let mut config = StoreConfig::new(url, Key::from_bytes(&[1; 32], "bench"), "bench");
        // All of the WAL is wanted.
        config.tuning.checkpoint_frames = i32::MAX;
        let store = Store::open(config).expect("opens");
        let wal = folder.join(format!("{name}-wal"));
        let (frames_before, bytes_before, _) = frames(&wal);
        let commits = store.probe().commits;
        let took = answer(&store, load);
        let commits = store.probe().commits - commits;
        let (frames, bytes, pages) = frames(&wal);
        let an_update = |all: u64| all as f64 / WEIGHED as f64;
        println!(
            "sqlite, weight {:5} bots x {:2}: {:7.0} WAL bytes, {:5.2} pages dirtied, {:5.2} pages of the file an update; {:5.1} updates/commit, {:5.1} CPU µs",
            load.bots,
            load.at_once,
            an_update(bytes - bytes_before),
            an_update(frames - frames_before),
            an_update(pages),
            WEIGHED as f64 / commits as f64,
            took * 1e6 / WEIGHED as f64,
        );
    }
    let Some(server) = postgres else { return };
    for load in LOADS {
        let config = StoreConfig::new(
            server.database(),
            Key::from_bytes(&[1; 32], "bench"),
            "bench",
        );
        let store = Store::open(config).expect("opens");
        let before = lsn(&store);
        let commits = store.probe().commits;
        let took = answer(&store, load);
        let commits = store.probe().commits - commits;
        println!(
            "postgres, weight {:3} bots x {:2}: {:7.0} WAL bytes an update; {:5.1} updates/commit, {:5.1} CPU µs of ours",
            load.bots,
            load.at_once,
            (lsn(&store) - before) / WEIGHED as f64,
            WEIGHED as f64 / commits as f64,
            took * 1e6 / WEIGHED as f64,
        );
    }
}

/// How far PostgreSQL's log has come, in bytes.
fn lsn(store: &Store) -> f64 {
    #[derive(diesel::QueryableByName)]
    struct Lsn {
        #[diesel(sql_type = diesel::sql_types::Double)]
        bytes: f64,
    }
    store
        .read_blocking(|c| {
            let Engine::Postgres(c) = c.engine() else {
                return Ok(0.0);
            };
            let sql = "select (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 as bytes";
            Ok(diesel::sql_query(sql).get_result::<Lsn>(c)?.bytes)
        })
        .expect("read")
}

/// The CPU time of this process so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or("").split(' ').collect();
    // utime and stime in hundredths of a second.
    let ticks: f64 = [11, 12]
        .iter()
        .filter_map(|field| fields.get(*field)?.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}

fn measure(name: &str, url: &str, callers: usize, seconds: u64, marks: bool, tuning: Tuning) {
    let wanted = std::env::args()
        .nth(2)
        .filter(|part| !part.starts_with('-'));
    if wanted.is_some_and(|part| !name.contains(&part)) {
        return;
    }
    let mut config = StoreConfig::new(url, Key::from_bytes(&[1; 32], "bench"), "bench");
    config.tuning = tuning;
    let store = Store::open(config).expect("opens");
    let numbers = Arc::new(AtomicI64::new(store.ids().next_id()));
    let first = numbers.load(Ordering::Relaxed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let before = store.probe();
    let cpu_before = cpu();
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    runtime.block_on(futures_util::future::join_all(
        (0..callers).map(|_| caller(store.clone(), Arc::clone(&numbers), until, marks)),
    ));
    let time = began.elapsed().as_secs_f64();
    let probe = store.probe();
    let jobs = (numbers.load(Ordering::Relaxed) - first) as f64;
    let commits = (probe.commits - before.commits) as f64;
    println!(
        "{name:36} {callers:5} callers {:8.0} jobs/s {:6.1} jobs/commit {:7.2} ms/commit {:4} checkpoints {:5.1} CPU µs/job",
        jobs / time,
        (probe.jobs - before.jobs) as f64 / commits,
        (probe.commit_micros - before.commit_micros) as f64 / commits / 1_000.0,
        probe.checkpoints - before.checkpoints,
        (cpu() - cpu_before) * 1e6 / jobs,
    );
}

fn main() {
    // Cargo calls with `--bench`; a run by `cargo test --benches` is only to compile.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let seconds = arguments
        .iter()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(5);
    let folder = tempfile::tempdir().expect("a folder");
    let (median, worst) = fsync(folder.path());
    println!("fsync of this disk: median {median:?}, p99 {worst:?}");

    let server = postgres::shared();
    weigh(folder.path(), server.as_ref());
    if arguments.iter().any(|argument| argument == "weight") {
        return;
    }
    let sqlite = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let alone = Tuning {
        batch: 1,
        ..Tuning::default()
    };
    let usual = Tuning::default;
    measure(
        "sqlite, a transaction each",
        &sqlite("1.db"),
        1_000,
        seconds,
        false,
        alone.clone(),
    );
    for callers in [1, 32, 1_000] {
        let url = sqlite(&format!("g{callers}.db"));
        measure(
            "sqlite, group commit",
            &url,
            callers,
            seconds,
            false,
            usual(),
        );
    }
    let url = sqlite("marks.db");
    measure(
        "sqlite, with sent marks",
        &url,
        1_000,
        seconds,
        true,
        usual(),
    );
    if let Some(server) = server {
        let database = server.database();
        measure(
            "postgres, a transaction each",
            &database,
            1_000,
            seconds,
            false,
            alone,
        );
        for callers in [1, 32, 1_000] {
            let database = server.database();
            measure(
                "postgres, group commit",
                &database,
                callers,
                seconds,
                false,
                usual(),
            );
        }
        let database = server.database();
        measure(
            "postgres, with sent marks",
            &database,
            1_000,
            seconds,
            true,
            usual(),
        );
    }
    let (median, worst) = fsync(folder.path());
    println!("fsync of this disk: median {median:?}, p99 {worst:?}");
}
