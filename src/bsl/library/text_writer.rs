//! ЗаписьТекста: a text put into a stream piece by piece, at once.

use super::bytes::{charset, encode_text, strict_flag};
use super::data_text::{optional_string, separator_text};
use super::define::{method, native, native_of, native_of_mut, no_files, said};
use super::registry::{Area, Constructor, TypeDef};
use super::stream;
use crate::kernel::encode::Charset;
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;

#[derive(Clone)]
struct Target {
    stream: Value,
    charset: Charset,
    separator: Value,
    convertible: Value,
}

#[derive(Default)]
struct TextWriter(Option<Target>);

native!(TextWriter, |_| 0);

/// ЗаписьТекста.
pub static TEXT_WRITER: TypeDef = TypeDef {
    ru: "ЗаписьТекста",
    en: "TextWriter",
    new: Some(Constructor {
        params: "Поток?, Кодировка?, РазделительСтрок?, КонвертируемыйРазделительСтрок?, ЗаписатьBOM?",
        call: |vm, args| {
            let writer = vm.alloc(&TEXT_WRITER, Body::Native(Box::<TextWriter>::default()));
            if !args[0].is_missing() {
                open(vm, &writer, args)?;
            }
            Ok(writer)
        },
    }),
    methods: &[
        method!("Открыть" "Open" ("Поток, Кодировка?, РазделительСтрок?, КонвертируемыйРазделительСтрок?, ЗаписатьBOM?")
            false open),
        method!("Закрыть" "Close" ("") false |_, this, _| {
            native_of_mut::<TextWriter>(this, 1)?.0 = None;
            Ok(Value::Undefined)
        }),
        method!("Записать" "Write" ("Текст") false |vm, this, args| {
            let text = vm.text(&args[0]);
            write(vm, this, &text)
        }),
        method!("ЗаписатьСтроку" "WriteLine" ("Текст?, РазделительСтрок?") false |vm, this, args| {
            let mut text = if args[0].is_missing() {
                String::new()
            } else {
                vm.text(&args[0])
            };
            let separator = match optional_string(&args[1], 2)? {
                Some(separator) => separator,
                None => target(vm, this)?.separator,
            };
            let separator = separator_text(vm, &separator)?;
            vm.reserve(text.len() + separator.len())?;
            text.push_str(&separator);
            write(vm, this, &text)
        }),
    ],
    props: &[],
};

/// Writing of texts.
pub static AREA: Area = Area {
    title: "Запись текста",
    functions: &[],
    types: &[&TEXT_WRITER],
    enums: &[],
};

fn open(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    if args[0].is_str() {
        return Err(no_files(vm));
    }
    if !stream::is_stream(&args[0]) {
        return Err(Fault::param(1));
    }
    let charset = charset(vm, &args[1], 2)?.unwrap_or_default();
    let separator = optional_string(&args[2], 3)?.unwrap_or_else(|| Value::str("\n"));
    let convertible = optional_string(&args[3], 4)?.unwrap_or_else(|| Value::str("\r\n"));
    if strict_flag(&args[4], 5)? {
        stream::write(vm, &args[0], 1, charset.mark())?;
    }
    native_of_mut::<TextWriter>(this, 1)?.0 = Some(Target {
        stream: args[0].clone(),
        charset,
        separator,
        convertible,
    });
    Ok(Value::Undefined)
}

fn target(vm: &Vm<'_>, this: &Value) -> Result<Target, Fault> {
    let writer = native_of::<TextWriter>(this, 1)?;
    writer
        .0
        .clone()
        .ok_or_else(|| said(vm, "Файл не открыт", "The file is not open"))
}

fn write(vm: &mut Vm<'_>, this: &Value, text: &str) -> Result<Value, Fault> {
    let target = target(vm, this)?;
    let convertible = separator_text(vm, &target.convertible)?;
    let bytes = converted(vm, text, &convertible, target.charset)?;
    stream::write(vm, &target.stream, 1, &bytes)?;
    Ok(Value::Undefined)
}

/// The bytes of a text in which each line feed is what the data have for it; an empty one leaves
/// line feeds as they are.
pub(super) fn converted(
    vm: &mut Vm<'_>,
    text: &str,
    convertible: &str,
    charset: Charset,
) -> Result<Vec<u8>, Fault> {
    vm.charge_work(text.len())?;
    if convertible.is_empty() || convertible == "\n" || !text.contains('\n') {
        return encode_text(vm, text, charset, false);
    }
    let feeds = text.bytes().filter(|byte| *byte == b'\n').count();
    vm.reserve(
        text.len()
            .saturating_add(feeds.saturating_mul(convertible.len())),
    )?;
    encode_text(vm, &text.replace('\n', convertible), charset, false)
}
