//! How long a large organisation takes to apply and to load, and what a keyword weighs in memory.
//!
//! `cargo bench --bench organisation -- BOTS KEYWORDS`; without numbers 100 bots of 1,000 keywords.
//! Bytes are counted by the allocator, so they do not depend on the machine; the times do.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use vestnik::model::{Locale, Moment};
use vestnik::organisation::{ApplyOptions, Given, Gone, Loader, apply};
use vestnik::store::{By, Key, Store, StoreConfig};

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

fn grown(size: usize) {
    let live = LIVE.fetch_add(size, Ordering::Relaxed) + size;
    PEAK.fetch_max(live, Ordering::Relaxed);
}

// SAFETY: every call is passed on to the system's allocator unchanged; only sizes are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the pointer came from `alloc` above with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        grown(size);
        // SAFETY: the pointer came from `alloc` above with this layout.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn bot(number: usize, keywords: usize) -> String {
    let mut text = format!(
        "code = \"bot{number}\"\nname = \"Бот {number}\"\ntoken = \"{}:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw\"\n",
        1_000_000 + number
    );
    // One record in ten is a choice with its variants below it; the others answer with a text.
    let mut written = 0;
    while written < keywords {
        let _ = write!(
            text,
            "\n[[keyword]]\nwords = \"Вопрос {written}, Спросить {written}\"\nkind = \"text\"\ntext = \"Ответ на вопрос {written}: приходите с восьми до шести.\"\n"
        );
        written += 1;
        if written % 10 == 7 && written + 3 <= keywords {
            let choice = written;
            let _ = write!(
                text,
                "\n[[keyword]]\nwords = \"Выбор {choice}\"\nkind = \"choice\"\ntitle = \"Что именно?\"\nvariants = [\"Первое\", \"Второе\"]\n"
            );
            for variant in ["Первое", "Второе"] {
                let _ = write!(
                    text,
                    "\n[[keyword]]\nparent = \"Выбор {choice}\"\nwords = \"{variant}\"\nkind = \"text\"\ntext = \"Вы выбрали: {variant}\"\n"
                );
            }
            written += 3;
        }
    }
    text
}

fn mb(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// The most memory that the process held, as the system counts it.
fn peak_rss_mb() -> f64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        })
        .map_or(0.0, |kb| kb / 1e3)
}

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let bots = numbers.first().copied().unwrap_or(100);
    let keywords = numbers.get(1).copied().unwrap_or(1000);
    let folder = tempfile::tempdir().expect("a folder");
    let files = folder.path().join("organisation");
    std::fs::create_dir_all(files.join("bots")).expect("a folder");
    let mut bytes = 0;
    for number in 0..bots {
        let text = bot(number, keywords);
        bytes += text.len();
        std::fs::write(files.join(format!("bots/bot{number}.toml")), text).expect("writes");
    }
    println!(
        "{bots} bots of {keywords} keywords, {:.0} MB of text",
        mb(bytes)
    );

    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    let store = Store::open(StoreConfig::new(
        url,
        Key::from_bytes(&[7; 32], "bench"),
        "bench",
    ))
    .expect("opens");
    let options = ApplyOptions {
        dry_run: false,
        only_changed: true,
        quiet: true,
        gone: Gone::Refuse,
        at: Moment(0),
        by: By::System,
    };
    for what in ["applied", "applied again, unchanged"] {
        let start = Instant::now();
        let given = Given::read(std::slice::from_ref(&files));
        let applied = apply(&store, &given, &options).expect("applies");
        println!(
            "{what}: {:.1} s, {} changes, peak {:.0} MB allocated, {:.0} MB RSS",
            start.elapsed().as_secs_f64(),
            applied.diff.changes.len(),
            mb(PEAK.load(Ordering::Relaxed)),
            peak_rss_mb()
        );
    }

    let before = LIVE.load(Ordering::Relaxed);
    let start = Instant::now();
    let changes = Loader::new(Locale::Ru)
        .changes_blocking(&store, &|_| None)
        .expect("loads")
        .expect("all is new");
    let held = LIVE.load(Ordering::Relaxed) - before;
    println!(
        "loaded: {:.1} s, {:.0} MB held, {:.0} bytes a keyword, peak {:.0} MB allocated, {:.0} MB RSS",
        start.elapsed().as_secs_f64(),
        mb(held),
        held as f64 / (bots * keywords) as f64,
        mb(PEAK.load(Ordering::Relaxed)),
        peak_rss_mb()
    );
    assert_eq!(changes.bots.len(), bots);
}
