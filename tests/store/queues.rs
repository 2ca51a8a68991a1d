//! Inbox, offsets, conversations, choices, events.

use vestnik::model::{
    BotCode, ChatId, ChoiceId, ChoiceStatus, Conversation, Dialogue, MessageKey, Moment,
    OpenChoice, PersonId, RichText, TelegramBotId, UpdateId, Variant,
};
use vestnik::store::inbox::{self, UpdateState};
use vestnik::store::{By, StoreError, choices, conversations, events, offsets};

use super::{Db, bot, on_both, update, update_key};

fn an_update_is_accepted_once(db: &Db) {
    let store = db.open();
    let accept = |numbers: &[i64]| {
        let updates: Vec<_> = numbers
            .iter()
            .map(|number| update(*number, UpdateState::Pending))
            .collect();
        store
            .write_blocking(move |c| inbox::accept(c, &updates))
            .expect("accepted")
    };
    assert_eq!(accept(&[10]), [true]);
    assert_eq!(accept(&[10]), [false]);
    assert_eq!(accept(&[11, 10, 12, 11]), [true, false, true, false]);
    assert_eq!(accept(&[]), [] as [bool; 0]);
    // Another bot of Telegram has its own numbers.
    let mut other = update(10, UpdateState::Done);
    other.key.bot = TelegramBotId(78);
    assert_eq!(
        store.write_blocking(move |c| inbox::accept(c, &[other.clone()])),
        Ok(vec![true])
    );
    let many: Vec<_> = (100..2_600).collect();
    assert!(accept(&many).into_iter().all(|new| new));
    assert!(accept(&many).into_iter().all(|new| !new));
}

fn pending_updates_come_in_the_order_of_arrival(db: &Db) {
    let store = db.open();
    // Telegram's numbers jumped downwards.
    let updates: Vec<_> = [500, 501, 3, 4]
        .iter()
        .map(|number| update(*number, UpdateState::Pending))
        .collect();
    store
        .write_blocking(move |c| inbox::accept(c, &updates))
        .expect("accepted");
    store
        .write_blocking(|c| inbox::accept(c, &[update(5, UpdateState::Done)]))
        .expect("accepted");
    let numbers = |after: i64, limit: i64| {
        let rows = store
            .read_blocking(move |c| inbox::pending(c, &bot(), after, limit))
            .expect("read");
        rows.into_iter()
            .map(|row| (row.seq, row.key.update.0))
            .collect::<Vec<_>>()
    };
    let all = numbers(0, 10);
    assert_eq!(
        all.iter().map(|(_, number)| *number).collect::<Vec<_>>(),
        [500, 501, 3, 4]
    );
    assert_eq!(numbers(all[1].0, 1), [all[2]]);
    assert_eq!(
        store.read_blocking(|c| inbox::pending_count(c, &bot())),
        Ok(4)
    );
    assert_eq!(
        store.read_blocking(inbox::bots_with_pending),
        Ok(vec![bot()])
    );

    store
        .write_blocking(|c| {
            inbox::finish(
                c,
                &[update_key(500), update_key(3)],
                UpdateState::Done,
                Moment(9),
            )
        })
        .expect("finished");
    store
        .write_blocking(|c| inbox::finish(c, &[update_key(4)], UpdateState::Refused, Moment(9)))
        .expect("finished");
    assert_eq!(
        store.read_blocking(inbox::state_counts),
        Ok(vec![
            (UpdateState::Done, 3),
            (UpdateState::Pending, 1),
            (UpdateState::Refused, 1)
        ])
    );
    let done = store
        .read_blocking(|c| inbox::get(c, update_key(500)))
        .expect("read")
        .expect("there");
    assert_eq!(done.handled_at, Some(Moment(9)));
    assert_eq!(done.raw.as_deref(), Some("{\"update_id\":500}"));
}

fn tries_are_counted(db: &Db) {
    let store = db.open();
    store
        .write_blocking(|c| inbox::accept(c, &[update(1, UpdateState::Pending)]))
        .expect("accepted");
    for expected in 1..=3 {
        assert_eq!(
            store.write_blocking(|c| inbox::count_try(c, update_key(1))),
            Ok(expected)
        );
    }
    assert!(matches!(
        store.write_blocking(|c| inbox::count_try(c, update_key(2))),
        Err(StoreError::NotFound { .. })
    ));
}

fn an_offset_may_go_down(db: &Db) {
    let store = db.open();
    let bot = TelegramBotId(77);
    assert_eq!(store.read_blocking(move |c| offsets::get(c, bot)), Ok(None));
    for next in [900, 5, 6] {
        store
            .write_blocking(move |c| offsets::set(c, bot, UpdateId(next), Moment(next)))
            .expect("set");
        assert_eq!(
            store.read_blocking(move |c| offsets::get(c, bot)),
            Ok(Some((UpdateId(next), Moment(next))))
        );
    }
}

