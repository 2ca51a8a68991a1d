//! The outbox: messages to send and sent. The courier is fed in memory after the commit and reads
//! this table only at start and on overflow.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use crate::model::{
    BotCode, Channel, ChatAddress, ChatId, Lane, MessageKey, MessageKind, MessageState, Moment,
    Outgoing, OutgoingBody, TelegramBotId, UpdateId,
};

use super::conn::{Conn, Engine, on_engine};
use super::dialect::{
    InsertMessage, MarkSending, MarkSent, MessageDue, MessageOpen, MessageTimed, ROWS_PER_STATEMENT,
};
use super::error::StoreError;
use super::inbox::UpdateKey;
use super::journal;
use super::schema::messages;

/// Every state with its stored name.
pub const STATES: [(MessageState, &str); 6] = [
    (MessageState::Queued, "queued"),
    (MessageState::Sending, "sending"),
    (MessageState::Sent, "sent"),
    (MessageState::Unknown, "unknown"),
    (MessageState::Failed, "failed"),
    (MessageState::Cancelled, "cancelled"),
];
const KINDS: [(MessageKind, &str); 5] = [
    (MessageKind::Answer, "answer"),
    (MessageKind::Notice, "notice"),
    (MessageKind::Manual, "manual"),
    (MessageKind::Broadcast, "broadcast"),
    (MessageKind::Edit, "edit"),
];
const LANES: [(Lane, &str); 2] = [
    (Lane::Interactive, "interactive"),
    (Lane::Background, "background"),
];
const CHANNELS: [(Channel, &str); 1] = [(Channel::Telegram, "telegram")];

