//! Group commit: what is answered is on the disk, and one job's fault is its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use vestnik::store::inbox::{self, UpdateState};
use vestnik::store::{StoreError, lease, meta};

use super::{Db, on_both, together, update};

/// Writes `name`, then fails as told.
fn job(
    store: &vestnik::store::Store,
    name: String,
    fault: Option<&'static str>,
) -> impl Future<Output = Result<(), StoreError>> {
    let store = store.clone();
    async move {
        store
            .write(move |c| {
                meta::set(c, &name, "there")?;
                match fault {
                    Some("panic") => panic!("on purpose"),
                    Some("panic in a savepoint") => c.savepoint(|_| panic!("on purpose, deeper")),
                    Some("panic in Diesel's transaction") => {
                        use diesel::Connection;
                        match c.engine() {
                            vestnik::store::Engine::Sqlite(c) => {
                                c.transaction(|_| -> Result<(), StoreError> { panic!("deepest") })
                            }
                            vestnik::store::Engine::Postgres(c) => {
                                c.transaction(|_| -> Result<(), StoreError> { panic!("deepest") })
                            }
                        }
                    }
                    Some("error") => Err(StoreError::stale("на деле нет")),
                    Some("sql") => match c.engine() {
                        vestnik::store::Engine::Sqlite(c) => sql(c),
                        vestnik::store::Engine::Postgres(c) => sql(c),
                    },
                    Some(other) => panic!("{other}"),
                    None => Ok(()),
                }
            })
            .await
    }
}

fn sql(c: &mut impl diesel::connection::SimpleConnection) -> Result<(), StoreError> {
    Ok(c.batch_execute("select no_such_column from meta")?)
}

/// 50 jobs at once, one of which has a fault; the others stay, also after the file is opened again.
fn one_of_fifty(db: &Db, fault: &'static str) {
    let store = db.open();
    let outcomes = together(
        (0..50)
            .map(|number| {
                let fault = (number == 20).then_some(fault);
                job(&store, format!("job{number:02}"), fault)
            })
            .collect(),
    );
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_err(), number == 20, "{number}: {outcome:?}");
    }
    // The writer goes on.
    store
        .write_blocking(|c| meta::set(c, "after", "there"))
        .expect("written");
    drop(store);
    let store = db.open();
    for number in 0..50 {
        let there = store
            .read_blocking(move |c| meta::get(c, &format!("job{number:02}")))
            .expect("read");
        assert_eq!(there.is_some(), number != 20, "job{number}");
    }
    assert_eq!(
        store.read_blocking(|c| meta::get(c, "after")),
        Ok(Some("there".into()))
    );
}

fn a_panic_costs_its_own_job_only(db: &Db) {
    one_of_fifty(db, "panic");
}

fn a_panic_inside_a_savepoint_costs_its_own_job_only(db: &Db) {
    one_of_fifty(db, "panic in a savepoint");
}

fn a_panic_inside_diesels_transaction_costs_its_own_job_only(db: &Db) {
    one_of_fifty(db, "panic in Diesel's transaction");
}

fn an_error_costs_its_own_job_only(db: &Db) {
    one_of_fifty(db, "error");
}

fn a_failed_statement_costs_its_own_job_only(db: &Db) {
    one_of_fifty(db, "sql");
}

fn many_faults_of_all_kinds_at_once(db: &Db) {
    let store = db.open();
    let fault = |number: usize| match number % 10 {
        1 => Some("panic"),
        3 => Some("error"),
        5 => Some("sql"),
        7 => Some("panic in a savepoint"),
        _ => None,
    };
    for round in 0..3 {
        let outcomes = together(
            (0..100)
                .map(|number| job(&store, format!("{round}.{number}"), fault(number)))
                .collect(),
        );
        for (number, outcome) in outcomes.iter().enumerate() {
            assert_eq!(outcome.is_err(), fault(number).is_some(), "{number}");
            let there = store
                .read_blocking(move |c| meta::get(c, &format!("{round}.{number}")))
                .expect("read");
            assert_eq!(there.is_some(), fault(number).is_none(), "{round}.{number}");
        }
    }
}

fn the_message_of_a_panic_is_told(db: &Db) {
    let store = db.open();
    let outcome =
        store.write_blocking(|_| -> Result<(), StoreError> { panic!("номер {}", 7) });
    assert_eq!(
        outcome,
        Err(StoreError::Panicked {
            message: "номер 7".into()
        })
    );
}

fn jobs_share_a_commit(db: &Db) {
    let store = db.open_tuned(|tuning| tuning.postgres_writers = 1);
    let before = store.probe();
    let outcomes = together(
        (0..1_000)
            .map(|number| {
                let store = store.clone();
                async move {
                    store
                        .write(move |c| inbox::accept(c, &[update(number, UpdateState::Done)]))
                        .await
                }
            })
            .collect(),
    );
    assert!(outcomes.iter().all(|outcome| outcome == &Ok(vec![true])));
    let after = store.probe();
    assert_eq!(after.jobs - before.jobs, 1_000);
    // 1,000 jobs that were all waiting before the second commit: 256 a transaction.
    assert!(
        after.commits - before.commits <= 20,
        "{} commits",
        after.commits - before.commits
    );
    assert_eq!(after.queue, 0);
}

fn a_job_runs_though_its_caller_went_away(db: &Db) {
    let store = db.open();
    together(vec![async {
        let store = store.clone();
        let write = store.write(|c| meta::set(c, "left", "there"));
        // Polled once: it stands in the queue. Then dropped.
        let mut write = std::pin::pin!(write);
        let polled =
            std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context)))
                .await;
        assert!(polled.is_pending() || polled.is_ready());
    }]);
    // The queue is first in, first out on SQLite; PostgreSQL's writers are waited for by closing.
    drop(store);
    assert_eq!(
        db.open().read_blocking(|c| meta::get(c, "left")),
        Ok(Some("there".into()))
    );
}

