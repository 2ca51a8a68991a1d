//! Updates as they came: exactly once by (Telegram's bot id, update id), in order of arrival.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::marker::PhantomData;

use diesel::prelude::*;

use crate::model::{BotCode, Channel, ChatId, Moment, PersonId, TelegramBotId, UpdateId};

use super::conn::{Conn, Engine, on_engine};
use super::dialect::{AcceptUpdate, FinishUpdate, InboxPending, ROWS_PER_STATEMENT};
use super::error::StoreError;
use super::journal;
use super::schema::inbox;

/// The key of an update.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UpdateKey {
    /// Telegram's id of the bot.
    pub bot: TelegramBotId,
    /// Telegram's number of the update.
    pub update: UpdateId,
}

/// Where an update stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UpdateState {
    /// Accepted, not handled yet.
    Pending,
    /// Handled.
    Done,
    /// Given up after three crashes, or unreadable.
    Failed,
    /// Set aside: the chat floods.
    Refused,
}

impl UpdateState {
    /// Every state, for counting.
    pub const ALL: [UpdateState; 4] = [
        UpdateState::Pending,
        UpdateState::Done,
        UpdateState::Failed,
        UpdateState::Refused,
    ];

    /// Its stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            UpdateState::Pending => "pending",
            UpdateState::Done => "done",
            UpdateState::Failed => "failed",
            UpdateState::Refused => "refused",
        }
    }

    fn read(text: &str) -> Result<UpdateState, StoreError> {
        UpdateState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| StoreError::other(format!("inbox.state: «{text}»")))
    }
}

/// An update to accept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewUpdate {
    /// Its key.
    pub key: UpdateKey,
    /// The channel.
    pub channel: Channel,
    /// The bot's code.
    pub bot: BotCode,
    /// The chat, where the update has one.
    pub chat: Option<ChatId>,
    /// The sender, where the update has one.
    pub sender: Option<PersonId>,
    /// Pending, or already done in the same commit.
    pub state: UpdateState,
    /// It carries a contact or authorisation data: the shorter period of retention applies.
    pub personal: bool,
    /// The JSON as it came (payloads of one-time links cut).
    pub raw: String,
    /// When it came.
    pub received_at: Moment,
    /// When it was handled, where that is in the same commit.
    pub handled_at: Option<Moment>,
    /// What was tried for it, in words; `None` while it waits.
    pub trace: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = inbox, treat_none_as_default_value = false)]
struct Insert<'a> {
    seq: i64,
    channel: &'a str,
    bot_id: i64,
    update_id: i64,
    bot: &'a str,
    chat: Option<i64>,
    sender: Option<i64>,
    state: &'a str,
    personal: bool,
    raw: &'a str,
    received_at: i64,
    handled_at: Option<i64>,
    trace: Option<&'a str>,
}

impl<'a> Insert<'a> {
    fn new(seq: i64, update: &'a NewUpdate) -> Insert<'a> {
        Insert {
            seq,
            channel: update.channel.as_str(),
            bot_id: update.key.bot.0,
            update_id: update.key.update.0,
            bot: update.bot.as_str(),
            chat: update.chat.map(|chat| chat.0),
            sender: update.sender.map(|sender| sender.0),
            state: update.state.as_str(),
            personal: update.personal,
            raw: &update.raw,
            received_at: update.received_at.0,
            handled_at: (update.state != UpdateState::Pending)
                .then_some(update.handled_at.unwrap_or(update.received_at).0),
            trace: update.trace.as_deref(),
        }
    }
}

impl<'a> From<Insert<'a>> for AcceptUpdate<'a> {
    fn from(row: Insert<'a>) -> AcceptUpdate<'a> {
        AcceptUpdate {
            seq: row.seq,
            channel: row.channel,
            bot_id: row.bot_id,
            update_id: row.update_id,
            bot: row.bot,
            chat: row.chat,
            sender: row.sender,
            state: row.state,
            personal: row.personal,
            raw: row.raw,
            received_at: row.received_at,
            handled_at: row.handled_at,
            trace: row.trace,
            borrows: PhantomData,
        }
    }
}

/// An update read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredUpdate {
    /// The order of arrival.
    pub seq: i64,
    /// Its key.
    pub key: UpdateKey,
    /// The bot's code.
    pub bot: BotCode,
    /// The chat.
    pub chat: Option<ChatId>,
    /// The sender.
    pub sender: Option<PersonId>,
    /// Where it stands.
    pub state: UpdateState,
    /// Tries that ended in a panic or failure.
    pub crashes: i32,
    /// The JSON; `None` when its time is over.
    pub raw: Option<String>,
    /// When it came.
    pub received_at: Moment,
    /// When it was handled.
    pub handled_at: Option<Moment>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = inbox)]
