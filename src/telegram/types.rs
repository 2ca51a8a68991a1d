//! What we read from and write to Telegram, as plain types.
//!
//! Only what is used is here: an update's raw JSON is kept whole beside it, so that nothing is lost
//! by a field we do not name. How JSON becomes these types stands in `parse.rs`; nothing here knows
//! serde.

use std::fmt;

use bytes::Bytes;

/// The JSON of one update as it came: a part of the batch's buffer, shared, not copied. It keeps
/// the whole batch's buffer alive, so it is for storing soon, not for keeping.
#[derive(Clone, PartialEq, Eq)]
pub struct RawJson(Bytes);

impl RawJson {
    /// Takes the bytes of a text that was read already, so it is known to be UTF-8.
    pub(super) fn checked(bytes: Bytes) -> RawJson {
        debug_assert!(std::str::from_utf8(&bytes).is_ok());
        RawJson(bytes)
    }

    /// Takes any bytes; what is no UTF-8 is replaced by the replacement character.
    pub fn lossy(bytes: Bytes) -> RawJson {
        match String::from_utf8_lossy(&bytes) {
            std::borrow::Cow::Borrowed(_) => RawJson(bytes),
            std::borrow::Cow::Owned(text) => RawJson(Bytes::from(text)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // Checked when made; checking again costs less than an unsafe block is worth.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Only the length: the text of a person's message belongs in the database, not in a log.
impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.0.len())
    }
}

/// The answer of `getUpdates`, in the order it came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// The updates, each parsed alone.
    pub items: Vec<Incoming>,
}

impl Batch {
    /// The offset that confirms this batch: the last update's number + 1, also when it is lower than
    /// before (Telegram begins anew at random after a quiet week). None for an empty batch and for
    /// one in which no number could be read.
    pub fn next_offset(&self) -> Option<i64> {
        // Malformed updates without a number at the end stand after the last known number, and
        // numbers follow one another: each moves the offset by one, else it would come for ever.
        let nameless = self
            .items
            .iter()
            .rev()
            .take_while(|item| item.update_id().is_none())
            .count();
        let last = self.items.iter().rev().find_map(Incoming::update_id)?;
        Some(last.saturating_add(1).saturating_add(nameless as i64))
    }
}

/// One entry of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// An update that could be read (its kind may still be unknown).
    Update(Update),
    /// An update that could not: it is kept and counted, its neighbours are not touched.
    Malformed(MalformedUpdate),
}

impl Incoming {
    /// The update's number, where it could be read.
    pub fn update_id(&self) -> Option<i64> {
        match self {
            Incoming::Update(update) => Some(update.update_id),
            Incoming::Malformed(malformed) => malformed.update_id,
        }
    }

    /// The JSON as it came.
    pub fn raw(&self) -> &RawJson {
        match self {
            Incoming::Update(update) => &update.raw,
            Incoming::Malformed(malformed) => &malformed.raw,
        }
    }
}

/// An update that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedUpdate {
    /// Its number, if at least that could be read.
    pub update_id: Option<i64>,
    /// The JSON as it came (what was no UTF-8 is replaced).
    pub raw: RawJson,
    /// What is wrong and where in the raw text.
    pub error: String,
}

/// An update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its number, unique within a bot.
    pub update_id: i64,
    /// What happened.
    pub kind: UpdateKind,
    /// The JSON as it came.
    pub raw: RawJson,
}

/// What an update tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateKind {
    /// A new message.
    Message(Box<Message>),
    /// A message was edited by its author.
    EditedMessage(Box<Message>),
    /// An inline button was pressed.
    CallbackQuery(Box<CallbackQuery>),
    /// The bot's own standing in a chat changed: blocked, kicked, added.
    MyChatMember(Box<MyChatMember>),
    /// Something we do not handle.
    Unknown {
        /// Telegram's name of the field, e.g. `poll_answer`; empty where there was none.
        kind: String,
    },
}

/// A person or a bot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct User {
    /// Telegram's number.
    pub id: i64,
    /// Whether it is a bot.
    pub is_bot: bool,
    /// First name; every account has one, it may be empty for a deleted one.
    pub first_name: String,
    /// Last name.
    pub last_name: Option<String>,
    /// Name after `@`.
    pub username: Option<String>,
    /// IETF tag of the app's language.
    pub language_code: Option<String>,
}

impl User {
    /// First and last name as people read them.
    pub fn full_name(&self) -> String {
        match &self.last_name {
            Some(last) if !last.is_empty() => format!("{} {last}", self.first_name),
            _ => self.first_name.clone(),
        }
    }
}

