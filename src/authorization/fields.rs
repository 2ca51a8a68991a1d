//! What stands in the data: the parts that a bot's `fields` name, and what parties can be looked up by.

use std::collections::BTreeMap;

use crate::model::{ApplicantData, AttributeValue, Party, PartyKind, PartyRef};

/// Names of the field that is a party's name.
const NAME: [&str; 2] = ["наименование", "name"];
/// Well-known attributes by their Russian names in `fields`; any other is kept by its own spelling.
const WELL_KNOWN: [(&str, &str); 4] = [
    ("инн", "inn"),
    ("кпп", "kpp"),
    ("телефон", "phone"),
    ("адресэлектроннойпочты", "email"),
];
/// Longest name that is taken from the data, in characters.
const NAME_MAX: usize = 200;

/// The parts of the data between commas by the names that `fields` gives them. The last field takes the
/// rest, whatever commas it holds.
pub fn parts(fields: &[String], text: &str) -> Vec<(String, String)> {
    let count = fields.len();
    fields
        .iter()
        .zip(text.splitn(count.max(1), ','))
        .filter(|(field, _)| *field != "-")
        .map(|(field, part)| (field.clone(), part.trim().to_owned()))
        .filter(|(_, part)| !part.is_empty())
        .collect()
}

/// A party as the data describe it. The name is `name` where a person wrote one, else the part that is the
/// name; `None`: there is neither.
pub fn party_of(
    kind: PartyKind,
    fields: &[String],
    data: &ApplicantData,
    name: Option<&str>,
) -> Option<Party> {
    let mut named = None;
    let mut attributes = BTreeMap::new();
    for (field, part) in parts(fields, &data.text) {
        let folded = field.to_lowercase();
        if NAME.contains(&folded.as_str()) {
            named = Some(part);
            continue;
        }
        let key = WELL_KNOWN
            .iter()
            .find(|(russian, key)| *russian == folded || *key == folded)
            .map_or(field, |(_, key)| (*key).to_owned());
        attributes.insert(key, AttributeValue::Text(part));
    }
    if let Some(phone) = &data.phone {
        attributes
            .entry("phone".to_owned())
            .or_insert_with(|| AttributeValue::Text(phone.clone()));
    }
    let name = name.map(str::trim).filter(|name| !name.is_empty());
    let name: String = name.map(str::to_owned).or(named)?;
    Some(Party {
        reference: PartyRef {
            kind,
            code: String::new(),
        },
        name: name.chars().take(NAME_MAX).collect(),
        groups: Vec::new(),
        time_zone: None,
        language: None,
        deleted: false,
        attributes,
    })
}

/// One thing to look parties up by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Look {
    /// An attribute with this value: `inn`, `phone`, `email`.
    Attribute(&'static str, String),
    /// This code.
    Code(String),
    /// A name that is this or begins so.
    Name(String),
}

/// What parties can be looked up by in a text (the data, or what somebody searches): each part between
/// commas or line breaks, and the whole, the surest first.
pub fn looks(text: &str, phone: Option<&str>) -> Vec<Look> {
    let mut sure = Vec::new();
    let mut likely = Vec::new();
    if let Some(phone) = phone {
        phones(phone, &mut sure);
    }
    let parts = text.split([',', ';', '\n']).map(str::trim);
    let whole = std::iter::once(text.trim());
    for part in parts.chain(whole).filter(|part| !part.is_empty()) {
        let digits: String = part.chars().filter(char::is_ascii_digit).collect();
        let is_number = part
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')'));
        for word in part.split_whitespace() {
            if word.len() >= 10 && word.len() <= 12 && word.bytes().all(|b| b.is_ascii_digit()) {
                sure.push(Look::Attribute("inn", word.to_owned()));
            }
            if word.contains('@') && word.contains('.') && word.len() >= 5 {
                sure.push(Look::Attribute("email", word.to_owned()));
            }
        }
        if is_number && digits.len() >= 10 {
            phones(part, &mut sure);
        }
        likely.push(Look::Code(part.to_owned()));
        likely.push(Look::Name(part.to_owned()));
    }
    let mut looks: Vec<Look> = Vec::new();
    for look in sure.into_iter().chain(likely) {
        if !looks.contains(&look) {
            looks.push(look);
        }
    }
    looks
}

/// A telephone as people write it in a card index: as it came, digits alone, with +7 and with 8.
fn phones(phone: &str, looks: &mut Vec<Look>) {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let mut forms = vec![
        phone.trim().to_owned(),
        digits.clone(),
        format!("+{digits}"),
    ];
    if digits.len() == 11 && digits.starts_with(['7', '8']) {
        forms.push(format!("+7{}", &digits[1..]));
        forms.push(format!("7{}", &digits[1..]));
        forms.push(format!("8{}", &digits[1..]));
    }
    for form in forms {
        let look = Look::Attribute("phone", form);
        if !looks.contains(&look) {
            looks.push(look);
        }
    }
}
