//! Sources: bsl-semantics.md («Strings and dates»), 1C's documentation; «believed» where neither.

use super::*;
use proptest::prelude::*;

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn plain(text: &[u16]) -> String {
    String::from_utf16_lossy(text)
}

#[test]
fn finding() {
    use Direction::{FromBegin, FromEnd};
    for (text, needle, direction, start, occurrence, expected) in [
        ("привет мир", "мир", FromBegin, None, 1, 8),
        ("привет мир", "МИР", FromBegin, None, 1, 0),
        ("абаба", "аба", FromBegin, None, 2, 3),
        ("абаба", "аба", FromEnd, None, 1, 3),
        ("абаба", "аба", FromEnd, None, 2, 1),
        ("абаба", "аба", FromEnd, Some(4), 1, 1),
        ("абаба", "а", FromBegin, Some(2), 1, 3),
        ("абаба", "а", FromBegin, Some(6), 1, 0),
        ("абаба", "а", FromBegin, Some(99), 1, 0),
        ("абаба", "а", FromEnd, Some(99), 1, 5),
        ("абаба", "а", FromBegin, None, 4, 0),
        ("абаба", "а", FromBegin, None, 0, 0),
        ("абаба", "", FromBegin, None, 1, 1), // 1C 8.3.27
        ("", "", FromBegin, None, 1, 1),
        ("", "а", FromBegin, None, 1, 0),
        ("😀а", "а", FromBegin, None, 1, 3), // units of UTF-16
        ("aaaaaaaaab", "aaaaaaaab", FromBegin, None, 1, 2),
        ("aaaaaaaaab", "aaaaaaaaa", FromEnd, None, 1, 1),
        (
            "xyzxyzxyzxyzq xyzxyzxyzq",
            "xyzxyzxyzq",
            FromBegin,
            None,
            1,
            4,
        ),
        (
            "xyzxyzxyzxyzq xyzxyzxyzq",
            "xyzxyzxyzq",
            FromBegin,
            None,
            2,
            15,
        ),
        (
            "xyzxyzxyzxyzq xyzxyzxyzq",
            "xyzxyzxyzq",
            FromEnd,
            None,
            2,
            4,
        ),
    ] {
        let found = find(&wide(text), &wide(needle), direction, start, occurrence);
        assert_eq!(
            found, expected,
            "{text} {needle} {direction:?} {start:?} {occurrence}"
        );
    }
    assert_eq!(find(b"abc", b"c", FromBegin, None, 1), 3);
}

#[test]
fn counting() {
    for (text, needle, expected) in [
        ("абаба", "а", 3),
        ("aaa", "aa", 2),
        ("", "a", 0),
        ("abc", "", 0),
        ("aaaaaaaaaaaa", "aaaaaaaaaa", 3),
    ] {
        assert_eq!(
            count(&wide(text), &wide(needle)),
            expected,
            "{text} {needle}"
        );
    }
}

#[test]
fn replacing() {
    for (text, needle, with, expected) in [
        ("а-б-в", "-", "+", Some("а+б+в")),
        ("аааа", "аа", "а", Some("аа")),
        ("абв", "б", "", Some("ав")),
        ("абв", "", "x", None),
        ("абв", "г", "x", None),
        ("aaaaaaaaaaaaaaaaaaaab", "aaaaaaaaaa", "1", Some("11b")),
    ] {
        let result = replace(&wide(text), &wide(needle), &wide(with), 100).unwrap();
        assert_eq!(
            result.map(|text| plain(&text)).as_deref(),
            expected,
            "{text}"
        );
    }
    assert_eq!(replace(&[7u16; 10], &[7], &[1; 11], 100), Err(TooLong));
    assert!(replace(&[7u16; 10], &[7], &[1; 10], 100).is_ok());
}

