//! What is deleted with time, and what is not.

use vestnik::model::{ChoiceId, ChoiceStatus, MessageKey, MessageState, Moment};
use vestnik::store::inbox::{self, UpdateState};
use vestnik::store::messages::NewMessage;
use vestnik::store::retention::{Periods, Purge, step};
use vestnik::store::{Store, choices, messages};

use super::queues::choice;
use super::{Db, bot, message, on_both, outgoing, update, update_key};

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Runs a purge to its end; gives the rows and the number of jobs.
fn purge(store: &Store, purge: Purge, now: i64, handled: i64, personal: i64) -> (usize, usize) {
    let periods = Periods {
        handled_micros: handled,
        personal_micros: personal,
    };
    let (mut rows, mut jobs) = (0, 0);
    loop {
        let done = store
            .write_blocking(move |c| step(c, purge, Moment(now), periods))
            .expect("purged");
        assert!(done.rows <= 500);
        rows += done.rows;
        jobs += 1;
        if !done.more {
            return (rows, jobs);
        }
    }
}

fn raw_updates_go_early_and_their_keys_after_two_days(db: &Db) {
    let store = db.open();
    let updates: Vec<_> = (0..1_200)
        .map(|number| {
            // The last hundred came an hour later; number 7 still waits; 8 holds a contact.
            let mut update = update(
                number,
                if number == 7 {
                    UpdateState::Pending
                } else {
                    UpdateState::Done
                },
            );
            update.received_at = Moment(if number < 1_100 { 0 } else { HOUR } + number);
            update.personal = number == 8;
            update
        })
        .collect();
    store
        .write_blocking(move |c| inbox::accept(c, &updates))
        .expect("accepted");
    let raw = |number: i64| {
        store
            .read_blocking(move |c| inbox::get(c, update_key(number)))
            .expect("read")
            .map(|update| update.raw.is_some())
    };
    let cut = |now: i64| purge(&store, Purge::InboxPayload, now, MINUTE, 30 * DAY);
    assert_eq!(cut(0), (0, 1));
    assert_eq!(cut(10 * MINUTE), (1_099, 3));
    assert_eq!(cut(10 * MINUTE), (0, 1), "the walk goes on where it was");
    assert_eq!(raw(6), Some(false));
    assert_eq!(raw(7), Some(true), "a waiting update keeps its payload");
    assert_eq!(raw(1_150), Some(true));
    assert_eq!(cut(2 * HOUR).0, 100);

    let delete = |now: i64| purge(&store, Purge::InboxKeys, now, MINUTE, 30 * DAY);
    assert_eq!(delete(47 * HOUR).0, 0, "keys are kept for 48 hours");
    assert_eq!(delete(48 * HOUR + MINUTE).0, 1_099);
    assert_eq!(delete(50 * HOUR).0, 100);
    assert_eq!(raw(7), Some(true));
    assert_eq!(raw(6), None);
    store
        .write_blocking(|c| inbox::finish(c, &[update_key(7)], UpdateState::Done, Moment(DAY)))
        .expect("finished");
    assert_eq!(delete(50 * HOUR).0, 1, "a row that was passed goes later");
}

fn personal_payloads_have_a_shorter_period(db: &Db) {
    let store = db.open();
    let updates: Vec<_> = (0..3)
        .map(|number| {
            let mut update = update(number, UpdateState::Done);
            update.personal = number == 0;
            update
        })
        .collect();
    store
        .write_blocking(move |c| inbox::accept(c, &updates))
        .expect("accepted");
    assert_eq!(
        purge(&store, Purge::InboxPayload, 2 * DAY, 7 * DAY, DAY),
        (1, 1)
    );
    assert_eq!(
        purge(&store, Purge::InboxPayload, 8 * DAY, 7 * DAY, DAY),
        (2, 1)
    );
}

fn messages_lose_their_bodies_then_go_unless_they_are_open_or_kept(db: &Db) {
    let store = db.open();
    let new = vec![
        message(1, MessageState::Sent),
        message(2, MessageState::Queued),
        NewMessage::new(&outgoing(3), MessageState::Sent, None, Moment(3))
            .expect("made")
            .kept(),
        message(4, MessageState::Failed),
    ];
    store
        .write_blocking(move |c| messages::insert(c, &new))
        .expect("inserted");
    let body = |key: i64| {
        store
            .read_blocking(move |c| messages::get(c, MessageKey(key)))
            .expect("read")
            .map(|message| message.body.is_some())
    };
    assert_eq!(purge(&store, Purge::MessagePayload, DAY, 7 * DAY, DAY).0, 0);
    assert_eq!(purge(&store, Purge::MessagePayload, DAY, HOUR, DAY).0, 3);
    assert_eq!(
        [body(1), body(2), body(3), body(4)],
        [Some(false), Some(true), Some(false), Some(false)]
    );
    assert_eq!(purge(&store, Purge::MessageRows, DAY, HOUR, DAY).0, 0);
    assert_eq!(purge(&store, Purge::MessageRows, 3 * DAY, HOUR, DAY).0, 2);
    assert_eq!(
        [body(1), body(2), body(3), body(4)],
        [None, Some(true), Some(false), None]
    );
}

fn closed_choices_are_kept_thirty_days_and_open_ones_for_good(db: &Db) {
    let store = db.open();
    store
        .write_blocking(|c| {
            for id in 0..700 {
                choices::put(c, &bot(), &choice(id, ChoiceStatus::Closed))?;
            }
            choices::put(c, &bot(), &choice(700, ChoiceStatus::Open))
        })
        .expect("put");
    assert_eq!(purge(&store, Purge::Choices, 29 * DAY, DAY, DAY), (0, 1));
    assert_eq!(purge(&store, Purge::Choices, 31 * DAY, DAY, DAY), (700, 2));
    let open = store.read_blocking(|c| choices::get(c, &bot(), ChoiceId(700)));
    assert!(open.expect("read").is_some());
}

on_both!(
    raw_updates_go_early_and_their_keys_after_two_days,
    personal_payloads_have_a_shorter_period,
    messages_lose_their_bodies_then_go_unless_they_are_open_or_kept,
    closed_choices_are_kept_thirty_days_and_open_ones_for_good,
);

#[test]
fn freed_pages_are_given_back_step_by_step() {
    let db = Db::sqlite();
    let store = db.open();
    let updates: Vec<_> = (0..2_000)
        .map(|number| {
            let mut update = update(number, UpdateState::Done);
            update.raw = "x".repeat(2_000);
            update
        })
        .collect();
    store
        .write_blocking(move |c| inbox::accept(c, &updates))
        .expect("accepted");
    assert_eq!(purge(&store, Purge::InboxKeys, 3 * DAY, DAY, DAY).0, 2_000);
    let (mut pages, mut more) = (0, true);
    let mut steps = 0;
    while more {
        let done = store
            .write_blocking(|c| {
                step(
                    c,
                    Purge::Vacuum,
                    Moment(0),
                    Periods {
                        handled_micros: 0,
                        personal_micros: 0,
                    },
                )
            })
            .expect("vacuumed");
        assert!(done.rows <= 400);
        pages += done.rows;
        more = done.more;
        steps += 1;
    }
    assert!(pages > 500, "{pages}");
    assert!(steps > 1);
}
