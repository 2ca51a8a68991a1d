//! Дата: a moment of the calendar without a time zone, from 0001-01-01 0:00:00 (the empty date) to
//! 3999-12-31 23:59:59, in steps of 0.0001 s (bsl-semantics.md: `Д + 0.0001 <> Д`, while text,
//! Секунда() and Формат show whole seconds).
//!
//! Days are our own arithmetic. chrono's `NaiveDate` in its place was measured by instructions
//! (callgrind, 200,000 dates): the parts of a date took 151 instead of 54, the end of a month 274
//! instead of 160, the start of a quarter 141 instead of 78; a program of date functions 11% more in
//! all. Every day of the calendar is compared with chrono's in the tests.
//!
//! It knows no clock and no zone: the current moment and the shift of a zone come from the caller
//! (`timezone` computes the shift).

use super::number::{DEFAULT_MAX_DIGITS, Number, Rounding};

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

/// Days from 0001-01-01 to the first of the month; the year may be one past the end.
fn days_before(year: u32, month: u32) -> u64 {
    // Counted from March, so that the leap day is the last of its year.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (year, month) = (u64::from(year), u64::from(month));
    year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 - 306
}

fn is_leap(year: u32) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

/// Days in the month.
#[must_use]
pub fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
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
        let in_calendar = (1..=3999).contains(&year)
            && (1..=12).contains(&month)
            && day >= 1
            && day <= days_in_month(year, month)
            && hour < 24
            && minute < 60
            && second < 60;
        if !in_calendar {
            return None;
        }
        let days = days_before(year, month) + u64::from(day) - 1;
        let seconds = u64::from(hour) * 3600 + u64::from(minute) * 60 + u64::from(second);
        Some(Date(days * DAY + seconds * SECOND))
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
        let (year, month, day) = self.civil();
        let second = self.0 % DAY / SECOND;
        DateParts {
            year,
            month,
            day,
            hour: (second / 3600) as u32,
            minute: (second / 60 % 60) as u32,
            second: (second % 60) as u32,
        }
    }

    fn civil(self) -> (u32, u32, u32) {
        // Counted from 0000-03-01, where a year ends with its leap day.
        let days = self.0 / DAY + 306;
        let era = days / 146_097;
        let day_of_era = days % 146_097;
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 {
            (month + 3, 0)
        } else {
            (month - 9, 1)
        };
        (
            (era * 400 + year_of_era + next) as u32,
            month as u32,
            day as u32,
        )
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
        let (year, month, day) = self.civil();
        let index = i64::from(year * 12 + month - 1).checked_add(months)?;
        let year = u32::try_from(index.div_euclid(12)).ok()?;
        let month = index.rem_euclid(12) as u32 + 1;
        if !(1..=3999).contains(&year) {
            return None;
        }
        let day = day.min(days_in_month(year, month));
        let days = days_before(year, month) + u64::from(day) - 1;
        Some(Date(days * DAY + self.0 % DAY))
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
                let (year, month, _) = self.civil();
                let month = match period {
                    Period::Quarter => (month - 1) / 3 * 3 + 1,
                    Period::Year => 1,
                    _ => month,
                };
                days_before(year, month) * DAY
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
                let (year, month, _) = Date(start).civil();
                let step = match period {
                    Period::Quarter => 3,
                    Period::Year => 12,
                    _ => 1,
                };
                let month = month + step;
                if month > 12 {
                    days_before(year + 1, month - 12) * DAY
                } else {
                    days_before(year, month) * DAY
                }
            }
        };
        Date(next - SECOND)
    }

    /// ДеньГода: 1…366.
    #[must_use]
    pub fn day_of_year(self) -> u32 {
        ((self.0 - self.start_of(Period::Year).0) / DAY) as u32 + 1
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
        (self.civil().1 - 1) / 3 + 1
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