struct Row {
    seq: i64,
    bot_id: i64,
    update_id: i64,
    bot: String,
    chat: Option<i64>,
    sender: Option<i64>,
    state: String,
    crashes: i32,
    raw: Option<String>,
    received_at: i64,
    handled_at: Option<i64>,
}

impl Row {
    fn update(self) -> Result<StoredUpdate, StoreError> {
        Ok(StoredUpdate {
            seq: self.seq,
            key: UpdateKey {
                bot: TelegramBotId(self.bot_id),
                update: UpdateId(self.update_id),
            },
            bot: BotCode::new(&self.bot),
            chat: self.chat.map(ChatId),
            sender: self.sender.map(PersonId),
            state: UpdateState::read(&self.state)?,
            crashes: self.crashes,
            raw: self.raw,
            received_at: Moment(self.received_at),
            handled_at: self.handled_at.map(Moment),
        })
    }
}

/// Writes updates; tells of each whether it is new. One that is there already stays as it is.
///
/// # Errors
/// An outage.
pub fn accept(conn: &mut Conn, updates: &[NewUpdate]) -> Result<Vec<bool>, StoreError> {
    accept_each(conn, &updates.iter().collect::<Vec<_>>())
}

/// [`accept`] of updates that stand apart.
pub(super) fn accept_each(
    conn: &mut Conn,
    updates: &[&NewUpdate],
) -> Result<Vec<bool>, StoreError> {
    let mut new = Vec::with_capacity(updates.len());
    // The journal's numbers: the order of arrival is one for what stands here and there.
    let first = conn.next_seqs(updates.len())?;
    let mut numbered = (first..).zip(updates);
    match &mut conn.engine {
        Engine::Postgres(c) if updates.len() > 1 => {
            for chunk in updates.chunks(ROWS_PER_STATEMENT) {
                let rows: Vec<Insert<'_>> = numbered
                    .by_ref()
                    .take(chunk.len())
                    .map(|(seq, update)| Insert::new(seq, update))
                    .collect();
                let mut inserted: HashSet<(i64, i64)> = diesel::insert_into(inbox::table)
                    .values(&rows)
                    .on_conflict_do_nothing()
                    .returning((inbox::bot_id, inbox::update_id))
                    .load(c)?
                    .into_iter()
                    .collect();
                // An update given twice is new once.
                new.extend(
                    chunk
                        .iter()
                        .map(|update| inserted.remove(&(update.key.bot.0, update.key.update.0))),
                );
            }
        }
        _ => {
            for (seq, update) in numbered {
                let insert = AcceptUpdate::from(Insert::new(seq, update));
                new.push(on_engine!(conn, c => insert.execute(c))? == 1);
            }
        }
    }
    Ok(new)
}

/// Sets updates to a final state.
///
/// # Errors
/// An outage.
pub fn finish(
    conn: &mut Conn,
    updates: &[UpdateKey],
    state: UpdateState,
    at: Moment,
) -> Result<usize, StoreError> {
    let mut changed = 0;
    match &mut conn.engine {
        Engine::Postgres(c) if updates.len() > 1 => {
            let mut bots: Vec<i64> = updates.iter().map(|key| key.bot.0).collect();
            bots.sort_unstable();
            bots.dedup();
            for bot in bots {
                let mut ids: Vec<i64> = updates
                    .iter()
                    .filter(|key| key.bot.0 == bot)
                    .map(|key| key.update.0)
                    .collect();
                ids.sort_unstable();
                changed += diesel::update(inbox::table)
                    .filter(inbox::bot_id.eq(bot).and(inbox::update_id.eq_any(ids)))
                    .set((
                        inbox::state.eq(state.as_str()),
                        inbox::handled_at.eq(Some(at.0)),
                    ))
                    .execute(c)?;
            }
        }
        _ => {
            for key in updates {
                let finish = FinishUpdate {
                    state: state.as_str(),
                    handled_at: at.0,
                    trace: None,
                    bot_id: key.bot.0,
                    update_id: key.update.0,
                    borrows: PhantomData,
                };
                changed += on_engine!(conn, c => finish.execute(c))?;
            }
        }
    }
    Ok(changed)
}

