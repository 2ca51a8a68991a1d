//! The database is locked, full, gone and back; deadlocks; a commit whose answer is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use vestnik::store::inbox::{self, UpdateState};
use vestnik::store::{Conn, Store, StoreError, meta};

use super::{Db, together, until_back, update};

fn set(store: &Store, name: &'static str) -> Result<(), StoreError> {
    store.write_blocking(move |c| meta::set(c, name, "x"))
}

fn there(store: &Store, name: &'static str) -> bool {
    store
        .read_blocking(move |c| meta::get(c, name))
        .expect("read")
        .is_some()
}

#[test]
fn a_locked_database_is_an_outage_and_ends_with_the_lock() {
    let db = Db::sqlite();
    let store = db.open_tuned(|tuning| tuning.busy = Duration::from_millis(1));
    let path = store.file().expect("a file");
    let mut other = SqliteConnection::establish(&path.to_string_lossy()).expect("opens");
    other.batch_execute("begin immediate").expect("locked");
    let outcomes = together(
        (0..20)
            .map(|number| {
                let store = store.clone();
                async move {
                    store
                        .write(move |c| meta::set(c, &format!("n{number}"), "x"))
                        .await
                }
            })
            .collect(),
    );
    for outcome in outcomes {
        let error = outcome.expect_err("locked");
        assert!(matches!(error, StoreError::Busy { .. }), "{error}");
        assert!(error.is_outage());
    }
    assert!(!there(&store, "n1"), "reads go on");
    other.batch_execute("rollback").expect("unlocked");
    set(&store, "after").expect("writes go on");
    assert!(there(&store, "after"));
}

#[test]
fn a_waiting_writer_goes_on_when_another_process_is_done() {
    let db = Db::sqlite();
    let store = db.open();
    let path = store.file().expect("a file");
    let mut other = SqliteConnection::establish(&path.to_string_lossy()).expect("opens");
    other.batch_execute("begin immediate").expect("locked");
    let waiting = {
        let store = store.clone();
        std::thread::spawn(move || set(&store, "a"))
    };
    while store.probe().queue > 0 {
        std::thread::yield_now();
    }
    other.batch_execute("commit").expect("unlocked");
    waiting.join().expect("no panic").expect("written");
}

#[test]
fn a_full_disk_is_an_outage_and_ends_with_room() {
    let db = Db::sqlite();
    drop(db.open());
    let store = db.open_tuned(|tuning| tuning.sqlite_max_pages = Some(90));
    set(&store, "before").expect("there is room");
    let fill = |number: i64| {
        let mut new = update(number, UpdateState::Done);
        new.raw = "x".repeat(100_000);
        store.write_blocking(move |c| inbox::accept(c, &[new.clone()]))
    };
    let mut refused = None;
    for number in 0..20 {
        if let Err(error) = fill(number) {
            refused = Some((number, error));
            break;
        }
    }
    let (number, error) = refused.expect("90 pages do not hold 2 MB");
    assert!(matches!(error, StoreError::Full { .. }), "{error}");
    assert!(error.is_outage());
    // In a batch, what still fits is written and what does not is told so.
    let outcomes = together(
        (0..10)
            .map(|small| {
                let store = store.clone();
                async move {
                    let size = if small == 5 { 500_000 } else { 10 };
                    let mut new = update(1_000 + small, UpdateState::Done);
                    new.raw = "y".repeat(size);
                    store.write(move |c| inbox::accept(c, &[new.clone()])).await
                }
            })
            .collect(),
    );
    for (small, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), small != 5, "{small}: {outcome:?}");
    }
    drop(store);
    let store = db.open();
    assert!(there(&store, "before"));
    let mut new = update(number, UpdateState::Done);
    new.raw = "x".repeat(100_000);
    assert_eq!(
        store.write_blocking(move |c| inbox::accept(c, &[new.clone()])),
        Ok(vec![true]),
        "nothing of the refused one was left"
    );
}

