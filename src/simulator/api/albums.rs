//! Albums: several files that are shown as one message.

use serde_json::Value;

use super::media::media_kind;
use super::{ApiError, ApiResult, text};
use crate::http::Params;
use crate::world::files::FileKind;
use crate::world::{ALBUM_MAX, Message, State, album_breach};

impl State {
    pub(super) fn send_media_group(&mut self, bot: i64, params: &Params) -> ApiResult {
        let wrong = || ApiError::bad("can't parse media JSON object");
        let Some(Value::Array(items)) = params.json("media").map_err(|_| wrong())? else {
            return Err(ApiError::bad("expected an Array of InputMedia"));
        };
        if items.is_empty() {
            return Err(ApiError::bad("there are no messages to send"));
        }
        if items.len() > ALBUM_MAX {
            return Err(ApiError::bad("too many messages to send as an album"));
        }
        let mut kinds = Vec::new();
        let mut captions = Vec::new();
        for item in &items {
            let kind = media_kind(item)?;
            if kind == FileKind::Animation {
                return Err(ApiError::bad(
                    "can't parse InputMedia: type \"animation\" can't be used in sendMediaGroup",
                ));
            }
            kinds.push(kind);
            captions.push(text::media_caption(item)?);
        }
        if let Some(kind) = album_breach(&kinds) {
            let name = kind.type_name().to_lowercase();
            return Err(ApiError::bad(format!(
                "{name} can't be mixed with other media types"
            )));
        }
        let (chat, draft) = self.draft(bot, params)?;
        // All files are taken before the first message is written: an album goes whole or not.
        let mut messages = Vec::new();
        for (item, rich) in items.iter().zip(captions) {
            let file = self.media_file(bot, params, item)?;
            messages.push(Message {
                rich,
                file: Some(file),
                // Albums have no buttons.
                buttons: None,
                keyboard: None,
                ..draft.clone()
            });
        }
        // One file alone is no album.
        let album = (messages.len() > 1).then(|| self.album_id());
        let mut sent = Vec::new();
        for message in messages {
            let message = Message {
                album: album.clone(),
                ..message
            };
            sent.push(self.post(bot, chat, message)?);
        }
        Ok(Value::Array(sent))
    }
}
