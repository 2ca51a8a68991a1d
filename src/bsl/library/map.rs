//! Соответствие and КлючИЗначение.

use super::define::{method, prop};
use super::registry::{Area, Constructor, TypeDef};
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::map::MapData;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};

/// Соответствие.
pub static MAP: TypeDef = TypeDef {
    ru: "Соответствие",
    en: "Map",
    new: Some(Constructor {
        params: "ФиксированноеСоответствие?",
        call: new_map,
    }),
    methods: &[
        method!("Вставить" "Insert" ("Ключ, Значение?") false insert),
        method!("Получить" "Get" ("Ключ") true get),
        method!("Удалить" "Delete" ("Ключ") false delete),
        method!("Количество" "Count" ("") true count),
        method!("Очистить" "Clear" ("") false clear),
    ],
    props: &[],
};

/// КлючИЗначение.
pub static KEY_AND_VALUE: TypeDef = TypeDef {
    ru: "КлючИЗначение",
    en: "KeyAndValue",
    new: None,
    methods: &[],
    props: &[
        prop!("Ключ" "Key" |_, this| Ok(pair(this).0)),
        prop!("Значение" "Value" |_, this| Ok(pair(this).1)),
    ],
};

/// Соответствие.
pub static AREA: Area = Area {
    title: "Соответствие",
    functions: &[],
    types: &[&MAP, &KEY_AND_VALUE],
    enums: &[],
};

fn pair(this: &Value) -> (Value, Value) {
    if let Value::Obj(obj) = this
        && let Body::KeyValue(key, value) = &*obj.body()
    {
        return (key.clone(), value.clone());
    }
    (Value::Undefined, Value::Undefined)
}

fn new_map(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let mut data = MapData::default();
    if let Value::Obj(_) = &args[0] {
        for item in vm.items(&args[0])? {
            vm.charge(16)?;
            let key = vm.field(&item, "Ключ").map_err(|_| Fault::param(1))?;
            let value = vm.field(&item, "Значение")?;
            data.insert(key, value, |bytes| vm.reserve(bytes))?;
        }
    }
    Ok(vm.alloc(&MAP, Body::Map(Box::new(data))))
}

fn insert(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let key = std::mem::take(&mut args[0]);
    vm.charge_strings(&key, &Value::Undefined)?;
    let value = match std::mem::take(&mut args[1]) {
        Value::Missing => Value::Undefined,
        value => value,
    };
    let Value::Obj(obj) = this else {
        return Ok(Value::Undefined);
    };
    match &mut *obj.body_mut()? {
        Body::Map(map) => {
            let before = map.capacity();
            map.insert(key, value, |bytes| vm.reserve(bytes))?;
            if map.capacity() == before {
                return Ok(Value::Undefined);
            }
        }
        _ => return Err(Message::NotIndexed.into()),
    }
    obj.recount();
    Ok(Value::Undefined)
}

fn get(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    vm.element(this, &args[0])
}

fn delete(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let Value::Obj(obj) = this else {
        return Ok(Value::Undefined);
    };
    vm.charge_strings(&args[0], &Value::Undefined)?;
    let old = match &mut *obj.body_mut()? {
        Body::Map(map) => map.remove(&args[0]),
        _ => None,
    };
    drop(old);
    Ok(Value::Undefined)
}

fn count(_: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(match this {
        Value::Obj(obj) => match &*obj.body() {
            Body::Map(map) => map.len().into(),
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
        Body::Map(map) => std::mem::take(map),
        _ => Box::default(),
    };
    drop(old);
    obj.recount();
    Ok(Value::Undefined)
}
