//! БуферДвоичныхДанных: bytes that are changed in place. A slice is a window into the bytes of its
//! buffer, and a stream over a buffer writes into them.

use super::args::{bad_value, count_of, outside, place_of, unsigned, whole_of};
use super::define::{choice, enumeration, method, native_of, native_of_mut, prop, said};
use super::registry::{Area, Constructor, TypeDef};
use crate::value::Value;
use crate::value::heap::Body;
use crate::value::memory;
use crate::value::native::{NativeObject, NoIterator};
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

enumeration! {
    /// ПорядокБайтов.
    BYTE_ORDER "ПорядокБайтов" "ByteOrder" [
        "LittleEndian" "LittleEndian",
        "BigEndian" "BigEndian",
    ]
}

/// The order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ByteOrder {
    /// The least byte first.
    #[default]
    Little,
    /// The greatest byte first.
    Big,
}

impl ByteOrder {
    /// The order of a parameter; `None` when it was left out.
    pub(super) fn of(value: &Value, number: u8) -> Result<Option<ByteOrder>, Fault> {
        let item = choice(value, &BYTE_ORDER, number)?;
        Ok(item.map(|item| match item {
            0 => ByteOrder::Little,
            _ => ByteOrder::Big,
        }))
    }

    /// The value of the enumeration.
    pub(super) fn value(self) -> Value {
        Value::Enum(self as u16, &BYTE_ORDER)
    }

    /// An unsigned number of up to eight bytes.
    pub(super) fn read(self, bytes: &[u8]) -> u64 {
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        match self {
            ByteOrder::Little => bytes.iter().rev().fold(0, add),
            ByteOrder::Big => bytes.iter().fold(0, add),
        }
    }

    /// The last `size` bytes of a number, of eight at most.
    pub(super) fn write(self, number: u64, size: usize) -> smallvec::SmallVec<[u8; 8]> {
        let bytes = number.to_le_bytes().into_iter().take(size);
        match self {
            ByteOrder::Little => bytes.collect(),
            ByteOrder::Big => bytes.rev().collect(),
        }
    }
}

/// Bytes that buffers and streams share; counted once, whoever holds them.
pub struct Block {
    bytes: RefCell<Vec<u8>>,
    counted: Cell<usize>,
}

/// Bytes that a block costs besides its own.
const BLOCK_COST: usize = 64;

impl Block {
    /// Takes bytes over.
    pub(super) fn new(bytes: Vec<u8>) -> Rc<Block> {
        let counted = BLOCK_COST + bytes.capacity();
        memory::add(counted);
        Rc::new(Block {
            bytes: RefCell::new(bytes),
            counted: Cell::new(counted),
        })
    }

    /// Counts the bytes anew after they grew or shrank.
    pub(super) fn recount(&self) {
        let counted = BLOCK_COST + self.bytes.borrow().capacity();
        memory::add(counted);
        memory::sub(self.counted.replace(counted));
    }

    /// The bytes. No call back into the interpreter may happen while they are borrowed.
    pub(super) fn bytes(&self) -> std::cell::Ref<'_, Vec<u8>> {
        self.bytes.borrow()
    }

    /// The bytes, to change; who makes them more or fewer calls [`Block::recount`].
    pub(super) fn bytes_mut(&self) -> std::cell::RefMut<'_, Vec<u8>> {
        self.bytes.borrow_mut()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        memory::sub(self.counted.get());
    }
}

/// A window into a block.
#[derive(Clone)]
pub struct Buffer {
    block: Rc<Block>,
    start: usize,
    len: usize,
    order: ByteOrder,
    read_only: bool,
}

impl Buffer {
    fn new(bytes: Vec<u8>, order: ByteOrder) -> Buffer {
        Buffer {
            len: bytes.len(),
            block: Block::new(bytes),
            start: 0,
            order,
            read_only: false,
        }
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The order of the bytes of its numbers.
    pub(super) fn order(&self) -> ByteOrder {
        self.order
    }

    /// Whether no byte may be changed.
    pub(super) fn read_only(&self) -> bool {
        self.read_only
    }

    /// Calls with the bytes of the window.
    pub(super) fn with<R>(&self, then: impl FnOnce(&[u8]) -> R) -> R {
        then(&self.block.bytes()[self.start..self.start + self.len])
    }

    /// Calls with the bytes of the window, to change.
    pub(super) fn with_mut<R>(&self, then: impl FnOnce(&mut [u8]) -> R) -> R {
        then(&mut self.block.bytes_mut()[self.start..self.start + self.len])
    }

    fn byte(&self, place: usize) -> Option<u8> {
        (place < self.len).then(|| self.block.bytes()[self.start + place])
    }

    /// The bytes for good: of a buffer that changes later.
    pub(super) fn to_vec(&self, vm: &mut Vm<'_>) -> Result<Vec<u8>, Fault> {
        vm.charge_work(self.len)?;
        vm.reserve(self.len)?;
        Ok(self.with(<[u8]>::to_vec))
    }
}

impl NativeObject for Buffer {
    fn size(&self) -> usize {
        size_of::<Buffer>()
    }

