//! The text form of stored values ([`crate::model::Variant::value`]): what a button stands for keeps
//! its type over a restart (D14).
//!
//! JSON with the type beside each value; numbers, dates and identifiers as texts, so that no digit is
//! lost: `{"n":"0.1"}`, `{"a":[…]}`. A value read back is the value that was written.

use serde_json::{Map, Value as Json, json};
use vestnik_bsl::Data;
use vestnik_bsl::data::ListItem;
use vestnik_bsl::kernel::date::Date;
use vestnik_bsl::kernel::number::Number;

/// Digits that a stored number may have: as many as a program's.
const DIGITS_MAX: u32 = 1_000_000;
/// Nesting, as deep as a program may store.
const DEPTH_MAX: u32 = 110;

/// A text that is no stored value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("сохранённое значение не читается: {0}")]
pub struct StoredError(String);

/// A value as text.
#[must_use]
pub fn to_text(data: &Data) -> String {
    write(data).to_string()
}

/// A text as the value that it was made of.
///
/// # Errors
/// The text is none that [`to_text`] made.
pub fn from_text(text: &str) -> Result<Data, StoredError> {
    let json: Json = serde_json::from_str(text).map_err(|error| StoredError(error.to_string()))?;
    read(&json, 0)
}

fn write(data: &Data) -> Json {
    match data {
        Data::Undefined => Json::Null,
        Data::Null => json!({"null": true}),
        Data::Bool(value) => json!({"b": value}),
        Data::Number(number) => json!({"n": number.to_invariant_text()}),
        Data::Str(text) => json!({"s": text}),
        Data::Date(date) => json!({"d": date.ticks().to_string()}),
        Data::Uuid(uuid) => json!({"u": format!("{:032x}", u128::from_be_bytes(*uuid))}),
        Data::Reference { type_name, key } => json!({"r": [type_name, key]}),
        Data::Array(items) => json!({"a": items.iter().map(write).collect::<Vec<_>>()}),
        Data::Structure(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| json!([name, write(value)]));
            json!({"o": fields.collect::<Vec<_>>()})
        }
        Data::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| json!([write(key), write(value)]));
            json!({"m": entries.collect::<Vec<_>>()})
        }
        // A run gives none back.
        Data::Binary(_) => Json::Null,
        Data::ValueList(items) => {
            let items = items
                .iter()
                .map(|item| json!([write(&item.value), item.presentation, item.check]));
            json!({"l": items.collect::<Vec<_>>()})
        }
    }
}

fn bad(what: impl Into<String>) -> StoredError {
    StoredError(what.into())
}

fn text(json: &Json) -> Result<&str, StoredError> {
    json.as_str().ok_or_else(|| bad("ожидался текст"))
}

fn list(json: &Json) -> Result<&Vec<Json>, StoredError> {
    json.as_array().ok_or_else(|| bad("ожидался список"))
}

fn tuple<const N: usize>(json: &Json) -> Result<&[Json; N], StoredError> {
    list(json)?
        .as_slice()
        .try_into()
        .map_err(|_| bad(format!("ожидался список из {N}")))
}

fn single(map: &Map<String, Json>) -> Result<(&str, &Json), StoredError> {
    let mut entries = map.iter();
    match (entries.next(), entries.next()) {
        (Some((key, value)), None) => Ok((key, value)),
        _ => Err(bad("ожидалось одно поле")),
    }
}

