//! Files that bots and people sent, within a bound of memory.

use std::collections::{HashMap, VecDeque};

use actix_web::web::Bytes;
use serde_json::{Value, json};

use super::FileInfo;

/// What a file was sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Document,
    Photo,
    Sticker,
}

impl FileKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Photo => "photo",
            Self::Sticker => "sticker",
        }
    }

    /// As Telegram calls it in errors.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Document => "Document",
            Self::Photo => "Photo",
            Self::Sticker => "Sticker",
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
}

impl File {
    pub(crate) fn info(&self) -> FileInfo {
        FileInfo {
            file_id: self.id.clone(),
            name: self.name.clone(),
            size: self.bytes.len(),
            kind: self.kind.name().into(),
            mime: mime(&self.name).into(),
            base64: None,
        }
    }

    fn unique_id(&self) -> String {
        format!("u{}", self.id)
    }

    /// The path under `/file/bot<TOKEN>/`.
    pub(crate) fn path(&self) -> String {
        let folder = match self.kind {
            FileKind::Document => "documents",
            FileKind::Photo => "photos",
            FileKind::Sticker => "stickers",
        };
        let extension = self.name.rsplit_once('.').map_or("bin", |(_, end)| end);
        let safe: String = extension
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(8)
            .collect();
        format!("{folder}/{}.{safe}", self.id)
    }

    /// The result of `getFile`.
    pub(crate) fn get_file_json(&self) -> Value {
        json!({
            "file_id": self.id,
            "file_unique_id": self.unique_id(),
            "file_size": self.bytes.len(),
            "file_path": self.path(),
        })
    }

    /// The field of a message that holds it, and its value.
    pub(crate) fn message_json(&self) -> (&'static str, Value) {
        let size = self.bytes.len();
        let value = match self.kind {
            FileKind::Document => json!({
                "file_id": self.id,
                "file_unique_id": self.unique_id(),
                "file_name": self.name,
                "mime_type": mime(&self.name),
                "file_size": size,
            }),
            FileKind::Photo => {
                let (width, height) = picture_size(&self.bytes);
                json!([{
                    "file_id": self.id,
                    "file_unique_id": self.unique_id(),
                    "width": width,
                    "height": height,
                    "file_size": size,
                }])
            }
            FileKind::Sticker => json!({
                "file_id": self.id,
                "file_unique_id": self.unique_id(),
                "type": "regular",
                "width": 512,
                "height": 512,
                "is_animated": false,
                "is_video": false,
                "emoji": "👍",
                "set_name": "simulator",
                "file_size": size,
            }),
        };
        (self.kind.name(), value)
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

    pub(crate) fn add(&mut self, bot: i64, name: &str, kind: FileKind, bytes: Bytes) -> File {
        let id = format!("BQAC{}x{}", bot, self.next);
        self.next += 1;
        let file = File {
            id: id.clone(),
            bot,
            name: name.to_owned(),
            kind,
            bytes,
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
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => "application/octet-stream",
    }
}

/// Whether Telegram would take these bytes for a picture.
pub(crate) fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
        || bytes.starts_with(b"\xFF\xD8\xFF")
        || bytes.starts_with(b"GIF8")
        || bytes.starts_with(b"BM")
        || (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"))
}

/// Width and height of a PNG; a plausible size for the other kinds.
fn picture_size(bytes: &[u8]) -> (u32, u32) {
    let number = |at: usize| {
        bytes
            .get(at..at + 4)
            .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    };
    match (bytes.starts_with(b"\x89PNG"), number(16), number(20)) {
        (true, Some(width), Some(height)) => (width, height),
        _ => (800, 600),
    }
}

/// A small picture, for people who send "a photo" without saying which.
pub(crate) const SAMPLE_PNG: &[u8] = include_bytes!("photo.png");
