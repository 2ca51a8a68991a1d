//! The people's side: they write, press, edit, block and move their groups.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use vestnik_markup::Rich;

use crate::entry::{EntryKind, Sender};
use crate::files::{FileKind, SAMPLE_PNG};
use crate::keyboard::Button;
use crate::world::{Callback, Chat, Message, Standing, State, is_supergroup};

/// In whose name Telegram shows what an anonymous admin and a channel write.
const ANONYMOUS_ADMIN: i64 = 1_087_968_824;
const CHANNEL_BOT: i64 = 136_817_688;

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

/// What came of a press.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pressed {
    /// An inline button: the id of the callback query.
    Callback(String),
    /// A button of the reply keyboard: the id of the message that it wrote.
    Message(i64),
}

/// Which button is pressed by whom.
#[derive(Debug, Clone, Default)]
pub struct Press {
    /// The person.
    pub from: i64,
    /// The chat; the person's own when not given.
    pub chat: Option<i64>,
    /// The message; the newest with such a button when not given.
    pub message_id: Option<i64>,
    /// What is written on the button.
    pub label: String,
    /// Presses with these data whether or not there is such a button: what a forged client does.
    pub data: Option<String>,
}

impl State {
    /// A person writes. Gives the message's id.
    pub(crate) fn say(&mut self, bot: i64, say: Say) -> Result<i64, String> {
        let chat_id = self.moved(bot, say.chat.unwrap_or(say.from));
        if chat_id == 0 {
            return Err("chat: 0 is no chat".into());
        }
        let person = self.person(say.from);
        if let Some(name) = &say.name {
            person.rename(name);
        }
        if let Some(username) = say.username {
            person.username = Some(username.trim_start_matches('@').to_owned());
        }
        if let Some(language) = say.language {
            person.language = language;
        }
        let contact = person.clone();
        self.come_back(bot, chat_id, say.from);
        let chat = self.chat(bot, chat_id);
        if let Some(title) = say.title {
            chat.title = title;
        }
        if let Some(thread) = say.thread.filter(|_| chat_id < 0) {
            chat.threads.insert(thread);
        }
        if let Some(id) = say.reply_to
            && chat.message(id).is_none()
        {
            return Err(format!(
                "reply_to: there is no message {id} in the chat {chat_id}"
            ));
        }
        let sender = match say.sender_chat {
            None => say.from,
            Some(id) if id == chat_id => self.stand_in(ANONYMOUS_ADMIN, "Group"),
            Some(_) => self.stand_in(CHANNEL_BOT, "Channel"),
        };
        let mut message = Message::new(Sender::Person(sender));
        message.sender_chat = say.sender_chat;
        message.reply_to = say.reply_to;
        message.thread = say.thread.filter(|_| chat_id < 0);
        message.rich = Rich::from_plain(say.text.unwrap_or_default()).trimmed();
        if let Some(fields) = say.contact {
            let mut own = json!({
                "phone_number": format!("+7999{:07}", contact.id % 10_000_000),
                "first_name": contact.first_name,
                "user_id": contact.id,
            });
            if let Some(last) = contact.last_name {
                own["last_name"] = json!(last);
            }
            for (key, value) in fields {
                own[key] = value;
            }
            message.extra.insert("contact".into(), own);
            // A phone takes a one-time keyboard away once its contact button was used.
            self.chat(bot, chat_id).keyboard = None;
        }
        let file = match (say.file, say.photo, say.sticker) {
            (Some((name, bytes)), ..) => Some((name, FileKind::Document, bytes)),
            (None, Some(bytes), _) if bytes.is_empty() => {
                Some(("photo.png".to_owned(), FileKind::Photo, SAMPLE_PNG.to_vec()))
            }
            (None, Some(bytes), _) => Some(("photo.jpg".to_owned(), FileKind::Photo, bytes)),
            (None, None, true) => Some((
                "sticker.png".to_owned(),
                FileKind::Sticker,
                SAMPLE_PNG.to_vec(),
            )),
            (None, None, false) => None,
        };
        if let Some((name, kind, bytes)) = file {
            message.file = Some(self.files.add(bot, &name, kind, Bytes::from(bytes)));
        }
        message.extra.extend(say.raw);
        let empty = message.rich.text().is_empty();
        if empty && message.file.is_none() && message.extra.is_empty() {
            return Err("text: a message needs a text, a file, a contact or a sticker".into());
        }
        let id = self.write(bot, chat_id, message);
        if let Some(value) = self.message_json(bot, chat_id, id) {
            self.update(bot, Some(chat_id), "message", &value);
        }
        Ok(id)
    }

