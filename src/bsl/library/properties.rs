//! Fields of any object by name: ЗаполнитьЗначенияСвойств, and СравнениеЗначений beside it.

use super::define::{function, is_left_out, method, native};
use super::registry::{Area, Constructor, TypeDef};
use super::strings::name_list;
use crate::syntax::names::fold;
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::cmp::Ordering;

/// Properties.
pub static AREA: Area = Area {
    title: "Свойства и сравнение",
    functions: &[
        function!("ЗаполнитьЗначенияСвойств" "FillPropertyValues" ("Приемник, Источник, СписокСвойств?, ИсключаяСвойства?") false fill),
    ],
    types: &[&VALUE_COMPARISON],
    enums: &[],
};

/// Copies the fields that both sides have. With a list every one of its names must be on both sides.
fn fill(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let (target, source) = (args[0].clone(), args[1].clone());
    for (number, side) in [(1, &target), (2, &source)] {
        if !matches!(side, Value::Obj(_) | Value::Error(_) | Value::Module(_)) {
            return Err(Fault::param(number));
        }
    }
    let names = |vm: &Vm<'_>, value: &Value, number| {
        if is_left_out(value) {
            Ok(Vec::new())
        } else {
            name_list(vm, value, number)
        }
    };
    let listed = names(vm, &args[2], 3)?;
    let excluded: Vec<String> = names(vm, &args[3], 4)?.iter().map(|it| fold(it)).collect();
    let strict = !listed.is_empty();
    let mut wanted = listed;
    if !strict {
        wanted = vm.field_names(&source);
        if wanted.is_empty() {
            wanted = vm.field_names(&target);
        }
    }
    vm.charge(wanted.len() as u32)?;
    for name in wanted {
        if excluded.contains(&fold(&name)) {
            continue;
        }
        let copied = match vm.field(&source, &name) {
            Ok(value) => vm.set_field_named(&target, &name, value),
            Err(fault) => Err(fault),
        };
        match copied {
            Err(fault) if strict || !is_absent(&fault) => return Err(fault),
            _ => {}
        }
    }
    Ok(Value::Undefined)
}

/// The field is not there, or not to be written.
fn is_absent(fault: &Fault) -> bool {
    matches!(
        fault.0.message,
        Message::FieldNotFound(_) | Message::FieldReadOnly(_) | Message::ReadOnly
    )
}

/// СравнениеЗначений: the order of Сортировать as an object.
pub static VALUE_COMPARISON: TypeDef = TypeDef {
    ru: "СравнениеЗначений",
    en: "CompareValues",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(vm.alloc(&VALUE_COMPARISON, Body::Native(Box::new(Comparison)))),
    }),
    methods: &[
        method!("Сравнить" "Compare" ("Значение1, Значение2") true |vm, _, args| {
            Ok(Value::Int(match vm.order_charged(&args[0], &args[1])? {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            }))
        }),
    ],
    props: &[],
};

struct Comparison;

native!(Comparison, |_| 0);
