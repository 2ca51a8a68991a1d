//! ЧтениеДанных and РезультатЧтенияДанных: bytes, numbers and texts taken from a stream one after
//! another. Nothing is read ahead: the stream stands where the reader does.

use super::args::{bad_value, count_of, place_of, unsigned, whole_of};
use super::buffer::{
    Buffer, ByteOrder, buffer_in, buffer_of, overflow, ranges, read_only, separator_at,
};
use super::bytes::{BinaryData, bytes_of, encode_string, share};
use super::data_text::{DataText, optional_string, separator_text};
use super::define::{method, native, native_of, native_of_mut, no_files, prop};
use super::registry::{Area, Constructor, TypeDef};
use super::stream;
use crate::kernel::encode::Charset;
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::rc::Rc;

struct DataReader {
    text: DataText,
    /// What the property shows, and what numbers are read by: 1C asks the constructor only.
    shown: ByteOrder,
    order: ByteOrder,
    completed: bool,
}

native!(DataReader, |_| 0);

/// ЧтениеДанных.
pub static DATA_READER: TypeDef = TypeDef {
    ru: "ЧтениеДанных",
    en: "DataReader",
    new: Some(Constructor {
        params: "Источник, КодировкаТекста?, ПорядокБайтов?, РазделительСтрок?, КонвертируемыйРазделительСтрок?",
        call: |vm, args| {
            let source = match &args[0] {
                value if value.is_str() => return Err(no_files(vm)),
                value if stream::is_stream(value) => value.clone(),
                value => {
                    let bytes = bytes_of(value, 1)?;
                    stream::reading(vm, bytes)
                }
            };
            let order = ByteOrder::of(&args[2], 3)?.unwrap_or_default();
            let reader = DataReader {
                text: DataText::over(source, args, "")?,
                shown: order,
                order,
                completed: false,
            };
            Ok(vm.alloc(&DATA_READER, Body::Native(Box::new(reader))))
        },
    }),
    methods: &[
        method!("Закрыть" "Close" ("") false |_, this, _| {
            native_of::<DataReader>(this, 1)?;
            Ok(Value::Undefined)
        }),
        method!("ИсходныйПоток" "SourceStream" ("") true |_, this, _| {
            Ok(native_of::<DataReader>(this, 1)?.text.target.clone())
        }),
        method!("Прочитать" "Read" ("Количество?") true |vm, this, args| {
            let count = count_of(vm, &args[0], 1)?;
            let bytes = read(vm, this, count)?;
            Ok(result(vm, bytes, None))
        }),
        method!("ПрочитатьБайт" "ReadByte" ("") true |vm, this, _| number(vm, this, 1, None)),
        method!("ПрочитатьЦелое16" "ReadInt16" ("ПорядокБайтов?") true |vm, this, args| {
            let order = ByteOrder::of(&args[0], 1)?;
            number(vm, this, 2, order)
        }),
        method!("ПрочитатьЦелое32" "ReadInt32" ("ПорядокБайтов?") true |vm, this, args| {
            let order = ByteOrder::of(&args[0], 1)?;
            number(vm, this, 4, order)
        }),
        method!("ПрочитатьЦелое64" "ReadInt64" ("ПорядокБайтов?") true |vm, this, args| {
            let order = ByteOrder::of(&args[0], 1)?;
            number(vm, this, 8, order)
        }),
        method!("ПрочитатьВБуферДвоичныхДанных" "ReadIntoBinaryDataBuffer"
            ("БуферИлиКоличество?, ПозицияВБуфере?, Количество?") true into_buffer),
        method!("ПрочитатьСимволы" "ReadChars" ("Количество?, КодировкаТекста?") true chars),
        method!("ПрочитатьСтроку" "ReadLine" ("КодировкаТекста?, РазделительСтрок?") true line),
        method!("ПрочитатьДо" "ReadTo" ("Маркер, КодировкаТекста?") true |vm, this, args| {
            let (bytes, marker) = until(vm, this, args)?;
            Ok(result(vm, bytes, marker))
        }),
        method!("Пропустить" "Skip" ("Количество") true |vm, this, args| {
            let count = whole_of(vm, &args[0], 1)?;
            let place = begin(vm, this)?;
            let target = target(this)?;
            let left = stream::length(vm, &target, 1)?.saturating_sub(place);
            let skipped = usize::try_from(count).map_err(|_| bad_value(vm, 1))?;
            let place = place.checked_add(skipped).ok_or_else(|| bad_value(vm, 1))?;
            stream::set_position(&target, 1, place)?;
            finish(this, skipped > left)?;
            Ok(unsigned(count))
        }),
        method!("ПропуститьДо" "SkipTo" ("Маркер, КодировкаТекста?") true |vm, this, args| {
            let (bytes, _) = until(vm, this, args)?;
            Ok(bytes.len().into())
        }),
        method!("Разделить" "Split" ("Разделитель, КодировкаТекста?") true |vm, this, args| {
            let markers = markers(vm, this, args)?;
            let bytes = read(vm, this, None)?;
            let ranges = ranges(vm, &bytes, &markers)?;
            let mut parts = Vec::new();
            for range in ranges {
                let (end, part) = (range.end, &bytes[range]);
                vm.reserve(part.len() + 64)?;
                let marker = separator_at(&bytes[end..], &markers);
                let marker = marker.and_then(|it| markers.iter().position(|own| own == it));
                parts.push(result(vm, part.into(), marker));
            }
            Ok(vm.new_array(parts))
        }),
        method!("РазделитьНаЧастиПо" "SplitInPartsOf" ("РазмерЧасти") true |vm, this, args| {
            let size = match whole_of(vm, &args[0], 1)? {
                0 => return Err(bad_value(vm, 1)),
                size => usize::try_from(size).unwrap_or(usize::MAX),
            };
            let bytes = read(vm, this, None)?;
            let mut parts = Vec::new();
            for part in bytes.chunks(size) {
                vm.charge(1)?;
                vm.reserve(part.len() + 64)?;
                parts.push(result(vm, part.into(), None));
            }
            Ok(vm.new_array(parts))
        }),
    ],
    props: &[
        prop!("ПорядокБайтов" "ByteOrder"
        |_, this| Ok(native_of::<DataReader>(this, 1)?.shown.value()),
        |_, this, value| {
            let order = ByteOrder::of(&value, 1)?.ok_or_else(|| Fault::param(1))?;
            native_of_mut::<DataReader>(this, 1)?.shown = order;
            Ok(())
        }),
        prop!("КодировкаТекста" "TextEncoding"
        |_, this| Ok(native_of::<DataReader>(this, 1)?.text.encoding.clone()),
        |_, this, value| {
            native_of_mut::<DataReader>(this, 1)?.text.encoding = value;
            Ok(())
        }),
        prop!("РазделительСтрок" "LineSplitter"
        |_, this| {
            let separator = native_of::<DataReader>(this, 1)?.text.separator.clone();
            Ok(separator.unwrap_or_else(|| Value::str("")))
        },
        |_, this, value| {
            let separator = optional_string(&value, 1)?;
            native_of_mut::<DataReader>(this, 1)?.text.separator = separator;
            Ok(())
        }),
        prop!("КонвертируемыйРазделительСтрок" "ConvertibleSplitterOfLines"
        |_, this| Ok(native_of::<DataReader>(this, 1)?.text.convertible.clone()),
        |_, this, value| {
            let separator = optional_string(&value, 1)?.unwrap_or_else(|| Value::str(""));
            native_of_mut::<DataReader>(this, 1)?.text.convertible = separator;
            Ok(())
        }),
        prop!("ЧтениеЗавершено" "ReadCompleted" |_, this| {
            Ok(native_of::<DataReader>(this, 1)?.completed.into())
        }),
    ],
};

