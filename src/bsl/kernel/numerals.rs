//! Numbers in words: ЧислоПрописью and СтрокаСЧислом, Russian and English.
//!
//! Sources: 1C's documentation of ЧислоПрописью; the spaces around empty names as a published test
//! of real 1C shows them («… шестьдесят семь  00 »).

use super::format::{FormatString, Key};
use super::locale::Locale;
use super::number::{Number, Rounding};

/// Digits of the whole part that have names: up to 10^36 − 1.
const NAMED_DIGITS: usize = 36;
/// Digits of the fraction that are counted at most.
const FRACTION_DIGITS_MAX: u32 = 9;

/// Gender of a counted thing: один рубль, одна копейка, одно место.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gender {
    Masculine,
    Feminine,
    Neuter,
}

/// A counted thing: its names after 1, 2 and 5.
#[derive(Debug, Clone)]
struct Item {
    forms: [String; 3],
    gender: Gender,
}

/// The third parameter of ЧислоПрописью: `рубль, рубля, рублей, м, копейка, копейки, копеек, ж, 2`,
/// in English `dollar, dollars, cent, cents, 2`.
#[derive(Debug, Clone)]
struct Counted {
    whole: Item,
    fraction: Item,
    fraction_digits: u32,
}

impl Counted {
    fn parse(text: &str, locale: Locale) -> Counted {
        // There are nine parts; what follows is not looked at.
        let parts: Vec<&str> = text.splitn(10, ',').map(str::trim).take(9).collect();
        let part = |index: usize| parts.get(index).copied().unwrap_or("").to_owned();
        let gender = |index: usize| match part(index).to_lowercase().as_str() {
            "ж" | "f" => Gender::Feminine,
            "с" | "n" => Gender::Neuter,
            _ => Gender::Masculine,
        };
        let (whole, fraction, digits) = match locale {
            Locale::Ru => (
                Item {
                    forms: [part(0), part(1), part(2)],
                    gender: gender(3),
                },
                Item {
                    forms: [part(4), part(5), part(6)],
                    gender: gender(7),
                },
                part(8),
            ),
            Locale::En => (
                Item {
                    forms: [part(0), part(1), part(1)],
                    gender: Gender::Masculine,
                },
                Item {
                    forms: [part(2), part(3), part(3)],
                    gender: Gender::Masculine,
                },
                part(4),
            ),
        };
        let fraction_digits = digits
            .parse()
            .map_or(2, |digits: u32| digits.min(FRACTION_DIGITS_MAX));
        Counted {
            whole,
            fraction,
            fraction_digits,
        }
    }
}

/// ЧислоПрописью(число, форматная строка, параметры предмета исчисления); `None` for a number
/// whose whole part has more digits than there are names.
#[must_use]
pub fn number_in_words(
    value: &Number,
    format: &FormatString,
    counted: &str,
    locale: Locale,
) -> Option<String> {
    let locale = format.locale(locale);
    let counted = Counted::parse(counted, locale);
    let rounded = value.round(i64::from(counted.fraction_digits), Rounding::HalfAway);
    let (negative, digits, scale) = rounded.digits();
    let scale = scale as usize;
    let padded = format!(
        "{}{digits}",
        "0".repeat((scale + 1).saturating_sub(digits.len()))
    );
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    let fraction = format!(
        "{fraction}{}",
        "0".repeat(counted.fraction_digits as usize - scale)
    );

    let mut text = String::new();
    if negative {
        text.push_str(match locale {
            Locale::Ru => "минус ",
            Locale::En => "minus ",
        });
    }
    text.push_str(&words(whole, counted.whole.gender, locale)?);
    if format.boolean(Key::ItemName).unwrap_or(true) {
        text.push(' ');
        text.push_str(&counted.whole.forms[plural(whole, locale)]);
    }
    if counted.fraction_digits > 0 {
        text.push(' ');
        let in_words = format
            .boolean(Key::EmptyDate)
            .or(format.boolean(Key::FractionInWords));
        if in_words.unwrap_or(false) {
            text.push_str(&words(&fraction, counted.fraction.gender, locale)?);
        } else {
            text.push_str(&fraction);
        }
        if format.boolean(Key::FractionName).unwrap_or(true) {
            text.push(' ');
            text.push_str(&counted.fraction.forms[plural(&fraction, locale)]);
        }
    }
    Some(capitalise(&text))
}

fn capitalise(text: &str) -> String {
    let mut symbols = text.chars();
    match symbols.next() {
        Some(first) => first.to_uppercase().chain(symbols).collect(),
        None => String::new(),
    }
}

