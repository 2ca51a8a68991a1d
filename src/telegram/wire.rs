//! The JSON of requests and answers (updates excepted: `parse.rs`).
//!
//! A request is written into its bytes once; an answer is read for the few fields that are used and
//! passed over for the rest.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::error::{ApiError, NetworkKind, Outcome, classify, shorten};
use super::parse::{WireFile, WireUser, largest};
use super::types::*;

/// The frame of every answer.
#[derive(Deserialize)]
pub(super) struct Answer<'a, T> {
    ok: bool,
    result: Option<T>,
    error_code: Option<u16>,
    #[serde(borrow)]
    description: Option<Cow<'a, str>>,
    #[serde(default)]
    parameters: AnswerParameters,
}

/// What Telegram adds to a refusal for programs to read.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
pub(super) struct AnswerParameters {
    /// Seconds to wait.
    pub(super) retry_after: Option<u32>,
    /// The supergroup's number.
    pub(super) migrate_to_chat_id: Option<i64>,
}

/// Reads an answer with the given HTTP status. `retry_after` is the header of that name, which a
/// gateway before Telegram may send without JSON.
pub(super) fn read_answer<'a, T: Deserialize<'a>>(
    status: u16,
    retry_after: Option<u32>,
    body: &'a [u8],
) -> Result<T, ApiError> {
    match serde_json::from_slice::<Answer<'a, T>>(body) {
        Ok(Answer {
            ok: true,
            result: Some(result),
            ..
        }) => Ok(result),
        Ok(Answer {
            ok: true,
            result: None,
            ..
        }) => Err(ApiError::Malformed {
            detail: "success without a result".to_owned(),
        }),
        // A refusal of the Bot API has a number and words; without both it is somebody else's.
        Ok(answer) if answer.error_code.is_none() && answer.description.is_none() => {
            Err(somebody_else(status, retry_after, body))
        }
        Ok(answer) => {
            let code = answer
                .error_code
                .unwrap_or(if status < 400 { 400 } else { status });
            Err(classify(
                code,
                answer.description.as_deref().unwrap_or_default(),
                answer.parameters,
            ))
        }
        Err(error) => Err(not_an_answer(status, retry_after, body, &error)),
    }
}

/// An answer that cannot be read.
fn not_an_answer(
    status: u16,
    retry_after: Option<u32>,
    body: &[u8],
    error: &serde_json::Error,
) -> ApiError {
    let framed = || serde_json::from_slice::<Answer<'_, IgnoredAny>>(body).is_ok();
    let cut = || error.is_eof() && body.trim_ascii_start().starts_with(b"{");
    if (200..=299).contains(&status) && (cut() || framed()) {
        // The API's own success, of which we cannot read what it says.
        return ApiError::Malformed {
            detail: format!("{error}; the answer begins: {}", beginning(body)),
        };
    }
    somebody_else(status, retry_after, body)
}

/// An answer without the API's frame, whatever its status: that of a gateway, a proxy, a page for
/// logging in, another server. It says nothing about the token, the chat or the message, so the call is
/// made again (design: "Sending").
fn somebody_else(status: u16, retry_after: Option<u32>, body: &[u8]) -> ApiError {
    match status {
        500..=599 => ApiError::Server { status },
        // Whoever asks to wait is waited for.
        429 => ApiError::RetryAfter {
            seconds: retry_after.unwrap_or(1),
        },
        407 => ApiError::Network {
            kind: NetworkKind::Proxy,
            outcome: Outcome::NotSent,
            detail: "the proxy asks for a name and a password (407)".to_owned(),
        },
        _ => ApiError::Network {
            kind: NetworkKind::Gateway,
            outcome: Outcome::Refused,
            detail: match beginning(body).as_str() {
                "" => format!("HTTP {status} with nothing in it"),
                text => format!("HTTP {status} without an answer of the Bot API: {text}"),
            },
        },
    }
}

fn beginning(body: &[u8]) -> String {
    shorten(&String::from_utf8_lossy(&body[..body.len().min(800)]))
}

/// A sent message, only its numbers.
#[derive(Deserialize)]
pub(super) struct WireSent {
    message_id: i64,
    chat: Option<WireChatId>,
}

#[derive(Deserialize)]
struct WireChatId {
    id: i64,
}

impl WireSent {
    /// `chat` is where it was sent to, for answers that do not name it.
    pub(super) fn into_sent(self, chat: i64) -> SentMessage {
        SentMessage {
            message_id: self.message_id,
            chat: self.chat.map_or(chat, |chat| chat.id),
            file: None,
        }
    }
}

/// A sent message with the file it carries.
#[derive(Deserialize)]
pub(super) struct WireSentFile {
    #[serde(flatten)]
    sent: WireSent,
    photo: Option<Vec<WireFile>>,
    // Telegram may turn a document into one of these by its content.
    animation: Option<WireFile>,
    audio: Option<WireFile>,
    video: Option<WireFile>,
    voice: Option<WireFile>,
    sticker: Option<WireFile>,
    document: Option<WireFile>,
}

impl WireSentFile {
    pub(super) fn into_sent(self, chat: i64) -> SentMessage {
        let file = self.photo.and_then(largest).or_else(|| {
            self.animation
                .or(self.audio)
                .or(self.video)
                .or(self.voice)
                .or(self.sticker)
                .or(self.document)
                .map(FileRef::from)
        });
        SentMessage {
            file,
            ..self.sent.into_sent(chat)
        }
    }
}

/// The answer of `getFile`.
#[derive(Deserialize)]
pub(super) struct WireFileInfo {
    #[serde(flatten)]
    file: WireFile,
    file_path: Option<String>,
}

impl From<WireFileInfo> for FileInfo {
    fn from(wire: WireFileInfo) -> FileInfo {
        FileInfo {
            file: wire.file.into(),
            path: wire.file_path,
        }
    }
}

/// The answer of `getMe`.
pub(super) type WireMe = WireUser;

impl Serialize for ReplyMarkup {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ReplyMarkup::Inline(rows) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("inline_keyboard", &Rows(rows))?;
                map.end()
            }
            ReplyMarkup::Keyboard {
                rows,
                resize,
                persistent,
                one_time,
            } => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("keyboard", &Rows(rows))?;
                for (name, value) in [
                    ("resize_keyboard", resize),
                    ("is_persistent", persistent),
                    ("one_time_keyboard", one_time),
                ] {
                    if *value {
                        map.serialize_entry(name, value)?;
                    }
                }
                map.end()
            }
            ReplyMarkup::RemoveKeyboard => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("remove_keyboard", &true)?;
                map.end()
            }
        }
    }
}

struct Rows<'a, T>(&'a [Vec<T>]);

impl<T: Serialize> Serialize for Rows<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
        for row in self.0 {
            seq.serialize_element(row)?;
        }
        seq.end()
    }
}

impl Serialize for InlineButton {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("text", &self.text)?;
        match &self.action {
            InlineAction::Callback(data) => map.serialize_entry("callback_data", data)?,
            InlineAction::Url(url) => map.serialize_entry("url", url)?,
        }
        map.end()
    }
}

impl Serialize for ReplyButton {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("text", &self.text)?;
        if self.request_contact {
            map.serialize_entry("request_contact", &true)?;
        }
        map.end()
    }
}
