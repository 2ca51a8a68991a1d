//! ЧтениеТекста: a text taken from a stream by lines or by characters.

use super::args::count_of;
use super::bytes::charset;
use super::data_text::optional_string;
use super::define::{method, native, native_of, native_of_mut, no_files, said};
use super::registry::{Area, Constructor, TypeDef};
use super::stream;
use crate::kernel::encode::Charset;
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;

#[derive(Default)]
struct TextReader {
    /// The whole text of the stream, and the place in it; `None` while nothing is open.
    open: Option<(Value, usize)>,
    separator: Value,
}

native!(TextReader, |_| 0);

/// ЧтениеТекста.
pub static TEXT_READER: TypeDef = TypeDef {
    ru: "ЧтениеТекста",
    en: "TextReader",
    new: Some(Constructor {
        params: "Поток?, Кодировка?, РазделительСтрок?, КонвертируемыйРазделительСтрок?, МонопольныйРежим?",
        call: |vm, args| {
            let reader = vm.alloc(&TEXT_READER, Body::Native(Box::<TextReader>::default()));
            if !args[0].is_missing() {
                open(vm, &reader, args)?;
            }
            Ok(reader)
        },
    }),
    methods: &[
        method!("Открыть" "Open" ("Поток, Кодировка?, РазделительСтрок?, КонвертируемыйРазделительСтрок?, МонопольныйРежим?")
            false open),
        method!("Закрыть" "Close" ("") false |_, this, _| {
            native_of_mut::<TextReader>(this, 1)?.open = None;
            Ok(Value::Undefined)
        }),
        method!("Прочитать" "Read" ("Размер?") true read),
        method!("ПрочитатьСтроку" "ReadLine" ("РазделительСтрок?") true read_line),
    ],
    props: &[],
};

/// Reading of texts.
pub static AREA: Area = Area {
    title: "Чтение текста",
    functions: &[],
    types: &[&TEXT_READER],
    enums: &[],
};

fn open(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    if args[0].is_str() {
        return Err(no_files(vm));
    }
    let given = charset(vm, &args[1], 2)?;
    let separator = optional_string(&args[2], 3)?.unwrap_or_else(|| Value::str("\n"));
    let convertible = optional_string(&args[3], 4)?.unwrap_or_else(|| Value::str("\r\n"));
    let bytes = stream::rest(vm, &args[0], 1)?;
    let text = text_of(vm, &bytes, given, &convertible)?;
    let mut reader = native_of_mut::<TextReader>(this, 1)?;
    reader.open = Some((text, 0));
    reader.separator = separator;
    Ok(Value::Undefined)
}

/// The text of a file or stream: without an encoding its byte order mark tells UTF-16, and line
/// breaks of the data become line feeds.
pub(super) fn text_of(
    vm: &mut Vm<'_>,
    bytes: &[u8],
    charset: Option<Charset>,
    convertible: &Value,
) -> Result<Value, Fault> {
    let charset = charset.unwrap_or(match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Charset::Utf16Le,
        _ => Charset::Utf8,
    });
    vm.charge_work(bytes.len().saturating_mul(2))?;
    vm.reserve(bytes.len().saturating_mul(6))?;
    let units = charset.decode_units(bytes);
    let convertible = convertible.as_units().unwrap_or_default();
    if convertible.is_empty() || convertible == [0x0a] {
        return Ok(Value::from_units(units));
    }
    let mut converted = Vec::with_capacity(units.len());
    let mut rest = units.as_slice();
    while let Some((&unit, tail)) = rest.split_first() {
        if unit == convertible[0] && rest.starts_with(convertible) {
            converted.push(0x0a);
            rest = &rest[convertible.len()..];
        } else {
            converted.push(unit);
            rest = tail;
        }
    }
    converted.shrink_to_fit();
    Ok(Value::from_units(converted))
}

/// The text and the place in it.
fn opened(vm: &Vm<'_>, this: &Value) -> Result<(Value, usize), Fault> {
    let reader = native_of::<TextReader>(this, 1)?;
    reader
        .open
        .clone()
        .ok_or_else(|| said(vm, "Файл не открыт", "The file is not open"))
}

fn advance(this: &Value, place: usize) -> Result<(), Fault> {
    if let Some((_, own)) = &mut native_of_mut::<TextReader>(this, 1)?.open {
        *own = place;
    }
    Ok(())
}

fn taken(vm: &mut Vm<'_>, units: &[u16]) -> Result<Value, Fault> {
    vm.charge_work(units.len())?;
    vm.reserve(units.len().saturating_mul(2))?;
    Ok(Value::units(units))
}

fn read(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let count = count_of(vm, &args[0], 1)?.unwrap_or(u64::MAX);
    let (text, place) = opened(vm, this)?;
    let units = text.as_units().unwrap_or_default();
    let rest = &units[place..];
    if rest.is_empty() {
        return Ok(Value::Undefined);
    }
    let size = usize::try_from(count).unwrap_or(usize::MAX).min(rest.len());
    advance(this, place + size)?;
    taken(vm, &rest[..size])
}

fn read_line(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let (text, place) = opened(vm, this)?;
    let separator = match optional_string(&args[0], 1)? {
        Some(separator) => separator,
        None => native_of::<TextReader>(this, 1)?.separator.clone(),
    };
    let separator = separator.as_units().unwrap_or_default();
    let units = text.as_units().unwrap_or_default();
    let rest = &units[place..];
    if rest.is_empty() {
        return Ok(Value::Undefined);
    }
    let found = match separator.first() {
        None => None,
        Some(&first) => {
            let mut seen = 0;
            loop {
                match rest[seen..].iter().position(|unit| *unit == first) {
                    None => break None,
                    Some(at) if rest[seen + at..].starts_with(separator) => break Some(seen + at),
                    Some(at) => {
                        vm.charge_work(separator.len())?;
                        seen += at + 1;
                    }
                }
            }
        }
    };
    let (size, next) = match found {
        Some(size) => (size, size + separator.len()),
        None => (rest.len(), rest.len()),
    };
    advance(this, place + next)?;
    taken(vm, &rest[..size])
}
