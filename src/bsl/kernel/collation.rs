//! The order of strings: 1 10 9 a B А б е ё Ё ж (bsl-semantics.md, «Conversion and comparison»).
//!
//! Three levels, as in the Unicode Collation Algorithm: letters first (blanks and punctuation count,
//! before digits, digits before Latin, Latin before Cyrillic), then diacritics (ё after е, й is a
//! letter of its own), then case (lower before upper). Strings equal on all levels but of different
//! code points (two kinds of control characters) are ordered by code point, so that only equal
//! strings compare equal.
//!
//! Exact for Latin with its diacritics, Cyrillic, digits and usual punctuation; any other script
//! follows in the order of code points. It knows no locale but this one: every server and both
//! databases have the same order, which ICU's tables for Russian would not give (see `kernel`).

use std::cmp::Ordering;

/// A character's weights: letter (0: only modifies the letter before it), diacritic, case.
#[derive(Clone, Copy)]
struct Weight {
    primary: u32,
    secondary: u8,
    tertiary: u8,
}

/// Characters with a place in the table.
const TABLE_END: usize = 0x530;
/// Letter weights of characters outside the table begin here.
const OTHERS: u32 = 0x1_0000;

/// Blanks, punctuation and symbols in ascending order (the root order of Unicode's CLDR).
const MARKS: [char; 78] = [
    '\t', '\n', '\u{b}', '\u{c}', '\r', '\u{85}', ' ', '_', '-', ',', ';', ':', '!', '¡', '?', '¿',
    '.', '·', '\'', '"', '«', '»', '(', ')', '[', ']', '{', '}', '§', '¶', '@', '*', '/', '\\',
    '&', '#', '%', '`', '´', '^', '¯', '¨', '¸', '°', '©', '®', '+', '±', '÷', '×', '<', '=', '>',
    '|', '¦', '~', '¬', '¤', '¢', '$', '£', '¥', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
    '¼', '½', '¾', 'µ', 'ª', 'º',
];

/// Letters in order, lower case; those written together differ by diacritics only.
const LETTERS: [&[char]; 84] = [
    &['a', 'á', 'à', 'ă', 'â', 'å', 'ä', 'ã', 'ą', 'ā'],
    &['æ'],
    &['b'],
    &['c', 'ć', 'ĉ', 'č', 'ċ', 'ç'],
    &['d', 'ď', 'đ'],
    &['ð'],
    &['e', 'é', 'è', 'ĕ', 'ê', 'ě', 'ë', 'ė', 'ę', 'ē'],
    &['f'],
    &['g', 'ğ', 'ĝ', 'ġ', 'ģ'],
    &['h', 'ĥ', 'ħ'],
    &['i', 'í', 'ì', 'ĭ', 'î', 'ï', 'ĩ', 'į', 'ī', 'ı'],
    &['j', 'ĵ'],
    &['k', 'ķ', 'ĸ'],
    &['l', 'ĺ', 'ľ', 'ļ', 'ł', 'ŀ'],
    &['m'],
    &['n', 'ń', 'ň', 'ñ', 'ņ', 'ŉ'],
    &['ŋ'],
    &['o', 'ó', 'ò', 'ŏ', 'ô', 'ö', 'ő', 'õ', 'ø', 'ō'],
    &['œ'],
    &['p'],
    &['q'],
    &['r', 'ŕ', 'ř', 'ŗ'],
    &['s', 'ś', 'ŝ', 'š', 'ş', 'ſ'],
    &['ß'],
    &['t', 'ť', 'ţ', 'ŧ'],
    &['u', 'ú', 'ù', 'ŭ', 'û', 'ů', 'ü', 'ű', 'ũ', 'ų', 'ū'],
    &['v'],
    &['w', 'ŵ'],
    &['x'],
    &['y', 'ý', 'ŷ', 'ÿ'],
    &['z', 'ź', 'ž', 'ż'],
    &['þ'],
    // Greek.
    &['α', 'ά'],
    &['β'],
    &['γ'],
    &['δ'],
    &['ε', 'έ'],
    &['ζ'],
    &['η', 'ή'],
    &['θ'],
    &['ι', 'ί', 'ϊ', 'ΐ'],
    &['κ'],
    &['λ'],
    &['μ'],
    &['ν'],
    &['ξ'],
    &['ο', 'ό'],
    &['π'],
    &['ρ'],
    &['σ', 'ς'],
    &['τ'],
    &['υ', 'ύ', 'ϋ', 'ΰ'],
    &['φ'],
    &['χ'],
    &['ψ'],
    &['ω', 'ώ'],
    // Cyrillic: Russian, and the letters of its neighbours in their usual places.
    &['а'],
    &['б'],
    &['в'],
    &['г', 'ѓ', 'ґ'],
    &['д'],
    &['ђ'],
    &['е', 'ѐ', 'ё'],
    &['є'],
    &['ж'],
    &['з'],
    &['ѕ'],
    &['и', 'ѝ'],
    &['і', 'ї'],
    &['й'],
    &['ј'],
    &['к', 'ќ'],
    &['л'],
    &['љ'],
    &['м'],
    &['н'],
    &['њ'],
    &['о'],
    &['п'],
    &['р'],
    &['с'],
    &['т'],
    &['ћ'],
    &['у', 'ў'],
];

