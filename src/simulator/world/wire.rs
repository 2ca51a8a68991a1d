//! Objects of the Bot API as JSON.

use serde_json::{Map, Value, json};
use vestnik_markup::{EntityKind, Rich};

use super::keyboard::inline_json;
use super::{Bot, Chat, Message, Person, Sender, Standing, State};

/// What may come between good updates: fields of other types, kinds nobody knows, nothing at all.
/// Each follows the update's id.
pub(crate) const MALFORMED: [&str; 5] = [
    r#","message":"not an object""#,
    r#","message":{"message_id":"seven","date":null,"chat":17,"from":{"id":"x"},"text":5}"#,
    r#","update_of_the_future":{"id":1,"list":[1,2,{"deep":[[]]}]}"#,
    "",
    r#","callback_query":{"id":5,"from":null,"data":{"a":1}}"#,
];

pub(crate) fn user(person: &Person) -> Value {
    let mut out = json!({
        "id": person.id,
        "is_bot": person.is_bot,
        "first_name": person.first_name,
    });
    if let Some(last) = &person.last_name {
        out["last_name"] = json!(last);
    }
    if let Some(username) = &person.username {
        out["username"] = json!(username);
    }
    if !person.is_bot {
        out["language_code"] = json!(person.language);
    }
    out
}

pub(crate) fn bot_user(bot: &Bot) -> Value {
    json!({"id": bot.id, "is_bot": true, "first_name": bot.name, "username": bot.username})
}

/// The result of `getMe`.
pub(crate) fn me(bot: &Bot) -> Value {
    json!({
        "id": bot.id,
        "is_bot": true,
        "first_name": bot.name,
        "username": bot.username,
        "can_join_groups": true,
        "can_read_all_group_messages": true,
        "supports_inline_queries": false,
        "can_connect_to_business": false,
        "has_main_web_app": false,
    })
}

pub(crate) fn chat(chat: &Chat, person: Option<&Person>) -> Value {
    let mut out = json!({"id": chat.id, "type": chat.kind()});
    match person {
        Some(person) => {
            out["first_name"] = json!(person.first_name);
            if let Some(last) = &person.last_name {
                out["last_name"] = json!(last);
            }
            if let Some(username) = &person.username {
                out["username"] = json!(username);
            }
        }
        None => {
            out["title"] = json!(chat.title);
            if !chat.threads.is_empty() {
                out["is_forum"] = json!(true);
            }
        }
    }
    out
}

pub(crate) fn entities(rich: &Rich) -> Vec<Value> {
    let mut out: Vec<Value> = rich
        .entities()
        .iter()
        .map(|entity| {
            let mut value = json!({
                "type": entity.kind.name(),
                "offset": entity.offset,
                "length": entity.length,
            });
            match &entity.kind {
                EntityKind::Link(url) => match url.strip_prefix("tg://user?id=") {
                    Some(id) if id.parse::<i64>().is_ok() => {
                        value["type"] = json!("text_mention");
                        value["user"] = json!({
                            "id": id.parse::<i64>().unwrap_or_default(),
                            "is_bot": false,
                            "first_name": "",
                        });
                    }
                    _ => value["url"] = json!(url),
                },
                EntityKind::Pre(Some(language)) => value["language"] = json!(language),
                EntityKind::CustomEmoji(id) => value["custom_emoji_id"] = json!(id),
                _ => {}
            }
            value
        })
        .collect();
    out.extend(commands(rich.text()));
    out.extend(mentions(rich.text()));
    out
}

/// Mentions in a text: `@name` of five letters or more, where no word and no command goes before it.
fn mentions(text: &str) -> Vec<Value> {
    let mut out = Vec::new();
    if !text.contains('@') {
        return out;
    }
    let mut offset = 0;
    let mut before = ' ';
    for (at, ch) in text.char_indices() {
        if ch == '@' && !before.is_alphanumeric() && before != '_' && before != '/' {
            let rest = &text[at + 1..];
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let name = rest.find(|c| !word(c)).unwrap_or(rest.len());
            if (5..=32).contains(&name) {
                out.push(json!({"type": "mention", "offset": offset, "length": 1 + name}));
            }
        }
        offset += ch.len_utf16();
        before = ch;
    }
    out
}

