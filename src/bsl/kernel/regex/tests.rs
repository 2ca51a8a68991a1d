use super::translate::{Breaks, translate};
use super::*;
use std::cell::Cell;
use std::time::Duration;

/// A run without end, or one of so many looks.
struct Looks(Cell<Option<u32>>);

impl Watch for Looks {
    fn goes_on(&self, _: u32) -> bool {
        match self.0.get() {
            None => true,
            Some(0) => false,
            Some(left) => {
                self.0.set(Some(left - 1));
                true
            }
        }
    }

    fn time_left(&self) -> Duration {
        Duration::from_secs(3600)
    }
}

fn free() -> Looks {
    Looks(Cell::new(None))
}

fn subject(text: &str) -> Subject {
    Subject::new(&text.encode_utf16().collect::<Vec<_>>())
}

/// All matches, `текст@место` of the whole and `(группа)` of the groups, `-` for one that took no part.
fn all(pattern: &str, text: &str, flags: Flags) -> String {
    let mut pattern = match Pattern::new(pattern, flags, usize::MAX) {
        Ok(pattern) => pattern,
        Err(error) => return format!("{} {}", error.ru, error.position),
    };
    let mut subject = subject(text);
    let mut out = Vec::new();
    let mut from = 0;
    while from <= text.len() {
        let found = match pattern.find(&subject, from, &free()) {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(error) => return format!("{error:?}"),
        };
        let (start, end) = found.whole;
        let mut shown = format!("{}@{}", &text[start..end], subject.unit_at(start) + 1);
        for group in found.groups {
            match group {
                Some((start, end)) => shown.push_str(&format!("({})", &text[start..end])),
                None => shown.push('-'),
            }
        }
        out.push(shown);
        from = if end > start {
            end
        } else {
            end + text[end..].chars().next().map_or(1, char::len_utf8)
        };
    }
    out.join(" ")
}

#[track_caller]
fn check(pattern: &str, text: &str, expected: &str) {
    assert_eq!(all(pattern, text, Flags::default()), expected, "{pattern}");
}

#[test]
fn patterns_of_icu() {
    for (pattern, text, expected) in [
        ("б+", "абббаб", "ббб@2 б@6"),
        ("(а)?(б)", "б", "б@1-(б)"),
        ("((а)(б))(в)", "абв", "абв@1(аб)(а)(б)(в)"),
        ("я{0}", "аб", "@1 @2 @3"),
        (r"(\w)\1", "аббвв", "бб@2(б) вв@4(в)"),
        (r"(?<имя>\d+)-\k<имя>", "12-12", "12-12@1(12)"),
        ("а(?=б)", "аваб", "а@3"),
        ("(?<!в)а", "ваа", "а@3"),
        ("а++а", "ааа", ""),
        ("а{2}+", "ааааа", "аа@1 аа@3"),
        ("(?:аб){1,2}+а?", "абабаба", "абаба@1"),
        (r"\h+", "а \t\u{a0}б", " \t\u{a0}@2"),
        (r"[\h\d]+", "1 \t2", "1 \t2@1"),
        (r"\Qа.б\E+", "а.ббб ааб", "а.ббб@1"),
        (r"\u0430\x{431}\x41\0101", "абAA", "абAA@1"),
        (r"\uD83D\uDE00", "1😀", "😀@2"),
        ("[[:alpha:]]+", "абв1", "абв@1"),
        ("[^[:digit:]]+", "абв1", "абв@1"),
        ("[а-я&&[^б]]+", "абв", "а@1 в@3"),
        (r"[\w-]+", "а-б в", "а-б@1 в@5"),
        (r"[\w.-]+@[\w-.]+", "а.б-в@г.рф", "а.б-в@г.рф@1"),
        ("[а-в-]+", "б-г", "б-@1"),
        ("[]а]+", "]а]", "]а]@1"),
        ("(?i)ПРИВЕТ", "привет", "привет@1"),
        ("а(?i)Б", "аб Аб", "аб@1"),
        ("(?i:а)Б", "АБ аб", "АБ@1"),
        ("(?x) а б # примечание\n в", "абв", "абв@1"),
        ("а(?#примечание)б", "аб", "аб@1"),
        ("{а}", "{а}", "{а}@1"),
        ("а.б", "а\nб ааб", "ааб@5"),
        ("(?s)а.б", "а\nб", "а\nб@1"),
        ("а.б", "а\rб а\u{2028}б а-б", "а-б@9"),
        (r"\p{Lu}+", "абВГ", "ВГ@3"),
        (r"\pL+", "1аб", "аб@2"),
        (r"\bб\b", "аб б", "б@4"),
        ("слово|слова", "слова", "слова@1"),
        (r"\R", "а\r\nб\n", "\r\n@2 \n@5"),
        (r"\<\>\/\-\я", "<>/-я", "<>/-я@1"),
        (r"😀(.)", "а😀б", "😀б@2(б)"),
    ] {
        check(pattern, text, expected);
    }
}

#[test]
fn ends_of_lines() {
    let every = Flags {
        multiline: true,
        ..Flags::default()
    };
    for (pattern, text, flags, expected) in [
        ("б$", "аб", Flags::default(), "б@2"),
        ("б$", "аб\n", Flags::default(), "б@2"),
        ("б$", "аб\r\n", Flags::default(), "б@2"),
        ("б$", "аб\n\n", Flags::default(), ""),
        (r"б\Z", "аб\n", Flags::default(), "б@2"),
        (r"б\z", "аб\n", Flags::default(), ""),
        ("^.", "а\nб", Flags::default(), "а@1"),
        ("^", "а\nб", every, "@1 @3"),
        ("^", "а\nб\n", every, "@1 @3"),
        ("^", "а\r\nб", every, "@1 @4"),
        ("$", "а\nб\n", every, "@2 @4 @5"),
        ("$", "а\r\nб", every, "@2 @5"),
        ("^.*$", "раз\nдва", every, "раз@1 два@5"),
        ("(?m)^б", "а\u{85}б", Flags::default(), "б@3"),
    ] {
        assert_eq!(all(pattern, text, flags), expected, "{pattern} {text:?}");
    }
}

