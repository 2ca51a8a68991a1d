//! What a commit tells those who keep something in memory: all of what stays, nothing of what is undone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use vestnik::model::{By, Change, Channel, ChatId, Moment, PartyKind, PartyRef, Registration};
use vestnik::store::unit_of_work::{self, Stamp};
use vestnik::store::{Changed, Conn, Store, StoreError, lease, meta, parties, registrations};

use super::{Db, bot, on_both};
use crate::scripting::stage::{NOW, party};

on_both!(
    commits_are_told_before_their_writer_goes_on,
    what_is_undone_is_not_told,
    a_script_under_the_lease_is_told_when_it_commits,
    only_a_process_without_the_lease_raises_the_version_of_people,
    a_chat_with_another_number_takes_its_registration_along,
);

fn user(code: &str) -> PartyRef {
    PartyRef {
        kind: PartyKind::User,
        code: code.to_owned(),
    }
}

fn link(chat: i64, code: &str) -> Registration {
    Registration {
        bot: bot(),
        chat: ChatId(chat),
        party: user(code),
    }
}

/// One change as one unit.
fn change(conn: &mut Conn, store: &Store, change: &Change) -> Result<(), StoreError> {
    let ids = store.ids().clone();
    let stamp = Stamp {
        quiet: false,
        at: Moment(1),
        by: &By::System,
        ids: &ids,
    };
    unit_of_work::write(conn, &stamp, change).map(drop)
}

/// A store whose commits are written down, a line each.
fn watched(db: &Db) -> (Store, Arc<Mutex<Vec<String>>>) {
    let store = db.open();
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let into = told.clone();
    store.watch(Arc::new(move |changed: &Changed| {
        let registrations = changed.registrations().map(|now| {
            let party = now.party.as_ref().map(ToString::to_string);
            format!(
                "{}={} v{}",
                now.chat,
                party.unwrap_or_default(),
                now.version
            )
        });
        let parties = changed.parties().map(|now| {
            let name = now.party.as_ref().map(|party| party.name.clone());
            format!(
                "{} {} v{}",
                now.reference,
                name.unwrap_or_default(),
                now.version
            )
        });
        let line: Vec<String> = parties.chain(registrations).collect();
        into.lock().push(line.join("; "));
    }));
    (store, told)
}

fn commits_are_told_before_their_writer_goes_on(db: &Db) {
    let (store, told) = watched(db);
    let ivanov = party(PartyKind::User, "ivanov", "Иванов");
    let renamed = party(PartyKind::User, "ivanov", "Петров");
    let write = |work: Change| {
        let clone = store.clone();
        store
            .write_blocking(move |c| change(c, &clone, &work))
            .expect("written");
        told.lock().pop().unwrap_or_default()
    };
    assert_eq!(write(Change::PutParty(ivanov)), "user:ivanov Иванов v1");
    assert_eq!(
        write(Change::PutParty(renamed.clone())),
        "user:ivanov Петров v2"
    );
    let save = Change::SaveParty {
        party: renamed,
        expected: Some(2),
    };
    assert_eq!(write(save), "user:ivanov Петров v3");
    assert_eq!(
        write(Change::Register(link(5, "ivanov"))),
        "5=user:ivanov v1"
    );
    let revoke = Change::Revoke {
        bot: bot(),
        chat: ChatId(5),
    };
    assert_eq!(write(revoke.clone()), "5= v2");
    assert_eq!(write(revoke), "", "nothing to revoke");
    assert_eq!(write(Change::SeedRegistration(link(5, "ivanov"))), "");
    assert_eq!(
        write(Change::Register(link(5, "petrov"))),
        "5=user:petrov v3"
    );
    store
        .write_blocking(|c| parties::set_deleted(c, &user("ivanov"), true))
        .expect("marked");
    assert_eq!(told.lock().pop().expect("told"), "user:ivanov Петров v4");
}

