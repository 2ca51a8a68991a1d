//! The shortest ways to the usual values: whole numbers in registers, arrays and fields. Everything here
//! is inlined into the loop of `run.rs`.

use super::{Cache, Vm};
use crate::library::map::KEY_AND_VALUE;
use crate::library::registry::Intrinsic;
use crate::value::Value;
use crate::value::heap::{Body, Obj};

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

/// A value in the field of a structure where the site saw the name last.
#[inline(always)]
pub(crate) fn field_value(object: &Value, cache: &Cache) -> Option<Value> {
    if let Value::Obj(obj) = object
        && let Body::Struct(fields) = &*obj.body()
        && let Some(field) = fields.fields().get(cache.index as usize)
        && field.name == cache.name
    {
        return Some(copy(&field.value));
    }
    None
}

/// Writes a value there; `false` when the name stands elsewhere.
#[inline(always)]
pub(crate) fn set_field_value(object: &Value, cache: &Cache, value: &Value) -> bool {
    if let Value::Obj(obj) = object
        && let Ok(mut body) = obj.body_mut()
        && let Body::Struct(fields) = &mut *body
        && let Some(place) = fields.value_mut(cache.index as usize, cache.name)
    {
        let old = std::mem::replace(place, value.clone());
        drop(body);
        // What the old value held may look at the structure when it ends.
        drop(old);
        return true;
    }
    false
}

/// The value of a key of a map; a long key is looked for where the limits are asked.
#[inline(always)]
pub(crate) fn map_value(object: &Value, key: &Value) -> Option<Value> {
    if let Value::Obj(obj) = object
        && key.long_units() == 0
        && let Body::Map(map) = &*obj.body()
    {
        return Some(map.get(key).map_or(Value::Undefined, copy));
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

/// Takes an argument off the stack.
#[inline(always)]
fn take(slot: &mut Value) -> Value {
    match slot {
        Value::Int(int) => Value::Int(*int),
        Value::Missing => Value::Undefined,
        slot => std::mem::take(slot),
    }
}

impl Vm<'_> {
    /// Does a method of a collection in its usual case: the object stands in register `object`, the
    /// arguments from `start` on. `None`: nothing has happened, and the method is called as any other.
    #[inline]
    pub(crate) fn intrinsic(
        &mut self,
        intrinsic: Intrinsic,
        object: usize,
        start: usize,
    ) -> Option<Value> {
        let Value::Obj(obj) = &self.stack[object] else {
            return None;
        };
        match intrinsic {
            Intrinsic::None => None,
            Intrinsic::ArrayCount | Intrinsic::ArrayLast => {
                let Body::Array(items) = &*obj.body() else {
                    return None;
                };
                let last = i64::from(intrinsic == Intrinsic::ArrayLast);
                Some(Value::Int(items.len() as i64 - last))
            }
            Intrinsic::MapCount => match &*obj.body() {
                Body::Map(map) => Some(Value::Int(map.len() as i64)),
                _ => None,
            },
            Intrinsic::ArrayGet => match (&*obj.body(), &self.stack[start]) {
                (Body::Array(items), Value::Int(index)) => {
                    items.get(usize::try_from(*index).ok()?).map(copy)
                }
                _ => None,
            },
            Intrinsic::MapGet => {
                let key = &self.stack[start];
                map_value(&self.stack[object], key)
            }
            Intrinsic::HasField => {
                let name = *self.known_names.get(&self.stack[start])?;
                match &*obj.body() {
                    Body::Struct(fields) => Some(Value::Bool(fields.get(name).is_some())),
                    _ => None,
                }
            }
            Intrinsic::ArrayAdd | Intrinsic::MapInsert | Intrinsic::PutField => {
                let obj = obj.clone();
                self.grow_in_place(intrinsic, &obj, start)
            }
        }
    }

    /// The methods that put something into a collection, where there is room for it.
    #[inline]
    fn grow_in_place(&mut self, intrinsic: Intrinsic, obj: &Obj, start: usize) -> Option<Value> {
        let Ok(mut body) = obj.body_mut() else {
            return None;
        };
        let old = match (intrinsic, &mut *body) {
            (Intrinsic::ArrayAdd, Body::Array(items)) if items.len() < items.capacity() => {
                items.push(take(&mut self.stack[start]));
                Value::Undefined
            }
            (Intrinsic::MapInsert, Body::Map(map)) => {
                let [key, value] = self.stack.get_mut(start..start + 2)? else {
                    return None;
                };
                if key.is_missing() || key.long_units() > 0 {
                    return None;
                }
                map.insert_within(key, value, take)?
            }
            (Intrinsic::PutField, Body::Struct(fields)) => {
                let [key, value] = self.stack.get_mut(start..start + 2)? else {
                    return None;
                };
                let [name] = *self.known_lists.get(key)?.list else {
                    return None;
                };
                if !fields.has_room() && fields.get(name.folded).is_none() {
                    return None;
                }
                fields
                    .insert(name.folded, name.spelling, take(value))
                    .unwrap_or_default()
            }
            _ => return None,
        };
        drop(body);
        drop(old);
        Some(Value::Undefined)
    }

    /// The next pair of a structure or a map, for «Для Каждого»: the collection stands in register `it`,
    /// the pair goes to register `dst`. `None` for another collection; else the place to go on from, or
    /// nothing at the end. A pair that nobody but the loop holds is used again.
    #[inline]
    pub(crate) fn next_pair(
        &mut self,
        it: usize,
        dst: usize,
        place: usize,
    ) -> Option<Option<usize>> {
        let Value::Obj(obj) = &self.stack[it] else {
            return None;
        };
        let (key, value, next) = match &*obj.body() {
            Body::Map(map) => match map.next(place) {
                Some((key, value, next)) => (Ok(copy(key)), copy(value), next),
                None => return Some(None),
            },
            Body::Struct(fields) => match fields.fields().get(place) {
                Some(field) => (Err(field.spelling), copy(&field.value), place + 1),
                None => return Some(None),
            },
            _ => return None,
        };
        let key = key.unwrap_or_else(|spelling| self.spelling_value(spelling));
        let pair = match &self.stack[dst] {
            Value::Obj(pair) => pair.refill(Body::KeyValue(key, value)),
            _ => Err(Body::KeyValue(key, value)),
        };
        if let Err(pair) = pair {
            let pair = self.alloc(&KEY_AND_VALUE, pair);
            put(&mut self.stack[dst], pair);
        }
        Some(Some(next))
    }
}
