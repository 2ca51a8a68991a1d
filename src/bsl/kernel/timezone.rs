//! МестноеВремя, УниверсальноеВремя and their kin, over the IANA zones of `chrono-tz`.
//!
//! A zone is a value of the caller's: nothing here reads the machine's zone or clock.

use super::date::Date;
use super::number::Number;
use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{OffsetComponents, Tz};

/// A time zone: of the IANA database, or a fixed shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// By its rules.
    Named(Tz),
    /// Seconds ahead of universal time.
    Fixed(i32),
}

impl Zone {
    /// Universal time.
    pub const UTC: Zone = Zone::Fixed(0);

    /// By a name: `Europe/Moscow` in any case, `UTC`, `GMT+3`, `UTC-05:30`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Zone> {
        let name = name.trim();
        if let Ok(zone) = Tz::from_str_insensitive(name) {
            return Some(Zone::Named(zone));
        }
        let upper = name.to_ascii_uppercase();
        let rest = upper
            .strip_prefix("GMT")
            .or_else(|| upper.strip_prefix("UTC"))?;
        let (sign, digits) = match rest.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-", digits) => (-1, digits),
            _ => return None,
        };
        let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "0"));
        let number = |text: &str| {
            let plain =
                (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            if plain {
                text.parse::<i32>().ok()
            } else {
                None
            }
        };
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        if hours > 14 || minutes > 59 {
            return None;
        }
        Some(Zone::Fixed(sign * (hours * 3600 + minutes * 60)))
    }

    /// All names (ПолучитьДопустимыеЧасовыеПояса).
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// The name that [`Zone::parse`] reads back (ПредставлениеЧасовогоПояса).
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Zone::Named(zone) => zone.name().to_owned(),
            Zone::Fixed(0) => "UTC".to_owned(),
            Zone::Fixed(shift) => {
                let sign = if shift < 0 { '-' } else { '+' };
                let shift = shift.unsigned_abs();
                format!("GMT{sign}{:02}:{:02}", shift / 3600, shift / 60 % 60)
            }
        }
    }

    /// Seconds ahead of universal time at a universal date.
    #[must_use]
    pub fn shift_at(self, universal: Date) -> i32 {
        match self {
            Zone::Fixed(shift) => shift,
            Zone::Named(zone) => naive(universal).map_or(0, |moment| {
                zone.offset_from_utc_datetime(&moment)
                    .fix()
                    .local_minus_utc()
            }),
        }
    }

    /// Seconds ahead of universal time at a local date. Of a repeated hour the earlier one counts;
    /// an hour that the clock skips is read with the shift before it.
    #[must_use]
    pub fn shift_at_local(self, local: Date) -> i32 {
        let Zone::Named(zone) = self else {
            return self.shift_at(local);
        };
        let Some(moment) = naive(local) else { return 0 };
        match zone.offset_from_local_datetime(&moment) {
            LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => {
                offset.fix().local_minus_utc()
            }
            LocalResult::None => {
                let before = local
                    .add_seconds(&Number::from_i64(-86_400))
                    .unwrap_or(local);
                self.shift_at_local_once(zone, before)
            }
        }
    }

    /// The same where the clock does not jump.
    fn shift_at_local_once(self, zone: Tz, local: Date) -> i32 {
        let offset =
            naive(local).and_then(|moment| zone.offset_from_local_datetime(&moment).earliest());
        offset.map_or(0, |offset| offset.fix().local_minus_utc())
    }

    /// МестноеВремя; `None` outside the calendar.
    #[must_use]
    pub fn to_local(self, universal: Date) -> Option<Date> {
        universal.add_seconds(&Number::from_i64(i64::from(self.shift_at(universal))))
    }

    /// УниверсальноеВремя; `None` outside the calendar.
    #[must_use]
    pub fn to_universal(self, local: Date) -> Option<Date> {
        local.add_seconds(&Number::from_i64(-i64::from(self.shift_at_local(local))))
    }

    /// СмещениеСтандартногоВремени: without the summer's hour, at a universal date.
    #[must_use]
    pub fn standard_shift_at(self, universal: Date) -> i32 {
        self.shift_at(universal) - self.summer_shift_at(universal)
    }

    /// СмещениеЛетнегоВремени: what summer adds, at a universal date.
    #[must_use]
    pub fn summer_shift_at(self, universal: Date) -> i32 {
        match self {
            Zone::Fixed(_) => 0,
            Zone::Named(zone) => naive(universal).map_or(0, |moment| {
                zone.offset_from_utc_datetime(&moment)
                    .dst_offset()
                    .num_seconds() as i32
            }),
        }
    }
}

