//! Where the bot stands in a chat: blocked, thrown out, come back; and groups that move.

use serde_json::json;

use crate::world::{Standing, State, is_supergroup, wire};

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
