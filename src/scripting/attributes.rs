//! Attributes of parties and values of the language.

use std::rc::Rc;

use vestnik_bsl::kernel::date::Date;
use vestnik_bsl::kernel::number::{DEFAULT_MAX_DIGITS, Number};
use vestnik_bsl::value::heap::Body;
use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{Value, Vm};

use crate::model::{AttributeValue, PartyKind, PartyRef};

use super::reference::Reference;
use super::session::Session;
use super::shapes::type_text;

/// The reference that a value is; an empty one has an empty code.
pub(super) fn reference_of(value: &Value) -> Option<PartyRef> {
    match &*value.as_obj()?.body() {
        Body::Host(host) => host
            .as_any()
            .downcast_ref::<Reference>()
            .map(|reference| reference.party.clone()),
        _ => None,
    }
}

/// An attribute as a value.
pub(super) fn attribute_value(session: &Rc<Session>, vm: &Vm<'_>, value: &AttributeValue) -> Value {
    match value {
        AttributeValue::Text(text) => Value::str(text),
        AttributeValue::Number(text) => Number::parse_invariant(text, DEFAULT_MAX_DIGITS)
            .map_or_else(|_| Value::str(text), Value::from),
        AttributeValue::Boolean(value) => Value::Bool(*value),
        AttributeValue::Date(text) => {
            Date::parse_xml(text).map_or_else(|| Value::str(text), |(date, _)| Value::Date(date))
        }
        AttributeValue::Party(party) => Reference::value(session, vm, party.clone()),
    }
}

/// The empty value of an attribute's type.
pub(super) fn empty_value(session: &Rc<Session>, vm: &Vm<'_>, like: &AttributeValue) -> Value {
    match like {
        AttributeValue::Text(_) => Value::str(""),
        AttributeValue::Number(_) => Value::Int(0),
        AttributeValue::Boolean(_) => Value::Bool(false),
        AttributeValue::Date(_) => Value::Date(Date::EMPTY),
        AttributeValue::Party(party) => Reference::empty(session, vm, party.kind),
    }
}

/// A value as an attribute; `Ok(None)`: the attribute is taken away.
pub(super) fn to_attribute(
    vm: &Vm<'_>,
    value: &Value,
    name: &str,
) -> Result<Option<AttributeValue>, Fault> {
    if let Some(party) = reference_of(value) {
        return Ok((!party.code.is_empty()).then_some(AttributeValue::Party(party)));
    }
    Ok(Some(match value {
        Value::Undefined | Value::Missing | Value::Null => return Ok(None),
        Value::Bool(value) => AttributeValue::Boolean(*value),
        Value::Date(date) => AttributeValue::Date(date.whole_seconds().to_xml_text()),
        other => match (other.as_string(), other.as_number()) {
            (Some(text), _) => AttributeValue::Text(text),
            (None, Some(number)) => AttributeValue::Number(number.to_invariant_text()),
            (None, None) => {
                return Err(Fault::text(format!(
                    "Значение типа «{}» нельзя записать в реквизит «{name}»",
                    type_text(vm, value)
                )));
            }
        },
    }))
}

/// The text by which an attribute is looked up, as the store makes it.
pub(super) fn search_text(vm: &Vm<'_>, value: &Value) -> Result<Option<String>, Fault> {
    Ok(match to_attribute(vm, value, "")? {
        None => None,
        Some(
            AttributeValue::Text(text) | AttributeValue::Number(text) | AttributeValue::Date(text),
        ) => Some(text),
        Some(AttributeValue::Boolean(value)) => Some(value.to_string()),
        Some(AttributeValue::Party(party)) => Some(party.to_string()),
    })
}

/// What a well-known attribute is when a party lacks it.
pub(super) fn well_known_empty(session: &Rc<Session>, vm: &Vm<'_>, key: &str) -> Value {
    if key == "partner" {
        Reference::empty(session, vm, PartyKind::Partner)
    } else {
        Value::str("")
    }
}
