//! Messages, pauses, chats.

use vestnik::model::{
    Channel, ChatId, ChoiceId, ChoiceStatus, Conversation, MessageKey, MessageState, Moment,
    PartyKind, PartyRef, PersonId, Registration,
};
use vestnik::store::inbox::{self, UpdateState};
use vestnik::store::messages::{self, Filter, NewMessage, SendError, SentMark};
use vestnik::store::{By, Store, StoreError, chats, choices, conversations, pauses, registrations};

use super::queues::choice;
use super::{Db, bot, message, on_both, outgoing, update, update_key};

fn insert(store: &Store, messages: Vec<NewMessage>) {
    store
        .write_blocking(move |c| messages::insert(c, &messages))
        .expect("inserted");
}

fn get(store: &Store, key: i64) -> messages::StoredMessage {
    store
        .read_blocking(move |c| messages::get(c, MessageKey(key)))
        .expect("read")
        .expect("there")
}

fn open_keys(store: &Store, after: i64, now: i64, limit: i64) -> Vec<i64> {
    store
        .read_blocking(move |c| {
            messages::open_of_bot(c, &bot(), MessageKey(after), Moment(now), limit)
        })
        .expect("read")
        .into_iter()
        .map(|message| message.key.0)
        .collect()
}

fn a_message_reads_back_as_it_was_written(db: &Db) {
    let store = db.open();
    let mut out = outgoing(1);
    out.to.thread = Some(4);
    out.reply_to = Some(55);
    out.not_before = Some(Moment(1_000));
    let new = NewMessage::new(&out, MessageState::Queued, Some(update_key(9)), Moment(500))
        .expect("made");
    insert(&store, vec![new.clone()]);
    // A job that runs again changes nothing.
    insert(&store, vec![new]);
    let stored = get(&store, 1);
    assert_eq!(stored.outgoing(), Some(out));
    assert_eq!(stored.state, MessageState::Queued);
    assert_eq!(stored.update, Some(update_key(9)));
    assert_eq!(stored.created_at, Moment(500));
}

fn sent_marks_come_in_batches(db: &Db) {
    let store = db.open();
    insert(
        &store,
        (1..=5)
            .map(|key| message(key, MessageState::Sending))
            .collect(),
    );
    let mark = |key: i64, resent: bool, late: bool| SentMark {
        key: MessageKey(key),
        ids: vec![key * 10, key * 10 + 1],
        at: Moment(99),
        resent,
        late,
    };
    let marks = vec![
        mark(3, false, false),
        mark(1, true, false),
        mark(2, false, true),
    ];
    assert_eq!(
        store.write_blocking(move |c| messages::mark_sent(c, &marks)),
        Ok(3)
    );
    let one = vec![mark(4, true, true)];
    assert_eq!(
        store.write_blocking(move |c| messages::mark_sent(c, &one)),
        Ok(1)
    );
    for (key, resent, late) in [
        (1, true, false),
        (2, false, true),
        (3, false, false),
        (4, true, true),
    ] {
        let stored = get(&store, key);
        assert_eq!(stored.state, MessageState::Sent);
        assert_eq!(stored.telegram_message_ids, [key * 10, key * 10 + 1]);
        assert_eq!(stored.sent_at, Some(Moment(99)));
        assert_eq!((stored.resent, stored.late), (resent, late), "{key}");
    }
    assert_eq!(open_keys(&store, 0, 0, 10), [5]);
    assert_eq!(
        store.read_blocking(messages::state_counts),
        Ok(vec![(MessageState::Sending, 1), (MessageState::Sent, 4)])
    );
    assert_eq!(
        store.read_blocking(messages::open_counts),
        Ok(vec![(MessageState::Sending, 1)])
    );
}

