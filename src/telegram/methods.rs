//! The methods of the Bot API that we use, one function each.
//!
//! A request is a plain struct that is written as JSON (or as a form, where a file goes along);
//! fields that are not set are not written. Each call is made once: repeating is for the caller, who
//! knows what a second copy means.

use std::time::Duration;

use bytes::Bytes;
use reqwest::multipart::Form;
use serde::de::IgnoredAny;
use serde::{Serialize, Serializer};

use super::client::{BotApi, GET_UPDATES, Pool, SEND_MESSAGE};
use super::download::Download;
use super::error::{ApiError, NetworkKind, Outcome};
use super::parse::parse_batch;
use super::types::*;
use super::upload::{self, InputFile};
use super::wire::{WireFileInfo, WireMe, WireSent, WireSentFile, read_answer};

/// Kinds of updates that are asked for. Without this list Telegram remembers the last one that any
/// program asked for with this token.
const ALLOWED_UPDATES: &[&str] = &[
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
];

/// Updates in one batch; Telegram's own maximum.
const BATCH_MAX: u32 = 100;

/// A file's whole transfer may take so long; standing still is noticed sooner (see `download.rs`).
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(3600);

/// How a text is marked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ParseMode {
    /// Telegram's subset of HTML.
    #[serde(rename = "HTML")]
    Html,
}

/// A poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GetUpdates {
    /// The first update wanted; confirms all before it.
    pub offset: Option<i64>,
    /// How many at most, 1 to 100; none: 100.
    pub limit: Option<u32>,
    /// How long to hold an empty answer; none: the endpoint's poll time-out. Not more than that.
    pub timeout: Option<Duration>,
}

#[derive(Serialize)]
struct WireGetUpdates {
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<i64>,
    limit: u32,
    timeout: u64,
    allowed_updates: &'static [&'static str],
}

/// A text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SendMessage<'a> {
    /// Where to.
    #[serde(rename = "chat_id")]
    pub chat: i64,
    /// Into which topic.
    #[serde(rename = "message_thread_id", skip_serializing_if = "Option::is_none")]
    pub thread: Option<i64>,
    /// 1 to 4096 characters (UTF-16 units) after mark-up.
    pub text: &'a str,
    /// How the text is marked up; none: plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parse_mode: Option<ParseMode>,
    /// The message that is answered; when it is gone, the answer is sent all the same.
    #[serde(
        rename = "reply_parameters",
        skip_serializing_if = "Option::is_none",
        serialize_with = "reply_parameters"
    )]
    pub reply_to: Option<i64>,
    /// Buttons.
    #[serde(rename = "reply_markup", skip_serializing_if = "Option::is_none")]
    pub markup: Option<&'a ReplyMarkup>,
    /// Without a preview of the first link.
    #[serde(
        rename = "link_preview_options",
        skip_serializing_if = "is_false",
        serialize_with = "no_preview"
    )]
    pub no_preview: bool,
    /// Without a sound.
    #[serde(rename = "disable_notification", skip_serializing_if = "is_false")]
    pub silent: bool,
}

impl<'a> SendMessage<'a> {
    /// Plain text without anything else.
    pub fn new(chat: i64, text: &'a str) -> SendMessage<'a> {
        SendMessage {
            chat,
            thread: None,
            text,
            parse_mode: None,
            reply_to: None,
            markup: None,
            no_preview: false,
            silent: false,
        }
    }
}

/// Another text for a sent message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EditText<'a> {
    /// The chat.
    #[serde(rename = "chat_id")]
    pub chat: i64,
    /// The message.
    pub message_id: i64,
    /// The new text.
    pub text: &'a str,
    /// How it is marked up; none: plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parse_mode: Option<ParseMode>,
    /// Buttons under it; none takes them away.
    #[serde(rename = "reply_markup", skip_serializing_if = "Option::is_none")]
    pub markup: Option<&'a ReplyMarkup>,
    /// Without a preview of the first link.
    #[serde(
        rename = "link_preview_options",
        skip_serializing_if = "is_false",
        serialize_with = "no_preview"
    )]
    pub no_preview: bool,
}

/// Other buttons for a sent message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EditMarkup<'a> {
    /// The chat.
    #[serde(rename = "chat_id")]
    pub chat: i64,
    /// The message.
    pub message_id: i64,
    /// The new buttons; none takes them away.
    #[serde(rename = "reply_markup", skip_serializing_if = "Option::is_none")]
    pub markup: Option<&'a ReplyMarkup>,
}

