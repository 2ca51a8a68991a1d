//! Group commit on both engines: jobs of three statements (an update accepted as done, its message
//! written as sending, a conversation put) from so many callers at once. Prints jobs a second, jobs
//! a commit, and the disk's own fsync beside them: a figure without its disk compares with nothing.
//!
//! `cargo bench --bench group_commit [-- SECONDS [PART OF A NAME]]`; PostgreSQL as in
//! `tests/support/postgres.rs`. CPU is this process's own, the callers' part included.
#![allow(missing_docs)]
#![allow(clippy::print_stdout)] // a harness of its own: its output is its purpose

#[path = "../tests/support/postgres.rs"]
#[allow(dead_code)] // what only the tests of faults use
mod postgres;

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use vestnik::model::{
    BotCode, Channel, ChatAddress, ChatId, Conversation, IdSource, Lane, MessageKey, MessageKind,
    MessageState, Moment, Outgoing, OutgoingBody, PersonId, RichText, TelegramBotId, UpdateId,
};
use vestnik::store::inbox::{self, NewUpdate, UpdateKey, UpdateState};
use vestnik::store::messages::{self, NewMessage, SentMark};
use vestnik::store::{Key, Store, StoreConfig, Tuning, conversations};

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
    if let Some(server) = postgres::shared() {
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
