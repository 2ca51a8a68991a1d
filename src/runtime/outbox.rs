//! What the actors write and read, in their own words: each function here is one job of the store.
//!
//! An outage of the database is waited for, never counted as a failed try (design: "Crashes"). When
//! the store is closed or the lease is lost the node is ending: functions then answer `None` or do
//! nothing, and what they would have written is sorted out by the next node.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::bot_actor::BotCore;
use super::clock::{Clock, Steady};
use super::courier::Parcel;
use super::hooks::{self, Point};
use super::intake::ConversationKey;
use super::node::Shared;
use crate::dialogue::{self, Incoming};
use crate::model::{
    AttributeValue, BotCode, Channel, ChatId, ChoiceId, Conversation, MessageKey, MessageKind,
    MessageState, Moment, OpenChoice, PartyRef, Resend, TelegramBotId, UpdateId,
};
use crate::store::inbox::{self, UpdateKey};
use crate::store::messages::{self, SendError, SentMark, StoredMessage};
use crate::store::retention::{self, Periods, Purge};
use crate::store::{
    Conn, Store, StoreError, bots, chats, choices, conversations, lease, meta, offsets, parties,
    pauses, registrations, tokens,
};
use crate::telegram::limits::{Pause, PauseScope};

/// The only channel so far.
pub const CHANNEL: Channel = Channel::Telegram;
/// The first wait in an outage; doubles up to the ceiling.
const OUTAGE_FIRST: Duration = Duration::from_millis(20);
/// Longer, and answers come late after the database is back.
const OUTAGE_CEILING: Duration = Duration::from_secs(1);
/// Telegram keeps updates for 24 hours.
const TELEGRAM_KEEPS_S: i64 = 24 * 3600;
/// A deferred message that is sent so much later than asked is marked late (D25).
const LATE_AFTER_S: i64 = 60;
/// A node that ends does not wait for a database that is away: its lease runs out by itself.
const RELEASE_MAX: Duration = Duration::from_secs(1);
/// Due rows that one look takes; the next look takes the rest.
const DUE_MAX: i64 = 1_000;