fn name<T: Copy + PartialEq>(names: &[(T, &'static str)], value: T) -> &'static str {
    names
        .iter()
        .find(|(known, _)| *known == value)
        .map_or("", |(_, name)| name)
}

fn value<T: Copy>(names: &[(T, &'static str)], text: &str, what: &str) -> Result<T, StoreError> {
    names
        .iter()
        .find(|(_, name)| *name == text)
        .map(|(value, _)| *value)
        .ok_or_else(|| StoreError::other(format!("messages.{what}: «{text}»")))
}

/// A message to write. Made where the message is decided, so that its JSON is not written by the
/// writer's thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewMessage {
    key: MessageKey,
    to: ChatAddress,
    lane: Lane,
    kind: MessageKind,
    state: MessageState,
    not_before: Option<Moment>,
    keep: bool,
    body: String,
    reply_to: Option<i64>,
    update: Option<UpdateKey>,
    created_at: Moment,
}

impl NewMessage {
    /// A message in the given state: queued, or sending when the courier has a free permit. `update`
    /// is the update that it answers.
    ///
    /// # Errors
    /// Only when the body cannot be written as JSON.
    pub fn new(
        outgoing: &Outgoing,
        state: MessageState,
        update: Option<UpdateKey>,
        created_at: Moment,
    ) -> Result<NewMessage, StoreError> {
        let body = serde_json::to_string(&outgoing.body)
            .map_err(|error| StoreError::other(format!("сообщение {}: {error}", outgoing.key)))?;
        Ok(NewMessage {
            key: outgoing.key,
            to: outgoing.to.clone(),
            lane: outgoing.lane,
            kind: outgoing.kind,
            state,
            not_before: outgoing.not_before,
            keep: false,
            body,
            reply_to: outgoing.reply_to,
            update,
            created_at,
        })
    }

    /// Keeps the row for good (the card of an open task): only its payload is cut with time.
    #[must_use]
    pub fn kept(mut self) -> NewMessage {
        self.keep = true;
        self
    }

    /// Its key.
    pub fn key(&self) -> MessageKey {
        self.key
    }

    /// Not to be sent before this moment.
    pub fn not_before(&self) -> Option<Moment> {
        self.not_before
    }

    /// When it was written.
    pub fn created_at(&self) -> Moment {
        self.created_at
    }

    /// The same to another chat.
    #[must_use]
    pub(super) fn in_chat(mut self, chat: ChatId) -> NewMessage {
        self.to.chat = chat;
        self
    }

    /// The bot that sends it.
    pub fn bot(&self) -> &BotCode {
        &self.to.bot
    }
}

#[derive(Insertable)]
#[diesel(table_name = messages, treat_none_as_default_value = false)]
struct Insert<'a> {
    key: i64,
    channel: &'a str,
    bot: &'a str,
    chat: i64,
    thread: Option<i64>,
    lane: &'a str,
    kind: &'a str,
    state: &'a str,
    not_before: Option<i64>,
    keep: bool,
    body: &'a str,
    reply_to: Option<i64>,
    update_bot: Option<i64>,
    update_id: Option<i64>,
    created_at: i64,
}

impl<'a> From<&'a NewMessage> for Insert<'a> {
    fn from(message: &'a NewMessage) -> Insert<'a> {
        Insert {
            key: message.key.0,
            channel: message.to.channel.as_str(),
            bot: message.to.bot.as_str(),
            chat: message.to.chat.0,
            thread: message.to.thread,
            lane: name(&LANES, message.lane),
            kind: name(&KINDS, message.kind),
            state: name(&STATES, message.state),
            not_before: message.not_before.map(|at| at.0),
            keep: message.keep,
            body: &message.body,
            reply_to: message.reply_to,
            update_bot: message.update.map(|update| update.bot.0),
            update_id: message.update.map(|update| update.update.0),
            created_at: message.created_at.0,
        }
    }
}

impl<'a> From<Insert<'a>> for InsertMessage<'a> {
    fn from(row: Insert<'a>) -> InsertMessage<'a> {
        InsertMessage {
            key: row.key,
            channel: row.channel,
            bot: row.bot,
            chat: row.chat,
            thread: row.thread,
            lane: row.lane,
            kind: row.kind,
            state: row.state,
            not_before: row.not_before,
            keep: row.keep,
            body: row.body,
            reply_to: row.reply_to,
            update_bot: row.update_bot,
            update_id: row.update_id,
            created_at: row.created_at,
            borrows: PhantomData,
        }
    }
}

/// A message read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredMessage {
    /// Its key.
    pub key: MessageKey,
    /// Where to.
    pub to: ChatAddress,
    /// The queue it stands in.
    pub lane: Lane,
    /// What it is.
    pub kind: MessageKind,
    /// Where it stands.
    pub state: MessageState,
    /// Not to be sent before this moment.
    pub not_before: Option<Moment>,
    /// Not to be tried again before this moment.
    pub retry_at: Option<Moment>,
    /// Tries that failed.
    pub tries: i32,
    /// It was sent a second time because the fate of the first was unknown.
    pub resent: bool,
    /// It was sent later than its `not_before` asked, because nobody was at work then.
    pub late: bool,
    /// What is sent; `None` when its time is over or it cannot be read.
    pub body: Option<OutgoingBody>,
    /// The message that it quotes.
    pub reply_to: Option<i64>,
    /// The update that it answers.
    pub update: Option<UpdateKey>,
    /// The channel's numbers of the message, one per part.
    pub telegram_message_ids: Vec<i64>,
    /// Why it failed, or the last error.
    pub error: Option<SendError>,
    /// When it was written.
    pub created_at: Moment,
    /// When the channel took it.
    pub sent_at: Option<Moment>,
}

impl StoredMessage {
    /// The message as it is to be sent; `None` without a body.
    pub fn outgoing(&self) -> Option<Outgoing> {
        Some(Outgoing {
            key: self.key,
            to: self.to.clone(),
            lane: self.lane,
            kind: self.kind,
            reply_to: self.reply_to,
            not_before: self.not_before,
            body: self.body.clone()?,
        })
    }
}

/// What the channel said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendError {
    /// The channel's code, where it has one.
    pub code: Option<i32>,
    /// Its words; never a token.
    pub text: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct Row {
    key: i64,
    channel: String,
    bot: String,
    chat: i64,
    thread: Option<i64>,
    lane: String,
    kind: String,
    state: String,
    not_before: Option<i64>,
    retry_at: Option<i64>,
    tries: i32,
    resent: bool,
    late: bool,
    body: Option<String>,
    reply_to: Option<i64>,
    update_bot: Option<i64>,
    update_id: Option<i64>,
    telegram_message_ids: Option<String>,
    error_code: Option<i32>,
    error_text: Option<String>,
    created_at: i64,
    sent_at: Option<i64>,
}

impl Row {
    fn message(self) -> Result<StoredMessage, StoreError> {
        let key = self.key;
        // One row that cannot be read must not stop a bot's queue: its body is missing, and the
        // courier marks it failed.
        let body = self.body.and_then(|body| {
            serde_json::from_str(&body)
                .inspect_err(|error| {
                    tracing::error!(message = key, %error, "the body of a message cannot be read");
                })
                .ok()
        });
        let error_code = self.error_code;
        Ok(StoredMessage {
            key: MessageKey(key),
            to: ChatAddress {
                channel: value(&CHANNELS, &self.channel, "channel")?,
                bot: BotCode::new(&self.bot),
                chat: ChatId(self.chat),
                thread: self.thread,
            },
            lane: value(&LANES, &self.lane, "lane")?,
            kind: value(&KINDS, &self.kind, "kind")?,
            state: value(&STATES, &self.state, "state")?,
            not_before: self.not_before.map(Moment),
            retry_at: self.retry_at.map(Moment),
            tries: self.tries,
            resent: self.resent,
            late: self.late,
            body,
            reply_to: self.reply_to,
            update: self
                .update_bot
                .zip(self.update_id)
                .map(|(bot, update)| UpdateKey {
                    bot: TelegramBotId(bot),
                    update: UpdateId(update),
                }),
            telegram_message_ids: read_ids(self.telegram_message_ids.as_deref()),
            error: self.error_text.map(|text| SendError {
                code: error_code,
                text,
            }),
            created_at: Moment(self.created_at),
            sent_at: self.sent_at.map(Moment),
        })
    }
}

fn write_ids(ids: &[i64]) -> String {
    let mut text = String::with_capacity(ids.len() * 8);
    for (index, id) in ids.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&id.to_string());
    }
    text
}

