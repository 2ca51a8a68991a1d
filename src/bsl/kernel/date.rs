//! Дата: a moment of the calendar without a time zone, from 0001-01-01 0:00:00 (the empty date) to
//! 3999-12-31 23:59:59, in steps of 0.0001 s (bsl-semantics.md: `Д + 0.0001 <> Д`, while text,
//! Секунда() and Формат show whole seconds).
//!
//! Days are chrono's (proleptic Gregorian); the range, the ticks and their rounding, the texts and the
//! periods are 1C's. It knows no clock and no zone: the current moment and the shift of a zone come from
//! the caller (`timezone` computes the shift).

use super::number::{DEFAULT_MAX_DIGITS, Number, Rounding};
use chrono::{Datelike, Months, NaiveDate};

/// Ticks in a second.
const SECOND: u64 = 10_000;
const DAY: u64 = 86_400 * SECOND;
/// Days from 0001-01-01 to 4000-01-01: the calendar repeats every 400 years of 146097 days.
const DAYS_END: u64 = 10 * 146_097 - 366;
/// Seconds from 0001-01-01 to 1970-01-01.
const UNIX_EPOCH: i64 = 719_162 * 86_400;

/// A moment; ordered, 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Date(u64);

/// The parts of a moment, whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateParts {
    /// 1…3999.
    pub year: u32,
    /// 1…12.
    pub month: u32,
    /// 1…31.
    pub day: u32,
    /// 0…23.
    pub hour: u32,
    /// 0…59.
    pub minute: u32,
    /// 0…59.
    pub second: u32,
}

/// What НачалоХ and КонецХ round to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Минута.
    Minute,
    /// Час.
    Hour,
    /// День.
    Day,
    /// Неделя, from Monday.
    Week,
    /// Месяц.
    Month,
    /// Квартал.
    Quarter,
    /// Год.
    Year,
}

/// Days in the month; 0 for what is no month.
#[must_use]
pub fn days_in_month(year: u32, month: u32) -> u32 {
    first_of(year, month).map_or(0, |first| u32::from(first.num_days_in_month()))
}

/// The first day of a quarter.
fn first_of_quarter(day: NaiveDate) -> NaiveDate {
    let month0 = day.month0() / 3 * 3;
    first_of(day.year() as u32, month0 + 1).unwrap_or(day)
}

/// The first of a month.
fn first_of(year: u32, month: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, 1)
}

impl Date {
    /// 0001-01-01 0:00:00, which 1C calls the empty date.
    pub const EMPTY: Date = Date(0);
    /// The last moment, with its fraction.
    pub const MAX: Date = Date(DAYS_END * DAY - 1);

    /// Дата(год, месяц, день, час, минута, секунда); `None` for what is not in the calendar.
    #[must_use]
    pub fn new(
        year: u32,
        month: u32,
        day: u32,
        hour: u32,
        minute: u32,
        second: u32,
    ) -> Option<Date> {
        if !(1..=3999).contains(&year) || hour >= 24 || minute >= 60 || second >= 60 {
            return None;
        }
        let day = Date::at_midnight(NaiveDate::from_ymd_opt(year as i32, month, day)?);
        let seconds = u64::from(hour) * 3600 + u64::from(minute) * 60 + u64::from(second);
        Some(Date(day.0 + seconds * SECOND))
    }

    /// Ticks of 0.0001 s since the empty date; the inverse of [`Date::from_ticks`].
    #[inline]
    #[must_use]
    pub const fn ticks(self) -> u64 {
        self.0
    }

    /// `None` past the end of 3999.
    #[inline]
    #[must_use]
    pub const fn from_ticks(ticks: u64) -> Option<Date> {
        if ticks <= Date::MAX.0 {
            Some(Date(ticks))
        } else {
            None
        }
    }