/// Runs a job that only the node at work may run; waits out an outage.
pub async fn persist<T, F>(store: &Store, job: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: Fn(&mut Conn) -> Result<T, StoreError> + Send + Sync + 'static,
{
    let job = Arc::new(job);
    let mut pause = OUTAGE_FIRST;
    let mut tries = 0u32;
    loop {
        let again = job.clone();
        match store.fenced_write(move |conn| again(conn)).await {
            Err(error) if error.is_outage() => {
                tries += 1;
                if tries.is_power_of_two() {
                    tracing::warn!(tries, "the database does not take writes; waiting: {error}");
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(OUTAGE_CEILING);
            }
            other => return other,
        }
    }
}

/// Like [`persist`] where nothing can be done about an error but to log it.
async fn settle<T, F>(store: &Store, what: &str, job: F) -> Option<T>
where
    T: Send + 'static,
    F: Fn(&mut Conn) -> Result<T, StoreError> + Send + Sync + 'static,
{
    persist(store, job)
        .await
        .map_err(|error| log_unsettled(what, &error))
        .ok()
}

/// The same for a read.
async fn look<T, F>(store: &Store, what: &str, job: F) -> Option<T>
where
    T: Send + 'static,
    F: Fn(&mut Conn) -> Result<T, StoreError> + Send + Sync + 'static,
{
    let job = Arc::new(job);
    let mut pause = OUTAGE_FIRST;
    loop {
        let again = job.clone();
        match store.read(move |conn| again(conn)).await {
            Ok(value) => return Some(value),
            Err(error) if error.is_outage() => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(OUTAGE_CEILING);
            }
            Err(error) => {
                log_unsettled(what, &error);
                return None;
            }
        }
    }
}

fn log_unsettled(what: &str, error: &StoreError) {
    match error {
        StoreError::Closed | StoreError::LeaseLost => {
            tracing::debug!("{what}: not written, the node is ending: {error}");
        }
        error => tracing::error!("{what}: {error}"),
    }
}

/// An update that waits.
pub struct Waiting {
    /// Its number.
    pub update_id: UpdateId,
    /// Its JSON.
    pub raw: String,
    /// When it came.
    pub received_at: Moment,
    /// How often the process ended with it in a handler's hands.
    pub crashes: u32,
}

/// The updates of a bot that wait, in order of arrival. `None`: the node is ending.
pub async fn pending(core: &BotCore, limit: usize) -> Option<Vec<Waiting>> {
    let bot = core.code.clone();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = look(&core.shared.store, "waiting updates", move |conn| {
        inbox::pending(conn, &bot, 0, limit)
    })
    .await?;
    let waiting = rows.into_iter().map(|row| Waiting {
        update_id: row.key.update,
        // A row without its JSON cannot be handled; it then fails as unreadable.
        raw: row.raw.unwrap_or_default(),
        received_at: row.received_at,
        crashes: u32::try_from(row.crashes).unwrap_or(0),
    });
    Some(waiting.collect())
}

/// Counts the crash of an earlier process for each update that was in a handler's hands then.
pub async fn count_crashes(store: &Store, updates: Vec<UpdateKey>) {
    if updates.is_empty() {
        return;
    }
    tracing::warn!(
        updates = ?updates.iter().map(|key| (key.bot.0, key.update.0)).collect::<Vec<_>>(),
        "the process before this one ended while these updates were handled"
    );
    settle(store, "crashes", move |conn| {
        for update in &updates {
            match inbox::count_try(conn, *update) {
                // Its row was deleted since: an old mark.
                Err(StoreError::NotFound { .. }) => {}
                counted => {
                    counted?;
                }
            }
        }
        Ok(())
    })
    .await;
}

/// Counts a try of an update before it is made, where no mark is kept; gives the tries so far.
pub async fn count_try(core: &BotCore, update: UpdateId) -> Option<u32> {
    let key = UpdateKey {
        bot: TelegramBotId(core.api.bot_id()),
        update,
    };
    let tries = settle(&core.shared.store, "a try", move |conn| {
        inbox::count_try(conn, key)
    })
    .await?;
    Some(u32::try_from(tries).unwrap_or(u32::MAX))
}

/// Conversations by key and choices by id, as far as they exist.
pub type Loaded = (
    HashMap<ConversationKey, Conversation>,
    HashMap<ChoiceId, Option<OpenChoice>>,
);

/// The conversations of these events and the choices that their decisions need.
pub async fn read_conversations(
    core: &BotCore,
    wanted: Vec<(ConversationKey, Incoming)>,
) -> Option<Loaded> {
    let bot = core.code.clone();
    look(&core.shared.store, "conversations", move |conn| {
        let mut found = (HashMap::new(), HashMap::new());
        for (key, incoming) in &wanted {
            let conversation = match found.0.get(key) {
                Some(conversation) => conversation,
                None => {
                    let read = conversations::get(conn, &bot, key.chat, key.sender)?;
                    found.0.entry(*key).or_insert(read)
                }
            };
            if let Some(id) = dialogue::choice_needed(conversation, incoming)
                && !found.1.contains_key(&id)
            {
                found.1.insert(id, choices::get(conn, &bot, id)?);
            }
        }
        Ok(found)
    })
    .await
}

/// One choice. `None`: the node is ending.
pub async fn read_choice(core: &BotCore, id: ChoiceId) -> Option<Option<OpenChoice>> {
    let bot = core.code.clone();
    look(&core.shared.store, "a choice", move |conn| {
        choices::get(conn, &bot, id)
    })
    .await
}

/// What an earlier self of a bot left behind.
pub struct LeftBehind {
    /// The next update to ask for.
    pub next_offset: Option<i64>,
    /// Since when updates may be lost, when the bot was away for longer than Telegram keeps them.
    pub updates_lost_since: Option<Moment>,
    /// Conversations that are not in their first state.
    pub open: HashSet<ConversationKey>,
    /// Chats that cannot be written to.
    pub unreachable: HashSet<ChatId>,
    /// Private chats that are linked to a party.
    pub parties: HashMap<ChatId, PartyRef>,
    /// Pauses that still hold, until then in steady time.
    pub pauses: Vec<Pause>,
    /// Where the handing over of messages was interrupted: all open messages in order, those to be sent
    /// again as claimed.
    pub interrupted: Vec<Parcel>,
}

/// Reads what an earlier self left behind and sorts out what a crash interrupted. `None`: the node is
/// ending.
pub async fn read_left_behind(
    store: &Store,
    bot: &BotCode,
    telegram_id: i64,
    clock: &Clock,
) -> Option<LeftBehind> {
    let code = bot.clone();
    let (now, steady) = (clock.now(), clock.steady());
    let (left, open_messages) = look(store, "the state of a bot", move |conn| {
        let offset = offsets::get(conn, TelegramBotId(telegram_id))?;
        let open = conversations::list_keys(conn, &code)?;
        let unreachable = chats::blocked_of_bot(conn, CHANNEL, &code)?;
        let paused = pauses::of_bot(conn, CHANNEL, &code, now)?;
        let registered = registrations::of_bot(conn, CHANNEL, &code)?;
        let open_messages =
            messages::open_of_bot(conn, &code, MessageKey(i64::MIN), now, i64::MAX)?;
        let lost_before = now.plus_secs(-TELEGRAM_KEEPS_S);
        let left = LeftBehind {
            next_offset: offset.map(|(next, _)| next.0),
            updates_lost_since: offset.map(|(_, at)| at).filter(|at| *at < lost_before),
            open: open
                .into_iter()
                .map(|(chat, sender)| ConversationKey { chat, sender })
                .collect(),
            unreachable: unreachable.into_iter().collect(),
            parties: registered.into_iter().collect(),
            pauses: paused
                .into_iter()
                .map(|row| pause_of_row(row, now, steady))
                .collect(),
            interrupted: Vec::new(),
        };
        Ok((left, open_messages))
    })
    .await?;
    let is_sending = |message: &StoredMessage| message.state == MessageState::Sending;
    let interrupted = if open_messages.iter().any(is_sending) {
        recover(store, open_messages).await?
    } else {
        Vec::new()
    };
    Some(LeftBehind {
        interrupted,
        ..left
    })
}

/// The private chats of a bot that are linked to a party.
pub async fn parties_of(store: &Store, bot: &BotCode) -> Option<HashMap<ChatId, PartyRef>> {
    let code = bot.clone();
    look(store, "registrations", move |conn| {
        Ok(registrations::of_bot(conn, CHANNEL, &code)?
            .into_iter()
            .collect())
    })
    .await
}

/// The members of groups.
pub async fn members(store: &Store, groups: &[String]) -> Option<HashSet<PartyRef>> {
    if groups.is_empty() {
        return Some(HashSet::new());
    }
    let groups = groups.to_vec();
    look(store, "members of groups", move |conn| {
        let mut members = HashSet::new();
        for group in &groups {
            members.extend(parties::members(conn, group)?);
        }
        Ok(members)
    })
    .await
}

/// What a script is told of a party besides who it is.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its time zone, where it has its own.
    pub time_zone: Option<String>,
    /// Its telephone.
    pub phone: Option<String>,
}

