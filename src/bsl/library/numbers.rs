//! Functions of numbers.

use super::define::{enumeration, function};
use super::registry::Area;
use crate::kernel::number::{Number, NumberError, Rounding};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;
use crate::vm::number_error;
use std::cmp::Ordering;

enumeration!(
    /// РежимОкругления.
    ROUND_MODE "РежимОкругления" "RoundMode" [
        "Окр15как10" "Round15as10",
        "Окр15как20" "Round15as20",
    ]
);

/// Numbers.
pub static AREA: Area = Area {
    title: "Числа",
    functions: &[
        function!("Цел" "Int" ("Число") true int),
        function!("Окр" "Round" ("Число, Разрядность?, РежимОкругления?") true round),
        function!("Макс" "Max" ("Значение1, Прочие...") true max),
        function!("Мин" "Min" ("Значение1, Прочие...") true min),
        function!("Pow" "Pow" ("Основание, Показатель") true pow),
        function!("Sqrt" "Sqrt" ("Число") true sqrt),
        function!("Exp" "Exp" ("Число") true exp),
        function!("Log" "Log" ("Число") true ln),
        function!("Log10" "Log10" ("Число") true log10),
        function!("Sin" "Sin" ("Угол") true sin),
        function!("Cos" "Cos" ("Угол") true cos),
        function!("Tan" "Tan" ("Угол") true tan),
        function!("ASin" "ASin" ("Число") true asin),
        function!("ACos" "ACos" ("Число") true acos),
        function!("ATan" "ATan" ("Число") true atan),
    ],
    types: &[],
    enums: &[&ROUND_MODE],
};

fn int(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    match &args[0] {
        Value::Int(int) => Ok(Value::Int(*int)),
        value => Ok(vm.to_number(value)?.trunc().into()),
    }
}

fn round(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let number = vm.to_number(&args[0])?;
    let digits = if args[1].is_missing() {
        0
    } else {
        vm.to_int(&args[1])?
    };
    let mode = match &args[2] {
        Value::Missing => Rounding::HalfAway,
        Value::Enum(item, list) if std::ptr::eq(*list, &ROUND_MODE) => {
            if *item == 0 {
                Rounding::HalfToZero
            } else {
                Rounding::HalfAway
            }
        }
        value if vm.to_int(value)? == 0 => Rounding::HalfToZero,
        _ => Rounding::HalfAway,
    };
    Ok(number.round(digits, mode).into())
}

fn best(vm: &mut Vm<'_>, args: &mut [Value], wanted: Ordering) -> Result<Value, Fault> {
    let mut best = 0;
    for at in 1..args.len() {
        if vm.compare(&args[at], &args[best])? == wanted {
            best = at;
        }
    }
    Ok(args[best].clone())
}

fn max(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    best(vm, args, Ordering::Greater)
}

fn min(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    best(vm, args, Ordering::Less)
}

fn pow(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
    let (base, exponent) = (vm.to_number(&args[0])?, vm.to_number(&args[1])?);
    base.pow(&exponent, vm.max_digits())
        .map(Value::from)
        .map_err(number_error)
}

macro_rules! by_kernel {
    ($($name:ident)*) => {
        $(fn $name(vm: &mut Vm<'_>, args: &mut [Value]) -> Result<Value, Fault> {
            unary(vm, &args[0], Number::$name)
        })*
    };
}

by_kernel!(sqrt exp ln log10 sin cos tan asin acos atan);

fn unary(
    vm: &mut Vm<'_>,
    value: &Value,
    apply: fn(&Number) -> Result<Number, NumberError>,
) -> Result<Value, Fault> {
    apply(&vm.to_number(value)?)
        .map(Value::from)
        .map_err(number_error)
}
