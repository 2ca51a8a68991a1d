//! A person writes a message or changes it.

use actix_web::web::Bytes;
use serde_json::json;
use vestnik_markup::Rich;

use super::Say;
use crate::world::files::{FileKind, SAMPLE_PNG};
use crate::world::{EntryKind, Message, Sender, Standing, State};

/// In whose name Telegram shows what an anonymous admin and a channel write.
const ANONYMOUS_ADMIN: i64 = 1_087_968_824;
const CHANNEL_BOT: i64 = 136_817_688;

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
}
