//! Values of the language: 16 bytes, without allocation for booleans, whole and short decimal
//! numbers, dates and strings of up to seven units.

pub mod heap;
pub mod map;
pub mod memory;
pub mod native;
pub mod paid;
pub mod string;
pub mod structure;

use crate::kernel::date::Date;
use crate::kernel::number::Number;
use crate::library::registry::{EnumDef, TypeDef};
use crate::vm::error::ErrorInfo;
use heap::{Body, Obj};
use std::rc::Rc;
use string::{StrBox, short, short_units};

/// A value.
#[derive(Clone, Default)]
pub enum Value {
    /// Неопределено.
    #[default]
    Undefined,
    /// NULL of a database; unlike Неопределено it fits no column.
    Null,
    /// Булево.
    Bool(bool),
    /// A whole number of 64 bits. Every such number has this form, so that equality compares forms.
    Int(i64),
    /// A short decimal with a fraction: its scale, which is not 0, and its digits, which do not end in 0.
    Dec(u8, i64),
    /// Any other number.
    Big(Rc<BigNumber>),
    /// Дата.
    Date(Date),
    /// A string of up to [`string::SHORT_MAX`] units: its length and room for them. Two fields and no
    /// struct, so that the compiler lays them out around the tag.
    Short(u8, [u16; string::SHORT_MAX]),
    /// A string of any length.
    Str(Rc<StrBox>),
    /// Shared: copies of the value are the same object.
    Obj(Obj),
    /// УникальныйИдентификатор.
    Uuid(Rc<[u8; 16]>),
    /// A type of the library.
    Type(&'static TypeDef),
    /// A type of the host: its number in the program's environment.
    HostType(u32),
    /// A value of a system enumeration.
    Enum(u16, &'static EnumDef),
    /// A system enumeration itself.
    EnumList(&'static EnumDef),
    /// A common module.
    Module(u32),
    /// ИнформацияОбОшибке.
    Error(Rc<ErrorInfo>),
    /// A parameter that was skipped; no program sees it.
    Missing,
    /// A by-reference parameter; no program sees it.
    Ref(RefTo),
    /// A by-reference parameter that is an element or a field; no program sees it.
    RefElement(Rc<RefElement>),
}

/// A by-reference parameter that is an element or a field.
pub struct RefElement {
    /// Whose element or field it is.
    pub object: Value,
    /// Where in it.
    pub key: RefKey,
}

/// A long number; its bytes are counted.
pub struct BigNumber(Number);

impl BigNumber {
    /// The number.
    #[must_use]
    pub fn number(&self) -> &Number {
        &self.0
    }
}

impl Drop for BigNumber {
    fn drop(&mut self) {
        memory::sub(self.0.heap_bytes() + 64);
    }
}

/// Where in an object a reference leads.
pub enum RefKey {
    /// To an element.
    Index(Value),
    /// To a field: module and site.
    Field(u32, u32),
}

/// Where a by-reference parameter leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefTo {
    /// A place of the stack, counted from its bottom.
    Stack(u32),
    /// A variable of a module: module (16 bits) and slot.
    Module(u16, u16),
    /// A variable of the host.
    Global(u32),
}

const _: () = assert!(
    size_of::<Value>() == 16,
    "a value is copied at every step of the VM"
);

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Undefined => f.write_str("Неопределено"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(int) => write!(f, "{int}"),
            Value::Date(date) => write!(f, "{date:?}"),
            Value::Short(..) | Value::Str(_) => {
                write!(f, "{:?}", self.as_string().unwrap_or_default())
            }
            Value::Dec(..) | Value::Big(_) => write!(f, "{:?}", self.as_number()),
            other => f.write_str(crate::vm::type_of(other).ru),
        }
    }
}

