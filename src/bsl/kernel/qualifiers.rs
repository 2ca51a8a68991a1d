//! КвалификаторыЧисла, КвалификаторыСтроки, КвалификаторыДаты: what a typed column or
//! ОписаниеТипов.ПривестиЗначение makes of a value of the right type.

use super::date::{Date, Period};
use super::number::{Number, Rounding};

/// КвалификаторыЧисла.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NumberQualifiers {
    /// Разрядность: digits in all, 0 for no limit.
    pub digits: u32,
    /// РазрядностьДробнойЧасти.
    pub fraction_digits: u32,
    /// ДопустимыйЗнак.Неотрицательный: below 0 becomes 0.
    pub non_negative: bool,
}

impl NumberQualifiers {
    /// The number as it fits: rounded, and nines where it is too long (believed).
    #[must_use]
    pub fn adjust(self, value: &Number) -> Number {
        if self.non_negative && value.is_negative() {
            return Number::ZERO;
        }
        if self.digits == 0 {
            return value.clone();
        }
        let fraction = self.fraction_digits.min(self.digits);
        let rounded = value.round(i64::from(fraction), Rounding::HalfAway);
        let (negative, digits, scale) = rounded.digits();
        let whole = digits.len().saturating_sub(scale as usize);
        if rounded.is_zero() || whole <= (self.digits - fraction) as usize {
            return rounded;
        }
        let whole_nines = "9".repeat((self.digits - fraction) as usize);
        let text = format!(
            "{}0{whole_nines}.{}",
            if negative { "-" } else { "" },
            "9".repeat(fraction as usize)
        );
        Number::parse_invariant(&text, self.digits).unwrap_or(rounded)
    }
}

/// КвалификаторыСтроки.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct StringQualifiers {
    /// Длина in units, 0 for no limit.
    pub length: usize,
    /// ДопустимаяДлина.Фиксированная: shorter strings are padded with spaces.
    pub fixed: bool,
}

impl StringQualifiers {
    /// The units as they fit, `None` when they already do. A fixed length above `max_padding` does
    /// not pad: a description of types may not make strings of any size.
    #[must_use]
    pub fn adjust(self, units: &[u16], max_padding: usize) -> Option<Vec<u16>> {
        if self.length == 0 {
            return None;
        }
        if units.len() > self.length {
            return Some(units[..self.length].to_vec());
        }
        if self.fixed && units.len() < self.length && self.length <= max_padding {
            let mut padded = units.to_vec();
            padded.resize(self.length, 0x20);
            return Some(padded);
        }
        None
    }
}

/// КвалификаторыДвоичныхДанных.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct BinaryQualifiers {
    /// Длина in bytes, 0 for no limit.
    pub length: u32,
    /// ДопустимаяДлина.Фиксированная.
    pub fixed: bool,
}

/// ЧастиДаты.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DateFractions {
    /// Дата: the time is cut.
    Date,
    /// Время: the date is cut.
    Time,
    /// ДатаВремя.
    #[default]
    DateTime,
}

impl DateFractions {
    /// The part of the moment that stays.
    #[must_use]
    pub fn adjust(self, date: Date) -> Date {
        match self {
            DateFractions::DateTime => date,
            DateFractions::Date => date.start_of(Period::Day),
            DateFractions::Time => {
                let ticks = date.ticks() - date.start_of(Period::Day).ticks();
                Date::from_ticks(ticks).unwrap_or(Date::EMPTY)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (digits, fraction_digits, non_negative, value, expected) in [
            (0, 0, false, "12345.678", "12345.678"),
            (10, 2, false, "12345.678", "12345.68"),
            (10, 0, false, "0.5", "1"),
            (5, 2, false, "12345.678", "999.99"),   // believed
            (5, 2, false, "-12345.678", "-999.99"), // believed
            (5, 2, true, "-1", "0"),
            (2, 2, false, "0.999", "0.99"), // believed
            (2, 5, false, "0.5", "0.5"),
            (40, 0, false, "1", "1"),
        ] {
            let qualifiers = NumberQualifiers {
                digits,
                fraction_digits,
                non_negative,
            };
            let number = Number::parse_invariant(value, 60).unwrap();
            assert_eq!(
                qualifiers.adjust(&number).to_invariant_text(),
                expected,
                "{value} {qualifiers:?}"
            );
        }
    }

    #[test]
    fn strings() {
        let units: Vec<u16> = "абв".encode_utf16().collect();
        let adjust = |length, fixed| {
            let qualifiers = StringQualifiers { length, fixed };
            qualifiers
                .adjust(&units, 10)
                .map(|units| String::from_utf16_lossy(&units))
        };
        assert_eq!(adjust(0, true), None);
        assert_eq!(adjust(2, false).as_deref(), Some("аб"));
        assert_eq!(adjust(5, false), None);
        assert_eq!(adjust(5, true).as_deref(), Some("абв  "));
        assert_eq!(adjust(usize::MAX, true), None);
    }

    #[test]
    fn dates() {
        let date = |text: &str| Date::parse_literal(text).unwrap();
        let moment = date("20240102030405");
        assert_eq!(DateFractions::DateTime.adjust(moment), moment);
        assert_eq!(DateFractions::Date.adjust(moment), date("20240102"));
        assert_eq!(DateFractions::Time.adjust(moment), date("00010101030405"));
    }
}
