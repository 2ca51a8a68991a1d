//! Errors: ИнформацияОбОшибке and the functions around it.

use super::define::{enumeration, function, method, prop};
use super::registry::{Area, EnumDef, MethodDef, PropDef, TypeDef};
use crate::value::Value;
use crate::vm::error::{ErrorInfo, Fault, Message};
use crate::vm::{Telling, Vm};
use std::rc::Rc;

enumeration!(
    /// КатегорияОшибки.
    ERROR_CATEGORY "КатегорияОшибки" "ErrorCategory" [
        "ВсеОшибки" "AllErrors",
        "ИсключениеВызванноеИзВстроенногоЯзыка" "ExceptionRaisedFromScript",
        "НарушениеПравДоступа" "AccessViolation",
        "ОшибкаВоВремяВыполненияВстроенногоЯзыка" "ScriptRuntimeError",
        "ОшибкаКомпиляцииВстроенногоЯзыка" "ScriptCompileError",
        "ОшибкаКонфигурации" "ConfigurationError",
        "ОшибкаСети" "NetworkError",
        "ОшибкаХранимыхДанных" "StoredDataError",
        "ПрочаяОшибка" "OtherError",
        "НеподдерживаемыйФормат" "UnsupportedFormat",
        "НеправильныйПароль" "InvalidPassword",
        "ОтсутствиеРазрешенияДляИспользованияФункциональности" "NoPermissionToUseFunctionality",
        "ОшибкаВнешнегоИсточникаДанных" "ExternalDataSourceError",
        "ОшибкаДоступаКЛокальномуФайлу" "LocalFileAccessError",
        "ОшибкаИспользованияВстроенногоЯзыка" "ScriptUseError",
        "ОшибкаКопииБазыДанных" "DatabaseCopyError",
        "ОшибкаНастроекКомпоновкиДанных" "DataCompositionSettingsError",
        "ОшибкаПереходаПоНавигационнойСсылке" "GotoURLError",
        "ОшибкаПолнотекстовогоПоиска" "FullTextSearchError",
        "ОшибкаПреобразованияДокумента" "DocumentConversionError",
        "ОшибкаПроверкиПодписи" "SignatureVerificationError",
        "ОшибкаРаботыСПринтером" "PrinterError",
        "ОшибкаРаботыСРечью" "SpeechProcessingError",
        "ОшибкаСеанса" "SessionError",
        "ОшибкаСистемыВзаимодействия" "CollaborationSystemError",
        "ОшибкаСредствМультимедиа" "MultimediaToolsError",
        "ОшибкаТабличногоПространстваБазыДанных" "DatabaseTablespaceError",
        "ПринудительноеЗавершениеРаботы" "ForcedShutdown",
    ]
);

/// Errors.
pub static AREA: Area = Area {
    title: "Ошибки",
    functions: &[
        function!("ОписаниеОшибки" "ErrorDescription" ("") true description),
        function!("ИнформацияОбОшибке" "ErrorInfo" ("") true info),
        function!("КраткоеПредставлениеОшибки" "BriefErrorDescription" ("ИнформацияОбОшибке") true brief),
        function!("ПодробноеПредставлениеОшибки" "DetailErrorDescription" ("ИнформацияОбОшибке") true details),
    ],
    types: &[],
    enums: &[&ERROR_CATEGORY, &ERROR_PROCESSING],
};

/// ОбработкаОшибок: an object that is always there, with the presentations as methods.
pub static ERROR_PROCESSING: EnumDef = EnumDef {
    ty: TypeDef {
        ru: "ОбработкаОшибок",
        en: "ErrorProcessing",
        new: None,
        methods: &[
            method!("КраткоеПредставлениеОшибки" "BriefErrorDescription" ("ИнформацияОбОшибке") true |vm, _, args| brief(vm, args)),
            method!("ПодробноеПредставлениеОшибки" "DetailErrorDescription" ("ИнформацияОбОшибке") true |vm, _, args| details(vm, args)),
            method!("СообщениеОбОшибкеДляПользователя" "ErrorMessageForUser" ("ИнформацияОбОшибке") true |vm, _, args| Ok(error(&args[0])?.description_value(vm.locale()))),
            method!("КатегорияОшибкиДляПользователя" "ErrorCategoryForUser" ("ИнформацияОбОшибке") true |_, _, args| Ok(category(&*error(&args[0])?))),
        ],
        props: &[],
    },
    items: &[],
    strings: &[],
};