/// What was read: bytes, and which marker ended them.
pub(super) struct ReadResult {
    pub(super) bytes: Rc<[u8]>,
    marker: Option<usize>,
}

native!(ReadResult, |this| this.bytes.len());

/// РезультатЧтенияДанных.
pub static READ_RESULT: TypeDef = TypeDef {
    ru: "РезультатЧтенияДанных",
    en: "ReadDataResult",
    new: None,
    methods: &[
        method!("ПолучитьДвоичныеДанные" "GetBinaryData" ("") true |vm, this, _| {
            let bytes = Rc::clone(&native_of::<ReadResult>(this, 1)?.bytes);
            Ok(share(vm, bytes))
        }),
        method!("ПолучитьБуферДвоичныхДанных" "GetBinaryDataBuffer" ("") true |vm, this, _| {
            let bytes = Rc::clone(&native_of::<ReadResult>(this, 1)?.bytes);
            vm.charge_work(bytes.len())?;
            vm.reserve(bytes.len())?;
            Ok(buffer_in(vm, bytes.to_vec(), ByteOrder::default()))
        }),
        method!("ОткрытьПотокДляЧтения" "OpenStreamForRead" ("") true |vm, this, _| {
            let bytes = Rc::clone(&native_of::<ReadResult>(this, 1)?.bytes);
            Ok(stream::reading(vm, bytes))
        }),
    ],
    props: &[
        prop!("Размер" "Size" |_, this| {
            Ok(native_of::<ReadResult>(this, 1)?.bytes.len().into())
        }),
        prop!("МаркерНайден" "MarkerFound" |_, this| {
            Ok(native_of::<ReadResult>(this, 1)?.marker.is_some().into())
        }),
        prop!("ИндексМаркера" "MarkerIndex" |_, this| {
            let marker = native_of::<ReadResult>(this, 1)?.marker;
            Ok(marker.map_or(Value::Int(-1), Value::from))
        }),
    ],
};

