//! Text with formatting, in the words of no channel: a channel turns it into what it can show.

use serde::{Deserialize, Serialize};

/// A text to be shown to a person: either markup that was found valid (the subset of
/// `vestnik_markup`) or plain characters. Substituted values are escaped by whoever makes it (D27).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RichText {
    /// Valid markup of the subset.
    Markup(String),
    /// Plain characters: shown exactly as they stand.
    Plain(String),
}

impl RichText {
    /// Reads a text that an author wrote: percent-encoded UTF-8 becomes its characters (R173, D27),
    /// and what is not valid markup stays plain text as it stands.
    pub fn authored(text: &str) -> RichText {
        let text = vestnik_markup::decode_percent_utf8(text);
        if !text.contains(['<', '&']) {
            return RichText::Markup(text.replace('>', "&gt;"));
        }
        match vestnik_markup::parse(&text) {
            Ok(_) => RichText::Markup(text),
            Err(_) => RichText::Plain(text),
        }
    }

    /// The visible characters.
    pub fn to_plain(&self) -> String {
        match self {
            RichText::Plain(text) => text.clone(),
            RichText::Markup(markup) => match vestnik_markup::parse(markup) {
                Ok(rich) => vestnik_markup::plain(&rich).to_owned(),
                Err(_) => markup.clone(),
            },
        }
    }

    /// The text as markup: plain characters are escaped.
    pub fn to_markup(&self) -> std::borrow::Cow<'_, str> {
        match self {
            RichText::Markup(markup) => markup.into(),
            RichText::Plain(text) => vestnik_markup::escape(text).into(),
        }
    }

    /// True when no character would be shown; Telegram refuses such a message.
    pub fn is_blank(&self) -> bool {
        match self {
            RichText::Plain(text) => text.trim().is_empty(),
            RichText::Markup(markup) if !markup.contains(['<', '&']) => markup.trim().is_empty(),
            RichText::Markup(_) => self.to_plain().trim().is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authored_text_is_markup_only_where_it_is_valid() {
        let check = |text: &str, expected: RichText| {
            assert_eq!(RichText::authored(text), expected, "{text}");
        };
        check("привет", RichText::Markup("привет".into()));
        check("<b>важно</b>", RichText::Markup("<b>важно</b>".into()));
        check("a > b", RichText::Markup("a &gt; b".into()));
        check("5 < 6", RichText::Plain("5 < 6".into()));
        check("<b>нет конца", RichText::Plain("<b>нет конца".into()));
        check("%E2%9A%A0 срок", RichText::Markup("⚠ срок".into()));
    }
}