fn naive(date: Date) -> Option<NaiveDateTime> {
    DateTime::from_timestamp(date.unix_seconds(), 0).map(|moment| moment.naive_utc())
}

#[cfg(test)]
mod tests {
    //! Facts of the IANA database.
    use super::*;
    use proptest::prelude::*;

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap_or_else(|| panic!("no zone {name}"))
    }

    #[test]
    fn conversions() {
        for (name, universal, local) in [
            ("Europe/Moscow", "20240101000000", "20240101030000"),
            ("Europe/Moscow", "20120101000000", "20120101040000"), // the years of constant summer
            ("Europe/Berlin", "20240701120000", "20240701140000"),
            ("Europe/Berlin", "20240101120000", "20240101130000"),
            ("Asia/Kolkata", "20240101000000", "20240101053000"),
            ("UTC", "20240101000000", "20240101000000"),
            ("GMT+3", "20240101000000", "20240101030000"),
            ("utc-05:30", "20240101000000", "20231231183000"),
            ("europe/moscow", "20240101000000", "20240101030000"),
        ] {
            let (universal, local) = (
                Date::parse_literal(universal).unwrap(),
                Date::parse_literal(local).unwrap(),
            );
            assert_eq!(zone(name).to_local(universal), Some(local), "{name}");
            assert_eq!(zone(name).to_universal(local), Some(universal), "{name}");
        }
    }

    #[test]
    fn jumps_of_the_clock() {
        let berlin = zone("Europe/Berlin");
        let date = |text: &str| Date::parse_literal(text).unwrap();
        // 2:30 happens twice on the last Sunday of October: the earlier one counts.
        assert_eq!(
            berlin.to_universal(date("20241027023000")),
            Some(date("20241027003000"))
        );
        // 2:30 does not happen on the last Sunday of March: read with the winter's shift.
        assert_eq!(
            berlin.to_universal(date("20240331023000")),
            Some(date("20240331013000"))
        );
        assert_eq!(berlin.summer_shift_at(date("20240701")), 3600);
        assert_eq!(berlin.standard_shift_at(date("20240701")), 3600);
        assert_eq!(zone("GMT+3").standard_shift_at(date("20240701")), 10_800);
    }

    #[test]
    fn names() {
        for name in [
            "",
            "Europe/Nowhere",
            "GMT",
            "GMT+",
            "GMT+99",
            "GMT+3:99",
            "GMT+х",
            "MSK+3",
        ] {
            let known = name == "GMT";
            assert_eq!(Zone::parse(name).is_some(), known, "{name}");
        }
        for zone in [
            zone("Europe/Moscow"),
            Zone::Fixed(10_800),
            Zone::Fixed(-19_800),
        ] {
            assert_eq!(Zone::parse(&zone.name()), Some(zone));
        }
        assert!(Zone::names().any(|name| name == "Europe/Moscow"));
    }

    #[test]
    fn the_ends_of_the_calendar() {
        for name in ["Asia/Kolkata", "America/New_York", "GMT+14"] {
            for date in [Date::EMPTY, Date::MAX] {
                let _ = zone(name).to_local(date);
                let _ = zone(name).to_universal(date);
            }
        }
        assert_eq!(zone("GMT-3").to_local(Date::EMPTY), None);
        assert_eq!(zone("GMT+3").to_local(Date::MAX), None);
    }

    proptest! {
        #[test]
        fn there_and_back(ticks in 200_000_000_000u64..Date::MAX.ticks() - 2_000_000_000, name in any::<String>()) {
            let universal = Date::from_ticks(ticks).unwrap();
            for zone in [zone("Europe/Moscow"), zone("Europe/Berlin"), Zone::Fixed(12_345)] {
                let local = zone.to_local(universal).unwrap();
                let back = zone.to_universal(local).unwrap();
                // Only in a repeated hour is the way back another one, an hour earlier.
                let lost = universal.seconds_since(back);
                prop_assert!(lost.is_zero() || !lost.is_negative() && lost <= Number::from_i64(3 * 3600));
                prop_assert_eq!(zone.to_local(back), Some(local));
            }
            let _ = Zone::parse(&name);
        }
    }
}
