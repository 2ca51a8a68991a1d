//! Структура.

use super::define::method;
use super::names::is_name;
use super::registry::{Area, Constructor, TypeDef};
use crate::syntax::names::Name;
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::structure::{Field, StructData};
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};

/// Структура.
pub static STRUCTURE: TypeDef = TypeDef {
    ru: "Структура",
    en: "Structure",
    new: Some(Constructor {
        params: "Ключи?, Значения...",
        call: new_structure,
    }),
    methods: &[
        method!("Вставить" "Insert" ("Ключ, Значение?") false insert),
        method!("Свойство" "Property" ("Ключ, &Значение?") true property),
        method!("Удалить" "Delete" ("Ключ") false delete),
        method!("Количество" "Count" ("") true count),
        method!("Очистить" "Clear" ("") false clear),
    ],
    props: &[],
};

/// Структура.
pub static AREA: Area = Area {
    title: "Структура",
    functions: &[],
    types: &[&STRUCTURE],
    enums: &[],
};

/// A structure of names and values, for the library and the host.
pub fn structure(vm: &mut Vm<'_>, fields: impl IntoIterator<Item = (String, Value)>) -> Value {
    let mut data = StructData::default();
    for (name, value) in fields {
        let (folded, spelling) = (vm.intern(&name), vm.intern_spelling(&name));
        data.insert(folded, spelling, value);
    }
    vm.alloc(&STRUCTURE, Body::Struct(data))
}

fn new_structure(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let mut data = StructData::default();
    match args.first() {
        None | Some(Value::Missing | Value::Undefined) => {}
        Some(Value::Obj(obj)) if args.len() == 1 => match &*obj.clone().body() {
            Body::Struct(fields) => {
                for field in vm.meter().over_each(4, fields.fields()) {
                    let field = field?;
                    data.insert(field.name, field.spelling, field.value.clone());
                }
            }
            _ => {
                // A fixed structure, or another collection of keys and values.
                let items = vm.items(&args[0])?;
                for item in items {
                    vm.charge(16)?;
                    let key = vm.field(&item, "Ключ").map_err(|_| Fault::param(1))?;
                    let value = vm.field(&item, "Значение")?;
                    let name = key
                        .as_string()
                        .filter(|name| is_name(name))
                        .ok_or_else(|| Fault::param(1))?;
                    let (folded, spelling) = (vm.intern(&name), vm.intern_spelling(&name));
                    data.insert(folded, spelling, value);
                }
            }
        },
        Some(keys) => {
            let names = vm.field_names_of(keys, 1)?;
            if args.len() - 1 > names.list.len() {
                return Err(Message::TooManyArguments.into());
            }
            // A known list costs no reading, but each field its place.
            vm.charge(names.list.len() as u32 / 4)?;
            vm.reserve(names.list.len() * size_of::<Field>())?;
            data.reserve(names.list.len());
            for (at, name) in names.list.iter().enumerate() {
                let value = match args.get_mut(at + 1).map(std::mem::take) {
                    None | Some(Value::Missing) => Value::Undefined,
                    Some(value) => value,
                };
                if names.distinct {
                    data.push(name.folded, name.spelling, value);
                } else {
                    data.insert(name.folded, name.spelling, value);
                }
            }
        }
    }
    vm.reserve(data.size())?;
    Ok(vm.alloc(&STRUCTURE, Body::Struct(data)))
}

fn insert(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let name = vm.field_name_of(&args[0], 1)?;
    let value = match std::mem::take(&mut args[1]) {
        Value::Missing => Value::Undefined,
        value => value,
    };
    let Value::Obj(obj) = this else {
        return Ok(Value::Undefined);
    };
    let old = match &mut *obj.body_mut()? {
        Body::Struct(fields) => fields.insert(name.folded, name.spelling, value),
        _ => None,
    };
    if old.is_none() {
        obj.recount();
        vm.reserve(0)?;
    }
    Ok(Value::Undefined)
}

/// The name of a text, blanks around it or not.
fn find_trimmed(vm: &mut Vm<'_>, text: &Value) -> Option<Name> {
    let found = vm.find_field(text);
    found.or_else(|| vm.names().find(text.as_string()?.trim()))
}

fn property(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    if !args[0].is_str() {
        return Err(Fault::param(1));
    }
    let found = match (find_trimmed(vm, &args[0]), this) {
        (Some(name), Value::Obj(obj)) => match &*obj.body() {
            Body::Struct(fields) => fields.get(name).cloned(),
            _ => None,
        },
        _ => None,
    };
    let is_there = found.is_some();
    args[1] = found.unwrap_or_default();
    Ok(is_there.into())
}

fn delete(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    if !args[0].is_str() {
        return Err(Fault::param(1));
    }
    let (Some(folded), Value::Obj(obj)) = (find_trimmed(vm, &args[0]), this) else {
        return Ok(Value::Undefined);
    };
    let old = match &mut *obj.body_mut()? {
        Body::Struct(fields) => fields.remove(folded),
        _ => None,
    };
    drop(old);
    Ok(Value::Undefined)
}

fn count(_: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(match this {
        Value::Obj(obj) => match &*obj.body() {
            Body::Struct(fields) => fields.fields().len().into(),
            _ => Value::Undefined,
        },
        _ => Value::Undefined,
    })
}

fn clear(_: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    let Value::Obj(obj) = this else {
        return Ok(Value::Undefined);
    };
    let old = match &mut *obj.body_mut()? {
        Body::Struct(fields) => std::mem::take(fields),
        _ => StructData::default(),
    };
    drop(old);
    obj.recount();
    Ok(Value::Undefined)
}
