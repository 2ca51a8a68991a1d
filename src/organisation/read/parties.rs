//! `parties.toml`: groups, parties and registrations.

use std::collections::HashMap;

use toml::de::DeValue;

use super::values::{code, is_code, is_party_code, locale, looks_like_party, party, time_zone};
use crate::model::{AttributeValue, ChatId, PartyKind, PartyRef, nearest};
use crate::organisation::definitions::{GroupSeed, PartiesSeed, PartySeed, RegistrationSeed};
use crate::source::{At, Fields, Span, type_name};

pub(super) fn read(fields: Fields<'_, '_>) -> PartiesSeed {
    let mut seed = PartiesSeed::default();
    for entry in fields.tables("group", "записи [[group]]") {
        let code = code(&entry, is_party_code);
        let name = entry.required_text("name");
        entry.refuse_rest();
        if let (Some(code), Some(name)) = (code, name) {
            seed.groups.push(GroupSeed {
                code,
                name: name.value,
            });
        }
    }
    let kinds = [
        (PartyKind::User, "user", "записи [[user]]"),
        (PartyKind::Partner, "partner", "записи [[partner]]"),
        (
            PartyKind::Counterparty,
            "counterparty",
            "записи [[counterparty]]",
        ),
    ];
    for (kind, key, place) in kinds {
        for entry in fields.tables(key, place) {
            seed.parties.extend(read_party(&entry, kind));
        }
    }
    for entry in fields.tables("registration", "записи [[registration]]") {
        seed.registrations.extend(read_registration(&entry));
        entry.refuse_rest();
    }
    fields.refuse_rest();
    refuse_duplicates(&fields, &seed);
    seed
}

fn read_party(entry: &Fields<'_, '_>, kind: PartyKind) -> Option<PartySeed> {
    let code = code(entry, is_party_code);
    let name = entry
        .has("name")
        .then(|| entry.required_text("name"))
        .flatten()
        .map(|name| name.value);
    let groups = if kind == PartyKind::User {
        entry.texts("groups")
    } else {
        None
    };
    let time_zone = time_zone(entry, "time_zone");
    let language = locale(entry, "language")
        .and_then(|_| entry.text("language"))
        .map(|text| text.value);
    let deleted = entry.flag("deleted").is_some_and(|flag| flag.value);
    if kind != PartyKind::User && entry.has("groups") {
        entry.document().error(
            "key-not-for-kind",
            entry.key_span("groups").unwrap_or(entry.span()),
            "группы есть только у пользователей",
            Some("уберите строку groups".to_owned()),
        );
    }
    let attributes = read_attributes(entry, kind);
    let code = code?;
    Some(PartySeed {
        reference: code.map(|code| PartyRef { kind, code }),
        name,
        groups,
        time_zone,
        language,
        deleted,
        attributes,
    })
}

/// The keys that have a meaning of their own; a near spelling of one is probably a slip.
const KEYS: [&str; 11] = [
    "code",
    "name",
    "groups",
    "time_zone",
    "language",
    "deleted",
    "inn",
    "kpp",
    "partner",
    "email",
    "phone",
];

fn read_attributes(
    entry: &Fields<'_, '_>,
    kind: PartyKind,
) -> Vec<(At<String>, At<AttributeValue>)> {
    let mut attributes = Vec::new();
    for (key, value) in entry.rest() {
        if key.value == "groups" {
            continue;
        }
        let document = entry.document();
        if key.value.trim().is_empty() {
            document.error(
                "empty-value",
                key.span,
                "у реквизита нет имени",
                Some("впишите имя".to_owned()),
            );
            continue;
        }
        if !KEYS.contains(&key.value)
            && let Some(near) = key
                .value
                .is_ascii()
                .then(|| nearest(key.value, KEYS))
                .flatten()
        {
            document.warning(
                "attribute-looks-like-key",
                key.span,
                format!("«{}» станет отдельным реквизитом", key.value),
                Some(format!("возможно, имелось в виду «{near}»")),
            );
        }
        if let Some(value) = read_attribute(entry, kind, key.value, &value) {
            attributes.push((key.map(str::to_owned), value));
        }
    }
    attributes
}

