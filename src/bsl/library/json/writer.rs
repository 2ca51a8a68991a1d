//! ЗаписьJSON and ПараметрыЗаписиJSON.

use super::super::bytes::charset;
use super::super::define::{
    choice, enumeration, file_method, flag, is_left_out, method, native, native_of, native_of_mut,
    prop, recount, said, string_of,
};
use super::super::registry::{Constructor, TypeDef};
use super::super::text_target::TextTarget;
use super::DEPTH_MAX;
use crate::kernel::json::{
    JsonEscape, JsonNewLines, JsonWriteError, JsonWriter, JsonWriterOptions,
};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::{Fault, LimitKind};

enumeration! {
    /// ПереносСтрокJSON.
    NEW_LINES "ПереносСтрокJSON" "JSONLineBreak" [
        "Авто" "Auto",
        "Нет" "None",
        "Unix" "Unix",
        "Windows" "Windows",
    ]
}

enumeration! {
    /// ЭкранированиеСимволовJSON.
    ESCAPE "ЭкранированиеСимволовJSON" "JSONCharactersEscapeMode" [
        "Нет" "None",
        "СимволыВнеASCII" "NotASCIISymbols",
        "СимволыВнеBMP" "SymbolsNotInBMP",
    ]
}

/// ПараметрыЗаписиJSON.
pub static WRITER_SETTINGS: TypeDef = TypeDef {
    ru: "ПараметрыЗаписиJSON",
    en: "JSONWriterSettings",
    new: Some(Constructor {
        params: "ПереносСтрок?, СимволыОтступа?, ИспользоватьДвойныеКавычки?, ЭкранированиеСимволов?, ЭкранироватьУгловыеСкобки?, ЭкранироватьРазделителиСтрок?, ЭкранироватьАмперсанд?, ЭкранироватьОдинарныеКавычки?, ЭкранироватьСлеш?",
        call: new_settings,
    }),
    methods: &[],
    props: &[
        prop!("ПереносСтрок" "NewLines" |_, this| {
            Ok(Value::Enum(native_of::<Settings>(this, 1)?.new_lines, &NEW_LINES))
        }),
        prop!("СимволыОтступа" "PaddingSymbols" |_, this| {
            Ok(Value::str(&native_of::<Settings>(this, 1)?.options.indent))
        }),
        prop!("ИспользоватьДвойныеКавычки" "UseDoubleQuotes" |_, this| {
            Ok(native_of::<Settings>(this, 1)?.options.double_quotes.into())
        }),
        prop!("ЭкранированиеСимволов" "EscapeCharacters" |_, this| {
            let number = match native_of::<Settings>(this, 1)?.options.escape {
                JsonEscape::None => 0,
                JsonEscape::NotAscii => 1,
                JsonEscape::NotBmp => 2,
            };
            Ok(Value::Enum(number, &ESCAPE))
        }),
        prop!("ЭкранироватьУгловыеСкобки" "EscapeAngleBrackets" |_, this| {
            Ok(native_of::<Settings>(this, 1)?.options.escape_angle_brackets.into())
        }),
        prop!("ЭкранироватьРазделителиСтрок" "EscapeLineTerminators" |_, this| {
            Ok(native_of::<Settings>(this, 1)?.options.escape_line_terminators.into())
        }),
        prop!("ЭкранироватьАмперсанд" "EscapeAmpersand" |_, this| {
            Ok(native_of::<Settings>(this, 1)?.options.escape_ampersand.into())
        }),
        prop!("ЭкранироватьОдинарныеКавычки" "EscapeSingleQuotes" |_, this| {
            Ok(native_of::<Settings>(this, 1)?.options.escape_single_quotes.into())
        }),
        prop!("ЭкранироватьСлеш" "EscapeSlash" |_, this| {
            Ok(native_of::<Settings>(this, 1)?.options.escape_slash.into())
        }),
    ],
};

