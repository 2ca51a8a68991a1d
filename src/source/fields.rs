//! The keys of a table, each asked for by what it must be.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use smallvec::SmallVec;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::place::{At, Span};
use super::russian::key_meant;
use crate::model::{Word, nearest};

/// A table while it is read. Each asking method gives `None` when the key is missing or wrong; a
/// wrong one was reported.
#[derive(Debug)]
pub struct Fields<'d, 't> {
    document: &'d Document<'t>,
    table: &'d DeTable<'t>,
    span: Span,
    place: &'static str,
    asked: RefCell<SmallVec<[&'static str; 20]>>,
}

impl<'d, 't> Fields<'d, 't> {
    pub(super) fn new(
        document: &'d Document<'t>,
        table: &'d DeTable<'t>,
        span: Span,
        place: &'static str,
    ) -> Fields<'d, 't> {
        Fields {
            document,
            table,
            span,
            place,
            asked: RefCell::default(),
        }
    }

    /// The document that this table belongs to.
    pub fn document(&self) -> &'d Document<'t> {
        self.document
    }

    /// Where the table was opened.
    pub fn span(&self) -> Span {
        self.span
    }

    fn value(&self, key: &'static str) -> Option<(&'d DeValue<'t>, Span)> {
        self.asked.borrow_mut().push(key);
        self.table
            .get(key)
            .map(|value| (value.get_ref(), value.span().into()))
    }

    /// Counts a key as asked for: what there is to say about it was said.
    pub fn pass(&self, key: &'static str) {
        self.asked.borrow_mut().push(key);
    }

    /// Where the key itself stands, if it is there.
    pub fn key_span(&self, key: &str) -> Option<Span> {
        self.table
            .get_key_value(key)
            .map(|(key, _)| key.span().into())
    }

    /// True when the table has this key. Does not count as asking for it.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn wrong_type(
        &self,
        key: &str,
        expected: &str,
        value: &DeValue<'_>,
        span: Span,
        hint: Option<String>,
    ) {
        self.document.error(
            "wrong-type",
            span,
            format!(
                "«{key}»: ожидается {expected}, а здесь {}",
                type_name(value)
            ),
            hint,
        );
    }

    /// Reports that a key is missing.
    pub fn missing(&self, key: &str, hint: Option<String>) {
        self.document.error(
            "missing-key",
            self.span,
            format!("нет ключа «{key}» в {}", self.place),
            hint,
        );
    }

    /// A text.
    pub fn text(&self, key: &'static str) -> Option<At<String>> {
        let (value, span) = self.value(key)?;
        match value {
            DeValue::String(text) => Some(At {
                value: text.to_string(),
                span,
            }),
            other => {
                let hint = match other {
                    DeValue::Integer(_)
                    | DeValue::Float(_)
                    | DeValue::Boolean(_)
                    | DeValue::Datetime(_) => {
                        Some("возьмите значение в двойные кавычки".to_owned())
                    }
                    DeValue::String(_) | DeValue::Array(_) | DeValue::Table(_) => None,
                };
                self.wrong_type(key, "текст в кавычках", other, span, hint);
                None
            }
        }
    }

    /// A text that must be there and not be blank.
    pub fn required_text(&self, key: &'static str) -> Option<At<String>> {
        if !self.has(key) {
            self.asked.borrow_mut().push(key);
            self.missing(key, Some(format!("добавьте строку {key} = \"…\"")));
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.document.error(
                "empty-value",
                text.span,
                format!("«{key}» не может быть пустым"),
                Some("впишите значение".to_owned()),
            );
            return None;
        }
        Some(text)
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &'static str) -> Option<At<bool>> {
        let (value, span) = self.value(key)?;
        match value {
            DeValue::Boolean(flag) => Some(At { value: *flag, span }),
            other => {
                self.wrong_type(
                    key,
                    "true или false",
                    other,
                    span,
                    Some("напишите true или false без кавычек".to_owned()),
                );
                None
            }
        }
    }