    fn count(&self) -> Option<usize> {
        Some(self.len)
    }

    fn get_index(&self, vm: &mut Vm<'_>, key: &Value) -> Option<Result<Value, Fault>> {
        Some(get(vm, self, key))
    }

    fn set_index(
        &mut self,
        vm: &mut Vm<'_>,
        key: &Value,
        value: Value,
    ) -> Option<Result<(), Fault>> {
        Some(set(vm, self, key, &value))
    }

    fn item(&self, _vm: &Vm<'_>, place: usize) -> Result<Option<Value>, NoIterator> {
        Ok(self.byte(place).map(|byte| Value::Int(i64::from(byte))))
    }
}

/// БуферДвоичныхДанных.
pub static BUFFER: TypeDef = TypeDef {
    ru: "БуферДвоичныхДанных",
    en: "BinaryDataBuffer",
    new: Some(Constructor {
        params: "Размер, ПорядокБайтов?",
        call: |vm, args| {
            let size = size_of_bytes(vm, &args[0], 1)?;
            let order = ByteOrder::of(&args[1], 2)?.unwrap_or_default();
            vm.charge_work(size)?;
            vm.reserve(size)?;
            Ok(alloc(vm, Buffer::new(vec![0; size], order)))
        },
    }),
    methods: &[
        method!("Получить" "Get" ("Позиция") true |vm, this, args| {
            get(vm, &*native_of::<Buffer>(this, 1)?, &args[0])
        }),
        method!("Установить" "Set" ("Позиция, Значение") false |vm, this, args| {
            set(vm, &*native_of::<Buffer>(this, 1)?, &args[0], &args[1])?;
            Ok(Value::Undefined)
        }),
        method!("ПрочитатьЦелое16" "ReadInt16" ("Позиция, ПорядокБайтов?") true |vm, this, args| {
            read_number(vm, this, args, 2)
        }),
        method!("ПрочитатьЦелое32" "ReadInt32" ("Позиция, ПорядокБайтов?") true |vm, this, args| {
            read_number(vm, this, args, 4)
        }),
        method!("ПрочитатьЦелое64" "ReadInt64" ("Позиция, ПорядокБайтов?") true |vm, this, args| {
            read_number(vm, this, args, 8)
        }),
        method!("ЗаписатьЦелое16" "WriteInt16" ("Позиция, Значение, ПорядокБайтов?") false
            |vm, this, args| write_number(vm, this, args, 2)),
        method!("ЗаписатьЦелое32" "WriteInt32" ("Позиция, Значение, ПорядокБайтов?") false
            |vm, this, args| write_number(vm, this, args, 4)),
        method!("ЗаписатьЦелое64" "WriteInt64" ("Позиция, Значение, ПорядокБайтов?") false
            |vm, this, args| write_number(vm, this, args, 8)),
        method!("Прочитать" "Read" ("Позиция, Количество") true read),
        method!("Записать" "Write" ("Позиция, Байты, Количество?") false write),
        method!("ПолучитьСрез" "GetSlice" ("Позиция, Количество?") true slice),
        method!("Скопировать" "Copy" ("") true |vm, this, _| {
            let buffer = native_of::<Buffer>(this, 1)?.clone();
            let bytes = buffer.to_vec(vm)?;
            Ok(alloc(vm, Buffer::new(bytes, buffer.order)))
        }),
        method!("Перевернуть" "Reverse" ("") true |vm, this, _| {
            let buffer = native_of::<Buffer>(this, 1)?.clone();
            let mut bytes = buffer.to_vec(vm)?;
            bytes.reverse();
            Ok(alloc(vm, Buffer::new(bytes, buffer.order)))
        }),
        method!("Соединить" "Concat" ("Буфер") true concat),
        method!("Разделить" "Split" ("Разделитель") true |vm, this, args| {
            let buffer = native_of::<Buffer>(this, 1)?.clone();
            let separators = separators(vm, &args[0], 1)?;
            let parts = split(vm, &buffer, &separators)?;
            Ok(vm.new_array(parts))
        }),
        method!("Инвертировать" "Invert" ("Позиция?, Количество?") false invert),
        method!("ЗаписатьПобитовоеИ" "WriteBitwiseAnd" ("Позиция, Буфер, Количество?") false
            |vm, this, args| bitwise(vm, this, args, |own, mask| own & mask)),
        method!("ЗаписатьПобитовоеИли" "WriteBitwiseOr" ("Позиция, Буфер, Количество?") false
            |vm, this, args| bitwise(vm, this, args, |own, mask| own | mask)),
        method!("ЗаписатьПобитовоеИсключительноеИли" "WriteBitwiseXor"
            ("Позиция, Буфер, Количество?") false
            |vm, this, args| bitwise(vm, this, args, |own, mask| own ^ mask)),
        method!("ЗаписатьПобитовоеИНе" "WriteBitwiseAndNot" ("Позиция, Буфер, Количество?") false
            |vm, this, args| bitwise(vm, this, args, |own, mask| own & !mask)),
        method!("УстановитьТолькоЧтение" "SetReadOnly" ("") false |_, this, _| {
            native_of_mut::<Buffer>(this, 1)?.read_only = true;
            Ok(Value::Undefined)
        }),
    ],
    props: &[
        prop!("Размер" "Size" |_, this| Ok(native_of::<Buffer>(this, 1)?.len.into())),
        prop!("ТолькоЧтение" "ReadOnly" |_, this| {
            Ok(native_of::<Buffer>(this, 1)?.read_only.into())
        }),
        prop!("ПорядокБайтов" "ByteOrder"
        |_, this| Ok(native_of::<Buffer>(this, 1)?.order.value()),
        |_, this, value| {
            let order = ByteOrder::of(&value, 1)?.ok_or_else(|| Fault::param(1))?;
            native_of_mut::<Buffer>(this, 1)?.order = order;
            Ok(())
        }),
    ],
};

/// Buffers.
pub static AREA: Area = Area {
    title: "Буферы двоичных данных",
    functions: &[],
    types: &[&BUFFER],
    enums: &[&BYTE_ORDER],
};

fn alloc(vm: &Vm<'_>, buffer: Buffer) -> Value {
    vm.alloc(&BUFFER, Body::Native(Box::new(buffer)))
}

/// A buffer of bytes that were reserved.
pub(super) fn buffer(vm: &Vm<'_>, bytes: Vec<u8>) -> Value {
    buffer_in(vm, bytes, ByteOrder::default())
}

/// The same with its order of bytes.
pub(super) fn buffer_in(vm: &Vm<'_>, bytes: Vec<u8>, order: ByteOrder) -> Value {
    alloc(vm, Buffer::new(bytes, order))
}

/// The buffer of a parameter.
pub(super) fn buffer_of(value: &Value, number: u8) -> Result<Buffer, Fault> {
    Ok(native_of::<Buffer>(value, number)?.clone())
}

/// A size that memory can be asked for.
fn size_of_bytes(vm: &mut Vm<'_>, value: &Value, number: u8) -> Result<usize, Fault> {
    let size = whole_of(vm, value, number)?;
    match usize::try_from(size) {
        Ok(size) if size < isize::MAX as usize => Ok(size),
        _ => Err(vm.stop(crate::vm::error::LimitKind::Memory)),
    }
}

pub(super) fn overflow(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Переполнение при работе с буфером",
        "Overflow of the buffer",
    )
}