#[test]
fn a_file_taken_away_is_an_outage_until_it_is_back() {
    let db = Db::sqlite();
    let store = db.open();
    set(&store, "a").expect("written");
    let path = store.file().expect("a file");
    // The whole database moves, with what SQLite keeps beside it.
    let moved = db.path("moved.db");
    let rename = |from: &std::path::Path, to: &std::path::Path| {
        for suffix in ["", "-wal", "-shm"] {
            let with = |path: &std::path::Path| {
                let mut name = path.as_os_str().to_os_string();
                name.push(suffix);
                std::path::PathBuf::from(name)
            };
            if with(from).exists() {
                std::fs::rename(with(from), with(to)).expect("renamed");
            }
        }
    };
    rename(&path, &moved);
    // Within the watcher's second the loss is noticed; what was answered until then is in the moved
    // file and not lost.
    let began = std::time::Instant::now();
    let error = loop {
        match set(&store, "b") {
            Ok(()) => assert!(began.elapsed() < Duration::from_secs(60)),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Gone { .. }), "{error}");
    assert!(!path.exists(), "no empty database in its place");
    rename(&moved, &path);
    until_back(|| set(&store, "c"));
    for name in ["a", "b", "c"] {
        assert!(until_back(|| store.read_blocking(move |c| meta::get(c, name))).is_some());
    }
}

