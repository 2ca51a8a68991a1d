//! Dates: parts, arithmetic, the calendar and its bounds.
//!
//! Sources: bsl-semantics.md, «Strings and dates» and «Our own decisions», else said.
use super::*;
use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;

fn d(text: &str) -> Date {
    Date::parse_literal(text).unwrap_or_else(|| panic!("not a date: {text}"))
}

#[test]
fn literals() {
    for (text, expected) in [
        ("20240102", Some("02.01.2024 0:00:00")),
        ("202401020304", Some("02.01.2024 3:04:00")),
        ("20240102030405", Some("02.01.2024 3:04:05")),
        ("2024-01-02 03:04:05", Some("02.01.2024 3:04:05")),
        ("00010101", Some("01.01.0001 0:00:00")),
        ("00000000", Some("01.01.0001 0:00:00")), // believed
        ("39991231235959", Some("31.12.3999 23:59:59")),
        ("40000101", None),
        ("20240230", None),
        ("20230229", None),
        ("20240229", Some("29.02.2024 0:00:00")),
        ("19000229", None),
        ("20000229", Some("29.02.2000 0:00:00")),
        ("20241301", None),
        ("20240001", None),
        ("20240100", None),
        ("2024010224", None),
        ("202401022400", None),
        ("20240102236000", None),
        ("2024", None),
        ("", None),
        ("202401020304056", None),
    ] {
        assert_eq!(
            Date::parse_literal(text).map(Date::to_1c_text).as_deref(),
            expected,
            "{text}"
        );
    }
    assert_eq!(Date::parse_digits("2024-01-02"), None);
    assert_eq!(Date::parse_digits("20240102"), Some(d("20240102")));
}

#[test]
fn texts_of_people() {
    for (text, expected) in [
        ("02.01.2024", Some("20240102")),
        (" 2.1.2024 3:04:05 ", Some("20240102030405")),
        ("02.01.2024 3:04", Some("202401020304")),
        ("02.01.24", None),
        ("02.01.2024 3", None),
        ("02.01.2024 3:4:5", None),
        ("02.01.2024.", None),
        ("2024-01-02", None),
        ("", None),
    ] {
        assert_eq!(Date::parse_1c_text(text), expected.map(d), "{text}");
    }
}

#[test]
fn periods() {
    // 2024-05-15 is a Wednesday.
    let date = d("20240515123456");
    for (period, start, end) in [
        (Period::Minute, "20240515123400", "20240515123459"),
        (Period::Hour, "20240515120000", "20240515125959"),
        (Period::Day, "20240515", "20240515235959"),
        (Period::Week, "20240513", "20240519235959"),
        (Period::Month, "20240501", "20240531235959"),
        (Period::Quarter, "20240401", "20240630235959"),
        (Period::Year, "20240101", "20241231235959"),
    ] {
        assert_eq!(date.start_of(period), d(start), "{period:?}");
        assert_eq!(date.end_of(period), d(end), "{period:?}");
        assert_eq!(Date::EMPTY.start_of(period), Date::EMPTY, "{period:?}");
        assert_eq!(
            Date::MAX.end_of(period),
            Date::MAX.whole_seconds(),
            "{period:?}"
        );
    }
    assert_eq!(d("20240229").end_of(Period::Quarter), d("20240331235959"));
    assert_eq!(d("20231115").end_of(Period::Quarter), d("20231231235959"));
}

#[test]
fn months() {
    for (from, months, expected) in [
        ("20240131", 1, Some("20240229")),
        ("20230131", 1, Some("20230228")),
        ("20240331", -1, Some("20240229")),
        ("20240229", 12, Some("20250228")),
        ("20241215101112", 1, Some("20250115101112")),
        ("20240115", -1, Some("20231215")),
        ("39991201", 1, None),
        ("00010101", -1, None),
        ("20240101", i64::MAX, None),
        ("20240101", i64::MIN, None),
    ] {
        assert_eq!(
            d(from).add_months(months),
            expected.map(d),
            "{from} {months}"
        );
    }
}

#[test]
fn weeks_and_days() {
    for (date, weekday, week, day) in [
        ("00010101", 1, 1, 1),
        ("20240101", 1, 1, 1),
        ("20240107", 7, 1, 7),
        ("20240108", 1, 2, 8),
        ("20230101", 7, 1, 1), // a Sunday: week 1 holds 1 January
        ("20230102", 1, 2, 2),
        ("20241231", 2, 53, 366),
        ("20260101", 4, 1, 1),
        ("39991231", 5, 53, 365),
    ] {
        assert_eq!(d(date).weekday(), weekday, "{date}");
        assert_eq!(d(date).week_of_year(), week, "{date}");
        assert_eq!(d(date).day_of_year(), day, "{date}");
    }
    assert_eq!(d("20240930").quarter(), 3);
}

