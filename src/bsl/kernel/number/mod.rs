//! Число: a decimal that is exact for `+ - *`, to 27 fractional digits for `/` (bsl-semantics.md,
//! «Our own decisions»), and always normalised, so that 1.10*1.10 is 1,21 and 1 equals 1.0.
//!
//! Three widths behind one type of 16 bytes: a mantissa of 64 bits in place (what nearly every
//! program needs, no allocation), 128 bits, and `num-bigint` behind a shared pointer. A value has
//! exactly one form, therefore equality and hashing compare the parts.
//!
//! Our own, not a crate for decimals: those have a fixed width or divide to another precision, and their
//! text keeps zeros at the end (see `kernel`). It knows no VM. The number of digits is the caller's limit: `max_digits` bounds the integer part
//! and the fraction, each on its own; less than 39 is taken as 39 (what 128 bits hold anyway).

mod arithmetic;
mod functions;
#[cfg(test)]
mod tests;
mod text;

pub use functions::Rounding;
pub use text::ParseNumberError;

use num_bigint::BigInt;
use std::sync::Arc;

/// Fractional digits that division keeps (believed; bsl-semantics.md).
pub const DIVISION_DIGITS: u32 = 27;

/// Fractional digits that a product keeps at least. An exact product of products doubles its digits
/// every time; past this many fractional and significant digits it is rounded, so that a loop such
/// as `х = х*х + с` stays fast. Smaller would lose digits of honest compound interest.
pub const PRODUCT_DIGITS: u32 = 128;

/// A good `max_digits` for a caller that has none: far beyond any use, and still quick to print.
pub const DEFAULT_MAX_DIGITS: u32 = 1000;

/// The smallest bound that `max_digits` can express.
const MIN_MAX_DIGITS: u32 = 39;

/// Scale up to which a mantissa of 64 bits is kept in place.
const SMALL_SCALE_MAX: u32 = 63;

/// A decimal number of 1C.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    /// `mantissa / 10^scale`; not divisible by ten unless the scale is 0.
    Small {
        scale: u8,
        mantissa: i64,
    },
    Big(Arc<Big>),
}

/// A value that does not fit [`Repr::Small`].
#[derive(Clone, PartialEq, Eq, Hash)]
struct Big {
    scale: u32,
    mantissa: Mantissa,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Mantissa {
    Wide(i128),
    /// Does not fit 128 bits.
    Huge(BigInt),
}

/// Why an operation has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// «Деление на 0».
    DivisionByZero,
    /// More digits than the limit allows.
    TooLarge,
    /// The function is not defined there: Sqrt(-1), Log(0), ASin(2).
    Domain,
}

const POW10: [i128; 39] = {
    let mut table = [1i128; 39];
    let mut index = 1;
    while index < 39 {
        table[index] = table[index - 1] * 10;
        index += 1;
    }
    table
};

fn pow10_i128(exponent: u32) -> Option<i128> {
    POW10.get(exponent as usize).copied()
}

fn pow10_big(exponent: u32) -> BigInt {
    match pow10_i128(exponent) {
        Some(power) => BigInt::from(power),
        None => BigInt::from(10).pow(exponent),
    }
}

/// Borrowed or widened parts of a number, for the paths that must handle all widths.
enum Parts<'a> {
    Wide(i128, u32),
    Huge(&'a BigInt, u32),
}

impl Number {
    /// The value of an empty Число.
    pub const ZERO: Number = Number(Repr::Small {
        scale: 0,
        mantissa: 0,
    });
    /// What a counter adds.
    pub const ONE: Number = Number(Repr::Small {
        scale: 0,
        mantissa: 1,
    });

    /// A whole number; allocates nothing.
    #[inline]
    #[must_use]
    pub const fn from_i64(value: i64) -> Number {
        Number(Repr::Small {
            scale: 0,
            mantissa: value,
        })
    }

    /// A whole number of up to 128 bits.
    #[must_use]
    pub fn from_i128(value: i128) -> Number {
        Number::from_scaled(value, 0)
    }

