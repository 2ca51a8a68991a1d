//! The shortest ways to the usual values: whole numbers in registers, arrays and fields. Everything here
//! is inlined into the loop of `run.rs`.

use super::Cache;
use crate::value::Value;
use crate::value::heap::Body;

/// Whether dropping the value does nothing.
#[inline(always)]
pub(crate) fn is_plain(value: &Value) -> bool {
    matches!(
        value,
        Value::Int(_)
            | Value::Bool(_)
            | Value::Undefined
            | Value::Short(..)
            | Value::Date(_)
            | Value::Null
            | Value::Missing
            | Value::Ref(_)
    )
}

/// Writes a register; the usual old values need no drop. The old value is not read out: a value of two
/// words that was just written in halves and is loaded as a whole costs a dozen cycles.
#[inline(always)]
pub(crate) fn put(slot: &mut Value, value: Value) {
    if !is_plain(slot) {
        *slot = Value::Undefined;
    }
    std::mem::forget(std::mem::replace(slot, value));
}

/// Writes a whole number; only its own word when the register held one before.
#[inline(always)]
pub(crate) fn put_int(slot: &mut Value, value: i64) {
    if let Value::Int(int) = slot {
        *int = value;
    } else {
        put(slot, Value::Int(value));
    }
}

/// A copy; whole numbers without a look at the other forms.
#[inline(always)]
pub(crate) fn copy(value: &Value) -> Value {
    match value {
        Value::Int(int) => Value::Int(*int),
        value => value.clone(),
    }
}

/// A whole number in an array.
#[inline(always)]
pub(crate) fn array_int(collection: &Value, place: usize) -> Option<i64> {
    if let Value::Obj(obj) = collection
        && let Body::Array(items) = &*obj.body()
        && let Some(Value::Int(int)) = items.get(place)
    {
        return Some(*int);
    }
    None
}

/// A whole number in the field of a structure where the site saw the name last.
#[inline(always)]
pub(crate) fn field_int(object: &Value, cache: &Cache) -> Option<i64> {
    if let Value::Obj(obj) = object
        && let Body::Struct(fields) = &*obj.body()
        && let Some(field) = fields.fields().get(cache.index as usize)
        && field.name == cache.name
        && let Value::Int(int) = field.value
    {
        return Some(int);
    }
    None
}

/// Writes a whole number there; `false` when the name stands elsewhere.
#[inline(always)]
pub(crate) fn set_field_int(object: &Value, cache: &Cache, int: i64) -> bool {
    if let Value::Obj(obj) = object
        && let Ok(mut body) = obj.body_mut()
        && let Body::Struct(fields) = &mut *body
        && let Some(value) = fields.value_mut(cache.index as usize, cache.name)
    {
        put_int(value, int);
        return true;
    }
    false
}

/// An element of an array, or the end of it; `None` for another collection.
#[inline(always)]
pub(crate) fn array_item(collection: &Value, place: usize) -> Option<Option<Value>> {
    if let Value::Obj(obj) = collection
        && let Body::Array(items) = &*obj.body()
    {
        return Some(items.get(place).map(copy));
    }
    None
}
