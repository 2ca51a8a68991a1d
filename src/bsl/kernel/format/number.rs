//! Numbers by the format string.

use super::parameters::{FormatString, Key};
use crate::kernel::locale::Locale;
use crate::kernel::number::{Number, Rounding};

/// More digits than this are never shown: a format string may not make a text of any length.
const DIGITS_MAX: i64 = 1000;

/// A number by ЧЦ ЧДЦ ЧС ЧРД ЧРГ ЧН ЧВН ЧГ ЧО ЧФ and the language.
#[must_use]
pub fn format_number(value: &Number, format: &FormatString, locale: Locale) -> String {
    let locale = format.locale(locale);
    let digits = format
        .integer(Key::Digits)
        .map(|digits| digits.clamp(0, DIGITS_MAX));
    let fraction_key = format
        .integer(Key::FractionDigits)
        .map(|digits| digits.clamp(0, DIGITS_MAX));
    let mut value = shift(value, format.integer(Key::Shift).unwrap_or(0));

    // With ЧЦ alone, 0 too, the fraction is not shown at all.
    let fraction = match (digits, fraction_key) {
        (None, None) => None,
        (Some(digits), Some(fraction)) if digits > 0 => Some(fraction.min(digits)),
        (_, fraction) => Some(fraction.unwrap_or(0)),
    };
    if let Some(fraction) = fraction {
        value = value.round(fraction, Rounding::HalfAway);
    }
    if value.is_zero() {
        match format.get(Key::Zero) {
            None => return String::new(),
            // Without a text zero shows as the other keys say: «0,00», «000».
            Some("") => {}
            Some(text) => return text.to_owned(),
        }
    }

    let (negative, text, scale) = value.digits();
    let scale = scale as usize;
    let split = text.len().saturating_sub(scale);
    let (whole, rest) = text.split_at(split);
    let mut whole = whole.to_owned();
    let mut rest = format!("{}{rest}", "0".repeat(scale.saturating_sub(rest.len())));
    if let Some(fraction) = fraction {
        rest.push_str(&"0".repeat((fraction as usize).saturating_sub(rest.len())));
    }
    match digits {
        Some(digits) if digits > 0 => {
            let room = (digits - fraction.unwrap_or(0)) as usize;
            if whole.len() > room {
                // A number that does not fit shows as nines.
                whole = "9".repeat(room);
                rest = "9".repeat(rest.len());
            } else if format.has(Key::LeadingZeros) {
                whole = format!("{}{whole}", "0".repeat(room - whole.len()));
            }
            if whole.is_empty() && room > 0 {
                whole.push('0');
            }
        }
        _ => {
            if whole.is_empty() {
                whole.push('0');
            }
        }
    }

    let groups = format.get(Key::Grouping).map_or([3, 3], group_sizes);
    let separator = first_char(format.get(Key::GroupSeparator)).unwrap_or(locale.group_separator());
    let mut shown = group(&whole, groups, separator);
    if !rest.is_empty() {
        shown.push(
            first_char(format.get(Key::DecimalSeparator)).unwrap_or(locale.decimal_separator()),
        );
        shown.push_str(&rest);
    }
    if negative {
        shown = match format.integer(Key::Negative) {
            Some(0) => format!("({shown})"),
            Some(2) => format!("- {shown}"),
            Some(3) => format!("{shown}-"),
            Some(4) => format!("{shown} -"),
            _ => format!("-{shown}"),
        };
    }
    match format.get(Key::NumberFormat) {
        Some(around) if !around.is_empty() => surround(around, &shown),
        _ => shown,
    }
}

/// Divides by ten to the power, multiplies for a negative one; exact.
fn shift(value: &Number, power: i64) -> Number {
    if power == 0 {
        return value.clone();
    }
    let exponent = -power.clamp(-DIGITS_MAX, DIGITS_MAX);
    let text = format!("{}e{exponent}", value.to_invariant_text());
    // What the limit of digits does not hold stays as it is.
    Number::parse_scientific(&text, 4 * DIGITS_MAX as u32).unwrap_or_else(|_| value.clone())
}

/// ЧГ: the size of the group at the point, and of all further ones; 0 is no group. One number alone
/// makes one group, `3,0` goes on with groups of three, empty and 0 make none.
fn group_sizes(text: &str) -> [usize; 2] {
    let mut sizes = text
        .split(|symbol: char| !symbol.is_ascii_digit())
        .filter(|size| !size.is_empty())
        .map(|size| size.parse().unwrap_or(usize::MAX));
    let first = sizes.next().unwrap_or(0);
    match sizes.next() {
        Some(0) => [first, first],
        further => [first, further.unwrap_or(0)],
    }
}

fn group(digits: &str, sizes: [usize; 2], separator: char) -> String {
    let mut cuts = Vec::new();
    let mut end = digits.len();
    let mut size = sizes[0];
    while size != 0 && size < end {
        end -= size;
        cuts.push(end);
        size = sizes[1];
    }
    let mut shown = String::with_capacity(digits.len() + 2 * cuts.len());
    let mut start = 0;
    for cut in cuts.into_iter().rev() {
        shown.push_str(&digits[start..cut]);
        shown.push(separator);
        start = cut;
    }
    shown.push_str(&digits[start..]);
    shown
}

/// A separator is one character; a longer text gives its first, an empty one the locale's.
fn first_char(text: Option<&str>) -> Option<char> {
    text.and_then(|text| text.chars().next())
}

/// ЧФ: the first Ч (or N) outside quotes stands for the number.
fn surround(pattern: &str, shown: &str) -> String {
    let mut text = String::new();
    let mut quote = None;
    let mut placed = false;
    for symbol in pattern.chars() {
        match quote {
            Some(open) if symbol == open => quote = None,
            Some(_) => text.push(symbol),
            None if symbol == '\'' || symbol == '"' => quote = Some(symbol),
            None if !placed && matches!(symbol, 'Ч' | 'N') => {
                text.push_str(shown);
                placed = true;
            }
            None => text.push(symbol),
        }
    }
    if placed { text } else { shown.to_owned() }
}