/// Commands in a text: `/start`, `/start@bot`, at its beginning or after white space.
fn commands(text: &str) -> Vec<Value> {
    let mut out = Vec::new();
    if !text.contains('/') {
        return out;
    }
    let mut offset = 0;
    let mut before = ' ';
    for (at, ch) in text.char_indices() {
        if ch == '/' && before.is_whitespace() {
            let rest = &text[at + 1..];
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let name = rest.find(|c| !word(c)).unwrap_or(rest.len());
            let mut length = 1 + name;
            if let Some(bot) = rest[name..].strip_prefix('@') {
                let bot_len = bot.find(|c| !word(c)).unwrap_or(bot.len());
                if bot_len > 0 {
                    length += 1 + bot_len;
                }
            }
            if (1..=32).contains(&name) {
                out.push(json!({"type": "bot_command", "offset": offset, "length": length}));
            }
        }
        offset += ch.len_utf16();
        before = ch;
    }
    out
}

impl State {
    /// A person or, for ids below zero, a chat of the bot as `User` or `Chat`.
    pub(crate) fn user_json(&self, bot: &Bot, sender: Sender) -> Value {
        match sender {
            Sender::Bot => bot_user(bot),
            Sender::Person(id) => self.people.get(&id).map_or(Value::Null, user),
        }
    }

    pub(crate) fn chat_json(&self, bot: &Bot, id: i64) -> Value {
        match bot.chats.get(&id) {
            Some(found) => chat(found, self.people.get(&id).filter(|_| id > 0)),
            None => json!({"id": id, "type": "supergroup", "title": format!("Канал {id}")}),
        }
    }

    /// A message of the Bot API; `None` when it is not kept.
    pub(crate) fn message_json(&self, bot: i64, chat: i64, id: i64) -> Option<Value> {
        let bot = self.bots.get(&bot)?;
        let message = bot.chats.get(&chat)?.message(id)?;
        Some(self.message_value(bot, chat, message, true))
    }

    fn message_value(&self, bot: &Bot, chat: i64, message: &Message, with_reply: bool) -> Value {
        let mut out = Map::new();
        out.insert("message_id".into(), json!(message.id));
        out.insert("from".into(), self.user_json(bot, message.from));
        if let Some(sender_chat) = message.sender_chat {
            let sender = if sender_chat == chat || bot.chats.contains_key(&sender_chat) {
                self.chat_json(bot, sender_chat)
            } else {
                let title = format!("Канал {}", sender_chat.unsigned_abs());
                json!({"id": sender_chat, "type": "channel", "title": title})
            };
            out.insert("sender_chat".into(), sender);
        }
        out.insert("chat".into(), self.chat_json(bot, chat));
        out.insert("date".into(), json!(message.date));
        if let Some(date) = message.edit_date {
            out.insert("edit_date".into(), json!(date));
        }
        if let Some(thread) = message.thread {
            out.insert("message_thread_id".into(), json!(thread));
            out.insert("is_topic_message".into(), json!(true));
        }
        if let Some(album) = &message.album {
            out.insert("media_group_id".into(), json!(album));
        }
        if let Some(id) = message.reply_to.filter(|_| with_reply) {
            // Telegram goes one level deep only.
            let answered = bot.chats.get(&chat).and_then(|chat| chat.message(id));
            if let Some(answered) = answered {
                let value = self.message_value(bot, chat, answered, false);
                out.insert("reply_to_message".into(), value);
            }
        }
        let text = message.rich.text();
        if !text.is_empty() {
            let media = message.file.is_some() || !message.extra.is_empty();
            let (key, entities_key) = if media {
                ("caption", "caption_entities")
            } else {
                ("text", "entities")
            };
            out.insert(key.into(), json!(text));
            let entities = entities(&message.rich);
            if !entities.is_empty() {
                out.insert(entities_key.into(), json!(entities));
            }
        }
        if let Some(file) = &message.file {
            let (key, value) = file.message_json();
            out.insert(key.into(), value);
        }
        if let Some(rows) = &message.buttons {
            out.insert("reply_markup".into(), inline_json(rows));
        }
        for (key, value) in &message.extra {
            out.insert(key.clone(), value.clone());
        }
        Value::Object(out)
    }

    /// A `ChatMemberUpdated` about the bot itself.
    pub(crate) fn my_chat_member_json(
        &self,
        bot: &Bot,
        chat: i64,
        by: i64,
        old: Standing,
        new: Standing,
    ) -> Value {
        let member = |standing: Standing| {
            let mut out = json!({"user": bot_user(bot), "status": standing.name()});
            if standing == Standing::Kicked {
                out["until_date"] = json!(0);
            }
            out
        };
        json!({
            "chat": self.chat_json(bot, chat),
            "from": self.user_json(bot, Sender::Person(by)),
            "date": self.clock.now_s(),
            "old_chat_member": member(old),
            "new_chat_member": member(new),
        })
    }
}
