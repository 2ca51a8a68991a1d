//! A database as it was before the journal: rows in every state are handled as ever.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use vestnik::model::{ChatId, MessageKey, MessageState, Moment, TelegramBotId, UpdateId};
use vestnik::store::inbox::{self, UpdateState};
use vestnik::store::journal;
use vestnik::store::messages::{self, SentMark};
use vestnik::store::{conversations, offsets};

use super::{Db, bot, on_both, update_key};

/// The first migration that the database lacks.
const UNTIL: &str = "2026-11-24-000040_journal";

/// Rows in each state, as the server of that time wrote them: updates 10 to 13 done but for 12, which
/// waits, and messages in each state.
const ROWS: &str = "
    insert into inbox (seq, channel, bot_id, update_id, bot, chat, sender, state, crashes, personal, raw, received_at, handled_at, trace) values
        (1, 'telegram', 77, 10, 'shop', 1001, 1001, 'done', 0, false, '{\"update_id\":10}', 100, 101, 'шаг 10'),
        (2, 'telegram', 77, 11, 'shop', 1001, 1001, 'failed', 2, false, '{\"update_id\":11}', 200, 201, null),
        (3, 'telegram', 77, 12, 'shop', 1001, 1001, 'pending', 1, false, '{\"update_id\":12}', 300, null, null),
        (4, 'telegram', 77, 13, 'shop', 1001, 1001, 'refused', 0, true, '{\"update_id\":13}', 400, 401, 'шаг 13');
    insert into offsets (bot_id, next_update, at) values (77, 14, 500);
    insert into conversations (bot, chat, sender, state, until_at) values
        ('shop', 1001, 1001, '{\"unsupported_told\":true}', null);
    insert into messages (key, channel, bot, chat, lane, kind, state, not_before, retry_at, tries, resent, late, keep, body, update_bot, update_id, telegram_message_ids, created_at, sent_at) values
        (1, 'telegram', 'shop', 1001, 'interactive', 'answer', 'sent', null, null, 0, false, false, false, '{\"text\":{\"text\":{\"plain\":\"а\"}}}', 77, 10, '5', 100, 110),
        (2, 'telegram', 'shop', 1001, 'interactive', 'answer', 'sending', null, null, 0, false, false, false, '{\"text\":{\"text\":{\"plain\":\"б\"}}}', 77, 11, null, 200, null),
        (3, 'telegram', 'shop', 1001, 'background', 'manual', 'queued', 900, null, 0, false, false, false, '{\"text\":{\"text\":{\"plain\":\"в\"}}}', null, null, null, 300, null),
        (4, 'telegram', 'shop', 1001, 'interactive', 'answer', 'queued', null, 700, 3, true, false, false, '{\"text\":{\"text\":{\"plain\":\"г\"}}}', 77, 13, null, 400, null),
        (5, 'telegram', 'shop', 1001, 'interactive', 'answer', 'unknown', null, null, 0, true, false, false, null, null, null, null, 400, null),
        (6, 'telegram', 'shop', 1001, 'interactive', 'answer', 'failed', null, null, 0, false, false, true, null, null, null, null, 400, null),
        (7, 'telegram', 'shop', 1001, 'interactive', 'answer', 'cancelled', null, null, 0, false, false, false, null, null, null, null, 400, null);
    insert into meta (key, value) values ('next_block', '9');
";

