//! СтрШаблон and НСтр.

use crate::kernel::format::{split_outside_quotes, unquote};
use std::ops::Range;

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatePiece {
    /// Text as it is, a range of bytes of the template.
    Text(Range<usize>),
    /// `%1` to `%10`.
    Parameter(usize),
}

/// A percent sign that begins nothing, or a number past 10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateError {
    /// The place after the sign, counted in characters from 1.
    pub position: usize,
}

/// Values that a template can name.
const PARAMETERS_MAX: usize = 10;

/// The number that the digits at the start of a text write, and how many they are.
fn number_at(rest: &[u8]) -> Option<(usize, usize)> {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    (1..=PARAMETERS_MAX)
        .contains(&number)
        .then_some((number, digits))
}

/// СтрШаблон: `%1`…`%10`, `%(1)`…`%(10)`, `%%` for the sign itself. All digits belong to the number:
/// `%11` names no value, `%(1)1` is how a digit follows one. The pieces come one by one, the last of a
/// wrong template is its error: a template of signs alone has half as many pieces as signs.
pub fn template_pieces(
    template: &str,
) -> impl Iterator<Item = Result<TemplatePiece, TemplateError>> + '_ {
    let bytes = template.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        if bytes[at] != b'%' {
            let length = bytes[at..].iter().position(|byte| *byte == b'%');
            let end = length.map_or(bytes.len(), |length| at + length);
            let text = TemplatePiece::Text(at..end);
            at = end;
            return Some(Ok(text));
        }
        let rest = &bytes[at + 1..];
        let found = match rest {
            [b'%', ..] => Some((TemplatePiece::Text(at + 1..at + 2), 2)),
            [b'(', rest @ ..] => number_at(rest)
                .filter(|(_, digits)| rest.get(*digits) == Some(&b')'))
                .map(|(number, digits)| (TemplatePiece::Parameter(number), digits + 3)),
            _ => number_at(rest)
                .map(|(number, digits)| (TemplatePiece::Parameter(number), digits + 1)),
        };
        let Some((piece, length)) = found else {
            let position = template[..at].chars().count() + 2;
            at = bytes.len();
            return Some(Err(TemplateError { position }));
        };
        at += length;
        Some(Ok(piece))
    })
}

/// Bytes of the longest code of a language, with room.
const LANGUAGE_MAX: usize = 64;

/// НСтр: the text of `ru = 'Привет'; en = 'Hello'` in the language (`ru`, `ru_RU`); empty when the
/// string has none in it.
#[must_use]
pub fn nstr(text: &str, language: &str) -> String {
    let wanted = language.trim().to_lowercase();
    let wanted_short = wanted.split(['_', '-']).next().unwrap_or("").to_owned();
    for item in split_outside_quotes(text, ';') {
        let Some((code, value)) = item.split_once('=') else {
            continue;
        };
        let code = code.trim();
        if code.len() > LANGUAGE_MAX {
            continue;
        }
        let code = code.to_lowercase();
        if code == wanted || code == wanted_short {
            return unquote(value.trim());
        }
    }
    String::new()
}