fn read_attribute(
    entry: &Fields<'_, '_>,
    kind: PartyKind,
    key: &str,
    value: &At<&DeValue<'_>>,
) -> Option<At<AttributeValue>> {
    let span = value.span;
    let refuse = |message: String, hint: &str| {
        entry
            .document()
            .error("wrong-type", span, message, Some(hint.to_owned()));
        None
    };
    let is_text_key = matches!(key, "inn" | "kpp" | "email" | "phone");
    let attribute = match value.value {
        DeValue::String(text) if key == "partner" && kind == PartyKind::Counterparty => {
            // A bare code, or the full form.
            let full = if text.contains(':') {
                text.to_string()
            } else {
                format!("partner:{text}")
            };
            let partner = party(entry, At { value: full, span })?;
            if partner.value.kind != PartyKind::Partner {
                return refuse("«partner» — это партнер".into(), "напишите код партнера");
            }
            AttributeValue::Party(partner.value)
        }
        DeValue::String(text) if !is_text_key && looks_like_party(text) => {
            AttributeValue::Party(text.parse().ok()?)
        }
        DeValue::String(text) => AttributeValue::Text(text.to_string()),
        other if is_text_key => {
            return refuse(
                format!("«{key}»: ожидается текст, а здесь {}", type_name(other)),
                "возьмите значение в двойные кавычки: иначе пропадут нули в начале",
            );
        }
        DeValue::Integer(number) if number.radix() == 10 => {
            AttributeValue::Number(number.as_str().trim_start_matches('+').to_owned())
        }
        DeValue::Float(number)
            if number
                .as_str()
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+')) =>
        {
            AttributeValue::Number(number.as_str().trim_start_matches('+').to_owned())
        }
        DeValue::Integer(_) | DeValue::Float(_) => {
            return refuse(
                format!("«{key}»: такое число не хранится"),
                "напишите число обычными цифрами: 1200.50",
            );
        }
        DeValue::Boolean(flag) => AttributeValue::Boolean(*flag),
        DeValue::Datetime(date) => match wall_clock(date) {
            Some(date) => AttributeValue::Date(date),
            None => {
                return refuse(
                    format!("«{key}»: дата реквизита пишется без часового пояса, с днём"),
                    "напишите 2026-12-31 или 2026-12-31T18:00:00",
                );
            }
        },
        other @ (DeValue::Array(_) | DeValue::Table(_)) => {
            return refuse(
                format!(
                    "«{key}»: реквизит не может быть таким, здесь {}",
                    type_name(other)
                ),
                "реквизит — это текст, число, true или false, дата или ссылка user:КОД",
            );
        }
    };
    Some(At {
        value: attribute,
        span,
    })
}

fn wall_clock(date: &toml::value::Datetime) -> Option<String> {
    let day = date.date?;
    if date.offset.is_some() {
        return None;
    }
    let (hour, minute, second) = date.time.map_or((0, 0, 0), |time| {
        (time.hour, time.minute, time.second.unwrap_or(0))
    });
    Some(format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}",
        day.year, day.month, day.day
    ))
}

fn read_registration(entry: &Fields<'_, '_>) -> Option<RegistrationSeed> {
    let bot = entry.required_text("bot").filter(|bot| {
        let good = is_code(&bot.value);
        if !good {
            entry.document().error(
                "bad-code",
                bot.span,
                format!("код бота «{}» не годится", bot.value),
                Some("напишите код бота из его файла".to_owned()),
            );
        }
        good
    });
    if !entry.has("chat") {
        entry.missing("chat", Some("добавьте строку chat = ключ чата".to_owned()));
    }
    // D28: a group is never registered.
    let chat = entry.integer("chat", i64::MIN..=i64::MAX).filter(|chat| {
        if chat.value <= 0 {
            entry.document().error(
                "group-registration",
                chat.span,
                "это не личный чат: группы не регистрируются",
                Some("напишите ключ чата, который человеку отвечает команда «Мой ключ»".to_owned()),
            );
        }
        chat.value > 0
    });
    let party = entry
        .required_text("party")
        .and_then(|text| party(entry, text));
    Some(RegistrationSeed {
        span: entry.span(),
        bot: bot?,
        chat: chat?.map(ChatId),
        party: party?,
    })
}

fn refuse_duplicates(fields: &Fields<'_, '_>, seed: &PartiesSeed) {
    fn first<K: std::hash::Hash + Eq>(
        seen: &mut HashMap<K, Span>,
        key: K,
        span: &Span,
    ) -> Option<Span> {
        match seen.get(&key) {
            Some(first) => Some(*first),
            None => {
                seen.insert(key, *span);
                None
            }
        }
    }
    let refuse = |code, span, what: String, first: Span| {
        let place = fields.document().source().place(first);
        fields.document().error(
            code,
            span,
            format!("{what} уже есть: {place}"),
            Some("оставьте одну запись или исправьте код".to_owned()),
        );
    };
    let mut groups = HashMap::new();
    for group in &seed.groups {
        if let Some(place) = first(&mut groups, &group.code.value, &group.code.span) {
            refuse(
                "duplicate-code",
                group.code.span,
                format!("группа «{}»", group.code.value),
                place,
            );
        }
    }
    let mut parties = HashMap::new();
    for party in &seed.parties {
        let reference = &party.reference;
        if let Some(place) = first(&mut parties, &reference.value, &reference.span) {
            refuse(
                "duplicate-code",
                reference.span,
                format!("запись {}", reference.value),
                place,
            );
        }
    }
    let mut chats = HashMap::new();
    for registration in &seed.registrations {
        let key = (&registration.bot.value, registration.chat.value);
        if let Some(place) = first(&mut chats, key, &registration.chat.span) {
            let what = format!(
                "регистрация чата {} в боте {}",
                registration.chat.value, registration.bot.value
            );
            refuse(
                "duplicate-registration",
                registration.chat.span,
                what,
                place,
            );
        }
    }
}