/// Sets one update to its final state and keeps what was tried for it.
///
/// # Errors
/// An outage.
pub fn finish_traced(
    conn: &mut Conn,
    update: UpdateKey,
    state: UpdateState,
    at: Moment,
    trace: Option<&str>,
) -> Result<usize, StoreError> {
    let finish = FinishUpdate {
        state: state.as_str(),
        handled_at: at.0,
        trace,
        bot_id: update.bot.0,
        update_id: update.update.0,
        borrows: PhantomData,
    };
    Ok(on_engine!(conn, c => finish.execute(c))?)
}

/// An update with what was tried for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Traced {
    /// Its place in the order of arrival.
    pub seq: i64,
    /// Its number.
    pub update: UpdateId,
    /// The sender.
    pub sender: Option<PersonId>,
    /// Where it stands.
    pub state: UpdateState,
    /// When it came.
    pub received_at: Moment,
    /// When it was handled.
    pub handled_at: Option<Moment>,
    /// What was tried, a step a line.
    pub trace: String,
}

/// The last updates of a chat with what was tried for them, the newest first, before the given place.
/// The next page begins before the least `seq` of this one.
///
/// # Errors
/// An outage.
pub fn traces(
    conn: &mut Conn,
    bot: &BotCode,
    chat: ChatId,
    before_seq: Option<i64>,
    limit: i64,
) -> Result<Vec<Traced>, StoreError> {
    type Columns = (
        i64,
        i64,
        Option<i64>,
        String,
        i64,
        Option<i64>,
        Option<String>,
    );
    let rows: Vec<Columns> = on_engine!(conn, c => inbox::table
        .filter(
            inbox::trace
                .is_not_null()
                .and(inbox::bot.eq(bot.as_str()))
                .and(inbox::chat.eq(Some(chat.0)))
                .and(inbox::seq.lt(before_seq.unwrap_or(i64::MAX))),
        )
        .order(inbox::seq.desc())
        .limit(limit)
        .select((
            inbox::seq,
            inbox::update_id,
            inbox::sender,
            inbox::state,
            inbox::received_at,
            inbox::handled_at,
            inbox::trace,
        ))
        .load(c))?;
    let mut found = rows
        .into_iter()
        .map(
            |(seq, update, sender, state, received_at, handled_at, trace)| {
                Ok(Traced {
                    seq,
                    update: UpdateId(update),
                    sender: sender.map(PersonId),
                    state: UpdateState::read(&state)?,
                    received_at: Moment(received_at),
                    handled_at: handled_at.map(Moment),
                    trace: trace.unwrap_or_default(),
                })
            },
        )
        .collect::<Result<Vec<Traced>, StoreError>>()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let before = before_seq.unwrap_or(i64::MAX);
    found.extend(journal::traces(conn, bot, chat, before, limit)?);
    found.sort_unstable_by_key(|traced| Reverse(traced.seq));
    found.truncate(limit);
    // Within a batch what waits gets its place before what is through: people see how it came.
    found.sort_by_key(|traced| Reverse((traced.received_at, traced.update)));
    Ok(found)
}

/// Counts a try that crashed (or, in recovery, may crash); gives the number so far.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such update.
pub fn count_try(conn: &mut Conn, update: UpdateKey) -> Result<i32, StoreError> {
    on_engine!(conn, c => diesel::update(inbox::table)
        .filter(
            inbox::bot_id
                .eq(update.bot.0)
                .and(inbox::update_id.eq(update.update.0)),
        )
        .set(inbox::crashes.eq(inbox::crashes + 1))
        .returning(inbox::crashes)
        .get_result(c)
        .optional())?
    .ok_or_else(|| {
        StoreError::not_found(format!("обновление {} бота {}", update.update, update.bot))
    })
}

