//! ЧтениеJSON.

use super::super::bytes::{charset, decode_text};
use super::super::define::{
    enumeration, file_method, method, native, native_of, native_of_mut, prop, recount, said,
    string_of,
};
use super::super::registry::{Constructor, TypeDef};
use super::super::stream;
use super::DEPTH_MAX;
use crate::kernel::json::{JsonError, JsonReader, JsonToken};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;

enumeration! {
    /// ТипЗначенияJSON.
    VALUE_TYPE "ТипЗначенияJSON" "JSONValueType" [
        "Ничего" "None",
        "НачалоОбъекта" "ObjectStart",
        "КонецОбъекта" "ObjectEnd",
        "НачалоМассива" "ArrayStart",
        "КонецМассива" "ArrayEnd",
        "ИмяСвойства" "PropertyName",
        "Строка" "String",
        "Число" "Number",
        "Булево" "Boolean",
        "Null" "Null",
        "Комментарий" "Comment",
    ]
}

/// ЧтениеJSON.
pub static JSON_READER: TypeDef = TypeDef {
    ru: "ЧтениеJSON",
    en: "JSONReader",
    new: Some(Constructor {
        params: "",
        call: |vm, _| Ok(vm.alloc(&JSON_READER, Body::Native(Box::<Reader>::default()))),
    }),
    methods: &[
        method!("УстановитьСтроку" "SetString" ("Строка") false |vm, this, args| {
            let text = string_of(&args[0], 1)?;
            open(vm, this, &text)
        }),
        method!("ОткрытьПоток" "OpenStream" ("Поток, Кодировка?") false |vm, this, args| {
            let bytes = stream::rest(vm, &args[0], 1)?;
            let charset = charset(vm, &args[1], 2)?.unwrap_or_default();
            let text = decode_text(vm, &bytes, charset)?;
            open(vm, this, &text)
        }),
        file_method("ОткрытьФайл", "OpenFile"),
        method!("Прочитать" "Read" ("") true |vm, this, _| Ok(next(vm, this)?.into())),
        method!("Пропустить" "Skip" ("") true skip),
        method!("Закрыть" "Close" ("") false |vm, this, _| {
            *native_of_mut::<Reader>(this, 1)? = Reader::default();
            recount(vm, this)?;
            Ok(Value::Undefined)
        }),
    ],
    props: &[
        prop!("ТипТекущегоЗначения" "CurrentValueType" |_, this| {
            let number = match &native_of::<Reader>(this, 1)?.current {
                None => 0,
                Some(JsonToken::ObjectStart) => 1,
                Some(JsonToken::ObjectEnd) => 2,
                Some(JsonToken::ArrayStart) => 3,
                Some(JsonToken::ArrayEnd) => 4,
                Some(JsonToken::Name(_)) => 5,
                Some(JsonToken::String(_)) => 6,
                Some(JsonToken::Number(_)) => 7,
                Some(JsonToken::Boolean(_)) => 8,
                Some(JsonToken::Null) => 9,
                Some(JsonToken::Comment(_)) => 10,
            };
            Ok(Value::Enum(number, &VALUE_TYPE))
        }),
        prop!("ТекущееЗначение" "CurrentValue" |vm, this| {
            Ok(match &native_of::<Reader>(this, 1)?.current {
                Some(JsonToken::Name(text) | JsonToken::String(text) | JsonToken::Comment(text)) => {
                    Value::str(text)
                }
                Some(JsonToken::Number(number)) => number.clone().into(),
                Some(JsonToken::Boolean(value)) => Value::Bool(*value),
                Some(JsonToken::Null) => Value::Undefined,
                _ => {
                    return Err(said(
                        vm,
                        "Текущее значение JSON не может быть получено",
                        "Cannot get the current JSON value",
                    ));
                }
            })
        }),
        prop!("ТекущаяСтрока" "CurrentLine" |vm, this| Ok(place(vm, this)?.0)),
        prop!("ТекущаяПозиция" "CurrentPosition" |vm, this| Ok(place(vm, this)?.1)),
    ],
};

/// The insides of ЧтениеJSON.
#[derive(Default)]
pub(super) struct Reader {
    /// The text and the place in it; out while ПрочитатьJSON reads.
    pub(super) source: Option<Box<JsonReader>>,
    /// The token read last.
    pub(super) current: Option<JsonToken>,
    /// ПрочитатьJSON has given its value away: the next value comes after it.
    pub(super) taken: bool,
}

native!(Reader, |this| {
    this.source
        .as_ref()
        .map_or(0, |source| source.heap_bytes() + 128)
        + match &this.current {
            Some(JsonToken::Name(text) | JsonToken::String(text) | JsonToken::Comment(text)) => {
                text.capacity()
            }
            _ => 0,
        }
});

fn open(vm: &mut Vm<'_>, this: &Value, text: &str) -> Result<Value, Fault> {
    vm.charge_work(text.len())?;
    vm.reserve(text.len())?;
    let source = Box::new(JsonReader::new(text, DEPTH_MAX, vm.max_digits()));
    *native_of_mut::<Reader>(this, 1)? = Reader {
        source: Some(source),
        current: None,
        taken: false,
    };
    recount(vm, this)?;
    Ok(Value::Undefined)
}

/// No text was given.
pub(super) fn no_source(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Источник данных для чтения JSON не задан: сначала вызовите УстановитьСтроку или ОткрытьПоток",
        "There is no source of JSON: call SetString or OpenStream first",
    )
}

/// An error of the text, with its place.
pub(super) fn bad_text(vm: &Vm<'_>, error: &JsonError) -> Fault {
    Fault::text(error.message(vm.locale()))
}

fn next(vm: &mut Vm<'_>, this: &Value) -> Result<bool, Fault> {
    vm.charge(4)?;
    let mut reader = native_of_mut::<Reader>(this, 1)?;
    let Some(source) = &mut reader.source else {
        return Err(no_source(vm));
    };
    let token = source.read().map_err(|error| bad_text(vm, &error))?;
    if let Some(JsonToken::Name(text) | JsonToken::String(text)) = &token {
        vm.charge_work(text.len())?;
    }
    let more = token.is_some();
    reader.current = token;
    reader.taken = false;
    Ok(more)
}

/// Line and position after the token read last; Неопределено without a text.
fn place(vm: &mut Vm<'_>, this: &Value) -> Result<(Value, Value), Fault> {
    let (offset, (line, column)) = match &native_of::<Reader>(this, 1)?.source {
        Some(source) => (source.offset(), source.end_position()),
        None => return Ok((Value::Undefined, Value::Undefined)),
    };
    vm.charge_work(offset)?;
    Ok((line.into(), column.into()))
}

/// Пропустить: over what the current token begins and its end; from any other token one step.
fn skip(vm: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    let depth = {
        let reader = native_of::<Reader>(this, 1)?;
        let begins = matches!(
            reader.current,
            Some(JsonToken::ObjectStart | JsonToken::ArrayStart)
        );
        let depth = reader.source.as_ref().map_or(0, |source| source.depth());
        begins.then_some(depth)
    };
    if let Some(depth) = depth {
        // The end of a container leaves fewer of them open than its start did.
        while next(vm, this)? {
            let reader = native_of::<Reader>(this, 1)?;
            if reader.source.as_ref().is_none_or(|it| it.depth() < depth) {
                break;
            }
        }
    }
    Ok(next(vm, this)?.into())
}
