//! Types of the language that have no constructor, Тип and ТипЗнч.

use super::registry::{Area, Constructor, FunctionDef, TypeDef};
use crate::kernel::encode::Uuid;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::convert::parse_uuid;
use crate::vm::error::{Fault, Message};
use std::rc::Rc;

const fn plain(ru: &'static str, en: &'static str) -> TypeDef {
    TypeDef {
        ru,
        en,
        new: None,
        methods: &[],
        props: &[],
    }
}

/// Неопределено.
pub static UNDEFINED: TypeDef = plain("Неопределено", "Undefined");
/// Null.
pub static NULL: TypeDef = plain("Null", "NULL");
/// Булево.
pub static BOOLEAN: TypeDef = plain("Булево", "Boolean");
/// Число.
pub static NUMBER: TypeDef = plain("Число", "Number");
/// Строка.
pub static STRING: TypeDef = plain("Строка", "String");
/// Дата.
pub static DATE: TypeDef = plain("Дата", "Date");
/// Тип.
pub static TYPE: TypeDef = plain("Тип", "Type");
/// ОбщийМодуль.
pub static COMMON_MODULE: TypeDef = plain("ОбщийМодуль", "CommonModule");
/// ИнформацияОбОшибке.
pub static ERROR_INFO: TypeDef = TypeDef {
    ru: "ИнформацияОбОшибке",
    en: "ErrorInfo",
    new: Some(Constructor {
        params: "Описание?, Параметры?",
        call: super::errors::new_error,
    }),
    methods: super::errors::METHODS,
    props: super::errors::PROPS,
};
/// УникальныйИдентификатор.
pub static UUID: TypeDef = TypeDef {
    ru: "УникальныйИдентификатор",
    en: "UUID",
    new: Some(Constructor {
        params: "Строка?",
        call: new_uuid,
    }),
    methods: &[],
    props: &[],
};

/// Types and Тип, ТипЗнч.
pub static AREA: Area = Area {
    title: "Типы",
    functions: &[
        FunctionDef {
            ru: "Тип",
            en: "Type",
            params: "ИмяТипа",
            is_function: true,
            call: type_by_name,
        },
        FunctionDef {
            ru: "ТипЗнч",
            en: "TypeOf",
            params: "Значение",
            is_function: true,
            call: type_of,
        },
    ],
    types: &[
        &UNDEFINED,
        &NULL,
        &BOOLEAN,
        &NUMBER,
        &STRING,
        &DATE,
        &TYPE,
        &COMMON_MODULE,
        &ERROR_INFO,
        &UUID,
    ],
    enums: &[],
};

fn type_by_name(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let name = args[0].as_string().ok_or_else(|| Fault::param(1))?;
    vm.type_by_name(&name)
        .ok_or_else(|| Message::TypeNotFound(name).into())
}

fn type_of(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    Ok(vm.type_value(&args[0]))
}

fn new_uuid(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    if args[0].is_missing() {
        let mut bytes = [0; 16];
        if !vm.host().random(&mut bytes) {
            return Err(Message::NotAvailable("УникальныйИдентификатор".into()).into());
        }
        return Ok(Value::Uuid(Rc::new(Uuid::from_random(bytes).bytes())));
    }
    let text = args[0].as_string().ok_or_else(|| Fault::param(1))?;
    match parse_uuid(&text) {
        Some(bytes) => Ok(Value::Uuid(Rc::new(bytes))),
        None => Err(Message::CannotConvert("УникальныйИдентификатор", "UUID").into()),
    }
}
