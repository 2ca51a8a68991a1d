//! Operations on the bits of whole numbers from 0 to 4294967295, and numbers written in hexadecimal
//! and binary.

use super::define::{function, string_of};
use super::registry::Area;
use crate::kernel::number::Number;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};

/// Bits.
pub static AREA: Area = Area {
    title: "Побитовые операции",
    functions: &[
        function!("ПобитовоеИ" "BitwiseAnd" ("Число1, Число2") true |vm, args| {
            two(vm, args, |a, b| a & b)
        }),
        function!("ПобитовоеИли" "BitwiseOr" ("Число1, Число2") true |vm, args| {
            two(vm, args, |a, b| a | b)
        }),
        function!("ПобитовоеИсключительноеИли" "BitwiseXor" ("Число1, Число2") true |vm, args| {
            two(vm, args, |a, b| a ^ b)
        }),
        function!("ПобитовоеИНе" "BitwiseAndNot" ("Число1, Число2") true |vm, args| {
            two(vm, args, |a, b| a & !b)
        }),
        function!("ПобитовоеНе" "BitwiseNot" ("Число") true |vm, args| {
            Ok(Value::Int(i64::from(!word(vm, args, 0)?)))
        }),
        function!("ПобитовыйСдвигВлево" "BitwiseShiftLeft" ("Число, Смещение") true |vm, args| {
            let bits = shift(vm, args)?;
            let word = word(vm, args, 0)?;
            Ok(Value::Int(i64::from(word.checked_shl(bits).unwrap_or(0))))
        }),
        function!("ПобитовыйСдвигВправо" "BitwiseShiftRight" ("Число, Смещение") true |vm, args| {
            let bits = shift(vm, args)?;
            let word = word(vm, args, 0)?;
            Ok(Value::Int(i64::from(word.checked_shr(bits).unwrap_or(0))))
        }),
        function!("ПроверитьБит" "CheckBit" ("Число, НомерБита") true |vm, args| {
            let bit = bit(vm, args)?;
            Ok((word(vm, args, 0)? >> bit & 1 == 1).into())
        }),
        function!("УстановитьБит" "SetBit" ("Число, НомерБита, Значение") true |vm, args| {
            let bit = bit(vm, args)?;
            let word = word(vm, args, 0)?;
            let on = vm.to_bool(&args[2])?;
            let mask = 1u32 << bit;
            Ok(Value::Int(i64::from(if on { word | mask } else { word & !mask })))
        }),
        function!("ПроверитьПоБитовойМаске" "CheckByBitMask" ("Число, Маска") true |vm, args| {
            let (number, mask) = (word(vm, args, 0)?, word(vm, args, 1)?);
            Ok((number & mask == mask).into())
        }),
        function!("ЧислоИзШестнадцатеричнойСтроки" "NumberFromHexString" ("Строка") true |_, args| {
            parse(&args[0], "0x", 16)
        }),
        function!("ЧислоИзДвоичнойСтроки" "NumberFromBinaryString" ("Строка") true |_, args| {
            parse(&args[0], "0b", 2)
        }),
    ],
    types: &[],
    enums: &[],
};

fn word(vm: &Vm<'_>, args: &[Value], at: usize) -> Result<u32, Fault> {
    let number = vm.to_number(&args[at])?;
    number
        .to_i64()
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| Fault::param(at as u8 + 1))
}

fn two(vm: &Vm<'_>, args: &[Value], then: fn(u32, u32) -> u32) -> Result<Value, Fault> {
    let (a, b) = (word(vm, args, 0)?, word(vm, args, 1)?);
    Ok(Value::Int(i64::from(then(a, b))))
}

fn shift(vm: &Vm<'_>, args: &[Value]) -> Result<u32, Fault> {
    word(vm, args, 1)
}

fn bit(vm: &Vm<'_>, args: &[Value]) -> Result<u32, Fault> {
    let bit = word(vm, args, 1)?;
    if bit < u32::BITS {
        Ok(bit)
    } else {
        Err(Fault::param(2))
    }
}

fn parse(value: &Value, prefix: &str, radix: u32) -> Result<Value, Fault> {
    let text = string_of(value, 1)?.trim().to_lowercase();
    let digits = text.strip_prefix(prefix).unwrap_or(&text);
    // 128 bits hold every number that programs write in this way.
    let plain = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    let number = i128::from_str_radix(digits, radix).ok().filter(|_| plain);
    match number {
        Some(number) => Ok(Number::from_i128(number).into()),
        None => Err(Message::NotANumber.into()),
    }
}
