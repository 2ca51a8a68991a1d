//! ЗначениеВСтрокуВнутр, ЗначениеИзСтрокиВнутр: values in the notation of nested lists that 1C keeps
//! its own data in, and ХранилищеЗначения as bytes, which are such a text inside.
//!
//! The notation and the identifiers of types are those of 1C 8.3, so that texts pass between the two.
//! Not known from there, therefore ours alone (believed): the insides of ДеревоЗначений,
//! СтандартныйПериод and of ХранилищеЗначения as an element of another value.

mod packed;
mod read;
mod types;
mod write;

#[cfg(test)]
mod tests;

pub(super) use packed::{pack, unpack};

use super::define::{function, said};
use super::registry::Area;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// Levels of values inside one another: a value that contains itself ends here, and the native stack
/// holds so many.
const LEVELS_MAX: u32 = 400;

/// Internal strings.
pub static AREA: Area = Area {
    title: "Внутреннее представление значений",
    functions: &[
        function!("ЗначениеВСтрокуВнутр" "ValueToStringInternal" ("Значение") true |vm, args| {
            let text = write::text(vm, &args[0], "\n")?;
            Ok(text.into())
        }),
        function!("ЗначениеИзСтрокиВнутр" "ValueFromStringInternal" ("Строка") true |vm, args| {
            let text = super::define::string_of(&args[0], 1)?;
            read::value(vm, &text)
        }),
    ],
    types: &[],
    enums: &[],
};

fn too_deep(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Значение содержит само себя или вложено слишком глубоко: такое не записывается",
        "The value contains itself or is nested too deep: this is not written",
    )
}
