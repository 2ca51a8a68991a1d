//! Numbers by the format string.

use super::parameters::{FormatString, Key};
use crate::kernel::locale::Locale;
use crate::kernel::number::{Number, Rounding};

/// More digits than this are never shown: a format string may not make a text of any length.
const DIGITS_MAX: i64 = 1000;

/// A number by ЧЦ ЧДЦ ЧС ЧРД ЧРГ ЧН ЧВН ЧГ ЧО ЧФ and the language.
#[must_use]
pub fn format_number(value: &Number, format: &FormatString, locale: Locale) -> String {
    let zero = || match format.get(Key::Zero) {
        None => String::new(),
        Some("") => "0".to_owned(),
        Some(text) => text.to_owned(),
    };
    if value.is_zero() {
        return zero();
    }
    let locale = format.locale(locale);
    let digits = format
        .integer(Key::Digits)
        .map(|digits| digits.clamp(0, DIGITS_MAX));
    let fraction_key = format
        .integer(Key::FractionDigits)
        .map(|digits| digits.clamp(0, DIGITS_MAX));
    let mut value = shift(value, format.integer(Key::Shift).unwrap_or(0));

    // With ЧЦ alone the fraction is not shown at all.
    let fraction = match (digits, fraction_key) {
        (None | Some(0), None) => None,
        (Some(digits), Some(fraction)) if digits > 0 => Some(fraction.min(digits)),
        (_, fraction) => Some(fraction.unwrap_or(0)),
    };
    if let Some(fraction) = fraction {
        value = value.round(fraction, Rounding::HalfAway);
        if value.is_zero() {
            return zero();
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

    let groups = format
        .get(Key::Grouping)
        .map_or_else(|| vec![3], group_sizes);
    let separator = first_char(format.get(Key::GroupSeparator)).unwrap_or(locale.group_separator());
    let mut shown = group(&whole, &groups, separator);
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

/// ЧГ: sizes of groups from the right; the last one repeats, 0 ends grouping. Empty and 0: none.
fn group_sizes(text: &str) -> Vec<usize> {
    let mut sizes = Vec::new();
    for size in text
        .split(|symbol: char| !symbol.is_ascii_digit())
        .filter(|size| !size.is_empty())
    {
        let size = size.parse().unwrap_or(usize::MAX);
        sizes.push(size);
        if size == 0 || sizes.len() == 16 {
            break;
        }
    }
    if sizes.is_empty() { vec![0] } else { sizes }
}

fn group(digits: &str, sizes: &[usize], separator: char) -> String {
    let mut cuts = Vec::new();
    let mut end = digits.len();
    let mut index = 0;
    loop {
        let size = sizes.get(index).or(sizes.last()).copied().unwrap_or(0);
        if size == 0 || size >= end {
            break;
        }
        end -= size;
        cuts.push(end);
        index += 1;
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
