//! Поток and ПотокВПамяти: bytes with a place in them. Files and sockets never stand behind a stream
//! of a program.

use super::args::{bad_value, count_of, number_of, place_of, whole_of};
use super::buffer::{Block, Buffer, buffer_of, overflow, read_only};
use super::bytes::share;
use super::define::{choice, enumeration, method, native, native_of, prop, said};
use super::registry::{Area, Constructor, MethodDef, PropDef, TypeDef};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;
use std::cell::RefCell;
use std::rc::Rc;

enumeration! {
    /// ПозицияВПотоке.
    STREAM_POSITION "ПозицияВПотоке" "PositionInStream" [
        "Начало" "Begin",
        "Текущая" "Current",
        "Конец" "End",
    ]
}

/// The bytes behind a stream.
enum Source {
    /// Bytes of ДвоичныеДанные or of an answer, to read.
    Shared(Rc<[u8]>),
    /// Bytes that the program writes.
    Own(Rc<Block>),
    /// Bytes of a buffer: written in place, never more of them.
    Buffer(Buffer),
}

struct Inner {
    source: Source,
    position: usize,
    closed: bool,
}

impl Inner {
    fn with<R>(&self, then: impl FnOnce(&[u8]) -> R) -> R {
        match &self.source {
            Source::Shared(bytes) => then(bytes),
            Source::Own(block) => then(&block.bytes()),
            Source::Buffer(buffer) => buffer.with(then),
        }
    }

    fn len(&self) -> usize {
        self.with(<[u8]>::len)
    }
}

/// A stream; one that only reads shares the bytes and the place with the stream that it was taken of.
pub struct Stream {
    inner: Rc<RefCell<Inner>>,
    read_only: bool,
}

native!(Stream, |_| size_of::<Inner>());

const MEMBERS: usize = 18;

macro_rules! members {
    ($($extra:expr)?) => {
        [
            method!("Размер" "Size" ("") true size),
            method!("РазмерАсинх" "SizeAsync" ("") true size),
            method!("ТекущаяПозиция" "CurrentPosition" ("") true |_, this, _| {
                Ok(position(this, 1)?.into())
            }),
            method!("Прочитать" "Read" ("Буфер, ПозицияВБуфере, Количество") true read),
            method!("ПрочитатьАсинх" "ReadAsync" ("Буфер, ПозицияВБуфере, Количество") true read),
            method!("Записать" "Write" ("Буфер, ПозицияВБуфере, Количество") false write_part),
            method!("ЗаписатьАсинх" "WriteAsync" ("Буфер, ПозицияВБуфере, Количество") true
                write_part),
            method!("Перейти" "Seek" ("Смещение, НачальнаяПозиция?") true seek),
            method!("ПерейтиАсинх" "SeekAsync" ("Смещение, НачальнаяПозиция?") true seek),
            method!("УстановитьРазмер" "SetSize" ("Размер") false set_size),
            method!("УстановитьРазмерАсинх" "SetSizeAsync" ("Размер") true set_size),
            method!("СброситьБуферы" "Flush" ("") false flush),
            method!("СброситьБуферыАсинх" "FlushAsync" ("") true flush),
            method!("КопироватьВ" "CopyTo" ("ЦелевойПоток, Количество?") true copy_to),
            method!("КопироватьВАсинх" "CopyToAsync" ("ЦелевойПоток, Количество?") true copy_to),
            method!("ПолучитьПотокТолькоДляЧтения" "GetReadonlyStream" ("") true
                |vm, this, _| {
                    let inner = Rc::clone(&native_of::<Stream>(this, 1)?.inner);
                    let stream = Stream { inner, read_only: true };
                    Ok(vm.alloc(&STREAM, Body::Native(Box::new(stream))))
                }),
            method!("Закрыть" "Close" ("") false close),
            method!("ЗакрытьАсинх" "CloseAsync" ("") true close),
            $($extra)?
        ]
    };
}