/// What kind of chat it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChatKind {
    /// One person and the bot.
    #[default]
    Private,
    /// A small group; may become a supergroup and change its number.
    Group,
    /// A large group.
    Supergroup,
    /// A channel.
    Channel,
}

/// A chat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chat {
    /// Telegram's number; negative for groups and channels.
    pub id: i64,
    /// The kind; one that is not known to us counts as a supergroup, the most careful reading.
    pub kind: ChatKind,
    /// Title of a group or channel.
    pub title: Option<String>,
    /// Name after `@`.
    pub username: Option<String>,
    /// Whether the supergroup has topics.
    pub is_forum: bool,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Number within the chat.
    pub message_id: i64,
    /// The topic, only where the message really belongs to one (`is_topic_message`).
    pub thread_id: Option<i64>,
    /// The sender; none in channels.
    pub from: Option<User>,
    /// The chat in whose name it was sent (an anonymous administrator, a linked channel).
    pub sender_chat: Option<Chat>,
    /// Where it was sent.
    pub chat: Chat,
    /// When, in seconds since 1970.
    pub date: i64,
    /// The text of a text message.
    pub text: Option<String>,
    /// The caption of a file.
    pub caption: Option<String>,
    /// Commands and mentions in the text or the caption.
    pub entities: Vec<Entity>,
    /// What it carries.
    pub content: Content,
    /// The message it answers.
    pub reply_to: Option<ReplyTo>,
    /// Files sent as one album share it.
    pub media_group_id: Option<String>,
    /// Whether the message was forwarded, so that its text is not the sender's own.
    pub is_forwarded: bool,
    /// Whether another bot wrote it for the sender (inline mode).
    pub is_via_bot: bool,
}

impl Message {
    /// Whether the sender typed it himself.
    pub fn is_own(&self) -> bool {
        !self.is_forwarded && !self.is_via_bot
    }

    /// The text, or the caption of a file.
    pub fn text_or_caption(&self) -> Option<&str> {
        self.text.as_deref().or(self.caption.as_deref())
    }

    /// The part of the text (or caption) that an entity covers. Telegram counts in UTF-16 units;
    /// none where the entity does not fit the text.
    pub fn entity_text(&self, entity: &Entity) -> Option<&str> {
        let text = self.text_or_caption()?;
        let end = entity.offset.checked_add(entity.length)?;
        text.get(utf16_to_byte(text, entity.offset)?..utf16_to_byte(text, end)?)
    }
}

/// The byte position of a UTF-16 position; none inside a surrogate pair or past the end.
fn utf16_to_byte(text: &str, position: usize) -> Option<usize> {
    let mut units = 0;
    for (byte, c) in text.char_indices() {
        if units == position {
            return Some(byte);
        }
        units += c.len_utf16();
    }
    (units == position).then_some(text.len())
}

/// A command or mention in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Where it begins, in UTF-16 units.
    pub offset: usize,
    /// How long it is, in UTF-16 units.
    pub length: usize,
}

/// The kinds of entities we look at; formatting is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityKind {
    /// `/command` or `/command@bot`.
    BotCommand,
    /// `@name`.
    Mention,
    /// A mention of a person without a name.
    TextMention {
        /// Who.
        user: i64,
    },
}

/// What a message carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text, in [`Message::text`].
    Text,
    /// A contact: with the sender's own number it is how a person tells who they are.
    Contact(Contact),
    /// A file of any kind.
    File {
        /// Telegram's name: document, photo, sticker, voice, audio, video, video_note, animation.
        kind: &'static str,
        /// The file; of a photo the largest size.
        file: FileRef,
    },
    /// The group became a supergroup with this number (said in the old chat).
    MigratedTo(i64),
    /// The supergroup was a group with this number (said in the new chat).
    MigratedFrom(i64),
    /// People or bots were added, the bot may be among them.
    Joined(Vec<User>),
    /// Somebody left or was removed.
    Left(User),
    /// Something that happened in the chat, not written by anybody (a title changed, a pin, …).
    Service(&'static str),
    /// Anything else a person can send: location, poll, dice, story, …
    Other(&'static str),
}

impl Content {
    /// Telegram's name of the content, e.g. `text`, `sticker`.
    pub fn kind(&self) -> &'static str {
        match self {
            Content::Text => "text",
            Content::Contact(_) => "contact",
            Content::File { kind, .. } => kind,
            Content::MigratedTo(_) => "migrate_to_chat_id",
            Content::MigratedFrom(_) => "migrate_from_chat_id",
            Content::Joined(_) => "new_chat_members",
            Content::Left(_) => "left_chat_member",
            Content::Service(kind) | Content::Other(kind) => kind,
        }
    }

    /// Whether it is something that happened rather than something a person sent: such messages
    /// are never answered.
    pub fn is_service(&self) -> bool {
        matches!(
            self,
            Content::MigratedTo(_)
                | Content::MigratedFrom(_)
                | Content::Joined(_)
                | Content::Left(_)
                | Content::Service(_)
        )
    }
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contact {
    /// The number as Telegram gives it: digits, with or without a plus.
    pub phone: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: Option<String>,
    /// The person's number at Telegram; equal to the sender's when it is their own contact.
    pub user_id: Option<i64>,
}

/// A file at Telegram.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileRef {
    /// For fetching and sending again; valid for this bot only.
    pub file_id: String,
    /// The same for the same file over time and bots; cannot be fetched with.
    pub file_unique_id: String,
    /// Name, where the sender's app gave one.
    pub file_name: Option<String>,
    /// MIME type, as the sender's app gave it.
    pub mime_type: Option<String>,
    /// Size in bytes.
    pub size: Option<u64>,
}