pub(super) fn read_only(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Буфер двоичных данных доступен только для чтения",
        "The binary data buffer is read only",
    )
}

fn get(vm: &Vm<'_>, buffer: &Buffer, key: &Value) -> Result<Value, Fault> {
    let place = place_of(vm, key, 1)?;
    let byte = buffer.byte(place).ok_or(Message::IndexOutOfRange)?;
    Ok(Value::Int(i64::from(byte)))
}

fn set(vm: &Vm<'_>, buffer: &Buffer, key: &Value, value: &Value) -> Result<(), Fault> {
    let place = place_of(vm, key, 1)?;
    let byte = u8::try_from(whole_of(vm, value, 2)?).map_err(|_| bad_value(vm, 2))?;
    if buffer.read_only {
        return Err(read_only(vm));
    }
    if place >= buffer.len {
        return Err(Message::IndexOutOfRange.into());
    }
    buffer.block.bytes_mut()[buffer.start + place] = byte;
    Ok(())
}

fn read_number(
    vm: &mut Vm<'_>,
    this: &Value,
    args: &mut [Value],
    size: usize,
) -> Result<Value, Fault> {
    let buffer = native_of::<Buffer>(this, 1)?;
    let place = place_of(vm, &args[0], 1)?;
    let order = ByteOrder::of(&args[1], 2)?.unwrap_or(buffer.order);
    let number = buffer.with(|bytes| {
        let end = place.checked_add(size)?;
        bytes.get(place..end).map(|bytes| order.read(bytes))
    });
    number.map(unsigned).ok_or_else(|| outside(vm))
}