impl From<Number> for Value {
    #[inline]
    fn from(number: Number) -> Value {
        match number.as_small() {
            Some((int, 0)) => Value::Int(int),
            Some((digits, scale)) => Value::Dec(scale, digits),
            None => {
                memory::add(number.heap_bytes() + 64);
                Value::Big(Rc::new(BigNumber(number)))
            }
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Value {
        Value::Int(value as i64)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::str(&text)
    }
}

impl Value {
    /// A string. One that the run cannot afford is empty, and the run ends ([`memory::afford`]).
    #[must_use]
    pub fn str(text: &str) -> Value {
        if text.len() >= string::LONG {
            return Value::long_str(text);
        }
        let mut units = Vec::with_capacity(text.len());
        string::push_str(&mut units, text);
        units.shrink_to_fit();
        Value::from_units(units)
    }

    #[cold]
    fn long_str(text: &str) -> Value {
        memory::work(text.len() * 2);
        let count = text.encode_utf16().count();
        if !memory::afford(count.saturating_mul(2)) {
            return Value::Short(0, [0; string::SHORT_MAX]);
        }
        let mut units = Vec::with_capacity(count);
        string::push_str(&mut units, text);
        Value::from_units(units)
    }

    /// A string from a buffer that becomes its own.
    #[must_use]
    pub fn from_units(units: Vec<u16>) -> Value {
        match short(&units) {
            Some(short) => short,
            None => Value::Str(StrBox::new(units)),
        }
    }

    /// A string from a slice. One that the run cannot afford is empty, and the run ends
    /// ([`memory::afford`]).
    #[inline]
    #[must_use]
    pub fn units(units: &[u16]) -> Value {
        match short(units) {
            Some(short) => short,
            None if units.len() >= string::LONG && !memory::afford(units.len() * 2) => {
                Value::Short(0, [0; string::SHORT_MAX])
            }
            None => {
                if units.len() >= string::LONG {
                    memory::work(units.len() / 4);
                }
                Value::Str(StrBox::new(units.to_vec()))
            }
        }
    }

    /// The units of a string.
    #[inline]
    #[must_use]
    pub fn as_units(&self) -> Option<&[u16]> {
        match self {
            Value::Short(len, units) => Some(short_units(*len, units)),
            Value::Str(text) => Some(text.units()),
            _ => None,
        }
    }

    /// The length of a string that takes a while to go over, or what an object is as long as that is
    /// compared by its content; 0 for anything shorter, and for others.
    #[inline]
    #[must_use]
    pub fn long_units(&self) -> usize {
        match self {
            Value::Str(text) if text.units().len() >= 256 => text.units().len(),
            Value::Obj(obj) => obj.content_units(),
            _ => 0,
        }
    }

    /// A string in UTF-8, when the value is one.
    #[must_use]
    pub fn as_string(&self) -> Option<String> {
        self.as_units().map(string::to_string)
    }

    /// A whole number of 64 bits, when the value is one.
    #[inline]
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The number, when the value is one.
    #[must_use]
    pub fn as_number(&self) -> Option<Number> {
        match self {
            Value::Int(int) => Some(Number::from_i64(*int)),
            Value::Dec(scale, digits) => {
                Some(Number::from_scaled(i128::from(*digits), u32::from(*scale)))
            }
            Value::Big(number) => Some(number.0.clone()),
            _ => None,
        }
    }

    /// The object, when the value is one.
    #[inline]
    #[must_use]
    pub fn as_obj(&self) -> Option<&Obj> {
        match self {
            Value::Obj(obj) => Some(obj),
            _ => None,
        }
    }

    /// Whether the parameter was skipped.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Value::Missing)
    }

    /// Whether the value is a string.
    #[inline]
    #[must_use]
    pub fn is_str(&self) -> bool {
        matches!(self, Value::Short(..) | Value::Str(_))
    }

    /// The operator `=`: different types are different, without an error; a number and a boolean
    /// compare as numbers, on either side (bsl-semantics.md).
    #[must_use]
    pub fn equals(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Bool(a), Value::Int(b)) | (Value::Int(b), Value::Bool(a)) => {
                i64::from(*a) == *b
            }
            _ => self.same_key(other),
        }
    }

    /// Equality of keys: as `=`, but 1 and Истина are two keys.
    #[inline]
    #[must_use]
    pub fn same_key(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Dec(a, x), Value::Dec(b, y)) => a == b && x == y,
            (Value::Big(a), Value::Big(b)) => a.0 == b.0,
            (Value::Undefined, Value::Undefined)
            | (Value::Null, Value::Null)
            | (Value::Missing, Value::Missing) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Date(a), Value::Date(b)) => a == b,
            (Value::Obj(a), Value::Obj(b)) => a.same(b) || same_content(a, b),
            (Value::Uuid(a), Value::Uuid(b)) => a == b,
            (Value::Type(a), Value::Type(b)) => std::ptr::eq(*a, *b),
            (Value::HostType(a), Value::HostType(b)) | (Value::Module(a), Value::Module(b)) => {
                a == b
            }
            (Value::Enum(a, x), Value::Enum(b, y)) => a == b && std::ptr::eq(*x, *y),
            (Value::EnumList(a), Value::EnumList(b)) => std::ptr::eq(*a, *b),
            (Value::Error(a), Value::Error(b)) => Rc::ptr_eq(a, b),
            _ => match (self.as_units(), other.as_units()) {
                (Some(a), Some(b)) => {
                    // Only texts of one length are compared to the end.
                    if a.len() >= string::LONG && a.len() == b.len() {
                        memory::work(a.len() / 4);
                    }
                    a == b
                }
                _ => false,
            },
        }
    }

    /// The hash that goes with [`Value::same_key`].
    #[must_use]
    pub fn key_hash(&self) -> u64 {
        match self {
            Value::Short(len, units) => hash_units(short_units(*len, units)),
            Value::Str(text) => {
                let units = text.units();
                if units.len() >= string::LONG {
                    memory::work(units.len() / 2);
                }
                hash_units(units)
            }
            Value::Int(int) => mix(*int as u64, 1),
            Value::Dec(scale, digits) => mix(*digits as u64, 16 + u64::from(*scale)),
            Value::Big(number) => hash_of(&number.0),
            Value::Date(date) => mix(date.ticks(), 2),
            Value::Bool(value) => mix(u64::from(*value), 3),
            Value::Obj(obj) => content_hash(obj).unwrap_or_else(|| mix(obj.address() as u64, 4)),
            Value::Uuid(uuid) => hash_of(uuid),
            Value::Type(ty) => mix(std::ptr::from_ref(*ty) as u64, 5),
            Value::HostType(id) => mix(u64::from(*id), 6),
            Value::Module(id) => mix(u64::from(*id), 7),
            Value::Enum(item, list) => mix(std::ptr::from_ref(*list) as u64 ^ u64::from(*item), 8),
            Value::EnumList(list) => mix(std::ptr::from_ref(*list) as u64, 9),
            Value::Error(error) => mix(Rc::as_ptr(error) as u64, 10),
            Value::Undefined
            | Value::Null
            | Value::Missing
            | Value::Ref(_)
            | Value::RefElement(_) => 0,
        }
    }

    /// ЗначениеЗаполнено: Ложь is filled, zero and blanks are not.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        match self {
            Value::Undefined | Value::Null | Value::Missing => false,
            Value::Int(int) => *int != 0,
            Value::Date(date) => !date.is_empty(),
            Value::Short(..) | Value::Str(_) => self
                .as_units()
                .is_some_and(|units| !units.iter().all(|&unit| is_blank(unit))),
            Value::Uuid(uuid) => uuid.iter().any(|&byte| byte != 0),
            Value::Obj(obj) => match &*obj.body() {
                Body::Array(items) => !items.is_empty(),
                Body::Struct(fields) => !fields.fields().is_empty(),
                Body::Map(map) => !map.is_empty(),
                Body::Native(native) => native.count() != Some(0),
                Body::Host(host) => host.is_filled(),
                Body::KeyValue(..) | Body::Dead => true,
            },
            _ => true,
        }
    }
}