fn what_is_undone_is_not_told(db: &Db) {
    let (store, told) = watched(db);
    // A job that fails, one in which a savepoint is undone, and neighbours in the same batch.
    let fails = store.write_blocking(|c| {
        registrations::register(c, Channel::Telegram, &link(1, "a"), Moment(1), &By::System)?;
        Err::<(), _>(StoreError::stale("на деле нет"))
    });
    assert!(fails.is_err());
    let panics = store.write_blocking(|c| {
        registrations::register(c, Channel::Telegram, &link(2, "b"), Moment(1), &By::System)?;
        if c.is_postgres() || !c.is_postgres() {
            panic!("on purpose");
        }
        Ok(())
    });
    assert!(panics.is_err());
    assert_eq!(*told.lock(), Vec::<String>::new());
    store
        .write_blocking(|c| {
            registrations::register(c, Channel::Telegram, &link(3, "c"), Moment(1), &By::System)?;
            let undone = c.savepoint(|c| {
                registrations::register(
                    c,
                    Channel::Telegram,
                    &link(4, "d"),
                    Moment(1),
                    &By::System,
                )?;
                Err::<(), _>(StoreError::stale("на деле нет"))
            });
            assert!(undone.is_err());
            registrations::register(c, Channel::Telegram, &link(5, "e"), Moment(1), &By::System)
        })
        .expect("written");
    assert_eq!(*told.lock(), ["3=user:c v1; 5=user:e v1"]);

    // A batch that runs again because a neighbour failed tells what stays, once.
    told.lock().clear();
    let first = Arc::new(AtomicBool::new(true));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let jobs = (10..20).map(|chat| {
            let first = first.clone();
            store.write(move |c| {
                registrations::register(
                    c,
                    Channel::Telegram,
                    &link(chat, "x"),
                    Moment(1),
                    &By::System,
                )?;
                if chat == 15 && first.swap(false, Ordering::SeqCst) {
                    return Err(StoreError::stale("на деле нет"));
                }
                Ok(())
            })
        });
        futures_util::future::join_all(jobs).await
    });
    let mut lines: Vec<String> = told
        .lock()
        .iter()
        .flat_map(|line| line.split("; ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    lines.sort();
    lines.dedup_by(|a, b| a == b && panic!("told twice: {a}"));
    let written = store
        .read_blocking(|c| registrations::all(c, Channel::Telegram))
        .expect("read");
    let written = written.iter().filter(|row| row.chat.0 >= 10).count();
    assert_eq!(lines.len(), written);
}

fn a_script_under_the_lease_is_told_when_it_commits(db: &Db) {
    let (store, told) = watched(db);
    let mut undone = store.lend(false).expect("lent");
    let clone = store.clone();
    undone
        .run(|c| change(c, &clone, &Change::Register(link(1, "a"))))
        .expect("written");
    drop(undone);
    let mut kept = store.lend(false).expect("lent");
    kept.run(|c| change(c, &clone, &Change::Register(link(2, "b"))))
        .expect("written");
    assert_eq!(*told.lock(), Vec::<String>::new());
    kept.commit().expect("committed");
    assert_eq!(*told.lock(), ["2=user:b v1"]);
}

fn only_a_process_without_the_lease_raises_the_version_of_people(db: &Db) {
    let at_work = db.open();
    let claim = lease::Claim {
        node: at_work.node().to_owned(),
        now: NOW,
        ttl_micros: 3_600_000_000,
        dead: None,
    };
    let Ok(lease::Acquired::Ours(epoch)) =
        at_work.write_blocking(move |c| lease::acquire(c, &claim))
    else {
        panic!("the lease is free");
    };
    at_work.set_epoch(Some(epoch));
    let beside = db.open();
    let version = || at_work.read_blocking(meta::people_version).expect("read");
    let register = |store: &Store, chat: i64| {
        store
            .write_blocking(move |c| {
                registrations::register(c, Channel::Telegram, &link(chat, "a"), NOW, &By::System)
            })
            .expect("written");
    };
    let before = version();
    register(&at_work, 1);
    assert_eq!(version(), before);
    register(&beside, 2);
    assert!(version() > before);
    let after = version();
    beside
        .write_blocking(|c| meta::set(c, "name", "value"))
        .expect("written");
    assert_eq!(version(), after, "nobody changed");
}

fn a_chat_with_another_number_takes_its_registration_along(db: &Db) {
    let (store, told) = watched(db);
    let clone = store.clone();
    store
        .write_blocking(move |c| {
            change(c, &clone, &Change::Register(link(7, "a")))?;
            let (from, to) = (ChatId(7), ChatId(8));
            change(
                c,
                &clone,
                &Change::MoveChat {
                    bot: bot(),
                    from,
                    to,
                },
            )
        })
        .expect("written");
    assert_eq!(*told.lock(), ["7=user:a v1; 7= v2; 8=user:a v2"]);
}
