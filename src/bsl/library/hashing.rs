//! ХешированиеДанных: MD5, SHA-1, SHA-2 and CRC32 over what is added, piece by piece. HMAC is what
//! algorithms make of it themselves.

use super::args::count_of;
use super::bytes::{binary, bytes_of};
use super::define::{
    choice, enumeration, method, native, native_of, native_of_mut, no_files, prop,
};
use super::registry::{Area, Constructor, TypeDef};
use super::stream;
use crate::value::Value;
use crate::value::heap::Body;
use crate::vm::Vm;
use crate::vm::error::Fault;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

enumeration! {
    /// ХешФункция.
    HASH_FUNCTION "ХешФункция" "HashFunction" [
        "MD5" "MD5",
        "SHA1" "SHA1",
        "SHA256" "SHA256",
        "SHA512" "SHA512",
        "CRC32" "CRC32",
    ]
}

/// Bytes that are hashed between two looks at the clock.
const STEP: usize = 1 << 20;

enum State {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
    Crc32(crc32fast::Hasher),
}

impl State {
    fn new(function: u16) -> State {
        match function {
            0 => State::Md5(Md5::new()),
            1 => State::Sha1(Sha1::new()),
            2 => State::Sha256(Sha256::new()),
            3 => State::Sha512(Sha512::new()),
            _ => State::Crc32(crc32fast::Hasher::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            State::Md5(state) => state.update(bytes),
            State::Sha1(state) => state.update(bytes),
            State::Sha256(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
            State::Crc32(state) => state.update(bytes),
        }
    }
}

struct Hashing {
    function: u16,
    state: State,
}

native!(Hashing, |_| 0);

/// ХешированиеДанных.
pub static HASHING: TypeDef = TypeDef {
    ru: "ХешированиеДанных",
    en: "DataHashing",
    new: Some(Constructor {
        params: "ХешФункция",
        call: |vm, args| {
            let function = choice(&args[0], &HASH_FUNCTION, 1)?.ok_or_else(|| Fault::param(1))?;
            let hashing = Hashing {
                function,
                state: State::new(function),
            };
            Ok(vm.alloc(&HASHING, Body::Native(Box::new(hashing))))
        },
    }),
    methods: &[
        method!("Добавить" "Append" ("Данные, Количество?") false append),
        method!("ДобавитьФайл" "AppendFile" ("ИмяФайла") false |vm, _, _| Err(no_files(vm))),
        method!("Очистить" "Clear" ("") false |_, this, _| {
            let mut hashing = native_of_mut::<Hashing>(this, 1)?;
            hashing.state = State::new(hashing.function);
            Ok(Value::Undefined)
        }),
    ],
    props: &[
        prop!("ХешСумма" "HashSum" hash_sum),
        prop!("ХешФункция" "HashFunction" |_, this| {
            Ok(Value::Enum(native_of::<Hashing>(this, 1)?.function, &HASH_FUNCTION))
        }),
    ],
};

/// Hashes.
pub static AREA: Area = Area {
    title: "Хеширование данных",
    functions: &[],
    types: &[&HASHING],
    enums: &[&HASH_FUNCTION],
};

fn append(vm: &mut Vm<'_>, this: &Value, args: &mut [Value]) -> Result<Value, Fault> {
    if let Some(units) = args[0].as_units() {
        vm.charge_work(units.len())?;
        vm.reserve(units.len().saturating_mul(3))?;
        let text = String::from_utf16_lossy(units);
        feed(vm, this, text.as_bytes())?;
        return Ok(Value::Undefined);
    }
    if stream::is_stream(&args[0]) {
        let count = count_of(vm, &args[1], 2)?.unwrap_or(u64::MAX);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let bytes = stream::take(vm, &args[0], 1, count)?;
        feed(vm, this, &bytes)?;
        return Ok(Value::Undefined);
    }
    let bytes = bytes_of(&args[0], 1)?;
    feed(vm, this, &bytes)?;
    Ok(Value::Undefined)
}

fn feed(vm: &mut Vm<'_>, this: &Value, bytes: &[u8]) -> Result<(), Fault> {
    for step in bytes.chunks(STEP) {
        vm.charge_work(step.len())?;
        native_of_mut::<Hashing>(this, 1)?.state.update(step);
    }
    Ok(())
}

/// What was added so far; more may be added afterwards.
fn hash_sum(vm: &mut Vm<'_>, this: &Value) -> Result<Value, Fault> {
    let bytes = match &native_of::<Hashing>(this, 1)?.state {
        State::Md5(state) => state.clone().finalize().to_vec(),
        State::Sha1(state) => state.clone().finalize().to_vec(),
        State::Sha256(state) => state.clone().finalize().to_vec(),
        State::Sha512(state) => state.clone().finalize().to_vec(),
        State::Crc32(state) => return Ok(Value::Int(i64::from(state.clone().finalize()))),
    };
    binary(vm, bytes)
}