fn read_ids(text: Option<&str>) -> Vec<i64> {
    text.unwrap_or("")
        .split(',')
        .filter_map(|id| id.parse().ok())
        .collect()
}

/// Writes messages. One whose key is there already is left as it is: a job may run again.
///
/// # Errors
/// An outage.
pub fn insert(conn: &mut Conn, new: &[NewMessage]) -> Result<(), StoreError> {
    match &mut conn.engine {
        Engine::Postgres(c) if new.len() > 1 => {
            for chunk in new.chunks(ROWS_PER_STATEMENT) {
                let rows: Vec<Insert<'_>> = chunk.iter().map(Insert::from).collect();
                diesel::insert_into(messages::table)
                    .values(&rows)
                    .on_conflict_do_nothing()
                    .execute(c)?;
            }
        }
        _ => {
            for message in new {
                let insert = InsertMessage::from(Insert::from(message));
                on_engine!(conn, c => insert.execute(c))?;
            }
        }
    }
    Ok(())
}

/// A message that the channel took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SentMark {
    /// Which.
    pub key: MessageKey,
    /// The channel's numbers, one per part.
    pub ids: Vec<i64>,
    /// When.
    pub at: Moment,
    /// It was sent a second time because the fate of the first was unknown.
    pub resent: bool,
    /// It was sent later than its `not_before` asked.
    pub late: bool,
}

