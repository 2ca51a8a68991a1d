//! Objects of the Bot API as JSON.

use serde_json::{Map, Value, json};

use super::entities;
use super::keyboard::inline_json;
use super::{Bot, Chat, Forwarded, Message, Origin, Person, Quote, Sender, Standing, State};

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
        "can_read_all_group_messages": !bot.privacy,
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

/// A `TextQuote`; of the formatting only what quotes may have.
fn quote_json(quote: &Quote) -> Value {
    let mut out = json!({
        "text": quote.text.text(),
        "position": quote.position,
        "is_manual": true,
    });
    let allowed = [
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "custom_emoji",
    ];
    let mut entities = entities::json(&quote.text);
    entities.retain(|entity| {
        entity["type"]
            .as_str()
            .is_some_and(|kind| allowed.contains(&kind))
    });
    if !entities.is_empty() {
        out["entities"] = json!(entities);
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
        if let Some(forward) = &message.forward {
            self.write_forward(bot, forward, &mut out);
        }
        // A message of a topic that answers nothing answers the one that opened the topic.
        let topic = message.thread.filter(|id| *id != message.id);
        if let Some(id) = message.reply_to.or(topic).filter(|_| with_reply) {
            // Telegram goes one level deep only.
            let answered = bot.chats.get(&chat).and_then(|chat| chat.message(id));
            if let Some(answered) = answered {
                let value = self.message_value(bot, chat, answered, false);
                out.insert("reply_to_message".into(), value);
            }
        }
        if let Some(quote) = &message.quote {
            out.insert("quote".into(), quote_json(quote));
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
            let entities = entities::json(&message.rich);
            if !entities.is_empty() {
                out.insert(entities_key.into(), json!(entities));
            }
        }
        if let Some(file) = &message.file {
            file.write_json(&mut out);
        }
        if let Some(rows) = &message.buttons {
            out.insert("reply_markup".into(), inline_json(rows));
        }
        if let Some(via) = message.via.and_then(|id| self.people.get(&id)) {
            out.insert("via_bot".into(), user(via));
        }
        for (key, value) in &message.extra {
            out.insert(key.clone(), value.clone());
        }
        Value::Object(out)
    }

    /// `forward_origin`, and the older fields that Telegram still gives beside it.
    fn write_forward(&self, bot: &Bot, forward: &Forwarded, out: &mut Map<String, Value>) {
        let chat_of = |id: i64, kind: &str, title: &str| {
            let known = bot.chats.contains_key(&id).then(|| self.chat_json(bot, id));
            known.unwrap_or_else(|| json!({"id": id, "type": kind, "title": title}))
        };
        let (mut origin, older) = match &forward.origin {
            Origin::User(sender) => {
                let user = self.user_json(bot, *sender);
                (
                    json!({"type": "user", "sender_user": user}),
                    json!({"forward_from": user}),
                )
            }
            Origin::Hidden(name) => (
                json!({"type": "hidden_user", "sender_user_name": name}),
                json!({"forward_sender_name": name}),
            ),
            Origin::Chat { id, title } => {
                let chat = chat_of(*id, "supergroup", title);
                (
                    json!({"type": "chat", "sender_chat": chat}),
                    json!({"forward_from_chat": chat}),
                )
            }
            Origin::Channel { id, title, message } => {
                let chat = chat_of(*id, "channel", title);
                (
                    json!({"type": "channel", "chat": chat, "message_id": message}),
                    json!({"forward_from_chat": chat, "forward_from_message_id": message}),
                )
            }
        };
        origin["date"] = json!(forward.date);
        out.insert("forward_origin".into(), origin);
        out.extend(older.as_object().cloned().unwrap_or_default());
        out.insert("forward_date".into(), json!(forward.date));
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