/// ЗаписьJSON.
pub static JSON_WRITER: TypeDef = TypeDef {
    ru: "ЗаписьJSON",
    en: "JSONWriter",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(vm.alloc(&JSON_WRITER, Body::Native(Box::<Writer>::default()))),
    }),
    methods: &[
        method!("УстановитьСтроку" "SetString" ("Параметры?") false |vm, this, args| {
            open(vm, this, &args[0], 1, None)
        }),
        method!("ОткрытьПоток" "OpenStream" ("Поток, Кодировка?, ДобавитьBOM?, Параметры?") false
        |vm, this, args| {
            let charset = charset(vm, &args[1], 2)?.unwrap_or_default();
            let mark = flag(vm, &args[2], false)?;
            let target = TextTarget::open(vm, &args[0], charset, mark)?;
            open(vm, this, &args[3], 4, Some(target))
        }),
        file_method("ОткрытьФайл", "OpenFile"),
        method!("ЗаписатьНачалоОбъекта" "WriteStartObject" ("") false |vm, this, _| {
            write(vm, this, JsonWriter::start_object)
        }),
        method!("ЗаписатьКонецОбъекта" "WriteEndObject" ("") false |vm, this, _| {
            write(vm, this, JsonWriter::end_object)
        }),
        method!("ЗаписатьНачалоМассива" "WriteStartArray" ("") false |vm, this, _| {
            write(vm, this, JsonWriter::start_array)
        }),
        method!("ЗаписатьКонецМассива" "WriteEndArray" ("") false |vm, this, _| {
            write(vm, this, JsonWriter::end_array)
        }),
        method!("ЗаписатьИмяСвойства" "WritePropertyName" ("ИмяСвойства") false |vm, this, args| {
            let name = string_of(&args[0], 1)?;
            vm.charge_work(name.len())?;
            write(vm, this, |writer| writer.name(&name))
        }),
        method!("ЗаписатьЗначение" "WriteValue" ("Значение, ИспользоватьФорматСЭкспонентой?") false
        |vm, this, args| {
            let value = args[0].clone();
            // A token of its own is no place for Null, although a whole value may hold it.
            if !is_scalar(&value) || matches!(value, Value::Null) {
                return Err(Fault::param(1));
            }
            let exponent = flag(vm, &args[1], false)?;
            vm.charge_work(value.as_units().map_or(0, <[u16]>::len))?;
            write(vm, this, |writer| match value.as_number() {
                Some(number) if exponent => writer.number_with_exponent(&number),
                _ => write_scalar(writer, &value),
            })
        }),
        method!("ЗаписатьБезОбработки" "WriteRaw" ("Строка") false |vm, this, args| {
            let text = string_of(&args[0], 1)?;
            vm.charge_work(text.len())?;
            write(vm, this, |writer| writer.raw(&text))
        }),
        method!("Закрыть" "Close" ("") true close),
    ],
    props: &[
        prop!("Параметры" "Settings" |_, this| {
            Ok(native_of::<Writer>(this, 1)?.settings.clone())
        }),
        prop!("ПроверятьСтруктуру" "ValidateStructure"
        // What 1C checks, it checks with either value (as measured on 8.3.27).
        |_, this| Ok((!native_of::<Writer>(this, 1)?.unchecked).into()),
        |vm, this, value| {
            let on = vm.to_bool(&value)?;
            native_of_mut::<Writer>(this, 1)?.unchecked = !on;
            Ok(())
        }),
    ],
};

/// The insides of ПараметрыЗаписиJSON.
struct Settings {
    options: JsonWriterOptions,
    /// As the program gave it: Авто reads back as Авто.
    new_lines: u16,
}

native!(Settings, |this| this.options.indent.capacity());

/// The insides of ЗаписьJSON.
#[derive(Default)]
pub(super) struct Writer {
    /// The text so far; out while ЗаписатьJSON writes.
    pub(super) text: Option<Box<JsonWriter>>,
    target: Option<TextTarget>,
    settings: Value,
    /// ПроверятьСтруктуру is Ложь.
    unchecked: bool,
}

native!(Writer, |this| this
    .text
    .as_ref()
    .map_or(0, |text| text.text().len() + 256));

