//! JSON of updates → [`types`](super::types). The serde structs live here and do not leave.
//!
//! Unknown fields and kinds are passed over; a field we know with a value of another type makes that
//! one update [`Incoming::Malformed`], never its neighbours.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::split::{find_update_id, split_updates};
use super::types::*;

/// Reads a successful answer of `getUpdates`; none when it is not one, or was cut before its first
/// update ended.
pub fn parse_batch(answer: &Bytes) -> Option<Batch> {
    let split = split_updates(answer)?;
    let mut items = Vec::with_capacity(split.items.len() + 1);
    items.extend(
        split
            .items
            .into_iter()
            .map(|range| parse_update(answer.slice(range))),
    );
    // An answer that was cut: what came whole is taken, and the rest is asked for again, since the offset
    // moves only past what was taken. Nothing whole is no answer at all.
    if items.is_empty() && split.broken_tail.is_some() {
        return None;
    }
    Some(Batch { items })
}

/// Reads one update, as an element of a batch or as the body of a webhook call.
pub fn parse_update(raw: Bytes) -> Incoming {
    let parsed = std::str::from_utf8(&raw)
        .map_err(|error| error.to_string())
        .and_then(|text| {
            serde_json::from_str::<WireUpdate>(text).or_else(|error| {
                // Half a character in a name or a text is no reason to leave somebody without an answer.
                match without_half_characters(text) {
                    Some(mended) => serde_json::from_str::<WireUpdate>(&mended)
                        .map_err(|error| error.to_string()),
                    None => Err(error.to_string()),
                }
            })
        });
    match parsed {
        Ok(WireUpdate { update_id, kind }) => Incoming::Update(Update {
            update_id,
            kind,
            raw: RawJson::checked(raw),
        }),
        Err(error) => Incoming::Malformed(MalformedUpdate {
            update_id: find_update_id(&raw),
            raw: RawJson::lossy(raw),
            error,
        }),
    }
}

/// The same JSON with U+FFFD in place of each escaped half of a surrogate pair, which serde_json
/// refuses; `None` where there is none.
fn without_half_characters(json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    let unit = |at: usize| -> Option<u16> {
        (bytes.get(at..at + 2)? == b"\\u")
            .then(|| json.get(at + 2..at + 6))
            .flatten()
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
    };
    let mut mended = String::with_capacity(json.len());
    let (mut at, mut kept, mut found) = (0, 0, false);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        match unit(at) {
            Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
            Some(0xD800..=0xDFFF) => {
                mended.push_str(&json[kept..at]);
                mended.push('\u{FFFD}');
                at += 6;
                kept = at;
                found = true;
            }
            // The character behind a backslash begins no escape of its own.
            _ => at += 2,
        }
    }
    mended.push_str(&json[kept.min(json.len())..]);
    found.then_some(mended)
}

/// A key of an object, borrowed where it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct WireUpdate {
    update_id: i64,
    kind: UpdateKind,
}

impl<'de> Deserialize<'de> for WireUpdate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UpdateVisitor)
    }
}

struct UpdateVisitor;

impl<'de> Visitor<'de> for UpdateVisitor {
    type Value = WireUpdate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an update")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<WireUpdate, M::Error> {
        let mut update_id = None;
        let mut kind = None;
        let mut unknown = None;
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "update_id" => update_id = Some(map.next_value()?),
                "message" => {
                    kind = Some(UpdateKind::Message(
                        map.next_value::<Box<WireMessage>>()?.into(),
                    ))
                }
                "edited_message" => {
                    kind = Some(UpdateKind::EditedMessage(
                        map.next_value::<Box<WireMessage>>()?.into(),
                    ));
                }
                "callback_query" => {
                    kind = Some(UpdateKind::CallbackQuery(Box::new(
                        map.next_value::<WireCallbackQuery>()?.into(),
                    )));
                }
                "my_chat_member" => {
                    kind = Some(UpdateKind::MyChatMember(Box::new(
                        map.next_value::<WireMyChatMember>()?.into(),
                    )));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    unknown.get_or_insert_with(|| key.into_owned());
                }
            }
        }
        let update_id = update_id.ok_or_else(|| serde::de::Error::missing_field("update_id"))?;
        let kind = kind.unwrap_or_else(|| UpdateKind::Unknown {
            kind: unknown.unwrap_or_default(),
        });
        Ok(WireUpdate { update_id, kind })
    }
}

