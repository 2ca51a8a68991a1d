//! Which messages of a group reach a bot.

use vestnik_markup::utf16_len;

use super::{Message, Sender, Standing, State, entities};

impl State {
    /// Whether a bot gets an update about a message: not of a group that it is no member of, and
    /// with privacy mode only what is meant for it.
    pub(crate) fn hears(&self, bot: i64, chat: i64, message: i64) -> bool {
        let Some(owner) = self.bots.get(&bot) else {
            return false;
        };
        let Some(place) = owner.chats.get(&chat) else {
            return false;
        };
        if chat > 0 {
            return true;
        }
        let member = match place.standing {
            Standing::Left | Standing::Kicked => return false,
            // Administrators hear everything whatever their mode.
            Standing::Administrator => return true,
            Standing::Member => place.message(message),
        };
        member.is_some_and(|message| !owner.privacy || self.addressed(bot, chat, message))
    }

    /// What a bot in privacy mode hears: commands meant for it, commands for anybody when it was
    /// the last bot to write, answers to it, what was sent through it, service messages.
    fn addressed(&self, bot: i64, chat: i64, message: &Message) -> bool {
        let Some(owner) = self.bots.get(&bot) else {
            return false;
        };
        let place = owner.chats.get(&chat);
        let answers = message.reply_to.is_some_and(|id| {
            place
                .and_then(|place| place.message(id))
                .is_some_and(|answered| answered.from == Sender::Bot)
        });
        let service = message.file.is_none()
            && message.rich.text().is_empty()
            && message
                .extra
                .keys()
                .any(|key| SERVICE.contains(&key.as_str()));
        if answers || service || message.via == Some(bot) {
            return true;
        }
        let text = message.rich.text();
        let own = format!("@{}", owner.username).to_lowercase();
        entities::json(&message.rich).iter().any(|entity| {
            let number = |key: &str| entity[key].as_u64().unwrap_or(0) as usize;
            let word = slice_utf16(text, number("offset"), number("length")).to_lowercase();
            entity["type"] == "bot_command"
                && match word.split_once('@') {
                    Some((_, name)) => own[1..] == *name,
                    // The simulator has one bot in each chat, so it is the last to have written.
                    None => place.is_some_and(|place| {
                        place
                            .messages
                            .iter()
                            .any(|message| message.from == Sender::Bot)
                    }),
                }
        })
    }
}

/// Fields of service messages, which every bot of a group hears.
const SERVICE: [&str; 4] = [
    "new_chat_members",
    "left_chat_member",
    "forum_topic_created",
    "pinned_message",
];

/// A part of a text by UTF-16 units.
fn slice_utf16(text: &str, offset: usize, length: usize) -> &str {
    let mut units = 0;
    let mut from = None;
    for (at, ch) in text.char_indices() {
        if units == offset {
            from = Some(at);
        }
        if let Some(from) = from
            && units >= offset + length
        {
            return &text[from..at];
        }
        units += ch.len_utf16();
    }
    debug_assert!(utf16_len(text) >= offset);
    from.map_or("", |from| &text[from..])
}
