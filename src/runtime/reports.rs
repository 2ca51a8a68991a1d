//! What bots report to the fleet. They know it by what it is told, not as an actor.

use actix::prelude::*;
use serde::Serialize;

use crate::model::BotCode;

/// Why the actors of a bot ended by themselves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "detail")]
pub enum EndReason {
    /// Code of ours panicked: which actor, as far as known.
    Panicked(String),
    /// It could not go on (the store refused, a definition is broken).
    Failed(String),
    /// Telegram does not know the token.
    Unauthorised,
}

impl EndReason {
    /// A stable name for logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            EndReason::Panicked(_) => "panicked",
            EndReason::Failed(_) => "failed",
            EndReason::Unauthorised => "unauthorised",
        }
    }
}

/// The actors of a bot ended, or have to be ended.
#[derive(Message, Clone, Debug)]
#[rtype(result = "()")]
pub struct Ended {
    /// The bot.
    pub bot: BotCode,
    /// Which start of it: an end of an earlier one is no news.
    pub generation: u64,
    /// Why.
    pub reason: EndReason,
}

/// Nothing of a start of a bot is left: no actor and no task.
#[derive(Message, Clone, Debug)]
#[rtype(result = "()")]
pub struct Gone {
    /// The bot.
    pub bot: BotCode,
    /// Which start of it.
    pub generation: u64,
}

/// What a bot told of itself at its start.
#[derive(Message)]
#[rtype(result = "()")]
pub struct KnownAs {
    /// The bot.
    pub code: BotCode,
    /// Its username.
    pub username: Option<String>,
}

/// A row fell due for a bot: its courier looks into the table.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Due(pub BotCode);

/// The line to whoever is told.
#[derive(Clone)]
pub struct Reports {
    /// A bot ended by itself.
    pub ended: Recipient<Ended>,
    /// Nothing of a start of a bot is left.
    pub gone: Recipient<Gone>,
    /// A bot learnt its name.
    pub known_as: Recipient<KnownAs>,
}
