//! Поток and ПотокВПамяти: bytes with a place in them. Files and sockets never stand behind a stream
//! of a program.

use super::bytes::share;
use super::define::{
    choice, enumeration, method, native, native_of, native_of_mut, prop, recount, said,
};
use super::registry::{Area, Constructor, MethodDef, PropDef, TypeDef};
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;
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
enum Buffer {
    /// Bytes of ДвоичныеДанные or of an answer, to read.
    Shared(Rc<[u8]>),
    /// Bytes that the program writes.
    Own(Vec<u8>),
    /// Закрыть was called; what a request's body was made of stays readable for the request.
    Closed(Rc<[u8]>),
}

/// The insides of a stream.
pub struct Stream {
    buffer: Buffer,
    position: usize,
}

native!(Stream, |this| match &this.buffer {
    Buffer::Shared(bytes) => bytes.len(),
    Buffer::Own(bytes) => bytes.capacity(),
    Buffer::Closed(bytes) => bytes.len(),
});

impl Stream {
    fn bytes(&self) -> Option<&[u8]> {
        match &self.buffer {
            Buffer::Shared(bytes) => Some(bytes),
            Buffer::Own(bytes) => Some(bytes),
            Buffer::Closed(_) => None,
        }
    }
}

const MEMBERS: usize = 7;

const METHODS: [MethodDef; MEMBERS] = [
    method!("Размер" "Size" ("") true |vm, this, _| {
        let length = native_of::<Stream>(this, 1)?.bytes().map(<[u8]>::len);
        length.map(Value::from).ok_or_else(|| closed(vm))
    }),
    method!("ТекущаяПозиция" "CurrentPosition" ("") true |vm, this, _| {
        let stream = native_of::<Stream>(this, 1)?;
        if stream.bytes().is_none() {
            return Err(closed(vm));
        }
        Ok(stream.position.into())
    }),
    method!("Перейти" "Seek" ("Смещение, НачальнаяПозиция?") true seek),
    method!("СброситьБуферы" "Flush" ("") false |_, _, _| Ok(Value::Undefined)),
    method!("КопироватьВ" "CopyTo" ("Поток, РазмерБуфера?") false copy_to),
    method!("Закрыть" "Close" ("") false |vm, this, _| {
        close(this)?;
        recount(vm, this)?;
        Ok(Value::Undefined)
    }),
    method!("ПолучитьПотокТолькоДляЧтения" "GetReadonlyStream" ("") true |vm, this, _| {
        let bytes = content(vm, this, 1)?;
        Ok(reading(vm, bytes))
    }),
];

const PROPS: &[PropDef] = &[
    prop!("ДоступноЧтение" "CanRead" |_, this| {
        Ok(native_of::<Stream>(this, 1)?.bytes().is_some().into())
    }),
    prop!("ДоступнаЗапись" "CanWrite" |_, this| {
        Ok(matches!(native_of::<Stream>(this, 1)?.buffer, Buffer::Own(_)).into())
    }),
    prop!("ДоступноИзменениеПозиции" "CanSeek" |_, this| {
        Ok(native_of::<Stream>(this, 1)?.bytes().is_some().into())
    }),
];

static READ_METHODS: [MethodDef; MEMBERS] = METHODS;