#[derive(Deserialize)]
pub(super) struct WireUser {
    id: i64,
    #[serde(default)]
    is_bot: bool,
    #[serde(default)]
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
    language_code: Option<String>,
}

impl From<WireUser> for User {
    fn from(wire: WireUser) -> User {
        let WireUser {
            id,
            is_bot,
            first_name,
            last_name,
            username,
            language_code,
        } = wire;
        User {
            id,
            is_bot,
            first_name,
            last_name,
            username,
            language_code,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct WireChat<'a> {
    id: i64,
    #[serde(borrow, rename = "type", default)]
    kind: Cow<'a, str>,
    title: Option<String>,
    username: Option<String>,
    #[serde(default)]
    is_forum: bool,
}

impl From<WireChat<'_>> for Chat {
    fn from(wire: WireChat<'_>) -> Chat {
        let kind = match &*wire.kind {
            "private" => ChatKind::Private,
            "group" => ChatKind::Group,
            "channel" => ChatKind::Channel,
            _ => ChatKind::Supergroup,
        };
        Chat {
            id: wire.id,
            kind,
            title: wire.title,
            username: wire.username,
            is_forum: wire.is_forum,
        }
    }
}

#[derive(Deserialize)]
struct WireEntity<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    offset: i64,
    length: i64,
    user: Option<WireId>,
}

#[derive(Deserialize)]
struct WireId {
    id: i64,
}

/// Only the entities we look at are kept, and of them those that can stand in a text.
fn entities(wire: Vec<WireEntity<'_>>) -> Vec<Entity> {
    wire.into_iter()
        .filter_map(|entity| {
            let kind = match &*entity.kind {
                "bot_command" => EntityKind::BotCommand,
                "mention" => EntityKind::Mention,
                "text_mention" => EntityKind::TextMention {
                    user: entity.user?.id,
                },
                _ => return None,
            };
            Some(Entity {
                kind,
                offset: usize::try_from(entity.offset).ok()?,
                length: usize::try_from(entity.length).ok()?,
            })
        })
        .collect()
}

#[derive(Deserialize)]
struct WireContact {
    phone_number: String,
    #[serde(default)]
    first_name: String,
    last_name: Option<String>,
    user_id: Option<i64>,
}

impl From<WireContact> for Contact {
    fn from(wire: WireContact) -> Contact {
        let WireContact {
            phone_number,
            first_name,
            last_name,
            user_id,
        } = wire;
        Contact {
            phone: phone_number,
            first_name,
            last_name,
            user_id,
        }
    }
}

/// A file or one size of a photo.
#[derive(Deserialize)]
pub(super) struct WireFile {
    file_id: String,
    #[serde(default)]
    file_unique_id: String,
    file_name: Option<String>,
    mime_type: Option<String>,
    file_size: Option<u64>,
    #[serde(default)]
    width: u64,
    #[serde(default)]
    height: u64,
}

impl From<WireFile> for FileRef {
    fn from(wire: WireFile) -> FileRef {
        FileRef {
            file_id: wire.file_id,
            file_unique_id: wire.file_unique_id,
            file_name: wire.file_name,
            mime_type: wire.mime_type,
            size: wire.file_size,
        }
    }
}

/// The largest size of a photo.
pub(super) fn largest(sizes: Vec<WireFile>) -> Option<FileRef> {
    sizes
        .into_iter()
        .max_by_key(|size| size.width * size.height)
        .map(FileRef::from)
}

#[derive(Deserialize)]
struct WireReply {
    message_id: i64,
    from: Option<WireId>,
}

