//! Templates: reading them piece by piece, and rendering with values escaped.

use std::borrow::Cow;

use vestnik_markup::{decode_percent_utf8, escape, escape_attribute};

use crate::model::{Bot, BotTexts, Locale, RichText};

use super::name::TextName;

/// A piece of a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Piece<'a> {
    /// Characters as they stand.
    Literal(&'a str),
    /// `{name}`.
    Placeholder {
        name: &'a str,
        /// It stands inside a tag, so inside the value of an attribute.
        in_tag: bool,
    },
    /// A `{` that no `}` follows.
    UnclosedBrace,
    /// A `}` that no `{` precedes: shown as it stands, but nobody writes it on purpose.
    StrayBrace,
}

/// The pieces of a template with their byte offsets. A doubled brace is a literal brace.
pub(super) fn pieces(template: &str) -> impl Iterator<Item = (usize, Piece<'_>)> {
    let mut at = 0;
    let mut in_tag = false;
    std::iter::from_fn(move || {
        let rest = &template[at..];
        let offset = at;
        let first = rest.chars().next()?;
        let piece = match first {
            '{' if rest.starts_with("{{") => {
                at += 2;
                Piece::Literal("{")
            }
            '}' if rest.starts_with("}}") => {
                at += 2;
                Piece::Literal("}")
            }
            '}' => {
                at += 1;
                Piece::StrayBrace
            }
            '{' => match rest[1..].find(['{', '}']) {
                Some(end) if rest.as_bytes()[1 + end] == b'}' => {
                    at += end + 2;
                    Piece::Placeholder {
                        name: &rest[1..1 + end],
                        in_tag,
                    }
                }
                _ => {
                    at += 1;
                    Piece::UnclosedBrace
                }
            },
            _ => {
                let end = rest.find(['{', '}']).unwrap_or(rest.len());
                at += end;
                let literal = &rest[..end];
                in_tag = ends_in_tag(literal, in_tag);
                Piece::Literal(literal)
            }
        };
        Some((offset, piece))
    })
}

/// Whether a tag is open where `literal` ends.
fn ends_in_tag(literal: &str, mut in_tag: bool) -> bool {
    let bytes = literal.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'<' => {
                in_tag = bytes
                    .get(at + 1)
                    .is_none_or(|next| next.is_ascii_alphabetic() || *next == b'/');
            }
            b'>' => in_tag = false,
            _ => {}
        }
    }
    in_tag
}

/// What is put in the place of a placeholder.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// Plain characters: escaped.
    Text(&'a str),
    /// A number.
    Number(i64),
    /// A text that an author wrote and that was found valid; its formatting is kept.
    Rich(&'a RichText),
}

impl Value<'_> {
    fn push_markup(&self, in_tag: bool, out: &mut String) {
        match self {
            // A single quote may close an attribute as well as a double one.
            Value::Text(text) if in_tag => {
                out.push_str(&escape_attribute(text).replace('\'', "&#39;"));
            }
            Value::Text(text) => out.push_str(&escape(text)),
            Value::Number(number) => out.push_str(&number.to_string()),
            Value::Rich(rich) if in_tag => Value::Text(&rich.to_plain()).push_markup(true, out),
            Value::Rich(rich) => out.push_str(&rich.to_markup()),
        }
    }

    fn push_plain(&self, out: &mut String) {
        match self {
            Value::Text(text) => out.push_str(text),
            Value::Number(number) => out.push_str(&number.to_string()),
            Value::Rich(rich) => out.push_str(&rich.to_plain()),
        }
    }
}

/// The texts of one bot.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    locale: Locale,
    overrides: &'a BotTexts,
}

impl<'a> Texts<'a> {
    /// The texts of a bot, in its own language.
    pub fn of(bot: &'a Bot) -> Texts<'a> {
        Texts::new(bot.locale, &bot.texts)
    }

    /// Texts in a language with some overridden.
    pub fn new(locale: Locale, overrides: &'a BotTexts) -> Texts<'a> {
        Texts { locale, overrides }
    }

    fn overridden(&self, name: TextName) -> Option<&'a str> {
        self.overrides.0.get(name.as_str()).map(String::as_str)
    }

    /// A message. A template that Telegram would refuse is shown as plain text as it stands (D27);
    /// one that comes out blank gives way to the default, because Telegram refuses a blank message.
    pub fn message(&self, name: TextName, values: &[(&str, Value<'_>)]) -> RichText {
        if let Some(template) = self.overridden(name) {
            let rendered = render_authored(template, values);
            if !rendered.is_blank() {
                return rendered;
            }
        }
        // A test sees to it that every default is valid.
        RichText::Markup(render_markup(
            name.default_template(self.locale),
            values,
            false,
        ))
    }

    /// A label, note or word: plain characters on one line.
    pub fn label(&self, name: TextName, values: &[(&str, Value<'_>)]) -> String {
        if let Some(template) = self.overridden(name) {
            let rendered = render_plain(&decode_percent_utf8(template), values);
            if !rendered.is_empty() {
                return rendered;
            }
        }
        render_plain(name.default_template(self.locale), values)
    }
}

fn render_authored(template: &str, values: &[(&str, Value<'_>)]) -> RichText {
    // Only the template is decoded: what a person typed stays as typed.
    let template: Cow<'_, str> = if template.contains('%') {
        decode_percent_utf8(template).into()
    } else {
        template.into()
    };
    let has_tags = template.contains(['<', '&']);
    let rendered = render_markup(&template, values, !has_tags);
    if has_tags && vestnik_markup::parse(&rendered).is_err() {
        return RichText::Plain(render_plain(&template, values));
    }
    RichText::Markup(rendered)
}

fn render_markup(template: &str, values: &[(&str, Value<'_>)], escape_literals: bool) -> String {
    render(template, |out, piece| match piece {
        Piece::Literal(literal) if escape_literals => out.push_str(&escape(literal)),
        Piece::Placeholder { name, in_tag } => match value(values, name) {
            Some(value) => value.push_markup(in_tag, out),
            None => push_unknown(out, name),
        },
        other => push_literal(out, other),
    })
}

fn render_plain(template: &str, values: &[(&str, Value<'_>)]) -> String {
    render(template, |out, piece| match piece {
        Piece::Placeholder { name, .. } => match value(values, name) {
            Some(value) => value.push_plain(out),
            None => push_unknown(out, name),
        },
        other => push_literal(out, other),
    })
}

/// White space at both ends is dropped: it is what an empty value leaves behind.
fn render(template: &str, mut push: impl FnMut(&mut String, Piece<'_>)) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    for (_, piece) in pieces(template) {
        push(&mut out, piece);
    }
    let trimmed = out.trim();
    if trimmed.len() == out.len() {
        out
    } else {
        trimmed.to_owned()
    }
}

fn value<'v>(values: &'v [(&str, Value<'v>)], name: &str) -> Option<&'v Value<'v>> {
    values
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// Unknown placeholders are refused when a file is applied; should one come here all the same, it is
/// shown as it stands.
fn push_unknown(out: &mut String, name: &str) {
    out.push('{');
    out.push_str(name);
    out.push('}');
}

fn push_literal(out: &mut String, piece: Piece<'_>) {
    match piece {
        Piece::Literal(literal) => out.push_str(literal),
        Piece::UnclosedBrace => out.push('{'),
        Piece::StrayBrace => out.push('}'),
        Piece::Placeholder { name, .. } => push_unknown(out, name),
    }
}
