//! Where the bot stands in a chat: blocked, thrown out, come back; and groups that move.

use serde_json::{Value, json};

use crate::world::{Message, Sender, Standing, State, Topic, is_supergroup, wire};

impl State {
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
        if chat_id > 0 || old.is_in() == new.is_in() {
            return;
        }
        // In a group everybody sees who came and who went, the bot too.
        let Some(me) = self.bots.get(&bot).map(wire::bot_user) else {
            return;
        };
        let (key, value) = if new.is_in() {
            ("new_chat_members", json!([me]))
        } else {
            ("left_chat_member", me)
        };
        self.service(bot, chat_id, by, key, value);
    }

    /// Writes a service message and lets the bot know. Gives its id.
    fn service(&mut self, bot: i64, chat_id: i64, by: i64, key: &str, value: Value) -> i64 {
        let mut message = Message::new(Sender::Person(by));
        message.extra.insert(key.into(), value);
        let id = self.write(bot, chat_id, message);
        if let Some(value) = self.message_json(bot, chat_id, id) {
            self.update(bot, Some(chat_id), "message", &value);
        }
        id
    }

    /// A person opens a topic of a group, which becomes a forum. Gives the number by which
    /// messages name it: that of the message that says so.
    pub(crate) fn open_topic(
        &mut self,
        bot: i64,
        chat: i64,
        by: i64,
        name: &str,
    ) -> Result<i64, String> {
        let chat_id = self.moved(bot, chat);
        if !is_supergroup(chat_id) {
            return Err("chat: темы бывают в супергруппе, номер её ниже -1000000000000".into());
        }
        if name.trim().is_empty() {
            return Err("name: теме нужно название".into());
        }
        self.person(by);
        let chat = self.chat(bot, chat_id);
        let id = chat.next_message_id;
        let topic = Topic {
            name: name.trim().to_owned(),
        };
        chat.threads.insert(id, topic);
        let mut message = Message::new(Sender::Person(by));
        // Telegram's first colour of an icon.
        let created = json!({"name": name.trim(), "icon_color": 7_322_096});
        message.extra.insert("forum_topic_created".into(), created);
        message.thread = Some(id);
        self.write(bot, chat_id, message);
        if let Some(value) = self.message_json(bot, chat_id, id)
            && self.hears(bot, chat_id, id)
        {
            self.update(bot, Some(chat_id), "message", &value);
        }
        Ok(id)
    }

    /// A person who writes to a bot has unblocked it.
    pub(super) fn come_back(&mut self, bot: i64, chat: i64, by: i64) {
        if matches!(self.chat(bot, chat).standing, Standing::Kicked) && chat > 0 {
            self.stand(bot, chat, by, Standing::Member);
        }
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
            let person = self.people.values().next().map(wire::user);
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