/// Which of the three forms stands after the number: 0 after 1, 1 after 2, 2 after 5.
fn plural(digits: &str, locale: Locale) -> usize {
    let number = digits.trim_start_matches('0').as_bytes();
    let last = number.last().map_or(0, |digit| digit - b'0');
    let tens = number
        .len()
        .checked_sub(2)
        .map_or(0, |index| number[index] - b'0');
    match locale {
        Locale::En => usize::from(number != b"1"),
        Locale::Ru => match (tens, last) {
            (1, _) => 2,
            (_, 1) => 0,
            (_, 2..=4) => 1,
            _ => 2,
        },
    }
}

/// The whole number in words, lower case.
fn words(digits: &str, gender: Gender, locale: Locale) -> Option<String> {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(
            if locale == Locale::Ru {
                "ноль"
            } else {
                "zero"
            }
            .to_owned(),
        );
    }
    if digits.len() > NAMED_DIGITS {
        return None;
    }
    let padded = format!("{}{digits}", "0".repeat((3 - digits.len() % 3) % 3));
    let groups = padded.len() / 3;
    let mut words: Vec<&str> = Vec::new();
    for index in 0..groups {
        let group = &padded[3 * index..3 * index + 3];
        let power = groups - 1 - index;
        if group == "000" {
            continue;
        }
        match locale {
            Locale::Ru => {
                let gender = match power {
                    0 => gender,
                    1 => Gender::Feminine,
                    _ => Gender::Masculine,
                };
                russian_group(group, gender, &mut words);
                if power > 0 {
                    words.push(RUSSIAN_POWERS.get(power - 1)?[plural(group, locale)]);
                }
            }
            Locale::En => {
                english_group(group, &mut words);
                if power > 0 {
                    words.push(ENGLISH_POWERS.get(power - 1)?);
                }
            }
        }
    }
    Some(words.join(" ").replace(" - ", "-"))
}

fn values(group: &str) -> (usize, usize, usize) {
    let digit = |index: usize| usize::from(group.as_bytes()[index] - b'0');
    (digit(0), digit(1), digit(2))
}

fn russian_group(group: &str, gender: Gender, words: &mut Vec<&'static str>) {
    let (hundreds, tens, units) = values(group);
    if hundreds > 0 {
        words.push(RUSSIAN_HUNDREDS[hundreds - 1]);
    }
    if tens == 1 {
        words.push(RUSSIAN_TEENS[units]);
        return;
    }
    if tens > 1 {
        words.push(RUSSIAN_TENS[tens - 2]);
    }
    match (units, gender) {
        (0, _) => {}
        (1, Gender::Feminine) => words.push("одна"),
        (1, Gender::Neuter) => words.push("одно"),
        (2, Gender::Feminine) => words.push("две"),
        _ => words.push(RUSSIAN_UNITS[units - 1]),
    }
}

fn english_group(group: &str, words: &mut Vec<&'static str>) {
    let (hundreds, tens, units) = values(group);
    if hundreds > 0 {
        words.push(ENGLISH_UNITS[hundreds - 1]);
        words.push("hundred");
    }
    if tens == 1 {
        words.push(ENGLISH_TEENS[units]);
        return;
    }
    if tens > 1 {
        words.push(ENGLISH_TENS[tens - 2]);
        if units > 0 {
            // The hyphen's blanks go when the words are joined.
            words.push("-");
        }
    }
    if units > 0 {
        words.push(ENGLISH_UNITS[units - 1]);
    }
}

const RUSSIAN_UNITS: [&str; 9] = [
    "один",
    "два",
    "три",
    "четыре",
    "пять",
    "шесть",
    "семь",
    "восемь",
    "девять",
];
const RUSSIAN_TEENS: [&str; 10] = [
    "десять",
    "одиннадцать",
    "двенадцать",
    "тринадцать",
    "четырнадцать",
    "пятнадцать",
    "шестнадцать",
    "семнадцать",
    "восемнадцать",
    "девятнадцать",
];
const RUSSIAN_TENS: [&str; 8] = [
    "двадцать",
    "тридцать",
    "сорок",
    "пятьдесят",
    "шестьдесят",
    "семьдесят",
    "восемьдесят",
    "девяносто",
];
const RUSSIAN_HUNDREDS: [&str; 9] = [
    "сто",
    "двести",
    "триста",
    "четыреста",
    "пятьсот",
    "шестьсот",
    "семьсот",
    "восемьсот",
    "девятьсот",
];
const RUSSIAN_POWERS: [[&str; 3]; 11] = [
    ["тысяча", "тысячи", "тысяч"],
    ["миллион", "миллиона", "миллионов"],
    ["миллиард", "миллиарда", "миллиардов"],
    ["триллион", "триллиона", "триллионов"],
    ["квадриллион", "квадриллиона", "квадриллионов"],
    ["квинтиллион", "квинтиллиона", "квинтиллионов"],
    ["секстиллион", "секстиллиона", "секстиллионов"],
    ["септиллион", "септиллиона", "септиллионов"],
    ["октиллион", "октиллиона", "октиллионов"],
    ["нониллион", "нониллиона", "нониллионов"],
    ["дециллион", "дециллиона", "дециллионов"],
];
const ENGLISH_UNITS: [&str; 9] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];
const ENGLISH_TEENS: [&str; 10] = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const ENGLISH_TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const ENGLISH_POWERS: [&str; 11] = [
    "thousand",
    "million",
    "billion",
    "trillion",
    "quadrillion",
    "quintillion",
    "sextillion",
    "septillion",
    "octillion",
    "nonillion",
    "decillion",
];

