//! Conversions between types, as the language makes them.

use super::Vm;
use super::error::{Fault, Message};
use crate::diagnostic::Locale;
use crate::kernel::date::Date;
use crate::kernel::encode::uuid_text;
use crate::kernel::number::Number;
use crate::value::heap::Body;
use crate::value::{Value, is_blank, memory, string};
use std::borrow::Cow;

/// Words that a string may stand for a boolean with.
const TRUE_WORDS: [&str; 3] = ["да", "истина", "true"];
const FALSE_WORDS: [&str; 3] = ["нет", "ложь", "false"];

/// Units of the longest text that may be a boolean or a date, with room.
const WORD_MAX: usize = 100;

/// A string without the blanks around it; `None` for one that is too long to be what is looked for, of
/// which no copy is made.
fn without_blanks(value: &Value, most: usize) -> Option<String> {
    let mut units = value.as_units()?;
    if units.len() > most {
        memory::work(units.len() / 4);
        let inside = |unit: &u16| !is_blank(*unit) && *unit != 0xfeff;
        let start = units.iter().position(inside)?;
        let end = units.iter().rposition(inside)?;
        units = &units[start..=end];
    }
    if units.len() > most {
        return None;
    }
    if units.len() > 64 {
        memory::work(units.len() * 16);
    }
    Some(string::to_string(units))
}

impl Vm<'_> {
    /// As the arithmetic of the language does: text that looks like a number, Булево as 1 and 0.
    pub fn to_number(&self, value: &Value) -> Result<Number, Fault> {
        match value {
            Value::Int(int) => Ok(Number::from_i64(*int)),
            Value::Dec(..) | Value::Big(_) => Ok(value.as_number().unwrap_or(Number::ZERO)),
            Value::Bool(value) => Ok(Number::from_i64(i64::from(*value))),
            Value::Short(..) | Value::Str(_) => {
                // Groups, a fraction and zeros in front included.
                let most = (self.limits.digits as usize).saturating_mul(2) + 1000;
                let number = without_blanks(value, most)
                    .and_then(|text| Number::parse_1c(&text, self.limits.digits).ok());
                number.ok_or_else(|| Message::NotANumber.into())
            }
            _ => Err(Message::NotANumber.into()),
        }
    }

    /// To a whole number for the library: fractions are cut off, what is too large saturates.
    pub fn to_int(&self, value: &Value) -> Result<i64, Fault> {
        match value {
            Value::Int(int) => Ok(*int),
            _ => Ok(self.to_number(value)?.to_i64_saturating()),
        }
    }

    /// As conditions do: a number is true unless it is 0; text only by its words.
    pub fn to_bool(&self, value: &Value) -> Result<bool, Fault> {
        match value {
            Value::Bool(value) => Ok(*value),
            Value::Int(int) => Ok(*int != 0),
            // Zero is whole.
            Value::Dec(..) | Value::Big(_) => Ok(true),
            Value::Short(..) | Value::Str(_) => {
                let text = without_blanks(value, WORD_MAX).unwrap_or_default();
                let text = text.to_lowercase();
                let text = text.trim();
                if TRUE_WORDS.contains(&text) {
                    Ok(true)
                } else if FALSE_WORDS.contains(&text) {
                    Ok(false)
                } else {
                    Err(Message::NotABoolean.into())
                }
            }
            _ => Err(Message::NotABoolean.into()),
        }
    }

    /// A date, or a text of its digits: `20240101`.
    pub fn to_date(&self, value: &Value) -> Result<Date, Fault> {
        match value {
            Value::Date(date) => Ok(*date),
            Value::Short(..) | Value::Str(_) => {
                let text = without_blanks(value, WORD_MAX).unwrap_or_default();
                Date::parse_digits(text.trim()).ok_or_else(|| Message::NotADate.into())
            }
            _ => Err(Message::NotADate.into()),
        }
    }

    /// The units of a value's text; a string is borrowed.
    pub fn units<'v>(&self, value: &'v Value) -> Cow<'v, [u16]> {
        match value.as_units() {
            Some(units) => Cow::Borrowed(units),
            None => {
                let mut units = Vec::new();
                self.push_text(value, &mut units);
                Cow::Owned(units)
            }
        }
    }

    /// A value's text as a value: a string is shared and not copied.
    #[must_use]
    pub fn text_value(&self, value: &Value) -> Value {
        if value.is_str() {
            return value.clone();
        }
        Value::from_units(self.units(value).into_owned())
    }

    /// A value's text in UTF-8. Of one that the run cannot afford nothing is left, and the run ends when
    /// the native function returns.
    #[must_use]
    pub fn text(&self, value: &Value) -> String {
        string::to_string(&self.units(value))
    }

    /// Appends the text that the language shows for a value.
    pub fn push_text(&self, value: &Value, out: &mut Vec<u16>) {
        let ru = self.locale == Locale::Ru;
        match value {
            Value::Short(len, units) => out.extend_from_slice(string::short_units(*len, units)),
            Value::Str(text) => string::push_units(out, text.units()),
            Value::Int(int) => string::push_int(out, *int),
            Value::Dec(..) | Value::Big(_) => {
                if let Value::Big(number) = value {
                    // The work grows with the square of the digits; there are no more than the limit.
                    memory::work(number.number().heap_bytes() * 16);
                }
                if let Some(number) = value.as_number() {
                    string::push_str(out, &number.to_1c_text());
                }
            }
            Value::Bool(value) => string::push_str(
                out,
                match (value, ru) {
                    (true, true) => "Да",
                    (false, true) => "Нет",
                    (true, false) => "Yes",
                    (false, false) => "No",
                },
            ),
            Value::Date(date) => string::push_str(out, &date.to_1c_text()),
            Value::Undefined
            | Value::Null
            | Value::Missing
            | Value::Ref(_)
            | Value::RefElement(_) => {}
            Value::Uuid(uuid) => string::push_str(out, &uuid_text(uuid)),
            Value::Type(ty) => {
                let text = crate::library::types::presentation(ty, self.locale);
                string::push_str(out, &text);
            }
            Value::HostType(index) => {
                let environment = &self.program.environment;
                let shown = environment.type_presentations.get(*index as usize);
                let named = environment.types.get(*index as usize);
                if let Some(text) = shown.filter(|text| !text.is_empty()).or(named) {
                    string::push_str(out, text);
                }
            }
            Value::Enum(item, list) => {
                let text = crate::library::shown::item_text(list, *item, self.locale);
                string::push_str(out, &text);
            }
            Value::EnumList(list) => {
                string::push_str(out, if ru { list.ty.ru } else { list.ty.en })
            }
            Value::Module(module) => string::push_str(out, &self.module_code(*module).name),
            Value::Error(error) => match &error.message {
                Message::Value(value) => {
                    string::push_units(out, value.as_units().unwrap_or_default());
                }
                message => string::push_str(out, &message.text(self.locale)),
            },
            Value::Obj(obj) => {
                let own = match &*obj.body() {
                    Body::Native(native) => native.presentation(self),
                    Body::Host(host) => Some(host.presentation()),
                    _ => None,
                };
                match own {
                    Some(text) => {
                        memory::work(text.len() * 8);
                        string::push_str(out, &text);
                    }
                    None => string::push_str(out, if ru { obj.ty().ru } else { obj.ty().en }),
                }
            }
        }
    }
}
