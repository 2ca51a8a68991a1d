//! Sending, editing, deleting, answering presses.

use serde_json::{Value, json};
use vestnik_markup::{Rich, parse};

use super::{ApiError, ApiResult};
use crate::http::Params;
use crate::world::keyboard::Markup;
use crate::world::{Entry, EntryKind, Keyboard, Message, Rows, Sender, State};

/// Telegram's limits, in UTF-16 units after the entities are read.
const TEXT_MAX: usize = 4_096;
const CAPTION_MAX: usize = 1_024;
const POPUP_MAX: usize = 200;

const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message";
const QUERY_TOO_OLD: &str = "query is too old and response timeout expired or query ID is invalid";

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

/// Text as `parse_mode` says.
fn formatted(text: &str, mode: Option<&str>) -> Result<Rich, ApiError> {
    match mode.map(str::to_ascii_lowercase).as_deref() {
        None => Ok(Rich::from_plain(text).trimmed()),
        Some("html") => match parse(text) {
            Ok(rich) => Ok(rich.trimmed()),
            Err(error) => Err(ApiError::bad(format!("can't parse entities: {error}"))),
        },
        Some("markdown" | "markdownv2") => {
            Err(ApiError::bad("the simulator reads parse_mode HTML only"))
        }
        Some(_) => Err(ApiError::bad("unsupported parse_mode")),
    }
}

impl State {
    pub(super) fn text_param(&self, params: &Params) -> Result<Rich, ApiError> {
        let text = params.text("text").unwrap_or_default();
        let rich = formatted(&text, params.text("parse_mode").as_deref())?;
        if rich.text().is_empty() {
            return Err(ApiError::bad("message text is empty"));
        }
        if rich.len_utf16() > TEXT_MAX {
            return Err(ApiError::bad("message is too long"));
        }
        Ok(rich)
    }

    pub(super) fn caption(&self, text: &str, mode: Option<&str>) -> Result<Rich, ApiError> {
        let rich = formatted(text, mode)?;
        if rich.len_utf16() > CAPTION_MAX {
            return Err(ApiError::bad("message caption is too long"));
        }
        Ok(rich)
    }

    fn markup_param(&self, params: &Params) -> Result<Markup, ApiError> {
        let value = params
            .json("reply_markup")
            .map_err(|_| ApiError::bad("can't parse reply keyboard markup JSON object"))?;
        Markup::read(value).map_err(ApiError::bad)
    }

