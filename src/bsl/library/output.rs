//! Messages, the log, and the procedures of a session that every module of 1C calls.

use super::registry::{Area, EnumDef, FunctionDef, TypeDef};
use crate::host::{LogEntry, LogLevel, MessageStatus};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::{Fault, LimitKind, Message};

/// СтатусСообщения.
pub static MESSAGE_STATUS: EnumDef = EnumDef {
    ty: TypeDef {
        ru: "СтатусСообщения",
        en: "MessageStatus",
        new: None,
        methods: &[],
        props: &[],
    },
    items: &[
        ("БезСтатуса", "WithoutStatus"),
        ("Внимание", "Attention"),
        ("Важное", "Important"),
        ("Обычное", "Ordinary"),
        ("Информация", "Information"),
        ("ОченьВажное", "VeryImportant"),
    ],
    strings: &[],
};

/// УровеньЖурналаРегистрации.
pub static LOG_LEVEL: EnumDef = EnumDef {
    ty: TypeDef {
        ru: "УровеньЖурналаРегистрации",
        en: "EventLogLevel",
        new: None,
        methods: &[],
        props: &[],
    },
    items: &[
        ("Ошибка", "Error"),
        ("Предупреждение", "Warning"),
        ("Информация", "Information"),
        ("Примечание", "Note"),
    ],
    strings: &[],
};

/// Output and session.
pub static AREA: Area = Area {
    title: "Сообщения и сеанс",
    functions: &[
        FunctionDef {
            ru: "Сообщить",
            en: "Message",
            params: "Текст, Статус?",
            is_function: false,
            call: message,
        },
        FunctionDef {
            ru: "ЗаписьЖурналаРегистрации",
            en: "WriteLogEvent",
            params: "ИмяСобытия, Уровень?, ОбъектМетаданных?, Данные?, Комментарий?, РежимТранзакции?",
            is_function: false,
            call: log,
        },
        FunctionDef {
            ru: "УстановитьПривилегированныйРежим",
            en: "SetPrivilegedMode",
            params: "Включить",
            is_function: false,
            call: nothing,
        },
        FunctionDef {
            ru: "ПривилегированныйРежим",
            en: "PrivilegedMode",
            params: "",
            is_function: true,
            call: no,
        },
        FunctionDef {
            ru: "ОбработкаПрерыванияПользователя",
            en: "UserInterruptProcessing",
            params: "",
            is_function: false,
            call: nothing,
        },
        FunctionDef {
            ru: "ИмяПользователя",
            en: "UserName",
            params: "",
            is_function: true,
            call: user_name,
        },
        FunctionDef {
            ru: "ЗавершитьРаботу",
            en: "Exit",
            params: "КодВозврата?",
            is_function: false,
            call: exit,
        },
    ],
    types: &[],
    enums: &[&MESSAGE_STATUS, &LOG_LEVEL],
};

fn message(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let status = match &args[1] {
        Value::Enum(item, list) if std::ptr::eq(*list, &MESSAGE_STATUS) => match item {
            1 => MessageStatus::Attention,
            2 => MessageStatus::Important,
            3 => MessageStatus::Ordinary,
            4 => MessageStatus::Information,
            5 => MessageStatus::VeryImportant,
            _ => MessageStatus::Without,
        },
        _ => MessageStatus::Without,
    };
    let text = vm.text(&args[0]);
    vm.message(&text, status)?;
    Ok(Value::Undefined)
}

fn log(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let level = match &args[1] {
        Value::Enum(0, list) if std::ptr::eq(*list, &LOG_LEVEL) => LogLevel::Error,
        Value::Enum(1, list) if std::ptr::eq(*list, &LOG_LEVEL) => LogLevel::Warning,
        Value::Enum(3, list) if std::ptr::eq(*list, &LOG_LEVEL) => LogLevel::Note,
        _ => LogLevel::Information,
    };
    let text = |value: &Value| {
        if value.is_missing() {
            String::new()
        } else {
            vm.text(value)
        }
    };
    let entry = LogEntry {
        event: text(&args[0]),
        level,
        comment: text(&args[4]),
        data: text(&args[3]),
    };
    vm.charge_output(entry.event.len() + entry.comment.len() + entry.data.len())?;
    vm.host().log(entry);
    Ok(Value::Undefined)
}

fn nothing(_: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::Undefined)
}

fn no(_: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::Bool(false))
}

fn user_name(vm: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(vm.host().user_name().into())
}

/// On the command line only; it is no error, but nothing of the program runs after it.
fn exit(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    if !vm.host().may_exit() {
        return Err(Message::NotAvailable("ЗавершитьРаботу".into()).into());
    }
    let code = if args[0].is_missing() {
        0
    } else {
        vm.to_int(&args[0])?
    };
    Err(vm.stop(LimitKind::Exit(code as i32)))
}
