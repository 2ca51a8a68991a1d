//! The Telegram channel: hands a message to the Bot API.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use smallvec::SmallVec;

use super::{Carrier, Delivered, Delivery, Refusal, Undelivered};
use crate::model::{
    Button, ButtonAction, Buttons, Channel, ChatId, FileSource, OutgoingBody, OutgoingFile,
    RichText,
};
use crate::telegram::{
    ApiError, BotApi, EditMarkup, EditText, InlineAction, InlineButton, InputFile, MediaItem,
    MediaKind, Outcome, ParseMode, ReplyButton, ReplyMarkup, SEND_TIMEOUT, SendFile,
    SendMediaGroup, SendMessage,
};

/// A bot's line to Telegram.
pub struct Telegram(pub BotApi);

impl Carrier for Telegram {
    fn channel(&self) -> Channel {
        Channel::Telegram
    }

    fn patience(&self) -> Duration {
        SEND_TIMEOUT
    }

    fn deliver<'a>(
        &'a self,
        delivery: Delivery<'a>,
    ) -> LocalBoxFuture<'a, Result<Delivered, Undelivered>> {
        Box::pin(async move { deliver(&self.0, delivery).await.map_err(Undelivered::from) })
    }
}

impl From<ApiError> for Undelivered {
    fn from(error: ApiError) -> Undelivered {
        let refusal = match &error {
            ApiError::NotModified => Refusal::Unchanged,
            ApiError::RetryAfter { seconds } => Refusal::Wait(*seconds),
            ApiError::MigratedTo { chat } => Refusal::Moved(ChatId(*chat)),
            ApiError::CantParseEntities { .. } => Refusal::MarkUp,
            ApiError::MessageGone { .. } => Refusal::MessageGone,
            ApiError::ThreadGone { .. } => Refusal::ThreadGone,
            ApiError::ChatGone { .. } => Refusal::ChatGone,
            ApiError::Unauthorised => Refusal::Unauthorised,
            // Updates that go elsewhere are the poller's matter; a message may be sent all the same.
            ApiError::Conflict { .. } => Refusal::Later,
            error if error.outcome() == Outcome::Unknown => Refusal::Unknown,
            error if error.is_retryable() => Refusal::Later,
            _ => Refusal::Final,
        };
        Undelivered {
            refusal,
            code: error.code(),
            text: match &error {
                ApiError::Unauthorised => error.for_operator(),
                error => error.to_string(),
            },
        }
    }
}

/// Hands a message to Telegram. One call, so one outcome.
///
/// # Errors
/// As the Bot API refuses or the network fails.
async fn deliver(api: &BotApi, delivery: Delivery<'_>) -> Result<Delivered, ApiError> {
    let Delivery {
        chat: ChatId(chat),
        thread,
        reply_to,
        body,
        edits,
    } = delivery;
    match body {
        OutgoingBody::Text { text, buttons } => {
            let markup = reply_markup(buttons);
            let (text, parse_mode) = text_and_mode(text);
            let sent = api
                .send_message(&SendMessage {
                    thread,
                    parse_mode,
                    reply_to,
                    markup: markup.as_ref(),
                    ..SendMessage::new(chat, text)
                })
                .await?;
            Ok(one(sent.message_id))
        }
        OutgoingBody::Edit { text, buttons, .. } => {
            let Some(message_id) = edits else {
                return Err(ApiError::MessageGone {
                    description: "the message to edit was never sent".to_owned(),
                });
            };
            let markup = match buttons {
                Buttons::Inline(_) => reply_markup(buttons),
                Buttons::None | Buttons::Panel(_) | Buttons::Contact(_) | Buttons::RemovePanel => {
                    None
                }
            };
            let markup = markup.as_ref();
            match text {
                Some(text) => {
                    let (text, parse_mode) = text_and_mode(text);
                    api.edit_message_text(&EditText {
                        chat,
                        message_id,
                        text,
                        parse_mode,
                        markup,
                        no_preview: false,
                    })
                    .await?;
                }
                None => {
                    api.edit_message_reply_markup(&EditMarkup {
                        chat,
                        message_id,
                        markup,
                    })
                    .await?;
                }
            }
            Ok(one(message_id))
        }
        OutgoingBody::Files {
            files,
            caption,
            buttons,
        } => {
            let (caption, parse_mode) = match caption {
                Some(caption) => {
                    let (text, mode) = text_and_mode(caption);
                    (Some(text), mode)
                }
                None => (None, None),
            };
            match files.as_slice() {
                [] => Err(ApiError::BadRequest {
                    code: 400,
                    description: "a message of files without a file".to_owned(),
                }),
                [file] => {
                    let markup = reply_markup(buttons);
                    let sent = api
                        .send_file(&SendFile {
                            chat,
                            thread,
                            kind: media_kind(file),
                            file: &input_file(file)?,
                            caption,
                            parse_mode,
                            reply_to,
                            markup: markup.as_ref(),
                        })
                        .await?;
                    let file_ids = sent.file.map(|file| file.file_id).into_iter().collect();
                    Ok(Delivered {
                        file_ids,
                        ..one(sent.message_id)
                    })
                }
                files => {
                    let items = files
                        .iter()
                        .enumerate()
                        .map(|(index, file)| {
                            Ok(MediaItem {
                                kind: media_kind(file),
                                file: input_file(file)?,
                                caption: caption.filter(|_| index == 0).map(str::to_owned),
                                parse_mode: parse_mode.filter(|_| index == 0),
                            })
                        })
                        .collect::<Result<Vec<_>, ApiError>>()?;
                    let sent = api
                        .send_media_group(&SendMediaGroup {
                            chat,
                            thread,
                            items: &items,
                            reply_to,
                        })
                        .await?;
                    Ok(Delivered {
                        message_ids: sent.iter().map(|message| message.message_id).collect(),
                        file_ids: sent
                            .into_iter()
                            .filter_map(|message| message.file)
                            .map(|file| file.file_id)
                            .collect(),
                    })
                }
            }
        }
    }
}