/// The answer to a pressed button: ends the waiting circle on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AnswerCallback<'a> {
    /// The query.
    #[serde(rename = "callback_query_id")]
    pub id: &'a str,
    /// A short notice, at most 200 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'a str>,
    /// The notice waits to be closed.
    #[serde(skip_serializing_if = "is_false")]
    pub show_alert: bool,
}

/// What the bot is seen doing, for five seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatAction {
    /// Writing.
    Typing,
    /// Sending a photo.
    UploadPhoto,
    /// Sending a file.
    UploadDocument,
}

/// How a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// As a file.
    Document,
    /// As a picture.
    Photo,
    /// As a film.
    Video,
    /// As music.
    Audio,
}

impl MediaKind {
    fn field(self) -> &'static str {
        match self {
            MediaKind::Document => "document",
            MediaKind::Photo => "photo",
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
        }
    }

    fn method(self) -> &'static str {
        match self {
            MediaKind::Document => "sendDocument",
            MediaKind::Photo => "sendPhoto",
            MediaKind::Video => "sendVideo",
            MediaKind::Audio => "sendAudio",
        }
    }
}

/// A file with a caption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendFile<'a> {
    /// Where to.
    pub chat: i64,
    /// Into which topic.
    pub thread: Option<i64>,
    /// How it is shown, and with which method it goes.
    pub kind: MediaKind,
    /// The file.
    pub file: &'a InputFile,
    /// At most 1024 characters.
    pub caption: Option<&'a str>,
    /// How the caption is marked up; none: plain.
    pub parse_mode: Option<ParseMode>,
    /// The message that is answered.
    pub reply_to: Option<i64>,
    /// Buttons.
    pub markup: Option<&'a ReplyMarkup>,
}

/// Two to ten files as one album.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendMediaGroup<'a> {
    /// Where to.
    pub chat: i64,
    /// Into which topic.
    pub thread: Option<i64>,
    /// The files. Documents and music go only with their own kind.
    pub items: &'a [MediaItem],
    /// The message that is answered.
    pub reply_to: Option<i64>,
}

/// One file of an album.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaItem {
    /// How it is shown.
    pub kind: MediaKind,
    /// The file.
    pub file: InputFile,
    /// Its caption.
    pub caption: Option<String>,
    /// How the caption is marked up; none: plain.
    pub parse_mode: Option<ParseMode>,
}

#[derive(Serialize)]
struct WireMediaItem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    media: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parse_mode: Option<ParseMode>,
}

/// A line of the bot's menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BotCommand {
    /// Without the slash: small Latin letters, digits, `_`, at most 32.
    pub command: String,
    /// 1 to 256 characters.
    pub description: String,
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn reply_parameters<S: Serializer>(
    reply_to: &Option<i64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    reply_to.map(ReplyParameters::to).serialize(serializer)
}

fn no_preview<S: Serializer>(disabled: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Options {
        is_disabled: bool,
    }
    Options {
        is_disabled: *disabled,
    }
    .serialize(serializer)
}

#[derive(Serialize)]
struct ReplyParameters {
    message_id: i64,
    allow_sending_without_reply: bool,
}

impl ReplyParameters {
    fn to(message_id: i64) -> ReplyParameters {
        // A person may delete the question before it is answered; the answer is still due.
        ReplyParameters {
            message_id,
            allow_sending_without_reply: true,
        }
    }
}

/// A request without fields.
#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct WireChatAction {
    chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
    action: ChatAction,
}

#[derive(Serialize)]
struct WireCommands<'a> {
    commands: &'a [BotCommand],
    #[serde(skip_serializing_if = "Option::is_none")]
    language_code: Option<&'a str>,
}

#[derive(Serialize)]
struct WireDescription<'a> {
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    language_code: Option<&'a str>,
}

#[derive(Serialize)]
struct WireFileId<'a> {
    file_id: &'a str,
}

#[derive(Serialize)]
struct WireDeleteWebhook {
    drop_pending_updates: bool,
}

impl BotApi {
    /// `getMe`: who the token belongs to; the check of a connection (R170).
    pub async fn get_me(&self) -> Result<User, ApiError> {
        Ok(self.call::<_, WireMe>("getMe", &Nothing {}).await?.into())
    }