/// The updates of a bot that wait, in order of arrival, after the given place (0: from the start).
///
/// # Errors
/// An outage.
pub fn pending(
    conn: &mut Conn,
    bot: &BotCode,
    after_seq: i64,
    limit: i64,
) -> Result<Vec<StoredUpdate>, StoreError> {
    let rows: Vec<Row> = on_engine!(conn, c => inbox::table
        .filter(
            InboxPending
                .and(inbox::bot.eq(bot.as_str()))
                .and(inbox::seq.gt(after_seq)),
        )
        .order(inbox::seq)
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    rows.into_iter().map(Row::update).collect()
}

/// How many updates of a bot wait.
///
/// # Errors
/// An outage.
pub fn pending_count(conn: &mut Conn, bot: &BotCode) -> Result<i64, StoreError> {
    Ok(on_engine!(conn, c => inbox::table
        .filter(InboxPending.and(inbox::bot.eq(bot.as_str())))
        .count()
        .get_result(c))?)
}

/// The codes of the bots that have updates waiting.
///
/// # Errors
/// An outage.
pub fn bots_with_pending(conn: &mut Conn) -> Result<Vec<BotCode>, StoreError> {
    let codes: Vec<String> = on_engine!(conn, c => inbox::table
        .filter(InboxPending)
        .select(inbox::bot)
        .distinct()
        .order(inbox::bot)
        .load(c))?;
    Ok(codes.iter().map(|code| BotCode::new(code)).collect())
}

/// One update. One that is through is looked for in the journal, which takes long: for tests and
/// reports.
///
/// # Errors
/// An outage.
pub fn get(conn: &mut Conn, update: UpdateKey) -> Result<Option<StoredUpdate>, StoreError> {
    let row: Option<Row> = on_engine!(conn, c => inbox::table
        .filter(
            inbox::bot_id
                .eq(update.bot.0)
                .and(inbox::update_id.eq(update.update.0)),
        )
        .select(Row::as_select())
        .get_result(c)
        .optional())?;
    match row {
        Some(row) => row.update().map(Some),
        None => journal::find_update(conn, update),
    }
}

/// Whether an update waits.
///
/// # Errors
/// An outage.
pub fn is_pending(conn: &mut Conn, update: UpdateKey) -> Result<bool, StoreError> {
    let state: Option<String> = on_engine!(conn, c => inbox::table
        .filter(
            inbox::bot_id
                .eq(update.bot.0)
                .and(inbox::update_id.eq(update.update.0)),
        )
        .select(inbox::state)
        .get_result(c)
        .optional())?;
    Ok(state.as_deref() == Some(UpdateState::Pending.as_str()))
}

/// Which of these updates of a bot have a row.
pub(super) fn known(
    conn: &mut Conn,
    bot: TelegramBotId,
    updates: &[UpdateId],
) -> Result<HashSet<UpdateId>, StoreError> {
    let numbers: Vec<i64> = updates.iter().map(|update| update.0).collect();
    let known: Vec<i64> = on_engine!(conn, c => inbox::table
        .filter(inbox::bot_id.eq(bot.0).and(inbox::update_id.eq_any(&numbers)))
        .select(inbox::update_id)
        .load(c))?;
    Ok(known.into_iter().map(UpdateId).collect())
}

/// How many updates stand in each state. Reads the whole table: for tests and reports.
///
/// # Errors
/// An outage.
pub fn state_counts(conn: &mut Conn) -> Result<Vec<(UpdateState, i64)>, StoreError> {
    let rows: Vec<(String, i64)> = on_engine!(conn, c => inbox::table
        .group_by(inbox::state)
        .select((inbox::state, diesel::dsl::count_star()))
        .order(inbox::state)
        .load(c))?;
    let mut counts = rows
        .into_iter()
        .map(|(state, count)| Ok((UpdateState::read(&state)?, count)))
        .collect::<Result<Vec<(UpdateState, i64)>, StoreError>>()?;
    let through = journal::update_count(conn)?;
    if through > 0 {
        match counts
            .iter_mut()
            .find(|(state, _)| *state == UpdateState::Done)
        {
            Some((_, count)) => *count += through,
            None => counts.insert(0, (UpdateState::Done, through)),
        }
    }
    Ok(counts)
}