/// What happens in a chat without anybody writing it.
const SERVICE: &[&str] = &[
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "group_chat_created",
    "supergroup_chat_created",
    "channel_chat_created",
    "message_auto_delete_timer_changed",
    "pinned_message",
    "successful_payment",
    "refunded_payment",
    "users_shared",
    "chat_shared",
    "gift",
    "unique_gift",
    "connected_website",
    "write_access_allowed",
    "passport_data",
    "proximity_alert_triggered",
    "boost_added",
    "chat_background_set",
    "checklist_tasks_done",
    "checklist_tasks_added",
    "direct_message_price_changed",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
    "giveaway_created",
    "giveaway_completed",
    "paid_message_price_changed",
    "video_chat_scheduled",
    "video_chat_started",
    "video_chat_ended",
    "video_chat_participants_invited",
    "web_app_data",
];

/// What a person can send besides text, contacts and files.
const OTHER: &[&str] = &[
    "location",
    "venue",
    "poll",
    "dice",
    "game",
    "invoice",
    "story",
    "paid_media",
    "checklist",
    "giveaway",
    "giveaway_winners",
];

/// The content of a message that carries something newer than this program.
const UNKNOWN_CONTENT: &str = "unknown";

struct WireMessage(Message);

impl From<Box<WireMessage>> for Box<Message> {
    fn from(wire: Box<WireMessage>) -> Box<Message> {
        Box::new(wire.0)
    }
}

impl<'de> Deserialize<'de> for WireMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MessageVisitor)
    }
}

struct MessageVisitor;

impl<'de> Visitor<'de> for MessageVisitor {
    type Value = WireMessage;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<WireMessage, M::Error> {
        let mut message_id = None;
        let mut chat = None;
        let mut thread_id = None;
        let mut is_topic = false;
        let mut content = None;
        let mut message = Message {
            message_id: 0,
            thread_id: None,
            from: None,
            sender_chat: None,
            chat: Chat::default(),
            date: 0,
            text: None,
            caption: None,
            entities: Vec::new(),
            content: Content::Other(UNKNOWN_CONTENT),
            reply_to: None,
            media_group_id: None,
            is_forwarded: false,
            is_via_bot: false,
        };
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "message_id" => message_id = Some(map.next_value()?),
                "from" => message.from = map.next_value::<Option<WireUser>>()?.map(User::from),
                "chat" => chat = Some(Chat::from(map.next_value::<WireChat<'_>>()?)),
                "date" => message.date = map.next_value()?,
                "text" => message.text = map.next_value()?,
                "caption" => message.caption = map.next_value()?,
                "entities" | "caption_entities" => message.entities = entities(map.next_value()?),
                "message_thread_id" => thread_id = map.next_value::<Option<i64>>()?,
                "is_topic_message" => is_topic = map.next_value()?,
                "sender_chat" => {
                    message.sender_chat = map.next_value::<Option<WireChat<'_>>>()?.map(Chat::from)
                }
                "reply_to_message" => {
                    message.reply_to =
                        map.next_value::<Option<WireReply>>()?.map(|reply| ReplyTo {
                            message_id: reply.message_id,
                            from: reply.from.map(|from| from.id),
                        });
                }
                "media_group_id" => message.media_group_id = map.next_value()?,
                "forward_origin" => {
                    map.next_value::<IgnoredAny>()?;
                    message.is_forwarded = true;
                }
                "via_bot" => {
                    map.next_value::<IgnoredAny>()?;
                    message.is_via_bot = true;
                }
                "contact" => {
                    content = Some(Content::Contact(map.next_value::<WireContact>()?.into()))
                }
                "photo" => {
                    content = largest(map.next_value()?).map(|file| Content::File {
                        kind: "photo",
                        file,
                    });
                }
                // An animation is given as a document too, a venue as a location too: the more
                // telling one wins in whichever order they come.
                "document" => {
                    let file: WireFile = map.next_value()?;
                    content.get_or_insert_with(|| Content::File {
                        kind: "document",
                        file: file.into(),
                    });
                }
                "location" => {
                    map.next_value::<IgnoredAny>()?;
                    content.get_or_insert(Content::Other("location"));
                }
                "animation" => content = Some(file("animation", map.next_value()?)),
                "sticker" => content = Some(file("sticker", map.next_value()?)),
                "voice" => content = Some(file("voice", map.next_value()?)),
                "audio" => content = Some(file("audio", map.next_value()?)),
                "video" => content = Some(file("video", map.next_value()?)),
                "video_note" => content = Some(file("video_note", map.next_value()?)),
                "migrate_to_chat_id" => content = Some(Content::MigratedTo(map.next_value()?)),
                "migrate_from_chat_id" => content = Some(Content::MigratedFrom(map.next_value()?)),
                "new_chat_members" => {
                    let people: Vec<WireUser> = map.next_value()?;
                    content = Some(Content::Joined(
                        people.into_iter().map(User::from).collect(),
                    ));
                }
                "left_chat_member" => {
                    content = Some(Content::Left(map.next_value::<WireUser>()?.into()))
                }
                name => {
                    map.next_value::<IgnoredAny>()?;
                    if let Some(&kind) = SERVICE.iter().find(|kind| **kind == name) {
                        content = Some(Content::Service(kind));
                    } else if let Some(&kind) = OTHER.iter().find(|kind| **kind == name) {
                        content = Some(Content::Other(kind));
                    }
                }
            }
        }
        message.message_id =
            message_id.ok_or_else(|| serde::de::Error::missing_field("message_id"))?;
        message.chat = chat.ok_or_else(|| serde::de::Error::missing_field("chat"))?;
        message.thread_id = thread_id.filter(|_| is_topic);
        message.content = match content {
            Some(content) => content,
            None if message.text.is_some() => Content::Text,
            None => Content::Other(UNKNOWN_CONTENT),
        };
        Ok(WireMessage(message))
    }
}