    /// Who writes in the name of a chat.
    fn stand_in(&mut self, id: i64, name: &str) -> i64 {
        let person = self.person(id);
        name.clone_into(&mut person.first_name);
        person.is_bot = true;
        id
    }

    /// A person who writes to a bot has unblocked it, and one who writes in its group has it there.
    fn come_back(&mut self, bot: i64, chat: i64, by: i64) {
        if matches!(self.chat(bot, chat).standing, Standing::Kicked) && chat > 0 {
            self.stand(bot, chat, by, Standing::Member);
        }
    }

    /// Changes where the bot stands in a chat, and lets it know.
    pub(crate) fn stand(&mut self, bot: i64, chat_id: i64, by: i64, new: Standing) {
        let chat_id = self.moved(bot, chat_id);
        let chat = self.chat(bot, chat_id);
        let old = chat.standing;
        chat.standing = new;
        self.person(by);
        if old == new {
            return;
        }
        if let Some(owner) = self.bots.get(&bot) {
            let body = self.my_chat_member_json(owner, chat_id, by, old, new);
            self.update(bot, Some(chat_id), "my_chat_member", &body);
        }
    }

    /// A person changes an own message.
    pub(crate) fn edit(
        &mut self,
        bot: i64,
        chat: i64,
        message: i64,
        text: &str,
    ) -> Result<(), String> {
        let chat_id = self.moved(bot, chat);
        let now = self.clock.now_s();
        let found = self.chat(bot, chat_id).message_mut(message);
        let found = found.ok_or_else(|| format!("there is no message {message} in {chat_id}"))?;
        if found.from == Sender::Bot {
            return Err("a person cannot edit the bot's message".into());
        }
        found.rich = Rich::from_plain(text).trimmed();
        found.edit_date = Some(now);
        self.log_message(bot, chat_id, message, EntryKind::Edit);
        if let Some(value) = self.message_json(bot, chat_id, message) {
            self.update(bot, Some(chat_id), "edited_message", &value);
        }
        Ok(())
    }

    /// A person presses a button.
    pub(crate) fn press(&mut self, bot: i64, press: Press) -> Result<Pressed, String> {
        let chat_id = self.moved(bot, press.chat.unwrap_or(press.from));
        if press.from <= 0 {
            return Err("from: the number of a person is needed".into());
        }
        self.person(press.from);
        if let Some(data) = press.data {
            let message = match press.message_id {
                Some(id) => id,
                None => {
                    let chat = self.chat(bot, chat_id);
                    chat.messages
                        .iter()
                        .rev()
                        .find(|m| m.from == Sender::Bot)
                        .map_or(0, |m| m.id)
                }
            };
            return Ok(self.callback(bot, chat_id, message, press.from, &data));
        }
        let (message, button) =
            find_button(self.chat(bot, chat_id), press.message_id, &press.label)?;
        let Some(message) = message else {
            let say = Say {
                from: press.from,
                chat: Some(chat_id),
                ..Say::default()
            };
            let say = if button.contact {
                Say {
                    contact: Some(Map::new()),
                    ..say
                }
            } else {
                Say {
                    text: Some(button.label),
                    ..say
                }
            };
            return self.say(bot, say).map(Pressed::Message);
        };
        match (button.data, button.url) {
            (Some(data), _) => Ok(self.callback(bot, chat_id, message, press.from, &data)),
            (None, Some(url)) => Err(format!(
                "«{}» opens {url}: the bot gets nothing from it",
                button.label
            )),
            (None, None) => Err(format!("«{}» sends nothing to the bot", button.label)),
        }
    }

