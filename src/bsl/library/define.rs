//! Short forms for the tables of an area, and what its functions do with their arguments.

use super::registry::MethodDef;
use crate::diagnostic::Locale;
use crate::value::Value;
use crate::value::heap::{Body, Obj};
use crate::value::native::NativeObject;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::cell::{Ref, RefMut};
use std::rc::Rc;

/// `method!("Имя" "Name" ("Параметры") is_function code)`.
macro_rules! method {
    ($ru:literal $en:literal ($params:literal) $is_function:literal $call:expr) => {
        $crate::library::registry::MethodDef {
            ru: $ru,
            en: $en,
            params: $params,
            is_function: $is_function,
            call: $call,
        }
    };
}

/// `function!("Имя" "Name" ("Параметры") is_function code)`.
macro_rules! function {
    ($ru:literal $en:literal ($params:literal) $is_function:literal $call:expr) => {
        $crate::library::registry::FunctionDef {
            ru: $ru,
            en: $en,
            params: $params,
            is_function: $is_function,
            call: $call,
        }
    };
}

/// `prop!("Имя" "Name" getter)`, with a setter when the property can be written.
macro_rules! prop {
    ($ru:literal $en:literal $get:expr) => {
        $crate::library::registry::PropDef {
            ru: $ru,
            en: $en,
            get: $get,
            set: None,
        }
    };
    ($ru:literal $en:literal $get:expr, $set:expr) => {
        $crate::library::registry::PropDef {
            ru: $ru,
            en: $en,
            get: $get,
            set: Some($set),
        }
    };
}

/// `enumeration!(NAME "Имя" "Name" ["Значение" "Value", …])`: a system enumeration.
macro_rules! enumeration {
    ($(#[$doc:meta])* $name:ident $ru:literal $en:literal [$($item_ru:literal $item_en:literal),* $(,)?]) => {
        $(#[$doc])*
        pub static $name: $crate::library::registry::EnumDef = $crate::library::registry::EnumDef {
            ty: $crate::library::registry::TypeDef {
                ru: $ru,
                en: $en,
                new: None,
                methods: &[],
                props: &[],
            },
            items: &[$(($item_ru, $item_en)),*],
            strings: &[],
        };
    };
}

/// `native!(Type, |this| bytes)`: an object of the library without fields of its own.
macro_rules! native {
    ($ty:ty, $size:expr) => {
        impl $crate::value::native::NativeObject for $ty {
            fn size(&self) -> usize {
                let size: fn(&$ty) -> usize = $size;
                size_of::<$ty>() + size(self)
            }
        }
    };
}

pub(super) use {enumeration, function, method, native, prop};

/// An error in the language of the run.
pub(super) fn said(vm: &Vm<'_>, ru: impl Into<String>, en: impl Into<String>) -> Fault {
    Fault::text(match vm.locale() {
        Locale::Ru => ru.into(),
        Locale::En => en.into(),
    })
}

/// Whether a parameter was left out; Неопределено counts as that, as nearly everywhere in 1C.
pub(super) fn is_left_out(value: &Value) -> bool {
    matches!(value, Value::Missing | Value::Undefined)
}

/// The insides of a parameter that must be of one type.
pub(super) fn native_of<T: NativeObject>(value: &Value, number: u8) -> Result<Ref<'_, T>, Fault> {
    value
        .as_obj()
        .and_then(|obj| obj.native::<T>())
        .ok_or_else(|| Fault::param(number))
}

/// The same, to change.
pub(super) fn native_of_mut<T: NativeObject>(
    value: &Value,
    number: u8,
) -> Result<RefMut<'_, T>, Fault> {
    value
        .as_obj()
        .and_then(|obj| obj.native_mut::<T>())
        .ok_or_else(|| Fault::param(number))
}

/// Counts an object's bytes anew, and stops at the limit of memory.
pub(super) fn recount(vm: &mut Vm<'_>, value: &Value) -> Result<(), Fault> {
    if let Some(obj) = value.as_obj() {
        obj.recount();
    }
    vm.reserve(0)
}

/// Сдвинуть: moves the element of a place by so many.
pub(super) fn shifted<T>(list: &mut Vec<T>, at: usize, shift: i64) -> Result<(), Fault> {
    let to = (at as i64).saturating_add(shift);
    if to < 0 || to >= list.len() as i64 {
        return Err(Message::IndexOutOfRange.into());
    }
    let element = list.remove(at);
    list.insert(to as usize, element);
    Ok(())
}

/// The place of an element given as a number, or as itself. Looking for an element is paid for.
pub(super) fn place_among<T>(
    vm: &Vm<'_>,
    list: &[T],
    value: &Value,
    is_it: impl FnMut(&T) -> bool,
) -> Result<usize, Fault> {
    let at = match value {
        Value::Obj(_) => {
            vm.meter().units(list.len())?;
            list.iter().position(is_it)
        }
        value => usize::try_from(vm.to_int(value)?)
            .ok()
            .filter(|at| *at < list.len()),
    };
    at.ok_or_else(|| Message::IndexOutOfRange.into())
}

/// Индекс: -1 for what is not there.
pub(super) fn place_or_none(place: Option<usize>) -> Value {
    Value::Int(place.map_or(-1, |at| at as i64))
}

/// The elements of an array parameter, copied: the program may change the array meanwhile.
pub(super) fn array_items(vm: &Vm<'_>, value: &Value, number: u8) -> Result<Vec<Value>, Fault> {
    match value.as_obj().map(Obj::body).as_deref() {
        Some(Body::Array(items)) => vm.copied(items),
        _ => Err(Fault::param(number)),
    }
}

/// [`NativeObject::same`] of objects that only point to what they stand for: several may stand for one.
pub(super) fn same_handle<O: NativeObject, T>(
    own: &Rc<T>,
    other: &dyn NativeObject,
    of: impl FnOnce(&O) -> &Rc<T>,
) -> Option<bool> {
    let other = other.downcast_ref::<O>();
    Some(other.is_some_and(|other| Rc::ptr_eq(own, of(other))))
}

/// A string parameter.
pub(super) fn string_of(value: &Value, number: u8) -> Result<String, Fault> {
    value.as_string().ok_or_else(|| Fault::param(number))
}

/// A boolean parameter that may be left out.
pub(super) fn flag(vm: &Vm<'_>, value: &Value, default: bool) -> Result<bool, Fault> {
    if is_left_out(value) {
        Ok(default)
    } else {
        vm.to_bool(value)
    }
}

/// The number of a value of an enumeration; `None` when the parameter was left out.
pub(super) fn choice(
    value: &Value,
    list: &'static super::registry::EnumDef,
    number: u8,
) -> Result<Option<u16>, Fault> {
    match value {
        Value::Missing | Value::Undefined => Ok(None),
        Value::Enum(item, of) if std::ptr::eq(*of, list) => Ok(Some(*item)),
        _ => Err(Fault::param(number)),
    }
}

/// What reads or writes a file: a program in the sandbox has none.
pub(super) fn no_files(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Файлы программе недоступны: передайте строку, двоичные данные или поток",
        "Files are not available to the program: pass a string, binary data or a stream",
    )
}

/// A method that needs a file.
pub(super) const fn file_method(ru: &'static str, en: &'static str) -> MethodDef {
    MethodDef {
        ru,
        en,
        params: "ИмяФайла, Параметры...",
        is_function: false,
        call: |vm, _, _| Err(no_files(vm)),
    }
}
