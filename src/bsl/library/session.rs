//! What modules of 1C ask of their session and what has no meaning in a sandbox.

use super::define::{enumeration, function};
use super::registry::Area;
use crate::value::Value;

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
    ],
    types: &[],
    enums: &[&LOG_TRANSACTION],
};