    fn callback(&mut self, bot: i64, chat: i64, message: i64, from: i64, data: &str) -> Pressed {
        let at_us = self.clock.now_us();
        let id = self.add_callback(
            bot,
            Callback {
                chat,
                message,
                at_us,
            },
        );
        let message_json = self.message_json(bot, chat, message).unwrap_or_else(|| {
            // What Telegram gives when it no longer knows the message.
            let chat = self.bots.get(&bot).map(|bot| self.chat_json(bot, chat));
            json!({"chat": chat, "message_id": message, "date": 0})
        });
        let from = self.people.get(&from).map(crate::wire::user);
        let body = json!({
            "id": id.to_string(),
            "from": from,
            "message": message_json,
            "chat_instance": format!("{}", chat.wrapping_mul(7_919).wrapping_add(bot)),
            "data": data,
        });
        self.update(bot, Some(chat), "callback_query", &body);
        Pressed::Callback(id.to_string())
    }

    /// Makes a group another one: what it held is there now, and calls to the old id say so.
    pub(crate) fn migrate(&mut self, bot: i64, from: i64, to: i64, tell: bool) {
        self.chat(bot, from);
        let owner = self.bot(bot);
        owner.migrated.insert(from, to);
        if let Some(mut chat) = owner.chats.remove(&from) {
            chat.id = to;
            if is_supergroup(to) {
                let newest = chat.messages.back().map_or(0, |message| message.id);
                chat.next_message_id = newest + 1;
            }
            for entry in &mut chat.log {
                entry.chat = to;
            }
            owner.chats.insert(to, chat);
        }
        if tell {
            let now = self.clock.now_s();
            let id = self.bot(bot).next_message_id;
            let Some(owner) = self.bots.get(&bot) else {
                return;
            };
            let person = self.people.values().next().map(crate::wire::user);
            let old_chat = json!({"id": from, "type": "group", "title": ""});
            let new_chat = self.chat_json(owner, to);
            let left = json!({"message_id": id, "from": person, "chat": old_chat, "date": now,
                "migrate_to_chat_id": to});
            let arrived = json!({"message_id": id + 1, "from": person, "chat": new_chat,
                "date": now, "migrate_from_chat_id": from});
            self.bot(bot).next_message_id += 2;
            self.update(bot, Some(from), "message", &left);
            self.update(bot, Some(to), "message", &arrived);
        }
    }
}

/// The button with this label: of one message, else of the newest message that has it, else of the
/// reply keyboard (then without a message).
fn find_button(
    chat: &Chat,
    message: Option<i64>,
    label: &str,
) -> Result<(Option<i64>, Button), String> {
    let in_message = |message: &Message| {
        let mut buttons = message.buttons.iter().flatten().flatten();
        buttons
            .find(|button| button.label == label)
            .map(|button| (Some(message.id), button.clone()))
    };
    let found = match message {
        Some(id) => {
            let found = chat.message(id);
            in_message(found.ok_or_else(|| format!("there is no message {id} in {}", chat.id))?)
        }
        None => chat.messages.iter().rev().find_map(in_message),
    };
    if let Some(found) = found {
        return Ok(found);
    }
    let mut keys = chat.keyboard.iter().flatten().flatten();
    if let Some(key) = keys.find(|key| key.label == label) {
        return Ok((None, key.clone()));
    }
    let of_message = |message: &Message| message.buttons.clone().unwrap_or_default();
    let rows = match message {
        Some(id) => chat.message(id).map(of_message).unwrap_or_default(),
        None => chat
            .messages
            .iter()
            .rev()
            .find(|m| m.buttons.is_some())
            .map_or(vec![], of_message),
    };
    let keyboard = chat.keyboard.iter().flatten().flatten();
    let there: Vec<_> = rows
        .iter()
        .flatten()
        .chain(keyboard)
        .map(|button| format!("«{}»", button.label))
        .collect();
    Err(if there.is_empty() {
        format!("there is no button «{label}»; there are no buttons")
    } else {
        format!(
            "there is no button «{label}»; there are {}",
            there.join(", ")
        )
    })
}
