//! What modules of 1C ask of their session and what has no meaning in a sandbox.

use super::define::{enumeration, function};
use super::registry::Area;
use crate::diagnostic::Locale;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;

enumeration! {
    /// РежимТранзакцииЗаписиЖурналаРегистрации.
    LOG_TRANSACTION "РежимТранзакцииЗаписиЖурналаРегистрации" "EventLogEntryTransactionMode" [
        "Независимая" "Independent",
        "Транзакционная" "Transactional",
    ]
}

/// The session.
pub static AREA: Area = Area {
    title: "Сеанс",
    functions: &[
        function!("ПолноеИмяПользователя" "UserFullName" ("") true |vm, _| {
            Ok(vm.host().user_name().into())
        }),
        // A program is always in the sandbox, whatever it sets.
        function!("БезопасныйРежим" "SafeMode" ("") true |_, _| Ok(Value::Bool(true))),
        function!("УстановитьБезопасныйРежим" "SetSafeMode" ("Включить") false |_, _| {
            Ok(Value::Undefined)
        }),
        function!("УстановитьОтключениеБезопасногоРежима" "SetSafeModeDisabled" ("Отключить") false
            |_, _| Ok(Value::Undefined)),
        // There is no base to lock or to cache, and nobody else in it.
        function!("ТранзакцияАктивна" "TransactionActive" ("") true |_, _| Ok(Value::Bool(false))),
        function!("МонопольныйРежим" "ExclusiveMode" ("") true |_, _| Ok(Value::Bool(false))),
        function!("ОбновитьПовторноИспользуемыеЗначения" "RefreshReusableValues" ("") false
            |_, _| Ok(Value::Undefined)),
        function!("ТекущийКодЛокализации" "CurrentLocaleCode" ("") true locale_code),
        function!("КодЛокализацииИнформационнойБазы" "InfoBaseLocaleCode" ("") true locale_code),
        function!("ТекущийЯзыкСистемы" "CurrentSystemLanguage" ("") true locale_code),
        function!("ПолучитьДопустимыеКодыЛокализации" "GetAvailableLocaleCodes" ("") true
            |vm, _| Ok(vm.new_array(vec![Value::str("ru"), Value::str("en")]))),
        // Paths are texts: whoever takes one apart needs no files.
        function!("ПолучитьРазделительПути" "GetPathSeparator" ("") true separator),
        function!("ПолучитьРазделительПутиСервера" "GetServerPathSeparator" ("") true separator),
        function!("ПолучитьРазделительПутиКлиента" "GetClientPathSeparator" ("") true separator),
        function!("ПолучитьМаскуВсеФайлы" "GetAllFilesMask" ("") true all_files),
        function!("ПолучитьМаскуВсеФайлыСервера" "GetServerAllFilesMask" ("") true all_files),
        function!("ПолучитьМаскуВсеФайлыКлиента" "GetClientAllFilesMask" ("") true all_files),
    ],
    types: &[],
    enums: &[&LOG_TRANSACTION],
};

fn locale_code(vm: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::str(match vm.locale() {
        Locale::Ru => "ru",
        Locale::En => "en",
    }))
}

fn separator(_: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::str("/"))
}

fn all_files(_: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(Value::str("*"))
}
