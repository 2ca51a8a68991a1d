//! Forwarding and copying what stands in the bot's chats.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ApiError, ApiResult, text};
use crate::http::Params;
use crate::world::{Message, State};

/// Telegram's bound on the messages of one call.
const MESSAGES_MAX: usize = 100;

impl State {
    /// `forwardMessage(s)` and `copyMessage(s)`. The methods for many leave out what they do not
    /// find.
    pub(super) fn forward(&mut self, bot: i64, method: &str, params: &Params) -> ApiResult {
        let many = method.ends_with('s');
        let copies = method.starts_with("copy");
        let ids: Vec<i64> = if many {
            match params.json("message_ids") {
                Ok(Some(Value::Array(ids))) => ids.iter().filter_map(Value::as_i64).collect(),
                _ => return Err(ApiError::bad("message identifiers are not specified")),
            }
        } else {
            params.int("message_id").into_iter().collect()
        };
        if ids.is_empty() {
            return Err(ApiError::bad("message identifier is not specified"));
        }
        if ids.len() > MESSAGES_MAX {
            return Err(ApiError::bad("too many messages to forward"));
        }
        let from = params.int("from_chat_id").unwrap_or(0);
        let from = self.moved(bot, from);
        let known = self
            .bots
            .get(&bot)
            .is_some_and(|bot| bot.chats.contains_key(&from));
        if !known {
            return Err(ApiError::bad("chat not found"));
        }
        let (chat, draft) = self.draft(bot, params)?;
        // Albums stay albums, with numbers of their own.
        let mut albums: BTreeMap<String, String> = BTreeMap::new();
        let mut sent = Vec::new();
        for id in ids {
            let Some(found) = self.chat(bot, from).message(id).cloned() else {
                if many {
                    continue;
                }
                let what = if copies { "copy" } else { "forward" };
                return Err(ApiError::bad(format!("message to {what} not found")));
            };
            let album = found.album.clone().filter(|_| many).map(|old| {
                let new = albums.get(&old).cloned();
                new.unwrap_or_else(|| {
                    let new = self.album_id();
                    albums.insert(old, new.clone());
                    new
                })
            });
            let mut message = Message {
                rich: found.rich.clone(),
                file: found.file.clone(),
                extra: found.extra.clone(),
                album,
                ..draft.clone()
            };
            if copies {
                if message.file.is_some() && params.text("caption").is_some() {
                    message.rich = text::caption(params)?;
                }
            } else {
                message.buttons = found.buttons.clone();
                message.keyboard = None;
                message.forward = Some(found.origin());
                message.via = found.via;
            }
            let value = self.post(bot, chat, message)?;
            sent.push(if copies || many {
                json!({"message_id": value["message_id"]})
            } else {
                value
            });
        }
        if many {
            return Ok(Value::Array(sent));
        }
        Ok(sent.pop().unwrap_or(Value::Null))
    }
}