const PROPS: &[PropDef] = &[
    prop!("ДоступноЧтение" "CanRead" |_, this| {
        native_of::<Stream>(this, 1)?;
        Ok(true.into())
    }),
    prop!("ДоступнаЗапись" "CanWrite" |_, this| {
        let stream = native_of::<Stream>(this, 1)?;
        let writable = match &stream.inner.borrow().source {
            Source::Shared(_) => false,
            Source::Own(_) => true,
            Source::Buffer(buffer) => !buffer.read_only(),
        };
        Ok((writable && !stream.read_only).into())
    }),
    prop!("ДоступноИзменениеПозиции" "CanSeek" |_, this| {
        native_of::<Stream>(this, 1)?;
        Ok(true.into())
    }),
];

static READ_METHODS: [MethodDef; MEMBERS] = members!();

static MEMORY_METHODS: [MethodDef; MEMBERS + 1] = members! {
    method!("ЗакрытьИПолучитьДвоичныеДанные" "CloseAndGetBinaryData" ("") true |vm, this, _| {
        let bytes = content(vm, this, 1)?;
        let inner = inner_of(this, 1)?;
        let mut inner = inner.borrow_mut();
        // The bytes are the value's now; a request may still read them from the stream.
        inner.source = Source::Shared(Rc::clone(&bytes));
        inner.closed = true;
        Ok(share(vm, bytes))
    })
};

/// Поток: to be read.
pub static STREAM: TypeDef = TypeDef {
    ru: "Поток",
    en: "Stream",
    new: None,
    methods: &READ_METHODS,
    props: PROPS,
};

/// ПотокВПамяти: to be written and read.
pub static MEMORY_STREAM: TypeDef = TypeDef {
    ru: "ПотокВПамяти",
    en: "MemoryStream",
    new: Some(Constructor {
        params: "БуферИлиНачальнаяЕмкость?",
        call: |vm, args| match &args[0] {
            Value::Missing | Value::Undefined => Ok(writing(vm)),
            value if value.as_number().is_some() => {
                // The capacity is advice; the stream grows as it is written.
                whole_of(vm, value, 1)?;
                Ok(writing(vm))
            }
            value => {
                let buffer = buffer_of(value, 1)?;
                Ok(stream(vm, &MEMORY_STREAM, Source::Buffer(buffer)))
            }
        },
    }),
    methods: &MEMORY_METHODS,
    props: PROPS,
};

/// Streams.
pub static AREA: Area = Area {
    title: "Потоки",
    functions: &[],
    types: &[&STREAM, &MEMORY_STREAM],
    enums: &[&STREAM_POSITION],
};

fn stream(vm: &Vm<'_>, ty: &'static TypeDef, source: Source) -> Value {
    let inner = Rc::new(RefCell::new(Inner {
        source,
        position: 0,
        closed: false,
    }));
    let stream = Stream {
        inner,
        read_only: false,
    };
    vm.alloc(ty, Body::Native(Box::new(stream)))
}

/// A stream that reads the bytes.
pub fn reading(vm: &Vm<'_>, bytes: Rc<[u8]>) -> Value {
    stream(vm, &STREAM, Source::Shared(bytes))
}

/// An empty stream to write to.
pub fn writing(vm: &Vm<'_>) -> Value {
    stream(vm, &MEMORY_STREAM, Source::Own(Block::new(Vec::new())))
}

/// Whether the value is a stream.
pub(super) fn is_stream(value: &Value) -> bool {
    native_of::<Stream>(value, 1).is_ok()
}

fn inner_of(value: &Value, number: u8) -> Result<Rc<RefCell<Inner>>, Fault> {
    Ok(Rc::clone(&native_of::<Stream>(value, number)?.inner))
}

fn check_open(vm: &Vm<'_>, inner: &Inner) -> Result<(), Fault> {
    if inner.closed {
        return Err(said(vm, "Поток закрыт", "The stream is closed"));
    }
    Ok(())
}

/// The place of a stream, also of a closed one.
pub(super) fn position(value: &Value, number: u8) -> Result<usize, Fault> {
    Ok(native_of::<Stream>(value, number)?.inner.borrow().position)
}

/// Moves the place of a stream; past the end is allowed, writing there pads with zeros.
pub(super) fn set_position(value: &Value, number: u8, place: usize) -> Result<(), Fault> {
    native_of::<Stream>(value, number)?
        .inner
        .borrow_mut()
        .position = place;
    Ok(())
}