/// Reading of data.
pub static AREA: Area = Area {
    title: "Чтение данных",
    functions: &[],
    types: &[&DATA_READER, &READ_RESULT],
    enums: &[],
};

fn result(vm: &Vm<'_>, bytes: Rc<[u8]>, marker: Option<usize>) -> Value {
    vm.alloc(
        &READ_RESULT,
        Body::Native(Box::new(ReadResult { bytes, marker })),
    )
}

fn target(this: &Value) -> Result<Value, Fault> {
    Ok(native_of::<DataReader>(this, 1)?.text.target.clone())
}

/// Looks that nobody moved the stream; gives its place.
fn begin(vm: &Vm<'_>, this: &Value) -> Result<usize, Fault> {
    let reader = native_of::<DataReader>(this, 1)?;
    reader.text.check(vm, ["ЧтениеДанных", "DataReader"])?;
    Ok(reader.text.expected)
}

/// Remembers where the stream stands now, and whether its end was met.
fn finish(this: &Value, ended: bool) -> Result<(), Fault> {
    let mut reader = native_of_mut::<DataReader>(this, 1)?;
    reader.text.expected = stream::position(&reader.text.target, 1)?;
    reader.completed |= ended;
    Ok(())
}

/// As many bytes as there are, at most `count`; 0 and `None` mean all.
fn read(vm: &mut Vm<'_>, this: &Value, count: Option<u64>) -> Result<Rc<[u8]>, Fault> {
    begin(vm, this)?;
    let count = count.filter(|count| *count > 0).unwrap_or(u64::MAX);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let target = target(this)?;
    let bytes = stream::take(vm, &target, 1, count)?;
    finish(this, bytes.len() < count)?;
    Ok(bytes)
}

/// A number of that many bytes; Неопределено, and nothing is taken, when there are fewer.
fn number(
    vm: &mut Vm<'_>,
    this: &Value,
    size: usize,
    order: Option<ByteOrder>,
) -> Result<Value, Fault> {
    let place = begin(vm, this)?;
    let target = target(this)?;
    let order = order.unwrap_or(native_of::<DataReader>(this, 1)?.order);
    let number = stream::peek(vm, &target, 1, |bytes| {
        bytes.get(..size).map(|bytes| order.read(bytes))
    })?;
    if number.is_some() {
        stream::set_position(&target, 1, place + size)?;
    }
    finish(this, number.is_none())?;
    Ok(number.map_or(Value::Undefined, unsigned))
}

