//! Files: sending each kind, and fetching what people sent.

use actix_web::web::Bytes;
use serde_json::{Map, Value};

use super::{ApiError, ApiResult, text};
use crate::http::{Params, Upload};
use crate::world::files::{File, FileKind};
use crate::world::{Message, State, pictures};

/// Telegram's bounds, in bytes.
const UPLOAD_MAX: usize = 50 << 20;
const PHOTO_MAX: usize = 10 << 20;
const DOWNLOAD_MAX: usize = 20 << 20;
/// Telegram's bounds on a picture, in pixels: both sides together, and one side to the other.
const PHOTO_SIDES_MAX: u32 = 10_000;
const PHOTO_RATIO_MAX: u32 = 20;
/// What a sender may say of a file, and the largest number Telegram takes.
const NUMBERS: [(&str, i64); 4] = [
    ("duration", 86_400),
    ("width", 10_000),
    ("height", 10_000),
    ("length", 640),
];

impl State {
    pub(super) fn send_file(&mut self, bot: i64, params: &Params, kind: FileKind) -> ApiResult {
        let rich = if kind.has_caption() {
            text::caption(params)?
        } else {
            Default::default()
        };
        let (chat, message) = self.draft(bot, params)?;
        let about = about(|key| params.text(key));
        let file = match params.upload(kind.name()) {
            Some(upload) => self.store(bot, upload, kind, about)?,
            None => {
                let named = params.text(kind.name());
                let missing = format!("there is no {} in the request", kind.name());
                let named = named.ok_or_else(|| ApiError::bad(&missing))?;
                self.referred(bot, params, &named, kind, about, &missing)?
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

    /// The file of an `InputMedia`.
    pub(super) fn media_file(
        &mut self,
        bot: i64,
        params: &Params,
        media: &Value,
    ) -> Result<File, ApiError> {
        let kind = media_kind(media)?;
        let missing = "can't parse InputMedia: media not found";
        let named = media.get("media").and_then(Value::as_str);
        let named = named.ok_or_else(|| ApiError::bad(missing))?;
        let about = about(|key| match media.get(key)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        });
        self.referred(bot, params, named, kind, about, missing)
    }

    /// A file of a parameter that is text: `attach://part`, or the id of a file known already.
    fn referred(
        &mut self,
        bot: i64,
        params: &Params,
        reference: &str,
        kind: FileKind,
        about: Map<String, Value>,
        missing: &str,
    ) -> Result<File, ApiError> {
        if let Some(part) = reference.strip_prefix("attach://") {
            let upload = params.upload(part).ok_or_else(|| ApiError::bad(missing))?;
            let upload = upload.clone();
            return self.store(bot, &upload, kind, about);
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

    fn store(
        &mut self,
        bot: i64,
        upload: &Upload,
        kind: FileKind,
        about: Map<String, Value>,
    ) -> Result<File, ApiError> {
        let size = upload.bytes.len();
        if size == 0 {
            return Err(ApiError::bad("file must be non-empty"));
        }
        if size > UPLOAD_MAX {
            return Err(ApiError::new(413, "Request Entity Too Large"));
        }
        if kind == FileKind::Photo {
            check_photo(&upload.bytes)?;
        }
        // The body of the whole request must not live as long as one file of it.
        let bytes = Bytes::copy_from_slice(&upload.bytes);
        Ok(self.files.add(bot, &upload.name, kind, bytes, about))
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
    pub(crate) fn download(&self, bot: i64, path: &str) -> Result<Bytes, ApiError> {
        let file = self.files.by_path(bot, path);
        match file.filter(|file| file.bytes.len() <= DOWNLOAD_MAX) {
            Some(file) => Ok(file.bytes.clone()),
            None => Err(ApiError::new(404, "Not Found")),
        }
    }
}

/// The kind of an `InputMedia`.
pub(super) fn media_kind(media: &Value) -> Result<FileKind, ApiError> {
    let wrong = |what: String| ApiError::bad(format!("can't parse InputMedia: {what}"));
    let Some(name) = media.get("type").and_then(Value::as_str) else {
        return Err(wrong("Field \"type\" must be of type String".into()));
    };
    FileKind::ALL
        .into_iter()
        .find(|kind| kind.name() == name && kind.has_media())
        .ok_or_else(|| wrong(format!("type \"{name}\" is unsupported")))
}

/// What the sender says of a file.
fn about(text: impl Fn(&str) -> Option<String>) -> Map<String, Value> {
    let mut about = Map::new();
    for (key, max) in NUMBERS {
        if let Some(number) = text(key).and_then(|text| text.trim().parse::<i64>().ok()) {
            about.insert(key.into(), number.clamp(0, max).into());
        }
    }
    for key in ["performer", "title"] {
        if let Some(text) = text(key).filter(|text| !text.trim().is_empty()) {
            about.insert(key.into(), text.trim().into());
        }
    }
    about
}

fn check_photo(bytes: &[u8]) -> Result<(), ApiError> {
    let size = bytes.len();
    if size > PHOTO_MAX {
        return Err(ApiError::bad(format!(
            "file of size {size} bytes is too big for a photo; the maximum size is {PHOTO_MAX} bytes"
        )));
    }
    if !pictures::is_picture(bytes) {
        return Err(ApiError::bad("IMAGE_PROCESS_FAILED"));
    }
    let (width, height) = pictures::size(bytes).unwrap_or(pictures::PLAUSIBLE);
    let fits = width.saturating_add(height) <= PHOTO_SIDES_MAX
        && width.max(height) <= width.min(height).saturating_mul(PHOTO_RATIO_MAX);
    if !fits {
        return Err(ApiError::bad("PHOTO_INVALID_DIMENSIONS"));
    }
    Ok(())
}
