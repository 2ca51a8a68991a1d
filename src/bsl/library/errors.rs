//! Errors: ИнформацияОбОшибке and the functions around it.

use super::registry::{Area, EnumDef, FunctionDef, MethodDef, PropDef, TypeDef};
use crate::value::Value;
use crate::vm::error::{ErrorInfo, Fault, Message};
use crate::vm::{Telling, Vm};
use std::rc::Rc;

/// КатегорияОшибки.
pub static ERROR_CATEGORY: EnumDef = EnumDef {
    ty: TypeDef {
        ru: "КатегорияОшибки",
        en: "ErrorCategory",
        new: None,
        methods: &[],
        props: &[],
    },
    items: &[
        ("ВсеОшибки", "AllErrors"),
        (
            "ИсключениеВызванноеИзВстроенногоЯзыка",
            "ExceptionRaisedFromScript",
        ),
        ("НарушениеПравДоступа", "AccessViolation"),
        (
            "ОшибкаВоВремяВыполненияВстроенногоЯзыка",
            "ScriptRuntimeError",
        ),
        ("ОшибкаКомпиляцииВстроенногоЯзыка", "ScriptCompileError"),
        ("ОшибкаКонфигурации", "ConfigurationError"),
        ("ОшибкаСети", "NetworkError"),
        ("ОшибкаХранимыхДанных", "StoredDataError"),
        ("ПрочаяОшибка", "OtherError"),
        ("НеподдерживаемыйФормат", "UnsupportedFormat"),
        ("НеправильныйПароль", "InvalidPassword"),
        (
            "ОтсутствиеРазрешенияДляИспользованияФункциональности",
            "NoPermissionToUseFunctionality",
        ),
        ("ОшибкаВнешнегоИсточникаДанных", "ExternalDataSourceError"),
        ("ОшибкаДоступаКЛокальномуФайлу", "LocalFileAccessError"),
        ("ОшибкаИспользованияВстроенногоЯзыка", "ScriptUseError"),
        ("ОшибкаКопииБазыДанных", "DatabaseCopyError"),
        (
            "ОшибкаНастроекКомпоновкиДанных",
            "DataCompositionSettingsError",
        ),
        ("ОшибкаПереходаПоНавигационнойСсылке", "GotoURLError"),
        ("ОшибкаПолнотекстовогоПоиска", "FullTextSearchError"),
        ("ОшибкаПреобразованияДокумента", "DocumentConversionError"),
        ("ОшибкаПроверкиПодписи", "SignatureVerificationError"),
        ("ОшибкаРаботыСПринтером", "PrinterError"),
        ("ОшибкаРаботыСРечью", "SpeechProcessingError"),
        ("ОшибкаСеанса", "SessionError"),
        ("ОшибкаСистемыВзаимодействия", "CollaborationSystemError"),
        ("ОшибкаСредствМультимедиа", "MultimediaToolsError"),
        (
            "ОшибкаТабличногоПространстваБазыДанных",
            "DatabaseTablespaceError",
        ),
        ("ПринудительноеЗавершениеРаботы", "ForcedShutdown"),
    ],
    strings: &[],
};