/// The message that is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyTo {
    /// Number within the chat.
    pub message_id: i64,
    /// Who wrote it.
    pub from: Option<i64>,
}

/// A pressed inline button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackQuery {
    /// For answering it.
    pub id: String,
    /// Who pressed.
    pub from: User,
    /// The message with the button; none for messages sent inline or too old.
    pub message: Option<CallbackMessage>,
    /// What the button carries.
    pub data: Option<String>,
}

/// Where a pressed button stands. The message's content may no longer be accessible, these two are
/// always told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackMessage {
    /// The chat.
    pub chat: Chat,
    /// Number within the chat.
    pub message_id: i64,
    /// The topic, where it belongs to one.
    pub thread_id: Option<i64>,
    /// Whether Telegram still gives the message's content (it can still be edited then).
    pub is_accessible: bool,
}

/// The bot's own standing in a chat changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MyChatMember {
    /// Where.
    pub chat: Chat,
    /// Who changed it.
    pub from: User,
    /// When, in seconds since 1970.
    pub date: i64,
    /// Before.
    pub old: MemberStatus,
    /// After. `Kicked` in a private chat means that the person blocked the bot.
    pub new: MemberStatus,
}

/// Standing in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberStatus {
    /// The owner.
    Creator,
    /// An administrator.
    Administrator,
    /// A member.
    Member,
    /// A member with fewer rights, or somebody restricted who has left.
    Restricted {
        /// Whether still a member.
        is_member: bool,
        /// Whether may send messages.
        can_send: bool,
    },
    /// Not there.
    Left,
    /// Put out; in a private chat: the bot is blocked.
    Kicked,
    /// A word we do not know.
    Unknown,
}

impl MemberStatus {
    /// Whether the bot is in the chat.
    pub fn is_present(self) -> bool {
        match self {
            MemberStatus::Creator | MemberStatus::Administrator | MemberStatus::Member => true,
            MemberStatus::Restricted { is_member, .. } => is_member,
            MemberStatus::Left | MemberStatus::Kicked => false,
            // A new word is more likely a new kind of member than a new way of being absent, and
            // a chat taken for dead gets nothing any more.
            MemberStatus::Unknown => true,
        }
    }
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SentMessage {
    /// Number within the chat.
    pub message_id: i64,
    /// The chat it really went to (another number after a migration on Telegram's side).
    pub chat: i64,
    /// The file it carries, with its `file_id` for sending it again without an upload.
    pub file: Option<FileRef>,
}

/// A file that can be fetched (`getFile`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileInfo {
    /// The file.
    pub file: FileRef,
    /// Where to fetch it from, for about an hour; none when it is too large to be fetched.
    pub path: Option<String>,
}

/// Buttons under a message or in place of the keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyMarkup {
    /// Buttons under the message, row by row. No rows: an edit takes the buttons away.
    Inline(Vec<Vec<InlineButton>>),
    /// Buttons in place of the keyboard: pressing one writes its text.
    Keyboard {
        /// Row by row.
        rows: Vec<Vec<ReplyButton>>,
        /// Fit the height to the number of rows.
        resize: bool,
        /// Stays when the person hides the keyboard.
        persistent: bool,
        /// Goes away after one press.
        one_time: bool,
    },
    /// Takes that keyboard away.
    RemoveKeyboard,
}

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineButton {
    /// The label.
    pub text: String,
    /// What pressing does.
    pub action: InlineAction,
}

/// What an inline button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InlineAction {
    /// Sends this to the bot, at most 64 bytes.
    Callback(String),
    /// Opens an address.
    Url(String),
}

/// A button in place of the keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyButton {
    /// The label, and what is written by pressing.
    pub text: String,
    /// Sends the person's own contact instead.
    pub request_contact: bool,
}