static MEMORY_METHODS: [MethodDef; MEMBERS + 2] = {
    let [size, place, jump, flush, copy_all, shut, read_only] = METHODS;
    [
        size,
        place,
        jump,
        flush,
        copy_all,
        shut,
        read_only,
        method!("УстановитьРазмер" "SetSize" ("Размер") false set_size),
        method!("ЗакрытьИПолучитьДвоичныеДанные" "CloseAndGetBinaryData" ("") true |vm, this, _| {
            let bytes = content(vm, this, 1)?;
            close(this)?;
            recount(vm, this)?;
            Ok(share(vm, bytes))
        }),
    ]
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
        params: "НачальнаяЕмкость?",
        call: |vm, args| {
            // The capacity is advice; the stream grows as it is written.
            if !args[0].is_missing() {
                vm.to_number(&args[0]).map_err(|_| Fault::param(1))?;
            }
            Ok(writing(vm))
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

/// A stream that reads the bytes.
pub fn reading(vm: &Vm<'_>, bytes: Rc<[u8]>) -> Value {
    let stream = Stream {
        buffer: Buffer::Shared(bytes),
        position: 0,
    };
    vm.alloc(&STREAM, Body::Native(Box::new(stream)))
}

/// An empty stream to write to.
pub fn writing(vm: &Vm<'_>) -> Value {
    let stream = Stream {
        buffer: Buffer::Own(Vec::new()),
        position: 0,
    };
    vm.alloc(&MEMORY_STREAM, Body::Native(Box::new(stream)))
}

/// All bytes of a stream, wherever its place is.
pub fn content(vm: &mut Vm<'_>, value: &Value, number: u8) -> Result<Rc<[u8]>, Fault> {
    copy(vm, value, number, 0)
}

/// The bytes from the place of the stream on; the place moves to the end.
pub fn rest(vm: &mut Vm<'_>, value: &Value, number: u8) -> Result<Rc<[u8]>, Fault> {
    let position = native_of::<Stream>(value, number)?.position;
    let bytes = copy(vm, value, number, position)?;
    native_of_mut::<Stream>(value, number)?.position = position + bytes.len();
    Ok(bytes)
}

fn copy(vm: &mut Vm<'_>, value: &Value, number: u8, from: usize) -> Result<Rc<[u8]>, Fault> {
    let stream = native_of::<Stream>(value, number)?;
    match &stream.buffer {
        Buffer::Closed(_) => Err(closed(vm)),
        Buffer::Shared(bytes) if from == 0 => Ok(Rc::clone(bytes)),
        Buffer::Shared(_) | Buffer::Own(_) => {
            let bytes = stream.bytes().and_then(|bytes| bytes.get(from..));
            let bytes = bytes.unwrap_or_default();
            vm.charge_work(bytes.len())?;
            vm.reserve(bytes.len())?;
            Ok(bytes.into())
        }
    }
}

/// Writes at the place of the stream.
pub fn write(vm: &mut Vm<'_>, value: &Value, number: u8, bytes: &[u8]) -> Result<(), Fault> {
    {
        let mut stream = native_of_mut::<Stream>(value, number)?;
        let position = stream.position;
        match &mut stream.buffer {
            Buffer::Closed(_) => return Err(closed(vm)),
            Buffer::Shared(_) => {
                return Err(said(
                    vm,
                    "Поток открыт только для чтения",
                    "The stream is read only",
                ));
            }
            Buffer::Own(own) => {
                let end = position.saturating_add(bytes.len());
                vm.charge_work(bytes.len())?;
                // A vector may double.
                vm.reserve(end.saturating_mul(2).saturating_sub(own.capacity()))?;
                if own.len() < end {
                    own.resize(end, 0);
                }
                own[position..end].copy_from_slice(bytes);
                stream.position = end;
            }
        }
    }
    recount(vm, value)
}

fn closed(vm: &Vm<'_>) -> Fault {
    said(vm, "Поток закрыт", "The stream is closed")
}

fn close(this: &Value) -> Result<(), Fault> {
    let mut stream = native_of_mut::<Stream>(this, 1)?;
    stream.buffer = match std::mem::replace(&mut stream.buffer, Buffer::Closed(Rc::from([]))) {
        Buffer::Own(bytes) => Buffer::Closed(bytes.into()),
        Buffer::Shared(bytes) | Buffer::Closed(bytes) => Buffer::Closed(bytes),
    };
    Ok(())
}

/// All bytes that were written, also after Закрыть: the body of a request.
pub(super) fn final_content(vm: &mut Vm<'_>, value: &Value) -> Result<Rc<[u8]>, Fault> {
    if let Buffer::Closed(bytes) = &native_of::<Stream>(value, 1)?.buffer {
        return Ok(Rc::clone(bytes));
    }
    content(vm, value, 1)
}

fn seek(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let offset = vm.to_int(&args[0])?;
    let from = choice(&args[1], &STREAM_POSITION, 2)?.unwrap_or(0);
    let mut stream = native_of_mut::<Stream>(this, 1)?;
    let length = stream.bytes().map(<[u8]>::len);
    let length = length.ok_or_else(|| closed(vm))?;
    let start = match from {
        0 => 0,
        1 => stream.position,
        _ => length,
    };
    let place = i64::try_from(start)
        .unwrap_or(i64::MAX)
        .saturating_add(offset);
    // A place past the end is allowed: writing there pads with zeros.
    let place = usize::try_from(place).map_err(|_| Fault::param(1))?;
    stream.position = place;
    Ok(place.into())
}

fn copy_to(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    native_of::<Stream>(&args[0], 1)?;
    let bytes = rest(vm, this, 1)?;
    write(vm, &args[0], 1, &bytes)?;
    Ok(Value::Undefined)
}

fn set_size(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    let size = usize::try_from(vm.to_int(&args[0])?).map_err(|_| Fault::param(1))?;
    vm.reserve(size)?;
    {
        let mut stream = native_of_mut::<Stream>(this, 1)?;
        match &mut stream.buffer {
            Buffer::Own(bytes) => bytes.resize(size, 0),
            _ => return Err(closed(vm)),
        }
        stream.position = stream.position.min(size);
    }
    recount(vm, this)?;
    Ok(Value::Undefined)
}