    /// `mantissa / 10^scale`, normalised. The scale is the caller's promise to stay within its limit
    /// of digits: later arithmetic makes powers of ten of that length.
    #[must_use]
    pub fn from_scaled(mut mantissa: i128, mut scale: u32) -> Number {
        if mantissa == 0 {
            return Number::ZERO;
        }
        if let Ok(mut small) = i64::try_from(mantissa) {
            while scale > 0 && small % 10 == 0 {
                small /= 10;
                scale -= 1;
            }
            if scale <= SMALL_SCALE_MAX {
                return Number(Repr::Small {
                    scale: scale as u8,
                    mantissa: small,
                });
            }
            mantissa = i128::from(small);
        } else if scale > 0 {
            // Sixteen digits a step: quotients such as 0.25 arrive with many zeros.
            const STEP: i128 = 10_000_000_000_000_000;
            while scale >= 16 && mantissa % STEP == 0 {
                mantissa /= STEP;
                scale -= 16;
            }
            while scale > 0 && mantissa % 10 == 0 {
                mantissa /= 10;
                scale -= 1;
            }
            if scale <= SMALL_SCALE_MAX
                && let Ok(small) = i64::try_from(mantissa)
            {
                return Number(Repr::Small {
                    scale: scale as u8,
                    mantissa: small,
                });
            }
        }
        Number(Repr::Big(Arc::new(Big {
            scale,
            mantissa: Mantissa::Wide(mantissa),
        })))
    }

    /// The same for any width.
    fn from_big(mut mantissa: BigInt, mut scale: u32) -> Number {
        if let Ok(wide) = i128::try_from(&mantissa) {
            return Number::from_scaled(wide, scale);
        }
        if scale > 0 && last_digit_is_zero(&mantissa) {
            for step in [256u32, 64, 16, 4, 1] {
                let power = pow10_big(step);
                while scale >= step {
                    let quotient = &mantissa / &power;
                    if &quotient * &power != mantissa {
                        break;
                    }
                    mantissa = quotient;
                    scale -= step;
                }
            }
            if let Ok(wide) = i128::try_from(&mantissa) {
                return Number::from_scaled(wide, scale);
            }
        }
        Number(Repr::Big(Arc::new(Big {
            scale,
            mantissa: Mantissa::Huge(mantissa),
        })))
    }

    /// The nearest decimal of 15 significant digits, as 1C gives for what it computes in doubles.
    /// `None` for infinities and NaN.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Number> {
        if !value.is_finite() {
            return None;
        }
        if value.fract() == 0.0 && value.abs() < 1e15 {
            return Some(Number::from_i64(value as i64));
        }
        if let Some(number) = fifteen_digits(value) {
            return Some(number);
        }
        Number::parse_scientific(&format!("{value:.14e}"), DEFAULT_MAX_DIGITS).ok()
    }

    /// The in-place form `(mantissa, scale)`, if the number has it; a VM may keep it unboxed.
    #[inline]
    #[must_use]
    pub fn as_small(&self) -> Option<(i64, u8)> {
        match self.0 {
            Repr::Small { scale, mantissa } => Some((mantissa, scale)),
            Repr::Big(_) => None,
        }
    }

    /// The value as a whole number of 64 bits, if it is one.
    #[inline]
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Small { scale: 0, mantissa } => Some(mantissa),
            _ => None,
        }
    }

    /// The value as a whole number of 128 bits, if it is one.
    #[must_use]
    pub fn to_i128(&self) -> Option<i128> {
        match self.parts() {
            Parts::Wide(mantissa, 0) => Some(mantissa),
            _ => None,
        }
    }

    /// The whole part as 64 bits, clamped at the ends: what a length, an index or a count wants.
    #[must_use]
    pub fn to_i64_saturating(&self) -> i64 {
        if let Repr::Small { scale: 0, mantissa } = self.0 {
            return mantissa;
        }
        let whole = self.trunc();
        match whole.to_i64() {
            Some(value) => value,
            None if whole.is_negative() => i64::MIN,
            None => i64::MAX,
        }
    }

    /// The nearest double; beyond its range infinite.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        if let Repr::Small { scale, mantissa } = self.0
            && mantissa.unsigned_abs() < 1 << 53
            && scale <= 22
        {
            // Both are exact doubles, so one division rounds once.
            return mantissa as f64 / 10f64.powi(i32::from(scale));
        }
        self.to_invariant_text().parse().unwrap_or(f64::NAN)
    }

    /// Whether there is no fraction.
    #[inline]
    #[must_use]
    pub fn is_integer(&self) -> bool {
        self.scale() == 0
    }

    /// Whether it is 0.
    #[inline]
    #[must_use]
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Small { mantissa: 0, .. })
    }

    /// Whether it is below 0.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small { mantissa, .. } => *mantissa < 0,
            Repr::Big(big) => match &big.mantissa {
                Mantissa::Wide(mantissa) => *mantissa < 0,
                Mantissa::Huge(mantissa) => mantissa.sign() == num_bigint::Sign::Minus,
            },
        }
    }

    /// How many fractional digits it has.
    #[inline]
    #[must_use]
    pub fn scale(&self) -> u32 {
        match &self.0 {
            Repr::Small { scale, .. } => u32::from(*scale),
            Repr::Big(big) => big.scale,
        }
    }

    /// Bytes held outside the 16 of the value itself, for a caller that accounts memory.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Small { .. } => 0,
            Repr::Big(big) => {
                let limbs = match &big.mantissa {
                    Mantissa::Wide(_) => 0,
                    Mantissa::Huge(mantissa) => (mantissa.bits() / 8) as usize + 8,
                };
                size_of::<Big>() + 2 * size_of::<usize>() + limbs
            }
        }
    }

    fn parts(&self) -> Parts<'_> {
        match &self.0 {
            Repr::Small { scale, mantissa } => {
                Parts::Wide(i128::from(*mantissa), u32::from(*scale))
            }
            Repr::Big(big) => match &big.mantissa {
                Mantissa::Wide(mantissa) => Parts::Wide(*mantissa, big.scale),
                Mantissa::Huge(mantissa) => Parts::Huge(mantissa, big.scale),
            },
        }
    }

    fn to_big(&self) -> (BigInt, u32) {
        match self.parts() {
            Parts::Wide(mantissa, scale) => (BigInt::from(mantissa), scale),
            Parts::Huge(mantissa, scale) => (mantissa.clone(), scale),
        }
    }

    /// Refuses what has more digits than the limit; only what left 128 bits can.
    fn checked(self, max_digits: u32) -> Result<Number, NumberError> {
        let max_digits = max_digits.max(MIN_MAX_DIGITS);
        if let Repr::Big(big) = &self.0 {
            if big.scale > max_digits {
                let rounded = self.round(i64::from(max_digits), Rounding::HalfAway);
                return rounded.checked(max_digits);
            }
            if let Mantissa::Huge(mantissa) = &big.mantissa
                && digit_count(mantissa) > u64::from(max_digits) + u64::from(big.scale)
            {
                return Err(NumberError::TooLarge);
            }
        }
        Ok(self)
    }
}

