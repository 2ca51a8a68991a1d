//! Fields of any object by name: ЗаполнитьЗначенияСвойств, and СравнениеЗначений beside it.

use super::define::{function, is_left_out, method, native};
use super::names::{Listed, listed};
use super::registry::{Area, Constructor, TypeDef};
use crate::syntax::names::fold;
use crate::value::heap::Body;
use crate::value::{Value, memory};
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::cmp::Ordering;
use std::collections::HashSet;

/// Properties.
pub static AREA: Area = Area {
    title: "Свойства и сравнение",
    functions: &[
        function!("ЗаполнитьЗначенияСвойств" "FillPropertyValues" ("Приемник, Источник, СписокСвойств?, ИсключаяСвойства?") false fill),
    ],
    types: &[&VALUE_COMPARISON],
    enums: &[],
};

/// Copies the fields that both sides have. With СписокСвойств every name of it must be on both sides,
/// and ИсключаяСвойства is not looked at; names are written from the last to the first, so that of a
/// list with a wrong name those after it are written, as 1C 8.3.27 does. Any value may stand on either
/// side: what has no fields gives and takes nothing.
fn fill(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let (target, source) = (args[0].clone(), args[1].clone());
    let excluded_list = if is_left_out(&args[3]) {
        None
    } else {
        Some(listed(vm, &args[3], 4)?)
    };
    if !is_left_out(&args[2]) {
        for name in listed(vm, &args[2], 3)?.filled_back() {
            copy(vm, &target, &source, name?)?;
        }
        return Ok(Value::Undefined);
    }
    let mut excluded = HashSet::new();
    for name in excluded_list.iter().flat_map(Listed::filled) {
        let name = name?;
        memory::reserve(name.len() + NAME_COST)?;
        excluded.insert(fold(name));
    }
    let mut wanted = vm.field_names(&source);
    if wanted.is_empty() {
        wanted = vm.field_names(&target);
    }
    for name in vm.meter().over(wanted) {
        let name = name?;
        if excluded.contains(&fold(&name)) {
            continue;
        }
        match copy(vm, &target, &source, &name) {
            Err(fault) if !is_absent(&fault) => return Err(fault),
            _ => {}
        }
    }
    Ok(Value::Undefined)
}

/// Bytes that a name costs in a set besides its text.
const NAME_COST: usize = 64;

fn copy(vm: &mut Vm<'_>, target: &Value, source: &Value, name: &str) -> Result<(), Fault> {
    let value = vm.field(source, name)?;
    vm.set_field_named(target, name, value)
}

/// The field is not there, or not to be written.
fn is_absent(fault: &Fault) -> bool {
    matches!(
        fault.0.message,
        Message::FieldNotFound(_)
            | Message::FieldReadOnly(_)
            | Message::ReadOnly
            | Message::NotAnObject(_)
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