fn open_messages_are_read_in_order_without_those_whose_moment_has_not_come(db: &Db) {
    let store = db.open();
    let timed = |key: i64, at: i64| {
        let mut out = outgoing(key);
        out.not_before = Some(Moment(at));
        NewMessage::new(&out, MessageState::Queued, None, Moment(key)).expect("made")
    };
    insert(
        &store,
        vec![
            message(5, MessageState::Sending),
            message(1, MessageState::Queued),
            timed(2, 100),
            timed(3, 50),
            message(4, MessageState::Queued),
        ],
    );
    let retry = SendError {
        code: Some(429),
        text: "Too Many Requests".into(),
    };
    store
        .write_blocking(move |c| messages::retry_at(c, MessageKey(4), Moment(70), &retry))
        .expect("to be retried");
    // One to be retried keeps its place: what is behind it in its chat must not overtake it.
    assert_eq!(open_keys(&store, 0, 60, 10), [1, 3, 4, 5]);
    assert_eq!(open_keys(&store, 0, 100, 10), [1, 2, 3, 4, 5]);
    assert_eq!(open_keys(&store, 1, 100, 2), [2, 3]);

    let due = |now: i64| -> Vec<i64> {
        store
            .read_blocking(move |c| messages::due(c, Moment(now), 10))
            .expect("read")
            .into_iter()
            .map(|message| message.key.0)
            .collect()
    };
    let next = |after: i64| {
        store
            .read_blocking(move |c| messages::next_due(c, Moment(after)))
            .expect("read")
    };
    assert_eq!(due(49), [] as [i64; 0]);
    assert_eq!(due(100), [3, 4, 2]);
    assert_eq!(next(0), Some(Moment(50)));
    assert_eq!(next(50), Some(Moment(70)));
    assert_eq!(next(100), None);

    let stored = get(&store, 4);
    assert_eq!(stored.tries, 1);
    assert_eq!(stored.retry_at, Some(Moment(70)));
    assert_eq!(stored.error.map(|error| error.code), Some(Some(429)));
}

fn states_change_and_tell_why(db: &Db) {
    let store = db.open();
    insert(
        &store,
        (1..=4)
            .map(|key| message(key, MessageState::Queued))
            .collect(),
    );
    let refused = SendError {
        code: Some(400),
        text: "chat not found".into(),
    };
    let error = refused.clone();
    store
        .write_blocking(move |c| {
            messages::mark(c, MessageKey(1), MessageState::Failed, Some(&error))
        })
        .expect("marked");
    assert_eq!(get(&store, 1).error, Some(refused));
    assert_eq!(
        store.write_blocking(|c| messages::mark_sending(
            c,
            &[MessageKey(1), MessageKey(2), MessageKey(3)]
        )),
        Ok(2),
        "a failed one is not sent"
    );
    store
        .write_blocking(|c| messages::mark(c, MessageKey(2), MessageState::Unknown, None))
        .expect("marked");
    assert_eq!(get(&store, 2).state, MessageState::Unknown);
    assert_eq!(
        store.write_blocking(|c| messages::cancel(c, MessageKey(4))),
        Ok(true)
    );
    assert_eq!(
        store.write_blocking(|c| messages::cancel(c, MessageKey(3))),
        Ok(false),
        "it is being sent"
    );
    assert!(matches!(
        store.write_blocking(|c| messages::mark(c, MessageKey(9), MessageState::Failed, None)),
        Err(StoreError::NotFound { .. })
    ));
}

