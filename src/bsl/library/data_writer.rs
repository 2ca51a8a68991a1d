//! ЗаписьДанных: bytes, numbers and texts put into a stream one after another, at once.

use super::args::{bad_value, count_of, place_of, whole_of};
use super::buffer::{ByteOrder, buffer_of, overflow};
use super::bytes::{bytes_of, strict_flag};
use super::data_reader::ReadResult;
use super::data_text::{DataText, optional_string, separator_text};
use super::define::{method, native, native_of, native_of_mut, no_files, prop, string_of};
use super::registry::{Area, Constructor, TypeDef};
use super::stream;
use super::text_writer::converted;
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::rc::Rc;

struct DataWriter {
    text: DataText,
    order: ByteOrder,
}

native!(DataWriter, |_| 0);

/// ЗаписьДанных.
pub static DATA_WRITER: TypeDef = TypeDef {
    ru: "ЗаписьДанных",
    en: "DataWriter",
    new: Some(Constructor {
        params: "Поток, КодировкаТекста?, ПорядокБайтов?, РазделительСтрок?, КонвертируемыйРазделительСтрок?, ЗаписатьBOM?, Прочее?",
        call: |vm, args| {
            if args[0].is_str() {
                return Err(no_files(vm));
            }
            let mark = strict_flag(&args[5], 6)?;
            let text = DataText::over(args[0].clone(), args, "\r\n")?;
            let order = ByteOrder::of(&args[2], 3)?.unwrap_or_default();
            let charset = match mark {
                true => Some(text.charset(vm, &Value::Missing, 2)?),
                false => None,
            };
            let writer = DataWriter { text, order };
            let writer = vm.alloc(&DATA_WRITER, Body::Native(Box::new(writer)));
            if let Some(charset) = charset {
                write(vm, &writer, charset.mark())?;
            }
            Ok(writer)
        },
    }),
    methods: &[
        method!("Закрыть" "Close" ("") false flush),
        method!("СброситьБуферы" "Flush" ("") false flush),
        method!("ЦелевойПоток" "TargetStream" ("") true |_, this, _| {
            Ok(native_of::<DataWriter>(this, 1)?.text.target.clone())
        }),
        method!("Записать" "Write" ("ДвоичныеДанныеИлиРезультатЧтения") false |vm, this, args| {
            let bytes = match native_of::<ReadResult>(&args[0], 1) {
                Ok(result) => Rc::clone(&result.bytes),
                Err(_) => bytes_of(&args[0], 1)?,
            };
            write(vm, this, &bytes)
        }),
        method!("ЗаписатьБайт" "WriteByte" ("Число") false |vm, this, args| {
            number(vm, this, &args[0], 1, None)
        }),
        method!("ЗаписатьЦелое16" "WriteInt16" ("Число, ПорядокБайтов?") false |vm, this, args| {
            let order = ByteOrder::of(&args[1], 2)?;
            number(vm, this, &args[0], 2, order)
        }),
        method!("ЗаписатьЦелое32" "WriteInt32" ("Число, ПорядокБайтов?") false |vm, this, args| {
            let order = ByteOrder::of(&args[1], 2)?;
            number(vm, this, &args[0], 4, order)
        }),
        method!("ЗаписатьЦелое64" "WriteInt64" ("Число, ПорядокБайтов?") false |vm, this, args| {
            let order = ByteOrder::of(&args[1], 2)?;
            number(vm, this, &args[0], 8, order)
        }),
        method!("ЗаписатьБуферДвоичныхДанных" "WriteBinaryDataBuffer"
            ("Буфер, ПозицияВБуфере?, Количество?") false |vm, this, args| {
            let buffer = buffer_of(&args[0], 1)?;
            let place = match &args[1] {
                Value::Missing | Value::Undefined => 0,
                value => place_of(vm, value, 2)?,
            };
            let rest = buffer.len().checked_sub(place).ok_or_else(|| overflow(vm))?;
            let count = match count_of(vm, &args[2], 3)? {
                None | Some(0) => rest,
                Some(count) if count <= rest as u64 => count as usize,
                Some(_) => return Err(overflow(vm)),
            };
            vm.reserve(count)?;
            let bytes = buffer.with(|own| own[place..place + count].to_vec());
            write(vm, this, &bytes)
        }),
        method!("ЗаписатьСимволы" "WriteChars" ("Строка, КодировкаТекста?") false
            |vm, this, args| {
            let text = string_of(&args[0], 1)?;
            write_text(vm, this, &text, &args[1])
        }),
        method!("ЗаписатьСтроку" "WriteLine" ("Строка, КодировкаТекста?, РазделительСтрок?") false
            |vm, this, args| {
            let mut text = string_of(&args[0], 1)?;
            let separator = match optional_string(&args[2], 3)? {
                Some(separator) => separator,
                None => {
                    let own = native_of::<DataWriter>(this, 1)?.text.separator.clone();
                    own.unwrap_or_else(|| Value::str("\n"))
                }
            };
            let separator = separator_text(vm, &separator)?;
            vm.reserve(text.len() + separator.len())?;
            text.push_str(&separator);
            write_text(vm, this, &text, &args[1])
        }),
    ],
    props: &[
        prop!("ПорядокБайтов" "ByteOrder"
        |_, this| Ok(native_of::<DataWriter>(this, 1)?.order.value()),
        |_, this, value| {
            let order = ByteOrder::of(&value, 1)?.ok_or_else(|| Fault::param(1))?;
            native_of_mut::<DataWriter>(this, 1)?.order = order;
            Ok(())
        }),
        prop!("КодировкаТекста" "TextEncoding"
        |_, this| Ok(native_of::<DataWriter>(this, 1)?.text.encoding.clone()),
        |_, this, value| {
            native_of_mut::<DataWriter>(this, 1)?.text.encoding = value;
            Ok(())
        }),
        prop!("РазделительСтрок" "LineSplitter"
        |_, this| {
            let separator = native_of::<DataWriter>(this, 1)?.text.separator.clone();
            Ok(separator.unwrap_or_else(|| Value::str("\n")))
        },
        |_, this, value| {
            let separator = optional_string(&value, 1)?;
            native_of_mut::<DataWriter>(this, 1)?.text.separator = separator;
            Ok(())
        }),
        prop!("КонвертируемыйРазделительСтрок" "ConvertibleSplitterOfLines"
        |_, this| Ok(native_of::<DataWriter>(this, 1)?.text.convertible.clone()),
        |_, this, value| {
            let separator = optional_string(&value, 1)?.unwrap_or_else(|| Value::str(""));
            native_of_mut::<DataWriter>(this, 1)?.text.convertible = separator;
            Ok(())
        }),
    ],
};