/// The rest of the Cyrillic alphabet.
const LETTERS_END: [char; 12] = ['ф', 'х', 'ц', 'ч', 'џ', 'ш', 'щ', 'ъ', 'ы', 'ь', 'э', 'ю'];

/// The upper case of a letter of [`LETTERS`], 0 where it has none in the table.
const fn upper_of(letter: u32) -> u32 {
    match letter {
        0x61..=0x7a => letter - 0x20,
        0xdf => 0,
        0xff => 0x178,
        0xe0..=0xf6 | 0xf8..=0xfe => letter - 0x20,
        0x131 | 0x138 | 0x149 | 0x17f => 0,
        // Latin Extended-A pairs: even upper, odd lower, in two ranges the other way round.
        0x13a..=0x148 | 0x17a..=0x17e if letter.is_multiple_of(2) => letter - 1,
        0x13a..=0x148 | 0x17a..=0x17e => 0,
        0x100..=0x177 if !letter.is_multiple_of(2) => letter - 1,
        0x100..=0x177 => 0,
        0x390 | 0x3b0 | 0x3c2 => 0,
        0x3b1..=0x3cb => letter - 0x20,
        0x3ac => 0x386,
        0x3ad..=0x3af => letter - 0x25,
        0x3cc => 0x38c,
        0x3cd | 0x3ce => letter - 0x3f,
        0x430..=0x44f => letter - 0x20,
        0x450..=0x45f => letter - 0x50,
        0x491 => 0x490,
        _ => 0,
    }
}

const fn build() -> [Weight; TABLE_END] {
    let mut table = [Weight {
        primary: 0,
        secondary: 0,
        tertiary: 0,
    }; TABLE_END];
    // What is listed nowhere: letters that follow, in order of code points; controls have no
    // weight at all (primary 0), nor have combining marks, which weigh on the second level.
    let mut code = 0;
    while code < TABLE_END {
        if code >= 0xa0 {
            table[code].primary = 0x4000 + code as u32;
        }
        if code >= 0x300 && code < 0x370 {
            table[code] = Weight {
                primary: 0,
                secondary: (code - 0x300) as u8 + 0x40,
                tertiary: 0,
            };
        }
        code += 1;
    }
    let mut rank = 1;
    let mut index = 0;
    while index < MARKS.len() {
        table[MARKS[index] as usize] = Weight {
            primary: rank,
            secondary: 0,
            tertiary: 0,
        };
        rank += 1;
        index += 1;
    }
    // NBSP is a space that differs on the last level only.
    table[0xa0] = Weight {
        primary: table[' ' as usize].primary,
        secondary: 0,
        tertiary: 2,
    };
    let mut index = 0;
    while index < LETTERS.len() {
        let mut variant = 0;
        while variant < LETTERS[index].len() {
            place(
                &mut table,
                LETTERS[index][variant] as u32,
                rank,
                variant as u8,
            );
            variant += 1;
        }
        rank += 1;
        index += 1;
    }
    let mut index = 0;
    while index < LETTERS_END.len() {
        place(&mut table, LETTERS_END[index] as u32, rank, 0);
        rank += 1;
        index += 1;
    }
    place(&mut table, 'я' as u32, rank, 0);
    table
}

const fn place(table: &mut [Weight; TABLE_END], letter: u32, rank: u32, variant: u8) {
    table[letter as usize] = Weight {
        primary: rank,
        secondary: variant,
        tertiary: 0,
    };
    let upper = upper_of(letter);
    if upper != 0 {
        table[upper as usize] = Weight {
            primary: rank,
            secondary: variant,
            tertiary: 1,
        };
    }
}

static TABLE: [Weight; TABLE_END] = build();

