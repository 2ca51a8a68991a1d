//! What a type of the library implements when it is neither Массив nor Структура nor Соответствие.

use super::Value;
use crate::syntax::names::Name;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::any::Any;

/// An object of the library. Methods and properties of the type stand in its `TypeDef`; here is what
/// differs from object to object. Values that it holds are freed when it is dropped.
pub trait NativeObject: Any {
    /// Bytes on the heap, for the limit of memory; call [`super::heap::Obj::recount`] after changes.
    fn size(&self) -> usize {
        0
    }

    /// A field that is not a property of the type: a column of a row. `place` is a cache of the
    /// caller's site, to be checked before it is trusted.
    fn get_field(&self, _vm: &Vm<'_>, _name: Name, _place: &mut u32) -> Option<Value> {
        None
    }

    /// Sets such a field; `None` when there is none of the name.
    fn set_field(
        &mut self,
        _vm: &mut Vm<'_>,
        _name: Name,
        _place: &mut u32,
        _value: &Value,
    ) -> Option<Result<(), Fault>> {
        None
    }

    /// Names of such fields, for ЗаполнитьЗначенияСвойств.
    fn field_names(&self, _vm: &Vm<'_>) -> Vec<String> {
        Vec::new()
    }

    /// `А[ключ]`; `None` when the type has no index.
    fn get_index(&self, _vm: &mut Vm<'_>, _key: &Value) -> Option<Result<Value, Fault>> {
        None
    }

    /// `А[ключ] = значение`; `None` when the type has no index.
    fn set_index(
        &mut self,
        _vm: &mut Vm<'_>,
        _key: &Value,
        _value: Value,
    ) -> Option<Result<(), Fault>> {
        None
    }

    /// The element of «Для Каждого» at a place; `Err` when the type cannot be walked.
    fn item(&self, _vm: &Vm<'_>, _place: usize) -> Result<Option<Value>, NoIterator> {
        Err(NoIterator)
    }

    /// Elements, for ЗначениеЗаполнено; `None` when the type is no collection.
    fn count(&self) -> Option<usize> {
        None
    }

    /// The text of the object, when it is not the type's name.
    fn presentation(&self, _vm: &Vm<'_>) -> Option<String> {
        None
    }

    /// Equality by content, when the type has it (ДвоичныеДанные); `None` compares identity.
    fn same(&self, _other: &dyn NativeObject) -> Option<bool> {
        None
    }

    /// Units that [`NativeObject::same`] and the hash go over, when they are many: a comparison is paid
    /// for by them.
    fn content_units(&self) -> usize {
        0
    }

    /// The hash that goes with [`NativeObject::same`].
    fn content_hash(&self) -> Option<u64> {
        None
    }
}

impl dyn NativeObject {
    /// The object as the type that the library made it of; `None` when it is of another.
    #[must_use]
    pub fn downcast_ref<T: NativeObject>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }

    /// The same, to change.
    pub fn downcast_mut<T: NativeObject>(&mut self) -> Option<&mut T> {
        (self as &mut dyn Any).downcast_mut()
    }
}

/// The type has no iterator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoIterator;
