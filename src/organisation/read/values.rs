//! Values that several files write in the same form: codes, lengths of time, parties, zones.

use crate::model::{Locale, PartyRef, Term, Who, Word};
use crate::settings::parse_time_zone;
use crate::source::{At, Fields};

/// A longer code does not fit into messages and addresses.
const CODE_CHARS: usize = 64;

/// A code that stands in addresses and logs: letters, digits, `_` and `-`.
pub(super) fn is_code(code: &str) -> bool {
    !code.is_empty()
        && code.chars().count() <= CODE_CHARS
        && !code.starts_with(['-', '_'])
        && code
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

/// The code of a party or group may also hold dots and slashes, as accounting programs make them.
pub(super) fn is_party_code(code: &str) -> bool {
    !code.is_empty()
        && code.chars().count() <= CODE_CHARS
        && !code
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || matches!(c, ':' | '"' | ','))
}

/// In a part of a code (between `-`, `_` and the like) with Latin and Cyrillic letters: the first letter
/// of the alphabet that has fewer of them, the byte where it stands, and what alphabet it is of.
fn odd_letter(code: &str) -> Option<(char, usize, &'static str)> {
    let is_cyrillic = |c: char| matches!(c, '\u{400}'..='\u{52f}');
    let is_latin = |c: char| c.is_alphabetic() && c < '\u{250}';
    let mut from = 0;
    for part in code.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let cyrillic = part.chars().filter(|&c| is_cyrillic(c)).count();
        let latin = part.chars().filter(|&c| is_latin(c)).count();
        if cyrillic > 0 && latin > 0 {
            let odd = |c: char| {
                if cyrillic <= latin {
                    is_cyrillic(c)
                } else {
                    is_latin(c)
                }
            };
            let (at, letter) = part.char_indices().find(|&(_, c)| odd(c))?;
            let alphabet = if is_cyrillic(letter) {
                "русская"
            } else {
                "латинская"
            };
            return Some((letter, from + at, alphabet));
        }
        from += part.len();
    }
    None
}

/// A required code.
pub(super) fn code(fields: &Fields<'_, '_>, is_good: fn(&str) -> bool) -> Option<At<String>> {
    let code = fields.required_text("code")?;
    if let Some((letter, place, alphabet)) = odd_letter(&code.value) {
        fields.document().error(
            "mixed-scripts",
            fields.document().source().within(code.span, &code.value, place),
            format!("код «{}»: буква «{letter}» — {alphabet}, а рядом буквы другого алфавита", code.value),
            Some("наберите код в одной раскладке: такие буквы не отличить на вид, и по коду ничего не найдётся".to_owned()),
        );
        return None;
    }
    if is_good(&code.value) {
        return Some(code);
    }
    fields.document().error(
        "bad-code",
        code.span,
        format!("код «{}» не годится", code.value),
        Some("код — до 64 букв и цифр без пробелов, например shop или 000012".to_owned()),
    );
    None
}

/// `30m`, `24h`, `7d`, in seconds.
pub(super) fn ttl(fields: &Fields<'_, '_>, key: &'static str, range_s: (i64, i64)) -> Option<i64> {
    let text = fields.text(key)?;
    let seconds = Term::parse(&text.value).and_then(Term::seconds);
    match seconds {
        Some(seconds) if (range_s.0..=range_s.1).contains(&seconds) => Some(seconds),
        Some(_) => {
            fields.document().error(
                "out-of-range",
                text.span,
                format!("«{key}»: {} — недопустимый срок", text.value),
                Some(format!(
                    "допустимо от {} до {}",
                    seconds_text(range_s.0),
                    seconds_text(range_s.1)
                )),
            );
            None
        }
        None => {
            fields.document().error(
                "bad-duration",
                text.span,
                format!("«{key}»: непонятный срок «{}»", text.value),
                Some("напишите число и единицу: 30m, 24h или 7d".to_owned()),
            );
            None
        }
    }
}

fn seconds_text(seconds: i64) -> String {
    if seconds % 86_400 == 0 {
        format!("{}d", seconds / 86_400)
    } else if seconds % 3600 == 0 {
        format!("{}h", seconds / 3600)
    } else {
        format!("{}m", seconds / 60)
    }
}