    /// A whole number within a range.
    pub fn integer(&self, key: &'static str, range: RangeInclusive<i64>) -> Option<At<i64>> {
        let (value, span) = self.value(key)?;
        let DeValue::Integer(number) = value else {
            self.wrong_type(
                key,
                "целое число",
                value,
                span,
                Some("напишите число цифрами без кавычек".to_owned()),
            );
            return None;
        };
        match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) if range.contains(&number) => Some(At {
                value: number,
                span,
            }),
            _ => {
                self.document.error(
                    "out-of-range",
                    span,
                    format!("«{key}»: допустимо от {} до {}", range.start(), range.end()),
                    Some("исправьте число".to_owned()),
                );
                None
            }
        }
    }

    /// One of several words.
    pub fn one_of<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<At<T>> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if let Some(&(_, value)) = found {
            return Some(At {
                value,
                span: text.span,
            });
        }
        let listed: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
        let hint = match nearest(&text.value, listed.iter().copied()) {
            Some(near) => format!("возможно, имелось в виду \"{near}\""),
            None => format!("напишите одно из: {}", listed.join(", ")),
        };
        self.document.error(
            "unknown-value",
            text.span,
            format!(
                "«{key}»: неизвестное значение «{}», допустимы: {}",
                text.value,
                listed.join(", ")
            ),
            Some(hint),
        );
        None
    }

    /// A value of an enum by its name.
    pub fn word<T: Word>(&self, key: &'static str) -> Option<At<T>> {
        self.one_of(key, T::WORDS)
    }

    /// A list of texts.
    pub fn texts(&self, key: &'static str) -> Option<Vec<At<String>>> {
        let (value, span) = self.value(key)?;
        let DeValue::Array(array) = value else {
            self.wrong_type(
                key,
                "список текстов",
                value,
                span,
                Some("список пишется в квадратных скобках: [\"один\", \"два\"]".to_owned()),
            );
            return None;
        };
        let mut texts = Vec::with_capacity(array.len());
        let mut whole = true;
        for item in array.iter() {
            let span = item.span().into();
            match item.get_ref() {
                DeValue::String(text) => texts.push(At {
                    value: text.to_string(),
                    span,
                }),
                other => {
                    whole = false;
                    self.wrong_type(
                        key,
                        "список текстов",
                        other,
                        span,
                        Some("возьмите каждое значение в двойные кавычки".to_owned()),
                    );
                }
            }
        }
        whole.then_some(texts)
    }

    /// A path of words: a text, or a list of texts.
    pub fn text_or_texts(&self, key: &'static str) -> Option<At<Result<String, Vec<At<String>>>>> {
        match self.table.get(key).map(Spanned::get_ref) {
            Some(DeValue::Array(_)) => {
                let span = self.table.get(key)?.span().into();
                self.texts(key).map(|texts| At {
                    value: Err(texts),
                    span,
                })
            }
            _ => self.text(key).map(|text| text.map(Ok)),
        }
    }

    /// A table within this one.
    pub fn table(&self, key: &'static str, place: &'static str) -> Option<Fields<'d, 't>> {
        let (value, span) = self.value(key)?;
        match value {
            DeValue::Table(table) => {
                Some(self.inner(table, self.key_span(key).unwrap_or(span), place))
            }
            other => {
                self.wrong_type(
                    key,
                    "раздел",
                    other,
                    span,
                    Some(format!("раздел пишется заголовком [{key}]")),
                );
                None
            }
        }
    }

    /// Tables in a list: `[[key]]` or `key = [{…}]`.
    pub fn tables(&self, key: &'static str, place: &'static str) -> Vec<Fields<'d, 't>> {
        let Some((value, span)) = self.value(key) else {
            return Vec::new();
        };
        let hint = || {
            Some(format!(
                "запись пишется заголовком [[{key}]] с двумя скобками"
            ))
        };
        let DeValue::Array(array) = value else {
            self.wrong_type(key, "список записей", value, span, hint());
            return Vec::new();
        };
        array
            .iter()
            .filter_map(|item| match item.get_ref() {
                DeValue::Table(table) => Some(self.inner(table, item.span().into(), place)),
                other => {
                    self.wrong_type(key, "список записей", other, item.span().into(), hint());
                    None
                }
            })
            .collect()
    }

    fn inner(&self, table: &'d DeTable<'t>, span: Span, place: &'static str) -> Fields<'d, 't> {
        Fields::new(self.document, table, span, place)
    }

    /// The keys that were not asked for, in the order written.
    pub fn rest(&self) -> Vec<(At<&'d str>, At<&'d DeValue<'t>>)> {
        let asked = self.asked.borrow();
        let mut rest: Vec<_> = self
            .table
            .iter()
            .filter(|(key, _)| !asked.contains(&key.get_ref().as_ref()))
            .map(|(key, value)| {
                (
                    At {
                        value: key.get_ref().as_ref(),
                        span: key.span().into(),
                    },
                    At {
                        value: value.get_ref(),
                        span: value.span().into(),
                    },
                )
            })
            .collect();
        rest.sort_by_key(|(key, _)| key.span.start);
        rest
    }

    /// Refuses every key that was not asked for.
    pub fn finish(self) {
        self.refuse_rest();
    }

    /// Like [`finish`](Self::finish), for a reader that is still needed.
    pub fn refuse_rest(&self) {
        let asked = self.asked.borrow();
        if self
            .table
            .keys()
            .all(|key| asked.contains(&key.get_ref().as_ref()))
        {
            return;
        }
        for (key, _) in self.rest() {
            let meant = key_meant(key.value).filter(|meant| asked.contains(meant));
            let hint = match meant.or_else(|| nearest(key.value, asked.iter().copied())) {
                Some(near) => format!("возможно, имелось в виду «{near}»"),
                None => {
                    let mut known = asked.to_vec();
                    known.sort_unstable();
                    known.dedup();
                    format!("уберите строку; здесь допустимы: {}", known.join(", "))
                }
            };
            self.document.error(
                "unknown-key",
                key.span,
                format!("неизвестный ключ «{}» в {}", key.value, self.place),
                Some(hint),
            );
        }
    }
}

/// What messages call the type of a value.
pub fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "текст",
        DeValue::Integer(_) => "целое число",
        DeValue::Float(_) => "дробное число",
        DeValue::Boolean(_) => "true или false",
        DeValue::Datetime(_) => "дата",
        DeValue::Array(_) => "список",
        DeValue::Table(_) => "раздел",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told() {
        let text = "a = 1\nb = \"x\"\nnmae = \"y\"\nlist = [\"a\", 2]\n";
        let (document, table) = Document::parse("x.toml", text);
        let fields = document.fields(&table, "файле");
        assert_eq!(fields.text("a"), None);
        assert_eq!(fields.integer("b", 0..=1), None);
        assert_eq!(fields.texts("list"), None);
        fields.required_text("name");
        fields.finish();
        let codes: Vec<_> = document
            .into_problems()
            .iter()
            .map(|problem| (problem.code, problem.line))
            .collect();
        assert_eq!(
            codes,
            [
                ("wrong-type", 1),
                ("wrong-type", 2),
                ("wrong-type", 4),
                ("missing-key", 1),
                ("unknown-key", 3)
            ]
        );
    }
}