fn only_conversations_that_say_something_are_kept(db: &Db) {
    let store = db.open();
    let put = |conversation: Conversation| {
        store
            .write_blocking(move |c| {
                conversations::put(c, &bot(), ChatId(-5), PersonId(6), &conversation)
            })
            .expect("put");
    };
    let get = || {
        store
            .read_blocking(|c| conversations::get(c, &bot(), ChatId(-5), PersonId(6)))
            .expect("get")
    };
    let keys = || {
        store
            .read_blocking(|c| conversations::list_keys(c, &bot()))
            .expect("keys")
    };
    assert!(get().is_default());
    let open = Conversation {
        dialogue: Some(Dialogue::Choice {
            choice: ChoiceId(3),
            until: Moment(100),
        }),
        unsupported_told: true,
    };
    put(open.clone());
    assert_eq!(get(), open);
    assert_eq!(keys(), [(ChatId(-5), PersonId(6))]);
    let told = Conversation {
        dialogue: None,
        unsupported_told: true,
    };
    put(told.clone());
    assert_eq!(get(), told);
    put(Conversation::default());
    assert!(keys().is_empty());

    put(open);
    let closed = |before: i64| {
        store
            .write_blocking(move |c| conversations::delete_closed(c, Moment(before), 10))
            .expect("deleted")
    };
    assert_eq!(closed(100), []);
    assert_eq!(closed(101), [(bot(), ChatId(-5), PersonId(6))]);
    assert!(get().is_default());
}

pub fn choice(id: i64, status: ChoiceStatus) -> OpenChoice {
    OpenChoice {
        keyboard: 0,
        id: ChoiceId(id),
        sender: PersonId(1001),
        chat: ChatId(1001),
        keyword: "выбор".into(),
        question: MessageKey(id),
        history: Vec::new(),
        variants: vec![Variant {
            label: "Вариант №1".into(),
            text: None,
            value: None,
        }],
        page: 0,
        title: RichText::Plain("Выберите вариант".into()),
        confirm: true,
        columns: 1,
        back: false,
        status,
        at: Moment(id),
        answered_at: None,
    }
}

fn choices_are_put_closed_and_belong_to_their_bot(db: &Db) {
    let store = db.open();
    store
        .write_blocking(|c| choices::put(c, &bot(), &choice(1, ChoiceStatus::Open)))
        .expect("put");
    let get = |code: &'static str| {
        store
            .read_blocking(move |c| choices::get(c, &BotCode::new(code), ChoiceId(1)))
            .expect("get")
    };
    assert_eq!(get("shop"), Some(choice(1, ChoiceStatus::Open)));
    assert_eq!(get("other"), None);
    assert_eq!(
        store.write_blocking(|c| choices::close(c, &bot(), ChoiceId(1))),
        Ok(true)
    );
    assert_eq!(get("shop"), Some(choice(1, ChoiceStatus::Closed)));
    assert_eq!(
        store.write_blocking(|c| choices::close(c, &bot(), ChoiceId(2))),
        Ok(false)
    );
}

fn an_event_with_a_taken_number_is_stale(db: &Db) {
    let store = db.open();
    let event = |id: i64, seq: i64| events::NewEvent {
        id,
        stream: "process:17".into(),
        seq,
        kind: "process_started".into(),
        version: 1,
        at: Moment(1),
        by: By::Token("ops".into()),
        cause: None,
        payload: "{}".into(),
    };
    let append = |id: i64, seq: i64| {
        let event = event(id, seq);
        store.write_blocking(move |c| events::append(c, &event))
    };
    assert_eq!(append(1, 1), Ok(()));
    assert_eq!(append(2, 2), Ok(()));
    assert!(matches!(append(3, 2), Err(StoreError::Stale { .. })));
    assert_eq!(
        store.read_blocking(|c| events::last_seq(c, "process:17")),
        Ok(2)
    );
    assert_eq!(
        store.write_blocking(|c| events::mark_handled(c, 1, Moment(5))),
        Ok(true)
    );
    assert_eq!(
        store.write_blocking(|c| events::mark_handled(c, 1, Moment(6))),
        Ok(false)
    );
    let open = store.read_blocking(|c| events::open(c, 10)).expect("open");
    assert_eq!(open.iter().map(|event| event.id).collect::<Vec<_>>(), [2]);
    let all = store
        .read_blocking(|c| events::of_stream(c, "process:17"))
        .expect("read");
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].by.parse(), Ok(By::Token("ops".into())));
    assert_eq!(all[0].handled_at, Some(Moment(5)));
}

on_both!(
    an_update_is_accepted_once,
    pending_updates_come_in_the_order_of_arrival,
    tries_are_counted,
    an_offset_may_go_down,
    only_conversations_that_say_something_are_kept,
    choices_are_put_closed_and_belong_to_their_bot,
    an_event_with_a_taken_number_is_stale,
);
