//! What is looked up in the journal: traces of a chat, messages, figures for tests and reports.
//!
//! Rows are read newest first. Only traces have an index, of the chats of each row; what else is asked
//! for is near the end, or asked for seldom.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::model::{BotCode, ChatId, Lane, MessageKey, MessageKind, MessageState, Moment};
use crate::store::conn::{Conn, on_engine};
use crate::store::error::StoreError;
use crate::store::inbox::{StoredUpdate, Traced, UpdateKey, UpdateState};
use crate::store::messages::{Filter, StoredMessage};
use crate::store::schema::{journal, journal_index};

use super::record::{self, Answer, Header, Record, Sent, Update, chat_mark};
use super::{ROWS_AT_ONCE, address, update_key};

/// Rows of the index that are read at once: a few kilobytes.
const INDEX_ROWS_AT_ONCE: i64 = 512;
/// Messages get their keys when they are decided and their rows when they are committed: a row may hold
/// keys that are older than those of rows before it, by so much at most.
const DISORDER_MICROS: i64 = 5_000_000;

/// What rows of the journal hold, for whoever looks at the database past the server: tests and tools.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Contents {
    /// The updates in the order of arrival.
    pub updates: Vec<StoredUpdate>,
    /// The messages that did not become rows, in the order of their rows.
    pub messages: Vec<StoredMessage>,
}

/// Reads all rows (`seq` and `body`), which must come in order.
///
/// # Errors
/// A row that cannot be read.
pub fn contents(rows: &[(i64, Vec<u8>)]) -> Result<Contents, StoreError> {
    let mut contents = Contents::default();
    let mut settled: HashMap<MessageKey, Option<Sent>> = HashMap::new();
    for (seq, body) in rows {
        let mut place = *seq;
        for record in record::read(body)? {
            match record {
                Record::Handled(header, updates) => {
                    for update in &updates {
                        place += 1;
                        contents.updates.push(stored_update(&header, update, place));
                        let answers = update.answers.iter();
                        contents
                            .messages
                            .extend(answers.map(|answer| stored(&header, update.id, answer, None)));
                    }
                }
                Record::Sent(marks) => {
                    settled.extend(marks.into_iter().map(|mark| (mark.key, Some(mark))));
                }
                Record::Moved(keys) => settled.extend(keys.into_iter().map(|key| (key, None))),
            }
        }
    }
    contents.messages.retain_mut(|message| {
        let Some(mark) = settled.remove(&message.key) else {
            return true;
        };
        let Some(mark) = mark else { return false };
        message.state = MessageState::Sent;
        message.sent_at = Some(mark.at);
        message.telegram_message_ids = mark.ids;
        true
    });
    Ok(contents)
}

fn stored_update(header: &Header, update: &Update<'_>, place: i64) -> StoredUpdate {
    StoredUpdate {
        seq: place,
        key: update_key(header, update.id),
        bot: header.bot.clone(),
        chat: update.chat,
        sender: update.sender,
        state: UpdateState::Done,
        crashes: 0,
        raw: update.raw.map(str::to_owned),
        received_at: update.received_at,
        handled_at: Some(header.at),
    }
}

/// Calls `with` for each row before the given one, the newest first, until it says that it has enough.
fn newest_first(
    conn: &mut Conn,
    mut before: i64,
    mut with: impl FnMut(i64, Moment, Vec<Record<'_>>) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    loop {
        let rows: Vec<(i64, i64, Vec<u8>)> = on_engine!(conn, c => journal::table
            .filter(journal::seq.lt(before))
            .order(journal::seq.desc())
            .limit(ROWS_AT_ONCE)
            .select((journal::seq, journal::at, journal::body))
            .load(c))?;
        let Some((last, ..)) = rows.last() else {
            return Ok(());
        };
        before = *last;
        for (seq, at, body) in &rows {
            if !with(*seq, Moment(*at), record::read(body)?)? {
                return Ok(());
            }
        }
    }
}

