//! What the people's side reads: one line of a chat for each message, edit, deletion and answer.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Callback, Keyboard, Rows};

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
    /// `document`, `photo`, `sticker`, `voice`, `audio`, `video`, `animation` or `video_note`.
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
    /// Of a reply keyboard: it hides once a button was pressed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keyboard_once: bool,
    /// What the bot wants to stand in the person's empty field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// The person's next text is to answer this message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force_reply: bool,
    /// Files.
    pub files: Vec<FileInfo>,
    /// Of a message that is neither text nor file: `contact`, `sticker` or another key of the
    /// Bot API.
    pub media: Option<String>,
    /// What such a message says, in words: a name and a number, a place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Of a forwarded message: whose it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<String>,
    /// The user name of the bot through which a person sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// The message it answers.
    pub reply_to: Option<i64>,
    /// The part of that message that it quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
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

impl Entry {
    /// What pops up after a press; empty text: the waiting sign goes away.
    pub(crate) fn answer(bot: i64, press: &Callback, text: String, date: i64) -> Self {
        Self {
            seq: 0,
            bot,
            chat: press.chat,
            kind: EntryKind::Answer,
            message_id: press.message,
            from: Sender::Bot,
            name: String::new(),
            html: vestnik_markup::escape(&text),
            text,
            buttons: Vec::new(),
            keyboard: None,
            keyboard_once: false,
            placeholder: None,
            force_reply: false,
            files: Vec::new(),
            media: None,
            about: None,
            forward: None,
            via: None,
            reply_to: None,
            quote: None,
            thread: None,
            album: None,
            alert: false,
            date,
        }
    }
}