/// A count that 1C holds in 32 bits.
fn short_count(vm: &Vm<'_>, value: &Value, number: u8) -> Result<Option<u64>, Fault> {
    match count_of(vm, value, number)? {
        Some(count) if count > u64::from(u32::MAX) => Err(bad_value(vm, number)),
        count => Ok(count),
    }
}

fn into_buffer(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    if native_of::<Buffer>(&args[0], 1).is_err() {
        let count = short_count(vm, &args[0], 1)?;
        let bytes = read(vm, this, count)?;
        vm.reserve(bytes.len())?;
        let order = native_of::<DataReader>(this, 1)?.order;
        return Ok(buffer_in(vm, bytes.to_vec(), order));
    }
    let buffer = buffer_of(&args[0], 1)?;
    let place = match &args[1] {
        Value::Missing | Value::Undefined => 0,
        value => place_of(vm, value, 2)?,
    };
    let room = buffer
        .len()
        .checked_sub(place)
        .ok_or_else(|| overflow(vm))?;
    let count = match count_of(vm, &args[2], 3)? {
        None | Some(0) => room as u64,
        Some(count) if count <= room as u64 => count,
        Some(_) => return Err(overflow(vm)),
    };
    if buffer.read_only() {
        return Err(read_only(vm));
    }
    if count == 0 {
        return Ok(Value::Int(0));
    }
    let bytes = read(vm, this, Some(count))?;
    buffer.with_mut(|own| own[place..place + bytes.len()].copy_from_slice(&bytes));
    Ok(bytes.len().into())
}

/// The text of bytes that were taken; a byte order mark counts only at the very beginning.
fn text_of(
    vm: &mut Vm<'_>,
    this: &Value,
    bytes: &[u8],
    charset: Charset,
    at_start: bool,
) -> Result<Value, Fault> {
    vm.charge_work(bytes.len())?;
    vm.reserve(bytes.len().saturating_mul(5))?;
    let units = if at_start {
        charset.decode_units(bytes)
    } else {
        charset.decode_part_units(bytes)
    };
    let convertible = native_of::<DataReader>(this, 1)?.text.convertible.clone();
    let convertible = separator_text(vm, &convertible)?;
    if convertible.is_empty() || convertible == "\n" {
        return Ok(Value::from_units(units));
    }
    vm.charge_work(units.len())?;
    let text = String::from_utf16_lossy(&units).replace(&convertible, "\n");
    Ok(text.into())
}

fn chars(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let count = short_count(vm, &args[0], 1)?.filter(|count| *count > 0);
    let charset = native_of::<DataReader>(this, 1)?
        .text
        .charset(vm, &args[1], 2)?;
    let place = begin(vm, this)?;
    let bytes = match count {
        None => read(vm, this, None)?,
        Some(count) => {
            let count = count as usize;
            let target = target(this)?;
            // A mark at the beginning is no character of the text.
            let (size, units, seen) = stream::peek(vm, &target, 1, |bytes| {
                let mark = charset.mark();
                let marked = place == 0 && !mark.is_empty() && bytes.starts_with(mark);
                let count = count + usize::from(marked);
                let (size, units) = charset.prefix(bytes, count);
                (size, units, count)
            })?;
            vm.charge_work(size)?;
            if size == 0 {
                finish(this, true)?;
                return Ok(Value::str(""));
            }
            let bytes = stream::take(vm, &target, 1, size)?;
            finish(this, units < seen)?;
            bytes
        }
    };
    text_of(vm, this, &bytes, charset, place == 0)
}