/// The last updates of a chat before the given place, the newest first.
pub(in crate::store) fn traces(
    conn: &mut Conn,
    bot: &BotCode,
    chat: ChatId,
    before: i64,
    limit: usize,
) -> Result<Vec<Traced>, StoreError> {
    let mark = chat_mark(bot, chat).to_le_bytes();
    let mut found = Vec::new();
    let mut before_row = before;
    while found.len() < limit {
        let rows: Vec<(i64, Vec<u8>)> = on_engine!(conn, c => journal_index::table
            .filter(journal_index::seq.lt(before_row))
            .order(journal_index::seq.desc())
            .limit(INDEX_ROWS_AT_ONCE)
            .select((journal_index::seq, journal_index::chats))
            .load(c))?;
        let Some((last, _)) = rows.last() else { break };
        before_row = *last;
        for (seq, chats) in &rows {
            if found.len() >= limit {
                break;
            }
            if !chats.chunks_exact(4).any(|other| other == mark) {
                continue;
            }
            let body: Option<Vec<u8>> = on_engine!(conn, c => journal::table
                .find(seq)
                .select(journal::body)
                .get_result(c)
                .optional())?;
            let Some(body) = body else { continue };
            let mut of_row = Vec::new();
            let mut place = *seq;
            for record in record::read(&body)? {
                let Record::Handled(header, updates) = record else {
                    continue;
                };
                for update in updates {
                    place += 1;
                    if header.bot == *bot
                        && update.chat == Some(chat)
                        && place < before
                        && let Some(trace) = update.trace
                    {
                        of_row.push(Traced {
                            seq: place,
                            update: update.id,
                            sender: update.sender,
                            state: UpdateState::Done,
                            received_at: update.received_at,
                            handled_at: Some(header.at),
                            trace: trace.to_owned(),
                        });
                    }
                }
            }
            found.extend(of_row.into_iter().rev());
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// Messages by filter, the newest first. Those that became rows are not among them.
pub(in crate::store) fn list_messages(
    conn: &mut Conn,
    filter: &Filter,
) -> Result<Vec<StoredMessage>, StoreError> {
    let wanted = |message: &StoredMessage| {
        filter.bot.as_ref().is_none_or(|bot| *bot == message.to.bot)
            && filter.chat.is_none_or(|chat| chat == message.to.chat)
            && filter.state.is_none_or(|state| state == message.state)
            && filter.before.is_none_or(|before| message.key < before)
    };
    if !matches!(
        filter.state,
        None | Some(MessageState::Sending | MessageState::Sent)
    ) {
        return Ok(Vec::new());
    }
    let limit = usize::try_from(filter.limit.max(1)).unwrap_or(usize::MAX);
    let mut found: Vec<StoredMessage> = Vec::new();
    let mut enough_since: Option<Moment> = None;
    each_message(conn, |at, message| {
        if wanted(&message) {
            found.push(message);
        }
        if found.len() >= limit {
            let since = *enough_since.get_or_insert(at);
            return since.micros_since(at) <= DISORDER_MICROS;
        }
        true
    })?;
    found.sort_unstable_by_key(|message| std::cmp::Reverse(message.key));
    found.truncate(limit);
    Ok(found)
}

/// Calls `with` for each message that did not become a row, from the newest row on, with the moment of
/// its row, until it says that it has enough.
fn each_message(
    conn: &mut Conn,
    mut with: impl FnMut(Moment, StoredMessage) -> bool,
) -> Result<(), StoreError> {
    let mut settled: HashMap<MessageKey, Option<Sent>> = HashMap::new();
    newest_first(conn, i64::MAX, |_, at, records| {
        // Marks stand behind their answers, also where both share a row.
        for record in &records {
            match record {
                Record::Sent(marks) => {
                    settled.extend(marks.iter().map(|mark| (mark.key, Some(mark.clone()))));
                }
                Record::Moved(keys) => settled.extend(keys.iter().map(|key| (*key, None))),
                Record::Handled(..) => {}
            }
        }
        for record in &records {
            let Record::Handled(header, updates) = record else {
                continue;
            };
            for update in updates {
                for answer in &update.answers {
                    let message = match settled.remove(&answer.key) {
                        Some(None) => continue,
                        Some(Some(mark)) => stored(header, update.id, answer, Some(mark)),
                        None => stored(header, update.id, answer, None),
                    };
                    if !with(at, message) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    })
}

fn stored(
    header: &Header,
    update: crate::model::UpdateId,
    answer: &Answer<'_>,
    mark: Option<Sent>,
) -> StoredMessage {
    let sent_at = mark.as_ref().map(|mark| mark.at);
    StoredMessage {
        key: answer.key,
        to: address(header, answer),
        lane: Lane::Interactive,
        kind: MessageKind::Answer,
        state: if mark.is_some() {
            MessageState::Sent
        } else {
            MessageState::Sending
        },
        not_before: None,
        retry_at: None,
        tries: 0,
        resent: false,
        late: false,
        body: answer.body(),
        reply_to: answer.reply_to,
        update: Some(update_key(header, update)),
        telegram_message_ids: mark.map(|mark| mark.ids).unwrap_or_default(),
        error: None,
        created_at: header.at,
        sent_at,
    }
}

/// One message; `None` when it is not in the journal or became a row.
pub(in crate::store) fn find_message(
    conn: &mut Conn,
    key: MessageKey,
) -> Result<Option<StoredMessage>, StoreError> {
    let rows: Vec<i64> = on_engine!(conn, c => journal_index::table
        .filter(
            journal_index::first_key
                .le(Some(key.0))
                .and(journal_index::last_key.ge(Some(key.0))),
        )
        .order(journal_index::seq)
        .select(journal_index::seq)
        .load(c))?;
    for seq in rows {
        // Its mark stands in this row or, soon, in one after it.
        let mut from = seq;
        let mut found: Option<StoredMessage> = None;
        loop {
            let bodies: Vec<(i64, Vec<u8>)> = on_engine!(conn, c => journal::table
                .filter(journal::seq.ge(from))
                .order(journal::seq)
                .limit(ROWS_AT_ONCE)
                .select((journal::seq, journal::body))
                .load(c))?;
            let Some((last, _)) = bodies.last() else {
                return Ok(found);
            };
            from = last + 1;
            for (at, body) in &bodies {
                for record in record::read(body)? {
                    match record {
                        Record::Handled(header, updates) if *at == seq => {
                            found = found.or_else(|| {
                                updates.iter().find_map(|update| {
                                    let answer =
                                        update.answers.iter().find(|answer| answer.key == key)?;
                                    Some(stored(&header, update.id, answer, None))
                                })
                            });
                        }
                        Record::Handled(..) => {}
                        Record::Sent(marks) => {
                            if let Some(mark) = marks.into_iter().find(|mark| mark.key == key)
                                && let Some(mut message) = found.take()
                            {
                                message.state = MessageState::Sent;
                                message.sent_at = Some(mark.at);
                                message.telegram_message_ids = mark.ids;
                                return Ok(Some(message));
                            }
                        }
                        Record::Moved(keys) => {
                            if keys.contains(&key) {
                                return Ok(None);
                            }
                        }
                    }
                }
                if *at == seq && found.is_none() {
                    break;
                }
            }
            if found.is_none() {
                break;
            }
        }
    }
    Ok(None)
}

/// How many messages, being sent and sent, did not become rows. Reads the whole journal.
pub(in crate::store) fn message_counts(conn: &mut Conn) -> Result<(i64, i64), StoreError> {
    let (mut sending, mut sent) = (0, 0);
    each_message(conn, |_, message| {
        match message.state {
            MessageState::Sent => sent += 1,
            _ => sending += 1,
        }
        true
    })?;
    Ok((sending, sent))
}

/// How many updates it holds. Reads the whole journal.
pub(in crate::store) fn update_count(conn: &mut Conn) -> Result<i64, StoreError> {
    let mut count = 0;
    newest_first(conn, i64::MAX, |_, _, records| {
        for record in records {
            if let Record::Handled(_, updates) = record {
                count += updates.len() as i64;
            }
        }
        Ok(true)
    })?;
    Ok(count)
}

/// One update. Reads the journal until it is found: for tests and reports.
pub(in crate::store) fn find_update(
    conn: &mut Conn,
    key: UpdateKey,
) -> Result<Option<StoredUpdate>, StoreError> {
    let mut found = None;
    newest_first(conn, i64::MAX, |seq, _, records| {
        let mut place = seq;
        for record in records {
            let Record::Handled(header, updates) = record else {
                continue;
            };
            for update in updates {
                place += 1;
                if header.telegram_id == key.bot && update.id == key.update {
                    found = Some(stored_update(&header, &update, place));
                    return Ok(false);
                }
            }
        }
        Ok(true)
    })?;
    Ok(found)
}
