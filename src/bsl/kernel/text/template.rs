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

/// A percent sign that begins nothing; its place in characters from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateError {
    /// Where the sign stands, counted in characters from 1.
    pub position: usize,
}

/// СтрШаблон: `%1`…`%10`, `%(1)`…`%(10)`, `%%` for the sign itself. `%11` is `%1` and a digit.
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
        let length = match rest {
            [b'%', ..] => {
                pieces.push(TemplatePiece::Text(at + 1..at + 2));
                2
            }
            [b'(', b'1', b'0', b')', ..] => {
                pieces.push(TemplatePiece::Parameter(10));
                5
            }
            [b'(', digit @ b'1'..=b'9', b')', ..] => {
                pieces.push(TemplatePiece::Parameter(usize::from(digit - b'0')));
                4
            }
            [b'1', b'0', ..] => {
                pieces.push(TemplatePiece::Parameter(10));
                3
            }
            [digit @ b'1'..=b'9', ..] => {
                pieces.push(TemplatePiece::Parameter(usize::from(digit - b'0')));
                2
            }
            _ => {
                return Err(TemplateError {
                    position: template[..at].chars().count() + 1,
                });
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

/// НСтр: the text of `ru = 'Привет'; en = 'Hello'` in the language (`ru`, `ru_RU`), else the first
/// one; nothing when there is none at all.
#[must_use]
pub fn nstr(text: &str, language: &str) -> String {
    let wanted = language.trim().to_lowercase();
    let wanted_short = wanted.split(['_', '-']).next().unwrap_or("").to_owned();
    let mut first = None;
    for item in split_outside_quotes(text, ';') {
        let Some((code, value)) = item.split_once('=') else {
            continue;
        };
        let code = code.trim().to_lowercase();
        if code == wanted || code == wanted_short {
            return unquote(value.trim());
        }
        first.get_or_insert(value);
    }
    first.map_or_else(String::new, |value| unquote(value.trim()))
}