/// `5d`, `3h`, `30m`, `2wd`; empty: none.
pub(super) fn term(fields: &Fields<'_, '_>, key: &'static str) -> Option<Term> {
    let text = fields.text(key)?;
    if text.value.is_empty() {
        return None;
    }
    let term = Term::parse(&text.value);
    if term.is_none() {
        fields.document().error(
            "bad-duration",
            text.span,
            format!("«{key}»: непонятный срок «{}»", text.value),
            Some(
                "напишите число и единицу: 5d (дни), 3h (часы), 30m (минуты) или 2wd (рабочие дни)"
                    .to_owned(),
            ),
        );
    }
    term
}

/// `ru` or `en`.
pub(super) fn locale(fields: &Fields<'_, '_>, key: &'static str) -> Option<Locale> {
    let text = fields.text(key)?;
    let locale = Locale::from_word(&text.value);
    if locale.is_none() {
        fields.document().error(
            "bad-locale",
            text.span,
            format!("«{key}»: неизвестный язык «{}»", text.value),
            Some("напишите ru или en".to_owned()),
        );
    }
    locale
}

/// The IANA name of a zone.
pub(super) fn time_zone(fields: &Fields<'_, '_>, key: &'static str) -> Option<String> {
    let text = fields.text(key)?;
    match parse_time_zone(&text.value) {
        Ok(_) => Some(text.value),
        Err(hint) => {
            fields.document().error(
                "bad-time-zone",
                text.span,
                format!("«{key}»: неизвестный часовой пояс «{}»", text.value),
                Some(hint),
            );
            None
        }
    }
}

/// `user:CODE`, `partner:CODE`, `counterparty:CODE`.
pub(super) fn party(fields: &Fields<'_, '_>, text: At<String>) -> Option<At<PartyRef>> {
    match text.value.parse::<PartyRef>() {
        Ok(party) if is_party_code(&party.code) => Some(At {
            value: party,
            span: text.span,
        }),
        Ok(_) => {
            fields.document().error(
                "bad-code",
                text.span,
                format!("«{}»: код не годится", text.value),
                Some("код — до 64 знаков без пробелов".to_owned()),
            );
            None
        }
        Err(message) => {
            fields.document().error(
                "bad-party",
                text.span,
                message,
                Some("назовите сначала, кто это: user:ivanov".to_owned()),
            );
            None
        }
    }
}

/// Whether a text writes a party, as an attribute does (`"Менеджер" = "user:ivanov"`).
pub(super) fn looks_like_party(text: &str) -> bool {
    text.parse::<PartyRef>()
        .is_ok_and(|party| is_party_code(&party.code))
}

/// A performer or recipient. `performer` is a recipient only.
pub(super) fn who(fields: &Fields<'_, '_>, text: At<String>, performer: bool) -> Option<At<Who>> {
    let who = match text.value.as_str() {
        "author" => Some(Who::Author),
        "performer" if performer => Some(Who::Performer),
        other => match other.split_once(':') {
            Some(("group", code)) if is_party_code(code) => Some(Who::Group(code.to_owned())),
            Some(("algorithm", name)) if !name.trim().is_empty() => {
                Some(Who::Algorithm(name.trim().to_owned()))
            }
            Some(("user" | "partner" | "counterparty", _)) => {
                return party(fields, text).map(|party| party.map(Who::Party));
            }
            _ => None,
        },
    };
    if who.is_none() {
        let words = if performer {
            "author, performer"
        } else {
            "author"
        };
        fields.document().error(
            "unknown-value",
            text.span,
            format!("«{}»: непонятно, кто это", text.value),
            Some(format!(
                "напишите {words}, user:КОД, group:КОД или algorithm:ИМЯ"
            )),
        );
    }
    who.map(|value| At {
        value,
        span: text.span,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odd_letter_of_a_code_is_named() {
        let check = |code: &str, expected: Option<(char, usize, &str)>| {
            assert_eq!(odd_letter(code), expected, "{code}");
        };
        check("сlient", Some(('с', 0, "русская")));
        check("клиeнт", Some(('e', 6, "латинская")));
        check("shop-мaгазин", Some(('a', 7, "латинская")));
        check("shop-магазин", None);
        check("client", None);
        check("клиент_2", None);
        check("000012", None);
    }
}