    /// `getUpdates`: the updates from the offset on, each parsed alone. Holds up to the poll
    /// time-out when there are none. An error loses nothing: the offset has not moved.
    pub async fn get_updates(&self, request: GetUpdates) -> Result<Batch, ApiError> {
        let longest = self.endpoint().poll_timeout();
        let body = WireGetUpdates {
            offset: request.offset,
            limit: request.limit.unwrap_or(BATCH_MAX),
            timeout: request.timeout.unwrap_or(longest).min(longest).as_secs(),
            allowed_updates: ALLOWED_UPDATES,
        };
        let answer = self.post_json(Pool::Poll, GET_UPDATES, &body).await?;
        if answer.status == 200
            && let Some(batch) = parse_batch(&answer.body)
        {
            return Ok(batch);
        }
        match self.read::<IgnoredAny>(&answer) {
            Ok(_) => Err(ApiError::Malformed {
                detail: "the result is no list of updates".to_owned(),
            }),
            Err(error) => Err(error),
        }
    }

    /// `sendMessage`.
    pub async fn send_message(&self, message: &SendMessage<'_>) -> Result<SentMessage, ApiError> {
        let sent: WireSent = self.call(SEND_MESSAGE, message).await?;
        Ok(sent.into_sent(message.chat))
    }

    /// `editMessageText`. [`ApiError::NotModified`] is as good as done.
    pub async fn edit_message_text(&self, edit: &EditText<'_>) -> Result<(), ApiError> {
        self.call_unit("editMessageText", edit).await
    }

    /// `editMessageReplyMarkup`. [`ApiError::NotModified`] is as good as done.
    pub async fn edit_message_reply_markup(&self, edit: &EditMarkup<'_>) -> Result<(), ApiError> {
        self.call_unit("editMessageReplyMarkup", edit).await
    }

    /// `answerCallbackQuery`. [`ApiError::QueryTooOld`] is no failure.
    pub async fn answer_callback_query(&self, answer: &AnswerCallback<'_>) -> Result<(), ApiError> {
        self.call_unit("answerCallbackQuery", answer).await
    }

    /// `sendChatAction`.
    pub async fn send_chat_action(
        &self,
        chat: i64,
        thread: Option<i64>,
        action: ChatAction,
    ) -> Result<(), ApiError> {
        let body = WireChatAction {
            chat_id: chat,
            message_thread_id: thread,
            action,
        };
        self.call_unit("sendChatAction", &body).await
    }

    /// `sendDocument`, `sendPhoto`, `sendVideo` or `sendAudio`, with an upload or a `file_id`. The
    /// answer's file holds the `file_id` for the next time.
    pub async fn send_file(&self, request: &SendFile<'_>) -> Result<SentMessage, ApiError> {
        let bytes =
            upload::check_size(std::iter::once(request.file), self.endpoint().upload_max())?;
        let mut form = form_for(request.chat, request.thread, request.reply_to)?;
        form = upload::text(form, "caption", request.caption);
        form = upload::text(form, "parse_mode", request.parse_mode.map(parse_mode_name));
        form = upload::text(form, "reply_markup", request.markup.map(json).transpose()?);
        let field = request.kind.field();
        form = match request.file {
            InputFile::Id(id) => form.text(field, id.clone()),
            InputFile::Upload { name, mime, data } => {
                form.part(field, upload::part(name, mime.as_deref(), data)?)
            }
        };
        let sent: WireSentFile = self.call_form(request.kind.method(), form, bytes).await?;
        Ok(sent.into_sent(request.chat))
    }

    /// `sendMediaGroup`, with uploads and `file_id`s mixed. One message for each file, in order.
    pub async fn send_media_group(
        &self,
        request: &SendMediaGroup<'_>,
    ) -> Result<Vec<SentMessage>, ApiError> {
        let files = request.items.iter().map(|item| &item.file);
        let bytes = upload::check_size(files, self.endpoint().upload_max())?;
        let mut form = form_for(request.chat, request.thread, request.reply_to)?;
        let mut media = Vec::with_capacity(request.items.len());
        for (number, item) in request.items.iter().enumerate() {
            let address = match &item.file {
                InputFile::Id(id) => id.clone(),
                InputFile::Upload { name, mime, data } => {
                    let field = format!("file{number}");
                    let address = format!("attach://{field}");
                    form = form.part(field, upload::part(name, mime.as_deref(), data)?);
                    address
                }
            };
            media.push(WireMediaItem {
                kind: item.kind.field(),
                media: address,
                caption: item.caption.as_deref(),
                parse_mode: item.parse_mode,
            });
        }
        form = form.text("media", json(&media)?);
        let sent: Vec<WireSentFile> = self.call_form("sendMediaGroup", form, bytes).await?;
        Ok(sent
            .into_iter()
            .map(|sent| sent.into_sent(request.chat))
            .collect())
    }

