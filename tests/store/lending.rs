//! The write lease of scripts.

use std::time::Duration;

use vestnik::store::{Store, StoreError, meta};

use super::{Db, on_both, together};

fn value(store: &Store, name: &'static str) -> Option<String> {
    store
        .read_blocking(move |c| meta::get(c, name))
        .expect("read")
}

fn what_a_script_wrote_is_there_after_its_commit(db: &Db) {
    let store = db.open();
    let mut lent = store.lend(false).expect("lent");
    lent.run(|c| meta::set(c, "a", "1")).expect("written");
    assert_eq!(lent.run(|c| meta::get(c, "a")), Ok(Some("1".into())));
    assert_eq!(value(&store, "a"), None, "nobody sees it before the commit");
    // A statement that fails undoes itself and nothing else.
    let failed = lent.run(|c| {
        meta::set(c, "b", "1")?;
        Err::<(), _>(StoreError::stale("b"))
    });
    assert_eq!(failed, Err(StoreError::stale("b")));
    lent.run(|c| meta::set(c, "c", "1")).expect("written");
    lent.commit().expect("committed");
    drop(store);
    let store = db.open();
    assert_eq!(value(&store, "a"), Some("1".into()));
    assert_eq!(value(&store, "b"), None);
    assert_eq!(value(&store, "c"), Some("1".into()));
}

fn a_dropped_lease_undoes_all(db: &Db) {
    let store = db.open();
    let mut lent = store.lend(false).expect("lent");
    lent.run(|c| meta::set(c, "a", "1")).expect("written");
    drop(lent);
    let mut lent = store.lend(false).expect("lent again");
    lent.run(|c| meta::set(c, "b", "1")).expect("written");
    lent.rollback();
    store
        .write_blocking(|c| meta::set(c, "after", "1"))
        .expect("the writer goes on");
    assert_eq!(value(&store, "a"), None);
    assert_eq!(value(&store, "b"), None);
}

fn a_panic_under_the_lease_undoes_all_and_nothing_else(db: &Db) {
    let store = db.open();
    let mut lent = store.lend(false).expect("lent");
    lent.run(|c| meta::set(c, "a", "1")).expect("written");
    let panicked = lent.run(|_| -> Result<(), StoreError> { panic!("on purpose") });
    assert!(matches!(panicked, Err(StoreError::Panicked { .. })));
    assert!(lent.run(|c| meta::get(c, "a")).is_err(), "it is over");
    assert!(lent.commit().is_err());
    store
        .write_blocking(|c| meta::set(c, "after", "1"))
        .expect("the writer goes on");
    assert_eq!(value(&store, "a"), None);
    assert_eq!(value(&store, "after"), Some("1".into()));
}

fn past_its_limit_a_lease_is_refused_and_undone(db: &Db) {
    let store = db.open_tuned(|tuning| tuning.lend_limit = Duration::ZERO);
    let mut lent = store.lend(false).expect("lent");
    let expired = StoreError::LendExpired { limit_ms: 0 };
    assert_eq!(lent.run(|c| meta::set(c, "a", "1")), Err(expired.clone()));
    assert_eq!(lent.commit(), Err(expired));
    assert_eq!(value(&store, "a"), None);
    store
        .write_blocking(|c| meta::set(c, "after", "1"))
        .expect("the writer goes on");
}

/// Scripts and jobs side by side: all that was committed is there, all that failed is not.
fn scripts_and_jobs_share_the_writer(db: &Db) {
    let store = db.open_tuned(|tuning| tuning.lend_limit = Duration::from_secs(60));
    let scripts: Vec<_> = (0..4)
        .map(|script| {
            let store = store.clone();
            std::thread::spawn(move || {
                for round in 0..10 {
                    let mut lent = store.lend(false).expect("lent");
                    lent.run(|c| meta::set(c, &format!("s{script}.{round}"), "1"))
                        .expect("written");
                    match round % 3 {
                        0 => drop(lent),
                        _ => lent.commit().expect("committed"),
                    }
                }
            })
        })
        .collect();
    let outcomes = together(
        (0..200)
            .map(|number| {
                let store = store.clone();
                async move {
                    store
                        .write(move |c| {
                            meta::set(c, &format!("j{number}"), "1")?;
                            if number % 7 == 0 {
                                Err(StoreError::stale("x"))
                            } else {
                                Ok(())
                            }
                        })
                        .await
                }
            })
            .collect(),
    );
    for script in scripts {
        script.join().expect("no panic");
    }
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), number % 7 != 0);
    }
    drop(store);
    let store = db.open();
    for number in 0..200 {
        let there = store
            .read_blocking(move |c| meta::get(c, &format!("j{number}")))
            .expect("read");
        assert_eq!(there.is_some(), number % 7 != 0, "j{number}");
    }
    for script in 0..4 {
        for round in 0..10 {
            let there = store
                .read_blocking(move |c| meta::get(c, &format!("s{script}.{round}")))
                .expect("read");
            assert_eq!(there.is_some(), round % 3 != 0, "s{script}.{round}");
        }
    }
}

on_both!(
    what_a_script_wrote_is_there_after_its_commit,
    a_dropped_lease_undoes_all,
    a_panic_under_the_lease_undoes_all_and_nothing_else,
    past_its_limit_a_lease_is_refused_and_undone,
    scripts_and_jobs_share_the_writer,
);
