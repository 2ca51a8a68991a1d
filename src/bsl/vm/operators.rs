//! Operators in the cases that the loop does not handle itself.

use super::Vm;
use super::error::{Fault, Message};
use crate::kernel::collation;
use crate::kernel::date::Date;
use crate::kernel::number::{Number, NumberError};
use crate::value::Value;
use crate::value::memory;
use crate::value::string::StrBox;
use std::cmp::Ordering;
use std::rc::Rc;

/// An arithmetic operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`.
    Add,
    /// `-`.
    Sub,
    /// `*`.
    Mul,
    /// `/`.
    Div,
    /// `%`.
    Rem,
}

/// An error of a kernel as an error of the language.
#[must_use]
pub fn number_error(error: NumberError) -> Fault {
    match error {
        NumberError::DivisionByZero => Message::DivisionByZero.into(),
        NumberError::TooLarge => Message::NumberTooLarge.into(),
        NumberError::Domain => Message::MathDomain.into(),
    }
}

impl Vm<'_> {
    /// An operator on any two values: the left one chooses what `+` does.
    #[inline(never)]
    pub(crate) fn arithmetic(
        &mut self,
        op: Arithmetic,
        a: &Value,
        b: &Value,
    ) -> Result<Value, Fault> {
        match (op, a) {
            (Arithmetic::Add, Value::Short(..) | Value::Str(_)) => {
                return self.concat(&[a.clone(), b.clone()]);
            }
            (Arithmetic::Add, Value::Date(date)) => {
                let seconds = self.to_number(b)?;
                return shifted(*date, &seconds);
            }
            (Arithmetic::Sub, Value::Date(date)) => {
                return match b {
                    Value::Date(other) => Ok(date.seconds_since(*other).into()),
                    _ => shifted(*date, &self.to_number(b)?.neg()),
                };
            }
            _ => {}
        }
        self.charge_strings(a, b)?;
        let (x, y) = (self.to_number(a)?, self.to_number(b)?);
        let digits = self.limits.digits;
        let result = match op {
            Arithmetic::Add => x.add(&y, digits),
            Arithmetic::Sub => x.sub(&y, digits),
            Arithmetic::Mul => x.mul(&y, digits),
            Arithmetic::Div => x.div(&y, digits),
            Arithmetic::Rem => x.rem(&y, digits),
        };
        // Long numbers take long: the work grows with the square of their digits.
        let size = x.heap_bytes() + y.heap_bytes();
        if size > 64 {
            self.charge((size / 8).min(1 << 20) as u32)?;
        }
        result.map(Value::from).map_err(number_error)
    }

    /// Adds several values from the left; an error comes with the number of the part that it met.
    pub(crate) fn add_all(&mut self, parts: &[Value]) -> Result<Value, (Fault, usize)> {
        let mut sum = parts[0].clone();
        for (at, part) in parts.iter().enumerate().skip(1) {
            sum = self
                .arithmetic(Arithmetic::Add, &sum, part)
                .map_err(|fault| (fault, at))?;
        }
        Ok(sum)
    }

    /// `Цел(а / б)`.
    pub(crate) fn int_div(&mut self, a: &Value, b: &Value) -> Result<Value, Fault> {
        let quotient = self.arithmetic(Arithmetic::Div, a, b)?;
        Ok(match quotient.as_number() {
            Some(number) => number.trunc().into(),
            None => quotient,
        })
    }

    /// Unary minus.
    pub(crate) fn negate(&mut self, value: &Value) -> Result<Value, Fault> {
        Ok(self.to_number(value)?.neg().into())
    }

    /// The texts of values, one after the other.
    pub fn concat(&mut self, parts: &[Value]) -> Result<Value, Fault> {
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        for part in parts {
            self.push_text(part, &mut out);
        }
        let size = out.len() * 2;
        if size > 1024 {
            self.reserve(size)?;
            self.charge_work(size)?;
        }
        let value = Value::units(&out);
        // A buffer that one long string made huge is not kept for the many short ones.
        if out.capacity() < 1 << 16 {
            self.scratch = out;
        }
        Ok(value)
    }

    /// Grows a string in place by the texts of values.
    pub(crate) fn append(&mut self, target: &mut Value, parts: &[Value]) -> Result<(), Fault> {
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        for part in parts {
            self.push_text(part, &mut out);
        }
        let result = self.append_units(target, &out);
        if out.capacity() < 1 << 16 {
            self.scratch = out;
        }
        result
    }

    pub(crate) fn append_units(&mut self, target: &mut Value, more: &[u16]) -> Result<(), Fault> {
        if let Value::Str(shared) = target
            && let Some(own) = Rc::get_mut(shared)
        {
            let length = own.units().len();
            if (length + more.len()) * 2 > 4096 {
                // The buffer may double.
                self.reserve(length.max(more.len()) * 2)?;
                self.charge_work(more.len())?;
            }
            own.append(more);
            return Ok(());
        }
        let Some(units) = target.as_units() else {
            return Ok(());
        };
        let length = units.len() + more.len();
        let joined = {
            let mut joined = Vec::with_capacity(if length > 16 {
                length + length / 2
            } else {
                length
            });
            joined.extend_from_slice(units);
            joined.extend_from_slice(more);
            joined
        };
        if length * 2 > 1024 {
            self.reserve(length * 3)?;
            self.charge_work(length)?;
        }
        *target = match crate::value::string::short(&joined) {
            Some(short) => short,
            None => Value::Str(StrBox::new(joined)),
        };
        Ok(())
    }

    /// `<` and its relatives: only between equal primitive types.
    pub fn compare(&self, a: &Value, b: &Value) -> Result<Ordering, Fault> {
        match (a, b) {
            (Value::Int(a), Value::Int(b)) => Ok(a.cmp(b)),
            (Value::Date(a), Value::Date(b)) => Ok(a.cmp(b)),
            (
                Value::Int(_) | Value::Dec(..) | Value::Big(_) | Value::Bool(_),
                Value::Int(_) | Value::Dec(..) | Value::Big(_) | Value::Bool(_),
            ) => Ok(self.to_number(a)?.cmp(&self.to_number(b)?)),
            _ => match (a.as_units(), b.as_units()) {
                (Some(a), Some(b)) => Ok(compare_strings(a, b)),
                _ => Err(Message::NotComparable.into()),
            },
        }
    }

    /// Charges for going over long strings; short ones are part of the instruction.
    #[inline]
    pub(crate) fn charge_strings(&mut self, a: &Value, b: &Value) -> Result<(), Fault> {
        match a.long_units().max(b.long_units()) {
            0 => Ok(()),
            units => self.charge_work(units),
        }
    }

    /// The order of Сортировать: as `<`; values that `<` refuses are ordered by their texts. Long
    /// texts are paid for.
    pub fn order_charged(&mut self, a: &Value, b: &Value) -> Result<Ordering, Fault> {
        let text = a.as_units().or(b.as_units()).map_or(0, <[u16]>::len);
        self.charge(2 + (text.min(256) / 2) as u32)?;
        if let Ok(order) = self.compare(a, b) {
            return Ok(order);
        }
        let (order, units) = {
            let (a, b) = (self.units(a), self.units(b));
            (compare_strings(&a, &b), a.len() + b.len())
        };
        self.charge(8)?;
        self.charge_work(units)?;
        Ok(order)
    }
}

/// Strings as `<` orders them. Whether 1C ignores case here is disputed; this is the one place.
#[must_use]
pub fn compare_strings(a: &[u16], b: &[u16]) -> Ordering {
    if a == b {
        Ordering::Equal
    } else {
        let shorter = a.len().min(b.len());
        if shorter >= 256 {
            memory::work(shorter * 4);
        }
        collation::compare_utf16(a, b)
    }
}

fn shifted(date: Date, seconds: &Number) -> Result<Value, Fault> {
    match date.add_seconds(seconds) {
        Some(date) => Ok(Value::Date(date)),
        None => Err(Message::DateRange.into()),
    }
}
