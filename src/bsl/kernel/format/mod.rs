//! Формат(значение, форматная строка): every key of numbers, dates and booleans, Russian and English
//! names of keys. Our own: the language of these strings is 1C's alone.
//!
//! Sources: bsl-semantics.md («Text of values», «Strings and dates»), 1C's documentation of the
//! format string; what comes from neither is marked believed at its test.

mod date;
mod number;
mod parameters;
mod period;
#[cfg(test)]
mod tests;

pub use date::format_date;
pub use number::format_number;
pub use parameters::{FormatString, Key};
pub(crate) use parameters::{split_outside_quotes, unquote};
pub use period::format_period;

use super::locale::Locale;

/// A boolean: БИ and БЛ, else the locale's word.
#[must_use]
pub fn format_boolean(value: bool, format: &FormatString, locale: Locale) -> String {
    let key = if value { Key::True } else { Key::False };
    match format.get(key) {
        Some(text) => text.to_owned(),
        None => format.locale(locale).boolean(value).to_owned(),
    }
}
