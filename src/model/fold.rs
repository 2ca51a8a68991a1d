//! Folding: when two words are the same word to a bot (R127, R128, R145, D6, D7).

/// How words are compared. Case and white space never count; the two flags are settings of a bot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fold {
    /// «ё» equals «е» (`fold_yo`, on by default).
    pub yo: bool,
    /// Latin letters equal the Cyrillic ones that look the same (`fold_lookalikes`, off by default).
    pub lookalikes: bool,
}

impl Default for Fold {
    fn default() -> Self {
        Fold {
            yo: true,
            lookalikes: false,
        }
    }
}

impl Fold {
    /// The folded form of a text: two texts are the same word when their folded forms are equal.
    pub fn fold(self, text: &str) -> String {
        let mut folded = String::with_capacity(text.len());
        self.fold_into(text, &mut folded);
        folded
    }

    /// Like [`fold`](Self::fold), into a buffer that is cleared first.
    pub fn fold_into(self, text: &str, folded: &mut String) {
        folded.clear();
        for character in text.chars() {
            match character {
                // The letters of nearly every text, without the tables of Unicode.
                'а'..='я' | 'a'..='z' | '0'..='9' => self.push(character, folded),
                'А'..='Я' => {
                    let lower = char::from_u32(u32::from(character) + 0x20);
                    self.push(lower.unwrap_or(character), folded);
                }
                _ if is_ignored(character) => {}
                _ if character.is_ascii() => self.push(character.to_ascii_lowercase(), folded),
                _ => {
                    for lower in character.to_lowercase() {
                        self.push(lower, folded);
                    }
                }
            }
        }
    }

    fn push(self, lower: char, folded: &mut String) {
        let lower = if self.yo && lower == 'ё' {
            'е'
        } else {
            lower
        };
        let lower = if self.lookalikes {
            fold_lookalike(lower)
        } else {
            lower
        };
        // A decomposed ё (е and U+0308) is the same letter to whoever typed it.
        if lower == '\u{308}' && folded.ends_with('е') {
            if !self.yo {
                folded.pop();
                folded.push('ё');
            }
            return;
        }
        folded.push(lower);
    }
}

/// White space in the widest sense (D6): also NBSP, tabs, line breaks and zero-width characters.
fn is_ignored(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\u{200B}'
                ..='\u{200F}'
                    | '\u{2060}'
                    | '\u{FEFF}'
                    | '\u{180E}'
                    | '\u{00AD}'
                    | '\u{FE0E}'
                    | '\u{FE0F}'
        )
}

/// The Cyrillic letter that a lower-case Latin letter looks like in either case, else the character
/// itself.
pub fn fold_lookalike(lower: char) -> char {
    match lower {
        'a' => 'а',
        'b' => 'в',
        'c' => 'с',
        'e' => 'е',
        'h' => 'н',
        'k' => 'к',
        'm' => 'м',
        'o' => 'о',
        'p' => 'р',
        't' => 'т',
        'x' => 'х',
        'y' => 'у',
        other => other,
    }
}

/// True when one run of letters mixes Latin and Cyrillic, as in «Cтарт» with a Latin C: nobody will
/// type it that way again.
pub fn has_lookalike_mix(word: &str) -> bool {
    word.split(|c: char| !c.is_alphabetic()).any(|run| {
        let latin = run.chars().any(|c| c.is_ascii_alphabetic());
        let cyrillic = run.chars().any(|c| ('\u{400}'..='\u{4FF}').contains(&c));
        latin && cyrillic
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_without_case_and_white_space() {
        let check = |fold: Fold, left: &str, right: &str, same: bool| {
            assert_eq!(
                fold.fold(left) == fold.fold(right),
                same,
                "{left:?} {right:?}"
            );
        };
        let plain = Fold::default();
        check(plain, "А1", "а 1", true); // R128
        check(plain, "Старт", "СТАРТ", true); // R127
        check(plain, "а\u{a0}1", "А\t1\n", true); // D6
        check(plain, "а\u{200b}1", "А1", true);
        check(plain, "Расчёт", "Расчет", true);
        check(plain, "Расче\u{308}т", "Расчет", true);
        check(plain, "А1", "A1", false); // Latin A
        let exact_yo = Fold { yo: false, ..plain };
        check(exact_yo, "Расчёт", "Расчет", false); // R145
        check(exact_yo, "Расче\u{308}т", "Расчёт", true);
        let alike = Fold {
            lookalikes: true,
            ..plain
        };
        check(alike, "А1", "A1", true); // D7
        check(alike, "СТАРТ", "CTAPT", true);
    }

    #[test]
    fn the_short_way_of_common_letters_folds_as_unicode_does() {
        let exact = Fold {
            yo: false,
            lookalikes: false,
        };
        for character in ('\0'..='\u{500}').filter(|&c| !is_ignored(c) && c != '\u{308}') {
            let expected: String = character.to_lowercase().collect();
            assert_eq!(
                exact.fold(&character.to_string()),
                expected,
                "{character:?}"
            );
        }
    }

    #[test]
    fn mixed_scripts_are_seen_within_one_run_of_letters() {
        assert!(has_lookalike_mix("Cтарт"));
        assert!(!has_lookalike_mix("Заказ iPhone"));
        assert!(!has_lookalike_mix("А1"));
    }
}