/// Marks outside the table that common texts hold: dashes and quotes stand beside their plain kin.
fn weight(symbol: char) -> Weight {
    if let Some(weight) = TABLE.get(symbol as usize) {
        return *weight;
    }
    let beside = |plain: char, variant: u8| Weight {
        primary: TABLE[plain as usize].primary,
        secondary: variant,
        tertiary: 0,
    };
    match symbol {
        '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Weight {
            tertiary: 3,
            ..beside(' ', 0)
        },
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe0f}' => Weight {
            primary: 0,
            secondary: 0,
            tertiary: 0,
        },
        '‐' | '‑' | '‒' => beside('-', 1),
        '–' => beside('-', 2),
        '—' => beside('-', 3),
        '…' => beside('.', 1),
        '‘' | '’' | '‚' => beside('\'', 1),
        '“' | '”' | '„' => beside('"', 1),
        '№' => beside('#', 1),
        '€' | '₽' => beside('¤', 1),
        _ => {
            let lower = lower_of(symbol);
            Weight {
                primary: OTHERS + lower as u32,
                secondary: 0,
                tertiary: u8::from(lower != symbol),
            }
        }
    }
}

fn lower_of(symbol: char) -> char {
    let mut lower = symbol.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(single), None) => single,
        _ => symbol,
    }
}

/// The order of `<`, Сортировать, Мин and Макс.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    compare_chars(left.chars(), right.chars())
}

/// The same for UTF-16; halves of a pair count as themselves.
#[must_use]
pub fn compare_utf16(left: &[u16], right: &[u16]) -> Ordering {
    compare_chars(decode(left), decode(right))
}

/// The same for anything that can be walked twice.
pub fn compare_chars(
    left: impl Iterator<Item = char> + Clone,
    right: impl Iterator<Item = char> + Clone,
) -> Ordering {
    let order = by_levels(left.clone(), right.clone());
    order
        .primary
        .then(order.secondary)
        .then(order.tertiary)
        .then_with(|| left.cmp(right))
}

/// СтрСравнить: without regard to case.
#[must_use]
pub fn compare_ignoring_case(left: &str, right: &str) -> Ordering {
    let order = by_levels(left.chars(), right.chars());
    let order = order.primary.then(order.secondary);
    // What has no weight on these levels must still differ.
    order.then_with(|| left.chars().map(lower_of).cmp(right.chars().map(lower_of)))
}

/// The same for UTF-16.
#[must_use]
pub fn compare_ignoring_case_utf16(left: &[u16], right: &[u16]) -> Ordering {
    let order = by_levels(decode(left), decode(right));
    let order = order.primary.then(order.secondary);
    order.then_with(|| decode(left).map(lower_of).cmp(decode(right).map(lower_of)))
}

fn decode(text: &[u16]) -> impl Iterator<Item = char> + Clone + '_ {
    char::decode_utf16(text.iter().copied()).map(|unit| match unit {
        Ok(symbol) => symbol,
        // A lone half is no character; it is ordered among the private ones by its own value.
        Err(half) => char::from_u32(0xf_0000 + u32::from(half.unpaired_surrogate()))
            .unwrap_or(char::REPLACEMENT_CHARACTER),
    })
}

struct Levels {
    primary: Ordering,
    secondary: Ordering,
    tertiary: Ordering,
}

/// One walk while every character is a letter of its own; combining marks shift the levels
/// against each other, then each level is walked apart.
fn by_levels(
    mut left: impl Iterator<Item = char> + Clone,
    mut right: impl Iterator<Item = char> + Clone,
) -> Levels {
    let (all_left, all_right) = (left.clone(), right.clone());
    let mut secondary = Ordering::Equal;
    let mut tertiary = Ordering::Equal;
    loop {
        let (x, y) = match (left.next(), right.next()) {
            (Some(x), Some(y)) => (x, y),
            (None, None) => {
                return Levels {
                    primary: Ordering::Equal,
                    secondary,
                    tertiary,
                };
            }
            (None, Some(y)) if weight(y).primary != 0 => {
                return Levels {
                    primary: Ordering::Less,
                    secondary,
                    tertiary,
                };
            }
            (Some(x), None) if weight(x).primary != 0 => {
                return Levels {
                    primary: Ordering::Greater,
                    secondary,
                    tertiary,
                };
            }
            _ => return level_by_level(all_left, all_right),
        };
        if x == y {
            continue;
        }
        let (x, y) = (weight(x), weight(y));
        if x.primary == 0 || y.primary == 0 {
            return level_by_level(all_left, all_right);
        }
        if x.primary != y.primary {
            return Levels {
                primary: x.primary.cmp(&y.primary),
                secondary,
                tertiary,
            };
        }
        secondary = secondary.then(x.secondary.cmp(&y.secondary));
        tertiary = tertiary.then(x.tertiary.cmp(&y.tertiary));
    }
}