    /// The chat, markup, topic and answered message of something to send, checked; the message
    /// has no content yet.
    pub(super) fn draft(&mut self, bot: i64, params: &Params) -> Result<(i64, Message), ApiError> {
        let chat_id = self.target(bot, params)?;
        let mut message = Message::new(Sender::Bot);
        match self.markup_param(params)? {
            Markup::None | Markup::ForceReply => {}
            Markup::Inline(rows) => message.buttons = Some(rows),
            Markup::Reply(rows) => message.keyboard = Some(Keyboard::Shown(rows)),
            Markup::Remove => message.keyboard = Some(Keyboard::Removed("removed".into())),
        }
        let reply = params
            .json("reply_parameters")
            .map_err(|_| ApiError::bad("can't parse reply parameters JSON object"))?;
        let field = |key: &str| reply.as_ref().and_then(|reply| reply.get(key));
        let answered = match field("message_id") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_i64(),
            None => params.int("reply_to_message_id"),
        };
        let alone = field("allow_sending_without_reply") == Some(&Value::Bool(true))
            || params.flag("allow_sending_without_reply");
        let thread = params.int("message_thread_id");
        let chat = self.chat(bot, chat_id);
        if let Some(thread) = thread {
            if chat_id > 0 || !chat.threads.contains(&thread) {
                return Err(ApiError::bad("message thread not found"));
            }
            message.thread = Some(thread);
        }
        if let Some(answered) = answered {
            if chat.can_answer(answered) {
                message.reply_to = Some(answered);
                if message.thread.is_none() {
                    message.thread = chat.message(answered).and_then(|message| message.thread);
                }
            } else if !alone {
                return Err(ApiError::bad("message to be replied not found"));
            }
        }
        Ok((chat_id, message))
    }

    /// Writes a bot's message and gives it back as the method's result.
    pub(super) fn post(&mut self, bot: i64, chat: i64, message: Message) -> ApiResult {
        let id = self.write(bot, chat, message);
        Ok(self.message_json(bot, chat, id).unwrap_or(Value::Null))
    }

    pub(super) fn send_message(&mut self, bot: i64, params: &Params) -> ApiResult {
        let rich = self.text_param(params)?;
        let (chat, message) = self.draft(bot, params)?;
        self.post(bot, chat, Message { rich, ..message })
    }

    /// The bot's own message that an edit is about.
    fn editable(&mut self, bot: i64, params: &Params) -> Result<(i64, i64), ApiError> {
        let chat_id = self.target(bot, params)?;
        let id = params.int("message_id").unwrap_or(0);
        if id == 0 {
            return Err(ApiError::bad("message identifier is not specified"));
        }
        match self.chat(bot, chat_id).message(id) {
            None => Err(ApiError::bad("message to edit not found")),
            Some(message) if message.from != Sender::Bot => {
                Err(ApiError::bad("message can't be edited"))
            }
            Some(_) => Ok((chat_id, id)),
        }
    }

    fn inline_param(&self, params: &Params) -> Result<Option<Rows>, ApiError> {
        match self.markup_param(params)? {
            Markup::None => Ok(None),
            Markup::Inline(rows) => Ok(Some(rows)),
            _ => Err(ApiError::bad("message can't be edited")),
        }
    }

    pub(super) fn edit_message_text(
        &mut self,
        bot: i64,
        params: &Params,
        caption: bool,
    ) -> ApiResult {
        let rich = if caption {
            let text = params.text("caption").unwrap_or_default();
            self.caption(&text, params.text("parse_mode").as_deref())?
        } else {
            self.text_param(params)?
        };
        let buttons = self.inline_param(params)?;
        let (chat, id) = self.editable(bot, params)?;
        let Some(message) = self.chat(bot, chat).message_mut(id) else {
            return Err(ApiError::bad("message to edit not found"));
        };
        match (caption, message.file.is_some()) {
            (false, true) => {
                return Err(ApiError::bad("there is no text in the message to edit"));
            }
            (true, false) => {
                return Err(ApiError::bad("there is no caption in the message to edit"));
            }
            _ => {}
        }
        if message.rich == rich && message.buttons == buttons {
            return Err(ApiError::bad(NOT_MODIFIED));
        }
        message.rich = rich;
        message.buttons = buttons;
        self.edited(bot, chat, id)
    }

    pub(super) fn edit_message_markup(&mut self, bot: i64, params: &Params) -> ApiResult {
        let buttons = self.inline_param(params)?;
        let (chat, id) = self.editable(bot, params)?;
        let Some(message) = self.chat(bot, chat).message_mut(id) else {
            return Err(ApiError::bad("message to edit not found"));
        };
        if message.buttons == buttons {
            return Err(ApiError::bad(NOT_MODIFIED));
        }
        message.buttons = buttons;
        self.edited(bot, chat, id)
    }

    fn edited(&mut self, bot: i64, chat: i64, id: i64) -> ApiResult {
        let now = self.clock.now_s();
        if let Some(message) = self.chat(bot, chat).message_mut(id) {
            message.edit_date = Some(now);
        }
        self.log_message(bot, chat, id, EntryKind::Edit);
        Ok(self.message_json(bot, chat, id).unwrap_or(Value::Null))
    }

    pub(super) fn delete_messages(&mut self, bot: i64, params: &Params) -> ApiResult {
        let chat_id = self.target(bot, params)?;
        let ids: Vec<i64> = match params.json("message_ids") {
            Ok(Some(Value::Array(ids))) => ids.iter().filter_map(Value::as_i64).collect(),
            _ => params.int("message_id").into_iter().collect(),
        };
        let one = ids.len() == 1;
        let mut found = false;
        for id in ids {
            if self.chat(bot, chat_id).message(id).is_some() {
                self.log_message(bot, chat_id, id, EntryKind::Delete);
                self.chat(bot, chat_id)
                    .messages
                    .retain(|message| message.id != id);
                found = true;
            }
        }
        if one && !found {
            return Err(ApiError::bad("message to delete not found"));
        }
        Ok(json!(true))
    }

    pub(super) fn answer_callback(&mut self, bot: i64, params: &Params) -> ApiResult {
        let text = params.text("text").unwrap_or_default();
        if vestnik_markup::utf16_len(&text) > POPUP_MAX {
            return Err(ApiError::bad("MESSAGE_TOO_LONG"));
        }
        let now = self.clock.now_us();
        let ttl_us = self.config.callback_ttl_s.saturating_mul(1_000_000);
        let id = params
            .text("callback_query_id")
            .and_then(|id| id.parse().ok())
            .unwrap_or(0);
        let known = self.bot(bot).callbacks.get(&id).cloned();
        let Some(callback) = known.filter(|callback| now - callback.at_us <= ttl_us) else {
            return Err(ApiError::bad(QUERY_TOO_OLD));
        };
        self.log(Entry {
            seq: 0,
            bot,
            chat: callback.chat,
            kind: EntryKind::Answer,
            message_id: callback.message,
            from: Sender::Bot,
            name: String::new(),
            html: vestnik_markup::escape(&text),
            text,
            buttons: Vec::new(),
            keyboard: None,
            files: Vec::new(),
            media: None,
            reply_to: None,
            thread: None,
            album: None,
            alert: params.flag("show_alert"),
            date: now.div_euclid(1_000_000),
        });
        Ok(json!(true))
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