    /// From seconds since 1970-01-01, taken as they are (no zone).
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Option<Date> {
        let seconds = u64::try_from(seconds.checked_add(UNIX_EPOCH)?).ok()?;
        Date::from_ticks(seconds.checked_mul(SECOND)?)
    }

    /// Seconds since 1970-01-01, taken as it is (no zone); the fraction is cut.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        (self.0 / SECOND) as i64 - UNIX_EPOCH
    }

    /// Whether it is the empty date.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Without its fraction of a second.
    #[must_use]
    pub fn whole_seconds(self) -> Date {
        Date(self.0 - self.0 % SECOND)
    }

    /// The literal between apostrophes: `ГГГГММДД[ЧЧмм[сс]]`, anything that is not a digit ignored;
    /// all zeros are the empty date.
    #[must_use]
    pub fn parse_literal(text: &str) -> Option<Date> {
        let mut digits = [0u8; 14];
        let mut count = 0;
        for byte in text.bytes().filter(u8::is_ascii_digit) {
            *digits.get_mut(count)? = byte - b'0';
            count += 1;
        }
        if !matches!(count, 8 | 12 | 14) {
            return None;
        }
        if digits.iter().all(|digit| *digit == 0) {
            return Some(Date::EMPTY);
        }
        let part = |from: usize, to: usize| {
            digits[from..to]
                .iter()
                .fold(0u32, |value, digit| value * 10 + u32::from(*digit))
        };
        Date::new(
            part(0, 4),
            part(4, 6),
            part(6, 8),
            part(8, 10),
            part(10, 12),
            part(12, 14),
        )
    }

    /// Дата(строка): the digits of a literal and nothing else.
    #[must_use]
    pub fn parse_digits(text: &str) -> Option<Date> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            Date::parse_literal(text)
        } else {
            None
        }
    }

    /// The form that people write and `Строка(Дата)` gives: `Д.М.ГГГГ[ Ч:ММ[:СС]]` (what
    /// ОписаниеТипов.ПривестиЗначение takes, believed).
    #[must_use]
    pub fn parse_1c_text(text: &str) -> Option<Date> {
        let text = text.trim();
        let (date, time) = match text.split_once([' ', '\u{a0}']) {
            Some((date, time)) => (date, time.trim_start()),
            None => (text, ""),
        };
        let mut parts = date.split('.');
        let (day, month) = (field(parts.next()?, 1, 2)?, field(parts.next()?, 1, 2)?);
        let year = field(parts.next()?, 4, 4)?;
        if parts.next().is_some() {
            return None;
        }
        if time.is_empty() {
            return Date::new(year, month, day, 0, 0, 0);
        }
        let mut parts = time.split(':');
        let (hour, minute) = (field(parts.next()?, 1, 2)?, field(parts.next()?, 2, 2)?);
        let second = match parts.next() {
            Some(second) => field(second, 2, 2)?,
            None => 0,
        };
        if parts.next().is_some() {
            return None;
        }
        Date::new(year, month, day, hour, minute, second)
    }

    /// The calendar's parts.
    #[must_use]
    pub fn parts(self) -> DateParts {
        let day = self.day();
        let second = self.0 % DAY / SECOND;
        DateParts {
            year: day.year() as u32,
            month: day.month(),
            day: day.day(),
            hour: (second / 3600) as u32,
            minute: (second / 60 % 60) as u32,
            second: (second % 60) as u32,
        }
    }

    /// The day by the calendar.
    #[inline]
    fn day(self) -> NaiveDate {
        NaiveDate::from_num_days_from_ce_opt((self.0 / DAY) as i32 + 1).unwrap_or(NaiveDate::MAX)
    }

    /// The beginning of a day from 0001-01-01 to 4000-01-01.
    #[inline]
    fn at_midnight(day: NaiveDate) -> Date {
        Date((day.num_days_from_ce() - 1) as u64 * DAY)
    }

    /// Дата + число: seconds, rounded to 0.0001. `None` outside the calendar.
    #[must_use]
    pub fn add_seconds(self, seconds: &Number) -> Option<Date> {
        if let Some(whole) = seconds.to_i64() {
            let ticks = whole.checked_mul(SECOND as i64)?;
            return Date::from_ticks(self.0.checked_add_signed(ticks)?);
        }
        let ticks = seconds
            .round(4, Rounding::HalfAway)
            .mul(&Number::from_i64(SECOND as i64), DEFAULT_MAX_DIGITS)
            .ok()?
            .to_i64()?;
        Date::from_ticks(self.0.checked_add_signed(ticks)?)
    }

    /// Дата − Дата: seconds.
    #[must_use]
    pub fn seconds_since(self, earlier: Date) -> Number {
        let ticks = self.0 as i64 - earlier.0 as i64;
        if ticks % SECOND as i64 == 0 {
            return Number::from_i64(ticks / SECOND as i64);
        }
        Number::from_scaled(i128::from(ticks), 4)
    }

    /// ДобавитьМесяц: the day is clamped to the month's end, the time kept.
    #[must_use]
    pub fn add_months(self, months: i64) -> Option<Date> {
        let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
        let day = match months < 0 {
            true => self.day().checked_sub_months(count)?,
            false => self.day().checked_add_months(count)?,
        };
        if !(1..=3999).contains(&day.year()) {
            return None;
        }
        Some(Date(Date::at_midnight(day).0 + self.0 % DAY))
    }

    /// НачалоДня, НачалоМесяца…
    #[must_use]
    pub fn start_of(self, period: Period) -> Date {
        let start_of_day = self.0 - self.0 % DAY;
        Date(match period {
            Period::Minute => self.0 - self.0 % (60 * SECOND),
            Period::Hour => self.0 - self.0 % (3600 * SECOND),
            Period::Day => start_of_day,
            // The calendar begins on a Monday.
            Period::Week => self.0 - self.0 % (7 * DAY),
            Period::Month | Period::Quarter | Period::Year => {
                let day = self.day();
                let into = match period {
                    Period::Month => day.day0(),
                    Period::Year => day.ordinal0(),
                    _ => return Date::at_midnight(first_of_quarter(day)),
                };
                start_of_day - u64::from(into) * DAY
            }
        })
    }

    /// КонецДня, КонецМесяца…: the last whole second. The week of the last day ends with it.
    #[must_use]
    pub fn end_of(self, period: Period) -> Date {
        let start = self.start_of(period).0;
        let next = match period {
            Period::Minute => start + 60 * SECOND,
            Period::Hour => start + 3600 * SECOND,
            Period::Day => start + DAY,
            Period::Week => (start + 7 * DAY).min(DAYS_END * DAY),
            Period::Month | Period::Quarter | Period::Year => {
                let step = Months::new(match period {
                    Period::Quarter => 3,
                    Period::Year => 12,
                    _ => 1,
                });
                let next = Date(start).day().checked_add_months(step);
                Date::at_midnight(next.unwrap_or(NaiveDate::MAX)).0
            }
        };
        Date(next - SECOND)
    }

    /// ДеньГода: 1…366.
    #[must_use]
    pub fn day_of_year(self) -> u32 {
        self.day().ordinal()
    }

    /// НеделяГода: week 1 holds 1 January (not ISO's rule), weeks begin on Monday.
    #[must_use]
    pub fn week_of_year(self) -> u32 {
        let first = self.start_of(Period::Year);
        (self.day_of_year() - 1 + first.weekday() - 1) / 7 + 1
    }

    /// ДеньНедели: Monday is 1, Sunday 7.
    #[must_use]
    pub fn weekday(self) -> u32 {
        (self.0 / DAY % 7) as u32 + 1
    }

    /// The quarter, 1…4.
    #[must_use]
    pub fn quarter(self) -> u32 {
        self.day().quarter()
    }

    /// Строка(Дата): ДД.ММ.ГГГГ Ч:ММ:СС, the hour without a leading zero.
    #[must_use]
    pub fn to_1c_text(self) -> String {
        let mut text = String::with_capacity(19);
        self.write_1c_text(&mut text);
        text
    }

    /// The same, appended.
    pub fn write_1c_text(self, text: &mut String) {
        let DateParts {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self.parts();
        push_two(text, day);
        text.push('.');
        push_two(text, month);
        text.push('.');
        push_two(text, year / 100);
        push_two(text, year % 100);
        text.push(' ');
        if hour < 10 {
            push_digit(text, hour);
        } else {
            push_two(text, hour);
        }
        text.push(':');
        push_two(text, minute);
        text.push(':');
        push_two(text, second);
    }

    /// XMLСтрока(Дата): ГГГГ-ММ-ДДTЧЧ:ММ:СС.
    #[must_use]
    pub fn to_xml_text(self) -> String {
        let DateParts {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self.parts();
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }

    /// XMLЗначение(Тип("Дата"), …) and ISO 8601: ГГГГ-ММ-ДД[TЧЧ:ММ[:СС[.дробь]]][Z|±ЧЧ:ММ]. With it the
    /// zone's shift in seconds, if one is written; the date is as written, not shifted.
    #[must_use]
    pub fn parse_xml(text: &str) -> Option<(Date, Option<i32>)> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        let (day_text, rest) = text.split_at_checked(10)?;
        let mut parts = day_text.split('-');
        let year = field(parts.next()?, 4, 4)?;
        let (month, day) = (field(parts.next()?, 2, 2)?, field(parts.next()?, 2, 2)?);
        let (clock, zone) = match rest.find(['Z', '+', '-']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let shift = match zone {
            "" => None,
            "Z" => Some(0),
            _ => Some(zone_shift(zone)?),
        };
        if clock.is_empty() {
            return Some((Date::new(year, month, day, 0, 0, 0)?, shift));
        }
        let clock = clock.strip_prefix(['T', ' '])?;
        let (clock, fraction) = match clock.split_once('.') {
            Some((clock, fraction)) => (clock, Some(fraction)),
            None => (clock, None),
        };
        let mut parts = clock.split(':');
        let (hour, minute) = (field(parts.next()?, 2, 2)?, field(parts.next()?, 2, 2)?);
        let second = match parts.next() {
            Some(second) => field(second, 2, 2)?,
            None if fraction.is_some() => return None,
            None => 0,
        };
        if parts.next().is_some() {
            return None;
        }
        let date = Date::new(year, month, day, hour, minute, second)?;
        let mut ticks = 0;
        if let Some(fraction) = fraction {
            if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            for at in 0..4 {
                ticks = ticks * 10
                    + u64::from(fraction.as_bytes().get(at).map_or(0, |digit| digit - b'0'));
            }
        }
        Some((Date(date.0 + ticks), shift))
    }
}

fn push_digit(text: &mut String, digit: u32) {
    text.push(char::from_digit(digit, 10).unwrap_or('0'));
}

fn push_two(text: &mut String, number: u32) {
    push_digit(text, number / 10);
    push_digit(text, number % 10);
}

/// A number of so many ASCII digits.
fn field(text: &str, least: usize, most: usize) -> Option<u32> {
    let fits =
        (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// ±ЧЧ:ММ or ±ЧЧММ or ±ЧЧ in seconds.
fn zone_shift(text: &str) -> Option<i32> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = &text[1..];
    let (hours, minutes) = match digits.len() {
        5 => digits.split_once(':')?,
        4 => digits.split_at_checked(2)?,
        2 => (digits, "00"),
        _ => return None,
    };
    let (hours, minutes) = (field(hours, 2, 2)?, field(minutes, 2, 2)?);
    if hours > 18 || minutes > 59 {
        return None;
    }
    Some(sign * (hours * 3600 + minutes * 60) as i32)
}

#[cfg(test)]
mod tests;