/// Marks messages as sent; many in one job.
///
/// # Errors
/// An outage.
pub fn mark_sent(conn: &mut Conn, marks: &[SentMark]) -> Result<usize, StoreError> {
    let all = marks.len();
    let mut marks = journal::mark_sent(conn, marks);
    let mut changed = all - marks.len();
    match &mut conn.engine {
        Engine::Postgres(c) if marks.len() > 1 => {
            // In the order of keys, so that two batches lock rows in one order.
            marks.sort_unstable_by_key(|mark| mark.key);
            let column = |get: &dyn Fn(&SentMark) -> i64| -> Vec<i64> {
                marks.iter().map(|mark| get(mark)).collect()
            };
            changed += diesel::sql_query(
                "update messages set state = 'sent', telegram_message_ids = v.ids, sent_at = v.at,
                     resent = messages.resent or v.resent, late = messages.late or v.late, retry_at = null,
                     error_code = null, error_text = null
                 from unnest($1, $2, $3, $4, $5) as v (key, ids, at, resent, late)
                 where messages.key = v.key",
            )
            .bind::<Array<BigInt>, _>(column(&|mark| mark.key.0))
            .bind::<Array<Text>, _>(
                marks
                    .iter()
                    .map(|mark| write_ids(&mark.ids))
                    .collect::<Vec<_>>(),
            )
            .bind::<Array<BigInt>, _>(column(&|mark| mark.at.0))
            .bind::<Array<diesel::sql_types::Bool>, _>(
                marks.iter().map(|mark| mark.resent).collect::<Vec<_>>(),
            )
            .bind::<Array<diesel::sql_types::Bool>, _>(
                marks.iter().map(|mark| mark.late).collect::<Vec<_>>(),
            )
            .execute(c)?;
        }
        _ => {
            for mark in marks {
                let ids = write_ids(&mark.ids);
                let mark = MarkSent {
                    ids: &ids,
                    at: mark.at.0,
                    resent: mark.resent,
                    late: mark.late,
                    key: mark.key.0,
                    borrows: PhantomData,
                };
                changed += on_engine!(conn, c => mark.execute(c))?;
            }
        }
    }
    Ok(changed)
}

/// Sets the state of a message and its last error (`None` leaves the one that is there).
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such message.
pub fn mark(
    conn: &mut Conn,
    key: MessageKey,
    state: MessageState,
    error: Option<&SendError>,
) -> Result<(), StoreError> {
    journal::take_out(conn, key)?;
    let state = name(&STATES, state);
    let changed = match error {
        None => on_engine!(conn, c => diesel::update(messages::table.find(key.0))
            .set(messages::state.eq(state))
            .execute(c))?,
        Some(error) => on_engine!(conn, c => diesel::update(messages::table.find(key.0))
            .set((
                messages::state.eq(state),
                messages::error_code.eq(error.code),
                messages::error_text.eq(Some(&error.text)),
            ))
            .execute(c))?,
    };
    found(changed, key)
}

/// A message is being sent again without knowing whether it had arrived: whatever comes of it, its row
/// says so.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such message.
pub fn mark_resent(conn: &mut Conn, key: MessageKey) -> Result<(), StoreError> {
    journal::take_out(conn, key)?;
    let changed = on_engine!(conn, c => diesel::update(messages::table.find(key.0))
        .set((messages::state.eq("sending"), messages::resent.eq(true)))
        .execute(c))?;
    found(changed, key)
}

/// Sets messages that are queued to sending, in one job: just before they are handed over.
///
/// # Errors
/// An outage.
pub fn mark_sending(conn: &mut Conn, keys: &[MessageKey]) -> Result<usize, StoreError> {
    let mut changed = 0;
    match &mut conn.engine {
        Engine::Postgres(c) if keys.len() > 1 => {
            let mut keys: Vec<i64> = keys.iter().map(|key| key.0).collect();
            keys.sort_unstable();
            changed += diesel::update(messages::table)
                .filter(messages::key.eq_any(keys).and(messages::state.eq("queued")))
                .set(messages::state.eq("sending"))
                .execute(c)?;
        }
        _ => {
            for key in keys {
                let mark = MarkSending {
                    key: key.0,
                    borrows: PhantomData,
                };
                changed += on_engine!(conn, c => mark.execute(c))?;
            }
        }
    }
    Ok(changed)
}