fn closing_finishes_what_waits_and_refuses_more(db: &Db) {
    let store = db.open();
    let ran = Arc::new(AtomicUsize::new(0));
    let outcomes = together(
        (0..20)
            .map(|number| {
                let (store, ran) = (store.clone(), Arc::clone(&ran));
                async move {
                    if number == 19 {
                        store.close();
                    }
                    store
                        .write(move |_| {
                            ran.fetch_add(1, Ordering::Relaxed);
                            Ok(())
                        })
                        .await
                }
            })
            .collect(),
    );
    assert_eq!(outcomes[19], Err(StoreError::Closed));
    assert!(outcomes[..19].iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(ran.load(Ordering::Relaxed), 19);
    assert_eq!(
        store.read_blocking(|c| meta::get(c, "x")),
        Err(StoreError::Closed)
    );
}

fn a_short_queue_holds_its_callers_back(db: &Db) {
    let store = db.open_tuned(|tuning| {
        tuning.write_queue = 2;
        tuning.batch = 2;
    });
    let outcomes = together(
        (0..50)
            .map(|number| job(&store, format!("job{number}"), None))
            .collect(),
    );
    assert!(outcomes.iter().all(Result::is_ok));
}

fn fenced_writes_need_the_lease(db: &Db) {
    use vestnik::model::Moment;
    let first = db.open();
    let second = db.open();
    let fenced = |store: &vestnik::store::Store, name: &'static str| {
        let store = store.clone();
        together(vec![async move {
            store.fenced_write(move |c| meta::set(c, name, "x")).await
        }])
        .remove(0)
    };
    let acquire = |store: &vestnik::store::Store, now: i64| {
        let claim = lease::Claim {
            node: store.node().to_owned(),
            now: Moment(now),
            ttl_micros: 10,
            dead: None,
        };
        store
            .write_blocking(move |c| lease::acquire(c, &claim))
            .expect("no outage")
    };
    assert_eq!(fenced(&first, "a"), Err(StoreError::LeaseLost));
    let lease::Acquired::Ours(epoch) = acquire(&first, 0) else {
        panic!("the lease is free");
    };
    first.set_epoch(Some(epoch));
    assert_eq!(fenced(&first, "a"), Ok(()));

    // The second waits and is told who works.
    match acquire(&second, 5) {
        lease::Acquired::HeldBy(holder) => assert_eq!(holder.node, first.node()),
        other => panic!("{other:?}"),
    }
    let renewed = {
        let node = first.node().to_owned();
        first.write_blocking(move |c| lease::renew(c, &node, epoch, Moment(6), 10))
    };
    assert_eq!(renewed, Ok(true));
    assert!(matches!(acquire(&second, 12), lease::Acquired::HeldBy(_)));

    // It expires; the second takes it, and the first is fenced off though it did not notice.
    let lease::Acquired::Ours(next) = acquire(&second, 16) else {
        panic!("the lease has expired");
    };
    assert_eq!(next, epoch + 1);
    second.set_epoch(Some(next));
    assert_eq!(fenced(&first, "b"), Err(StoreError::LeaseLost));
    assert_eq!(fenced(&second, "c"), Ok(()));
    assert_eq!(
        first.lend(true).err(),
        Some(StoreError::LeaseLost),
        "a lend is fenced too"
    );
    let node = first.node().to_owned();
    assert_eq!(
        first.write_blocking(move |c| lease::renew(c, &node, epoch, Moment(17), 10)),
        Ok(false)
    );
    assert_eq!(first.read_blocking(|c| meta::get(c, "b")), Ok(None));

    // Fenced and free jobs of one batch: only the fenced ones are refused.
    let outcomes = together(
        (0..20)
            .map(|number| {
                let store = first.clone();
                async move {
                    let job = move |c: &mut vestnik::store::Conn| {
                        meta::set(c, &format!("mixed{number}"), "x")
                    };
                    if number % 2 == 0 {
                        store.fenced_write(job).await
                    } else {
                        store.write(job).await
                    }
                }
            })
            .collect(),
    );
    for (number, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome.is_ok(), number % 2 == 1);
    }

    // Given up, it is free at once; a dead holder can be replaced at once.
    let node = second.node().to_owned();
    second
        .write_blocking(move |c| lease::release(c, &node, next))
        .expect("released");
    assert_eq!(first.read_blocking(lease::who), Ok(None));
    assert!(matches!(acquire(&first, 17), lease::Acquired::Ours(_)));
    let holder = first.read_blocking(lease::who).expect("read");
    let claim = lease::Claim {
        node: second.node().to_owned(),
        now: Moment(18),
        ttl_micros: 10,
        dead: holder,
    };
    assert!(matches!(
        second.write_blocking(move |c| lease::acquire(c, &claim)),
        Ok(lease::Acquired::Ours(_))
    ));
}

on_both!(
    a_panic_costs_its_own_job_only,
    a_panic_inside_a_savepoint_costs_its_own_job_only,
    a_panic_inside_diesels_transaction_costs_its_own_job_only,
    an_error_costs_its_own_job_only,
    a_failed_statement_costs_its_own_job_only,
    many_faults_of_all_kinds_at_once,
    the_message_of_a_panic_is_told,
    jobs_share_a_commit,
    a_job_runs_though_its_caller_went_away,
    closing_finishes_what_waits_and_refuses_more,
    a_short_queue_holds_its_callers_back,
    fenced_writes_need_the_lease,
);