/// Reads what a script is told of a party. `None`: the node is ending.
pub async fn known_of(core: &BotCore, party: PartyRef) -> Option<Known> {
    look(&core.shared.store, "a party", move |conn| {
        let Some(party) = parties::get(conn, &party)? else {
            return Ok(Known::default());
        };
        let phone = match party.attributes.get("phone") {
            Some(AttributeValue::Text(phone) | AttributeValue::Number(phone)) => {
                Some(phone.clone())
            }
            _ => None,
        };
        Ok(Known {
            time_zone: party.time_zone,
            phone,
        })
    })
    .await
}

/// A conversation with the choice that the decision about this incoming wants to see. `None`: the node
/// is ending.
pub async fn read_case(
    core: &BotCore,
    key: ConversationKey,
    incoming: &Incoming,
) -> Option<(Conversation, Option<OpenChoice>)> {
    let (mut conversations, mut choices) =
        read_conversations(core, vec![(key, incoming.clone())]).await?;
    let conversation = conversations.remove(&key).unwrap_or_default();
    let choice = dialogue::choice_needed(&conversation, incoming)
        .and_then(|id| choices.remove(&id).flatten());
    Some((conversation, choice))
}

/// Whether an update still waits. `None`: the node is ending.
pub async fn is_pending(core: &BotCore, update: UpdateId) -> Option<bool> {
    let key = UpdateKey {
        bot: TelegramBotId(core.api.bot_id()),
        update,
    };
    look(&core.shared.store, "an update", move |conn| {
        Ok(inbox::get(conn, key)?.is_some_and(|row| row.state == inbox::UpdateState::Pending))
    })
    .await
}

