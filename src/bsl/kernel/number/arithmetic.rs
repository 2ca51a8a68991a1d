//! `+ - * / %`, negation and order of numbers: first the in-place form, then 128 bits, then any.

use super::{
    Big, DIVISION_DIGITS, MIN_MAX_DIGITS, Mantissa, Number, NumberError, PRODUCT_DIGITS, Parts,
    Repr, digit_count, pow10_big, pow10_i128,
};
use num_bigint::BigInt;
use std::cmp::Ordering;
use std::sync::Arc;

impl Number {
    /// The sum, exact.
    #[inline]
    pub fn add(&self, other: &Number, max_digits: u32) -> Result<Number, NumberError> {
        if let (
            Repr::Small {
                scale: 0,
                mantissa: left,
            },
            Repr::Small {
                scale: 0,
                mantissa: right,
            },
        ) = (&self.0, &other.0)
            && let Some(sum) = left.checked_add(*right)
        {
            return Ok(Number::from_i64(sum));
        }
        self.add_slow(other, false, max_digits)
    }

    /// The difference, exact.
    #[inline]
    pub fn sub(&self, other: &Number, max_digits: u32) -> Result<Number, NumberError> {
        if let (
            Repr::Small {
                scale: 0,
                mantissa: left,
            },
            Repr::Small {
                scale: 0,
                mantissa: right,
            },
        ) = (&self.0, &other.0)
            && let Some(difference) = left.checked_sub(*right)
        {
            return Ok(Number::from_i64(difference));
        }
        self.add_slow(other, true, max_digits)
    }

    fn add_slow(
        &self,
        other: &Number,
        subtract: bool,
        max_digits: u32,
    ) -> Result<Number, NumberError> {
        if let (Parts::Wide(left, left_scale), Parts::Wide(right, right_scale)) =
            (self.parts(), other.parts())
            && let Some((left, right, scale)) = align(left, left_scale, right, right_scale)
        {
            let sum = if subtract {
                left.checked_sub(right)
            } else {
                left.checked_add(right)
            };
            if let Some(sum) = sum {
                return Number::from_scaled(sum, scale).checked(max_digits);
            }
        }
        let (left, right, scale) = align_big(self, other);
        let sum = if subtract { left - right } else { left + right };
        Number::from_big(sum, scale).checked(max_digits)
    }

    /// The product: exact, save that one with more than [`PRODUCT_DIGITS`] fractional and
    /// significant digits is rounded.
    #[inline]
    pub fn mul(&self, other: &Number, max_digits: u32) -> Result<Number, NumberError> {
        if let (
            Repr::Small {
                scale: 0,
                mantissa: left,
            },
            Repr::Small {
                scale: 0,
                mantissa: right,
            },
        ) = (&self.0, &other.0)
            && let Some(product) = left.checked_mul(*right)
        {
            return Ok(Number::from_i64(product));
        }
        self.mul_slow(other, max_digits, true)
    }

    /// With `rounded` off the product keeps all its digits, up to the limit.
    pub(super) fn mul_slow(
        &self,
        other: &Number,
        max_digits: u32,
        rounded: bool,
    ) -> Result<Number, NumberError> {
        if let (Parts::Wide(left, left_scale), Parts::Wide(right, right_scale)) =
            (self.parts(), other.parts())
            && let Some(product) = left.checked_mul(right)
        {
            return Number::from_scaled(product, left_scale + right_scale).checked(max_digits);
        }
        if self.is_zero() || other.is_zero() {
            return Ok(Number::ZERO);
        }
        let (left, left_scale) = self.to_big();
        let (right, right_scale) = other.to_big();
        let scale = left_scale + right_scale;
        // Refused before the work: the whole part of the product has at least this many digits.
        let limit = u64::from(max_digits.max(MIN_MAX_DIGITS));
        let least = (left.bits() + right.bits() - 2) * 30_102 / 100_000;
        if least > limit + u64::from(scale) {
            return Err(NumberError::TooLarge);
        }
        let mut product = left * right;
        let mut scale = scale;
        if rounded && scale > PRODUCT_DIGITS {
            let spare = digit_count(&product).saturating_sub(u64::from(PRODUCT_DIGITS));
            let drop = u64::from(scale - PRODUCT_DIGITS).min(spare) as u32;
            if drop > 0 {
                product = divide_half_away(&product, &pow10_big(drop));
                scale -= drop;
            }
        }
        Number::from_big(product, scale).checked(max_digits)
    }

