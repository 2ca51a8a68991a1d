//! What a person sends, as it is asked for.

use serde_json::{Map, Value};

use super::SAMPLE_PLACE;
use crate::world::FileKind;

/// Something a person sends. `Default` and `from` make an empty message: give it a text, a file,
/// a contact, a place, a sticker or fields of the Bot API.
#[derive(Debug, Clone, Default)]
pub struct Say {
    /// The person.
    pub from: i64,
    /// The chat; the person's own when not given, a group below zero.
    pub chat: Option<i64>,
    /// The person's name: "Иван" or "Иван Петров".
    pub name: Option<String>,
    /// The person's user name.
    pub username: Option<String>,
    /// The language of the person's Telegram.
    pub language: Option<String>,
    /// Text, or the caption of a file.
    pub text: Option<String>,
    /// The same with formatting, as Telegram's HTML; goes before `text`.
    pub html: Option<String>,
    /// A contact: the person's own with a number made from the id, or these fields over it.
    pub contact: Option<Map<String, Value>>,
    /// Latitude and longitude, in degrees.
    pub location: Option<(f64, f64)>,
    /// A document.
    pub file: Option<(String, Vec<u8>)>,
    /// A photo; empty bytes stand for a sample picture.
    pub photo: Option<Vec<u8>>,
    /// A sticker.
    pub sticker: bool,
    /// A file of any other kind.
    pub media: Option<Attachment>,
    /// Two to ten files that are sent as one; only photos and videos stand together.
    pub album: Vec<Attachment>,
    /// The topic of a forum; makes the group one.
    pub thread: Option<i64>,
    /// The message it answers.
    pub reply_to: Option<i64>,
    /// The part of the answered message that it quotes.
    pub quote: Option<String>,
    /// Whose message it is that is sent on.
    pub forward: Option<Forward>,
    /// The bot through which it is sent, as an inline bot's result.
    pub via: Option<Via>,
    /// The group's title.
    pub title: Option<String>,
    /// A channel that writes, or the group itself for an anonymous admin.
    pub sender_chat: Option<i64>,
    /// Any other fields of the Bot API's `Message`.
    pub raw: Map<String, Value>,
}

/// A file that a person sends.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// What it is sent as.
    pub kind: FileKind,
    /// Its name; a usual one of its kind when empty.
    pub name: String,
    /// Its content; empty stands for a sample.
    pub bytes: Vec<u8>,
    /// Its caption within an album.
    pub caption: Option<String>,
    /// `duration` in seconds, `width`, `height`, `performer`, `title`.
    pub about: Map<String, Value>,
}

/// Where a forwarded message first appeared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forward {
    /// Written by a person.
    Person(i64),
    /// Written by a person who lets nobody link to the account.
    Hidden(String),
    /// Written in the name of a group.
    Chat {
        /// The group.
        id: i64,
        /// Its title.
        title: String,
    },
    /// Written in a channel.
    Channel {
        /// The channel.
        id: i64,
        /// Its title.
        title: String,
        /// The number of the message there.
        message: i64,
    },
    /// A message of a chat of the same bot, with all that it holds.
    Message {
        /// The chat; the one that is written to when not given.
        chat: Option<i64>,
        /// The message.
        id: i64,
    },
}

/// A bot whose inline result is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Via {
    /// Its number; made from the user name when not given.
    pub id: Option<i64>,
    /// Its user name, without `@`.
    pub username: String,
    /// Its name; the user name when not given.
    pub name: Option<String>,
}

impl Say {
    /// A text from a person in the private chat.
    pub fn text(from: i64, text: impl Into<String>) -> Self {
        Self {
            from,
            text: Some(text.into()),
            ..Self::default()
        }
    }

    /// Reads the JSON of `POST /sim/bots/{id}/messages`; unknown keys are refused by name.
    pub fn from_json(value: &Value) -> Result<Self, String> {
        let object = value
            .as_object()
            .ok_or("сообщение — это объект с \"from\" и \"text\"")?;
        let mut say = Self::default();
        for (key, value) in object {
            if value.is_null() {
                continue;
            }
            let on = value != &Value::Bool(false);
            match key.as_str() {
                "from" => say.from = int(key, value)?,
                "chat" => say.chat = Some(int(key, value)?),
                "name" => say.name = Some(text(key, value)?),
                "username" => say.username = Some(text(key, value)?),
                "language_code" => say.language = Some(text(key, value)?),
                "text" => say.text = Some(text(key, value)?),
                "html" => say.html = Some(text(key, value)?),
                "contact" if on => {
                    say.contact = Some(value.as_object().cloned().unwrap_or_default());
                }
                "location" if on => say.location = Some(place(value)?),
                "file" => {
                    let name = value.get("name").and_then(Value::as_str);
                    let name = name.unwrap_or(FileKind::Document.sample_name());
                    say.file = Some((name.to_owned(), decoded(value)?));
                }
                "photo" if on => say.photo = Some(decoded(value)?),
                "sticker" => say.sticker = on,
                "album" => say.album = album(value)?,
                "contact" | "location" | "photo" => {}
                "thread" => say.thread = Some(int(key, value)?),
                "reply_to" => say.reply_to = Some(int(key, value)?),
                "quote" => say.quote = Some(text(key, value)?),
                "forward" => say.forward = Some(forward(value)?),
                "via_bot" => say.via = Some(via(value)?),
                "title" => say.title = Some(text(key, value)?),
                "sender_chat" => say.sender_chat = Some(int(key, value)?),
                "raw" => {
                    say.raw = value
                        .as_object()
                        .cloned()
                        .ok_or("raw: нужен объект с полями Message")?;
                }
                other => match kind_of(other) {
                    Some(kind) if on => say.media = Some(attachment(kind, value)?),
                    Some(_) => {}
                    None => return Err(format!("у сообщения нет ключа «{key}»")),
                },
            }
        }
        if say.from <= 0 {
            return Err("from: нужен номер человека, целое больше нуля".into());
        }
        Ok(say)
    }
}

