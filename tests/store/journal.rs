//! The journal: what is accepted and answered at once, what becomes of an answer, what is looked up.

use vestnik::model::{
    BotCode, Buttons, Channel, ChatId, MessageKey, MessageState, Moment, Outgoing, OutgoingBody,
    PersonId, RichText, UpdateId,
};
use vestnik::store::inbox::{self, UpdateState};
use vestnik::store::journal::{self, Handled};
use vestnik::store::messages::{self, Filter, SendError, SentMark};
use vestnik::store::retention::{Periods, Purge, step};
use vestnik::store::unit_of_work::{Receipt, UnitOfWork};
use vestnik::store::{Store, StoreError, chats};

use super::{Db, bot, on_both, outgoing, update_key};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// An update with the keys of its answers.
type Answered<'a> = (i64, &'a [i64]);

fn answer(key: i64, chat: i64) -> Outgoing {
    let mut answer = outgoing(key);
    answer.to.chat = ChatId(chat);
    answer
}

/// A batch of a bot at a moment, in the chat 1001: updates that are done, each with its answers.
fn batch(store: &Store, code: &str, at: i64, updates: &[Answered<'_>]) -> UnitOfWork {
    let telegram = update_key(0).bot;
    let at = Moment(at);
    let mut unit = UnitOfWork::new(
        BotCode::new(code),
        telegram,
        at,
        store.ids().clone(),
        updates.len(),
    );
    for (number, keys) in updates {
        let raw = format!("{{\"update_id\":{number}}}");
        let trace = format!("шаг {number}");
        let handled = Handled {
            id: UpdateId(*number),
            chat: Some(ChatId(1001)),
            sender: Some(PersonId(1001)),
            raw: &raw,
            received_at: at.plus_micros(-500),
            trace: Some(&trace),
        };
        let answers: Vec<(Outgoing, MessageState)> = keys
            .iter()
            .map(|key| {
                let mut answer = answer(*key, 1001);
                answer.to.bot = BotCode::new(code);
                (answer, MessageState::Sending)
            })
            .collect();
        let receipt = Some(Receipt::Accept(handled));
        unit.push(receipt, UpdateState::Done, &answers, Vec::new(), None)
            .expect("pushed");
    }
    let last = updates.last().expect("an update").0;
    unit.set_offset(Some(UpdateId(last + 1)));
    unit.complete()
}

fn write(store: &Store, unit: UnitOfWork) -> Vec<bool> {
    store
        .write_blocking(move |c| unit.write(c))
        .expect("written")
}

fn accept(store: &Store, at: i64, updates: &[Answered<'_>]) -> Vec<bool> {
    write(store, batch(store, "shop", at, updates))
}

fn mark(store: &Store, keys: &[i64]) -> usize {
    let marks: Vec<SentMark> = keys
        .iter()
        .map(|key| SentMark {
            key: MessageKey(*key),
            ids: vec![key * 10],
            at: Moment(9_000 + key),
            resent: false,
            late: false,
        })
        .collect();
    store
        .write_blocking(move |c| messages::mark_sent(c, &marks))
        .expect("marked")
}

/// Every message as `key state ids`, whether it is a row or stands in the journal.
fn all(store: &Store) -> Vec<String> {
    let filter = Filter {
        limit: 1_000,
        ..Filter::default()
    };
    let mut all: Vec<String> = store
        .read_blocking(move |c| messages::list(c, &filter))
        .expect("read")
        .into_iter()
        .map(|message| {
            let one = store
                .read_blocking(move |c| messages::get(c, message.key))
                .expect("read");
            assert_eq!(one.as_ref(), Some(&message), "found alone as in the list");
            format!(
                "{} {:?}{}{}",
                message.key,
                message.state,
                if message.resent { " resent" } else { "" },
                message
                    .telegram_message_ids
                    .iter()
                    .map(|id| format!(" {id}"))
                    .collect::<String>()
            )
        })
        .collect();
    all.reverse();
    all
}

/// The keys of messages that are rows.
fn rows(store: &Store) -> Vec<i64> {
    let open = store
        .read_blocking(|c| {
            messages::open_of_bot(c, &bot(), MessageKey(i64::MIN), Moment(i64::MAX), 1_000)
        })
        .expect("read");
    open.iter().map(|message| message.key.0).collect()
}

fn waiting(store: &Store) -> usize {
    store.probe().answers_waiting
}

fn replay(store: &Store) -> usize {
    store.write_blocking(journal::replay).expect("replayed")
}

fn an_answer_is_recorded_and_marked(db: &Db) {
    let store = db.open();
    assert_eq!(
        accept(&store, 1_000, &[(10, &[1]), (11, &[2, 3]), (12, &[])]),
        [true; 3]
    );
    assert_eq!(waiting(&store), 3);
    assert_eq!(all(&store), ["1 Sending", "2 Sending", "3 Sending"]);
    assert_eq!(rows(&store), [] as [i64; 0]);
    assert_eq!(mark(&store, &[3, 1]), 2);
    assert_eq!(waiting(&store), 1);
    assert_eq!(all(&store), ["1 Sent 10", "2 Sending", "3 Sent 30"]);
    assert_eq!(
        store.read_blocking(messages::open_counts),
        Ok(vec![(MessageState::Sending, 1)])
    );
    assert_eq!(
        store.read_blocking(messages::state_counts),
        Ok(vec![(MessageState::Sending, 1), (MessageState::Sent, 2)])
    );
    assert_eq!(
        store.read_blocking(inbox::state_counts),
        Ok(vec![(UpdateState::Done, 3)])
    );
    let stored = store
        .read_blocking(|c| messages::get(c, MessageKey(3)))
        .expect("read")
        .expect("there");
    assert_eq!(stored.outgoing(), Some(answer(3, 1001)));
    assert_eq!(stored.update, Some(update_key(11)));
    assert_eq!(stored.created_at, Moment(1_000));
    assert_eq!(stored.sent_at, Some(Moment(9_003)));
    let update = store
        .read_blocking(|c| inbox::get(c, update_key(11)))
        .expect("read")
        .expect("there");
    assert_eq!(update.raw.as_deref(), Some("{\"update_id\":11}"));
    assert_eq!(update.received_at, Moment(500));
    assert_eq!(update.handled_at, Some(Moment(1_000)));
    // A mark that comes again changes nothing.
    assert_eq!(mark(&store, &[3]), 0);
    assert_eq!(all(&store), ["1 Sent 10", "2 Sending", "3 Sent 30"]);
}

fn what_may_be_looked_at_later_is_a_row(db: &Db) {
    let store = db.open();
    let check = |key: i64, state: MessageState, change: &dyn Fn(&mut Outgoing), is_row: bool| {
        let mut answer = answer(key, 1001);
        change(&mut answer);
        let ids = store.ids().clone();
        let mut unit = UnitOfWork::new(bot(), update_key(0).bot, Moment(5), ids, 1);
        let handled = Handled {
            id: UpdateId(key),
            chat: Some(ChatId(1001)),
            sender: None,
            raw: "{}",
            received_at: Moment(1),
            trace: None,
        };
        let receipt = Some(Receipt::Accept(handled));
        unit.push(
            receipt,
            UpdateState::Done,
            &[(answer, state)],
            Vec::new(),
            None,
        )
        .expect("pushed");
        let before = waiting(&store);
        write(&store, unit.complete());
        assert_eq!(waiting(&store) == before, is_row, "{key}");
        let stored = store
            .read_blocking(move |c| messages::get(c, MessageKey(key)))
            .expect("read")
            .expect("there");
        assert_eq!(
            (stored.state, stored.update),
            (state, Some(update_key(key)))
        );
    };
    use MessageState::{Queued, Sending};
    check(1, Sending, &|_| {}, false);
    check(2, Queued, &|_| {}, true);
    check(3, Sending, &|out| out.reply_to = Some(7), false);
    check(4, Sending, &|out| out.to.thread = Some(7), false);
    check(5, Sending, &|out| out.to.chat = ChatId(-5), false);
    let panel = |out: &mut Outgoing| {
        out.body = OutgoingBody::Text {
            text: RichText::Plain("а".into()),
            buttons: Buttons::RemovePanel,
        };
    };
    check(6, Sending, &panel, true);
    let notice = |out: &mut Outgoing| out.kind = vestnik::model::MessageKind::Notice;
    check(7, Sending, &notice, true);
    check(8, Queued, &|out| out.not_before = Some(Moment(99)), true);
    let other = |out: &mut Outgoing| out.to.bot = BotCode::new("other");
    check(9, Queued, &other, true);
}

fn an_update_is_accepted_once(db: &Db) {
    let store = db.open();
    let check = |at: i64, numbers: &[i64], expected: &[bool]| {
        let updates: Vec<Answered<'_>> = numbers.iter().map(|number| (*number, &[][..])).collect();
        assert_eq!(accept(&store, at, &updates), expected, "{numbers:?}");
        let next = store
            .read_blocking(|c| vestnik::store::offsets::get(c, update_key(0).bot))
            .expect("read")
            .map(|(next, _)| next.0);
        assert_eq!(next, numbers.last().map(|last| last + 1), "{numbers:?}");
    };
    check(0, &[10, 11], &[true, true]);
    check(1, &[12], &[true]);
    check(2, &[12], &[false]);
    check(3, &[11, 12, 13], &[false, false, true]);
    check(4, &[14, 14], &[true, false]);
    // Numbers were left out.
    check(5, &[20, 25, 26], &[true, true, true]);
    check(6, &[15, 20, 27], &[true, false, true]);
    check(7, &[28], &[true]);
    // Telegram began anew; what was before is remembered for a while.
    check(8, &[3, 4], &[true, true]);
    check(9, &[10, 26, 28], &[false, false, false]);
    check(10, &[5], &[true]);
    check(11, &[4, 5, 6], &[false, false, true]);
    // After a quiet week any number may come.
    check(8 * DAY, &[12, 13], &[true, true]);
    check(8 * DAY + 1, &[12, 13, 14], &[false, false, true]);
    // An update that waits, accepted by a row, is not accepted a second time either.
    store
        .write_blocking(|c| inbox::accept(c, &[super::update(900, UpdateState::Pending)]))
        .expect("written");
    check(8 * DAY + 2, &[899, 900, 901], &[true, false, true]);
    // Every second number, for ever: what lies between the oldest is given up, nothing is doubled.
    for number in (2_000..2_400).step_by(2) {
        check(9 * DAY, &[number], &[true]);
    }
    for number in (2_000..2_400).step_by(14) {
        check(9 * DAY, &[number], &[false]);
    }
}

/// Only what is new of a batch is written, with its answers.
fn of_a_batch_that_comes_again_only_the_rest_is_written(db: &Db) {
    let store = db.open();
    assert_eq!(accept(&store, 1, &[(10, &[1])]), [true]);
    assert_eq!(
        accept(&store, 2, &[(9, &[4]), (10, &[2]), (11, &[3])]),
        [true, false, true]
    );
    assert_eq!(all(&store), ["1 Sending", "3 Sending", "4 Sending"]);
}

fn after_a_crash_answers_without_a_mark_are_rows(db: &Db) {
    let store = db.open();
    accept(&store, 1, &[(10, &[1]), (11, &[2])]);
    mark(&store, &[1, 2]);
    accept(&store, 2, &[(12, &[3]), (13, &[4])]);
    accept(&store, 3, &[(14, &[5])]);
    mark(&store, &[4]);
    drop(store);
    let store = db.open();
    assert_eq!(waiting(&store), 0);
    let expected = [
        "1 Sent 10",
        "2 Sent 20",
        "3 Sending",
        "4 Sent 40",
        "5 Sending",
    ];
    assert_eq!(all(&store), expected);
    assert_eq!(replay(&store), 2);
    assert_eq!(rows(&store), [3, 5]);
    assert_eq!(all(&store), expected, "the same, but rows");
    assert_eq!(replay(&store), 0, "once");
    let row = store
        .read_blocking(|c| messages::get(c, MessageKey(3)))
        .expect("read")
        .expect("there");
    assert_eq!(row.update, Some(update_key(12)));
    assert_eq!(row.created_at, Moment(2));
    // The mark of a row goes to the row.
    store
        .write_blocking(|c| messages::mark_resent(c, MessageKey(3)))
        .expect("marked");
    assert_eq!(mark(&store, &[3, 5]), 2);
    assert_eq!(rows(&store), [] as [i64; 0]);
    drop(store);
    let store = db.open();
    assert_eq!(replay(&store), 0);
    assert_eq!(
        all(&store),
        [
            "1 Sent 10",
            "2 Sent 20",
            "3 Sent resent 30",
            "4 Sent 40",
            "5 Sent 50"
        ]
    );
}

fn an_answer_that_is_not_ordinary_any_more_becomes_a_row(db: &Db) {
    let store = db.open();
    accept(&store, 1, &[(10, &[1, 2, 3, 4]), (11, &[5])]);
    let error = SendError {
        code: Some(429),
        text: "Too Many Requests".into(),
    };
    let change = |work: fn(&mut vestnik::store::Conn, &SendError) -> Result<(), StoreError>| {
        let error = error.clone();
        store
            .write_blocking(move |c| work(c, &error))
            .expect("written");
    };
    change(|c, error| messages::retry_at(c, MessageKey(1), Moment(50), error));
    change(|c, _| messages::mark_resent(c, MessageKey(2)));
    change(|c, error| messages::mark(c, MessageKey(3), MessageState::Unknown, Some(error)));
    change(|c, _| messages::mark(c, MessageKey(4), MessageState::Queued, None));
    assert_eq!(waiting(&store), 1);
    assert_eq!(
        all(&store),
        [
            "1 Queued",
            "2 Sending resent",
            "3 Unknown",
            "4 Queued",
            "5 Sending"
        ]
    );
    assert_eq!(rows(&store), [1, 2, 4]);
    // What is undone is undone in the journal too.
    let undone: Result<(), StoreError> = store.write_blocking(|c| {
        messages::mark_resent(c, MessageKey(5))?;
        Err(StoreError::stale("на деле нет"))
    });
    assert!(undone.is_err());
    assert_eq!(waiting(&store), 1);
    assert_eq!(rows(&store), [1, 2, 4]);
    assert_eq!(mark(&store, &[5, 2]), 2);
    drop(store);
    let store = db.open();
    assert_eq!(replay(&store), 0);
    assert_eq!(
        all(&store),
        [
            "1 Queued",
            "2 Sent resent 20",
            "3 Unknown",
            "4 Queued",
            "5 Sent 50"
        ]
    );
}

fn a_bot_that_is_built_anew_finds_its_answers_and_no_others(db: &Db) {
    let store = db.open();
    accept(&store, 1, &[(10, &[1, 2])]);
    write(&store, batch(&store, "other", 2, &[(11, &[3])]));
    mark(&store, &[1]);
    let taken = store.write_blocking(|c| journal::take_out_of_bot(c, &bot()));
    assert_eq!(taken, Ok(1));
    assert_eq!((rows(&store), waiting(&store)), (vec![2], 1));
    assert_eq!(all(&store), ["1 Sent 10", "2 Sending", "3 Sending"]);
}

/// Marks and what takes answers out are jobs of their own that may share a commit, in either order.
fn a_mark_and_a_taking_out_in_one_commit_know_of_each_other(db: &Db) {
    let store = db.open();
    let marks = |keys: &[i64]| -> Vec<SentMark> {
        let keys = keys.iter();
        keys.map(|key| SentMark {
            key: MessageKey(*key),
            ids: vec![key * 10],
            at: Moment(9_000 + key),
            resent: false,
            late: false,
        })
        .collect()
    };
    accept(&store, 1, &[(10, &[1, 2, 3, 4, 5])]);
    let (first, later) = (marks(&[1]), marks(&[2, 4]));
    let taken = store.write_blocking(move |c| {
        messages::mark_sent(c, &first)?;
        messages::mark_resent(c, MessageKey(2))?;
        let taken = journal::take_out_of_bot(c, &bot())?;
        messages::mark_resent(c, MessageKey(3))?;
        messages::mark_sent(c, &later)?;
        Ok(taken)
    });
    assert_eq!(taken, Ok(3), "neither what was sent nor what is a row");
    assert_eq!((rows(&store), waiting(&store)), (vec![3, 5], 0));
    let expected = [
        "1 Sent 10",
        "2 Sent resent 20",
        "3 Sending resent",
        "4 Sent 40",
        "5 Sending",
    ];
    assert_eq!(all(&store), expected);
    // What is undone leaves no trace of having been settled.
    accept(&store, 2, &[(11, &[6])]);
    let marked = marks(&[6]);
    let taken = store.write_blocking(move |c| {
        let undone: Result<(), StoreError> = c.savepoint(|c| {
            messages::mark_sent(c, &marked)?;
            Err(StoreError::stale("на деле нет"))
        });
        assert!(undone.is_err());
        journal::take_out_of_bot(c, &bot())
    });
    assert_eq!(taken, Ok(1));
    drop(store);
    let store = db.open();
    assert_eq!(replay(&store), 0);
    assert_eq!(rows(&store), [3, 5, 6]);
}

/// Also those that were decided before the chat had another number and written after.
fn answers_follow_their_chat_to_its_new_number(db: &Db) {
    let store = db.open();
    accept(&store, 1, &[(10, &[1, 2])]);
    write(&store, batch(&store, "other", 2, &[(11, &[3])]));
    mark(&store, &[1]);
    store
        .write_blocking(|c| {
            chats::rewrite_chat(c, Channel::Telegram, &bot(), ChatId(1001), ChatId(-77))
        })
        .expect("rewritten");
    accept(&store, 3, &[(12, &[4])]);
    assert_eq!((rows(&store), waiting(&store)), (vec![2], 2));
    drop(store);
    let store = db.open();
    assert_eq!(replay(&store), 2);
    let chat_of = |key: i64| {
        let message = store.read_blocking(move |c| messages::get(c, MessageKey(key)));
        message.expect("read").expect("there").to.chat
    };
    let (old, new) = (ChatId(1001), ChatId(-77));
    assert_eq!([1, 2, 3, 4].map(chat_of), [old, new, old, new]);
}

/// Jobs of one commit share a row; one that fails leaves nothing in it.
fn jobs_share_rows(db: &Db) {
    let store = db.open_tuned(|tuning| tuning.postgres_writers = 1);
    let units: Vec<_> = (0..20)
        .map(|number| {
            batch(
                &store,
                &format!("bot{number}"),
                number,
                &[(number, &[number])],
            )
        })
        .collect();
    let jobs = units.into_iter().enumerate().map(|(number, unit)| {
        let store = store.clone();
        async move {
            store
                .write(move |c| {
                    unit.write(c)?;
                    if number == 7 {
                        return Err(StoreError::stale("на деле нет"));
                    }
                    Ok(())
                })
                .await
        }
    });
    let outcomes = super::together(jobs.collect());
    for (number, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_err(), number == 7, "{number}");
    }
    let keys: Vec<String> = (0..20)
        .filter(|number| *number != 7)
        .map(|number| format!("{number} Sending"))
        .collect();
    assert_eq!(all(&store), keys);
    assert_eq!(waiting(&store), 19);
    let commits = store.probe().commits;
    assert!(commits < 20, "{commits} commits");
}

fn traces_come_from_rows_and_the_journal_in_order(db: &Db) {
    let store = db.open();
    // By turns: five batches of two updates of the chat, each after an update that waited.
    for round in 0..5 {
        let first = 10 + round * 3;
        let mut waits = super::update(first, UpdateState::Done);
        waits.received_at = Moment(round * 1_000);
        waits.trace = Some(format!("шаг {first}"));
        store
            .write_blocking(move |c| inbox::accept(c, std::slice::from_ref(&waits)))
            .expect("written");
        accept(
            &store,
            round * 1_000 + 600,
            &[(first + 1, &[]), (first + 2, &[])],
        );
        write(&store, batch(&store, "other", round, &[(500 + round, &[])]));
    }
    let page = |before: Option<i64>, limit: i64| {
        let traces = store
            .read_blocking(move |c| inbox::traces(c, &bot(), ChatId(1001), before, limit))
            .expect("read");
        let numbers: Vec<i64> = traces.iter().map(|traced| traced.update.0).collect();
        for traced in &traces {
            assert_eq!(traced.trace, format!("шаг {}", traced.update.0));
            assert_eq!(traced.state, UpdateState::Done);
        }
        (numbers, traces.iter().map(|traced| traced.seq).min())
    };
    let newest_first: Vec<i64> = (10..25).rev().collect();
    assert_eq!(page(None, 100).0, newest_first);
    for limit in [1, 2, 4, 7] {
        let (mut paged, mut before) = (Vec::new(), None);
        loop {
            let (numbers, next) = page(before, limit);
            if numbers.is_empty() {
                break;
            }
            paged.extend(numbers);
            before = next;
        }
        assert_eq!(paged, newest_first, "{limit} at a time");
    }
    let nobody = store.read_blocking(|c| inbox::traces(c, &bot(), ChatId(5), None, 10));
    assert_eq!(nobody, Ok(Vec::new()));
}

fn lists_come_from_rows_and_the_journal_in_order(db: &Db) {
    let store = db.open();
    for number in 0..30 {
        accept(&store, number, &[(100 + number, &[number * 2])]);
        let row = super::message(number * 2 + 1, MessageState::Sent);
        store
            .write_blocking(move |c| messages::insert(c, std::slice::from_ref(&row)))
            .expect("inserted");
    }
    mark(
        &store,
        &(0..20).map(|number| number * 2).collect::<Vec<_>>(),
    );
    let check = |filter: Filter, expected: Vec<i64>| {
        let shown = format!("{filter:?}");
        let keys: Vec<i64> = store
            .read_blocking(move |c| messages::list(c, &filter))
            .expect("read")
            .iter()
            .map(|message| message.key.0)
            .collect();
        assert_eq!(keys, expected, "{shown}");
    };
    let filter = |limit: i64| Filter {
        limit,
        ..Filter::default()
    };
    check(filter(5), (55..60).rev().collect());
    let before = Some(MessageKey(7));
    check(
        Filter {
            before,
            ..filter(3)
        },
        vec![6, 5, 4],
    );
    let state = Some(MessageState::Sending);
    check(Filter { state, ..filter(3) }, vec![58, 56, 54]);
    let state = Some(MessageState::Sent);
    check(Filter { state, ..filter(3) }, vec![59, 57, 55]);
    let chat = Some(ChatId(8));
    check(Filter { chat, ..filter(3) }, vec![]);
    let other = Some(BotCode::new("other"));
    check(
        Filter {
            bot: other,
            ..filter(3)
        },
        vec![],
    );
}

fn the_journal_is_purged_as_rows_are(db: &Db) {
    let store = db.open();
    for number in 0..100 {
        accept(&store, number * HOUR, &[(number, &[number])]);
        mark(&store, &[number]);
    }
    let purge = |purge: Purge, now: i64, handled: i64| {
        let periods = Periods {
            handled_micros: handled,
            personal_micros: 30 * DAY,
        };
        let mut rows = 0;
        loop {
            let done = store
                .write_blocking(move |c| step(c, purge, Moment(now), periods))
                .expect("purged");
            rows += done.rows;
            if !done.more {
                return rows;
            }
        }
    };
    let texts = |key: i64| {
        let message = store
            .read_blocking(move |c| messages::get(c, MessageKey(key)))
            .expect("read");
        let update = store
            .read_blocking(move |c| inbox::get(c, update_key(key)))
            .expect("read");
        (
            message.map(|message| (message.state, message.body.is_some())),
            update.map(|update| update.raw.is_some()),
        )
    };
    use MessageState::Sent;
    let now = 100 * HOUR;
    assert_eq!(
        purge(Purge::JournalPayload, now, 7 * DAY),
        0,
        "not before rows go"
    );
    assert_eq!(texts(0), (Some((Sent, true)), Some(true)));
    // Marks are of the first hour: only their rows are older.
    assert_eq!(purge(Purge::JournalPayload, now, 60 * HOUR), 0);
    assert_eq!(purge(Purge::JournalPayload, now, 20 * HOUR), 80);
    assert_eq!(purge(Purge::JournalPayload, now, 20 * HOUR), 0, "once");
    assert_eq!(texts(0), (Some((Sent, false)), Some(false)));
    assert_eq!(texts(79), (Some((Sent, false)), Some(false)));
    assert_eq!(texts(80), (Some((Sent, true)), Some(true)));
    let traces = store
        .read_blocking(|c| inbox::traces(c, &bot(), ChatId(1001), None, 200))
        .expect("read");
    assert_eq!(traces.len(), 100, "traces stay as long as their rows");

    purge(Purge::JournalRows, now, 20 * HOUR);
    assert_eq!(texts(51), (None, None), "48 hours at least");
    assert_eq!(texts(52).1, Some(false));
    purge(Purge::JournalRows, now + 30 * DAY, 7 * DAY);
    assert_eq!(all(&store), [] as [String; 0]);
    assert_eq!(replay(&store), 0);
    assert_eq!(
        accept(&store, now + 30 * DAY, &[(100, &[200])]),
        [true],
        "and it goes on"
    );
}

on_both!(
    an_answer_is_recorded_and_marked,
    what_may_be_looked_at_later_is_a_row,
    an_update_is_accepted_once,
    of_a_batch_that_comes_again_only_the_rest_is_written,
    after_a_crash_answers_without_a_mark_are_rows,
    an_answer_that_is_not_ordinary_any_more_becomes_a_row,
    a_bot_that_is_built_anew_finds_its_answers_and_no_others,
    a_mark_and_a_taking_out_in_one_commit_know_of_each_other,
    answers_follow_their_chat_to_its_new_number,
    jobs_share_rows,
    traces_come_from_rows_and_the_journal_in_order,
    lists_come_from_rows_and_the_journal_in_order,
    the_journal_is_purged_as_rows_are,
);
