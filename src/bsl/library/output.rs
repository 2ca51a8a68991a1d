//! Messages, the log, and the procedures of a session that every module of 1C calls.

use super::define::{enumeration, function};
use super::registry::Area;
use crate::host::{LogEntry, LogLevel, MessageStatus};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::{Fault, LimitKind, Message};

enumeration!(
    /// СтатусСообщения.
    MESSAGE_STATUS "СтатусСообщения" "MessageStatus" [
        "БезСтатуса" "WithoutStatus",
        "Внимание" "Attention",
        "Важное" "Important",
        "Обычное" "Ordinary",
        "Информация" "Information",
        "ОченьВажное" "VeryImportant",
    ]
);

enumeration!(
    /// УровеньЖурналаРегистрации.
    LOG_LEVEL "УровеньЖурналаРегистрации" "EventLogLevel" [
        "Ошибка" "Error",
        "Предупреждение" "Warning",
        "Информация" "Information",
        "Примечание" "Note",
    ]
);

/// Output and session.
pub static AREA: Area = Area {
    title: "Сообщения и сеанс",
    functions: &[
        function!("Сообщить" "Message" ("Текст, Статус?") false message),
        function!("ЗаписьЖурналаРегистрации" "WriteLogEvent" ("ИмяСобытия, Уровень?, ОбъектМетаданных?, Данные?, Комментарий?, РежимТранзакции?") false log),
        function!("УстановитьПривилегированныйРежим" "SetPrivilegedMode" ("Включить") false nothing),
        function!("ПривилегированныйРежим" "PrivilegedMode" ("") true no),
        function!("ОбработкаПрерыванияПользователя" "UserInterruptProcessing" ("") false nothing),
        function!("ИмяПользователя" "UserName" ("") true user_name),
        function!("ЗавершитьРаботу" "Exit" ("КодВозврата?") false exit),
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
