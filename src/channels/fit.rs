//! A message that is too long for its channel becomes several.

use smallvec::SmallVec;

use crate::model::{Buttons, Channel, MessageKey, Outgoing, OutgoingBody, RichText};

/// Keys of messages are this far apart, so that the parts of a long one stand in order before it.
pub const KEY_SPACING: i64 = Channel::Telegram.limits().parts as i64;

/// Splits a message that is too long for its channel. The last part keeps the key, the buttons and so
/// the role of the message: an edit of it edits the part with the buttons. The first part quotes.
pub fn fit(outgoing: Outgoing) -> SmallVec<[Outgoing; 1]> {
    let OutgoingBody::Text { text, buttons } = &outgoing.body else {
        return SmallVec::from_elem(outgoing, 1);
    };
    let limits = outgoing.to.channel.limits();
    // A UTF-16 unit never takes less than a byte, so most texts are known to fit without counting.
    let bytes = match text {
        RichText::Markup(text) | RichText::Plain(text) => text.len(),
    };
    if bytes <= limits.text_units {
        return SmallVec::from_elem(outgoing, 1);
    }
    let parts: Vec<RichText> = match text {
        RichText::Markup(markup) => vestnik_markup::split(markup, limits.text_units)
            .into_iter()
            .map(RichText::Markup)
            .collect(),
        RichText::Plain(text) => {
            vestnik_markup::split(&vestnik_markup::escape(text), limits.text_units)
                .into_iter()
                .map(RichText::Markup)
                .collect()
        }
    };
    let parts: Vec<RichText> = parts.into_iter().filter(|part| !part.is_blank()).collect();
    let kept = parts.len().min(limits.parts);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BotCode, Button, ButtonAction, ChatAddress, ChatId, Lane, MessageKind};

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
            assert!(text.to_plain().encode_utf16().count() <= 4096);
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