/// ЭтоОшибкаКатегории.
pub static METHODS: &[MethodDef] = &[
    method!("ЭтоОшибкаКатегории" "IsErrorOfCategory" ("Категория") true |_, this, args| match &args[0] {
        // ВсеОшибки.
        Value::Enum(0, list) if std::ptr::eq(*list, &ERROR_CATEGORY) => Ok(true.into()),
        Value::Enum(_, list) if std::ptr::eq(*list, &ERROR_CATEGORY) => {
            Ok(category(&*error(this)?).equals(&args[0]).into())
        }
        _ => Err(Fault::param(1)),
    }),
];

/// Read only: what is known stands in the fault.
pub static PROPS: &[PropDef] = &[
    prop!("Описание" "Description" |vm, this| Ok(error(this)?.description_value(vm.locale()))),
    prop!("Причина" "Cause" |_, this| {
        Ok(error(this)?
            .cause
            .as_ref()
            .map_or(Value::Undefined, |cause| Value::Error(Rc::clone(cause))))
    }),
    prop!("ИмяМодуля" "ModuleName" |vm, this| {
        let error = error(this)?;
        vm.charge_places(&error)?;
        Ok(vm
            .location(&error)
            .map_or_else(String::new, |it| it.module)
            .into())
    }),
    prop!("НомерСтроки" "LineNumber" |vm, this| {
        let error = error(this)?;
        vm.charge_places(&error)?;
        Ok(Value::Int(
            vm.location(&error).map_or(0, |it| i64::from(it.at.line)),
        ))
    }),
    prop!("ИсходнаяСтрока" "SourceLine" |vm, this| {
        let error = error(this)?;
        vm.charge_places(&error)?;
        Ok(vm
            .location(&error)
            .map_or_else(String::new, |it| it.line)
            .into())
    }),
    prop!("Параметры" "Parameters" |_, this| Ok(error(this)?.params.clone())),
    prop!("Код" "Code" |_, this| {
        let code = error(this)?.code.clone();
        Ok(if matches!(code, Value::Undefined) {
            Value::str("")
        } else {
            code
        })
    }),
    prop!("Категория" "Category" |_, this| Ok(category(&*error(this)?))),
];

fn error(this: &Value) -> Result<Rc<ErrorInfo>, Fault> {
    match this {
        Value::Error(error) => Ok(Rc::clone(error)),
        _ => Err(Fault::param(1)),
    }
}

/// What the program gave, or what kind of error it is.
fn category(error: &ErrorInfo) -> Value {
    match (&error.category, &error.message) {
        (Value::Undefined, Message::Value(_)) => Value::Enum(1, &ERROR_CATEGORY),
        (Value::Undefined, Message::BadCode(_)) => Value::Enum(4, &ERROR_CATEGORY),
        (Value::Undefined, Message::NoTransport) => Value::Enum(6, &ERROR_CATEGORY),
        (Value::Undefined, _) => Value::Enum(3, &ERROR_CATEGORY),
        (category, _) => category.clone(),
    }
}

fn description(vm: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    let Some(error) = vm.current_error() else {
        return Ok(Value::str(""));
    };
    vm.error_text(&error, Telling::Places)
}

fn info(vm: &mut Vm<'_>, _: &mut [Value]) -> Result<Value, Fault> {
    let error = vm.current_error();
    Ok(Value::Error(error.unwrap_or_else(|| {
        Rc::new(ErrorInfo::new(Message::Text(String::new())))
    })))
}

fn brief(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    // 1C shows the innermost cause to the person: the reason, not the way it came.
    let error = error(&args[0])?;
    vm.error_text(&error, Telling::Texts)
}

fn details(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let error = error(&args[0])?;
    vm.error_text(&error, Telling::Lines)
}

/// `Новый ИнформацияОбОшибке(описание, параметры)`.
pub(super) fn new_error(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let text = if args[0].is_missing() {
        Value::str("")
    } else {
        vm.text_value(&args[0])
    };
    let params = match std::mem::take(&mut args[1]) {
        Value::Missing => Value::Undefined,
        value => value,
    };
    Ok(Value::Error(Rc::new(
        ErrorInfo::new(Message::Value(text)).with_params(params),
    )))
}
