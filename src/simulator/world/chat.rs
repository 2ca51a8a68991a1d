//! Chats of a bot.

use std::collections::{BTreeMap, VecDeque};

use super::{Entry, Message, Rows};

/// Where a bot stands in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Member,
    Administrator,
    /// Left a group.
    Left,
    /// Thrown out of a group, or blocked by the person.
    Kicked,
}

impl Standing {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Administrator => "administrator",
            Self::Left => "left",
            Self::Kicked => "kicked",
        }
    }

    /// Whether the bot is in the chat.
    pub(crate) fn is_in(self) -> bool {
        matches!(self, Self::Member | Self::Administrator)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Member, Self::Administrator, Self::Left, Self::Kicked]
            .into_iter()
            .find(|standing| standing.name() == text)
    }
}

/// A reply keyboard as it stands below a chat.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) rows: Rows,
    /// The message that put it up, which what its buttons send may answer.
    pub(crate) message: i64,
    /// It hides once a button was pressed.
    pub(crate) once: bool,
}

/// A topic of a forum.
#[derive(Debug, Clone, Default)]
pub(crate) struct Topic {
    /// Empty for one that was only spoken of by its number.
    pub(crate) name: String,
}

pub(crate) struct Chat {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) standing: Standing,
    /// By the number of the message that opened them.
    pub(crate) threads: BTreeMap<i64, Topic>,
    pub(crate) messages: VecDeque<Message>,
    pub(crate) log: VecDeque<Entry>,
    /// The reply keyboard that people see.
    pub(crate) keyboard: Option<Shown>,
    /// Of a supergroup, which numbers its messages itself.
    pub(crate) next_message_id: i64,
}

/// Whether an id is that of a supergroup or channel.
pub(crate) fn is_supergroup(chat: i64) -> bool {
    chat < -1_000_000_000_000
}

impl Chat {
    pub(super) fn new(id: i64, title: String) -> Self {
        Self {
            id,
            title,
            standing: Standing::Member,
            threads: BTreeMap::new(),
            messages: VecDeque::new(),
            log: VecDeque::new(),
            keyboard: None,
            next_message_id: 1,
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self.id {
            id if is_supergroup(id) => "supergroup",
            id if id < 0 => "group",
            _ => "private",
        }
    }

    pub(crate) fn message(&self, id: i64) -> Option<&Message> {
        let at = self
            .messages
            .binary_search_by_key(&id, |message| message.id)
            .ok()?;
        self.messages.get(at)
    }

    pub(crate) fn message_mut(&mut self, id: i64) -> Option<&mut Message> {
        let at = self
            .messages
            .binary_search_by_key(&id, |message| message.id)
            .ok()?;
        self.messages.get_mut(at)
    }

    /// Whether a message may be answered: it is kept, or so old that it is no longer kept.
    pub(crate) fn can_answer(&self, id: i64) -> bool {
        let oldest = self.messages.front().map_or(i64::MAX, |message| message.id);
        self.message(id).is_some() || (0 < id && id < oldest && !self.messages.is_empty())
    }
}