/// Powers of ten that doubles hold exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The 15 digits of a double of usual size by one exact-enough product. `None` leaves the case to the
/// slow road: too large or small, or so near a half that the product's own rounding could decide.
fn fifteen_digits(value: f64) -> Option<Number> {
    let size = value.abs();
    if !(1e-7..1e15).contains(&size) {
        return None;
    }
    let scale = (14.0 - size.log10().floor()) as usize;
    let mut scale = scale.min(22);
    let mut scaled = size * EXACT_POWERS[scale];
    // The logarithm may be off by one beside a power of ten.
    if scaled >= 1e15 {
        scale = scale.checked_sub(1)?;
        scaled = size * EXACT_POWERS[scale];
    } else if scaled < 1e14 {
        scale += 1;
        scaled = size * EXACT_POWERS.get(scale)?;
    }
    let fraction = scaled - scaled.floor();
    if (fraction - 0.5).abs() < 0.2 {
        return None;
    }
    let mantissa = scaled.round() as i64;
    Some(Number::from_scaled(
        i128::from(if value < 0.0 { -mantissa } else { mantissa }),
        scale as u32,
    ))
}

/// Whether a decimal ends in 0, without dividing by a big number.
fn last_digit_is_zero(mantissa: &BigInt) -> bool {
    mantissa % 10u32 == BigInt::ZERO
}

/// Decimal digits of the mantissa, exactly. The estimate from the bits is off by one at most, so
/// the exact power is needed only near a boundary.
fn digit_count(mantissa: &BigInt) -> u64 {
    let bits = mantissa.bits();
    if bits == 0 {
        return 1;
    }
    // 0.30102999566 < log10(2) < 0.30102999567
    let low = (u128::from(bits - 1) * 30_102_999_566 / 100_000_000_000) as u64 + 1;
    let high = (u128::from(bits) * 30_102_999_567 / 100_000_000_000) as u64 + 1;
    if low == high {
        return low;
    }
    let power = pow10_big(u32::try_from(low).unwrap_or(u32::MAX));
    if mantissa.magnitude() >= power.magnitude() {
        low + 1
    } else {
        low
    }
}

impl std::fmt::Debug for Number {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.to_invariant_text())
    }
}

/// The invariant text: no groups, a dot.
impl std::fmt::Display for Number {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(&self.to_invariant_text())
    }
}

impl Default for Number {
    fn default() -> Number {
        Number::ZERO
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number::from_i64(value)
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Number {
        Number::from_i64(i64::from(value))
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Number {
        Number::from_i64(i64::from(value))
    }
}

impl From<usize> for Number {
    fn from(value: usize) -> Number {
        Number::from_i128(value as i128)
    }
}
