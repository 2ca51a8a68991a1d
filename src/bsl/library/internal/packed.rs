//! ХранилищеЗначения as bytes, in 1C's own layout: a header, the length, a byte order mark and the
//! value as internal text in UTF-8; a compressed one has its own mark before the deflated rest.

use super::{read, write};
use crate::library::define::said;
use crate::library::storage;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;
use flate2::{Compression, read::DeflateDecoder, read::DeflateEncoder};
use std::io::Read;

const PLAIN: [u8; 2] = [1, 1];
const DEFLATED: [u8; 18] = [
    2, 1, 0x53, 0x4b, 0x6f, 0xf4, 0x88, 0x8d, 0xc1, 0x4e, 0xa0, 0xd5, 0xeb, 0xb6, 0xbd, 0xa0, 0xa7,
    0x0d,
];
const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Bytes inflated between questions whether there is room.
const PART: usize = 64 * 1024;

/// The bytes of a storage.
pub fn pack(vm: &mut Vm<'_>, storage: &Value) -> Result<Vec<u8>, Fault> {
    let (value, level) = storage::parts(storage)?;
    let text = write::text(vm, &value, "\r\n")?;
    vm.reserve(text.len().saturating_mul(3))?;
    let length = (text.len() + MARK.len()) as u64;
    let mut body = Vec::with_capacity(text.len() + 11);
    body.extend_from_slice(&length.to_le_bytes());
    body.extend_from_slice(&MARK);
    body.extend_from_slice(text.as_bytes());
    drop(text);
    let Some(level) = level else {
        return Ok([&PLAIN, body.as_slice()].concat());
    };
    vm.charge_work(body.len().saturating_mul(16))?;
    let level = u32::try_from(level).map_or_else(|_| Compression::default(), Compression::new);
    let mut packed = DEFLATED.to_vec();
    DeflateEncoder::new(body.as_slice(), level)
        .read_to_end(&mut packed)
        .map_err(|_| broken(vm))?;
    Ok(packed)
}

/// The storage of bytes.
pub fn unpack(vm: &mut Vm<'_>, bytes: &[u8]) -> Result<Value, Fault> {
    let (body, is_compressed) = if let Some(packed) = bytes.strip_prefix(&DEFLATED) {
        (inflated(vm, packed)?, true)
    } else if let Some(plain) = bytes.strip_prefix(&PLAIN) {
        vm.reserve(plain.len())?;
        (plain.to_vec(), false)
    } else {
        return Err(broken(vm));
    };
    let text = body.get(8..).and_then(|text| {
        let length: [u8; 8] = body.get(..8)?.try_into().ok()?;
        let length = usize::try_from(u64::from_le_bytes(length)).ok()?;
        let text = text.get(..length)?;
        std::str::from_utf8(text.strip_prefix(&MARK).unwrap_or(text)).ok()
    });
    let value = match text {
        Some(text) => read::value(vm, text)?,
        None => return Err(broken(vm)),
    };
    Ok(storage::restored(vm, value, is_compressed))
}

fn inflated(vm: &mut Vm<'_>, packed: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut decoder = DeflateDecoder::new(packed);
    let mut body = Vec::new();
    loop {
        // A vector doubles when it grows.
        vm.reserve(body.len() * 2 + PART)?;
        let before = body.len();
        let part = (&mut decoder).take(PART as u64).read_to_end(&mut body);
        vm.charge_work(body.len() - before)?;
        match part {
            Ok(0) => return Ok(body),
            Ok(_) => {}
            Err(_) => return Err(broken(vm)),
        }
    }
}

fn broken(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Данные хранилища значения повреждены",
        "The data of the value storage are broken",
    )
}
