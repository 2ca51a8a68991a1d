//! The Telegram channel: fits a message to Telegram's limits and hands it over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use smallvec::SmallVec;

use crate::model::{
    Button, ButtonAction, Buttons, FileSource, MessageKey, Outgoing, OutgoingBody, OutgoingFile,
    RichText,
};
use crate::telegram::{
    ApiError, BotApi, EditMarkup, EditText, InlineAction, InlineButton, InputFile, MediaItem,
    MediaKind, ParseMode, ReplyButton, ReplyMarkup, SendFile, SendMediaGroup, SendMessage,
};

/// The longest text of one message, in UTF-16 units after mark-up (Bot API, sendMessage).
pub const TEXT_MAX: usize = 4096;
/// The longest caption of a file, counted alike.
pub const CAPTION_MAX: usize = 1024;
/// The most bytes of a button's data (Bot API, InlineKeyboardButton).
pub const CALLBACK_DATA_MAX: usize = 64;
/// Keys of messages are this far apart, so that the parts of a long one stand in order before it.
/// A text of more parts would be half a million characters long.
pub const KEY_SPACING: i64 = 128;

/// Splits a message that is too long for Telegram. The last part keeps the key, the buttons and so
/// the role of the message: an edit of it edits the part with the buttons. The first part quotes.
pub fn fit(outgoing: Outgoing) -> SmallVec<[Outgoing; 1]> {
    let OutgoingBody::Text { text, buttons } = &outgoing.body else {
        return SmallVec::from_elem(outgoing, 1);
    };
    // A UTF-16 unit never takes less than a byte, so most texts are known to fit without counting.
    let bytes = match text {
        RichText::Markup(text) | RichText::Plain(text) => text.len(),
    };
    if bytes <= TEXT_MAX {
        return SmallVec::from_elem(outgoing, 1);
    }
    let parts: Vec<RichText> = match text {
        RichText::Markup(markup) => vestnik_markup::split(markup, TEXT_MAX)
            .into_iter()
            .map(RichText::Markup)
            .collect(),
        RichText::Plain(text) => vestnik_markup::split(&vestnik_markup::escape(text), TEXT_MAX)
            .into_iter()
            .map(RichText::Markup)
            .collect(),
    };
    let parts: Vec<RichText> = parts.into_iter().filter(|part| !part.is_blank()).collect();
    let kept = parts.len().min(KEY_SPACING as usize);
    let buttons = buttons.clone();
    parts
        .into_iter()
        .take(kept)
        .enumerate()
        .map(|(index, text)| {
            let is_last = index + 1 == kept;
            let before_last = i64::try_from(kept - 1 - index).unwrap_or(0);
            Outgoing {
                key: MessageKey(outgoing.key.0 - before_last),
                reply_to: outgoing.reply_to.filter(|_| index == 0),
                body: OutgoingBody::Text {
                    text,
                    buttons: if is_last {
                        buttons.clone()
                    } else {
                        Buttons::None
                    },
                },
                ..outgoing.clone()
            }
        })
        .collect()
}

/// A message ready to be handed over.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The chat.
    pub chat: i64,
    /// The topic.
    pub thread: Option<i64>,
    /// The message it quotes.
    pub reply_to: Option<i64>,
    /// What is sent.
    pub body: &'a OutgoingBody,
    /// For an edit: Telegram's number of the message to change.
    pub edits: Option<i64>,
}

/// What Telegram made of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Delivered {
    /// The numbers of the messages that were sent or changed.
    pub message_ids: SmallVec<[i64; 1]>,
    /// The file ids by which the same bot can send the same files again, in order.
    pub file_ids: Vec<String>,
}

/// Hands a message to Telegram. One call, so one outcome.
///
/// # Errors
/// As the Bot API refuses or the network fails.
pub async fn deliver(api: &BotApi, delivery: Delivery<'_>) -> Result<Delivered, ApiError> {
    let Delivery {
        chat,
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
                Buttons::None | Buttons::Panel(_) | Buttons::RemovePanel => None,
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
    use crate::model::{BotCode, Channel, ChatAddress, ChatId, Lane, MessageKind};

    fn outgoing(text: RichText, buttons: Buttons) -> Outgoing {
        Outgoing {
            key: MessageKey(1280),
            to: ChatAddress {
                channel: Channel::Telegram,
                bot: BotCode::new("shop"),
                chat: ChatId(1),
                thread: None,
            },
            lane: Lane::Interactive,
            kind: MessageKind::Answer,
            reply_to: Some(9),
            not_before: None,
            body: OutgoingBody::Text { text, buttons },
        }
    }

    #[test]
    fn a_long_text_is_split_and_its_last_part_keeps_the_key_and_the_buttons() {
        let buttons = Buttons::Inline(vec![vec![Button {
            label: "Да".into(),
            action: ButtonAction::Data("x".into()),
        }]]);
        let line = "строка текста\n";
        let text = RichText::Markup(format!("<b>{}</b>", line.repeat(700)));
        let parts = fit(outgoing(text, buttons.clone()));
        assert_eq!(parts.len(), 3);
        let keys: Vec<i64> = parts.iter().map(|part| part.key.0).collect();
        assert_eq!(keys, [1278, 1279, 1280]);
        for (index, part) in parts.iter().enumerate() {
            let OutgoingBody::Text {
                text,
                buttons: shown,
            } = &part.body
            else {
                panic!("a text")
            };
            assert_eq!(
                *shown,
                if index == 2 {
                    buttons.clone()
                } else {
                    Buttons::None
                }
            );
            assert_eq!(part.reply_to, (index == 0).then_some(9));
            assert!(text.to_plain().encode_utf16().count() <= TEXT_MAX);
            assert!(
                text.to_plain().trim_end().ends_with("текста"),
                "split on a line"
            );
        }
    }

    #[test]
    fn a_short_text_and_text_that_only_looks_long_stay_whole() {
        let check = |text: RichText, expected: usize| {
            assert_eq!(fit(outgoing(text, Buttons::None)).len(), expected);
        };
        check(RichText::Plain("да".into()), 1);
        check(RichText::Plain("ж".repeat(4096)), 1);
        check(RichText::Plain("ж".repeat(4097)), 2);
        check(RichText::Markup("&amp;".repeat(4096)), 1);
        check(RichText::Plain("😀".repeat(2049)), 2);
    }
}
