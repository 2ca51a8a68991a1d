//! Numbers as text: 1C's own form (NBSP groups, decimal comma) and the invariant one (XML, JSON).

use super::{MIN_MAX_DIGITS, Number, Repr};
use num_bigint::BigInt;

/// Why a text is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseNumberError {
    /// Not a number at all.
    Syntax,
    /// More digits than the limit allows.
    TooLarge,
}

/// The group separator of 1C's Russian locale.
const NBSP: char = '\u{a0}';

impl Number {
    /// Число(строка): spaces around (NBSP too), a sign, groups divided by NBSP, comma or dot.
    /// No exponent; an ordinary space inside is refused (bsl-semantics.md).
    pub fn parse_1c(text: &str, max_digits: u32) -> Result<Number, ParseNumberError> {
        let text = text.trim_matches(|symbol: char| symbol.is_whitespace() || symbol == '\u{feff}');
        parse_decimal(text, max_digits, true)
    }

    /// XMLЗначение(Тип("Число"), …): a dot, no groups, no exponent.
    pub fn parse_invariant(text: &str, max_digits: u32) -> Result<Number, ParseNumberError> {
        parse_decimal(
            text.trim_matches([' ', '\t', '\r', '\n']),
            max_digits,
            false,
        )
    }

    /// The invariant form with an optional exponent, as JSON has it.
    pub fn parse_scientific(text: &str, max_digits: u32) -> Result<Number, ParseNumberError> {
        let Some(at) = text.find(['e', 'E']) else {
            return parse_decimal(text, max_digits, false);
        };
        let (mantissa, exponent) = (&text[..at], &text[at + 1..]);
        let mantissa = parse_decimal(mantissa, max_digits, false)?;
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ParseNumberError::Syntax);
        }
        if mantissa.is_zero() {
            return Ok(mantissa);
        }
        let limit = max_digits.max(MIN_MAX_DIGITS);
        let negative = exponent.starts_with('-');
        let shift = match digits.parse::<u32>() {
            Ok(shift) if shift <= limit.saturating_mul(2) => shift,
            _ if negative => return Ok(Number::ZERO),
            _ => return Err(ParseNumberError::TooLarge),
        };
        let (value, scale) = mantissa.to_big();
        let shifted = if negative {
            Number::from_big(value, scale + shift)
        } else if shift <= scale {
            Number::from_big(value, scale - shift)
        } else {
            Number::from_big(value * super::pow10_big(shift - scale), 0)
        };
        shifted
            .checked(max_digits)
            .map_err(|_| ParseNumberError::TooLarge)
    }

    /// The text without groups and with a dot: XMLСтрока, JSON, Формат with "ЧГ=0; ЧРД=.".
    #[must_use]
    pub fn to_invariant_text(&self) -> String {
        if let Some(value) = self.to_i64() {
            return value.to_string();
        }
        let (negative, digits, scale) = self.digits();
        let mut text = String::with_capacity(digits.len() + 3);
        if negative {
            text.push('-');
        }
        let (whole, fraction) = split_digits(&digits, scale);
        text.push_str(if whole.is_empty() { "0" } else { whole });
        if scale > 0 {
            text.push('.');
            push_fraction(&mut text, fraction, scale);
        }
        text
    }

    /// The text of 1C's Russian locale: `1 234 567,89` with NBSP groups.
    #[must_use]
    pub fn to_1c_text(&self) -> String {
        let mut text = String::new();
        self.write_1c_text(&mut text);
        text
    }

    /// The same, appended.
    pub fn write_1c_text(&self, text: &mut String) {
        if let Some(value) = self.to_i64()
            && value.unsigned_abs() < 1000
        {
            use std::fmt::Write;
            // Writing to a string does not fail.
            let _ = write!(text, "{value}");
            return;
        }
        let (negative, digits, scale) = self.digits();
        if negative {
            text.push('-');
        }
        let (whole, fraction) = split_digits(&digits, scale);
        if whole.is_empty() {
            text.push('0');
        } else {
            let first = match whole.len() % 3 {
                0 => 3,
                rest => rest,
            };
            text.push_str(&whole[..first.min(whole.len())]);
            let mut at = first;
            while at < whole.len() {
                text.push(NBSP);
                text.push_str(&whole[at..at + 3]);
                at += 3;
            }
        }
        if scale > 0 {
            text.push(',');
            push_fraction(text, fraction, scale);
        }
    }

    /// Sign, digits of the mantissa (no leading zeros; "0" for 0) and how many of them, counted
    /// from the right and padded with zeros, are the fraction.
    #[must_use]
    pub fn digits(&self) -> (bool, String, u32) {
        match &self.0 {
            Repr::Small { scale, mantissa } => (
                *mantissa < 0,
                mantissa.unsigned_abs().to_string(),
                u32::from(*scale),
            ),
            Repr::Big(big) => (self.is_negative(), big.mantissa_text(), big.scale),
        }
    }
}

/// The digits before and after the point; the fraction may be shorter than the scale.
fn split_digits(digits: &str, scale: u32) -> (&str, &str) {
    digits.split_at(digits.len().saturating_sub(scale as usize))
}

fn push_fraction(text: &mut String, fraction: &str, scale: u32) {
    for _ in fraction.len()..scale as usize {
        text.push('0');
    }
    text.push_str(fraction);
}

fn parse_decimal(text: &str, max_digits: u32, russian: bool) -> Result<Number, ParseNumberError> {
    let (negative, body) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let limit = max_digits.max(MIN_MAX_DIGITS) as usize;
    let mut digits = String::new();
    let mut small: i128 = 0;
    let mut count = 0usize; // significant digits so far
    let mut seen = false;
    let mut scale = 0u32;
    let mut point = false;
    let mut after_group = false;
    for symbol in body.chars() {
        match symbol {
            '0'..='9' => {
                seen = true;
                after_group = false;
                if point {
                    scale += 1;
                    if scale as usize > limit {
                        return Err(ParseNumberError::TooLarge);
                    }
                }
                let digit = symbol as u8 - b'0';
                if count == 0 && digit == 0 {
                    continue;
                }
                count += 1;
                if count > limit.saturating_mul(2) {
                    return Err(ParseNumberError::TooLarge);
                }
                if count <= 38 {
                    small = small * 10 + i128::from(digit);
                } else {
                    if count == 39 {
                        digits = small.to_string();
                    }
                    digits.push(symbol);
                }
            }
            '.' => {
                if point || after_group {
                    return Err(ParseNumberError::Syntax);
                }
                point = true;
            }
            ',' if russian => {
                if point || after_group {
                    return Err(ParseNumberError::Syntax);
                }
                point = true;
            }
            NBSP | '\u{202f}' if russian && seen && !point && !after_group => after_group = true,
            _ => return Err(ParseNumberError::Syntax),
        }
    }
    if !seen || after_group {
        return Err(ParseNumberError::Syntax);
    }
    if count <= 38 {
        return Ok(Number::from_scaled(
            if negative { -small } else { small },
            scale,
        ));
    }
    let mantissa: BigInt = digits.parse().map_err(|_| ParseNumberError::Syntax)?;
    let number = Number::from_big(if negative { -mantissa } else { mantissa }, scale);
    number
        .checked(max_digits)
        .map_err(|_| ParseNumberError::TooLarge)
}