#[test]
fn bad_patterns_name_the_place() {
    for (pattern, expected) in [
        ("а(б", "не хватает «)» 4"),
        ("аб)", "лишняя «)» 3"),
        ("[аб", "не хватает «]» 1"),
        ("а\\", "«\\» в конце шаблона 2"),
        (
            "*а",
            "повторять нечего: перед знаком повторения нет выражения 0",
        ),
        (r"а\y", "неизвестная последовательность «\\y» 2"),
        (r"(а)\2", "ссылка на группу, которой нет 0"),
        (r"\k<нет>", "ссылка на группу, которой нет 0"),
        ("(?я)", "неизвестный вид группы «(?» 1"),
        ("[[:нет:]]", "неизвестный класс «нет» 2"),
        (r"\p{Нет}", "неверное имя свойства 3"),
        (r"\u12", "неизвестная последовательность «\\u» 1"),
        ("(?:(?:а{1000}){1000}){1000}", "шаблон слишком велик 0"),
    ] {
        check(pattern, "а", expected);
    }
    let deep = "(".repeat(100_000);
    check(&deep, "а", "слишком глубокая вложенность 61");
    let deep = "[".repeat(100_000);
    check(&deep, "а", "слишком глубокая вложенность 61");
}

#[test]
fn going_back_has_an_end() {
    let text = "а".repeat(60);
    for pattern in [
        r"((?:а|аа)+)\1б",
        r"(?=(а*))(?:а|аа)*\1б",
        "(?:а|аа)*(?!а)б",
    ] {
        check(pattern, &text, "Backtracks");
    }
    // What an automaton can do is done, however it is written.
    for pattern in ["(а+)+б", "(а|а)*б", "(?:а?){60}а{60}б"] {
        check(pattern, &text, "");
    }
}

#[test]
fn a_search_is_stopped_by_its_caller() {
    // No return is made here, only steps forward, each over the whole of the text.
    let text = "а".repeat(2_500);
    let mut pattern = Pattern::new("^(?:(?=.*а)а)*$", Flags::default(), 0).expect("it is sound");
    let looks = Looks(Cell::new(Some(0)));
    let stopped = pattern.find(&subject(&text), 0, &looks);
    assert_eq!(stopped, Err(SearchError::Stopped));
    // It works as before afterwards.
    assert_eq!(
        pattern
            .find(&subject("ааа"), 0, &free())
            .map(|it| it.map(|it| it.whole)),
        Ok(Some((0, 6)))
    );
}

#[test]
fn a_whole_match_is_no_matter_of_anchors() {
    for (pattern, text, expected) in [
        ("б", "абвг", false),
        ("абвг", "абвг", true),
        ("аб|абвг", "абвг", true),
        ("аб", "аб\n", false),
        ("а*", "", true),
        ("(?s).*", "а\nб", true),
    ] {
        let mut compiled = Pattern::new(pattern, Flags::default(), 0).expect("it is sound");
        let covers = compiled.covers(&subject(text), &free());
        assert_eq!(covers, Ok(expected), "{pattern} {text:?}");
    }
}

#[test]
fn places_go_forth_and_back() {
    let text = "аb😀\u{a0}я";
    let mut subject = subject(text);
    let pairs: Vec<(usize, usize)> = text
        .char_indices()
        .map(|(byte, _)| (byte, text[..byte].encode_utf16().count()))
        .collect();
    for (byte, unit) in pairs.iter().chain(pairs.iter().rev()) {
        assert_eq!(subject.unit_at(*byte), *unit);
        assert_eq!(subject.byte_at(*unit), *byte);
    }
    // The second half of a pair belongs to its character.
    assert_eq!(subject.byte_at(3), 3);
    assert_eq!(subject.byte_at(100), text.len());
}

#[test]
fn replacements() {
    let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    let text = |text: &str| Piece::Text(units(text));
    for (source, groups, expected) in [
        ("а$1б", 1, vec![text("а"), Piece::Group(1), text("б")]),
        ("$01", 2, vec![Piece::Group(0), text("1")]),
        ("$12", 2, vec![Piece::Group(1), text("2")]),
        ("$10", 10, vec![Piece::Group(10)]),
        ("$$ ${1}", 1, vec![text("$$ ${1}")]),
        (r"\$1\n\\", 1, vec![text(r"$1n\")]),
        ("а\\", 0, vec![text("а")]),
        ("н$5к", 1, vec![text("н"), Piece::NoGroup, text("к")]),
    ] {
        assert_eq!(
            Replacement::parse(&units(source), groups).pieces,
            expected,
            "{source}"
        );
    }
}

/// Whatever is written, a translation either has a reason against it or is read by the engine, or the
/// engine has one; nothing panics.
#[test]
fn no_text_is_beyond_reading() {
    let alphabet: Vec<char> = r"аб1\[](){}*+?|.^$-&:=!<>,#QEpuxkRZ ".chars().collect();
    let mut seed = 1u64;
    for _ in 0..300 {
        let mut pattern = String::new();
        for _ in 0..12 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            pattern.push(alphabet[(seed >> 33) as usize % alphabet.len()]);
        }
        let _ = all(&pattern, "аб1\r\nаб", Flags::default());
        let _ = translate(&pattern, Flags::default(), Breaks::Any);
    }
}