#[test]
fn arithmetic() {
    let number = |text: &str| Number::parse_invariant(text, 40).unwrap();
    let date = d("20240101");
    assert_eq!(date.add_seconds(&number("86400")), Some(d("20240102")));
    assert_eq!(date.add_seconds(&number("-1")), Some(d("20231231235959")));
    let later = date.add_seconds(&number("0.0001")).unwrap();
    assert_ne!(later, date);
    assert_eq!(later.to_1c_text(), date.to_1c_text());
    assert_eq!(later.seconds_since(date), number("0.0001"));
    assert_eq!(date.add_seconds(&number("0.00004")), Some(date));
    assert_eq!(date.add_seconds(&number("0.00005")), Some(later));
    assert_eq!(date.seconds_since(d("20240103")), number("-172800"));
    assert_eq!(Date::EMPTY.add_seconds(&number("-1")), None);
    assert_eq!(d("39991231235959").add_seconds(&number("1")), None);
    assert_eq!(date.add_seconds(&number("9223372036854775807")), None);
    assert_eq!(date.add_seconds(&number("99999999999999999999999.5")), None);
    assert_eq!(Date::from_unix_seconds(0), Some(d("19700101")));
    assert_eq!(d("20240101").unix_seconds(), 1_704_067_200);
    assert_eq!(Date::from_unix_seconds(i64::MAX), None);
    assert_eq!(Date::from_unix_seconds(i64::MIN), None);
}

#[test]
fn xml() {
    assert_eq!(d("20240102030405").to_xml_text(), "2024-01-02T03:04:05");
    for (text, expected) in [
        ("2024-01-02T03:04:05", Some(("20240102030405", None))),
        ("2024-01-02", Some(("20240102", None))),
        ("2024-01-02T03:04:05Z", Some(("20240102030405", Some(0)))),
        (
            "2024-01-02T03:04:05+03:00",
            Some(("20240102030405", Some(10_800))),
        ),
        (
            "2024-01-02T03:04:05-0530",
            Some(("20240102030405", Some(-19_800))),
        ),
        ("2024-01-02T03:04", Some(("20240102030400", None))),
        ("2024-01-02 03:04:05", Some(("20240102030405", None))),
        ("2024-01-02T03:04:05.", None),
        ("2024-01-02T", None),
        ("2024-1-2", None),
        ("2024-01-02T3:04:05", None),
        ("2024-01-02T03:04:05+99:00", None),
        ("абвгдежз", None),
        ("", None),
    ] {
        let expected = expected.map(|(date, shift)| (d(date), shift));
        assert_eq!(Date::parse_xml(text), expected, "{text}");
    }
    let (date, _) = Date::parse_xml("2024-01-02T03:04:05.123456").unwrap();
    assert_eq!(date.ticks() % 10_000, 1234);
}

/// The calendar, day by day, against a plain count.
#[test]
fn every_day_of_4000_years() {
    let (mut year, mut month, mut day) = (1, 1, 1);
    let mut days = 0u64;
    while year < 4000 {
        let date = Date(days * DAY);
        assert_eq!(date.civil(), (year, month, day));
        let theirs = NaiveDate::from_num_days_from_ce_opt(days as i32 + 1).expect("a day");
        let parts = (theirs.year() as u32, theirs.month(), theirs.day());
        assert_eq!(parts, (year, month, day));
        assert_eq!(date.weekday(), theirs.weekday().number_from_monday());
        assert_eq!(date.day_of_year(), theirs.ordinal());
        assert_eq!(Date::new(year, month, day, 0, 0, 0), Some(date));
        days += 1;
        day += 1;
        if day > days_in_month(year, month) {
            day = 1;
            month += 1;
            if month > 12 {
                month = 1;
                year += 1;
            }
        }
    }
    assert_eq!(days, DAYS_END);
}

proptest! {
    #[test]
    fn texts_read_back(ticks in 0..=Date::MAX.0) {
        let date = Date(ticks).whole_seconds();
        prop_assert_eq!(Date::parse_1c_text(&date.to_1c_text()), Some(date));
        prop_assert_eq!(Date::parse_literal(&date.to_xml_text()), Some(date));
        prop_assert_eq!(Date::parse_xml(&date.to_xml_text()), Some((date, None)));
        prop_assert_eq!(Date::from_unix_seconds(date.unix_seconds()), Some(date));
        for period in [Period::Week, Period::Month, Period::Quarter, Period::Year] {
            prop_assert!(date.start_of(period) <= date && date <= date.end_of(period));
            prop_assert_eq!(date.start_of(period), date.end_of(period).start_of(period));
        }
        let other = Date(ticks);
        prop_assert_eq!(date.add_seconds(&other.seconds_since(date)), Some(other));
    }

    #[test]
    fn any_text_is_answered(text in "[0-9.:TZ+ \u{a0}я-]{0,24}", rest in any::<String>()) {
        for text in [&text, &rest] {
            let _ = Date::parse_literal(text);
            let _ = Date::parse_digits(text);
            let _ = Date::parse_1c_text(text);
            let _ = Date::parse_xml(text);
        }
    }
}
