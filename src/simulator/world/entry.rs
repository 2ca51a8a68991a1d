//! What the people's side reads: one line of a chat for each message, edit, deletion and answer.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Keyboard, Rows};

/// Who wrote a message. In JSON `"bot"` or the number of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The bot whose chat it is.
    Bot,
    /// A person.
    Person(i64),
}

impl Serialize for Sender {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bot => serializer.serialize_str("bot"),
            Self::Person(id) => serializer.serialize_i64(*id),
        }
    }
}

impl<'de> Deserialize<'de> for Sender {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) if text == "bot" => Ok(Self::Bot),
            other => other
                .as_i64()
                .map(Self::Person)
                .ok_or_else(|| D::Error::custom("from: \"bot\" or a number")),
        }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A message was written.
    Message,
    /// A message got another text or other buttons; the entry shows the message as it is now.
    Edit,
    /// A message was deleted.
    Delete,
    /// The bot answered a press; `text` is what pops up.
    Answer,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInfo {
    /// The id by which the bot may send it again.
    pub file_id: String,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: usize,
    /// `document`, `photo` or `sticker`.
    pub kind: String,
    /// Its media type, by the name.
    pub mime: String,
    /// Its content, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}

/// One thing that happened in a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Rises over all chats; `after=` takes it.
    pub seq: u64,
    /// The bot.
    pub bot: i64,
    /// The chat.
    pub chat: i64,
    /// What happened.
    pub kind: EntryKind,
    /// To which message.
    pub message_id: i64,
    /// Who wrote the message.
    pub from: Sender,
    /// The person's name, empty for the bot.
    #[serde(default)]
    pub name: String,
    /// Visible text or caption.
    pub text: String,
    /// The same with formatting, canonical Telegram HTML.
    pub html: String,
    /// Inline buttons.
    pub buttons: Rows,
    /// What it did to the reply keyboard; `None`: nothing.
    pub keyboard: Option<Keyboard>,
    /// Files.
    pub files: Vec<FileInfo>,
    /// Of a message that is neither text nor file: `contact`, `sticker` or another key of the
    /// Bot API.
    pub media: Option<String>,
    /// The message it answers.
    pub reply_to: Option<i64>,
    /// The topic of a forum.
    pub thread: Option<i64>,
    /// The album it belongs to.
    pub album: Option<String>,
    /// Of an answer to a press: whether it must be confirmed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alert: bool,
    /// Unix seconds of the virtual clock.
    pub date: i64,
}

/// What goes to the readers of `/sim/events`.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) bot: i64,
    /// `None` for events about the bot itself.
    pub(crate) chat: Option<i64>,
    pub(crate) seq: u64,
    pub(crate) json: String,
}
