//! Files that bots and people sent, within a bound of memory.

use std::collections::{HashMap, VecDeque};

use actix_web::web::Bytes;
use serde_json::{Map, Value, json};

use super::{FileInfo, pictures};

/// What a file was sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A file as it is.
    Document,
    /// A picture, shown in the chat.
    Photo,
    /// A sticker, without a caption.
    Sticker,
    /// A voice message.
    Voice,
    /// Music.
    Audio,
    /// A video.
    Video,
    /// A GIF, or a video without sound.
    Animation,
    /// A round video, without a caption.
    VideoNote,
}

impl FileKind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Document,
        Self::Photo,
        Self::Sticker,
        Self::Voice,
        Self::Audio,
        Self::Video,
        Self::Animation,
        Self::VideoNote,
    ];

    /// The field of a message, and the parameter of the method that sends one.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Photo => "photo",
            Self::Sticker => "sticker",
            Self::Voice => "voice",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Animation => "animation",
            Self::VideoNote => "video_note",
        }
    }

    /// As Telegram calls it in errors.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Document => "Document",
            Self::Photo => "Photo",
            Self::Sticker => "Sticker",
            Self::Voice => "VoiceNote",
            Self::Audio => "Audio",
            Self::Video => "Video",
            Self::Animation => "Animation",
            Self::VideoNote => "VideoNote",
        }
    }

    /// The folder of `file_path`.
    fn folder(self) -> &'static str {
        match self {
            Self::Document => "documents",
            Self::Photo => "photos",
            Self::Sticker => "stickers",
            Self::Voice => "voice",
            Self::Audio => "music",
            Self::Video => "videos",
            Self::Animation => "animations",
            Self::VideoNote => "video_notes",
        }
    }

    /// A name for a file that has none.
    pub(crate) fn sample_name(self) -> &'static str {
        match self {
            Self::Document => "file.bin",
            Self::Photo => "photo.png",
            Self::Sticker => "sticker.png",
            Self::Voice => "voice.oga",
            Self::Audio => "music.mp3",
            Self::Video => "video.mp4",
            Self::Animation => "animation.mp4",
            Self::VideoNote => "video_note.mp4",
        }
    }

    /// Whether `editMessageMedia` may replace it, and put it in another's place.
    pub(crate) fn has_media(self) -> bool {
        !matches!(self, Self::Sticker | Self::VideoNote | Self::Voice)
    }

    pub(crate) fn has_caption(self) -> bool {
        !matches!(self, Self::Sticker | Self::VideoNote)
    }

    /// Whether an album may hold it, and with what: photos and videos stand together, documents
    /// and audio files each among themselves.
    pub(crate) fn album(self) -> Option<Self> {
        match self {
            Self::Photo | Self::Video => Some(Self::Photo),
            Self::Document | Self::Audio => Some(self),
            _ => None,
        }
    }

    /// The media type where the name's ending says none of this kind.
    fn mime(self, name: &str) -> &'static str {
        let (start, default) = match self {
            Self::Voice => ("audio/", "audio/ogg"),
            Self::Audio => ("audio/", "audio/mpeg"),
            Self::Video | Self::Animation | Self::VideoNote => ("video/", "video/mp4"),
            Self::Sticker => ("image/", "image/webp"),
            Self::Photo => ("image/", "image/jpeg"),
            Self::Document => ("", ""),
        };
        let found = mime(name);
        if found.starts_with(start) {
            found
        } else {
            default
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) id: String,
    pub(crate) bot: i64,
    pub(crate) name: String,
    pub(crate) kind: FileKind,
    pub(crate) bytes: Bytes,
    /// What its sender says of it: `duration`, `width`, `title` and so on.
    pub(crate) about: Map<String, Value>,
}

impl File {
    pub(crate) fn info(&self) -> FileInfo {
        FileInfo {
            file_id: self.id.clone(),
            name: self.name.clone(),
            size: self.bytes.len(),
            kind: self.kind.name().into(),
            mime: self.kind.mime(&self.name).into(),
            base64: None,
        }
    }

    fn unique_id(&self) -> String {
        format!("u{}", self.id)
    }

    /// The path under `/file/bot<TOKEN>/`.
    pub(crate) fn path(&self) -> String {
        let extension = self.name.rsplit_once('.').map_or("bin", |(_, end)| end);
        let safe: String = extension
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(8)
            .collect();
        format!("{}/{}.{safe}", self.kind.folder(), self.id)
    }

    /// The result of `getFile`.
    pub(crate) fn get_file_json(&self) -> Value {
        let mut out = self.base();
        out.insert("file_path".into(), json!(self.path()));
        Value::Object(out)
    }