/// How many bytes a stream has.
pub(super) fn length(vm: &Vm<'_>, value: &Value, number: u8) -> Result<usize, Fault> {
    let inner = inner_of(value, number)?;
    let inner = inner.borrow();
    check_open(vm, &inner)?;
    Ok(inner.len())
}

/// All bytes of a stream, wherever its place is.
pub fn content(vm: &mut Vm<'_>, value: &Value, number: u8) -> Result<Rc<[u8]>, Fault> {
    copy(vm, value, number, 0, usize::MAX)
}

/// The bytes from the place of the stream on; the place moves to the end.
pub fn rest(vm: &mut Vm<'_>, value: &Value, number: u8) -> Result<Rc<[u8]>, Fault> {
    take(vm, value, number, usize::MAX)
}

/// At most that many bytes from the place of the stream on; the place moves behind them.
pub(super) fn take(
    vm: &mut Vm<'_>,
    value: &Value,
    number: u8,
    count: usize,
) -> Result<Rc<[u8]>, Fault> {
    let place = position(value, number)?;
    let bytes = copy(vm, value, number, place, count)?;
    set_position(value, number, place + bytes.len())?;
    Ok(bytes)
}

/// At most that many bytes from a place on, which may lie past the end.
fn copy(
    vm: &mut Vm<'_>,
    value: &Value,
    number: u8,
    from: usize,
    count: usize,
) -> Result<Rc<[u8]>, Fault> {
    let inner = inner_of(value, number)?;
    let inner = inner.borrow();
    check_open(vm, &inner)?;
    let len = inner.len();
    if let Source::Shared(bytes) = &inner.source
        && from == 0
        && count >= len
    {
        return Ok(Rc::clone(bytes));
    }
    let start = from.min(len);
    let end = start + count.min(len - start);
    vm.charge_work(end - start)?;
    vm.reserve(end - start)?;
    Ok(inner.with(|bytes| bytes[start..end].into()))
}

/// Calls with the bytes from the place of a stream on; the place does not move.
pub(super) fn peek<R>(
    vm: &Vm<'_>,
    value: &Value,
    number: u8,
    then: impl FnOnce(&[u8]) -> R,
) -> Result<R, Fault> {
    let inner = inner_of(value, number)?;
    let inner = inner.borrow();
    check_open(vm, &inner)?;
    Ok(inner.with(|bytes| then(bytes.get(inner.position..).unwrap_or_default())))
}

/// All bytes that were written, also after Закрыть: the body of a request.
pub(super) fn final_content(vm: &mut Vm<'_>, value: &Value) -> Result<Rc<[u8]>, Fault> {
    let inner = inner_of(value, 1)?;
    let closed = std::mem::replace(&mut inner.borrow_mut().closed, false);
    let bytes = content(vm, value, 1);
    inner.borrow_mut().closed = closed;
    bytes
}

fn not_writable(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Попытка записи в поток не поддерживающий запись",
        "The stream does not support writing",
    )
}

/// Writes at the place of the stream.
pub fn write(vm: &mut Vm<'_>, value: &Value, number: u8, bytes: &[u8]) -> Result<(), Fault> {
    let read_only = native_of::<Stream>(value, number)?.read_only;
    let inner = inner_of(value, number)?;
    let mut inner = inner.borrow_mut();
    check_open(vm, &inner)?;
    if read_only {
        return Err(not_writable(vm));
    }
    let position = inner.position;
    let end = position.saturating_add(bytes.len());
    vm.charge_work(bytes.len())?;
    match &inner.source {
        Source::Shared(_) => return Err(not_writable(vm)),
        Source::Buffer(buffer) if buffer.read_only() => return Err(not_writable(vm)),
        Source::Buffer(buffer) if bytes.is_empty() || end <= buffer.len() => {
            buffer.with_mut(|own| {
                if let Some(own) = own.get_mut(position..end) {
                    own.copy_from_slice(bytes);
                }
            });
        }
        Source::Buffer(_) => return Err(overflow(vm)),
        // Nothing is no reason to pad up to the place.
        Source::Own(_) if bytes.is_empty() => {}
        Source::Own(block) => {
            let mut own = block.bytes_mut();
            if end > own.len() {
                // A vector may double.
                vm.reserve(end.saturating_mul(2).saturating_sub(own.capacity()))?;
                vm.charge_work(end - own.len())?;
                own.resize(end, 0);
            }
            own[position..end].copy_from_slice(bytes);
            drop(own);
            block.recount();
        }
    }
    inner.position = end;
    vm.reserve(0)
}

