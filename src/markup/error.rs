//! What Telegram refuses, with the place.

use std::fmt;

/// Why a text is not Telegram HTML, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkupError {
    /// Byte offset of the tag at fault in the text.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub kind: ErrorKind,
}

/// What is wrong at the place of a [`MarkupError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// `<font>`, or a lone `<`, whose tag name is empty.
    UnsupportedTag(String),
    /// The text ends before the `>` of a start tag.
    UnclosedStartTag,
    /// The text ends before the `>` of an end tag.
    UnclosedEndTag,
    /// An end tag where nothing is open.
    UnexpectedEndTag,
    /// An end tag of another element than the innermost open one.
    UnmatchedEndTag {
        /// The element that is open.
        expected: String,
        /// The element that the tag closes.
        found: String,
    },
    /// An element that is never closed.
    NoEndTag(String),
    /// `<a ="x">`: something that is not a name where an attribute begins.
    EmptyAttribute(String),
    /// `href=x/y`: an unquoted value with characters that need quotes.
    BadNameToken,
    /// `<span>` without `class="tg-spoiler"`.
    SpanClass,
    /// `<tg-emoji>` whose `emoji-id` is not a number.
    EmojiId,
}

impl MarkupError {
    pub(crate) fn at(text: &str, offset: usize, kind: ErrorKind) -> Self {
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            offset,
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            kind,
        }
    }

    /// What to tell an author of texts, in Russian, without the place.
    pub fn russian(&self) -> String {
        match &self.kind {
            ErrorKind::UnsupportedTag(tag) if tag.is_empty() => {
                "знак «<» сам по себе: напишите &lt;".into()
            }
            ErrorKind::UnsupportedTag(tag) => {
                format!("Telegram не знает тег <{tag}>: уберите его или напишите &lt; вместо «<»")
            }
            ErrorKind::UnclosedStartTag | ErrorKind::UnclosedEndTag => {
                "тег не закончен знаком «>»: закончите его или напишите &lt; вместо «<»".into()
            }
            ErrorKind::UnexpectedEndTag => "закрывающий тег без открывающего: уберите его".into(),
            ErrorKind::UnmatchedEndTag { expected, found } => {
                format!("тег </{found}> стоит там, где нужен </{expected}>: закройте по порядку")
            }
            ErrorKind::NoEndTag(tag) => format!("тег <{tag}> не закрыт: добавьте </{tag}>"),
            ErrorKind::EmptyAttribute(tag) => {
                format!("в теге <{tag}> на месте имени атрибута стоит другое")
            }
            ErrorKind::BadNameToken => "значение атрибута нужно взять в кавычки".into(),
            ErrorKind::SpanClass => "у тега <span> должно быть class=\"tg-spoiler\"".into(),
            ErrorKind::EmojiId => "у тега <tg-emoji> emoji-id должен быть числом".into(),
        }
    }
}

/// Telegram's own words, as they follow "can't parse entities: ".
impl fmt::Display for MarkupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.offset;
        match &self.kind {
            ErrorKind::UnsupportedTag(tag) => {
                write!(f, "Unsupported start tag \"{tag}\" at byte offset {at}")
            }
            ErrorKind::UnclosedStartTag => write!(f, "Unclosed start tag at byte offset {at}"),
            ErrorKind::UnclosedEndTag => write!(f, "Unclosed end tag at byte offset {at}"),
            ErrorKind::UnexpectedEndTag => write!(f, "Unexpected end tag at byte offset {at}"),
            ErrorKind::UnmatchedEndTag { expected, found } => write!(
                f,
                "Unmatched end tag at byte offset {at}, expected \"</{expected}>\", found \"</{found}>\""
            ),
            ErrorKind::NoEndTag(tag) => {
                write!(f, "Can't find end tag corresponding to start tag \"{tag}\"")
            }
            ErrorKind::EmptyAttribute(tag) => {
                write!(
                    f,
                    "Empty attribute name in the tag \"{tag}\" at byte offset {at}"
                )
            }
            ErrorKind::BadNameToken => {
                write!(f, "Unexpected end of name token at byte offset {at}")
            }
            ErrorKind::SpanClass => {
                write!(
                    f,
                    "Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}"
                )
            }
            ErrorKind::EmojiId => f.write_str("Invalid custom emoji identifier specified"),
        }
    }
}

impl std::error::Error for MarkupError {}
