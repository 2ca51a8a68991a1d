//! Bots: what they say of themselves, what waits for them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Notify;

use super::Chat;

pub(crate) struct Bot {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) username: String,
    pub(crate) description: String,
    pub(crate) short_description: String,
    /// Lists of commands, by scope and language as they were given.
    pub(crate) commands: BTreeMap<String, Commands>,
    /// Texts to press in an empty chat.
    pub(crate) suggestions: Vec<String>,
    /// Hears in groups only what is meant for it.
    pub(crate) privacy: bool,
    pub(crate) webhook: String,
    pub(crate) allowed: Option<Vec<String>>,
    pub(crate) waiting: VecDeque<Update>,
    pub(crate) next_update_id: i64,
    /// Changes with each new poll: an older one that hangs is ended.
    pub(crate) poll_epoch: u64,
    /// Polls that hang now.
    pub(crate) polling: usize,
    pub(crate) arrived: Arc<Notify>,
    pub(crate) chats: HashMap<i64, Chat>,
    pub(crate) migrated: HashMap<i64, i64>,
    pub(crate) next_message_id: i64,
    pub(crate) callbacks: BTreeMap<u64, Callback>,
}

/// The commands of one scope and language.
#[derive(Debug, Clone)]
pub(crate) struct Commands {
    /// A `BotCommandScope`.
    pub(crate) scope: Value,
    /// Empty: for all languages that have none of their own.
    pub(crate) language: String,
    /// A list of `BotCommand`.
    pub(crate) commands: Value,
}

/// An update as it will be sent, its JSON already written.
pub(crate) struct Update {
    pub(crate) id: i64,
    pub(crate) json: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Callback {
    pub(crate) chat: i64,
    pub(crate) message: i64,
    pub(crate) at_us: i64,
}

impl Bot {
    /// A bot that has not named itself.
    pub(super) fn new(id: i64, first_update: i64) -> Self {
        Self {
            id,
            name: format!("Бот {id}"),
            username: format!("sim{id}_bot"),
            description: String::new(),
            short_description: String::new(),
            commands: BTreeMap::new(),
            suggestions: Vec::new(),
            privacy: false,
            webhook: String::new(),
            allowed: None,
            waiting: VecDeque::new(),
            next_update_id: first_update,
            poll_epoch: 0,
            polling: 0,
            arrived: Arc::new(Notify::new()),
            chats: HashMap::new(),
            migrated: HashMap::new(),
            next_message_id: 1,
            callbacks: BTreeMap::new(),
        }
    }
}
