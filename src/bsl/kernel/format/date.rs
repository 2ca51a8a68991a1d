//! Dates by the format string.

use super::parameters::{FormatString, Key};
use crate::kernel::date::{Date, DateParts};
use crate::kernel::locale::Locale;
use std::fmt::Write;

/// A date by ДФ, ДЛФ, ДП and the language. ДЛФ wins over ДФ.
#[must_use]
pub fn format_date(date: Date, format: &FormatString, locale: Locale) -> String {
    if date.is_empty() {
        return format.get(Key::EmptyDate).unwrap_or("").to_owned();
    }
    let locale = format.locale(locale);
    if let Some(name) = format.get(Key::LocalDateFormat) {
        return by_pattern(date, local_pattern(name, locale), locale);
    }
    match format.get(Key::DateFormat) {
        Some(pattern) if !pattern.is_empty() => by_pattern(date, pattern, locale),
        _ => by_pattern(date, local_pattern("ДВ", locale), locale),
    }
}

/// The patterns of ДЛФ.
fn local_pattern(name: &str, locale: Locale) -> &'static str {
    let name = name.to_uppercase();
    match (locale, name.as_str()) {
        (Locale::Ru, "Д" | "D") => "dd.MM.yyyy",
        (Locale::Ru, "ДД" | "DD") => "d MMMM yyyy 'г.'",
        (Locale::Ru, "В" | "T") => "H:mm:ss",
        (Locale::Ru, "ДДВ" | "DDT") => "d MMMM yyyy 'г.' H:mm:ss",
        (Locale::Ru, _) => "dd.MM.yyyy H:mm:ss",
        (Locale::En, "Д" | "D") => "M/d/yyyy",
        (Locale::En, "ДД" | "DD") => "MMMM d, yyyy",
        (Locale::En, "В" | "T") => "h:mm:ss tt",
        (Locale::En, "ДДВ" | "DDT") => "MMMM d, yyyy h:mm:ss tt",
        (Locale::En, _) => "M/d/yyyy h:mm:ss tt",
    }
}

/// What a letter of ДФ stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Day,
    Month,
    Quarter,
    Year,
    Hour12,
    Hour24,
    Minute,
    Second,
    HalfOfDay,
}

fn field(symbol: char) -> Option<Field> {
    Some(match symbol {
        'д' | 'd' => Field::Day,
        'М' | 'M' => Field::Month,
        'к' | 'q' => Field::Quarter,
        'г' | 'y' => Field::Year,
        'ч' | 'h' => Field::Hour12,
        'Ч' | 'H' => Field::Hour24,
        'м' | 'm' => Field::Minute,
        'с' | 's' => Field::Second,
        'в' | 't' => Field::HalfOfDay,
        _ => return None,
    })
}

enum Piece {
    Literal(char),
    Field(Field, usize),
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut quote = None;
    let mut previous = None;
    for symbol in pattern.chars() {
        match quote {
            Some(open) if symbol == open => quote = None,
            Some(_) => pieces.push(Piece::Literal(symbol)),
            None if symbol == '\'' || symbol == '"' => quote = Some(symbol),
            None => match (field(symbol), pieces.last_mut()) {
                (Some(field), Some(Piece::Field(last, count)))
                    if *last == field && previous == Some(symbol) =>
                {
                    *count += 1;
                }
                (Some(field), _) => pieces.push(Piece::Field(field, 1)),
                (None, _) => pieces.push(Piece::Literal(symbol)),
            },
        }
        previous = if quote.is_none() { Some(symbol) } else { None };
    }
    pieces
}

fn by_pattern(date: Date, pattern: &str, locale: Locale) -> String {
    let DateParts {
        year,
        month,
        day,
        hour,
        minute,
        second,
    } = date.parts();
    let pieces = pieces(pattern);
    // A month's name is in the genitive where the day of the month stands beside it.
    let has_day = pieces
        .iter()
        .any(|piece| matches!(piece, Piece::Field(Field::Day, 1 | 2)));
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let mut text = String::new();
    let number = |text: &mut String, value: u32, count: usize| {
        // Writing to a string does not fail.
        let _ = if count > 1 {
            write!(text, "{value:02}")
        } else {
            write!(text, "{value}")
        };
    };
    for piece in &pieces {
        match *piece {
            Piece::Literal(symbol) => text.push(symbol),
            Piece::Field(Field::Day, count @ (1 | 2)) => number(&mut text, day, count),
            Piece::Field(Field::Day, 3) => text.push_str(locale.weekday_short(date.weekday())),
            Piece::Field(Field::Day, _) => text.push_str(locale.weekday(date.weekday())),
            Piece::Field(Field::Month, count @ (1 | 2)) => number(&mut text, month, count),
            Piece::Field(Field::Month, 3) => text.push_str(locale.month_short(month)),
            Piece::Field(Field::Month, _) if has_day => {
                text.push_str(locale.month_after_day(month))
            }
            Piece::Field(Field::Month, _) => text.push_str(locale.month(month)),
            Piece::Field(Field::Quarter, _) => number(&mut text, date.quarter(), 1),
            Piece::Field(Field::Year, count @ (1 | 2)) => number(&mut text, year % 100, count),
            Piece::Field(Field::Year, _) => {
                let _ = write!(text, "{year:04}");
            }
            Piece::Field(Field::Hour12, count) => number(&mut text, hour12, count),
            Piece::Field(Field::Hour24, count) => number(&mut text, hour, count),
            Piece::Field(Field::Minute, count) => number(&mut text, minute, count),
            Piece::Field(Field::Second, count) => number(&mut text, second, count),
            Piece::Field(Field::HalfOfDay, 1) => text.push('в'),
            Piece::Field(Field::HalfOfDay, _) => {
                if locale == Locale::En {
                    text.push_str(if hour < 12 { "AM" } else { "PM" });
                }
            }
        }
    }
    text
}