/// Puts a message back into the queue for another try at the given moment.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such message.
pub fn retry_at(
    conn: &mut Conn,
    key: MessageKey,
    at: Moment,
    error: &SendError,
) -> Result<(), StoreError> {
    journal::take_out(conn, key)?;
    let changed = on_engine!(conn, c => diesel::update(messages::table.find(key.0))
        .set((
            messages::state.eq("queued"),
            messages::retry_at.eq(Some(at.0)),
            messages::tries.eq(messages::tries + 1),
            messages::error_code.eq(error.code),
            messages::error_text.eq(Some(&error.text)),
        ))
        .execute(c))?;
    found(changed, key)
}

/// Withdraws a message that is still queued; false when it is too late.
///
/// # Errors
/// An outage.
pub fn cancel(conn: &mut Conn, key: MessageKey) -> Result<bool, StoreError> {
    let changed = on_engine!(conn, c => diesel::update(messages::table.find(key.0))
        .filter(messages::state.eq("queued"))
        .set(messages::state.eq("cancelled"))
        .execute(c))?;
    Ok(changed == 1)
}

fn found(changed: usize, key: MessageKey) -> Result<(), StoreError> {
    if changed == 1 {
        Ok(())
    } else {
        Err(StoreError::not_found(format!("сообщение {key}")))
    }
}

/// The open messages of a bot in the order of their keys, after the given one: what is being sent
/// (after a crash: whose fate is unknown), and what is queued and due. Messages that are deferred to a
/// moment that has not come are left to [`due`]; those to be retried are not, or what is behind them in
/// their chat would overtake them.
///
/// # Errors
/// An outage.
pub fn open_of_bot(
    conn: &mut Conn,
    bot: &BotCode,
    after: MessageKey,
    now: Moment,
    limit: i64,
) -> Result<Vec<StoredMessage>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => messages::table
        .filter(
            MessageOpen
                .and(messages::bot.eq(bot.as_str()))
                .and(messages::key.gt(after.0)),
        )
        .filter(
            messages::state
                .eq("sending")
                .or(MessageDue.is_null())
                .or(MessageDue.le(now.0))
                .or(messages::retry_at.is_not_null()),
        )
        .order(messages::key)
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    rows.into_iter().map(Row::message).collect()
}

/// Queued messages with a moment (deferred or to be retried) that has come, the earliest first.
///
/// # Errors
/// An outage.
pub fn due(conn: &mut Conn, now: Moment, limit: i64) -> Result<Vec<StoredMessage>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => messages::table
        .filter(MessageTimed)
        .filter(MessageDue.le(now.0))
        .order((MessageDue, messages::key))
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    rows.into_iter().map(Row::message).collect()
}

/// The nearest moment of a queued message after the given one.
///
/// # Errors
/// An outage.
pub fn next_due(conn: &mut Conn, after: Moment) -> Result<Option<Moment>, StoreError> {
    let at: Option<Option<i64>> = on_engine!(conn, c => messages::table
        .filter(MessageTimed)
        .filter(MessageDue.gt(after.0))
        .order(MessageDue)
        .select(MessageDue)
        .first(c)
        .optional())?;
    Ok(at.flatten().map(Moment))
}

/// The codes of the bots that have open messages.
///
/// # Errors
/// An outage.
pub fn bots_with_open(conn: &mut Conn) -> Result<Vec<BotCode>, StoreError> {
    let codes: Vec<String> = on_engine!(conn, c => messages::table
        .filter(MessageOpen)
        .select(messages::bot)
        .distinct()
        .order(messages::bot)
        .load(c))?;
    Ok(codes.iter().map(|code| BotCode::new(code)).collect())
}

/// One message.
///
/// # Errors
/// An outage.
pub fn get(conn: &mut Conn, key: MessageKey) -> Result<Option<StoredMessage>, StoreError> {
    let row: Option<Row> = on_engine!(conn, c => messages::table
        .find(key.0)
        .select(Row::as_select())
        .get_result(c)
        .optional())?;
    match row {
        Some(row) => row.message().map(Some),
        None => journal::find_message(conn, key),
    }
}