fn messages_are_listed_by_filter(db: &Db) {
    let store = db.open();
    insert(
        &store,
        (1..=6)
            .map(|key| {
                let mut out = outgoing(key);
                out.to.chat = ChatId(key % 2);
                let state = if key > 4 {
                    MessageState::Queued
                } else {
                    MessageState::Sent
                };
                NewMessage::new(&out, state, None, Moment(key)).expect("made")
            })
            .collect(),
    );
    let list = |filter: Filter| -> Vec<i64> {
        store
            .read_blocking(move |c| messages::list(c, &filter))
            .expect("read")
            .into_iter()
            .map(|message| message.key.0)
            .collect()
    };
    let all = Filter {
        limit: 100,
        ..Filter::default()
    };
    assert_eq!(list(all.clone()), [6, 5, 4, 3, 2, 1]);
    assert_eq!(
        list(Filter {
            limit: 2,
            before: Some(MessageKey(5)),
            ..Filter::default()
        }),
        [4, 3]
    );
    assert_eq!(
        list(Filter {
            chat: Some(ChatId(1)),
            bot: Some(bot()),
            ..all.clone()
        }),
        [5, 3, 1]
    );
    assert_eq!(
        list(Filter {
            state: Some(MessageState::Queued),
            ..all.clone()
        }),
        [6, 5]
    );
    assert_eq!(
        list(Filter {
            bot: Some(vestnik::model::BotCode::new("other")),
            ..all
        }),
        [] as [i64; 0]
    );
}

fn pauses_outlive_a_restart_and_end(db: &Db) {
    let store = db.open();
    let set = |chat: Option<i64>, until: i64| {
        let pause = pauses::Pause {
            chat: chat.map(ChatId),
            set_at: Moment(7),
            until: Moment(until),
        };
        store
            .write_blocking(move |c| pauses::set(c, Channel::Telegram, &bot(), &pause))
            .expect("set");
    };
    set(Some(1001), 50);
    set(None, 20);
    set(Some(1001), 100);
    let store = {
        drop(store);
        db.open()
    };
    let of_bot = |now: i64| {
        store
            .read_blocking(move |c| pauses::of_bot(c, Channel::Telegram, &bot(), Moment(now)))
            .expect("read")
            .into_iter()
            .inspect(|pause| assert_eq!(pause.set_at, Moment(7)))
            .map(|pause| (pause.chat.map(|chat| chat.0), pause.until.0))
            .collect::<Vec<_>>()
    };
    assert_eq!(of_bot(0), [(None, 20), (Some(1001), 100)]);
    assert_eq!(of_bot(20), [(Some(1001), 100)]);
}

fn a_migrated_chat_is_rewritten_wherever_something_is_to_happen(db: &Db) {
    let store = db.open();
    let (old, new) = (ChatId(1001), ChatId(-100_1001));
    insert(
        &store,
        vec![
            message(1, MessageState::Queued),
            message(2, MessageState::Sending),
            message(3, MessageState::Sent),
        ],
    );
    let state = Conversation {
        dialogue: None,
        unsupported_told: true,
    };
    store
        .write_blocking(move |c| {
            inbox::accept(
                c,
                &[
                    update(1, UpdateState::Pending),
                    update(2, UpdateState::Done),
                ],
            )?;
            conversations::put(c, &bot(), old, PersonId(1), &state)?;
            conversations::put(c, &bot(), old, PersonId(2), &state)?;
            conversations::put(c, &bot(), new, PersonId(2), &state)?;
            choices::put(c, &bot(), &choice(1, ChoiceStatus::Open))?;
            choices::put(c, &bot(), &choice(2, ChoiceStatus::Closed))?;
            registrations::register(
                c,
                Channel::Telegram,
                &Registration {
                    bot: bot(),
                    chat: old,
                    party: PartyRef {
                        kind: PartyKind::User,
                        code: "ivanov".into(),
                    },
                },
                Moment(1),
                &By::System,
            )?;
            pauses::set(
                c,
                Channel::Telegram,
                &bot(),
                &pauses::Pause {
                    chat: Some(old),
                    set_at: Moment(0),
                    until: Moment(100),
                },
            )
        })
        .expect("prepared");
    for _ in 0..2 {
        store
            .write_blocking(move |c| chats::rewrite_chat(c, Channel::Telegram, &bot(), old, new))
            .expect("rewritten, and a second time too");
    }
    let chat_of = |key: i64| get(&store, key).to.chat;
    assert_eq!([chat_of(1), chat_of(2), chat_of(3)], [new, new, old]);
    let keys = store
        .read_blocking(|c| conversations::list_keys(c, &bot()))
        .expect("read");
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|(chat, _)| *chat == new));
    let chat_of_choice = |id: i64| {
        store
            .read_blocking(move |c| choices::get(c, &bot(), ChoiceId(id)))
            .expect("read")
            .map(|choice| choice.chat)
    };
    assert_eq!(chat_of_choice(1), Some(new));
    assert_eq!(chat_of_choice(2), Some(old));
    let pending = store
        .read_blocking(|c| inbox::pending(c, &bot(), 0, 10))
        .expect("read");
    assert_eq!(pending[0].chat, Some(new));
    assert_eq!(
        store
            .read_blocking(move |c| registrations::party_of(c, Channel::Telegram, &bot(), new))
            .map(|party| party.map(|party| party.code)),
        Ok(Some("ivanov".into()))
    );
    let record = store
        .read_blocking(move |c| chats::get(c, Channel::Telegram, &bot(), old))
        .expect("read");
    assert_eq!(record.migrated_to, Some(new));
    assert_eq!(
        store.read_blocking(|c| pauses::of_bot(c, Channel::Telegram, &bot(), Moment(0))),
        Ok(vec![])
    );
}

