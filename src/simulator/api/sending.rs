//! Sending: what all messages have in common, texts, and what is neither text nor file.

use serde_json::{Map, Value, json};

use super::{ApiError, ApiResult, text};
use crate::http::Params;
use crate::world::keyboard::Markup;
use crate::world::{Keyboard, Message, Quote, Sender, State};

const ACTIONS: [&str; 11] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

/// The parameter `reply_markup`.
pub(super) fn markup(params: &Params) -> Result<Markup, ApiError> {
    let value = params
        .json("reply_markup")
        .map_err(|_| ApiError::bad("can't parse reply keyboard markup JSON object"))?;
    Markup::read(value).map_err(ApiError::bad)
}

impl State {
    /// The chat, markup, topic and answered message of something to send, checked; the message
    /// has no content yet.
    pub(super) fn draft(&mut self, bot: i64, params: &Params) -> Result<(i64, Message), ApiError> {
        let chat_id = self.target(bot, params)?;
        let mut message = Message::new(Sender::Bot);
        match markup(params)? {
            Markup::None => {}
            Markup::Inline(rows) => message.buttons = Some(rows),
            Markup::Reply(rows, options) => {
                let asks = rows.iter().flatten();
                for (asked, what) in
                    asks.flat_map(|key| [(key.contact, "phone number"), (key.location, "location")])
                {
                    if asked && chat_id < 0 {
                        let words = format!("{what} can be requested in private chats only");
                        return Err(ApiError::bad(words));
                    }
                }
                message.keyboard = Some(Keyboard::Shown(rows));
                message.options = options;
            }
            Markup::Remove => message.keyboard = Some(Keyboard::Removed("removed".into())),
            Markup::ForceReply(options) => message.options = options,
        }
        let thread = params.int("message_thread_id");
        let chat = self.chat(bot, chat_id);
        if let Some(thread) = thread {
            if chat_id > 0 || !chat.threads.contains_key(&thread) {
                return Err(ApiError::bad("message thread not found"));
            }
            message.thread = Some(thread);
        }
        self.answered(bot, chat_id, params, &mut message)?;
        Ok((chat_id, message))
    }

    /// Reads `reply_parameters`, and what stood in its place before.
    fn answered(
        &mut self,
        bot: i64,
        chat_id: i64,
        params: &Params,
        message: &mut Message,
    ) -> Result<(), ApiError> {
        let reply = params
            .json("reply_parameters")
            .map_err(|_| ApiError::bad("can't parse reply parameters JSON object"))?;
        let field = |key: &str| reply.as_ref().and_then(|reply| reply.get(key));
        let answered = match field("message_id") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_i64(),
            None => params.int("reply_to_message_id"),
        };
        let Some(answered) = answered else {
            return Ok(());
        };
        let alone = field("allow_sending_without_reply") == Some(&Value::Bool(true))
            || params.flag("allow_sending_without_reply");
        let chat = self.chat(bot, chat_id);
        if !chat.can_answer(answered) {
            return if alone {
                Ok(())
            } else {
                Err(ApiError::bad("message to be replied not found"))
            };
        }
        message.reply_to = Some(answered);
        if message.thread.is_none() {
            message.thread = chat.message(answered).and_then(|message| message.thread);
        }
        if let Some(quote) = field("quote").and_then(Value::as_str) {
            let mode = field("quote_parse_mode").and_then(Value::as_str);
            let media = json!({"caption": quote, "parse_mode": mode,
                "caption_entities": field("quote_entities")});
            let quote = text::media_caption(&media)?;
            let found = chat.message(answered).and_then(|message| {
                let at = message.rich.text().find(quote.text())?;
                Some(vestnik_markup::utf16_len(&message.rich.text()[..at]))
            });
            match found {
                Some(position) => {
                    message.quote = Some(Quote {
                        text: quote,
                        position,
                    });
                }
                None => return Err(ApiError::bad("QUOTE_TEXT_INVALID")),
            }
        }
        Ok(())
    }

    /// Writes a bot's message and gives it back as the method's result.
    pub(super) fn post(&mut self, bot: i64, chat: i64, message: Message) -> ApiResult {
        let id = self.write(bot, chat, message);
        Ok(self.message_json(bot, chat, id).unwrap_or(Value::Null))
    }

    pub(super) fn send_message(&mut self, bot: i64, params: &Params) -> ApiResult {
        let rich = text::text(params)?;
        let (chat, message) = self.draft(bot, params)?;
        self.post(bot, chat, Message { rich, ..message })
    }

    /// A contact, a place, or a place with a name.
    pub(super) fn send_other(&mut self, bot: i64, method: &str, params: &Params) -> ApiResult {
        let extra = match method {
            "sendContact" => contact(params)?,
            "sendLocation" => Map::from_iter([("location".to_owned(), location(params)?)]),
            _ => venue(params)?,
        };
        let (chat, message) = self.draft(bot, params)?;
        self.post(bot, chat, Message { extra, ..message })
    }

    pub(super) fn send_chat_action(&mut self, bot: i64, params: &Params) -> ApiResult {
        let chat = self.target(bot, params)?;
        let action = params.text("action").unwrap_or_default();
        if !ACTIONS.contains(&action.as_str()) {
            return Err(ApiError::bad("wrong parameter action in request"));
        }
        self.tell(bot, Some(chat), 0, || {
            json!({"kind": "action", "bot": bot, "chat": chat, "action": action}).to_string()
        });
        Ok(json!(true))
    }
}

fn contact(params: &Params) -> Result<Map<String, Value>, ApiError> {
    let needed = |key: &str| {
        let words = format!("{key} is empty");
        params.text(key).ok_or_else(|| ApiError::bad(words))
    };
    let mut contact = json!({
        "phone_number": needed("phone_number")?,
        "first_name": needed("first_name")?,
    });
    for key in ["last_name", "vcard"] {
        if let Some(value) = params.text(key) {
            contact[key] = json!(value);
        }
    }
    Ok(Map::from_iter([("contact".to_owned(), contact)]))
}

fn location(params: &Params) -> Result<Value, ApiError> {
    let degrees = |key: &str, max: f64| {
        let text = params
            .text(key)
            .ok_or_else(|| ApiError::bad(format!("{key} is empty")))?;
        let number = text.parse::<f64>().ok();
        number
            .filter(|number| number.abs() <= max)
            .ok_or_else(|| ApiError::bad("wrong location specified"))
    };
    Ok(json!({"latitude": degrees("latitude", 90.0)?, "longitude": degrees("longitude", 180.0)?}))
}

fn venue(params: &Params) -> Result<Map<String, Value>, ApiError> {
    let location = location(params)?;
    let text = |key: &str| params.text(key).unwrap_or_default();
    let venue = json!({"location": location, "title": text("title"), "address": text("address")});
    Ok(Map::from_iter([
        ("location".to_owned(), location),
        ("venue".to_owned(), venue),
    ]))
}
