//! Files on their way to Telegram: the multipart form.

use std::fmt;

use bytes::Bytes;
use reqwest::multipart::{Form, Part};

use super::error::ApiError;

/// A file to send.
#[derive(Clone, PartialEq, Eq)]
pub enum InputFile {
    /// One that Telegram has already, for this bot: nothing is uploaded.
    Id(String),
    /// One that is uploaded.
    Upload {
        /// Name that the recipient sees.
        name: String,
        /// MIME type; Telegram guesses it from the name where there is none.
        mime: Option<String>,
        /// Its bytes; shared, not copied.
        data: Bytes,
    },
}

impl InputFile {
    /// How many bytes are uploaded.
    pub fn upload_len(&self) -> u64 {
        match self {
            InputFile::Id(_) => 0,
            InputFile::Upload { data, .. } => data.len() as u64,
        }
    }
}

/// Without the content.
impl fmt::Debug for InputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InputFile::Id(id) => f.debug_tuple("Id").field(id).finish(),
            InputFile::Upload { name, mime, data } => f
                .debug_struct("Upload")
                .field("name", name)
                .field("mime", mime)
                .field("bytes", &data.len())
                .finish(),
        }
    }
}

/// A form's part with the file's bytes.
pub(super) fn part(name: &str, mime: Option<&str>, data: &Bytes) -> Result<Part, ApiError> {
    let length = data.len() as u64;
    let part = Part::stream_with_length(data.clone(), length).file_name(safe_name(name));
    match mime {
        None => Ok(part),
        Some(mime) => part.mime_str(mime).map_err(|_| ApiError::BadRequest {
            code: 400,
            description: format!(
                "the MIME type of the file is not valid: {}",
                super::error::shorten(mime)
            ),
        }),
    }
}

/// The name stands in a header between quotes: what could end the quotes or the header is replaced.
/// Letters of any language stay as they are, which is what Telegram reads.
fn safe_name(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| match c {
            '"' => '\'',
            '\\' | '/' => '_',
            c if c.is_control() => '_',
            c => c,
        })
        .collect();
    if name.trim().is_empty() {
        "file".to_owned()
    } else {
        name
    }
}

/// Adds a text field where there is one.
pub(super) fn text(form: Form, name: &'static str, value: Option<impl Into<String>>) -> Form {
    match value {
        Some(value) => form.text(name, value.into()),
        None => form,
    }
}

/// Refuses what is larger than the settings allow, before anything is written.
pub(super) fn check_size<'a>(
    files: impl Iterator<Item = &'a InputFile>,
    max: u64,
) -> Result<u64, ApiError> {
    let mut total = 0u64;
    for file in files {
        let length = file.upload_len();
        if length > max {
            return Err(ApiError::FileTooLarge { limit: Some(max) });
        }
        total += length;
    }
    Ok(total)
}