/// Errors.
pub static AREA: Area = Area {
    title: "Ошибки",
    functions: &[
        FunctionDef {
            ru: "ОписаниеОшибки",
            en: "ErrorDescription",
            params: "",
            is_function: true,
            call: description,
        },
        FunctionDef {
            ru: "ИнформацияОбОшибке",
            en: "ErrorInfo",
            params: "",
            is_function: true,
            call: info,
        },
        FunctionDef {
            ru: "КраткоеПредставлениеОшибки",
            en: "BriefErrorDescription",
            params: "ИнформацияОбОшибке",
            is_function: true,
            call: brief,
        },
        FunctionDef {
            ru: "ПодробноеПредставлениеОшибки",
            en: "DetailErrorDescription",
            params: "ИнформацияОбОшибке",
            is_function: true,
            call: details,
        },
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
            MethodDef {
                ru: "КраткоеПредставлениеОшибки",
                en: "BriefErrorDescription",
                params: "ИнформацияОбОшибке",
                is_function: true,
                call: |vm, _, args| brief(vm, args),
            },
            MethodDef {
                ru: "ПодробноеПредставлениеОшибки",
                en: "DetailErrorDescription",
                params: "ИнформацияОбОшибке",
                is_function: true,
                call: |vm, _, args| details(vm, args),
            },
            MethodDef {
                ru: "СообщениеОбОшибкеДляПользователя",
                en: "ErrorMessageForUser",
                params: "ИнформацияОбОшибке",
                is_function: true,
                call: |vm, _, args| Ok(error(&args[0])?.description_value(vm.locale())),
            },
            MethodDef {
                ru: "КатегорияОшибкиДляПользователя",
                en: "ErrorCategoryForUser",
                params: "ИнформацияОбОшибке",
                is_function: true,
                call: |_, _, args| Ok(category(&*error(&args[0])?)),
            },
        ],
        props: &[],
    },
    items: &[],
    strings: &[],
};

/// Methods of ИнформацияОбОшибке.
pub static METHODS: &[MethodDef] = &[MethodDef {
    ru: "ЭтоОшибкаКатегории",
    en: "IsErrorOfCategory",
    params: "Категория",
    is_function: true,
    call: |_, this, args| match &args[0] {
        // ВсеОшибки.
        Value::Enum(0, list) if std::ptr::eq(*list, &ERROR_CATEGORY) => Ok(true.into()),
        Value::Enum(_, list) if std::ptr::eq(*list, &ERROR_CATEGORY) => {
            Ok(category(&*error(this)?).equals(&args[0]).into())
        }
        _ => Err(Fault::param(1)),
    },
}];

/// Properties of ИнформацияОбОшибке.
pub static PROPS: &[PropDef] = &[
    PropDef {
        ru: "Описание",
        en: "Description",
        get: |vm, this| Ok(error(this)?.description_value(vm.locale())),
        set: None,
    },
    PropDef {
        ru: "Причина",
        en: "Cause",
        get: |_, this| {
            Ok(error(this)?
                .cause
                .as_ref()
                .map_or(Value::Undefined, |cause| Value::Error(Rc::clone(cause))))
        },
        set: None,
    },
    PropDef {
        ru: "ИмяМодуля",
        en: "ModuleName",
        get: |vm, this| {
            let error = error(this)?;
            vm.charge_places(&error)?;
            Ok(vm
                .location(&error)
                .map_or_else(String::new, |it| it.module)
                .into())
        },
        set: None,
    },
    PropDef {
        ru: "НомерСтроки",
        en: "LineNumber",
        get: |vm, this| {
            let error = error(this)?;
            vm.charge_places(&error)?;
            Ok(Value::Int(
                vm.location(&error).map_or(0, |it| i64::from(it.at.line)),
            ))
        },
        set: None,
    },
    PropDef {
        ru: "ИсходнаяСтрока",
        en: "SourceLine",
        get: |vm, this| {
            let error = error(this)?;
            vm.charge_places(&error)?;
            Ok(vm
                .location(&error)
                .map_or_else(String::new, |it| it.line)
                .into())
        },
        set: None,
    },
    PropDef {
        ru: "Параметры",
        en: "Parameters",
        get: |_, this| Ok(error(this)?.params.clone()),
        set: None,
    },
    PropDef {
        ru: "Код",
        en: "Code",
        get: |_, this| {
            let code = error(this)?.code.clone();
            Ok(if matches!(code, Value::Undefined) {
                Value::str("")
            } else {
                code
            })
        },
        set: None,
    },
    PropDef {
        ru: "Категория",
        en: "Category",
        get: |_, this| Ok(category(&*error(this)?)),
        set: None,
    },
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