fn new_settings(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let new_lines = choice(&args[0], &NEW_LINES, 1)?.unwrap_or(0);
    let options = JsonWriterOptions {
        new_lines: match new_lines {
            1 => JsonNewLines::None,
            3 => JsonNewLines::Windows,
            _ => JsonNewLines::Unix,
        },
        indent: if is_left_out(&args[1]) {
            String::new()
        } else {
            string_of(&args[1], 2)?
        },
        double_quotes: flag(vm, &args[2], true)?,
        escape: match choice(&args[3], &ESCAPE, 4)? {
            Some(1) => JsonEscape::NotAscii,
            Some(2) => JsonEscape::NotBmp,
            _ => JsonEscape::None,
        },
        escape_angle_brackets: flag(vm, &args[4], false)?,
        escape_line_terminators: flag(vm, &args[5], true)?,
        escape_ampersand: flag(vm, &args[6], false)?,
        escape_single_quotes: flag(vm, &args[7], false)?,
        escape_slash: flag(vm, &args[8], false)?,
    };
    if options.indent.chars().count() > INDENT_MAX {
        return Err(Fault::param(2));
    }
    let settings = Settings { options, new_lines };
    Ok(vm.alloc(&WRITER_SETTINGS, Body::Native(Box::new(settings))))
}

/// Signs of indentation for a level: a line then costs at most this times its depth, which the limit
/// of memory is asked for only afterwards.
const INDENT_MAX: usize = 64;

fn open(
    vm: &mut Vm<'_>,
    this: &Value,
    settings: &Value,
    number: u8,
    target: Option<TextTarget>,
) -> Result<Value, Fault> {
    let settings = if is_left_out(settings) {
        new_settings(vm, &mut [const { Value::Missing }; 9])?
    } else {
        settings.clone()
    };
    let options = native_of::<Settings>(&settings, number)?.options.clone();
    // The text is kept in UTF-8 and given away in UTF-16.
    let writer = JsonWriter::new(options, vm.memory_left() / 3, DEPTH_MAX);
    let mut opened = native_of_mut::<Writer>(this, 1)?;
    let unchecked = opened.unchecked;
    let old = std::mem::replace(
        &mut *opened,
        Writer {
            text: Some(Box::new(writer)),
            target,
            settings,
            unchecked,
        },
    );
    drop(opened);
    drop(old);
    recount(vm, this)?;
    Ok(Value::Undefined)
}

fn write(
    vm: &mut Vm<'_>,
    this: &Value,
    step: impl FnOnce(&mut JsonWriter) -> Result<(), JsonWriteError>,
) -> Result<Value, Fault> {
    let result = match &mut native_of_mut::<Writer>(this, 1)?.text {
        Some(text) => step(text),
        None => return Err(not_open(vm)),
    };
    result.map_err(|error| write_error(vm, error))?;
    recount(vm, this)?;
    Ok(Value::Undefined)
}

/// No УстановитьСтроку or ОткрытьПоток.
pub(super) fn not_open(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Приемник записи JSON не задан: сначала вызовите УстановитьСтроку или ОткрытьПоток",
        "There is nowhere to write JSON: call SetString or OpenStream first",
    )
}

/// What the writer refuses, in words.
pub(super) fn write_error(vm: &mut Vm<'_>, error: JsonWriteError) -> Fault {
    match error {
        JsonWriteError::Structure => said(
            vm,
            "Нарушена структура JSON: здесь нельзя записать этот элемент",
            "This element is not allowed here in JSON",
        ),
        JsonWriteError::TooLong => vm.stop(LimitKind::Memory),
        JsonWriteError::TooDeep => said(
            vm,
            "Вложенность JSON больше допустимой",
            "JSON is nested deeper than allowed",
        ),
    }
}

/// Whether ЗаписатьЗначение takes the value.
pub(super) fn is_scalar(value: &Value) -> bool {
    matches!(
        value,
        Value::Undefined
            | Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Dec(..)
            | Value::Big(_)
            | Value::Short(..)
            | Value::Str(_)
    )
}

/// Writes such a value.
pub(super) fn write_scalar(writer: &mut JsonWriter, value: &Value) -> Result<(), JsonWriteError> {
    match value {
        Value::Bool(value) => writer.boolean(*value),
        value => {
            if let Some(text) = value.as_string() {
                return writer.string(&text);
            }
            match value.as_number() {
                Some(number) => writer.number(&number),
                None => writer.null(),
            }
        }
    }
}

fn close(vm: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    let writer = std::mem::take(&mut *native_of_mut::<Writer>(this, 1)?);
    let Some(text) = writer.text else {
        return Ok(Value::str(""));
    };
    let text = text.finish();
    vm.charge_work(text.len())?;
    let result = match writer.target {
        None => Value::from(text),
        Some(target) => {
            target.put(vm, &text)?;
            Value::Undefined
        }
    };
    recount(vm, this)?;
    Ok(result)
}
