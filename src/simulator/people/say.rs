//! What a person sends, as it is asked for.

use serde_json::{Map, Value};

/// Something a person sends. `Default` and `from` make an empty message: give it a text, a file,
/// a contact, a sticker or fields of the Bot API.
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
    /// A contact: the person's own with a number made from the id, or these fields over it.
    pub contact: Option<Map<String, Value>>,
    /// A document.
    pub file: Option<(String, Vec<u8>)>,
    /// A photo; empty bytes stand for a sample picture.
    pub photo: Option<Vec<u8>>,
    /// A sticker.
    pub sticker: bool,
    /// The topic of a forum; makes the group one.
    pub thread: Option<i64>,
    /// The message it answers.
    pub reply_to: Option<i64>,
    /// The group's title.
    pub title: Option<String>,
    /// A channel that writes, or the group itself for an anonymous admin.
    pub sender_chat: Option<i64>,
    /// Any other fields of the Bot API's `Message`.
    pub raw: Map<String, Value>,
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
            .ok_or("a message is an object with \"from\" and \"text\"")?;
        let mut say = Self::default();
        let int = |key: &str, value: &Value| {
            value
                .as_i64()
                .ok_or_else(|| format!("{key}: a whole number is needed"))
        };
        let text = |key: &str, value: &Value| {
            value
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| format!("{key}: a text is needed"))
        };
        let on = |value: &Value| !matches!(value, Value::Bool(false));
        for (key, value) in object {
            if value.is_null() {
                continue;
            }
            match key.as_str() {
                "from" => say.from = int(key, value)?,
                "chat" => say.chat = Some(int(key, value)?),
                "name" => say.name = Some(text(key, value)?),
                "username" => say.username = Some(text(key, value)?),
                "language_code" => say.language = Some(text(key, value)?),
                "text" => say.text = Some(text(key, value)?),
                "contact" if on(value) => {
                    say.contact = Some(value.as_object().cloned().unwrap_or_default());
                }
                "file" => {
                    let name = value
                        .get("name")
                        .and_then(Value::as_str)
                        .unwrap_or("file.bin");
                    say.file = Some((name.to_owned(), decoded(value)?));
                }
                "photo" if on(value) => say.photo = Some(decoded(value)?),
                "sticker" => say.sticker = on(value),
                "contact" | "photo" => {}
                "thread" => say.thread = Some(int(key, value)?),
                "reply_to" => say.reply_to = Some(int(key, value)?),
                "title" => say.title = Some(text(key, value)?),
                "sender_chat" => say.sender_chat = Some(int(key, value)?),
                "raw" => {
                    say.raw = value
                        .as_object()
                        .cloned()
                        .ok_or("raw: an object is needed")?;
                }
                _ => return Err(format!("unknown key «{key}» in a message")),
            }
        }
        if say.from <= 0 {
            return Err("from: the number of a person is needed".into());
        }
        Ok(say)
    }
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
