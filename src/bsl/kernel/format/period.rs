//! ПредставлениеПериода: a period named by what it covers.

use super::parameters::FormatString;
use crate::kernel::date::{Date, Period};
use crate::kernel::locale::Locale;

/// «Январь 2024 г.», «1 квартал 2024 г.», «9 месяцев 2024 г.», «2024 г.», «02.01.2024» of a period that
/// begins and ends with whole days; any other as its two days. ФП asks for these names, and they are what
/// is shown without it as well.
#[must_use]
pub fn format_period(start: Date, end: Date, format: &FormatString, locale: Locale) -> String {
    let locale = format.locale(locale);
    let day = |date: Date| {
        let parts = date.parts();
        match locale {
            Locale::Ru => format!("{:02}.{:02}.{:04}", parts.day, parts.month, parts.year),
            Locale::En => format!("{}/{}/{}", parts.month, parts.day, parts.year),
        }
    };
    let whole =
        start == start.start_of(Period::Day) && end.whole_seconds() == end.end_of(Period::Day);
    if !whole || end < start {
        return format!("{} - {}", day(start), day(end));
    }
    let end = end.whole_seconds();
    if end == start.end_of(Period::Day) {
        return day(start);
    }
    let (first, last) = (start.parts(), end.parts());
    let months = start == start.start_of(Period::Month) && end == end.end_of(Period::Month);
    if months && first.year == last.year {
        let year = first.year;
        return match (first.month, last.month, locale) {
            (1, 12, Locale::Ru) => format!("{year} г."),
            (1, 12, Locale::En) => year.to_string(),
            (from, to, _) if from == to => match locale {
                Locale::Ru => format!("{} {year} г.", locale.month(from)),
                Locale::En => format!("{} {year}", locale.month(from)),
            },
            (from @ (1 | 4 | 7 | 10), to, Locale::Ru) if to == from + 2 => {
                format!("{} квартал {year} г.", from / 3 + 1)
            }
            (from @ (1 | 4 | 7 | 10), to, Locale::En) if to == from + 2 => {
                format!("Q{} {year}", from / 3 + 1)
            }
            (1, 6, Locale::Ru) => format!("1 полугодие {year} г."),
            (7, 12, Locale::Ru) => format!("2 полугодие {year} г."),
            (1, 9, Locale::Ru) => format!("9 месяцев {year} г."),
            (from, to, Locale::Ru) => format!(
                "{} {year} г. - {} {year} г.",
                locale.month(from),
                locale.month(to)
            ),
            (from, to, Locale::En) => format!(
                "{} {year} - {} {year}",
                locale.month(from),
                locale.month(to)
            ),
        };
    }
    format!("{} - {}", day(start), day(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods() {
        let date = |text: &str| Date::parse_literal(text).unwrap();
        for (start, end, format, expected) in [
            ("20240102", "20240102235959", "", "02.01.2024"),
            ("20240101", "20240131235959", "", "Январь 2024 г."),
            ("20240201", "20240229235959", "", "Февраль 2024 г."),
            ("20240101", "20240331235959", "", "1 квартал 2024 г."),
            ("20241001", "20241231235959", "", "4 квартал 2024 г."),
            ("20240101", "20240630235959", "", "1 полугодие 2024 г."),
            ("20240701", "20241231235959", "", "2 полугодие 2024 г."),
            ("20240101", "20240930235959", "", "9 месяцев 2024 г."),
            ("20240101", "20241231235959", "", "2024 г."),
            (
                "20240101",
                "20240229235959",
                "",
                "Январь 2024 г. - Февраль 2024 г.",
            ),
            ("20240115", "20240205235959", "", "15.01.2024 - 05.02.2024"),
            ("20240101", "20251231235959", "", "01.01.2024 - 31.12.2025"),
            (
                "20240101",
                "20240131235959",
                "ФП = Истина",
                "Январь 2024 г.",
            ),
            ("20240131", "20240101", "", "31.01.2024 - 01.01.2024"),
            ("20240101", "20240131235959", "Л=en", "January 2024"),
            ("20240101", "20240331235959", "L=en", "Q1 2024"),
            ("20240101", "20241231235959", "L=en", "2024"),
        ] {
            let text = format_period(
                date(start),
                date(end),
                &FormatString::parse(format),
                Locale::Ru,
            );
            assert_eq!(text, expected, "{start} {end} {format}");
        }
        let _ = format_period(Date::EMPTY, Date::MAX, &FormatString::default(), Locale::Ru);
        let _ = format_period(Date::MAX, Date::EMPTY, &FormatString::default(), Locale::Ru);
    }
}