fn same_content(a: &Obj, b: &Obj) -> bool {
    match (&*a.body(), &*b.body()) {
        (Body::Native(a), Body::Native(b)) => a.same(b.as_ref()).unwrap_or(false),
        (Body::Host(a), Body::Host(b)) => match (a.identity(), b.identity()) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        },
        _ => false,
    }
}

fn content_hash(obj: &Obj) -> Option<u64> {
    match &*obj.body() {
        Body::Native(native) => native.content_hash(),
        Body::Host(host) => host.identity().map(|identity| hash_of(&identity)),
        _ => None,
    }
}

/// White space of the language: what СокрЛП trims, NBSP included.
#[inline]
#[must_use]
pub fn is_blank(unit: u16) -> bool {
    matches!(unit, 0x09..=0x0d | 0x20 | 0x85 | 0xa0)
        || matches!(
            unit,
            0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000
        )
}

#[inline]
fn mix(value: u64, salt: u64) -> u64 {
    let wide =
        u128::from(value ^ (salt << 56) ^ 0x9e37_79b9_7f4a_7c15) * 0xa076_1d64_78bd_642f_u128;
    (wide as u64) ^ ((wide >> 64) as u64)
}

/// A fast hash: keys come from the run's own program, whose time is limited anyway.
#[inline]
fn hash_units(units: &[u16]) -> u64 {
    let mut state = units.len() as u64;
    let mut chunks = units.chunks_exact(4);
    for chunk in &mut chunks {
        let word = u64::from(chunk[0])
            | u64::from(chunk[1]) << 16
            | u64::from(chunk[2]) << 32
            | u64::from(chunk[3]) << 48;
        state = mix(state ^ word, 11);
    }
    let mut rest = 0;
    for &unit in chunks.remainder() {
        rest = rest << 16 | u64::from(unit);
    }
    mix(state ^ rest, 12)
}

fn hash_of(value: &impl std::hash::Hash) -> u64 {
    use std::hash::{DefaultHasher, Hasher};
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_follows_the_language() {
        let cases: &[(Value, Value, bool)] = &[
            (Value::Int(1), Value::Bool(true), true),
            (Value::Bool(true), Value::Int(1), true),
            (Value::Int(1), Value::str("1"), false),
            (Value::Undefined, Value::Null, false),
            (Value::str(""), Value::Undefined, false),
            (
                Value::str("длинная строка"),
                Value::str("длинная строка"),
                true,
            ),
            (Value::str("а"), Value::str("А"), false),
        ];
        for (a, b, expected) in cases {
            assert_eq!(a.equals(b), *expected);
        }
        assert!(!Value::Int(1).same_key(&Value::Bool(true)));
    }
}
