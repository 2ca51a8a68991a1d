//! What the buttons of authorisation carry. The form is stored in messages that people keep, so a
//! letter's meaning never changes: `auth=<letter><question in base 36>` for applicants,
//! `req=<request in base 36>:<letter><number>` for responsible people. Data of a choice never hold `=`.

use crate::model::{MessageKey, PartyKind, RequestId};

/// A button of the talk with an applicant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ApplicantButton {
    /// `b`: «Отправить данные для авторизации...»
    Begin,
    /// `s`: «Отправить» below this question.
    Send(MessageKey),
    /// `f`: «Исправить».
    Correct(MessageKey),
    /// `c`: «Отмена».
    Cancel(MessageKey),
}

/// A button of a request's card.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CardButton {
    /// `a`: «Принять».
    Accept,
    /// `p`: the party with this number among those offered last.
    Pick(usize),
    /// `f`: «Найти».
    Find,
    /// `n`: «Создать».
    Create,
    /// `u`, `m`, `k`: a user, partner or counterparty is to be created.
    Kind(PartyKind),
    /// `U`, `M`, `K`: with the name that stands in the data.
    Suggested(PartyKind),
    /// `r`: «Отклонить».
    Reject,
    /// `x`: «Без причины».
    NoReason,
    /// `b`: «Назад»: somebody else may decide.
    Back,
}

/// A button of authorisation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Button {
    /// In a stranger's chat.
    Applicant(ApplicantButton),
    /// Of a request's card.
    Card(RequestId, CardButton),
}

const APPLICANT: &str = "auth=";
const CARD: &str = "req=";

/// What a button carries; well below 64 bytes.
pub fn format(button: Button) -> String {
    match button {
        Button::Applicant(button) => {
            let (letter, question) = match button {
                ApplicantButton::Begin => return format!("{APPLICANT}b"),
                ApplicantButton::Send(question) => ('s', question),
                ApplicantButton::Correct(question) => ('f', question),
                ApplicantButton::Cancel(question) => ('c', question),
            };
            format!("{APPLICANT}{letter}{:x}", question.0)
        }
        Button::Card(request, button) => {
            let kind = |kind| match kind {
                PartyKind::User => 'u',
                PartyKind::Partner => 'm',
                PartyKind::Counterparty => 'k',
            };
            let action = match button {
                CardButton::Accept => "a".to_owned(),
                CardButton::Pick(index) => format!("p{index}"),
                CardButton::Find => "f".to_owned(),
                CardButton::Create => "n".to_owned(),
                CardButton::Kind(of) => kind(of).to_string(),
                CardButton::Suggested(of) => kind(of).to_ascii_uppercase().to_string(),
                CardButton::Reject => "r".to_owned(),
                CardButton::NoReason => "x".to_owned(),
                CardButton::Back => "b".to_owned(),
            };
            format!("{CARD}{:x}:{action}", request.0)
        }
    }
}

/// Reads what a button carries; `None` for what [`format()`] never makes.
pub fn parse(data: &str) -> Option<Button> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| i64::from_str_radix(text, 16).ok()).flatten()
    };
    if let Some(rest) = data.strip_prefix(APPLICANT) {
        if rest == "b" {
            return Some(Button::Applicant(ApplicantButton::Begin));
        }
        let letter = rest.chars().next()?;
        let question = MessageKey(number(&rest[letter.len_utf8()..])?);
        return Some(Button::Applicant(match letter {
            's' => ApplicantButton::Send(question),
            'f' => ApplicantButton::Correct(question),
            'c' => ApplicantButton::Cancel(question),
            _ => return None,
        }));
    }
    let (request, action) = data.strip_prefix(CARD)?.split_once(':')?;
    let request = RequestId(number(request)?);
    let button = match action {
        "a" => CardButton::Accept,
        "f" => CardButton::Find,
        "n" => CardButton::Create,
        "u" => CardButton::Kind(PartyKind::User),
        "m" => CardButton::Kind(PartyKind::Partner),
        "k" => CardButton::Kind(PartyKind::Counterparty),
        "U" => CardButton::Suggested(PartyKind::User),
        "M" => CardButton::Suggested(PartyKind::Partner),
        "K" => CardButton::Suggested(PartyKind::Counterparty),
        "r" => CardButton::Reject,
        "x" => CardButton::NoReason,
        "b" => CardButton::Back,
        other => {
            let index = other.strip_prefix('p')?;
            let digits = index.len() <= 3 && index.bytes().all(|byte| byte.is_ascii_digit());
            CardButton::Pick(index.parse().ok().filter(|_| digits)?)
        }
    };
    Some(Button::Card(request, button))
}
