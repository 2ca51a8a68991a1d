//! XMLСтрока and XMLЗначение: values in the notation of XML Schema, the same in every locale.

use super::AREAS;
use super::bytes::{BINARY_DATA, base64_text, binary, bytes_of};
use super::define::function;
use super::internal::{pack, unpack};
use super::registry::{Area, EnumDef};
use super::storage::STORAGE;
use crate::kernel::date::Date;
use crate::kernel::encode::{decode_base64, parse_uuid, uuid_text};
use crate::kernel::number::Number;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::rc::Rc;

/// Values in XML.
pub static AREA: Area = Area {
    title: "Значения XML",
    functions: &[
        function!("XMLСтрока" "XMLString" ("Значение") true to_xml),
        function!("XMLЗначение" "XMLValue" ("Тип, Строка") true from_xml),
    ],
    types: &[],
    enums: &[],
};

pub(super) fn to_xml(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    Ok(match &args[0] {
        Value::Undefined | Value::Null | Value::Missing => Value::str(""),
        Value::Bool(value) => Value::str(if *value { "true" } else { "false" }),
        Value::Date(date) => Value::str(&date.to_xml_text()),
        Value::Uuid(uuid) => Value::str(&uuid_text(uuid)),
        Value::Enum(item, list) => match list.items.get(usize::from(*item)) {
            Some((_, en)) => Value::str(en),
            None => Value::str(""),
        },
        value if value.is_str() => value.clone(),
        value @ Value::Obj(obj) => {
            let bytes = if std::ptr::eq(obj.ty(), &BINARY_DATA) {
                bytes_of(value, 1)?
            } else if std::ptr::eq(obj.ty(), &STORAGE) {
                pack(vm, value)?.into()
            } else {
                return Err(Fault::param(1));
            };
            base64_text(vm, &bytes)?.into()
        }
        value => match value.as_number() {
            Some(number) => Value::str(&number.to_invariant_text()),
            None => return Err(Fault::param(1)),
        },
    })
}

pub(super) fn from_xml(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let Value::Type(ty) = &args[0] else {
        return Err(Fault::param(1));
    };
    let text = vm.text(&args[1]);
    let plain = text.trim_matches([' ', '\t', '\r', '\n']);
    let fault = || Fault::new(Message::CannotConvert(ty.ru, ty.en));
    match ty.ru {
        "Строка" => Ok(vm.text_value(&args[1])),
        "Число" => {
            let number = Number::parse_invariant(plain, vm.max_digits());
            number
                .map(Value::from)
                .map_err(|_| Message::NotANumber.into())
        }
        "Булево" => match plain {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(Message::NotABoolean.into()),
        },
        "Дата" => {
            let date = Date::parse_xml(plain).map(|(date, _)| date.whole_seconds());
            date.map(Value::Date)
                .ok_or_else(|| Message::NotADate.into())
        }
        "УникальныйИдентификатор" => parse_uuid(plain)
            .map(|uuid| Value::Uuid(Rc::new(uuid)))
            .ok_or_else(fault),
        "Неопределено" if plain.is_empty() => Ok(Value::Undefined),
        "Null" if plain.is_empty() => Ok(Value::Null),
        "ДвоичныеДанные" | "ХранилищеЗначения" => {
            vm.reserve(plain.len())?;
            let bytes = decode_base64(plain).map_err(|_| fault())?;
            match ty.ru {
                "ДвоичныеДанные" => binary(vm, bytes),
                _ => unpack(vm, &bytes),
            }
        }
        _ => {
            let mut lists = AREAS.iter().flat_map(|area| area.enums);
            let list: Option<&'static EnumDef> = lists
                .find(|list| std::ptr::eq(&raw const list.ty, *ty))
                .copied();
            let item = list.and_then(|list| {
                let item = list.items.iter().position(|(_, en)| *en == plain)?;
                Some(Value::Enum(u16::try_from(item).ok()?, list))
            });
            item.ok_or_else(fault)
        }
    }
}