/// No longer than the whole of it, although the clock was set back since.
fn pause_of_row(row: pauses::Pause, now: Moment, steady: Steady) -> Pause {
    let left = row.until.micros_since(now.max(row.set_at));
    Pause {
        scope: match row.chat {
            None => PauseScope::Bot,
            Some(chat) => PauseScope::Chat(chat.0),
        },
        until: steady.plus_micros(left).0,
    }
}

/// Messages that say `sending` were handed over by a process that is gone, or were about to be. They go
/// on in the order of all open messages: one that waits for another try may stand before them.
async fn recover(store: &Store, open: Vec<StoredMessage>) -> Option<Vec<Parcel>> {
    let mut again = Vec::new();
    let mut left = Vec::new();
    for message in open {
        if message.state != MessageState::Sending {
            again.push(message);
            continue;
        }
        let resend = match message.kind.resend() {
            Resend::Freely => true,
            Resend::Once => message.body.is_some(),
            Resend::Never => false,
        };
        if resend {
            again.push(message)
        } else {
            left.push(message.key)
        }
    }
    let marks: Vec<MessageKey> = again
        .iter()
        .filter(|message| message.state == MessageState::Sending)
        .filter(|message| message.kind != MessageKind::Edit)
        .map(|message| message.key)
        .collect();
    tracing::info!(
        again = marks.len(),
        left = left.len(),
        "messages whose handing over was interrupted are sent again and marked"
    );
    settle(store, "interrupted messages", move |conn| {
        for key in &marks {
            messages::mark_resent(conn, *key)?;
        }
        for key in &left {
            messages::mark(conn, *key, MessageState::Unknown, None)?;
        }
        Ok(())
    })
    .await?;
    Some(
        again
            .into_iter()
            .filter_map(|message| {
                let claimed = message.state == MessageState::Sending;
                stored_parcel(message, claimed)
            })
            .collect(),
    )
}

fn stored_parcel(message: StoredMessage, claimed: bool) -> Option<Parcel> {
    let outgoing = message.outgoing()?;
    Some(Parcel {
        tries: u32::try_from(message.tries).unwrap_or(0),
        resends: u32::from(message.resent),
        ..Parcel::new(outgoing, claimed, message.created_at, None)
    })
}

/// A row of a bot that is still open.
pub enum OutboxRow {
    /// To be sent.
    Queued(Parcel),
    /// Being sent.
    Sending,
}

