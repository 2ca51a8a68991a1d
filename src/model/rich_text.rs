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

/// A format of a part of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is an element of the markup")]
pub enum Mark {
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Code,
    /// An address; one that the markup refuses leaves the text without a link.
    Link(String),
}

impl Mark {
    fn tags(&self) -> (String, &'static str) {
        let (open, close) = match self {
            Mark::Bold => ("<b>", "</b>"),
            Mark::Italic => ("<i>", "</i>"),
            Mark::Underline => ("<u>", "</u>"),
            Mark::Strikethrough => ("<s>", "</s>"),
            Mark::Code => ("<code>", "</code>"),
            Mark::Link(url) => {
                let url = vestnik_markup::escape_attribute(url);
                let open = format!("<a href=\"{url}\">");
                return match vestnik_markup::parse(&format!("{open}а</a>")) {
                    Ok(rich) if !rich.entities().is_empty() => (open, "</a>"),
                    _ => (String::new(), ""),
                };
            }
        };
        (open.to_owned(), close)
    }
}

impl RichText {
    /// Markup of parts, each plain characters with its formats; outer formats come first.
    pub fn of_parts(parts: impl IntoIterator<Item = (String, Vec<Mark>)>) -> RichText {
        let mut markup = String::new();
        for (text, marks) in parts {
            if text.is_empty() {
                continue;
            }
            let tags: Vec<_> = marks.iter().map(Mark::tags).collect();
            markup.extend(tags.iter().map(|(open, _)| open.as_str()));
            markup.push_str(&vestnik_markup::escape(&text));
            markup.extend(tags.iter().rev().map(|(_, close)| *close));
        }
        RichText::Markup(markup)
    }

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
    fn parts_become_markup() {
        let link = |url: &str| Mark::Link(url.to_owned());
        let text = RichText::of_parts([
            ("1 < 2".to_owned(), vec![Mark::Bold, Mark::Italic]),
            (String::new(), vec![Mark::Code]),
            (" & ".to_owned(), Vec::new()),
            (
                "сюда".to_owned(),
                vec![link("https://example.org/?a=1&b=\"")],
            ),
            (
                "внутрь".to_owned(),
                vec![link("e1cib/data/Справочник.Товары")],
            ),
        ]);
        let expected = "<b><i>1 &lt; 2</i></b> &amp; <a href=\"https://example.org/?a=1&amp;b=&quot;\">сюда</a>внутрь";
        assert_eq!(text, RichText::Markup(expected.to_owned()));
        assert_eq!(text.to_plain(), "1 < 2 & сюдавнутрь");
    }

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