/// Writing of data.
pub static AREA: Area = Area {
    title: "Запись данных",
    functions: &[],
    types: &[&DATA_WRITER],
    enums: &[],
};

fn flush(_: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    native_of::<DataWriter>(this, 1)?;
    Ok(Value::Undefined)
}

fn write(vm: &mut Vm<'_>, this: &Value, bytes: &[u8]) -> Result<Value, Fault> {
    let target = {
        let writer = native_of::<DataWriter>(this, 1)?;
        writer.text.check(vm, ["ЗаписьДанных", "DataWriter"])?;
        writer.text.target.clone()
    };
    stream::write(vm, &target, 1, bytes)?;
    native_of_mut::<DataWriter>(this, 1)?.text.expected = stream::position(&target, 1)?;
    Ok(Value::Undefined)
}

fn number(
    vm: &mut Vm<'_>,
    this: &Value,
    value: &Value,
    size: usize,
    order: Option<ByteOrder>,
) -> Result<Value, Fault> {
    let number = whole_of(vm, value, 1)?;
    if size < 8 && number >> (8 * size) != 0 {
        return Err(bad_value(vm, 1));
    }
    let order = order.unwrap_or(native_of::<DataWriter>(this, 1)?.order);
    write(vm, this, &order.write(number, size))
}

/// A text in which each line feed is what the data have for it.
fn write_text(vm: &mut Vm<'_>, this: &Value, text: &str, encoding: &Value) -> Result<Value, Fault> {
    let (charset, convertible) = {
        let writer = native_of::<DataWriter>(this, 1)?;
        let charset = writer.text.charset(vm, encoding, 2)?;
        (charset, writer.text.convertible.clone())
    };
    let convertible = separator_text(vm, &convertible)?;
    let bytes = converted(vm, text, &convertible, charset)?;
    write(vm, this, &bytes)
}
