//! Editing and deleting what was sent.

use serde_json::{Value, json};
use vestnik_markup::Rich;

use super::{ApiError, ApiResult, sending, text};
use crate::http::Params;
use crate::world::files::File;
use crate::world::keyboard::Markup;
use crate::world::{EntryKind, Message, Rows, Sender, Standing, State};

/// How long a message may be deleted, in seconds.
const DELETE_WITHIN_S: i64 = 48 * 3_600;

const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message";

/// What an edit changes beside the buttons, which every edit replaces.
enum Change {
    Text(Rich),
    Caption(Rich),
    Media(File, Rich),
    Buttons,
}

impl State {
    /// The bot's own message that an edit is about.
    fn editable(&mut self, bot: i64, params: &Params) -> Result<(i64, i64), ApiError> {
        let chat_id = self.target(bot, params)?;
        let id = params.int("message_id").unwrap_or(0);
        if id == 0 {
            return Err(ApiError::bad("message identifier is not specified"));
        }
        let Some(message) = self.chat(bot, chat_id).message(id) else {
            return Err(ApiError::bad("message to edit not found"));
        };
        // A message that changed the keyboard, asked for an answer, or was forwarded stays as it is.
        let fixed =
            message.keyboard.is_some() || message.options.force_reply || message.forward.is_some();
        if message.from != Sender::Bot || fixed {
            return Err(ApiError::bad("message can't be edited"));
        }
        Ok((chat_id, id))
    }

    pub(super) fn edit(&mut self, bot: i64, method: &str, params: &Params) -> ApiResult {
        let buttons = inline(params)?;
        let change = match method {
            "editMessageText" => Change::Text(text::text(params)?),
            "editMessageCaption" => Change::Caption(text::caption(params)?),
            "editMessageMedia" => {
                let media = params
                    .json("media")
                    .map_err(|_| ApiError::bad("can't parse media JSON object"))?
                    .filter(Value::is_object)
                    .ok_or_else(|| ApiError::bad("input media is not specified"))?;
                // Looked for before the file is taken: a refused edit keeps nothing.
                self.editable(bot, params)?;
                let rich = text::media_caption(&media)?;
                Change::Media(self.media_file(bot, params, &media)?, rich)
            }
            _ => Change::Buttons,
        };
        let (chat, id) = self.editable(bot, params)?;
        let Some(message) = self.chat(bot, chat).message_mut(id) else {
            return Err(ApiError::bad("message to edit not found"));
        };
        let changed = apply(message, change)?;
        if !changed && message.buttons == buttons {
            return Err(ApiError::bad(NOT_MODIFIED));
        }
        message.buttons = buttons;
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
        let oldest = self.clock.now_s() - DELETE_WITHIN_S;
        let chat = self.chat(bot, chat_id);
        let all = chat_id > 0 || chat.standing == Standing::Administrator;
        let mut found = Vec::new();
        for id in &ids {
            let Some(message) = chat.message(*id) else {
                continue;
            };
            if message.date < oldest || !(all || message.from == Sender::Bot) {
                return Err(ApiError::bad("message can't be deleted for everyone"));
            }
            found.push(*id);
        }
        if ids.len() == 1 && found.is_empty() {
            return Err(ApiError::bad("message to delete not found"));
        }
        for id in found {
            self.delete(bot, chat_id, id);
        }
        Ok(json!(true))
    }
}

/// Whether the content became another one.
fn apply(message: &mut Message, change: Change) -> Result<bool, ApiError> {
    let file = message.file.as_ref().map(|file| file.kind);
    let rich = match change {
        Change::Buttons => return Ok(false),
        Change::Text(_) if file.is_some() || !message.extra.is_empty() => {
            return Err(ApiError::bad("there is no text in the message to edit"));
        }
        Change::Caption(_) if !file.is_some_and(|kind| kind.has_caption()) => {
            return Err(ApiError::bad("there is no caption in the message to edit"));
        }
        Change::Media(..) if !file.is_some_and(|kind| kind.has_media()) => {
            return Err(ApiError::bad("message media can't be edited"));
        }
        Change::Media(new, _)
            if message.album.is_some()
                && new.kind.album() != file.and_then(|kind| kind.album()) =>
        {
            return Err(ApiError::bad("can't change media type in the album"));
        }
        Change::Media(new, rich) => {
            let same = message.file.as_ref().is_some_and(|old| old.id == new.id);
            let same = same && message.rich == rich;
            message.file = Some(new);
            message.rich = rich;
            return Ok(!same);
        }
        Change::Text(rich) | Change::Caption(rich) => rich,
    };
    let changed = message.rich != rich;
    message.rich = rich;
    Ok(changed)
}

fn inline(params: &Params) -> Result<Option<Rows>, ApiError> {
    match sending::markup(params)? {
        Markup::None => Ok(None),
        Markup::Inline(rows) => Ok(Some(rows)),
        _ => Err(ApiError::bad("inline keyboard expected")),
    }
}
