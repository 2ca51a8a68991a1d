//! Operations on the bits of whole numbers from 0 to 4294967295, and numbers written in hexadecimal
//! and binary.

use super::args::{bad_value, whole_of};
use super::define::{function, string_of};
use super::registry::Area;
use crate::kernel::number::Number;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::{Fault, Message};
use crate::vm::number_error;

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
            let word = word(vm, args, 0)?;
            Ok(Value::Int(i64::from(word << bit(vm, args)?)))
        }),
        function!("ПобитовыйСдвигВправо" "BitwiseShiftRight" ("Число, Смещение") true |vm, args| {
            let word = word(vm, args, 0)?;
            Ok(Value::Int(i64::from(word >> bit(vm, args)?)))
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
        function!("ЧислоИзШестнадцатеричнойСтроки" "NumberFromHexString" ("Строка") true |vm, args| {
            parse(vm, &args[0], "0x", 4)
        }),
        function!("ЧислоИзДвоичнойСтроки" "NumberFromBinaryString" ("Строка") true |vm, args| {
            parse(vm, &args[0], "0b", 1)
        }),
    ],
    types: &[],
    enums: &[],
};

fn word(vm: &Vm<'_>, args: &[Value], at: usize) -> Result<u32, Fault> {
    let number = at as u8 + 1;
    let word = whole_of(vm, &args[at], number)?;
    u32::try_from(word).map_err(|_| bad_value(vm, number))
}

fn two(vm: &Vm<'_>, args: &[Value], then: fn(u32, u32) -> u32) -> Result<Value, Fault> {
    let (a, b) = (word(vm, args, 0)?, word(vm, args, 1)?);
    Ok(Value::Int(i64::from(then(a, b))))
}

/// The number of a bit, or how far to shift: 0 to 31, anything else is an error.
fn bit(vm: &Vm<'_>, args: &[Value]) -> Result<u32, Fault> {
    let bit = word(vm, args, 1)?;
    if bit < u32::BITS {
        Ok(bit)
    } else {
        Err(bad_value(vm, 2))
    }
}

/// A number of any length: `0x` or `0b` in lower case and digits, nothing around them.
fn parse(vm: &mut Vm<'_>, value: &Value, prefix: &str, bits: u32) -> Result<Value, Fault> {
    let text = string_of(value, 1)?;
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    let plain = |digit: char| digit.is_digit(1 << bits);
    if digits.is_empty() || !digits.chars().all(plain) {
        return Err(Message::NotANumber.into());
    }
    let digits = digits.trim_start_matches('0');
    // What has more digits than a number may have need not be counted out.
    if digits.len() as u64 * u64::from(bits) > u64::from(vm.max_digits()) * 4 {
        return Err(Message::NumberTooLarge.into());
    }
    // 32 bits at a step fit every intermediate of the small form.
    let step = (32 / bits) as usize;
    let first = digits.len() % step;
    let mut number = Number::ZERO;
    for (at, part) in [&digits[..first]]
        .into_iter()
        .chain(
            digits.as_bytes()[first..]
                .chunks(step)
                .map(|part| std::str::from_utf8(part).unwrap_or_default()),
        )
        .enumerate()
    {
        let word = u32::from_str_radix(part, 1 << bits).unwrap_or(0);
        let base = Number::from_i64(if at == 0 { 1 } else { 1 << 32 });
        number = number
            .mul(&base, vm.max_digits())
            .and_then(|number| number.add(&Number::from_i64(i64::from(word)), vm.max_digits()))
            .map_err(number_error)?;
    }
    Ok(number.into())
}