/// The open rows of a bot that are due, in order.
pub async fn open_rows(store: &Store, bot: &BotCode, now: Moment, limit: usize) -> Vec<OutboxRow> {
    let code = bot.clone();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = look(store, "open messages", move |conn| {
        messages::open_of_bot(conn, &code, MessageKey(i64::MIN), now, limit)
    })
    .await
    .unwrap_or_default();
    let mut open = Vec::with_capacity(rows.len());
    for row in rows {
        let key = row.key;
        match row.state {
            MessageState::Queued => match stored_parcel(row, false) {
                Some(parcel) => open.push(OutboxRow::Queued(parcel)),
                None => mark_failed(store, key, "unreadable", "the body cannot be read").await,
            },
            _ => open.push(OutboxRow::Sending),
        }
    }
    open
}

/// Turns queued rows to `sending`; gives those that were still queued, `None` when nothing was written.
pub async fn claim(store: &Store, keys: Vec<MessageKey>) -> Option<HashSet<MessageKey>> {
    settle(store, "a claim", move |conn| {
        hooks::pass(Point::Claim);
        let mut claimed = HashSet::with_capacity(keys.len());
        for key in &keys {
            if messages::mark_sending(conn, &[*key])? == 1 {
                claimed.insert(*key);
            }
        }
        Ok(claimed)
    })
    .await
}

/// Marks messages as sent.
pub async fn mark_sent(store: &Store, marks: Vec<SentMark>) {
    settle(store, "marks of sent messages", move |conn| {
        messages::mark_sent(conn, &marks)
    })
    .await;
}

/// Whether a message that is sent now is later than it was asked for (D25).
pub fn is_late(not_before: Option<Moment>, now: Moment) -> bool {
    not_before.is_some_and(|at| now.micros_since(at) > LATE_AFTER_S * 1_000_000)
}

/// Back to `queued` for another try.
pub async fn requeue(store: &Store, key: MessageKey, at: Moment, code: &'static str) {
    settle(store, "a retry", move |conn| {
        messages::retry_at(conn, key, at, &send_error(code, code))
    })
    .await;
}

/// Claimed messages that were not handed over wait in the table again.
pub async fn unclaim(store: &Store, keys: Vec<MessageKey>) {
    settle(store, "messages given back", move |conn| {
        for key in &keys {
            messages::mark(conn, *key, MessageState::Queued, None)?;
        }
        Ok(())
    })
    .await;
}

/// A message is sent again without knowing whether it had arrived.
pub async fn mark_resent(store: &Store, key: MessageKey) {
    settle(store, "a message sent again", move |conn| {
        messages::mark_resent(conn, key)
    })
    .await;
}

/// It is not known whether a message arrived, and it is left at that.
pub async fn mark_unknown(store: &Store, key: MessageKey, code: &'static str) {
    settle(store, "a message of unknown fate", move |conn| {
        messages::mark(
            conn,
            key,
            MessageState::Unknown,
            Some(&send_error(code, code)),
        )
    })
    .await;
}

/// A message was refused for good.
pub async fn mark_failed(store: &Store, key: MessageKey, code: &str, text: &str) {
    let error = send_error(code, text);
    settle(store, "a refused message", move |conn| {
        messages::mark(conn, key, MessageState::Failed, Some(&error))
    })
    .await;
}

fn send_error(code: &str, text: &str) -> SendError {
    let text = if text == code {
        code.to_owned()
    } else {
        format!("{code}: {text}")
    };
    SendError { code: None, text }
}

/// The channel's number of a message that was sent.
pub async fn message_id(store: &Store, key: MessageKey) -> Option<i64> {
    let message = look(store, "a sent message", move |conn| {
        messages::get(conn, key)
    })
    .await
    .flatten()?;
    message.telegram_message_ids.last().copied()
}

/// A group became a supergroup.
pub async fn rewrite_chat(store: &Store, bot: &BotCode, from: ChatId, to: ChatId) {
    let bot = bot.clone();
    settle(store, "a chat with another number", move |conn| {
        chats::rewrite_chat(conn, CHANNEL, &bot, from, to)
    })
    .await;
}