#[test]
fn splitting() {
    for (text, separators, with_empty, expected) in [
        ("а,б;в", ",;", true, "а|б|в"),
        ("а,,б", ",", true, "а||б"),
        ("а,,б,", ",", false, "а|б"),
        ("", ",", true, ""),
        ("а,б", "", true, "а,б"),
        (",", ",", true, "|"),
    ] {
        let (text, separators) = (wide(text), wide(separators));
        let pieces: Vec<String> = split(&text, &separators, with_empty)
            .map(|range| plain(&text[range]))
            .collect();
        assert_eq!(pieces.join("|"), expected);
    }
    assert_eq!(split(b"", b",", true).count(), 1);
    assert_eq!(split(b"", b",", false).count(), 0);
    assert_eq!(split(b",,", b",", false).count(), 0);
}

#[test]
fn trimming() {
    let text = wide(" \u{a0}\t\r\n абв \u{a0}\u{2003}");
    assert_eq!(plain(&text[trim(&text, true, true)]), "абв");
    assert_eq!(plain(&text[trim(&text, true, false)]), "абв \u{a0}\u{2003}");
    assert_eq!(plain(&text[trim(&text, false, true)]), " \u{a0}\t\r\n абв");
    assert!(trim(&wide(" \u{a0} "), true, true).is_empty());
    assert!(trim::<u16>(&[], true, true).is_empty());
    for unit in 0..=u16::MAX {
        let whitespace = char::from_u32(u32::from(unit)).is_some_and(char::is_whitespace);
        assert_eq!(is_blank(unit), whitespace || unit == 0xfeff, "{unit:x}");
    }
}

#[test]
fn parts() {
    assert_eq!(left_range(5, -1), 0..0);
    assert_eq!(left_range(5, 2), 0..2);
    assert_eq!(left_range(5, i64::MAX), 0..5);
    assert_eq!(right_range(5, 2), 3..5);
    assert_eq!(right_range(5, i64::MIN), 5..5);
    assert_eq!(mid_range(5, 0, Some(2)), 0..2);
    assert_eq!(mid_range(5, -7, None), 0..5);
    assert_eq!(mid_range(5, 2, Some(2)), 1..3);
    assert_eq!(mid_range(5, 5, Some(9)), 4..5);
    assert_eq!(mid_range(5, 6, Some(9)), 5..5);
    assert_eq!(mid_range(5, i64::MAX, Some(i64::MAX)), 5..5);
    assert_eq!(mid_range(5, 1, Some(-1)), 0..0);
}

#[test]
fn cases() {
    for (text, up, down, titled) in [
        (
            "привет, МИР 2x",
            "ПРИВЕТ, МИР 2X",
            "привет, мир 2x",
            "Привет, Мир 2x",
        ),
        ("ёлка", "ЁЛКА", "ёлка", "Ёлка"),
        ("straße", "STRAßE", "straße", "Straße"),
        ("ĳ ÿ", "Ĳ Ÿ", "ĳ ÿ", "Ĳ Ÿ"),
        ("𐐨😀", "𐐀😀", "𐐨😀", "𐐀😀"),
        ("", "", "", ""),
    ] {
        assert_eq!(plain(&upper(&wide(text))), up);
        assert_eq!(plain(&lower(&wide(text))), down);
        assert_eq!(plain(&title(&wide(text))), titled);
    }
    assert_eq!(upper(&[0xd83d, 0x61]), [0xd83d, 0x41]);
}

#[test]
fn lines() {
    let text = wide("один\nдва\r\n\nчетыре");
    assert_eq!(line_count(&text), 4);
    for (number, expected) in [
        (1, "один"),
        (2, "два\r"),
        (3, ""),
        (4, "четыре"),
        (5, ""),
        (0, ""),
        (-1, ""),
        (i64::MAX, ""),
    ] {
        assert_eq!(plain(&text[line(&text, number)]), expected, "{number}");
    }
    assert_eq!(line_count::<u16>(&[]), 1);
    assert_eq!(plain(&wide("a\n")[line(&wide("a\n"), 2)]), "");
}