fn write_number(
    vm: &mut Vm<'_>,
    this: &Value,
    args: &mut [Value],
    size: usize,
) -> Result<Value, Fault> {
    let buffer = native_of::<Buffer>(this, 1)?;
    let place = place_of(vm, &args[0], 1)?;
    let number = whole_of(vm, &args[1], 2)?;
    if size < 8 && number >> (8 * size) != 0 {
        return Err(bad_value(vm, 2));
    }
    let order = ByteOrder::of(&args[2], 3)?.unwrap_or(buffer.order);
    if buffer.read_only {
        return Err(read_only(vm));
    }
    let written = buffer.with_mut(|bytes| {
        let own = bytes.get_mut(place..place.checked_add(size)?)?;
        own.copy_from_slice(&order.write(number, size));
        Some(())
    });
    written.ok_or_else(|| outside(vm))?;
    Ok(Value::Undefined)
}

/// A part of a buffer: its place and length. Without a count, or with 0, it ends where the buffer
/// ends.
fn part(
    vm: &Vm<'_>,
    buffer: &Buffer,
    place: usize,
    count: Option<u64>,
) -> Result<(usize, usize), Fault> {
    let rest = match buffer.len.checked_sub(place) {
        Some(rest) if rest > 0 => rest,
        _ => return Err(outside(vm)),
    };
    match count {
        None | Some(0) => Ok((place, rest)),
        Some(count) => match usize::try_from(count) {
            Ok(count) if count <= rest => Ok((place, count)),
            _ => Err(overflow(vm)),
        },
    }
}

fn read(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let own = native_of::<Buffer>(this, 1)?.clone();
    let place = place_of(vm, &args[0], 1)?;
    let count = whole_of(vm, &args[1], 2)?;
    let (start, len) = match (place, count) {
        (place, 0) if place <= own.len => (place, 0),
        _ => part(vm, &own, place, Some(count))?,
    };
    vm.charge_work(len)?;
    vm.reserve(len)?;
    let bytes = own.with(|bytes| bytes[start..start + len].to_vec());
    Ok(alloc(vm, Buffer::new(bytes, own.order)))
}

fn slice(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let own = native_of::<Buffer>(this, 1)?.clone();
    let place = place_of(vm, &args[0], 1)?;
    let count = count_of(vm, &args[1], 2)?;
    let (start, len) = part(vm, &own, place, count)?;
    let window = Buffer {
        start: own.start + start,
        len,
        ..own
    };
    Ok(alloc(vm, window))
}

/// How much of the other buffer is meant: all of it without a count, or with 0.
fn taken(vm: &Vm<'_>, other: &Buffer, count: &Value, number: u8) -> Result<usize, Fault> {
    match count_of(vm, count, number)? {
        None | Some(0) => Ok(other.len),
        Some(count) => match usize::try_from(count) {
            Ok(count) if count <= other.len => Ok(count),
            _ => Err(overflow(vm)),
        },
    }
}

fn write(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let own = native_of::<Buffer>(this, 1)?.clone();
    let place = place_of(vm, &args[0], 1)?;
    let other = buffer_of(&args[1], 2)?;
    let count = taken(vm, &other, &args[2], 3)?;
    if own.read_only {
        return Err(read_only(vm));
    }
    if place > own.len {
        return Err(outside(vm));
    }
    vm.charge_work(count)?;
    // What does not fit is left out, as 1C does it.
    let count = count.min(own.len - place);
    if Rc::ptr_eq(&own.block, &other.block) {
        let from = other.start..other.start + count;
        let mut bytes = own.block.bytes_mut();
        bytes.copy_within(from, own.start + place);
    } else {
        other.with(|bytes| {
            own.with_mut(|own| own[place..place + count].copy_from_slice(&bytes[..count]));
        });
    }
    Ok(Value::Undefined)
}