fn file(kind: &'static str, wire: WireFile) -> Content {
    Content::File {
        kind,
        file: wire.into(),
    }
}

#[derive(Deserialize)]
struct WireCallbackQuery<'a> {
    id: String,
    from: WireUser,
    #[serde(borrow)]
    message: Option<WireCallbackMessage<'a>>,
    data: Option<String>,
}

#[derive(Deserialize)]
struct WireCallbackMessage<'a> {
    #[serde(borrow)]
    chat: WireChat<'a>,
    message_id: i64,
    #[serde(default)]
    date: i64,
    message_thread_id: Option<i64>,
    #[serde(default)]
    is_topic_message: bool,
}

impl From<WireCallbackQuery<'_>> for CallbackQuery {
    fn from(wire: WireCallbackQuery<'_>) -> CallbackQuery {
        CallbackQuery {
            id: wire.id,
            from: wire.from.into(),
            message: wire.message.map(|message| CallbackMessage {
                message_id: message.message_id,
                thread_id: message
                    .message_thread_id
                    .filter(|_| message.is_topic_message),
                // Telegram marks a message whose content it no longer gives by the date 0.
                is_accessible: message.date != 0,
                chat: message.chat.into(),
            }),
            data: wire.data,
        }
    }
}

#[derive(Deserialize)]
struct WireMyChatMember<'a> {
    #[serde(borrow)]
    chat: WireChat<'a>,
    from: WireUser,
    #[serde(default)]
    date: i64,
    #[serde(borrow)]
    old_chat_member: WireMember<'a>,
    #[serde(borrow)]
    new_chat_member: WireMember<'a>,
}

#[derive(Deserialize)]
struct WireMember<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(default)]
    is_member: bool,
    #[serde(default)]
    can_send_messages: bool,
}

impl From<WireMember<'_>> for MemberStatus {
    fn from(wire: WireMember<'_>) -> MemberStatus {
        match &*wire.status {
            "creator" => MemberStatus::Creator,
            "administrator" => MemberStatus::Administrator,
            "member" => MemberStatus::Member,
            "restricted" => MemberStatus::Restricted {
                is_member: wire.is_member,
                can_send: wire.can_send_messages,
            },
            "left" => MemberStatus::Left,
            "kicked" => MemberStatus::Kicked,
            _ => MemberStatus::Unknown,
        }
    }
}

impl From<WireMyChatMember<'_>> for MyChatMember {
    fn from(wire: WireMyChatMember<'_>) -> MyChatMember {
        MyChatMember {
            chat: wire.chat.into(),
            from: wire.from.into(),
            date: wire.date,
            old: wire.old_chat_member.into(),
            new: wire.new_chat_member.into(),
        }
    }
}