#[test]
fn templates() {
    let show = |template: &str| match template_pieces(template).collect::<Result<Vec<_>, _>>() {
        Ok(pieces) => pieces
            .into_iter()
            .map(|piece| match piece {
                TemplatePiece::Text(range) => template[range].to_owned(),
                TemplatePiece::Parameter(number) => format!("<{number}>"),
            })
            .collect(),
        Err(error) => format!("ошибка {}", error.position),
    };
    for (template, expected) in [
        ("Привет, %1!", "Привет, <1>!"),
        ("%1%2%10", "<1><2><10>"),
        ("%1 %11", "ошибка 5"),
        ("%(1)1", "<1>1"),
        ("%(1)0 %(10)", "<1>0 <10>"),
        ("100%%", "100%"),
        ("100%", "ошибка 5"),
        ("да %x", "ошибка 5"),
        ("%0", "ошибка 2"),
        ("%(11)", "ошибка 2"),
        ("%%1", "%1"),
        ("", ""),
    ] {
        assert_eq!(show(template), expected, "{template}");
    }
}

#[test]
fn language_strings() {
    for (text, language, expected) in [
        ("ru = 'Привет'; en = 'Hello'", "ru", "Привет"),
        ("ru = 'Привет'; en = 'Hello'", "en", "Hello"),
        ("ru='Привет';en='Hello';", "en_US", "Hello"),
        ("ru = 'Привет'; en = 'Hello'", "de", ""),
        ("ru = 'а; б = в'; en = \"it's\"", "ru", "а; б = в"),
        ("ru = 'а; б = в'; en = \"it's\"", "en", "it's"),
        ("ru = 'он сказал ''да'''", "ru", "он сказал 'да'"),
        ("ru = 'две\nстроки'", "ru", "две\nстроки"),
        ("ru = без кавычек; en = x", "ru", "без кавычек"),
        ("RU = 'Привет'", "ru", "Привет"),
        ("без кода", "ru", ""),
        ("", "ru", ""),
    ] {
        assert_eq!(nstr(text, language), expected, "{text}");
    }
}

proptest! {
    /// Against the plain search of the standard library.
    #[test]
    fn search_is_exact(text in "[аб]{0,40}", needle in "[аб]{1,12}", start in 1usize..45, occurrence in 1usize..4) {
        let (units, needle_units) = (wide(&text), wide(&needle));
        let all: Vec<usize> = (0..units.len())
            .filter(|at| units[*at..].starts_with(&needle_units))
            .map(|at| at + 1)
            .collect();
        let forward: Vec<usize> = all.iter().copied().filter(|at| *at >= start).collect();
        prop_assert_eq!(
            find(&units, &needle_units, Direction::FromBegin, Some(start), occurrence),
            forward.get(occurrence - 1).copied().unwrap_or(0)
        );
        let backward: Vec<usize> =
            all.iter().rev().copied().filter(|at| at + needle_units.len() - 1 <= start).collect();
        prop_assert_eq!(
            find(&units, &needle_units, Direction::FromEnd, Some(start), occurrence),
            backward.get(occurrence - 1).copied().unwrap_or(0)
        );
        prop_assert_eq!(count(&units, &needle_units), all.len());
        let replaced = replace(&units, &needle_units, &wide("в"), 1000).unwrap();
        prop_assert_eq!(
            plain(&replaced.unwrap_or(units)),
            text.replace(&needle, "в")
        );
    }

    #[test]
    fn any_text_is_answered(text in any::<String>(), other in any::<String>(), number in any::<i64>(), units in proptest::collection::vec(any::<u16>(), 0..20)) {
        let _ = template_pieces(&text).count();
        let _ = template_pieces(&format!("%{text}")).count();
        let _ = nstr(&text, &other);
        let _ = nstr(&format!("ru = '{text}"), "ru");
        let (upper, lower, title) = (upper(&units), lower(&units), title(&units));
        // Few letters have a case of another length (none within the plane of 16 bits).
        prop_assert!(upper.len() == units.len() && lower.len() == units.len() && title.len() == units.len());
        let _ = &units[line(&units, number)];
        let _ = &units[mid_range(units.len(), number, Some(number))];
        let _ = &units[left_range(units.len(), number)];
        let _ = &units[right_range(units.len(), number)];
        prop_assert!(split(&units, &[0x20, 0x41], true).count() >= 1);
    }
}