fn size(vm: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    Ok(length(vm, this, 1)?.into())
}

fn flush(vm: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    length(vm, this, 1)?;
    Ok(Value::Undefined)
}

fn close(_: &mut Vm<'_>, this: &Value, _: &mut [Value]) -> Result<Value, Fault> {
    inner_of(this, 1)?.borrow_mut().closed = true;
    Ok(Value::Undefined)
}

fn seek(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let offset = number_of(&args[0], 1)?;
    let offset = offset.to_i128().ok_or_else(|| bad_value(vm, 1))?;
    let from = choice(&args[1], &STREAM_POSITION, 2)?.unwrap_or(0);
    let len = length(vm, this, 1)?;
    let start = match from {
        0 => 0,
        1 => position(this, 1)?,
        _ => len,
    };
    // Before the beginning is the beginning, as 1C takes it.
    let place = (start as i128).saturating_add(offset).max(0);
    let place = usize::try_from(place).map_err(|_| bad_value(vm, 1))?;
    set_position(this, 1, place)?;
    Ok(place.into())
}

/// The part of a buffer that two parameters name.
fn window(vm: &Vm<'_>, buffer: &Buffer, args: &[Value]) -> Result<std::ops::Range<usize>, Fault> {
    let place = place_of(vm, &args[1], 2)?;
    let count = usize::try_from(whole_of(vm, &args[2], 3)?).map_err(|_| bad_value(vm, 3))?;
    if place > buffer.len() || count > buffer.len() - place {
        return Err(overflow(vm));
    }
    Ok(place..place + count)
}

fn read(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let buffer = buffer_of(&args[0], 1)?;
    let window = window(vm, &buffer, args)?;
    if buffer.read_only() {
        return Err(read_only(vm));
    }
    // The stream may lie over the same buffer.
    let bytes = take(vm, this, 1, window.len())?;
    buffer.with_mut(|own| own[window.start..window.start + bytes.len()].copy_from_slice(&bytes));
    Ok(bytes.len().into())
}

fn write_part(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let buffer = buffer_of(&args[0], 1)?;
    let window = window(vm, &buffer, args)?;
    vm.reserve(window.len())?;
    let bytes = buffer.with(|own| own[window].to_vec());
    write(vm, this, 1, &bytes)?;
    Ok(Value::Undefined)
}

fn copy_to(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    native_of::<Stream>(&args[0], 1)?;
    let count = count_of(vm, &args[1], 2)?.unwrap_or(u64::MAX);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let bytes = take(vm, this, 1, count)?;
    write(vm, &args[0], 1, &bytes)?;
    Ok(bytes.len().into())
}

fn set_size(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let size = usize::try_from(whole_of(vm, &args[0], 1)?).map_err(|_| bad_value(vm, 1))?;
    let read_only = native_of::<Stream>(this, 1)?.read_only;
    let inner = inner_of(this, 1)?;
    let mut inner = inner.borrow_mut();
    check_open(vm, &inner)?;
    match &inner.source {
        Source::Own(block) if !read_only => {
            let grown = size.saturating_sub(block.bytes().len());
            vm.reserve(grown)?;
            vm.charge_work(grown)?;
            let mut bytes = block.bytes_mut();
            bytes.resize(size, 0);
            bytes.shrink_to_fit();
            drop(bytes);
            block.recount();
        }
        Source::Buffer(buffer) if !read_only && buffer.len() == size => {}
        Source::Buffer(_) if !read_only => return Err(overflow(vm)),
        _ => return Err(not_writable(vm)),
    }
    inner.position = inner.position.min(size);
    Ok(Value::Undefined)
}