fn concat(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let own = native_of::<Buffer>(this, 1)?.clone();
    let other = buffer_of(&args[0], 1)?;
    vm.charge_work(own.len + other.len)?;
    vm.reserve(own.len + other.len)?;
    let mut bytes = Vec::with_capacity(own.len + other.len);
    own.with(|part| bytes.extend_from_slice(part));
    other.with(|part| bytes.extend_from_slice(part));
    Ok(alloc(vm, Buffer::new(bytes, own.order)))
}

fn invert(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let own = native_of::<Buffer>(this, 1)?.clone();
    let place = match &args[0] {
        Value::Missing | Value::Undefined => 0,
        value => place_of(vm, value, 1)?,
    };
    let count = count_of(vm, &args[1], 2)?;
    let (start, len) = part(vm, &own, place, count)?;
    if own.read_only {
        return Err(read_only(vm));
    }
    vm.charge_work(len)?;
    own.with_mut(|bytes| {
        for byte in &mut bytes[start..start + len] {
            *byte = !*byte;
        }
    });
    Ok(Value::Undefined)
}

fn bitwise(
    vm: &mut Vm<'_>,
    this: &Value,
    args: &mut [Value],
    then: fn(u8, u8) -> u8,
) -> Result<Value, Fault> {
    let own = native_of::<Buffer>(this, 1)?.clone();
    let place = place_of(vm, &args[0], 1)?;
    let other = buffer_of(&args[1], 2)?;
    let count = taken(vm, &other, &args[2], 3)?;
    if own.read_only {
        return Err(read_only(vm));
    }
    if place > own.len || count > own.len - place {
        return Err(overflow(vm));
    }
    // A mask may lie in the same bytes.
    vm.reserve(count)?;
    vm.charge_work(count)?;
    let mask = other.with(|bytes| bytes[..count].to_vec());
    own.with_mut(|bytes| {
        for (byte, mask) in bytes[place..].iter_mut().zip(mask) {
            *byte = then(*byte, mask);
        }
    });
    Ok(Value::Undefined)
}

/// The separators of a parameter: a buffer, or an array of buffers. None of them is empty.
pub(super) fn separators(
    vm: &mut Vm<'_>,
    value: &Value,
    number: u8,
) -> Result<Vec<Vec<u8>>, Fault> {
    let values = match value.as_obj().and_then(|obj| obj.native::<Buffer>()) {
        Some(_) => vec![value.clone()],
        None if value.as_obj().is_some() => vm.items(value).map_err(|_| Fault::param(number))?,
        None => return Err(Fault::param(number)),
    };
    let mut found = Vec::with_capacity(values.len());
    for value in values {
        let bytes = buffer_of(&value, number)?.to_vec(vm)?;
        if bytes.is_empty() {
            return Err(bad_value(vm, number));
        }
        found.push(bytes);
    }
    if found.is_empty() {
        return Err(bad_value(vm, number));
    }
    Ok(found)
}

/// The longest of the separators that stands at the beginning of the bytes.
pub(super) fn separator_at<'s>(bytes: &[u8], separators: &'s [Vec<u8>]) -> Option<&'s Vec<u8>> {
    separators
        .iter()
        .filter(|separator| bytes.starts_with(separator))
        .max_by_key(|separator| separator.len())
}

fn split(vm: &mut Vm<'_>, buffer: &Buffer, separators: &[Vec<u8>]) -> Result<Vec<Value>, Fault> {
    let bytes = buffer.to_vec(vm)?;
    let mut parts = Vec::new();
    for part in ranges(vm, &bytes, separators)? {
        let part = bytes[part].to_vec();
        vm.reserve(part.len() + size_of::<Buffer>())?;
        parts.push(alloc(vm, Buffer::new(part, buffer.order)));
    }
    Ok(parts)
}

/// Where the parts of bytes lie between separators; at least one part, an empty one.
pub(super) fn ranges(
    vm: &mut Vm<'_>,
    bytes: &[u8],
    separators: &[Vec<u8>],
) -> Result<Vec<std::ops::Range<usize>>, Fault> {
    // Each separator is looked for at each place, sixteen bytes at a step.
    let steps: usize = separators.iter().map(|it| 1 + it.len() / 16).sum();
    vm.charge_work(bytes.len().saturating_mul(steps))?;
    let mut found = Vec::new();
    let (mut start, mut place) = (0, 0);
    while place < bytes.len() {
        match separator_at(&bytes[place..], separators) {
            Some(separator) => {
                vm.reserve((found.len() + 1) * size_of::<Value>() * 4)?;
                vm.charge(1)?;
                found.push(start..place);
                place += separator.len();
                start = place;
            }
            None => place += 1,
        }
    }
    found.push(start..bytes.len());
    Ok(found)
}