    fn base(&self) -> Map<String, Value> {
        let mut out = Map::new();
        out.insert("file_id".into(), json!(self.id));
        out.insert("file_unique_id".into(), json!(self.unique_id()));
        out.insert("file_size".into(), json!(self.bytes.len()));
        out
    }

    /// Adds the fields of a message that hold it.
    pub(crate) fn write_json(&self, message: &mut Map<String, Value>) {
        let mut out = self.base();
        let number = |key: &str, default: u32| {
            let given = self.about.get(key).and_then(Value::as_u64);
            json!(given.unwrap_or(u64::from(default)))
        };
        if !matches!(
            self.kind,
            FileKind::Photo | FileKind::Sticker | FileKind::VideoNote
        ) {
            out.insert("mime_type".into(), json!(self.kind.mime(&self.name)));
            if self.kind != FileKind::Voice {
                out.insert("file_name".into(), json!(self.name));
            }
        }
        match self.kind {
            FileKind::Document => {}
            FileKind::Photo => {
                let (width, height) = pictures::size(&self.bytes).unwrap_or(pictures::PLAUSIBLE);
                out.insert("width".into(), json!(width));
                out.insert("height".into(), json!(height));
                message.insert("photo".into(), json!([out]));
                return;
            }
            FileKind::Sticker => {
                let sticker = json!({"type": "regular", "width": 512, "height": 512,
                    "is_animated": false, "is_video": false, "emoji": "👍",
                    "set_name": "simulator"});
                out.extend(sticker.as_object().cloned().unwrap_or_default());
            }
            FileKind::Voice => {
                out.insert("duration".into(), number("duration", 1));
            }
            FileKind::Audio => {
                out.insert("duration".into(), number("duration", 1));
                for key in ["performer", "title"] {
                    if let Some(value) = self.about.get(key) {
                        out.insert(key.into(), value.clone());
                    }
                }
            }
            FileKind::Video | FileKind::Animation => {
                for (key, default) in [("duration", 1), ("width", 640), ("height", 360)] {
                    out.insert(key.into(), number(key, default));
                }
            }
            FileKind::VideoNote => {
                out.insert("duration".into(), number("duration", 1));
                out.insert("length".into(), number("length", 240));
            }
        }
        if self.kind == FileKind::Animation {
            // Telegram gives it as a document too, for bots from before animations.
            let mut document = out.clone();
            document.retain(|key, _| !matches!(key.as_str(), "duration" | "width" | "height"));
            message.insert("document".into(), Value::Object(document));
        }
        message.insert(self.kind.name().into(), Value::Object(out));
    }
}

/// Keeps files by id; the oldest go when the bound is passed.
#[derive(Debug)]
pub(crate) struct Files {
    by_id: HashMap<String, File>,
    order: VecDeque<String>,
    held: usize,
    bound: usize,
    next: u64,
}

impl Files {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            by_id: HashMap::new(),
            order: VecDeque::new(),
            held: 0,
            bound,
            next: 1,
        }
    }

    /// Keeps a file; what its sender says of it is in `about`.
    pub(crate) fn add(
        &mut self,
        bot: i64,
        name: &str,
        kind: FileKind,
        bytes: Bytes,
        about: Map<String, Value>,
    ) -> File {
        let id = format!("BQAC{}x{}", bot, self.next);
        self.next += 1;
        let file = File {
            id: id.clone(),
            bot,
            name: name.to_owned(),
            kind,
            bytes,
            about,
        };
        self.held += file.bytes.len();
        self.by_id.insert(id.clone(), file.clone());
        self.order.push_back(id);
        while self.held > self.bound && self.order.len() > 1 {
            let oldest = self.order.pop_front().and_then(|id| self.by_id.remove(&id));
            self.held -= oldest.map_or(0, |file| file.bytes.len());
        }
        file
    }

    /// A bot's own file; ids of other bots mean nothing to it.
    pub(crate) fn get(&self, bot: i64, id: &str) -> Option<&File> {
        self.by_id.get(id).filter(|file| file.bot == bot)
    }

    pub(crate) fn by_path(&self, bot: i64, path: &str) -> Option<&File> {
        let name = path.rsplit('/').next()?;
        let id = name.split('.').next()?;
        self.get(bot, id).filter(|file| file.path() == path)
    }
}

/// A media type by the end of the name, for the kinds that people send.
pub(crate) fn mime(name: &str) -> &'static str {
    let end = name
        .rsplit_once('.')
        .map_or("", |(_, end)| end)
        .to_ascii_lowercase();
    match end.as_str() {
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "json" => "application/json",
        "xml" => "application/xml",
        "zip" => "application/zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "oga" | "ogg" | "opus" => "audio/ogg",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "wav" => "audio/x-wav",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}
