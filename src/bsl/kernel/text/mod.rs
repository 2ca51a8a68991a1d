//! What the language does with strings: search, replacement, splitting, case, templates, НСтр.
//!
//! Positions count UTF-16 units from 1 as in 1C. Functions over [`Unit`] serve both storages of a
//! string, bytes (when every unit is below 256) and UTF-16; whoever mixes them converts first.
//! Searching is linear in any case, so it needs no clock; what can grow takes a limit.

mod case;
mod search;
mod template;
#[cfg(test)]
mod tests;

pub use case::{lower, lower_char, title, upper, upper_char};
pub use search::{Direction, count, find, replace};
pub use template::{TemplateError, TemplatePiece, nstr, template_pieces};

use std::ops::Range;

/// A unit of a string's storage.
pub trait Unit: Copy + Eq + Into<u16> {}

impl Unit for u8 {}
impl Unit for u16 {}

/// The result would be longer than the caller's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

/// What СокрЛП cuts and ПустаяСтрока overlooks: all white space of Unicode, NBSP too.
#[must_use]
pub fn is_blank(unit: u16) -> bool {
    match unit {
        0x20 | 0x09..=0x0d | 0xa0 | 0x85 => true,
        0..=0x167f => false,
        _ => char::from_u32(u32::from(unit)).is_some_and(char::is_whitespace) || unit == 0xfeff,
    }
}

/// СокрЛ, СокрП, СокрЛП: the range that stays.
pub fn trim<T: Unit>(text: &[T], left: bool, right: bool) -> Range<usize> {
    let mut start = 0;
    let mut end = text.len();
    if left {
        while start < end && is_blank(text[start].into()) {
            start += 1;
        }
    }
    if right {
        while end > start && is_blank(text[end - 1].into()) {
            end -= 1;
        }
    }
    start..end
}

/// Лев: a negative count is nothing.
#[must_use]
pub fn left_range(length: usize, count: i64) -> Range<usize> {
    0..clamp(count, length)
}

/// Прав.
#[must_use]
pub fn right_range(length: usize, count: i64) -> Range<usize> {
    length - clamp(count, length)..length
}

/// Сред: a start below 1 counts as 1; without a count to the end.
#[must_use]
pub fn mid_range(length: usize, start: i64, count: Option<i64>) -> Range<usize> {
    let start = clamp(start.max(1) - 1, length);
    let count = count.map_or(length - start, |count| clamp(count, length - start));
    start..start + count
}

fn clamp(count: i64, most: usize) -> usize {
    usize::try_from(count.max(0)).map_or(most, |count| count.min(most))
}

/// СтрРазделить: the ranges between separators, each unit of `separators` being one. With no
/// separators the whole text; an empty text is one empty piece, or none without empty ones.
pub fn split<'a, T: Unit>(
    text: &'a [T],
    separators: &'a [T],
    with_empty: bool,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut start = Some(0);
    std::iter::from_fn(move || {
        loop {
            let from = start?;
            let length = text[from..]
                .iter()
                .position(|unit| separators.contains(unit));
            let piece = match length {
                Some(length) => {
                    start = Some(from + length + 1);
                    from..from + length
                }
                None => {
                    start = None;
                    from..text.len()
                }
            };
            if with_empty || !piece.is_empty() {
                return Some(piece);
            }
        }
    })
}

/// СтрЧислоСтрок: one more than there are line feeds.
pub fn line_count<T: Unit>(text: &[T]) -> usize {
    text.iter().filter(|unit| (**unit).into() == 0x0a).count() + 1
}

/// СтрПолучитьСтроку: the line by its number from 1, without its line feed; empty if there is none.
pub fn line<T: Unit>(text: &[T], number: i64) -> Range<usize> {
    let mut start = 0;
    let mut left = number;
    if left < 1 {
        return 0..0;
    }
    while left > 1 {
        match text[start..].iter().position(|unit| (*unit).into() == 0x0a) {
            Some(at) => start += at + 1,
            None => return text.len()..text.len(),
        }
        left -= 1;
    }
    let length = text[start..].iter().position(|unit| (*unit).into() == 0x0a);
    start..length.map_or(text.len(), |length| start + length)
}