    /// The quotient, rounded half away from zero to [`DIVISION_DIGITS`] fractional digits.
    #[inline]
    pub fn div(&self, other: &Number, max_digits: u32) -> Result<Number, NumberError> {
        if let (
            Repr::Small {
                scale: 0,
                mantissa: left,
            },
            Repr::Small {
                scale: 0,
                mantissa: right,
            },
        ) = (&self.0, &other.0)
            && *right > 0
            && left % right == 0
        {
            return Ok(Number::from_i64(left / right));
        }
        self.div_slow(other, max_digits)
    }

    fn div_slow(&self, other: &Number, max_digits: u32) -> Result<Number, NumberError> {
        if other.is_zero() {
            return Err(NumberError::DivisionByZero);
        }
        if let (Parts::Wide(left, left_scale), Parts::Wide(right, right_scale)) =
            (self.parts(), other.parts())
            && let Some((left, right, _)) = align(left, left_scale, right, right_scale)
            && let Some((mantissa, scale)) = divide_wide(left, right)
        {
            return Number::from_scaled(mantissa, scale).checked(max_digits);
        }
        let (left, right, _) = align_big(self, other);
        let quotient = divide_half_away(&(left * pow10_big(DIVISION_DIGITS)), &right);
        Number::from_big(quotient, DIVISION_DIGITS).checked(max_digits)
    }

    /// The remainder with the sign of the dividend, of fractions too: −7,5 % 2 is −1,5.
    #[inline]
    pub fn rem(&self, other: &Number, max_digits: u32) -> Result<Number, NumberError> {
        if let (
            Repr::Small {
                scale: 0,
                mantissa: left,
            },
            Repr::Small {
                scale: 0,
                mantissa: right,
            },
        ) = (&self.0, &other.0)
            && *right > 0
        {
            return Ok(Number::from_i64(left % right));
        }
        self.rem_slow(other, max_digits)
    }

    fn rem_slow(&self, other: &Number, max_digits: u32) -> Result<Number, NumberError> {
        if other.is_zero() {
            return Err(NumberError::DivisionByZero);
        }
        if let (Parts::Wide(left, left_scale), Parts::Wide(right, right_scale)) =
            (self.parts(), other.parts())
            && let Some((left, right, scale)) = align(left, left_scale, right, right_scale)
        {
            // The one overflow of `%` (the least value by −1) has the remainder 0.
            return Number::from_scaled(left.checked_rem(right).unwrap_or(0), scale)
                .checked(max_digits);
        }
        let (left, right, scale) = align_big(self, other);
        Number::from_big(left % right, scale).checked(max_digits)
    }

