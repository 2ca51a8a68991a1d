//! What functions over bytes take for sizes and places: numbers only, never strings that look like one.

use super::define::said;
use crate::kernel::number::Number;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::error::Fault;

/// A value of the right type that the function cannot work with.
pub(super) fn bad_value(_: &Vm<'_>, number: u8) -> Fault {
    Fault::value(number)
}

/// A number that is one.
pub(super) fn number_of(value: &Value, number: u8) -> Result<Number, Fault> {
    value.as_number().ok_or_else(|| Fault::param(number))
}

/// A whole number from 0 to 2^64 - 1.
pub(super) fn whole_of(vm: &Vm<'_>, value: &Value, number: u8) -> Result<u64, Fault> {
    if let Value::Int(int) = value
        && let Ok(whole) = u64::try_from(*int)
    {
        return Ok(whole);
    }
    let whole = number_of(value, number)?.to_i128();
    whole
        .and_then(|whole| u64::try_from(whole).ok())
        .ok_or_else(|| bad_value(vm, number))
}

/// How many bytes or characters: `None` when the parameter was left out. 0 is what the caller makes
/// of it, in most methods «as many as there are».
pub(super) fn count_of(vm: &Vm<'_>, value: &Value, number: u8) -> Result<Option<u64>, Fault> {
    match value {
        Value::Missing | Value::Undefined => Ok(None),
        value => whole_of(vm, value, number).map(Some),
    }
}

/// A place in bytes: a fraction is cut off, a negative one is outside.
pub(super) fn place_of(vm: &Vm<'_>, value: &Value, number: u8) -> Result<usize, Fault> {
    if let Value::Int(int) = value
        && let Ok(place) = usize::try_from(*int)
    {
        return Ok(place);
    }
    let place = number_of(value, number)?.trunc().to_i128();
    place
        .and_then(|place| usize::try_from(place).ok())
        .ok_or_else(|| outside(vm))
}

/// A place that is not in the bytes.
pub(super) fn outside(vm: &Vm<'_>) -> Fault {
    said(
        vm,
        "Значение индекса выходит за пределы диапазона",
        "Index is out of range",
    )
}

/// An unsigned number of 64 bits as a value.
pub(super) fn unsigned(number: u64) -> Value {
    match i64::try_from(number) {
        Ok(int) => Value::Int(int),
        Err(_) => Number::from_i128(i128::from(number)).into(),
    }
}
