//! Functions of numbers.

use super::registry::{Area, EnumDef, FunctionDef, TypeDef};
use crate::kernel::number::{Number, NumberError, Rounding};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;
use crate::vm::number_error;
use std::cmp::Ordering;

macro_rules! function {
    ($ru:literal $en:literal ($params:literal) $call:ident) => {
        FunctionDef {
            ru: $ru,
            en: $en,
            params: $params,
            is_function: true,
            call: $call,
        }
    };
}

/// РежимОкругления.
pub static ROUND_MODE: EnumDef = EnumDef {
    ty: TypeDef {
        ru: "РежимОкругления",
        en: "RoundMode",
        new: None,
        methods: &[],
        props: &[],
    },
    items: &[("Окр15как10", "Round15as10"), ("Окр15как20", "Round15as20")],
    strings: &[],
};

/// Numbers.
pub static AREA: Area = Area {
    title: "Числа",
    functions: &[
        function!("Цел" "Int" ("Число") int),
        function!("Окр" "Round" ("Число, Разрядность?, РежимОкругления?") round),
        function!("Макс" "Max" ("Значение1, Прочие...") max),
        function!("Мин" "Min" ("Значение1, Прочие...") min),
        function!("Pow" "Pow" ("Основание, Показатель") pow),
        function!("Sqrt" "Sqrt" ("Число") sqrt),
        function!("Exp" "Exp" ("Число") exp),
        function!("Log" "Log" ("Число") ln),
        function!("Log10" "Log10" ("Число") log10),
        function!("Sin" "Sin" ("Угол") sin),
        function!("Cos" "Cos" ("Угол") cos),
        function!("Tan" "Tan" ("Угол") tan),
        function!("ASin" "ASin" ("Число") asin),
        function!("ACos" "ACos" ("Число") acos),
        function!("ATan" "ATan" ("Число") atan),
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