/// Which messages to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Of this bot.
    pub bot: Option<BotCode>,
    /// In this chat.
    pub chat: Option<ChatId>,
    /// In this state.
    pub state: Option<MessageState>,
    /// Older than this key: the last one of the page before.
    pub before: Option<MessageKey>,
    /// At most so many; at least 1.
    pub limit: i64,
}

/// Messages by filter, the newest first.
///
/// # Errors
/// An outage.
pub fn list(conn: &mut Conn, filter: &Filter) -> Result<Vec<StoredMessage>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => {
        let mut query = messages::table
            .order(messages::key.desc())
            .limit(filter.limit.max(1))
            .select(Row::as_select())
            .into_boxed();
        if let Some(bot) = &filter.bot {
            query = query.filter(messages::bot.eq(bot.as_str()));
        }
        if let Some(chat) = filter.chat {
            query = query.filter(messages::chat.eq(chat.0));
        }
        if let Some(state) = filter.state {
            query = query.filter(messages::state.eq(name(&STATES, state)));
            if matches!(state, MessageState::Queued | MessageState::Sending) {
                query = query.filter(MessageOpen);
            }
        }
        if let Some(before) = filter.before {
            query = query.filter(messages::key.lt(before.0));
        }
        query.load(c)
    })?;
    let mut found = rows
        .into_iter()
        .map(Row::message)
        .collect::<Result<Vec<StoredMessage>, StoreError>>()?;
    found.extend(journal::list_messages(conn, filter)?);
    found.sort_unstable_by_key(|message| Reverse(message.key));
    found.truncate(usize::try_from(filter.limit.max(1)).unwrap_or(usize::MAX));
    Ok(found)
}

/// How many messages stand in each state. Reads the whole table: for tests and reports.
///
/// # Errors
/// An outage.
pub fn state_counts(conn: &mut Conn) -> Result<Vec<(MessageState, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = on_engine!(conn, c => messages::table
        .group_by(messages::state)
        .select((messages::state, diesel::dsl::count_star()))
        .order(messages::state)
        .load(c))?;
    let (sending, sent) = journal::message_counts(conn)?;
    counted(
        rows,
        &[(MessageState::Sending, sending), (MessageState::Sent, sent)],
    )
}

/// How many messages are open, by state; cheap.
///
/// # Errors
/// An outage.
pub fn open_counts(conn: &mut Conn) -> Result<Vec<(MessageState, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = on_engine!(conn, c => messages::table
        .filter(MessageOpen)
        .group_by(messages::state)
        .select((messages::state, diesel::dsl::count_star()))
        .order(messages::state)
        .load(c))?;
    let waiting = conn.journal().map_or(0, |journal| journal.waiting());
    counted(rows, &[(MessageState::Sending, waiting as i64)])
}

/// How many messages of each bot wait to be sent.
///
/// # Errors
/// An outage.
pub fn waiting_by_bot(conn: &mut Conn) -> Result<BTreeMap<BotCode, i64>, StoreError> {
    let rows: Vec<(String, i64)> = on_engine!(conn, c => messages::table
        .filter(MessageOpen)
        .group_by(messages::bot)
        .select((messages::bot, diesel::dsl::count_star()))
        .load(c))?;
    let counts = rows.into_iter();
    Ok(counts
        .map(|(code, count)| (BotCode::new(&code), count))
        .collect())
}

/// Rows of counts and what stands in the journal, by the names of the states.
fn counted(
    rows: Vec<(String, i64)>,
    more: &[(MessageState, i64)],
) -> Result<Vec<(MessageState, i64)>, StoreError> {
    let mut counts: BTreeMap<String, i64> = rows.into_iter().collect();
    for (state, count) in more.iter().filter(|(_, count)| *count > 0) {
        *counts.entry(name(&STATES, *state).to_owned()).or_default() += count;
    }
    counts
        .into_iter()
        .map(|(state, count)| Ok((value(&STATES, &state, "state")?, count)))
        .collect()
}