#[test]
fn a_wal_under_load_stays_small() {
    let db = Db::sqlite();
    let store = db.open();
    let path = store.file().expect("a file");
    let wal = path.with_file_name("test.db-wal");
    let mut number = 0;
    // 100 MB in jobs of a quarter: without checkpoints the WAL would be as large.
    for _ in 0..400 {
        let updates: Vec<_> = (0..25)
            .map(|_| {
                number += 1;
                let mut update = update(number, UpdateState::Done);
                update.raw = "x".repeat(10_000);
                update
            })
            .collect();
        store
            .write_blocking(move |c| inbox::accept(c, &updates))
            .expect("written");
        // As fast as the disk, but let the checkpoint thread have its turn.
        if store.probe().checkpoints == 0 && number % 500 == 0 {
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    let probe = store.probe();
    assert!(probe.checkpoints > 0);
    let size = std::fs::metadata(&wal).expect("there").len();
    assert!(size < 80_000_000, "the WAL has {size} bytes");
}

#[test]
fn postgres_restarted_in_the_middle_loses_nothing() {
    let Some(db) = Db::private_postgres() else {
        return;
    };
    let store = db.open();
    let stop = Arc::new(AtomicBool::new(false));
    let written = Arc::new(AtomicUsize::new(0));
    let outages = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let (store, stop) = (store.clone(), Arc::clone(&stop));
            let (written, outages) = (Arc::clone(&written), Arc::clone(&outages));
            std::thread::spawn(move || {
                let mut number = thread * 1_000_000;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    // Written once, whatever happens: `accept` would tell of a second time.
                    let new = until_back(|| {
                        let outcome = store.write_blocking(move |c| {
                            inbox::accept(c, &[update(number, UpdateState::Done)])
                        });
                        if outcome.is_err() {
                            outages.fetch_add(1, Ordering::Relaxed);
                        }
                        outcome
                    });
                    assert_eq!(
                        new,
                        [true],
                        "{number} was answered with an error and yet kept"
                    );
                    written.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let alive = || {
        assert!(
            !threads.iter().any(|thread| thread.is_finished()),
            "a thread failed"
        )
    };
    // Often: what is asked is what a crash does to transactions that it cuts at any point.
    for round in 1..=6 {
        let goal = written.load(Ordering::Relaxed) + 200;
        while written.load(Ordering::Relaxed) < goal {
            alive();
            std::thread::yield_now();
        }
        db.server().stop();
        if round == 2 {
            // Long enough to be noticed by callers.
            while outages.load(Ordering::Relaxed) == 0 {
                alive();
                std::thread::yield_now();
            }
        }
        db.server().start();
    }
    let goal = written.load(Ordering::Relaxed) + 200;
    while written.load(Ordering::Relaxed) < goal {
        alive();
        std::thread::yield_now();
    }
    stop.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().expect("no thread failed");
    }
    assert!(outages.load(Ordering::Relaxed) > 0);
    let counts = until_back(|| store.read_blocking(inbox::state_counts));
    assert_eq!(
        counts,
        [(UpdateState::Done, written.load(Ordering::Relaxed) as i64)]
    );
    let mut lent = until_back(|| store.lend(false));
    lent.run(|c| meta::set(c, "after", "x")).expect("lent");
    lent.commit().expect("committed");
}

/// Two jobs that lock two rows the other way round, on two writers: PostgreSQL ends one of them, which
/// then runs once more.
#[test]
fn a_deadlock_is_run_again() {
    let Some(db) = Db::postgres() else { return };
    let store = db.open_tuned(|tuning| {
        tuning.postgres_writers = 2;
        tuning.batch = 1;
    });
    set(&store, "a").expect("written");
    set(&store, "b").expect("written");
    let runs = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let holding = Arc::new(AtomicUsize::new(0));
    let done = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
    let outcomes = together(
        [("a", "b"), ("b", "a")]
            .into_iter()
            .enumerate()
            .map(|(me, (first, second))| {
                let (store, runs, done) = (store.clone(), Arc::clone(&runs), Arc::clone(&done));
                let holding = Arc::clone(&holding);
                async move {
                    let jobs_done = Arc::clone(&done);
                    let written = store
                        .write(move |c| {
                            let other = 1 - me;
                            let again = runs[me].fetch_add(1, Ordering::SeqCst) > 0;
                            // The survivor waits for the victim's row and is woken when that is free;
                            // a second try that were faster would take the row again, and there would be
                            // a second deadlock and a third run.
                            while again
                                && !jobs_done[other].load(Ordering::SeqCst)
                                && runs[other].load(Ordering::SeqCst) == 1
                            {
                                std::thread::yield_now();
                            }
                            meta::set(c, first, "y")?;
                            holding.fetch_add(1, Ordering::SeqCst);
                            // Until both hold their first row; a second try does not wait.
                            while holding.load(Ordering::SeqCst) < 2 {
                                std::thread::yield_now();
                            }
                            meta::set(c, second, "y")
                        })
                        .await;
                    done[me].store(true, Ordering::SeqCst);
                    written
                }
            })
            .collect(),
    );
    assert_eq!(outcomes, [Ok(()), Ok(())]);
    let mut runs = [
        runs[0].load(Ordering::SeqCst),
        runs[1].load(Ordering::SeqCst),
    ];
    runs.sort_unstable();
    assert_eq!(runs, [1, 2], "one of them ran twice");
}

/// The answer to COMMIT is lost after PostgreSQL carried it out: the job is not run again.
#[test]
fn a_commit_whose_answer_is_lost_is_looked_up() {
    let Some(db) = Db::private_postgres() else {
        return;
    };
    let store = db.open_tuned(|tuning| tuning.postgres_writers = 1);
    let ran = Arc::new(AtomicUsize::new(0));
    for round in 0..5 {
        let job = {
            let (store, ran) = (store.clone(), Arc::clone(&ran));
            std::thread::spawn(move || {
                store.write_blocking(move |c| {
                    ran.fetch_add(1, Ordering::SeqCst);
                    inbox::accept(c, &[update(round, UpdateState::Done)])
                })
            })
        };
        while ran.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        db.server().stop();
        db.server().start();
        match job.join().expect("no panic") {
            // Committed, before or after the restart: once.
            Ok(new) => assert_eq!(new, [true]),
            // Or not at all.
            Err(error) => {
                assert!(error.is_outage(), "{error}");
                let row = until_back(|| {
                    store.read_blocking(move |c| inbox::get(c, super::update_key(round)))
                });
                assert_eq!(row, None);
            }
        }
        ran.store(0, Ordering::SeqCst);
    }
}

#[test]
fn a_dead_connection_of_a_reader_is_replaced() {
    let Some(db) = Db::private_postgres() else {
        return;
    };
    let store = db.open();
    set(&store, "a").expect("written");
    assert!(there(&store, "a"));
    db.server().stop();
    let error = store
        .read_blocking(|c| meta::get(c, "a"))
        .expect_err("away");
    assert!(matches!(error, StoreError::Gone { .. }), "{error}");
    db.server().start();
    assert!(until_back(|| store.read_blocking(|c| meta::get(c, "a"))).is_some());
}

#[test]
fn sqlite_says_what_is_not_a_database() {
    let db = Db::sqlite();
    std::fs::write(
        db.path("test.db"),
        "это не база данных, а текст ".repeat(100),
    )
    .expect("written");
    let error = Store::open(db.config()).err().expect("refused");
    assert!(matches!(error, StoreError::Gone { .. }), "{error}");
    let mut config = db.config();
    config.url = format!("sqlite:{}", db.path("no/such/folder.db").display());
    assert!(Store::open(config).is_err());
}

#[test]
fn a_panic_in_a_read_costs_nothing_else() {
    let db = Db::sqlite();
    let store = db.open();
    for _ in 0..5 {
        let outcome =
            store.read_blocking(|_: &mut Conn| -> Result<(), StoreError> { panic!("on purpose") });
        assert!(matches!(outcome, Err(StoreError::Panicked { .. })));
    }
    assert!(!there(&store, "a"));
}