/// A chat cannot be written to.
pub async fn chat_gone(store: &Store, bot: &BotCode, chat: ChatId, code: &'static str, at: Moment) {
    let bot = bot.clone();
    settle(store, "a chat that is gone", move |conn| {
        chats::set_blocked(conn, CHANNEL, &bot, chat, Some((at, code)))
    })
    .await;
}

/// A pause outlives a restart: by the wall clock, for steady time begins anew.
pub async fn keep_pause(shared: &Shared, bot: &BotCode, pause: Pause) {
    let now = shared.clock.now();
    let left = Steady(pause.until).micros_since(shared.clock.steady());
    let bot = bot.clone();
    let row = pauses::Pause {
        chat: match pause.scope {
            PauseScope::Bot => None,
            PauseScope::Chat(chat) => Some(ChatId(chat)),
        },
        set_at: now,
        until: now.plus_micros(left),
    };
    settle(&shared.store, "a pause", move |conn| {
        pauses::set(conn, CHANNEL, &bot, &row)
    })
    .await;
}

fn presented_name(bot: &BotCode) -> String {
    format!("presented.{bot}")
}

/// What Telegram was last told of a bot's commands and description, as a hash.
pub async fn presented(core: &BotCore) -> Option<Option<String>> {
    let name = presented_name(&core.code);
    look(&core.shared.store, "a bot's presentation", move |conn| {
        meta::get(conn, &name)
    })
    .await
}

/// Telegram was told.
pub async fn set_presented(core: &BotCore, said: String, username: Option<String>) {
    let (code, telegram_id) = (core.code.clone(), TelegramBotId(core.api.bot_id()));
    let name = presented_name(&code);
    settle(&core.shared.store, "a bot's presentation", move |conn| {
        bots::set_identity(conn, &code, telegram_id, username.as_deref())?;
        meta::set(conn, &name, &said)
    })
    .await;
}

/// What is due.
pub struct DueRows {
    /// The bots with rows that are due.
    pub bots: HashSet<BotCode>,
    /// When the next row is due.
    pub next: Option<Moment>,
}

/// Rows that are due now, and when the next will be.
pub async fn due(store: &Store, now: Moment) -> Option<DueRows> {
    look(store, "due messages", move |conn| {
        let bots = messages::due(conn, now, DUE_MAX)?
            .into_iter()
            .map(|row| row.to.bot)
            .collect();
        Ok(DueRows {
            bots,
            next: messages::next_due(conn, now)?,
        })
    })
    .await
}

