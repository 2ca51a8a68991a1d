//! Rounding, powers and what goes through doubles (Sqrt, Log, Exp, Sin…: 15 significant digits).

use super::arithmetic::divide_half_away;
use super::{MIN_MAX_DIGITS, Number, NumberError, Parts, digit_count, pow10_big, pow10_i128};
use num_bigint::BigInt;

/// РежимОкругления of Окр: what happens to an exact half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rounding {
    /// Mode 0, Окр15как10: a half goes towards zero.
    HalfToZero,
    /// Mode 1, Окр15как20, the default: a half goes away from zero.
    #[default]
    HalfAway,
}

impl Number {
    /// Окр: to `digits` fractional digits, or to tens, hundreds… for a negative count.
    #[must_use]
    pub fn round(&self, digits: i64, mode: Rounding) -> Number {
        let scale = i64::from(self.scale());
        if digits >= scale {
            return self.clone();
        }
        let drop = scale.saturating_sub(digits);
        // A number below half of the unit rounds to 0, however large the unit.
        let length = match self.parts() {
            Parts::Wide(mantissa, _) => mantissa
                .unsigned_abs()
                .checked_ilog10()
                .map_or(1, |log| log + 1)
                .into(),
            Parts::Huge(mantissa, _) => digit_count(mantissa),
        };
        if drop.unsigned_abs() > length {
            return Number::ZERO;
        }
        let drop = drop as u32;
        if let (Parts::Wide(mantissa, _), Some(power)) = (self.parts(), pow10_i128(drop)) {
            let mut quotient = mantissa / power;
            let rest = (mantissa % power).abs();
            let up = match mode {
                Rounding::HalfAway => rest >= power - rest,
                Rounding::HalfToZero => rest > power - rest,
            };
            if up {
                quotient += mantissa.signum();
            }
            if digits >= 0 {
                return Number::from_scaled(quotient, digits as u32);
            }
            if let Some(value) = pow10_i128(digits.unsigned_abs() as u32)
                .and_then(|power| quotient.checked_mul(power))
            {
                return Number::from_scaled(value, 0);
            }
            return Number::from_big(
                BigInt::from(quotient) * pow10_big(digits.unsigned_abs() as u32),
                0,
            );
        }
        let (mantissa, _) = self.to_big();
        let power = pow10_big(drop);
        let quotient = match mode {
            Rounding::HalfAway => divide_half_away(&mantissa, &power),
            Rounding::HalfToZero => {
                let whole = &mantissa / &power;
                let rest = &mantissa - &whole * &power;
                let step = if self.is_negative() { -1 } else { 1 };
                if (&rest + &rest).magnitude() > power.magnitude() {
                    whole + step
                } else {
                    whole
                }
            }
        };
        if digits >= 0 {
            Number::from_big(quotient, digits as u32)
        } else {
            Number::from_big(quotient * pow10_big(digits.unsigned_abs() as u32), 0)
        }
    }

    /// Pow. A whole exponent is exact as long as the limit holds all digits (1C gives all 31 of
    /// Pow(2, 100)); a fractional one goes through doubles.
    pub fn pow(&self, exponent: &Number, max_digits: u32) -> Result<Number, NumberError> {
        if exponent.is_zero() || *self == Number::ONE {
            return Ok(Number::ONE);
        }
        if self.is_zero() {
            return if exponent.is_negative() {
                Err(NumberError::DivisionByZero)
            } else {
                Ok(Number::ZERO)
            };
        }
        if !exponent.is_integer() {
            return finite(self.to_f64().powf(exponent.to_f64()));
        }
        let minus_one = Number::from_i64(-1);
        if *self == minus_one {
            let odd = !exponent.rem(&Number::from_i64(2), max_digits)?.is_zero();
            return Ok(if odd { minus_one } else { Number::ONE });
        }
        let Some(power) = exponent.to_i64() else {
            let shrinks = (self.abs() < Number::ONE) != exponent.is_negative();
            return if shrinks {
                Ok(Number::ZERO)
            } else {
                Err(NumberError::TooLarge)
            };
        };
        let count = power.unsigned_abs();
        let limit = u64::from(max_digits.max(MIN_MAX_DIGITS));
        let exact = u64::from(self.scale()).saturating_mul(count) <= limit;
        if power > 0 {
            return self.pow_unsigned(count, max_digits, exact);
        }
        match self.pow_unsigned(count, max_digits, exact) {
            // Rounded down to nothing by the limit: its inverse is past it.
            Ok(value) if value.is_zero() => Err(NumberError::TooLarge),
            Ok(value) => Number::ONE.div(&value, max_digits),
            // One over what is beyond every limit is 0 to 27 digits.
            Err(NumberError::TooLarge) => Ok(Number::ZERO),
            Err(error) => Err(error),
        }
    }

    fn pow_unsigned(
        &self,
        mut count: u64,
        max_digits: u32,
        exact: bool,
    ) -> Result<Number, NumberError> {
        let mut result = Number::ONE;
        let mut square = self.clone();
        loop {
            if count & 1 == 1 {
                result = result.mul_slow(&square, max_digits, !exact)?;
            }
            count >>= 1;
            if count == 0 || square.is_zero() {
                return Ok(if square.is_zero() {
                    Number::ZERO
                } else {
                    result
                });
            }
            square = square.mul_slow(&square, max_digits, !exact)?;
        }
    }

    /// To 15 digits, through binary floating point as in 1C.
    pub fn sqrt(&self) -> Result<Number, NumberError> {
        if self.is_negative() {
            return Err(NumberError::Domain);
        }
        finite(self.to_f64().sqrt())
    }

    /// Log: the natural logarithm.
    pub fn ln(&self) -> Result<Number, NumberError> {
        if self.is_negative() || self.is_zero() {
            return Err(NumberError::Domain);
        }
        finite(self.to_f64().ln())
    }

    /// To 15 digits; an error for what is not positive.
    pub fn log10(&self) -> Result<Number, NumberError> {
        if self.is_negative() || self.is_zero() {
            return Err(NumberError::Domain);
        }
        finite(self.to_f64().log10())
    }

    /// To 15 digits; an error when it does not fit.
    pub fn exp(&self) -> Result<Number, NumberError> {
        finite(self.to_f64().exp())
    }

    /// Sin, of radians.
    pub fn sin(&self) -> Result<Number, NumberError> {
        finite(self.to_f64().sin())
    }

    /// Cos, of radians.
    pub fn cos(&self) -> Result<Number, NumberError> {
        finite(self.to_f64().cos())
    }

    /// Tan, of radians.
    pub fn tan(&self) -> Result<Number, NumberError> {
        finite(self.to_f64().tan())
    }

    /// ASin, in radians.
    pub fn asin(&self) -> Result<Number, NumberError> {
        finite(self.to_f64().asin())
    }

    /// ACos, in radians.
    pub fn acos(&self) -> Result<Number, NumberError> {
        finite(self.to_f64().acos())
    }

    /// ATan, in radians.
    pub fn atan(&self) -> Result<Number, NumberError> {
        finite(self.to_f64().atan())
    }
}

/// A double's 15 digits; NaN is outside the function's domain, infinity outside the numbers.
fn finite(value: f64) -> Result<Number, NumberError> {
    if value.is_nan() {
        return Err(NumberError::Domain);
    }
    Number::from_f64(value).ok_or(NumberError::TooLarge)
}
