//! Objects of the host by tables: an object states its methods with their names, parameters and
//! functions in one place, and this file turns that into what the language asks of an object.

use std::any::Any;

use vestnik_bsl::host::{HostMethod, HostObject, Identity};
use vestnik_bsl::vm::error::Fault;
use vestnik_bsl::{Value, Vm};

use super::names::Pair;

/// Which objects have the same members: the language resolves a name once for a class.
#[derive(Clone, Copy)]
pub(super) enum Class {
    Reference = 1,
    Object,
    Catalogs,
    Manager,
    Selection,
    Telegram,
    ChatBots,
    ChatBot,
}

/// A method: its names, its parameters and what it does as the document shows them, its arity, and
/// what runs.
pub(super) struct Method<T> {
    pub(super) name: Pair,
    pub(super) params: &'static str,
    pub(super) about: &'static str,
    min: u8,
    max: u8,
    run: Run<T>,
}

enum Run<T> {
    Function(fn(&T, &mut Vm<'_>, &[Value]) -> Result<Value, Fault>),
    Procedure(fn(&T, &mut Vm<'_>, &[Value]) -> Result<(), Fault>),
}

/// A method that gives a value.
pub(super) const fn function<T>(
    name: Pair,
    params: &'static str,
    (min, max): (u8, u8),
    about: &'static str,
    run: fn(&T, &mut Vm<'_>, &[Value]) -> Result<Value, Fault>,
) -> Method<T> {
    Method {
        name,
        params,
        about,
        min,
        max,
        run: Run::Function(run),
    }
}

/// A method that gives none.
pub(super) const fn procedure<T>(
    name: Pair,
    params: &'static str,
    (min, max): (u8, u8),
    about: &'static str,
    run: fn(&T, &mut Vm<'_>, &[Value]) -> Result<(), Fault>,
) -> Method<T> {
    Method {
        name,
        params,
        about,
        min,
        max,
        run: Run::Procedure(run),
    }
}

/// The argument at a place; `None` where it was skipped or left out.
pub(super) fn given(args: &[Value], place: usize) -> Option<&Value> {
    args.get(place)
        .filter(|value| !matches!(value, Value::Missing))
}

/// An object of the host. What it has not, it need not say.
pub(super) trait Members: Sized + 'static {
    const CLASS: Class;
    const METHODS: &'static [Method<Self>] = &[];

    fn type_name(&self) -> String;

    /// The number of a field by its folded name.
    fn field(&self, _folded: &str) -> Option<u32> {
        None
    }

    fn get(&self, _field: u32, _vm: &mut Vm<'_>) -> Result<Value, Fault> {
        Ok(Value::Undefined)
    }

    /// Writes a field; `None` when it is read only.
    fn set(&self, _field: u32, _vm: &mut Vm<'_>, _value: Value) -> Option<Result<(), Fault>> {
        None
    }

    /// The element of «Для Каждого» at a place; `None` when the object cannot be walked.
    fn item(&self, _vm: &mut Vm<'_>, _place: usize) -> Option<Result<Option<Value>, Fault>> {
        None
    }

    /// `А[ключ]`; `None` when there is no index.
    fn index(&self, _vm: &mut Vm<'_>, _key: &Value) -> Option<Result<Value, Fault>> {
        None
    }

    /// What makes two of them equal; `None`: nothing but being the same one.
    fn identity(&self) -> Option<Identity> {
        None
    }

    fn presentation(&self) -> String {
        self.type_name()
    }

    /// ЗначениеЗаполнено.
    fn is_filled(&self) -> bool {
        true
    }
}

/// The names of an object's methods, in both languages.
pub(super) fn method_names<T: Members>() -> Vec<String> {
    T::METHODS
        .iter()
        .flat_map(|method| both(method.name))
        .collect()
}

/// Both names of a pair.
pub(super) fn both(name: Pair) -> [String; 2] {
    [name.ru.to_owned(), name.en.to_owned()]
}

/// An object as the language wants it.
pub(super) fn boxed<T: Members>(object: T) -> Box<dyn HostObject> {
    Box::new(Object(object))
}

/// An object as a value.
pub(super) fn value<T: Members>(vm: &Vm<'_>, object: T) -> Value {
    vm.host_object(boxed(object))
}

struct Object<T>(T);

impl<T: Members> HostObject for Object<T> {
    fn as_any(&self) -> &dyn Any {
        &self.0
    }

    fn class(&self) -> u32 {
        T::CLASS as u32
    }

    fn type_name(&self) -> String {
        self.0.type_name()
    }

    fn field(&self, name: &str) -> Option<u32> {
        self.0.field(name)
    }

    fn get(&self, id: u32, vm: &mut Vm<'_>) -> Result<Value, Fault> {
        self.0.get(id, vm)
    }

    fn set(&self, id: u32, vm: &mut Vm<'_>, value: Value) -> Option<Result<(), Fault>> {
        self.0.set(id, vm, value)
    }

    fn method(&self, name: &str) -> Option<HostMethod> {
        let mut methods = (0..).zip(T::METHODS);
        let (id, method) = methods.find(|(_, method)| method.name.is(name))?;
        Some(HostMethod {
            id,
            min: method.min,
            max: method.max,
            is_function: matches!(method.run, Run::Function(_)),
        })
    }

    fn call(
        &self,
        id: u32,
        vm: &mut Vm<'_>,
        _this: &Value,
        args: &mut [Value],
    ) -> Result<Value, Fault> {
        // The number is the one that `method` gave.
        match T::METHODS.get(id as usize).map(|method| &method.run) {
            Some(Run::Function(run)) => run(&self.0, vm, args),
            Some(Run::Procedure(run)) => run(&self.0, vm, args).map(|()| Value::Undefined),
            None => Ok(Value::Undefined),
        }
    }

    fn item(&self, vm: &mut Vm<'_>, place: usize) -> Option<Result<Option<Value>, Fault>> {
        self.0.item(vm, place)
    }

    fn index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        self.0.index(vm, key)
    }

    fn identity(&self) -> Option<Identity> {
        self.0.identity()
    }

    fn presentation(&self) -> String {
        self.0.presentation()
    }

    fn is_filled(&self) -> bool {
        self.0.is_filled()
    }
}