fn level_by_level(
    left: impl Iterator<Item = char> + Clone,
    right: impl Iterator<Item = char> + Clone,
) -> Levels {
    fn primary(text: impl Iterator<Item = char>) -> impl Iterator<Item = u32> {
        text.map(|symbol| weight(symbol).primary)
            .filter(|weight| *weight != 0)
    }
    /// A plain letter weighs 1 there, so that a mark added to it makes the string greater.
    fn secondary(text: impl Iterator<Item = char>) -> impl Iterator<Item = u8> {
        text.map(weight)
            .filter(|weight| weight.primary != 0 || weight.secondary != 0)
            .map(|weight| weight.secondary + 1)
    }
    fn tertiary(text: impl Iterator<Item = char>) -> impl Iterator<Item = u8> {
        text.map(weight)
            .filter(|weight| weight.primary != 0)
            .map(|weight| weight.tertiary)
    }
    Levels {
        primary: primary(left.clone()).cmp(primary(right.clone())),
        secondary: secondary(left.clone()).cmp(secondary(right.clone())),
        tertiary: tertiary(left).cmp(tertiary(right)),
    }
}

/// The form under which the database compares strings (queries, find methods, uniqueness of
/// codes): no case, Cyrillic too, and no trailing spaces (believed). ё and е stay apart.
#[must_use]
pub fn database_fold(text: &str) -> String {
    let text = text.trim_end_matches(' ');
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether the database takes the strings for equal.
#[must_use]
pub fn database_equal(left: &str, right: &str) -> bool {
    let left = left
        .trim_end_matches(' ')
        .chars()
        .flat_map(char::to_lowercase);
    let right = right
        .trim_end_matches(' ')
        .chars()
        .flat_map(char::to_lowercase);
    left.eq(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utf16(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    /// Each string is less than each that follows it.
    fn ascending(list: &[&str]) {
        for (at, left) in list.iter().enumerate() {
            for right in &list[at + 1..] {
                assert_eq!(compare(left, right), Ordering::Less, "{left} < {right}");
                assert_eq!(compare(right, left), Ordering::Greater, "{right} > {left}");
                assert_eq!(
                    compare_utf16(&utf16(left), &utf16(right)),
                    Ordering::Less,
                    "{left} < {right}"
                );
            }
            assert_eq!(compare(left, left), Ordering::Equal);
        }
    }

    #[test]
    fn order_of_1c() {
        // bsl-semantics.md, «Strings order by locale collation».
        ascending(&["1", "10", "9", "a", "B", "А", "б", "е", "ё", "Ё", "ж"]);
        ascending(&["УТ-Б", "УТ-У", "УТП-У"]);
        ascending(&["", " ", "-", "0", "a", "A", "aa", "Aa", "AB", "b"]);
    }

    #[test]
    fn letters_before_case_before_nothing_else() {
        // UCA: the case of an early letter matters less than a later letter.
        ascending(&["Аа", "аб"]);
        ascending(&["ёа", "еб", "ёб", "ёв"]);
        ascending(&["и", "й", "к"]);
        ascending(&["ива", "йод", "кот"]);
        ascending(&["resume", "Resume", "résumé", "Résumé", "resumes"]);
        ascending(&["z", "ω", "а", "я", "中"]);
        ascending(&["дом", "дом 1", "дом 10", "дом 2", "дом-1", "дома"]);
    }

    #[test]
    fn the_whole_russian_alphabet() {
        let alphabet: Vec<String> = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
            .chars()
            .flat_map(|letter| [letter.to_string(), letter.to_uppercase().to_string()])
            .collect();
        let alphabet: Vec<&str> = alphabet.iter().map(String::as_str).collect();
        for pair in alphabet.windows(2) {
            // ё and Ё stand between Е and ж: е Е ё Ё by case inside one letter.
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
        let latin: Vec<String> = ('a'..='z')
            .flat_map(|letter| [letter.to_string(), letter.to_ascii_uppercase().to_string()])
            .collect();
        ascending(&latin.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn combining_marks_weigh_less_than_letters() {
        ascending(&["e", "e\u{301}", "f"]);
        ascending(&["e\u{301}a", "eb"]);
        ascending(&["\u{1}", "a"]);
        assert_eq!(compare("a\u{1}b", "ab"), Ordering::Less);
    }

    #[test]
    fn every_table_letter_pairs_with_its_case() {
        for code in 0..TABLE_END as u32 {
            let Some(symbol) = char::from_u32(code) else {
                continue;
            };
            let lower = lower_of(symbol);
            if lower == symbol || (lower as usize) >= TABLE_END {
                continue;
            }
            let listed = TABLE[lower as usize].primary < 0x4000;
            // ϴ is a sign of mathematics with the small letter of Θ.
            if listed && symbol != 'ϴ' {
                assert_eq!(
                    TABLE[symbol as usize].primary, TABLE[lower as usize].primary,
                    "{symbol} and {lower}"
                );
                assert_eq!(TABLE[symbol as usize].tertiary, 1, "{symbol}");
            }
        }
    }

    #[test]
    fn comparison_without_case() {
        for (left, right, expected) in [
            ("Привет", "пРИВЕТ", Ordering::Equal),
            ("abc", "ABC", Ordering::Equal),
            ("а", "Б", Ordering::Less),
            ("Б", "а", Ordering::Greater),
            ("ё", "е", Ordering::Greater),
            ("", "", Ordering::Equal),
            ("", "а", Ordering::Less),
            ("a\u{1}", "a", Ordering::Greater),
        ] {
            assert_eq!(
                compare_ignoring_case(left, right),
                expected,
                "{left} {right}"
            );
            assert_eq!(
                compare_ignoring_case_utf16(&utf16(left), &utf16(right)),
                expected,
                "{left} {right}"
            );
        }
    }

    #[test]
    fn comparison_in_the_database() {
        for (left, right, expected) in [
            ("Иванов", "ИВАНОВ", true),
            ("код  ", "код", true), // believed
            (" код", "код", false),
            ("ель", "ёль", false),
            ("", "  ", true),
            ("a", "а", false),
        ] {
            assert_eq!(database_equal(left, right), expected, "{left} {right}");
            assert_eq!(
                database_fold(left) == database_fold(right),
                expected,
                "{left} {right}"
            );
        }
    }

    #[test]
    fn halves_of_pairs_are_ordered() {
        assert_eq!(compare_utf16(&[0xd83d], &[0xd83d]), Ordering::Equal);
        assert_eq!(compare_utf16(&[0xd83d], &[0xde00]), Ordering::Less);
        assert_eq!(
            compare_utf16(&[0xd83d, 0xde00], &utf16("😀")),
            Ordering::Equal
        );
    }

    const SYMBOLS: &str = "[a-cA-Cа-вА-ВеЕёЁйé0-9 ,_—«\u{300}\u{301}\u{1}中😀-]{0,6}";

    proptest! {
        /// A total order: sorting any list gives an ascending one, equal only when the same.
        #[test]
        fn total_order(mut list in proptest::collection::vec(SYMBOLS, 3)) {
            list.sort_by(|left, right| compare(left, right));
            for (at, left) in list.iter().enumerate() {
                for right in &list[at..] {
                    prop_assert_ne!(compare(left, right), Ordering::Greater);
                    prop_assert_eq!(compare(left, right), compare(right, left).reverse());
                    prop_assert_eq!(compare(left, right) == Ordering::Equal, left == right);
                    prop_assert_eq!(
                        compare_ignoring_case(left, right),
                        compare_ignoring_case(right, left).reverse()
                    );
                    prop_assert_eq!(compare(left, right), compare_utf16(&utf16(left), &utf16(right)));
                }
            }
        }

        /// The one walk and the walk by levels agree.
        #[test]
        fn two_roads(left in SYMBOLS, right in SYMBOLS) {
            let fast = by_levels(left.chars(), right.chars());
            let slow = level_by_level(left.chars(), right.chars());
            prop_assert_eq!(fast.primary, slow.primary);
            if fast.primary.is_eq() {
                prop_assert_eq!(fast.secondary, slow.secondary);
                if fast.secondary.is_eq() {
                    prop_assert_eq!(fast.tertiary, slow.tertiary);
                }
            }
        }

        #[test]
        fn any_text_is_answered(left in any::<String>(), right in proptest::collection::vec(any::<u16>(), 0..20)) {
            let _ = compare_utf16(&utf16(&left), &right);
            let _ = compare_ignoring_case_utf16(&utf16(&left), &right);
            prop_assert!(database_equal(&left, &left));
            let _ = database_fold(&left);
        }
    }
}
