//! Files: documents, photos, albums, and fetching what people sent.

use actix_web::web::Bytes;
use serde_json::Value;

use super::{ApiError, ApiResult};
use crate::http::{Params, Upload};
use crate::world::files::{File, FileKind, is_picture};
use crate::world::{Message, State};

/// Telegram's bounds, in bytes.
pub(crate) const UPLOAD_MAX: usize = 50 << 20;
const PHOTO_MAX: usize = 10 << 20;
const DOWNLOAD_MAX: usize = 20 << 20;
const ALBUM_MAX: usize = 10;

impl State {
    pub(super) fn send_file(&mut self, bot: i64, params: &Params, kind: FileKind) -> ApiResult {
        let caption = params.text("caption").unwrap_or_default();
        let rich = self.caption(&caption, params.text("parse_mode").as_deref())?;
        let (chat, message) = self.draft(bot, params)?;
        let file = match params.upload(kind.name()) {
            Some(upload) => self.store(bot, upload, kind)?,
            None => {
                let named = params.text(kind.name());
                self.referred(bot, params, named.as_deref(), kind)?
            }
        };
        self.post(
            bot,
            chat,
            Message {
                rich,
                file: Some(file),
                ..message
            },
        )
    }

    /// A file of a parameter that is text: `attach://part`, or the id of a file known already.
    fn referred(
        &mut self,
        bot: i64,
        params: &Params,
        reference: Option<&str>,
        kind: FileKind,
    ) -> Result<File, ApiError> {
        let missing = || ApiError::bad(format!("there is no {} in the request", kind.name()));
        let reference = reference.ok_or_else(missing)?;
        if let Some(part) = reference.strip_prefix("attach://") {
            let upload = params.upload(part).ok_or_else(missing)?.clone();
            return self.store(bot, &upload, kind);
        }
        if reference.starts_with("http://") || reference.starts_with("https://") {
            return Err(ApiError::bad("failed to get HTTP URL content"));
        }
        match self.files.get(bot, reference) {
            None => Err(ApiError::bad("wrong file identifier/HTTP URL specified")),
            Some(file) if file.kind != kind => Err(ApiError::bad(format!(
                "can't use file of type {} as {}",
                file.kind.type_name(),
                kind.type_name()
            ))),
            Some(file) => Ok(file.clone()),
        }
    }

    fn store(&mut self, bot: i64, upload: &Upload, kind: FileKind) -> Result<File, ApiError> {
        let size = upload.bytes.len();
        if size == 0 {
            return Err(ApiError::bad("file must be non-empty"));
        }
        if size > UPLOAD_MAX {
            return Err(ApiError::new(413, "Request Entity Too Large"));
        }
        if kind == FileKind::Photo {
            if size > PHOTO_MAX {
                return Err(ApiError::bad(format!(
                    "too big for a photo: file of size {size} bytes, maximum is {PHOTO_MAX}"
                )));
            }
            if !is_picture(&upload.bytes) {
                return Err(ApiError::bad("IMAGE_PROCESS_FAILED"));
            }
        }
        // The body of the whole request must not live as long as one file of it.
        let bytes = Bytes::copy_from_slice(&upload.bytes);
        Ok(self.files.add(bot, &upload.name, kind, bytes))
    }

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
        let (chat, draft) = self.draft(bot, params)?;
        let mut parts = Vec::new();
        for item in &items {
            let text = |key: &str| item.get(key).and_then(Value::as_str);
            let kind = match text("type") {
                Some("document") => FileKind::Document,
                Some("photo") => FileKind::Photo,
                Some(_) => return Err(ApiError::bad("type of the media is not supported")),
                None => return Err(ApiError::bad("media type is not specified")),
            };
            let rich = self.caption(text("caption").unwrap_or_default(), text("parse_mode"))?;
            parts.push((kind, text("media"), rich));
        }
        if parts.iter().any(|(kind, ..)| *kind != parts[0].0) {
            return Err(ApiError::bad(
                "document can't be mixed with other media types",
            ));
        }
        // All files are taken before the first message is written: an album goes whole or not.
        let mut messages = Vec::new();
        for (kind, reference, rich) in parts {
            let file = self.referred(bot, params, reference, kind)?;
            messages.push(Message {
                rich,
                file: Some(file),
                ..draft.clone()
            });
        }
        let album = (self.faults.rng().next() >> 1).to_string();
        let mut sent = Vec::new();
        for message in messages {
            let message = Message {
                album: Some(album.clone()),
                ..message
            };
            sent.push(self.post(bot, chat, message)?);
        }
        Ok(Value::Array(sent))
    }

    pub(super) fn get_file(&mut self, bot: i64, params: &Params) -> ApiResult {
        let id = params
            .text("file_id")
            .ok_or_else(|| ApiError::bad("file_id not specified"))?;
        let Some(file) = self.files.get(bot, &id) else {
            return Err(ApiError::bad(
                "wrong file_id or the file is temporarily unavailable",
            ));
        };
        if file.bytes.len() > DOWNLOAD_MAX {
            return Err(ApiError::bad("file is too big"));
        }
        Ok(file.get_file_json())
    }

    /// The content behind `/file/bot<TOKEN>/<path>`.
    pub(crate) fn download(&self, bot: i64, path: &str) -> Result<(String, Bytes), ApiError> {
        let file = self.files.by_path(bot, path);
        match file.filter(|file| file.bytes.len() <= DOWNLOAD_MAX) {
            Some(file) => Ok((file.name.clone(), file.bytes.clone())),
            None => Err(ApiError::new(404, "Not Found")),
        }
    }
}