fn make(db: &Db) {
    let engine = if db.url().starts_with("sqlite:") {
        "sqlite"
    } else {
        "postgres"
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("migrations")
        .join(engine);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the migrations")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .filter(|name| name.as_str() < UNTIL)
        .collect();
    names.sort();
    let mut sql = String::from(
        "create table __diesel_schema_migrations (version varchar(50) primary key not null, \
         run_on timestamp not null default current_timestamp);\n",
    );
    for name in names {
        sql += &std::fs::read_to_string(folder.join(&name).join("up.sql")).expect("a migration");
        let version: String = name.split('_').next().expect("a version").replace('-', "");
        sql +=
            &format!("\ninsert into __diesel_schema_migrations (version) values ('{version}');\n");
    }
    sql += ROWS;
    match db.url().strip_prefix("sqlite:") {
        Some(path) => SqliteConnection::establish(path)
            .expect("opens")
            .batch_execute(&sql),
        None => PgConnection::establish(db.url())
            .expect("opens")
            .batch_execute(&sql),
    }
    .expect("made");
}

fn rows_of_before_are_handled_as_ever(db: &Db) {
    make(db);
    let store = db.open();
    assert_eq!(store.write_blocking(journal::replay), Ok(0));
    assert_eq!(
        store.read_blocking(inbox::state_counts),
        Ok(vec![
            (UpdateState::Done, 1),
            (UpdateState::Failed, 1),
            (UpdateState::Pending, 1),
            (UpdateState::Refused, 1)
        ])
    );
    let mut counts = store.read_blocking(messages::state_counts).expect("read");
    counts.sort_by_key(|(state, _)| format!("{state:?}"));
    let counts: Vec<String> = counts
        .iter()
        .map(|(state, count)| format!("{state:?} {count}"))
        .collect();
    assert_eq!(
        counts,
        [
            "Cancelled 1",
            "Failed 1",
            "Queued 2",
            "Sending 1",
            "Sent 1",
            "Unknown 1"
        ]
    );
    // Open rows are found, and marked where they stand.
    let open = store
        .read_blocking(|c| messages::open_of_bot(c, &bot(), MessageKey(0), Moment(1_000), 10))
        .expect("read");
    assert_eq!(
        open.iter().map(|message| message.key.0).collect::<Vec<_>>(),
        [2, 3, 4]
    );
    let mark = SentMark {
        key: MessageKey(2),
        ids: vec![8],
        at: Moment(1_000),
        resent: true,
        late: false,
    };
    let marked = store.write_blocking(move |c| messages::mark_sent(c, std::slice::from_ref(&mark)));
    assert_eq!(marked, Ok(1));
    let sent = store
        .read_blocking(|c| messages::get(c, MessageKey(2)))
        .expect("read")
        .expect("there");
    assert_eq!((sent.state, sent.resent), (MessageState::Sent, true));
    // What was accepted then is not accepted again, and what follows is.
    let telegram = TelegramBotId(77);
    let pass = |numbers: &[i64]| {
        let updates: Vec<UpdateId> = numbers.iter().map(|number| UpdateId(*number)).collect();
        let next = UpdateId(updates.last().expect("one").0 + 1);
        store
            .write_blocking(move |c| offsets::pass(c, telegram, &updates, next, Moment(2_000)))
            .expect("passed")
    };
    assert_eq!(pass(&[10, 12, 13]), [false; 3]);
    assert_eq!(pass(&[14, 15]), [true; 2]);
    assert_eq!(pass(&[13, 14, 15, 16]), [false, false, false, true]);
    // The update that waits is finished in its row.
    let pending = store
        .read_blocking(|c| inbox::pending(c, &bot(), 0, 10))
        .expect("read");
    assert_eq!(
        pending
            .iter()
            .map(|row| (row.key.update.0, row.crashes))
            .collect::<Vec<_>>(),
        [(12, 1)]
    );
    store
        .write_blocking(|c| {
            let trace = Some("шаг 12");
            inbox::finish_traced(c, update_key(12), UpdateState::Done, Moment(3_000), trace)
        })
        .expect("finished");
    let traces = store
        .read_blocking(|c| inbox::traces(c, &bot(), ChatId(1001), None, 10))
        .expect("read");
    let traces: Vec<String> = traces.into_iter().map(|traced| traced.trace).collect();
    assert_eq!(traces, ["шаг 13", "шаг 12", "шаг 10"]);
    let keys = store.read_blocking(|c| conversations::list_keys(c, &bot()));
    assert_eq!(keys.map(|keys| keys.len()), Ok(1));
}

on_both!(rows_of_before_are_handled_as_ever);
