//! What a bot is to send, in the words of no channel.

use serde::{Deserialize, Serialize};

use super::ids::{BotCode, ChatId, MessageKey, Moment};
use super::rich_text::RichText;
use super::words::words;

words! {
    /// How a message leaves (R5).
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Channel {
        /// A chat of one of the organisation's bots.
        #[default]
        Telegram = "telegram",
        /// A letter to the address that the party has.
        Email = "email",
        /// Kept with the system itself, read through its API.
        Inbox = "inbox",
    }
}

/// What one message of a channel can carry. Whoever makes messages asks the channel; nobody else says
/// these numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChannelLimits {
    /// The longest text of one message, in UTF-16 units after mark-up; a longer one is split.
    pub text_units: usize,
    /// The longest caption of a file, counted alike; a longer text goes before the file.
    pub caption_units: usize,
    /// The longest label of a button, in characters.
    pub label_chars: usize,
    /// The most bytes that a button gives back when it is pressed.
    pub button_data_bytes: usize,
    /// Rows of buttons under one message; more are paged.
    pub button_rows: usize,
    /// Files in one album.
    pub album_files: usize,
    /// Parts of one long text.
    pub parts: usize,
}

/// Bot API: sendMessage, sendDocument, InlineKeyboardButton, sendMediaGroup. Rows and labels are not
/// Telegram's: more do not fit on a telephone (D14). A text of more parts would be half a million
/// characters long.
const TELEGRAM: ChannelLimits = ChannelLimits {
    text_units: 4096,
    caption_units: 1024,
    label_chars: 64,
    button_data_bytes: 64,
    button_rows: 8,
    album_files: 10,
    parts: 128,
};

/// A letter and a note of the inbox are pages: nothing in them is counted out, and what Telegram has as
/// buttons they have as links. Their text is one row, which a megabyte of letters does not burst.
const PAGE: ChannelLimits = ChannelLimits {
    text_units: 1 << 20,
    caption_units: 1 << 20,
    parts: 1,
    ..TELEGRAM
};

impl Channel {
    /// What its messages can carry.
    pub const fn limits(self) -> &'static ChannelLimits {
        match self {
            Channel::Telegram => &TELEGRAM,
            Channel::Email | Channel::Inbox => &PAGE,
        }
    }
}

/// A chat of a bot on a channel.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ChatAddress {
    /// The channel.
    pub channel: Channel,
    /// The bot that speaks.
    pub bot: BotCode,
    /// The chat it speaks in.
    pub chat: ChatId,
    /// The topic of a forum, or none.
    pub thread: Option<i64>,
}

/// Which queue of its chat a message stands in (design: "Sending").
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// What the handling of an update of this chat wrote: goes first and never waits for a limit.
    Interactive,
    /// Notices, manual messages, broadcasts: wait for the limits.
    Background,
}

/// What a message is; decides what happens when it is not known whether it was sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// The answer to an update.
    Answer,
    /// A notice of the system.
    Notice,
    /// Written by a person or an algorithm.
    Manual,
    /// One of many alike.
    Broadcast,
    /// The edit of a message sent earlier.
    Edit,
}

/// What is done with a message whose fate is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resend {
    /// Sent again, a few times at most, and marked `resent` (docs/decisions/0006-resend.md).
    Marked,
    /// Left as `unknown`.
    Never,
    /// Repeated freely: doing it twice is doing it once.
    Freely,
}

impl MessageKind {
    /// The policy for a message whose answer was never read.
    pub fn resend(self) -> Resend {
        match self {
            MessageKind::Answer | MessageKind::Notice | MessageKind::Manual => Resend::Marked,
            MessageKind::Broadcast => Resend::Never,
            MessageKind::Edit => Resend::Freely,
        }
    }
}

/// Where a message stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// To be sent, at once or at its `not_before`.
    Queued,
    /// Handed to the channel; the answer is not read yet.
    Sending,
    /// The channel has it.
    Sent,
    /// Handed over, but the answer was never read.
    Unknown,
    /// The channel refused it for good, or the tries are used up.
    Failed,
    /// Withdrawn before it was sent.
    Cancelled,
}

/// What pressing a button does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonAction {
    /// Comes back to the bot as this data; at most 64 bytes (Bot API, `callback_data`).
    Data(String),
    /// Opens a link.
    Url(String),
}

/// One button.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// What it does.
    pub action: ButtonAction,
}

/// The keyboard that goes with a message.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Buttons {
    /// None. In an edit: the buttons are removed.
    #[default]
    None,
    /// Buttons under the message, row by row.
    Inline(Vec<Vec<Button>>),
    /// A panel of texts in place of the keyboard (R72), row by row.
    Panel(Vec<Vec<String>>),
    /// In place of the keyboard one button with this label: pressed, it sends the person's own contact, and
    /// goes.
    Contact(String),
    /// The panel is taken away.
    RemovePanel,
}

impl Buttons {
    /// True for [`Buttons::None`].
    pub fn is_none(&self) -> bool {
        *self == Buttons::None
    }
}

/// Where the bytes of a file are.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileSource {
    /// A file that the same bot sent or received before.
    FileId(String),
    /// Bytes in base64.
    Base64(String),
}

/// A file to send.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OutgoingFile {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub source: FileSource,
    /// Shown as a picture rather than as a document.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub photo: bool,
}

/// What is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutgoingBody {
    /// A text with buttons.
    Text {
        /// The text; split by the channel when it is too long, the buttons go under the last part.
        text: RichText,
        /// The buttons.
        #[serde(default, skip_serializing_if = "Buttons::is_none")]
        buttons: Buttons,
    },
    /// Files: one, or 2 to 10 as an album (D24).
    Files {
        /// The files.
        files: Vec<OutgoingFile>,
        /// The caption of the first.
        caption: Option<RichText>,
        /// Buttons; only with one file.
        #[serde(default, skip_serializing_if = "Buttons::is_none")]
        buttons: Buttons,
    },
    /// New text and buttons for a message already on its way or sent.
    Edit {
        /// Which.
        target: EditTarget,
        /// The new text; `None`: only the buttons change.
        text: Option<RichText>,
        /// The new buttons.
        #[serde(default, skip_serializing_if = "Buttons::is_none")]
        buttons: Buttons,
    },
}

/// The message that an edit changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EditTarget {
    /// A message of our own by its key: the edit waits for its send.
    Message(MessageKey),
    /// A message by the channel's number (a pressed button tells it).
    ChannelMessage(i64),
}

/// A message to send, as the pure rules give it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// Its key.
    pub key: MessageKey,
    /// Where to.
    pub to: ChatAddress,
    /// The queue it stands in.
    pub lane: Lane,
    /// What it is.
    pub kind: MessageKind,
    /// The channel's number of the message that it quotes.
    pub reply_to: Option<i64>,
    /// Not to be sent before this moment (R35); `None`: at once.
    pub not_before: Option<Moment>,
    /// What is sent.
    pub body: OutgoingBody,
}
