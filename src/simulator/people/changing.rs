//! A person changes or deletes a message.

use vestnik_markup::Rich;

use crate::world::{EntryKind, Message, Sender, State};

/// How long a person may change an own message, in seconds.
const EDIT_WITHIN_S: i64 = 48 * 3_600;

impl State {
    /// A person changes the text or caption of an own message; the bot gets `edited_message`.
    pub(crate) fn change(
        &mut self,
        bot: i64,
        chat: i64,
        from: Option<i64>,
        message: i64,
        text: &str,
    ) -> Result<(), String> {
        let chat_id = self.moved(bot, chat);
        let now = self.clock.now_s();
        let found = self.own(bot, chat_id, from, message)?;
        if found.forward.is_some() || found.via.is_some() {
            return Err("пересланное и отправленное через бота не правят".into());
        }
        if !found.extra.is_empty()
            || found
                .file
                .as_ref()
                .is_some_and(|file| !file.kind.has_caption())
        {
            return Err("в этом сообщении нет ни текста, ни подписи".into());
        }
        if now - found.date > EDIT_WITHIN_S {
            return Err("сообщение старше 48 часов: Telegram не даёт его править".into());
        }
        let rich = Rich::from_plain(text).trimmed();
        if found.rich == rich {
            return Ok(());
        }
        found.rich = rich;
        found.edit_date = Some(now);
        self.log_message(bot, chat_id, message, EntryKind::Edit);
        if let Some(value) = self.message_json(bot, chat_id, message)
            && self.hears(bot, chat_id, message)
        {
            self.update(bot, Some(chat_id), "edited_message", &value);
        }
        Ok(())
    }

    /// A person deletes a message for both sides: an own one anywhere, the bot's in a private
    /// chat. Telegram tells the bot nothing of it.
    pub(crate) fn remove(
        &mut self,
        bot: i64,
        chat: i64,
        from: Option<i64>,
        message: i64,
    ) -> Result<(), String> {
        let chat_id = self.moved(bot, chat);
        let of_bot = self
            .chat(bot, chat_id)
            .message(message)
            .is_some_and(|found| found.from == Sender::Bot);
        if !(of_bot && chat_id > 0) {
            self.own(bot, chat_id, from, message)?;
        }
        self.delete(bot, chat_id, message);
        Ok(())
    }

    fn own(
        &mut self,
        bot: i64,
        chat: i64,
        from: Option<i64>,
        message: i64,
    ) -> Result<&mut Message, String> {
        let found = self.chat(bot, chat).message_mut(message);
        let found = found.ok_or_else(|| format!("в чате {chat} нет сообщения {message}"))?;
        match (found.from, from) {
            (Sender::Bot, _) => Err("это сообщение бота: человек его не меняет".into()),
            (Sender::Person(author), Some(from)) if author != from => {
                Err(format!("сообщение {message} написал человек {author}"))
            }
            _ => Ok(found),
        }
    }
}