/// СтрокаСЧислом: chooses a form of `ноль;один;два;несколько;много;другое` by the rules of the
/// language's plurals, and gives it with the formatted number that stands in the place of each `%1`.
/// Forms that are empty give way to the last one.
#[must_use]
pub fn string_with_number<'f>(
    forms: &'f str,
    value: &Number,
    ordinal: bool,
    format: &FormatString,
    locale: Locale,
) -> (&'f str, String) {
    let language = format.locale(locale);
    let (_, digits, scale) = value.digits();
    // ICU's categories: 0 zero, 1 one, 2 two, 3 few, 4 many, 5 other.
    let category = if value.is_zero() && !forms.is_empty() && !forms.starts_with(';') {
        0
    } else if scale > 0 {
        5
    } else {
        match (language, ordinal) {
            (Locale::Ru, true) => 5,
            (Locale::Ru, false) => [1, 3, 4][plural(&digits, Locale::Ru)],
            (Locale::En, false) => {
                if digits == "1" {
                    1
                } else {
                    5
                }
            }
            (Locale::En, true) => {
                let tens = digits.len() >= 2 && digits.as_bytes()[digits.len() - 2] == b'1';
                match digits.as_bytes().last() {
                    _ if tens => 5,
                    Some(b'1') => 1,
                    Some(b'2') => 2,
                    Some(b'3') => 3,
                    _ => 5,
                }
            }
        }
    };
    let form = forms
        .split(';')
        .nth(category)
        .filter(|form| !form.is_empty());
    let form = form
        .or_else(|| forms.rsplit(';').find(|form| !form.is_empty()))
        .unwrap_or("");
    let number = if value.is_zero() && !format.has(Key::Zero) {
        "0".to_owned()
    } else {
        super::format::format_number(value, format, locale)
    };
    (form, number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROUBLES: &str = "рубль, рубля, рублей, м, копейка, копейки, копеек, ж, 2";
    const DOLLARS: &str = "dollar, dollars, cent, cents, 2";

    fn with_number(forms: &str, value: &Number, ordinal: bool, format: &FormatString) -> String {
        let (form, number) = string_with_number(forms, value, ordinal, format, Locale::Ru);
        form.replace("%1", &number)
    }

    fn check(value: &str, format: &str, counted: &str, expected: &str) {
        let number = Number::parse_invariant(value, 100).unwrap();
        let text = number_in_words(&number, &FormatString::parse(format), counted, Locale::Ru);
        assert_eq!(
            text.as_deref(),
            Some(expected),
            "{value} «{format}» «{counted}»"
        );
    }

    #[test]
    fn russian() {
        // 1C's documentation and examples of it.
        check(
            "2341.56",
            "Л=ru_RU; ДП=Истина",
            "доллар,доллара,долларов,м,цент,цента,центов,м,2",
            "Две тысячи триста сорок один доллар пятьдесят шесть центов",
        );
        check(
            "1234.56",
            "Л=ru_RU;ДП=ИСТИНА",
            "целая, целых, целых, ж, сотая, сотой, сотых, ж, 2",
            "Одна тысяча двести тридцать четыре целых пятьдесят шесть сотых",
        );
        // A published test against a real 1C.
        check(
            "1234567",
            "Л=ru_RU",
            "",
            "Один миллион двести тридцать четыре тысячи пятьсот шестьдесят семь  00 ",
        );
        check(
            "9845.11",
            "Л=ru_RU",
            ROUBLES,
            "Девять тысяч восемьсот сорок пять рублей 11 копеек",
        );
        check("1", "", ROUBLES, "Один рубль 00 копеек");
        check("2.02", "", ROUBLES, "Два рубля 02 копейки");
        check("2.02", "ДП=Истина", ROUBLES, "Два рубля две копейки");
        check(
            "21.21",
            "ДП=Истина",
            ROUBLES,
            "Двадцать один рубль двадцать одна копейка",
        );
        check(
            "11.12",
            "ДП=Истина",
            ROUBLES,
            "Одиннадцать рублей двенадцать копеек",
        );
        check("0", "ДП=Истина", ROUBLES, "Ноль рублей ноль копеек");
        check("0.999", "", ROUBLES, "Один рубль 00 копеек"); // believed: rounds
        check("-15", "", ROUBLES, "Минус пятнадцать рублей 00 копеек");
        check("100.5", "НП=Ложь", ROUBLES, "Сто 50 копеек");
        check("100.5", "НД=Ложь", ROUBLES, "Сто рублей 50");
        check("101", "НП=Ложь;НД=Ложь", ROUBLES, "Сто один 00");
        check(
            "7432",
            "Л=ru_RU;НП=Ложь",
            ",,,,,,,,0",
            "Семь тысяч четыреста тридцать два",
        );
        check(
            "7432",
            "",
            ",,,,,,,,0",
            "Семь тысяч четыреста тридцать два ",
        ); // believed: the space
        check("5", "", "место, места, мест, с, , , , , 0", "Пять мест");
        check("1", "", "место, места, мест, с, , , , , 0", "Одно место");
        check("2", "", "место, места, мест, с, , , , , 0", "Два места");
        check(
            "1002",
            "",
            "штука,штуки,штук,ж,,,,,0",
            "Одна тысяча две штуки",
        );
        check(
            "1000000",
            "",
            "рубль,рубля,рублей,м,,,,,0",
            "Один миллион рублей",
        );
        check(
            "2000000000000",
            "",
            "рубль,рубля,рублей,м,,,,,0",
            "Два триллиона рублей",
        );
        check(
            "1.2345",
            "ДП=Истина",
            "целая,целых,целых,ж,тысячная,тысячные,тысячных,ж,3",
            "Одна целая двести тридцать пять тысячных",
        );
    }

    #[test]
    fn english() {
        // The words are believed: no «and», a hyphen between tens and units.
        check(
            "1234.56",
            "L=en_US; FS=True",
            DOLLARS,
            "One thousand two hundred thirty-four dollars fifty-six cents",
        );
        check("1.01", "L=en_US", DOLLARS, "One dollar 01 cent");
        check("0", "L=en; FS=Истина", DOLLARS, "Zero dollars zero cents");
        check(
            "-12",
            "L=en; SN=False; FN=False",
            DOLLARS,
            "Minus twelve 00",
        );
        check(
            "1000017",
            "L=en",
            "item, items, , , 0",
            "One million seventeen items",
        );
    }

    #[test]
    fn limits() {
        let number = |text: String| Number::parse_invariant(&text, 100).unwrap();
        let format = FormatString::default();
        assert!(number_in_words(&number("9".repeat(36)), &format, ROUBLES, Locale::Ru).is_some());
        assert!(number_in_words(&number("9".repeat(37)), &format, ROUBLES, Locale::Ru).is_none());
        check("1", "", "а,б,в,м,г,д,е,ж,99999999999", "Один а 00 е");
        check("1", "", "а,б,в,м,г,д,е,ж,999", "Один а 000000000 е");
    }

    #[test]
    fn strings_with_numbers() {
        let form = ";остался %1 день;;осталось %1 дня;осталось %1 дней;осталось %1 дня";
        for (value, expected) in [
            ("1", "остался 1 день"),
            ("2", "осталось 2 дня"),
            ("5", "осталось 5 дней"),
            ("11", "осталось 11 дней"),
            ("21", "остался 21 день"),
            ("0", "осталось 0 дней"),
            ("1.5", "осталось 1,5 дня"),
        ] {
            let number = Number::parse_invariant(value, 50).unwrap();
            let text = with_number(form, &number, false, &FormatString::default());
            assert_eq!(text, expected);
        }
        let number = Number::from_i64(22);
        let english = FormatString::parse("L=en");
        assert_eq!(
            with_number(";%1st;%1nd;%1rd;;%1th", &number, true, &english),
            "22nd"
        );
        assert_eq!(with_number("", &number, true, &english), "");
        assert_eq!(
            with_number(
                "нет;%1 день;;%1 дня;%1 дней;%1 дня",
                &Number::ZERO,
                false,
                &FormatString::default()
            ),
            "нет"
        );
    }

    proptest! {
        #[test]
        fn any_input_is_answered(value in any::<i128>(), scale in 0u32..40, text in any::<String>(), counted in "[а-в,0-9 ]{0,30}") {
            let number = Number::from_scaled(value, scale);
            for format in ["", "ДП=Истина", "L=en;FS=True"] {
                let format = FormatString::parse(format);
                let _ = number_in_words(&number, &format, &text, Locale::Ru);
                let _ = number_in_words(&number, &format, &counted, Locale::Ru);
                let _ = with_number(&text, &number, value % 2 == 0, &format);
            }
        }
    }
}
