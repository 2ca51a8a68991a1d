//! СтрШаблон and НСтр.

use crate::kernel::format::{split_outside_quotes, unquote};
use std::ops::Range;

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatePiece {
    /// Text as it is, a range of bytes of the template.
    Text(Range<usize>),
    /// A parameter, 1…10.
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
/// `%11` names no value, `%(1)1` is how a digit follows one.
pub fn parse_template(template: &str) -> Result<Vec<TemplatePiece>, TemplateError> {
    let bytes = template.as_bytes();
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'%' {
            at += 1;
            continue;
        }
        if start < at {
            pieces.push(TemplatePiece::Text(start..at));
        }
        let rest = &bytes[at + 1..];
        let error = || TemplateError {
            position: template[..at].chars().count() + 2,
        };
        let length = match rest {
            [b'%', ..] => {
                pieces.push(TemplatePiece::Text(at + 1..at + 2));
                2
            }
            [b'(', rest @ ..] => {
                let (number, digits) = number_at(rest).ok_or_else(error)?;
                if rest.get(digits) != Some(&b')') {
                    return Err(error());
                }
                pieces.push(TemplatePiece::Parameter(number));
                digits + 3
            }
            _ => {
                let (number, digits) = number_at(rest).ok_or_else(error)?;
                pieces.push(TemplatePiece::Parameter(number));
                digits + 1
            }
        };
        at += length;
        start = at;
    }
    if start < bytes.len() {
        pieces.push(TemplatePiece::Text(start..bytes.len()));
    }
    Ok(pieces)
}

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
        let code = code.trim().to_lowercase();
        if code == wanted || code == wanted_short {
            return unquote(value.trim());
        }
    }
    String::new()
}
