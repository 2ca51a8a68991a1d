//! Массив.

use super::define::method;
use super::registry::{Area, Constructor, TypeDef};
use crate::value::Value;
use crate::value::heap::{Body, Obj};
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};

/// Массив.
pub static ARRAY: TypeDef = TypeDef {
    ru: "Массив",
    en: "Array",
    new: Some(Constructor {
        params: "Количество1?, Прочие...",
        call: new_array,
    }),
    methods: &[
        method!("Добавить" "Add" ("Значение?") false add),
        method!("Вставить" "Insert" ("Индекс, Значение?") false insert),
        method!("Получить" "Get" ("Индекс") true get),
        method!("Установить" "Set" ("Индекс, Значение") false set),
        method!("Количество" "Count" ("") true count),
        method!("ВГраница" "UBound" ("") true upper_bound),
        method!("Найти" "Find" ("Значение") true find),
        method!("Удалить" "Delete" ("Индекс") false delete),
        method!("Очистить" "Clear" ("") false clear),
    ],
    props: &[],
};

/// Массив.
pub static AREA: Area = Area {
    title: "Массив",
    functions: &[],
    types: &[&ARRAY],
    enums: &[],
};

fn with<R>(this: &Value, then: impl FnOnce(&Obj, &mut Vec<Value>) -> R) -> Result<R, Fault> {
    let Value::Obj(obj) = this else {
        return Err(Message::NotIndexed.into());
    };
    match &mut *obj.body_mut()? {
        Body::Array(items) => Ok(then(obj, items)),
        _ => Err(Message::NotIndexed.into()),
    }
}

fn given(value: &mut Value) -> Value {
    match std::mem::take(value) {
        Value::Missing => Value::Undefined,
        value => value,
    }
}

fn new_array(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    // `Новый Массив(ФиксированныйМассив)` copies.
    if let [Value::Obj(_)] = args {
        let items = vm.items(&args[0])?;
        return Ok(vm.new_array(items));
    }
    let mut sizes = Vec::with_capacity(args.len());
    for (at, arg) in args.iter().enumerate() {
        if arg.is_missing() {
            break;
        }
        let size =
            usize::try_from(vm.to_int(arg)?).map_err(|_| Fault::value(at.min(254) as u8 + 1))?;
        sizes.push(size);
    }
    if sizes.len() > 32 {
        return Err(Message::TooManyArguments.into());
    }
    dimension(vm, &sizes)
}

fn dimension(vm: &mut Vm<'_>, sizes: &[usize]) -> Result<Value, Fault> {
    let Some((&size, rest)) = sizes.split_first() else {
        return Ok(vm.new_array(Vec::new()));
    };
    vm.reserve(size.saturating_mul(size_of::<Value>()))?;
    let mut items = Vec::with_capacity(size);
    for _ in 0..size {
        items.push(if rest.is_empty() {
            Value::Undefined
        } else {
            dimension(vm, rest)?
        });
        vm.charge(1)?;
    }
    Ok(vm.new_array(items))
}

fn add(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let Value::Obj(obj) = this else {
        return Err(Message::NotIndexed.into());
    };
    let grown = match &mut *obj.body_mut()? {
        Body::Array(items) => {
            let full = items.len() == items.capacity();
            if full {
                vm.reserve(items.capacity().max(8) * size_of::<Value>())?;
            }
            match &mut args[0] {
                Value::Int(int) => items.push(Value::Int(*int)),
                value => items.push(given(value)),
            }
            full
        }
        _ => return Err(Message::NotIndexed.into()),
    };
    if grown {
        obj.recount();
    }
    Ok(Value::Undefined)
}

fn insert(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let index =
        usize::try_from(vm.to_int(&args[0])?).map_err(|_| Fault::from(Message::IndexOutOfRange))?;
    let value = given(&mut args[1]);
    vm.reserve(index.saturating_mul(size_of::<Value>()))?;
    let moved = with(this, |_, items| {
        if index > items.len() {
            items.resize(index, Value::Undefined);
        }
        items.insert(index, value);
        items.len() - index
    })?;
    if let Value::Obj(obj) = this {
        obj.recount();
    }
    vm.reserve(0)?;
    vm.charge_work(moved)?;
    Ok(Value::Undefined)
}

fn get(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    vm.element(this, &args[0])
}

fn set(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let value = std::mem::take(&mut args[1]);
    vm.set_element(this, args[0].clone(), value)?;
    Ok(Value::Undefined)
}

fn count(_: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    with(this, |_, items| items.len().into())
}

fn upper_bound(_: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    with(this, |_, items| Value::Int(items.len() as i64 - 1))
}

fn find(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let Value::Obj(obj) = this else {
        return Err(Message::NotIndexed.into());
    };
    let (found, length) = match &*obj.body() {
        Body::Array(items) => (
            items.iter().position(|item| item.equals(&args[0])),
            items.len(),
        ),
        _ => return Err(Message::NotIndexed.into()),
    };
    // Long strings of one length are compared to the end.
    let each = 8 + args[0].long_units() / 4;
    vm.charge_work(found.unwrap_or(length).saturating_mul(each))?;
    Ok(found.map_or(Value::Undefined, Value::from))
}

fn delete(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let index = vm.to_int(&args[0])?;
    let (removed, moved) = with(this, |_, items| match usize::try_from(index) {
        Ok(index) if index < items.len() => (Some(items.remove(index)), items.len() - index),
        _ => (None, 0),
    })?;
    vm.charge_work(moved)?;
    match removed {
        Some(_) => Ok(Value::Undefined),
        None => Err(Message::IndexOutOfRange.into()),
    }
}

fn clear(_: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    let old = with(this, |_, items| std::mem::take(items))?;
    drop(old);
    if let Value::Obj(obj) = this {
        obj.recount();
    }
    Ok(Value::Undefined)
}