fn line(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let charset = native_of::<DataReader>(this, 1)?
        .text
        .charset(vm, &args[0], 1)?;
    let separator = match optional_string(&args[1], 2)? {
        Some(separator) => Some(separator),
        None => native_of::<DataReader>(this, 1)?.text.separator.clone(),
    };
    let place = begin(vm, this)?;
    // Without a separator a line ends as texts do, with a line feed, and a return before it.
    let plain = separator.is_none();
    let separator = match &separator {
        Some(separator) => separator_text(vm, separator)?,
        None => "\n".to_string(),
    };
    let separator = charset.encode(&separator);
    let target = target(this)?;
    let found = if separator.is_empty() {
        None
    } else {
        find(
            vm,
            &target,
            std::slice::from_ref(&separator),
            charset.unit_size(),
        )?
    };
    let Some((size, _)) = found else {
        let bytes = read(vm, this, None)?;
        return text_of(vm, this, &bytes, charset, place == 0);
    };
    let bytes = stream::take(vm, &target, 1, size)?;
    stream::set_position(&target, 1, place + size + separator.len())?;
    finish(this, false)?;
    let end = charset.encode("\r");
    let bytes = match bytes.strip_suffix(end.as_slice()) {
        Some(line) if plain => line,
        _ => &bytes,
    };
    text_of(vm, this, bytes, charset, place == 0)
}

/// Bytes that are looked through between two charges.
const BLOCK: usize = 1 << 16;

/// Where the first of the markers stands in the rest of a stream, and which one: the longest of
/// those that begin there. Texts of two-byte units are looked through unit by unit.
fn find(
    vm: &mut Vm<'_>,
    target: &Value,
    markers: &[Vec<u8>],
    step: usize,
) -> Result<Option<(usize, usize)>, Fault> {
    let steps: usize = markers.iter().map(|it| 1 + it.len() / 16).sum();
    let mut start = 0;
    loop {
        let (place, found) = stream::peek(vm, target, 1, |bytes| {
            let mut place = start;
            while place < bytes.len() && place < start + BLOCK {
                if let Some(marker) = separator_at(&bytes[place..], markers) {
                    return (place, Some(marker));
                }
                place += step;
            }
            (place, None)
        })?;
        vm.charge_work((place - start).saturating_mul(steps))?;
        if let Some(marker) = found {
            let index = markers.iter().position(|own| own == marker);
            return Ok(Some((place, index.unwrap_or(0))));
        }
        if place < start + BLOCK {
            return Ok(None);
        }
        start = place;
    }
}

/// The markers of a parameter: a string in the encoding, a buffer, or an array of them.
fn markers(vm: &mut Vm<'_>, this: &Value, args: &[Value]) -> Result<Vec<Vec<u8>>, Fault> {
    let charset = native_of::<DataReader>(this, 1)?
        .text
        .charset(vm, &args[1], 2)?;
    let single = args[0].is_str() || native_of::<Buffer>(&args[0], 1).is_ok();
    let values = if single {
        vec![args[0].clone()]
    } else {
        vm.items(&args[0]).map_err(|_| Fault::param(1))?
    };
    let mut found = Vec::with_capacity(values.len());
    for value in &values {
        vm.charge(1)?;
        let bytes = match value.as_units() {
            Some(units) => encode_string(vm, units, charset, false)?,
            None => match native_of::<BinaryData>(value, 1) {
                Ok(_) => bytes_of(value, 1)?.to_vec(),
                Err(_) => buffer_of(value, 1)?.to_vec(vm)?,
            },
        };
        if bytes.is_empty() {
            return Err(bad_value(vm, 1));
        }
        found.push(bytes);
    }
    if found.is_empty() {
        return Err(bad_value(vm, 1));
    }
    Ok(found)
}

/// The bytes before the first marker, and which marker it was; the stream stands behind it. Without
/// one, all bytes to the end.
fn until(
    vm: &mut Vm<'_>,
    this: &Value,
    args: &[Value],
) -> Result<(Rc<[u8]>, Option<usize>), Fault> {
    let markers = markers(vm, this, args)?;
    let place = begin(vm, this)?;
    let target = target(this)?;
    match find(vm, &target, &markers, 1)? {
        Some((size, index)) => {
            let bytes = stream::take(vm, &target, 1, size)?;
            stream::set_position(&target, 1, place + size + markers[index].len())?;
            finish(this, false)?;
            Ok((bytes, Some(index)))
        }
        None => Ok((read(vm, this, None)?, None)),
    }
}
