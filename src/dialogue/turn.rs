//! What goes into a decision.

use crate::model::{Bot, ChatId, Conversation, IdSource, Moment, OpenChoice, PartyRef, PersonId};

use super::facts::{Facts, Outside};

/// Who wrote or pressed (D28: the sender, not the chat).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// `from.id`; in a private chat equal to the chat key.
    pub id: PersonId,
    /// First name as Telegram tells it; may be empty.
    pub first_name: String,
    /// Last name.
    pub last_name: Option<String>,
    /// Username without the @.
    pub username: Option<String>,
    /// An anonymous administrator or a channel: a stranger to every bot (D28).
    pub anonymous: bool,
}

/// Whether a message in a group is meant for the bot (D28).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Addressed {
    /// A private chat: always.
    Private,
    /// A group, and the message is a command with the bot's name, a reply to the bot or a mention.
    GroupToBot,
    /// A group, and the message is for others.
    GroupToOthers,
}

/// What came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IncomingKind {
    /// A text; in a group without the mention of the bot. A command may still carry the bot's name
    /// (`/start@shop_bot`).
    Text(String),
    /// A message that is not text: what it is in Telegram's word (`sticker`, `photo`, …).
    Other(String),
    /// A press on an inline button.
    Press {
        /// Telegram's id of the press, to be answered at once.
        query: String,
        /// The message that the button stands under.
        message_id: i64,
        /// What the button carries.
        data: String,
    },
}

/// A file that came with a message; fetched when somebody asks for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IncomingFile {
    /// The channel's id, by which it is fetched.
    pub id: String,
    /// Its name; of a photo one that says so.
    pub name: String,
    /// Bytes, where the channel told.
    pub size: Option<u64>,
    /// MIME type; empty where the channel told none.
    pub mime: String,
}

/// One message or press, free of Telegram's shapes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Incoming {
    /// Who.
    pub sender: Person,
    /// Where.
    pub chat: ChatId,
    /// The topic of a forum: answers go there (D28).
    pub thread: Option<i64>,
    /// The message itself, for quoting; for a press the message with the button.
    pub message_id: Option<i64>,
    /// For the bot or for others.
    pub addressed: Addressed,
    /// What.
    pub kind: IncomingKind,
    /// The sender typed or pressed it himself: it was neither forwarded nor written for him by another
    /// bot. Nothing else may be code or call an algorithm (D2).
    pub own: bool,
    /// Files that came with it; of an album all.
    pub files: Vec<IncomingFile>,
    /// The sender's own telephone, where the message is his contact.
    pub phone: Option<String>,
}

/// What the rules ask of the algorithms. The answers depend on the texts alone.
pub trait Scripts {
    /// Whether a text is program code (D2).
    fn is_code(&self, text: &str) -> bool;
    /// Why a text is no code, in the language of its author: the first mistake that the compiler finds.
    fn why_not_code(&self, text: &str) -> Option<String>;
    /// The algorithm with the flag «Алгоритм Telegram» whose name or additional name folds to this
    /// text, folded by default (D6, R150).
    fn direct(&self, folded: &str) -> Option<String>;
}

/// No algorithms at all.
#[derive(Clone, Copy, Debug)]
pub struct NoScripts;

impl Scripts for NoScripts {
    fn is_code(&self, _: &str) -> bool {
        false
    }

    fn why_not_code(&self, _: &str) -> Option<String> {
        None
    }

    fn direct(&self, _: &str) -> Option<String> {
        None
    }
}

/// Everything that a decision may look at.
pub struct Turn<'a> {
    /// The bot.
    pub bot: &'a Bot,
    /// The bot's username, for links to its private chat; `None` before the first getMe.
    pub username: Option<&'a str>,
    /// What is remembered of this sender in this chat.
    pub conversation: &'a Conversation,
    /// The choice that [`choice_needed`](super::choice_needed) names, where it still exists.
    pub choice: Option<&'a OpenChoice>,
    /// Whether the private chat of this sender with this bot is linked to a party. An anonymous sender
    /// is nobody's (D28).
    pub registered: bool,
    /// Who that party is, where `facts` are there; `None` too when it is a user marked for deletion.
    pub party: Option<&'a PartyRef>,
    /// What [`facts_needed`](super::facts_needed) names, as it was read.
    pub facts: &'a Facts,
    /// The world outside.
    pub outside: &'a dyn Outside,
    /// Whether this sender is in a group that may type code; true where the bot names no groups.
    pub may_code: bool,
    /// The algorithms.
    pub scripts: &'a dyn Scripts,
    /// What came.
    pub incoming: &'a Incoming,
    /// The present moment.
    pub now: Moment,
    /// Where keys of messages and choices come from.
    pub ids: &'a dyn IdSource,
}
