//! What a bot and its actors show of themselves.

use actix::prelude::*;
use serde::Serialize;

use crate::model::Moment;

/// What a bot shows of itself.
#[derive(Clone, Debug, Serialize)]
pub struct BotSnapshot {
    /// The revision of the definition that answers.
    pub revision: i64,
    /// Its rules.
    pub keywords: usize,
    /// Updates handled since it started.
    pub updates_done: u64,
    /// Updates given up since it started.
    pub updates_failed: u64,
    /// Updates set aside since it started.
    pub updates_refused: u64,
    /// Conversations with something open.
    pub open_conversations: usize,
    /// It finishes the backlog of an unclean stop.
    pub recovering: bool,
    /// Its poller.
    pub poller: Option<PollerSnapshot>,
    /// Its courier.
    pub courier: Option<CourierSnapshot>,
}

/// Asks for a snapshot; `None` while the bot comes to life.
#[derive(Message)]
#[rtype(result = "Option<BotSnapshot>")]
pub struct TakeSnapshot;

/// How polling goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PollState {
    /// Asking who we are.
    Introducing,
    /// Waiting for updates.
    Polling,
    /// The bot commits what came.
    Committing,
    /// A call failed; the next try follows.
    Retrying,
    /// Somebody else polls with the same token.
    Conflict,
    /// Ended.
    Stopped,
}

/// What a poller shows of itself.
#[derive(Clone, Debug, Serialize)]
pub struct PollerSnapshot {
    /// How it goes.
    pub state: PollState,
    /// The next update that will be asked for.
    pub offset: Option<i64>,
    /// The last answer of Telegram, µs of Unix time.
    pub last_answer_at: Option<Moment>,
    /// Failed polls in a row.
    pub failures: u32,
    /// The last error.
    pub last_error: Option<String>,
}

/// What a courier shows of itself.
#[derive(Clone, Debug, Serialize)]
pub struct CourierSnapshot {
    /// Messages in memory that are not sent.
    pub backlog: usize,
    /// Calls under way.
    pub in_flight: usize,
    /// Chats with something to send.
    pub lanes: usize,
    /// Sent since it started.
    pub sent: u64,
    /// Refused for good since it started.
    pub failed: u64,
    /// More waits in the table.
    pub overflow: bool,
    /// Pauses that hold now: chat (none: the whole bot) and until when, µs of Unix time.
    pub pauses: Vec<PauseView>,
    /// The last error of the API.
    pub last_error: Option<String>,
}

/// A pause as a snapshot shows it.
#[derive(Clone, Debug, Serialize)]
pub struct PauseView {
    /// The chat, or the whole bot. Hashed as in the log.
    pub chat: Option<String>,
    /// Until when, µs of Unix time.
    pub until: i64,
}