    /// The number with the other sign.
    #[must_use]
    pub fn neg(&self) -> Number {
        match &self.0 {
            Repr::Small { scale, mantissa } => match mantissa.checked_neg() {
                Some(mantissa) => Number(Repr::Small {
                    scale: *scale,
                    mantissa,
                }),
                None => Number::from_scaled(-i128::from(*mantissa), u32::from(*scale)),
            },
            Repr::Big(big) => match &big.mantissa {
                Mantissa::Wide(mantissa) => match mantissa.checked_neg() {
                    Some(mantissa) => Number::from_scaled(mantissa, big.scale),
                    None => Number::from_big(-BigInt::from(*mantissa), big.scale),
                },
                Mantissa::Huge(mantissa) => Number::from_big(-mantissa.clone(), big.scale),
            },
        }
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(&self) -> Number {
        if self.is_negative() {
            self.neg()
        } else {
            self.clone()
        }
    }

    /// The whole part, towards zero (Цел).
    #[must_use]
    pub fn trunc(&self) -> Number {
        match self.parts() {
            Parts::Wide(_, 0) | Parts::Huge(_, 0) => self.clone(),
            Parts::Wide(mantissa, scale) => match pow10_i128(scale) {
                Some(power) => Number::from_scaled(mantissa / power, 0),
                None => Number::ZERO,
            },
            Parts::Huge(mantissa, scale) => Number::from_big(mantissa / pow10_big(scale), 0),
        }
    }
}

/// Both mantissas at one scale, if 128 bits hold them.
fn align(left: i128, left_scale: u32, right: i128, right_scale: u32) -> Option<(i128, i128, u32)> {
    match left_scale.cmp(&right_scale) {
        Ordering::Equal => Some((left, right, left_scale)),
        Ordering::Less => {
            let power = pow10_i128(right_scale - left_scale)?;
            Some((left.checked_mul(power)?, right, right_scale))
        }
        Ordering::Greater => {
            let power = pow10_i128(left_scale - right_scale)?;
            Some((left, right.checked_mul(power)?, left_scale))
        }
    }
}

fn align_big(left: &Number, right: &Number) -> (BigInt, BigInt, u32) {
    let (mut left, left_scale) = left.to_big();
    let (mut right, right_scale) = right.to_big();
    if left_scale < right_scale {
        left *= pow10_big(right_scale - left_scale);
    } else if right_scale < left_scale {
        right *= pow10_big(left_scale - right_scale);
    }
    (left, right, left_scale.max(right_scale))
}

/// `left / right` in chunks of nine digits, stopping early when the quotient ends. `None` when
/// 128 bits are too few.
fn divide_wide(left: i128, right: i128) -> Option<(i128, u32)> {
    const CHUNK: u32 = 9;
    const CHUNK_POWER: u64 = 1_000_000_000;
    let negative = (left < 0) != (right < 0);
    let (left, right) = (left.unsigned_abs(), right.unsigned_abs());
    let mut scale = 0;
    let mut quotient;
    let rest_doubled_reaches;
    if let (Ok(left), Ok(right)) = (u64::try_from(left), u64::try_from(right))
        && right <= u64::MAX / CHUNK_POWER
    {
        quotient = u128::from(left / right);
        let mut rest = left % right;
        while rest != 0 && scale < DIVISION_DIGITS {
            let shifted = rest * CHUNK_POWER;
            quotient = quotient.checked_mul(u128::from(CHUNK_POWER))?;
            quotient = quotient.checked_add(u128::from(shifted / right))?;
            rest = shifted % right;
            scale += CHUNK;
        }
        rest_doubled_reaches = rest >= right - rest;
    } else {
        if right > u128::MAX / u128::from(CHUNK_POWER) {
            return None;
        }
        quotient = left / right;
        let mut rest = left % right;
        while rest != 0 && scale < DIVISION_DIGITS {
            let shifted = rest * u128::from(CHUNK_POWER);
            quotient = quotient.checked_mul(u128::from(CHUNK_POWER))?;
            quotient = quotient.checked_add(shifted / right)?;
            rest = shifted % right;
            scale += CHUNK;
        }
        rest_doubled_reaches = rest >= right - rest;
    }
    if rest_doubled_reaches {
        quotient = quotient.checked_add(1)?;
    }
    let quotient = i128::try_from(quotient).ok()?;
    Some((if negative { -quotient } else { quotient }, scale))
}

/// `value / divisor` rounded to the nearest whole, halves away from zero.
pub(super) fn divide_half_away(value: &BigInt, divisor: &BigInt) -> BigInt {
    let quotient = value / divisor;
    let rest = value - &quotient * divisor;
    if (&rest + &rest).magnitude() >= divisor.magnitude() {
        let negative = (value.sign() == num_bigint::Sign::Minus)
            != (divisor.sign() == num_bigint::Sign::Minus);
        if negative { quotient - 1 } else { quotient + 1 }
    } else {
        quotient
    }
}

impl Ord for Number {
    #[inline]
    fn cmp(&self, other: &Number) -> Ordering {
        if let (
            Repr::Small {
                scale: left_scale,
                mantissa: left,
            },
            Repr::Small {
                scale: right_scale,
                mantissa: right,
            },
        ) = (&self.0, &other.0)
            && left_scale == right_scale
        {
            return left.cmp(right);
        }
        compare_slow(self, other)
    }
}

fn compare_slow(left: &Number, right: &Number) -> Ordering {
    match (left.is_negative(), right.is_negative()) {
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        _ => {}
    }
    if let (Parts::Wide(left, left_scale), Parts::Wide(right, right_scale)) =
        (left.parts(), right.parts())
        && let Some((left, right, _)) = align(left, left_scale, right, right_scale)
    {
        return left.cmp(&right);
    }
    if let (Repr::Big(left), Repr::Big(right)) = (&left.0, &right.0)
        && Arc::ptr_eq(left, right)
    {
        return Ordering::Equal;
    }
    let (left, right, _) = align_big(left, right);
    left.cmp(&right)
}

impl PartialOrd for Number {
    #[inline]
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Big {
    /// Digits of the mantissa, for the text.
    pub(super) fn mantissa_text(&self) -> String {
        match &self.mantissa {
            Mantissa::Wide(mantissa) => mantissa.unsigned_abs().to_string(),
            Mantissa::Huge(mantissa) => mantissa.magnitude().to_string(),
        }
    }
}
