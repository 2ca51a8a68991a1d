//! Presentations of values of enumerations where 1C shows something else than the name.

use super::registry::EnumDef;
use crate::diagnostic::Locale;
use std::borrow::Cow;

/// Enumeration, value, what is shown in Russian and in English.
type Shown = (&'static str, &'static str, &'static str, &'static str);

const SHOWN: &[Shown] = &[
    (
        "ПорядокБайтов",
        "LittleEndian",
        "Little-endian",
        "Little-endian",
    ),
    ("ПорядокБайтов", "BigEndian", "Big-endian", "Big-endian"),
    (
        "РежимВосстановленияПутейФайловZIP",
        "НеВосстанавливать",
        "Не восстанавливать пути",
        "Do not restore paths",
    ),
];

/// Enumerations whose names are shown as words: «Этот месяц».
const AS_WORDS: &[&str] = &[
    "ДоступКФайлу",
    "РежимОткрытияФайла",
    "ВариантСтандартногоПериода",
    "РежимОбработкиПодкаталоговZIP",
    "РежимСохраненияПутейZIP",
];

/// The words of a name: each capital or first digit begins one, only the first keeps its capital.
fn words(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 8);
    let mut digit = false;
    for symbol in name.chars() {
        let begins = symbol.is_uppercase() || symbol.is_ascii_digit() && !digit;
        digit = symbol.is_ascii_digit();
        if begins && !text.is_empty() {
            text.push(' ');
            text.extend(symbol.to_lowercase());
        } else {
            text.push(symbol);
        }
    }
    text
}

/// The text of a value of an enumeration.
#[must_use]
pub fn item_text(list: &EnumDef, item: u16, locale: Locale) -> Cow<'static, str> {
    let Some((name_ru, name_en)) = list.items.get(item as usize) else {
        return Cow::Borrowed("");
    };
    if AS_WORDS.contains(&list.ty.ru) {
        return Cow::Owned(words(match locale {
            Locale::Ru => name_ru,
            Locale::En => name_en,
        }));
    }
    let shown = SHOWN
        .iter()
        .find(|(ty, name, ..)| *ty == list.ty.ru && name == name_ru);
    Cow::Borrowed(match (shown, locale) {
        (Some((.., ru, _)), Locale::Ru) => ru,
        (Some((.., en)), Locale::En) => en,
        (None, Locale::Ru) => name_ru,
        (None, Locale::En) => name_en,
    })
}

#[cfg(test)]
mod tests {
    use super::super::registry::LIBRARY;
    use super::*;

    #[test]
    fn shown_values_exist() {
        for (ty, name, ..) in SHOWN {
            let list = LIBRARY.enums.iter().find(|list| list.ty.ru == *ty);
            let list = list.unwrap_or_else(|| panic!("{ty}"));
            assert!(list.items.iter().any(|(ru, _)| ru == name), "{ty}.{name}");
        }
    }
}
