//! The format string itself: `КЛЮЧ=значение;…`, values bare or in quotes of either kind.

use crate::kernel::locale::Locale;

/// A key of the format string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Л, L: the language.
    Locale,
    /// ЧЦ, ND: digits in all.
    Digits,
    /// ЧДЦ, NFD: fractional digits.
    FractionDigits,
    /// ЧС, NS: shift by powers of ten, positive divides.
    Shift,
    /// ЧРД, NDS: the decimal separator.
    DecimalSeparator,
    /// ЧРГ, NGS: the group separator.
    GroupSeparator,
    /// ЧН, NZ: what stands for zero.
    Zero,
    /// ЧВН, NLZ: leading zeros.
    LeadingZeros,
    /// ЧГ, NG: sizes of groups.
    Grouping,
    /// ЧО, NN: how a negative number looks.
    Negative,
    /// ЧФ, NF: a text around the number.
    NumberFormat,
    /// ДФ, DF: the date's pattern.
    DateFormat,
    /// ДЛФ, DLF: one of the locale's patterns.
    LocalDateFormat,
    /// ДП, DE: what stands for the empty date; of ЧислоПрописью: the fraction in words.
    EmptyDate,
    /// БЛ, BF.
    False,
    /// БИ, BT.
    True,
    /// НП, SN of ЧислоПрописью: name the thing counted.
    ItemName,
    /// НД, FN of ЧислоПрописью: name its fraction.
    FractionName,
    /// FS of ЧислоПрописью, whose Russian name is ДП: the fraction in words.
    FractionInWords,
    /// ФП, FP of ПредставлениеПериода: the days even of a whole period.
    FullPeriod,
}

/// Bytes of the longest name of a key, with room.
const NAME_MAX: usize = 16;

impl Key {
    fn parse(name: &str) -> Option<Key> {
        Some(match name.to_uppercase().as_str() {
            "Л" | "L" => Key::Locale,
            "ЧЦ" | "ND" => Key::Digits,
            "ЧДЦ" | "NFD" => Key::FractionDigits,
            "ЧС" | "NS" => Key::Shift,
            "ЧРД" | "NDS" => Key::DecimalSeparator,
            "ЧРГ" | "NGS" => Key::GroupSeparator,
            "ЧН" | "NZ" => Key::Zero,
            "ЧВН" | "NLZ" => Key::LeadingZeros,
            "ЧГ" | "NG" => Key::Grouping,
            "ЧО" | "NN" => Key::Negative,
            "ЧФ" | "NF" => Key::NumberFormat,
            "ДФ" | "DF" => Key::DateFormat,
            "ДЛФ" | "DLF" => Key::LocalDateFormat,
            "ДП" | "DE" => Key::EmptyDate,
            "БЛ" | "BF" => Key::False,
            "БИ" | "BT" => Key::True,
            "НП" | "SN" => Key::ItemName,
            "НД" | "FN" => Key::FractionName,
            "FS" => Key::FractionInWords,
            "ФП" | "FP" => Key::FullPeriod,
            _ => return None,
        })
    }
}

/// A parsed format string; unknown keys are ignored, as 1C does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormatString {
    values: Vec<(Key, String)>,
}

impl FormatString {
    /// Reads any text; what is no `КЛЮЧ=значение` is skipped. Of equal keys the last one counts.
    #[must_use]
    pub fn parse(text: &str) -> FormatString {
        // The values stay in the text until it is known which of them count: it may name a key a
        // million times.
        let mut values: Vec<(Key, &str)> = Vec::new();
        for item in split_outside_quotes(text, ';') {
            let Some((name, value)) = item.split_once('=') else {
                continue;
            };
            let name = name.trim();
            let key = (name.len() <= NAME_MAX).then(|| Key::parse(name)).flatten();
            if let Some(key) = key {
                match values.iter_mut().find(|(own, _)| *own == key) {
                    Some(known) => known.1 = value.trim(),
                    None => values.push((key, value.trim())),
                }
            }
        }
        let values = values.into_iter();
        FormatString {
            values: values.map(|(key, value)| (key, unquote(value))).collect(),
        }
    }

    /// The value of the key, if the string has it; `ЧН=` has an empty one.
    #[must_use]
    pub fn get(&self, key: Key) -> Option<&str> {
        self.values
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the string has the key.
    #[must_use]
    pub fn has(&self, key: Key) -> bool {
        self.get(key).is_some()
    }

    /// A whole number, negative too; `None` without the key or when it is not one.
    #[must_use]
    pub fn integer(&self, key: Key) -> Option<i64> {
        self.get(key)?.trim().parse().ok()
    }

    /// Истина/Ложь and their kin.
    #[must_use]
    pub fn boolean(&self, key: Key) -> Option<bool> {
        match self.get(key)?.trim().to_lowercase().as_str() {
            "истина" | "true" | "да" | "yes" | "1" => Some(true),
            "ложь" | "false" | "нет" | "no" | "0" => Some(false),
            _ => None,
        }
    }

    /// The language of the string, else the given one.
    #[must_use]
    pub fn locale(&self, otherwise: Locale) -> Locale {
        self.get(Key::Locale)
            .and_then(Locale::parse)
            .unwrap_or(otherwise)
    }
}

/// The pieces between separators that no quotes enclose; an unclosed quote runs to the end.
pub(crate) fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let piece = rest?;
        let mut quote = None;
        for (at, symbol) in piece.char_indices() {
            match quote {
                Some(open) if symbol == open => quote = None,
                Some(_) => {}
                None if symbol == '\'' || symbol == '"' => quote = Some(symbol),
                None if symbol == separator => {
                    rest = Some(&piece[at + separator.len_utf8()..]);
                    return Some(&piece[..at]);
                }
                None => {}
            }
        }
        rest = None;
        Some(piece)
    })
}

/// A value wholly in quotes loses them, and its doubled quotes become single; any other stays.
pub(crate) fn unquote(value: &str) -> String {
    for quote in ['\'', '"'] {
        let Some(inner) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        else {
            continue;
        };
        let doubled = format!("{quote}{quote}");
        let single = quote.to_string();
        // `'дд' ММ 'г'` begins and ends with quotes, but is not in one pair of them.
        if inner.replace(&doubled, "").contains(quote) {
            continue;
        }
        return inner.replace(&doubled, &single);
    }
    value.to_owned()
}
