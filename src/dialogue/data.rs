//! What a button of a choice carries: the key of the choice and what to do, at most 64 bytes with
//! nothing of the text in it (D14).
//!
//! The form is stored in messages that people keep for years, so a letter's meaning never changes:
//! `<choice in base 36>:<letter><number>`, and `.<keyboard>` behind it for every keyboard of the choice but
//! its first.

use crate::model::ChoiceId;

/// What a button asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Action {
    /// `v`: this variant.
    Variant(usize),
    /// `y`: yes, this variant (the answer to a confirmation).
    Yes(usize),
    /// `o`: another variant (the other answer).
    Other,
    /// `p`: this page.
    Page(usize),
    /// `b`: the previous choice.
    Back,
}

/// The data of a button of the choice's keyboard with this number.
pub(super) fn format(choice: ChoiceId, keyboard: u32, action: Action) -> String {
    let mut data = String::with_capacity(24);
    push_base36(choice.0, &mut data);
    data.push(':');
    let (letter, number) = match action {
        Action::Variant(index) => ('v', Some(index)),
        Action::Yes(index) => ('y', Some(index)),
        Action::Other => ('o', None),
        Action::Page(page) => ('p', Some(page)),
        Action::Back => ('b', None),
    };
    data.push(letter);
    if let Some(number) = number {
        data.push_str(&number.to_string());
    }
    if keyboard > 0 {
        data.push('.');
        data.push_str(&keyboard.to_string());
    }
    data
}

/// Reads the data of a button: choice, number of its keyboard, action. `None` for what [`format()`] never
/// makes.
pub(super) fn parse(data: &str) -> Option<(ChoiceId, u32, Action)> {
    let (choice, action) = data.split_once(':')?;
    let canonical = !choice.starts_with('+')
        && choice
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !canonical {
        return None;
    }
    let choice = ChoiceId(i64::from_str_radix(choice, 36).ok()?);
    let (action, keyboard) = match action.split_once('.') {
        None => (action, 0),
        Some((action, keyboard)) => {
            let is_number = keyboard.bytes().all(|b| b.is_ascii_digit());
            let number: u32 = keyboard.parse().ok().filter(|_| is_number)?;
            (action, Some(number).filter(|number| *number > 0)?)
        }
    };
    let letter = action.chars().next()?;
    let number = &action[letter.len_utf8()..];
    let index = || -> Option<usize> {
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        number.parse().ok()
    };
    let action = match letter {
        'v' => Action::Variant(index()?),
        'y' => Action::Yes(index()?),
        'p' => Action::Page(index()?),
        'o' if number.is_empty() => Action::Other,
        'b' if number.is_empty() => Action::Back,
        _ => return None,
    };
    Some((choice, keyboard, action))
}

fn push_base36(number: i64, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    let mut rest = number.unsigned_abs();
    let mut digits = [0u8; 13];
    let mut at = digits.len();
    loop {
        at -= 1;
        let digit = u8::try_from(rest % 36).expect("under 36");
        digits[at] = if digit < 10 {
            b'0' + digit
        } else {
            b'a' + digit - 10
        };
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits[at..].iter().map(|&digit| char::from(digit)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d14_data_reads_back_and_is_short() {
        let numbers = [0, 1, 35, 36, 1_700_000_000_000, i64::MAX, i64::MIN, -1];
        for number in numbers {
            for action in [
                Action::Variant(0),
                Action::Yes(usize::MAX),
                Action::Other,
                Action::Page(12),
                Action::Back,
            ] {
                for keyboard in [0, 1, u32::MAX] {
                    let data = format(ChoiceId(number), keyboard, action);
                    let read = Some((ChoiceId(number), keyboard, action));
                    assert_eq!(parse(&data), read, "{data}");
                    assert!(data.len() <= 64, "{data}");
                }
            }
        }
    }

    #[test]
    fn data_that_nobody_made_is_refused() {
        for data in [
            "",
            ":",
            "1",
            "1:",
            "1:v",
            "1:v-1",
            "1:v+1",
            "1:x1",
            "1:b0",
            "1:oo",
            "+1:v0",
            "z!:v0",
            "1:v99999999999999999999",
            "99999999999999999:v0",
            "да:v1",
            "1:я",
            "1:v0.0",
            "1:v0.",
            "1:v0.+1",
            "1:v0.1.1",
            "1:v.1",
            "1:b.4294967296",
        ] {
            assert_eq!(parse(data), None, "{data:?}");
        }
    }
}