fn one(message_id: i64) -> Delivered {
    Delivered {
        message_ids: SmallVec::from_elem(message_id, 1),
        file_ids: Vec::new(),
    }
}

fn text_and_mode(text: &RichText) -> (&str, Option<ParseMode>) {
    match text {
        // Without a tag or an entity there is nothing to parse, and less to send.
        RichText::Markup(markup) if !markup.contains(['<', '&']) => (markup, None),
        RichText::Markup(markup) => (markup, Some(ParseMode::Html)),
        RichText::Plain(text) => (text, None),
    }
}

fn reply_markup(buttons: &Buttons) -> Option<ReplyMarkup> {
    match buttons {
        Buttons::None => None,
        Buttons::Inline(rows) => Some(ReplyMarkup::Inline(
            rows.iter()
                .map(|row| row.iter().map(inline_button).collect())
                .collect(),
        )),
        Buttons::Panel(rows) => Some(ReplyMarkup::Keyboard {
            rows: rows
                .iter()
                .map(|row| {
                    row.iter()
                        .map(|label| ReplyButton {
                            text: label.clone(),
                            request_contact: false,
                        })
                        .collect()
                })
                .collect(),
            resize: true,
            persistent: true,
            one_time: false,
        }),
        Buttons::Contact(label) => Some(ReplyMarkup::Keyboard {
            rows: vec![vec![ReplyButton {
                text: label.clone(),
                request_contact: true,
            }]],
            resize: true,
            persistent: false,
            one_time: true,
        }),
        Buttons::RemovePanel => Some(ReplyMarkup::RemoveKeyboard),
    }
}

fn inline_button(button: &Button) -> InlineButton {
    InlineButton {
        text: button.label.clone(),
        action: match &button.action {
            ButtonAction::Data(data) => InlineAction::Callback(data.clone()),
            ButtonAction::Url(url) => InlineAction::Url(url.clone()),
        },
    }
}

fn media_kind(file: &OutgoingFile) -> MediaKind {
    if file.photo {
        MediaKind::Photo
    } else {
        MediaKind::Document
    }
}

fn input_file(file: &OutgoingFile) -> Result<InputFile, ApiError> {
    match &file.source {
        FileSource::FileId(file_id) => Ok(InputFile::Id(file_id.clone())),
        FileSource::Base64(text) => match BASE64.decode(text) {
            Ok(bytes) => Ok(InputFile::Upload {
                name: file.name.clone(),
                mime: None,
                data: Bytes::from(bytes),
            }),
            Err(error) => Err(ApiError::BadRequest {
                code: 400,
                description: format!("the bytes of «{}» cannot be read: {error}", file.name),
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telegram::{ConflictWith, GoneReason, NetworkKind};

    #[test]
    fn each_error_of_the_api_says_what_to_do() {
        let check = |error: ApiError, expected: Refusal| {
            let told = format!("{error:?}");
            assert_eq!(Undelivered::from(error).refusal, expected, "{told}");
        };
        let network = |outcome| ApiError::Network {
            kind: NetworkKind::Closed,
            outcome,
            detail: String::new(),
        };
        let words = String::new;
        check(ApiError::NotModified, Refusal::Unchanged);
        check(ApiError::RetryAfter { seconds: 3 }, Refusal::Wait(3));
        check(
            ApiError::MigratedTo { chat: -9 },
            Refusal::Moved(ChatId(-9)),
        );
        check(ApiError::Unauthorised, Refusal::Unauthorised);
        check(
            ApiError::ChatGone {
                reason: GoneReason::Blocked,
                description: words(),
            },
            Refusal::ChatGone,
        );
        check(
            ApiError::Conflict {
                with: ConflictWith::OtherPoll,
                description: words(),
            },
            Refusal::Later,
        );
        // A refused call may be made again without a second copy, one in doubt may not: also where a
        // gateway gave up waiting for Telegram.
        check(network(Outcome::NotSent), Refusal::Later);
        check(network(Outcome::Refused), Refusal::Later);
        check(network(Outcome::Unknown), Refusal::Unknown);
        check(ApiError::Server { status: 502 }, Refusal::Later);
        check(ApiError::Server { status: 504 }, Refusal::Unknown);
        check(ApiError::Malformed { detail: words() }, Refusal::Unknown);
        check(ApiError::MessageTooLong, Refusal::Final);
        check(ApiError::FileTooLarge { limit: None }, Refusal::Final);
        check(ApiError::QueryTooOld, Refusal::Final);
    }
}
