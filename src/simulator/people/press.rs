//! A person presses a button.

use serde_json::{Map, json};

use super::{SAMPLE_PLACE, Say};
use crate::world::wire;
use crate::world::{Button, Callback, Chat, Message, Sender, State};

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
    /// A person presses a button.
    pub(crate) fn press(&mut self, bot: i64, press: Press) -> Result<Pressed, String> {
        let chat_id = self.moved(bot, press.chat.unwrap_or(press.from));
        if press.from <= 0 {
            return Err("from: нужен номер человека, целое больше нуля".into());
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
            return self.press_key(bot, chat_id, press.from, button);
        };
        let label = &button.label;
        match (button.data, button.url, button.copy) {
            (Some(data), ..) => Ok(self.callback(bot, chat_id, message, press.from, &data)),
            (None, Some(url), _) => {
                Err(format!("«{label}» открывает {url}: бот об этом не узнаёт"))
            }
            (None, None, Some(_)) => {
                Err(format!("«{label}» копирует текст: бот об этом не узнаёт"))
            }
            (None, None, None) => Err(format!("«{label}» ничего боту не отправляет")),
        }
    }

    /// A button of the reply keyboard writes a message.
    fn press_key(
        &mut self,
        bot: i64,
        chat_id: i64,
        from: i64,
        button: Button,
    ) -> Result<Pressed, String> {
        let asks = button.contact || button.location;
        let mut say = Say {
            from,
            chat: Some(chat_id),
            ..Say::default()
        };
        if button.contact {
            say.contact = Some(Map::new());
        } else if button.location {
            say.location = Some(SAMPLE_PLACE);
        } else {
            say.text = Some(button.label);
        }
        let chat = self.chat(bot, chat_id);
        if let Some(shown) = &chat.keyboard {
            // Clients answer the message with the keyboard: in groups with every button, in a
            // private chat with those that send a contact or a place.
            let answered = shown.message;
            if (asks || chat_id < 0) && chat.message(answered).is_some() {
                say.reply_to = Some(answered);
            }
        }
        let ids = self.say(bot, say)?;
        let chat = self.chat(bot, chat_id);
        if chat.keyboard.as_ref().is_some_and(|shown| shown.once) {
            chat.keyboard = None;
        }
        Ok(Pressed::Message(ids.first().copied().unwrap_or(0)))
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
        let from = self.people.get(&from).map(wire::user);
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
            in_message(found.ok_or_else(|| format!("в чате {} нет сообщения {id}", chat.id))?)
        }
        None => chat.messages.iter().rev().find_map(in_message),
    };
    if let Some(found) = found {
        return Ok(found);
    }
    let mut keys = chat.keyboard.iter().flat_map(|shown| &shown.rows).flatten();
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
    let keyboard = chat.keyboard.iter().flat_map(|shown| &shown.rows).flatten();
    let there: Vec<_> = rows
        .iter()
        .flatten()
        .chain(keyboard)
        .map(|button| format!("«{}»", button.label))
        .collect();
    Err(if there.is_empty() {
        format!("кнопки «{label}» нет; кнопок нет вовсе")
    } else {
        format!("кнопки «{label}» нет; есть {}", there.join(", "))
    })
}