fn read(json: &Json, depth: u32) -> Result<Data, StoredError> {
    if depth > DEPTH_MAX {
        return Err(bad("слишком глубоко вложено"));
    }
    let next = |json: &Json| read(json, depth + 1);
    let map = match json {
        Json::Null => return Ok(Data::Undefined),
        Json::Object(map) => map,
        _ => return Err(bad("ожидался объект")),
    };
    let (tag, value) = single(map)?;
    Ok(match tag {
        "null" => Data::Null,
        "b" => Data::Bool(
            value
                .as_bool()
                .ok_or_else(|| bad("ожидалось true или false"))?,
        ),
        "n" => Data::Number(
            Number::parse_invariant(text(value)?, DIGITS_MAX).map_err(|_| bad("не число"))?,
        ),
        "s" => Data::Str(text(value)?.to_owned()),
        "d" => Data::Date(
            text(value)?
                .parse()
                .ok()
                .and_then(Date::from_ticks)
                .ok_or_else(|| bad("не дата"))?,
        ),
        "u" => Data::Uuid(uuid(text(value)?)?),
        "r" => {
            let [type_name, key] = tuple(value)?;
            Data::Reference {
                type_name: text(type_name)?.to_owned(),
                key: text(key)?.to_owned(),
            }
        }
        "a" => Data::Array(list(value)?.iter().map(next).collect::<Result<_, _>>()?),
        "o" => {
            let fields = list(value)?.iter().map(|field| {
                let [name, value] = tuple(field)?;
                Ok((text(name)?.to_owned(), next(value)?))
            });
            Data::Structure(fields.collect::<Result<_, StoredError>>()?)
        }
        "m" => {
            let entries = list(value)?.iter().map(|entry| {
                let [key, value] = tuple(entry)?;
                Ok((next(key)?, next(value)?))
            });
            Data::Map(entries.collect::<Result<_, StoredError>>()?)
        }
        "l" => {
            let items = list(value)?.iter().map(|item| {
                let [value, presentation, check] = tuple(item)?;
                Ok(ListItem {
                    value: next(value)?,
                    presentation: text(presentation)?.to_owned(),
                    check: check.as_bool().unwrap_or(false),
                })
            });
            Data::ValueList(items.collect::<Result<_, StoredError>>()?)
        }
        other => return Err(bad(format!("«{other}»"))),
    })
}

fn uuid(text: &str) -> Result<[u8; 16], StoredError> {
    let number = u128::from_str_radix(text, 16)
        .ok()
        .filter(|_| text.len() == 32)
        .ok_or_else(|| bad("не идентификатор"))?;
    Ok(number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_data() -> impl Strategy<Value = Data> {
        let leaf = prop_oneof![
            Just(Data::Undefined),
            Just(Data::Null),
            any::<bool>().prop_map(Data::Bool),
            (any::<i128>(), 0u32..200)
                .prop_map(|(digits, scale)| Data::Number(Number::from_scaled(digits, scale))),
            any::<String>().prop_map(Data::Str),
            (0..Date::MAX.ticks())
                .prop_map(|ticks| Data::Date(Date::from_ticks(ticks).unwrap_or(Date::EMPTY))),
            any::<[u8; 16]>().prop_map(Data::Uuid),
            (any::<String>(), any::<String>())
                .prop_map(|(type_name, key)| Data::Reference { type_name, key }),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let item = (inner.clone(), any::<String>(), any::<bool>()).prop_map(
                |(value, presentation, check)| ListItem {
                    value,
                    presentation,
                    check,
                },
            );
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Data::Array),
                prop::collection::vec((any::<String>(), inner.clone()), 0..5)
                    .prop_map(Data::Structure),
                prop::collection::vec((inner.clone(), inner), 0..5).prop_map(Data::Map),
                prop::collection::vec(item, 0..5).prop_map(Data::ValueList),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_value_comes_back_as_it_went(data in any_data()) {
            prop_assert_eq!(from_text(&to_text(&data)), Ok(data));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = from_text(&text);
        }
    }

    #[test]
    fn the_form_of_a_stored_value_stays() {
        let check = |text: &str, data: Data| {
            assert_eq!(to_text(&data), text);
            assert_eq!(from_text(text), Ok(data));
        };
        // Buttons that were sent keep these texts for a month.
        check("null", Data::Undefined);
        check(r#"{"n":"0.10000000000000000000000000001"}"#, {
            Data::Number(Number::from_scaled(
                10_000_000_000_000_000_000_000_000_001,
                29,
            ))
        });
        check(r#"{"a":[{"b":true},{"s":"а"}]}"#, {
            Data::Array(vec![Data::Bool(true), Data::Str("а".into())])
        });
        check(
            r#"{"r":["СправочникСсылка.Контрагенты","A-1"]}"#,
            {
                Data::Reference {
                    type_name: "СправочникСсылка.Контрагенты".into(),
                    key: "A-1".into(),
                }
            },
        );
        for text in [
            "",
            "1",
            "[]",
            "{}",
            r#"{"x":1}"#,
            r#"{"n":"1,5"}"#,
            r#"{"u":"zz"}"#,
            r#"{"n":"1","s":"2"}"#,
        ] {
            assert!(from_text(text).is_err(), "{text}");
        }
    }
}