fn int(key: &str, value: &Value) -> Result<i64, String> {
    value
        .as_i64()
        .ok_or_else(|| format!("{key}: нужно целое число"))
}

fn text(key: &str, value: &Value) -> Result<String, String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("{key}: нужен текст"))
}

/// The kind of file that a key of a message or of an album's item names.
fn kind_of(key: &str) -> Option<FileKind> {
    FileKind::ALL.into_iter().find(|kind| kind.name() == key)
}

fn attachment(kind: FileKind, value: &Value) -> Result<Attachment, String> {
    let mut about = Map::new();
    for key in [
        "duration",
        "width",
        "height",
        "length",
        "performer",
        "title",
    ] {
        if let Some(value) = value.get(key) {
            about.insert(key.into(), value.clone());
        }
    }
    let name = value.get("name").and_then(Value::as_str);
    Ok(Attachment {
        kind,
        name: name.unwrap_or_default().to_owned(),
        bytes: decoded(value)?,
        caption: None,
        about,
    })
}

/// The items of an album: `{"photo": true, "text": "…"}`, `{"file": {…}}` and so on.
fn album(value: &Value) -> Result<Vec<Attachment>, String> {
    let wrong =
        "album: нужен список вида [{\"photo\": {\"base64\"}}, {\"photo\": true, \"text\": \"…\"}]";
    let items = value.as_array().ok_or(wrong)?;
    let item = |item: &Value| {
        let object = item.as_object().ok_or(wrong)?;
        let mut found = None;
        for (key, value) in object {
            let kind = match key.as_str() {
                "text" => continue,
                "file" => Some(FileKind::Document),
                key => kind_of(key),
            };
            let kind = kind.ok_or_else(|| format!("album: нет ключа «{key}»"))?;
            found = Some(attachment(kind, value)?);
        }
        let mut found = found.ok_or(wrong)?;
        found.caption = object
            .get("text")
            .and_then(Value::as_str)
            .map(str::to_owned);
        Ok::<_, String>(found)
    };
    items.iter().map(item).collect()
}

fn place(value: &Value) -> Result<(f64, f64), String> {
    let degrees = |key: &str| value.get(key).and_then(Value::as_f64);
    match (value, degrees("latitude"), degrees("longitude")) {
        (Value::Bool(true), ..) => Ok(SAMPLE_PLACE),
        (_, Some(latitude), Some(longitude)) => Ok((latitude, longitude)),
        _ => Err("location: нужны latitude и longitude, числа".into()),
    }
}

fn forward(value: &Value) -> Result<Forward, String> {
    let number = |key: &str| value.get(key).and_then(Value::as_i64);
    let title = || {
        let title = value.get("title").and_then(Value::as_str);
        title.unwrap_or_default().to_owned()
    };
    if let Some(id) = value.as_i64().or_else(|| number("person")) {
        return Ok(Forward::Person(id));
    }
    if let Some(name) = value.get("hidden").and_then(Value::as_str) {
        return Ok(Forward::Hidden(name.to_owned()));
    }
    if let Some(id) = number("channel") {
        return Ok(Forward::Channel {
            id,
            title: title(),
            message: number("message_id").unwrap_or(1),
        });
    }
    if let Some(id) = number("message_id") {
        let chat = number("chat");
        return Ok(Forward::Message { chat, id });
    }
    if let Some(id) = number("chat") {
        return Ok(Forward::Chat { id, title: title() });
    }
    Err(
        "forward: нужен номер человека или одно из {\"hidden\": \"Имя\"}, {\"chat\": -5, \"title\"}, \
         {\"channel\": -100…, \"title\", \"message_id\"}, {\"message_id\": 7, \"chat\"}"
            .into(),
    )
}

fn via(value: &Value) -> Result<Via, String> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let username = value
        .as_str()
        .map(str::to_owned)
        .or_else(|| text("username"));
    let username = username.unwrap_or_default();
    let username = username.trim_start_matches('@');
    if username.is_empty() {
        return Err("via_bot: нужно имя бота, как «@gif»".into());
    }
    Ok(Via {
        id: value.get("id").and_then(Value::as_i64),
        username: username.to_owned(),
        name: text("name"),
    })
}

fn decoded(value: &Value) -> Result<Vec<u8>, String> {
    use base64::Engine as _;
    match value.get("base64").and_then(Value::as_str) {
        Some(text) => base64::engine::general_purpose::STANDARD
            .decode(text.trim())
            .map_err(|error| format!("base64: {error}")),
        None => Ok(Vec::new()),
    }
}