    /// `getFile`: where a file can be fetched.
    pub async fn get_file(&self, file_id: &str) -> Result<FileInfo, ApiError> {
        let info: WireFileInfo = self.call("getFile", &WireFileId { file_id }).await?;
        Ok(info.into())
    }

    /// Starts fetching a file by the path of [`BotApi::get_file`], up to `limit` bytes or the
    /// endpoint's own limit, whichever is less.
    pub async fn download(&self, path: &str, limit: u64) -> Result<Download, ApiError> {
        let response = self.get(self.file_url(path)?, DOWNLOAD_TIMEOUT).await?;
        let status = response.status().as_u16();
        if status != 200 {
            // The refusal's text is short; what is longer than one piece is not worth waiting for.
            let mut refusal = Download::new(self.clone(), response, u64::MAX)?;
            let body = refusal.next().await?.unwrap_or_default();
            return match read_answer::<IgnoredAny>(status, None, &body) {
                Ok(_) | Err(ApiError::Malformed { .. }) => Err(ApiError::BadRequest {
                    code: status,
                    description: format!("HTTP {status} for a file"),
                }),
                Err(error) => Err(self.without_secrets(error)),
            };
        }
        Download::new(
            self.clone(),
            response,
            limit.min(self.endpoint().download_max()),
        )
    }

    /// Fetches a whole file into memory; see [`BotApi::download`].
    pub async fn download_all(&self, path: &str, limit: u64) -> Result<Bytes, ApiError> {
        let mut download = self.download(path, limit).await?;
        let expected = download.length();
        // The length is only what the server says: the rest is held as it comes.
        let ahead = expected.unwrap_or(0).min(1 << 20);
        let mut whole = Vec::with_capacity(usize::try_from(ahead).unwrap_or(0));
        while let Some(piece) = download.next().await? {
            whole.extend_from_slice(&piece);
        }
        if expected.is_some_and(|expected| expected != whole.len() as u64) {
            return Err(ApiError::Network {
                kind: NetworkKind::Closed,
                outcome: Outcome::Unknown,
                detail: "the file's transfer was cut".to_owned(),
            });
        }
        Ok(Bytes::from(whole))
    }

    /// `setMyCommands`, for all people or for those with an app in this language.
    pub async fn set_my_commands(
        &self,
        commands: &[BotCommand],
        language_code: Option<&str>,
    ) -> Result<(), ApiError> {
        self.call_unit(
            "setMyCommands",
            &WireCommands {
                commands,
                language_code,
            },
        )
        .await
    }

    /// `setMyDescription`: what a person reads before the first message, at most 512 characters.
    pub async fn set_my_description(
        &self,
        description: &str,
        language_code: Option<&str>,
    ) -> Result<(), ApiError> {
        self.call_unit(
            "setMyDescription",
            &WireDescription {
                description,
                language_code,
            },
        )
        .await
    }

    /// `deleteWebhook`; waiting updates stay.
    pub async fn delete_webhook(&self) -> Result<(), ApiError> {
        self.call_unit(
            "deleteWebhook",
            &WireDeleteWebhook {
                drop_pending_updates: false,
            },
        )
        .await
    }

    /// A method whose result says nothing beyond success.
    async fn call_unit<B: Serialize>(&self, method: &str, body: &B) -> Result<(), ApiError> {
        self.call::<_, IgnoredAny>(method, body).await.map(|_| ())
    }
}

fn form_for(chat: i64, thread: Option<i64>, reply_to: Option<i64>) -> Result<Form, ApiError> {
    let mut form = Form::new().text("chat_id", chat.to_string());
    form = upload::text(
        form,
        "message_thread_id",
        thread.map(|thread| thread.to_string()),
    );
    let reply = reply_to
        .map(|message_id| json(&ReplyParameters::to(message_id)))
        .transpose()?;
    Ok(upload::text(form, "reply_parameters", reply))
}

fn parse_mode_name(mode: ParseMode) -> &'static str {
    match mode {
        ParseMode::Html => "HTML",
    }
}

fn json(value: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| ApiError::BadRequest {
        code: 400,
        description: format!("the request cannot be written as JSON: {error}"),
    })
}