/// Purges what is old, step by step; tells how many rows.
pub async fn purge(shared: &Shared) -> u64 {
    let retention = &shared.settings.retention;
    let periods = Periods {
        handled_micros: days(retention.handled_days),
        personal_micros: days(retention.personal_days),
    };
    let now = shared.clock.now();
    let mut purged = 0;
    for purge in Purge::ALL {
        loop {
            let step = settle(&shared.store, "retention", move |conn| {
                retention::step(conn, purge, now, periods)
            });
            let Some(step) = step.await else {
                return purged;
            };
            purged += step.rows as u64;
            if !step.more {
                break;
            }
            // Updates come first; the rest of the purge can wait.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    purged
}

fn days(days: u32) -> i64 {
    i64::from(days) * 86_400_000_000
}

/// Switches a bot on or off for good. False: there is no such bot.
///
/// # Errors
/// An outage.
pub async fn set_enabled(store: &Store, code: &BotCode, enabled: bool) -> Result<bool, StoreError> {
    let code = code.clone();
    match store
        .write(move |conn| bots::command(conn, &code, enabled))
        .await
    {
        Ok(()) => Ok(true),
        Err(StoreError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether the database answers.
pub async fn answers(store: &Store) -> bool {
    store.read(meta::definitions_version).await.is_ok()
}

/// Whether there is a token in force.
///
/// # Errors
/// An outage.
pub async fn has_token(store: &Store) -> Result<bool, StoreError> {
    Ok(store.read(tokens::count).await? > 0)
}

/// Figures that are read when they are asked for.
pub async fn gauges(shared: &Shared) {
    let probe = shared.store.probe();
    shared
        .metrics
        .set_gauge("vestnik_store_queue", None, probe.queue as f64);
    shared
        .metrics
        .set_gauge("vestnik_store_read_queue", None, probe.read_queue as f64);
    shared
        .metrics
        .set_gauge("vestnik_store_commits", None, probe.commits as f64);
    shared
        .metrics
        .set_gauge("vestnik_store_jobs", None, probe.jobs as f64);
    if let Ok(counts) = shared.store.read(messages::open_counts).await {
        for (state, name) in messages::STATES {
            if !matches!(state, MessageState::Queued | MessageState::Sending) {
                continue;
            }
            let count = counts
                .iter()
                .find(|(found, _)| *found == state)
                .map_or(0, |(_, n)| *n);
            let label = Some(("state", name.to_owned()));
            shared
                .metrics
                .set_gauge("vestnik_messages_open", label, count as f64);
        }
    }
}

/// What an attempt to take the lease came to.
pub enum Acquired {
    /// It is ours.
    Ours {
        /// The holder before us did not give it back: its process was killed or its machine fell.
        unclean: bool,
    },
    /// Somebody else works.
    HeldBy {
        /// Who.
        node: String,
        /// Until when, unless renewed.
        until: Moment,
    },
}

/// Tries to take the lease. `is_dead` knows processes that run no more.
///
/// # Errors
/// An outage.
pub async fn acquire_lease(
    store: &Store,
    now: Moment,
    ttl: Duration,
    is_dead: fn(&str) -> bool,
) -> Result<Acquired, StoreError> {
    let node = store.node().to_owned();
    let ttl_micros = i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX);
    let (acquired, unclean) = store
        .write(move |conn| {
            let before = lease::who(conn)?;
            let dead = before.clone().filter(|holder| is_dead(&holder.node));
            let claim = lease::Claim {
                node: node.clone(),
                now,
                ttl_micros,
                dead,
            };
            Ok((lease::acquire(conn, &claim)?, before.is_some()))
        })
        .await?;
    match acquired {
        lease::Acquired::Ours(epoch) => {
            store.set_epoch(Some(epoch));
            Ok(Acquired::Ours { unclean })
        }
        lease::Acquired::HeldBy(holder) => Ok(Acquired::HeldBy {
            node: holder.node,
            until: holder.expires_at,
        }),
    }
}

/// Prolongs the lease.
///
/// # Errors
/// [`StoreError::LeaseLost`] when it is no longer ours; an outage.
pub async fn renew_lease(store: &Store, now: Moment, ttl: Duration) -> Result<(), StoreError> {
    let node = store.node().to_owned();
    let ttl_micros = i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX);
    let renewed = store
        .fenced_write(move |conn| {
            let Some(holder) = lease::who(conn)? else {
                return Ok(false);
            };
            lease::renew(conn, &node, holder.epoch, now, ttl_micros)
        })
        .await?;
    if renewed {
        Ok(())
    } else {
        Err(StoreError::LeaseLost)
    }
}

/// Gives the lease back: the next node need not wait.
pub async fn release_lease(store: &Store) {
    let node = store.node().to_owned();
    let release = settle(store, "the lease", move |conn| {
        let Some(holder) = lease::who(conn)? else {
            return Ok(());
        };
        lease::release(conn, &node, holder.epoch)
    });
    if tokio::time::timeout(RELEASE_MAX, release).await.is_err() {
        tracing::warn!(
            "the lease was not given back, the database takes no writes; the next node sees that this process is gone"
        );
    }
    store.set_epoch(None);
}