fn a_blocked_chat_is_marked_and_opened_again(db: &Db) {
    let store = db.open();
    let chat = ChatId(5);
    let block = |blocked: Option<(Moment, &'static str)>| {
        store
            .write_blocking(move |c| {
                chats::set_blocked(c, Channel::Telegram, &bot(), chat, blocked)
            })
            .expect("set");
    };
    let blocked = || {
        store
            .read_blocking(|c| chats::blocked_of_bot(c, Channel::Telegram, &bot()))
            .expect("read")
    };
    block(Some((Moment(1), "bot was blocked by the user")));
    assert_eq!(blocked(), [chat]);
    block(None);
    assert!(blocked().is_empty());
}

on_both!(
    a_message_reads_back_as_it_was_written,
    sent_marks_come_in_batches,
    open_messages_are_read_in_order_without_those_whose_moment_has_not_come,
    states_change_and_tell_why,
    messages_are_listed_by_filter,
    pauses_outlive_a_restart_and_end,
    a_migrated_chat_is_rewritten_wherever_something_is_to_happen,
    a_blocked_chat_is_marked_and_opened_again,
);

#[test]
fn reads_of_open_rows_use_their_indexes() {
    use diesel::prelude::*;
    #[derive(diesel::QueryableByName)]
    struct Plan {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }
    let db = Db::sqlite();
    let store = db.open();
    let check = |sql: &'static str, index: &str| {
        let plan = store
            .read_blocking(move |c| {
                let vestnik::store::Engine::Sqlite(c) = c.engine() else {
                    return Err(StoreError::other("not SQLite"));
                };
                Ok(diesel::sql_query(format!("explain query plan {sql}")).load::<Plan>(c)?)
            })
            .expect("a plan");
        let plan: Vec<String> = plan.into_iter().map(|row| row.detail).collect();
        assert!(
            plan.iter().any(|row| row.contains(index)),
            "{sql}: {plan:?}"
        );
    };
    check(
        "select * from messages where messages.state in ('queued', 'sending') and bot = ? and key > ? order by key",
        "messages_open (bot=? AND key>?)",
    );
    check(
        "select key from messages where (messages.state = 'queued' and coalesce(messages.retry_at, messages.not_before) is not null) and coalesce(messages.retry_at, messages.not_before) <= ? order by coalesce(messages.retry_at, messages.not_before), key",
        "messages_due",
    );
    check(
        "select * from inbox where inbox.state = 'pending' and bot = ? and seq > ? order by seq",
        "inbox_pending (bot=? AND seq>?)",
    );
    check(
        "select * from inbox where bot_id = ? and update_id = ?",
        "inbox_key (bot_id=? AND update_id=?)",
    );
}
