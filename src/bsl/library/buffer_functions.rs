//! Functions between БуферДвоичныхДанных, ДвоичныеДанные and texts.

use super::buffer::{Buffer, ByteOrder, buffer, buffer_in, buffer_of};
use super::bytes::{
    ascii, base64_text, binary, bytes_of, bytes_of_string, charset, decode_string, decoded,
    hex_text,
};
use super::define::{function, is_left_out, string_of};
use super::registry::Area;
use crate::kernel::encode::{decode_base64, decode_hex};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// Functions of buffers.
pub static AREA: Area = Area {
    title: "Преобразование буферов двоичных данных",
    functions: &[
        function!("ПолучитьБуферДвоичныхДанныхИзСтроки" "GetBinaryDataBufferFromString"
        ("Строка, Кодировка?, ДобавитьBOM?") true |vm, args| {
            let bytes = bytes_of_string(vm, args)?;
            Ok(buffer(vm, bytes))
        }),
        function!("ПолучитьСтрокуИзБуфераДвоичныхДанных" "GetStringFromBinaryDataBuffer"
        ("Буфер, Кодировка?") true |vm, args| {
            let own = buffer_of(&args[0], 1)?;
            let charset = charset(vm, &args[1], 2)?.unwrap_or_default();
            let bytes = own.to_vec(vm)?;
            decode_string(vm, &bytes, charset)
        }),
        function!("ПолучитьБуферДвоичныхДанныхИзДвоичныхДанных" "GetBinaryDataBufferFromBinaryData"
        ("ДвоичныеДанные") true |vm, args| {
            let bytes = bytes_of(&args[0], 1)?;
            vm.charge_work(bytes.len())?;
            vm.reserve(bytes.len())?;
            Ok(buffer(vm, bytes.to_vec()))
        }),
        function!("ПолучитьДвоичныеДанныеИзБуфераДвоичныхДанных" "GetBinaryDataFromBinaryDataBuffer"
        ("Буфер") true |vm, args| {
            let bytes = taken(vm, args)?;
            binary(vm, bytes)
        }),
        function!("ПолучитьБуферДвоичныхДанныхИзBase64Строки" "GetBinaryDataBufferFromBase64String"
        ("Строка") true |vm, args| {
            let text = string_of(&args[0], 1)?;
            let bytes = decoded(vm, &text, decode_base64, "Base64")?;
            Ok(buffer(vm, bytes))
        }),
        function!("ПолучитьBase64СтрокуИзБуфераДвоичныхДанных" "GetBase64StringFromBinaryDataBuffer"
        ("Буфер") true |vm, args| {
            let bytes = taken(vm, args)?;
            Ok(base64_text(vm, &bytes)?.into())
        }),
        function!("ПолучитьБуферДвоичныхДанныхИзBase64БуфераДвоичныхДанных"
        "GetBinaryDataBufferFromBase64BinaryDataBuffer" ("Буфер") true |vm, args| {
            let bytes = taken(vm, args)?;
            let text = ascii(vm, &bytes)?;
            let bytes = decoded(vm, &text, decode_base64, "Base64")?;
            Ok(buffer(vm, bytes))
        }),
        function!("ПолучитьBase64БуферДвоичныхДанныхИзБуфераДвоичныхДанных"
        "GetBase64BinaryDataBufferFromBinaryDataBuffer" ("Буфер") true |vm, args| {
            let bytes = taken(vm, args)?;
            let text = base64_text(vm, &bytes)?;
            Ok(buffer(vm, text.into_bytes()))
        }),
        function!("ПолучитьБуферДвоичныхДанныхИзHexСтроки" "GetBinaryDataBufferFromHexString"
        ("Строка") true |vm, args| {
            let text = string_of(&args[0], 1)?;
            let bytes = decoded(vm, &text, decode_hex, "Hex")?;
            Ok(buffer(vm, bytes))
        }),
        function!("ПолучитьHexСтрокуИзБуфераДвоичныхДанных" "GetHexStringFromBinaryDataBuffer"
        ("Буфер") true |vm, args| {
            let bytes = taken(vm, args)?;
            Ok(hex_text(vm, &bytes)?.into())
        }),
        function!("ПолучитьБуферДвоичныхДанныхИзHexБуфераДвоичныхДанных"
        "GetBinaryDataBufferFromHexBinaryDataBuffer" ("Буфер") true |vm, args| {
            let bytes = taken(vm, args)?;
            let text = ascii(vm, &bytes)?;
            let bytes = decoded(vm, &text, decode_hex, "Hex")?;
            Ok(buffer(vm, bytes))
        }),
        function!("ПолучитьHexБуферДвоичныхДанныхИзБуфераДвоичныхДанных"
        "GetHexBinaryDataBufferFromBinaryDataBuffer" ("Буфер") true |vm, args| {
            let bytes = taken(vm, args)?;
            let text = hex_text(vm, &bytes)?;
            Ok(buffer(vm, text.into_bytes()))
        }),
        function!("СоединитьБуферыДвоичныхДанных" "ConcatBinaryDataBuffers"
            ("Части, Разделитель?, ПорядокБайтов?") true concat),
    ],
    types: &[],
    enums: &[],
};

/// The bytes of the first parameter, a buffer.
fn taken(vm: &mut Vm<'_>, args: &[Value]) -> Result<Vec<u8>, Fault> {
    buffer_of(&args[0], 1)?.to_vec(vm)
}

fn concat(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let parts = vm.items(&args[0]).map_err(|_| Fault::param(1))?;
    let separator = if is_left_out(&args[1]) {
        Vec::new()
    } else {
        buffer_of(&args[1], 2)?.to_vec(vm)?
    };
    vm.reserve(parts.len().saturating_mul(size_of::<Buffer>()))?;
    let mut buffers: Vec<Buffer> = Vec::with_capacity(parts.len());
    let mut total = separator.len().saturating_mul(parts.len());
    for part in &parts {
        vm.charge(1)?;
        let part = buffer_of(part, 1)?;
        total = total.saturating_add(part.len());
        buffers.push(part);
    }
    // Without an order the parts decide, when they agree.
    let order = match ByteOrder::of(&args[2], 3)? {
        Some(order) => order,
        None => match buffers.split_first() {
            Some((first, rest)) if rest.iter().all(|part| part.order() == first.order()) => {
                first.order()
            }
            _ => ByteOrder::default(),
        },
    };
    vm.charge_work(total)?;
    vm.reserve(total)?;
    let mut bytes = Vec::with_capacity(total);
    for (at, part) in buffers.iter().enumerate() {
        if at > 0 {
            bytes.extend_from_slice(&separator);
        }
        part.with(|part| bytes.extend_from_slice(part));
    }
    Ok(buffer_in(vm, bytes, order))
}
