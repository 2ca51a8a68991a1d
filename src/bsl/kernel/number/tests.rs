//! Rules of Число. Sources: bsl-semantics.md («Number model», «Text of values», «Conversion»), else
//! said; the properties compare with plain integers of any width.

use super::*;
use proptest::prelude::*;
use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

const MAX: u32 = 60;

fn n(text: &str) -> Number {
    Number::parse_invariant(text, MAX).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

/// `left op right`, the result as invariant text or the error's name.
fn calc(expression: &str) -> String {
    let mut words = expression.split(' ');
    let (left, operation, right) = (
        n(words.next().unwrap()),
        words.next().unwrap(),
        n(words.next().unwrap()),
    );
    let result = match operation {
        "+" => left.add(&right, MAX),
        "-" => left.sub(&right, MAX),
        "*" => left.mul(&right, MAX),
        "/" => left.div(&right, MAX),
        "%" => left.rem(&right, MAX),
        "^" => left.pow(&right, MAX),
        other => panic!("operation {other}"),
    };
    match result {
        Ok(number) => number.to_invariant_text(),
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn arithmetic() {
    for (expression, expected) in [
        ("0.1 + 0.2", "0.3"),
        ("1.10 * 1.10", "1.21"),
        ("1 / 3", "0.333333333333333333333333333"), // believed: 27 digits
        ("2 / 3", "0.666666666666666666666666667"),
        ("-2 / 3", "-0.666666666666666666666666667"),
        ("1 / 4", "0.25"),
        ("10 / 2", "5"),
        ("0 / 5", "0"),
        ("7 / -2", "-3.5"),
        ("1 / 1024", "0.0009765625"),
        ("1 / 0", "DivisionByZero"),
        ("1 % 0", "DivisionByZero"),
        ("1.5 / 0.5", "3"),
        (
            "100000000000 / 3",
            "33333333333.333333333333333333333333333",
        ),
        ("1 / 3000000000000000000000000000000", "0"),
        ("-7.5 % 2", "-1.5"),
        ("7.5 % -2", "1.5"),
        ("-7 % 3", "-1"),
        ("7 % -3", "1"),
        ("6 % 3", "0"),
        ("9223372036854775807 + 1", "9223372036854775808"),
        ("-9223372036854775808 - 1", "-9223372036854775809"),
        ("-9223372036854775808 / -1", "9223372036854775808"),
        ("-9223372036854775808 % -1", "0"),
        (
            "9223372036854775807 * 9223372036854775807",
            "85070591730234615847396907784232501249",
        ),
        // wider than 128 bits
        (
            "99999999999999999999999999999999999999 + 1",
            "100000000000000000000000000000000000000",
        ),
        (
            "170141183460469231731687303715884105727 + 1",
            "170141183460469231731687303715884105728",
        ),
        (
            "170141183460469231731687303715884105728 - 1",
            "170141183460469231731687303715884105727",
        ),
        (
            "100000000000000000000000000000000000000000 / 4",
            "25000000000000000000000000000000000000000",
        ),
        ("100000000000000000000000000000000000000000 % 7", "5"),
        (
            "1 - 0.000000000000000000000000000000000000000000000000000000000001",
            "0.999999999999999999999999999999999999999999999999999999999999",
        ),
        (
            "999999999999999999999999999999999999999999999999999999999999 + 1",
            "TooLarge",
        ),
        (
            "999999999999999999999999999999 * 9999999999999999999999999999999",
            "TooLarge",
        ),
        ("2 ^ 10", "1024"),
        ("2 ^ 100", "1267650600228229401496703205376"), // all 31 digits
        ("2 ^ 1000", "TooLarge"),
        ("2 ^ 1000000000000", "TooLarge"),
        ("2 ^ -2", "0.25"),
        ("2 ^ -1000000", "0"),
        ("0 ^ 0", "1"),
        ("0 ^ 5", "0"),
        ("0 ^ -1", "DivisionByZero"),
        ("1.1 ^ 10", "2.5937424601"),
        ("0.5 ^ 1000000000", "0"),
        ("0.5 ^ -1000000000", "TooLarge"),
        ("-1 ^ 1000000001", "-1"),
        ("1 ^ 99999999999999999999999", "1"),
        ("3 ^ 99999999999999999999999", "TooLarge"),
        ("4 ^ 0.5", "2"),
        ("2 ^ 0.5", "1.4142135623731"),
        ("-2 ^ 0.5", "Domain"),
    ] {
        assert_eq!(calc(expression), expected, "{expression}");
    }
}

#[test]
fn a_third_times_three_is_not_one() {
    let third = Number::ONE.div(&Number::from_i64(3), MAX).unwrap();
    assert_ne!(third.mul(&Number::from_i64(3), MAX).unwrap(), Number::ONE);
}

#[test]
fn a_long_product_is_rounded_and_keeps_128_digits() {
    let mut value = n("0.123456789");
    for _ in 0..20 {
        value = value.mul(&n("1.000000001"), 1000).unwrap();
        value = value.mul(&value, 1000).unwrap();
    }
    let (_, digits, scale) = value.digits();
    assert!(digits.len() <= 129, "{}", digits.len());
    assert!(scale <= 1000);
    // Up to there it is exact: the product in a loop is the power.
    let mut product = Number::ONE;
    for _ in 0..100 {
        product = product.mul(&n("1.1"), 1000).unwrap();
    }
    assert_eq!(product, n("1.1").pow(&Number::from_i64(100), 1000).unwrap());
}

#[test]
fn functions() {
    // Sqrt and its kin go through doubles with 15 digits.
    let text = |result: Result<Number, NumberError>| match result {
        Ok(number) => number.to_invariant_text(),
        Err(error) => format!("{error:?}"),
    };
    assert_eq!(text(n("2").sqrt()), "1.4142135623731");
    assert_eq!(text(n("4").sqrt()), "2");
    assert_eq!(text(n("-1").sqrt()), "Domain");
    assert_eq!(text(n("0").ln()), "Domain");
    assert_eq!(text(n("1").ln()), "0");
    assert_eq!(text(n("1000").log10()), "3");
    assert_eq!(text(n("1").exp()), "2.71828182845905");
    assert_eq!(text(n("100000").exp()), "TooLarge");
    assert_eq!(text(n("0").sin()), "0");
    assert_eq!(text(n("1").cos()), "0.54030230586814");
    assert_eq!(text(n("1").tan()), "1.5574077246549");
    assert_eq!(text(n("2").asin()), "Domain");
    assert_eq!(text(n("2").acos()), "Domain");
    assert_eq!(text(n("1").atan()), "0.785398163397448");
    assert_eq!(n("-3.7").trunc(), n("-3"));
    assert_eq!(n("3.7").trunc(), n("3"));
    assert_eq!(n("-0.7").trunc(), Number::ZERO);
}

#[test]
fn rounding() {
    for (text, digits, away, to_zero) in [
        ("2.5", 0, "3", "2"),
        ("-2.5", 0, "-3", "-2"),
        ("2.51", 0, "3", "3"),
        ("2.49", 0, "2", "2"),
        ("1.005", 2, "1.01", "1"),
        ("1.25", 1, "1.3", "1.2"),
        ("1234.5", -2, "1200", "1200"),
        ("1250", -2, "1300", "1200"),
        ("50", -2, "100", "0"),
        ("49", -2, "0", "0"),
        ("5", -1, "10", "0"),
        ("5", -2, "0", "0"),
        ("5", -2_000_000_000, "0", "0"),
        ("0.5", 0, "1", "0"),
        ("0.05", 0, "0", "0"),
        ("1.5", 2_000_000_000, "1.5", "1.5"),
        ("9.995", 2, "10", "9.99"),
        (
            "123456789012345678901234567890123456789012.5",
            0,
            "123456789012345678901234567890123456789013",
            "123456789012345678901234567890123456789012",
        ),
        (
            "-123456789012345678901234567890123456789012.5",
            0,
            "-123456789012345678901234567890123456789013",
            "-123456789012345678901234567890123456789012",
        ),
        (
            "123456789012345678901234567890123456789050",
            -2,
            "123456789012345678901234567890123456789100",
            "123456789012345678901234567890123456789000",
        ),
    ] {
        assert_eq!(
            n(text).round(digits, Rounding::HalfAway),
            n(away),
            "{text} to {digits}"
        );
        assert_eq!(
            n(text).round(digits, Rounding::HalfToZero),
            n(to_zero),
            "{text} to {digits}, mode 0"
        );
    }
}

#[test]
fn parsing_as_1c() {
    for (text, expected) in [
        ("12.5", Some("12.5")),
        (" 12 ", Some("12")),
        ("12,5", Some("12.5")),
        ("12\u{a0}345", Some("12345")),
        ("-1\u{a0}234\u{a0}567,89", Some("-1234567.89")),
        ("\u{a0}7\u{a0}", Some("7")),
        ("+5", Some("5")),
        ("5.", Some("5")),
        (".5", Some("0.5")), // believed
        ("007", Some("7")),
        ("-0", Some("0")),
        ("1 000", None),
        ("", None),
        (" ", None),
        ("-", None),
        (".", None),
        ("1e5", None),
        ("1.2.3", None),
        ("1,2.3", None),
        ("1\u{a0}\u{a0}2", None),
        ("1\u{a0},5", None),
        ("а", None),
        ("12 шт", None),
        ("--5", None),
        ("٣", None),
    ] {
        let parsed = Number::parse_1c(text, MAX)
            .ok()
            .map(|number| number.to_invariant_text());
        assert_eq!(parsed.as_deref(), expected, "«{text}»");
    }
    // XMLЗначение takes the invariant form only.
    for text in ["12,5", "12\u{a0}345", "1e5", "\u{a0}7"] {
        assert_eq!(
            Number::parse_invariant(text, MAX),
            Err(ParseNumberError::Syntax),
            "«{text}»"
        );
    }
    assert_eq!(Number::parse_1c(&"9".repeat(60), MAX).map(|_| ()), Ok(()));
    assert_eq!(
        Number::parse_1c(&"9".repeat(61), MAX),
        Err(ParseNumberError::TooLarge)
    );
    assert_eq!(
        Number::parse_1c(&"9".repeat(100_000), MAX),
        Err(ParseNumberError::TooLarge)
    );
    assert_eq!(
        Number::parse_1c(&format!("0.{}", "0".repeat(100_000)), MAX),
        Err(ParseNumberError::TooLarge)
    );
}

#[test]
fn parsing_with_an_exponent() {
    for (text, expected) in [
        ("1e5", "Ok(100000)"),
        ("1.5E-3", "Ok(0.0015)"),
        ("-1.25e+1", "Ok(-12.5)"),
        ("12", "Ok(12)"),
        ("0e999999999999", "Ok(0)"),
        ("1e-999999999999", "Ok(0)"),
        ("1e999999999999", "Err(TooLarge)"),
        ("1e61", "Err(TooLarge)"),
        ("1e", "Err(Syntax)"),
        ("1e+", "Err(Syntax)"),
        ("1e1.5", "Err(Syntax)"),
        ("e5", "Err(Syntax)"),
    ] {
        assert_eq!(
            format!("{:?}", Number::parse_scientific(text, MAX)),
            expected,
            "{text}"
        );
    }
}

#[test]
fn texts() {
    for (invariant, in_1c) in [
        ("0", "0"),
        ("999", "999"),
        ("-999", "-999"),
        ("1000", "1\u{a0}000"),
        ("1234567.89", "1\u{a0}234\u{a0}567,89"),
        ("-1234.5", "-1\u{a0}234,5"),
        ("0.05", "0,05"),
        ("-0.5", "-0,5"),
        ("100000", "100\u{a0}000"),
        (
            "12345678901234567890123456789012345678901234567890.5",
            "12\u{a0}345\u{a0}678\u{a0}901\u{a0}234\u{a0}567\u{a0}890\u{a0}123\u{a0}456\u{a0}789\u{a0}012\u{a0}345\u{a0}678\u{a0}901\u{a0}234\u{a0}567\u{a0}890,5",
        ),
    ] {
        assert_eq!(n(invariant).to_invariant_text(), invariant);
        assert_eq!(n(invariant).to_1c_text(), in_1c);
    }
    // Trailing zeros never show.
    assert_eq!(n("1.50").to_1c_text(), "1,5");
    assert_eq!(n("10.000").to_1c_text(), "10");
    assert_eq!(n("-0.0").to_1c_text(), "0");
}

#[test]
fn doubles() {
    assert_eq!(Number::from_f64(0.1), Some(n("0.1")));
    assert_eq!(Number::from_f64(1.0 / 3.0), Some(n("0.333333333333333")));
    assert_eq!(Number::from_f64(1e20), Some(n("100000000000000000000")));
    assert_eq!(Number::from_f64(f64::NAN), None);
    assert_eq!(Number::from_f64(f64::INFINITY), None);
    assert_eq!(Number::from_f64(-0.0), Some(Number::ZERO));
    assert_eq!(n("0.1").to_f64(), 0.1);
    assert_eq!(
        n("123456789012345678901234567890.5").to_f64(),
        123456789012345678901234567890.5
    );
    assert_eq!(n("2.5").to_i64(), None);
    assert_eq!(n("2.5").to_i64_saturating(), 2);
    assert_eq!(n("-99999999999999999999").to_i64_saturating(), i64::MIN);
    assert_eq!(n("99999999999999999999").to_i64_saturating(), i64::MAX);
    assert_eq!(
        n("99999999999999999999").to_i128(),
        Some(99_999_999_999_999_999_999)
    );
}

#[test]
fn a_value_takes_16_bytes() {
    assert_eq!(size_of::<Number>(), 16);
}

fn hash(number: &Number) -> u64 {
    let mut hasher = DefaultHasher::new();
    number.hash(&mut hasher);
    hasher.finish()
}

/// A number by the slow road: mantissa and scale as they are, never normalised.
#[derive(Debug, Clone)]
struct Slow(BigInt, u32);

impl Slow {
    fn number(&self) -> Number {
        Number::from_big(self.0.clone(), self.1)
    }
}

/// Lengths around each change of width, and few enough values that equal ones meet.
fn slow() -> impl Strategy<Value = Slow> {
    let mantissa = prop_oneof![
        (-20i128..20).prop_map(BigInt::from),
        any::<i32>().prop_map(BigInt::from),
        any::<i64>().prop_map(BigInt::from),
        any::<i128>().prop_map(BigInt::from),
        Just(BigInt::from(i64::MIN)),
        Just(BigInt::from(i64::MAX)),
        Just(BigInt::from(i128::MIN)),
        (any::<i128>(), any::<i128>()).prop_map(|(left, right)| BigInt::from(left) * right),
        (any::<i64>(), 0u32..40).prop_map(|(left, zeros)| BigInt::from(left) * pow10_big(zeros)),
    ];
    (mantissa, prop_oneof![Just(0u32), 0u32..6, 0u32..40])
        .prop_map(|(mantissa, scale)| Slow(mantissa, scale))
}

const WIDE: u32 = 400;

proptest! {
    #[test]
    fn sums_and_products_are_exact(a in slow(), b in slow()) {
        let (left, right) = (a.number(), b.number());
        let (x, y) = (&a.0 * pow10_big(b.1), &b.0 * pow10_big(a.1));
        let scale = a.1 + b.1;
        prop_assert_eq!(left.add(&right, WIDE).unwrap(), Slow(&x + &y, scale).number());
        prop_assert_eq!(left.sub(&right, WIDE).unwrap(), Slow(&x - &y, scale).number());
        prop_assert_eq!(left.mul(&right, WIDE).unwrap(), Slow(&a.0 * &b.0, scale).number());
        prop_assert_eq!(left.cmp(&right), x.cmp(&y));
        prop_assert_eq!(left == right, x == y);
        if x == y {
            prop_assert_eq!(hash(&left), hash(&right));
        }
        prop_assert_eq!(left.neg().neg(), left.clone());
        prop_assert_eq!(left.add(&left.neg(), WIDE).unwrap(), Number::ZERO);
    }

    #[test]
    fn quotients_are_within_half_of_the_last_digit(a in slow(), b in slow()) {
        let (left, right) = (a.number(), b.number());
        let (x, y) = (&a.0 * pow10_big(b.1), &b.0 * pow10_big(a.1));
        match left.div(&right, WIDE) {
            Err(error) => {
                prop_assert_eq!(error, NumberError::DivisionByZero);
                prop_assert!(right.is_zero());
            }
            Ok(quotient) => {
                // |q*10^27*y - x*10^27| * 2 <= |y|
                prop_assert!(quotient.scale() <= DIVISION_DIGITS);
                let (mantissa, scale) = quotient.to_big();
                let scaled = mantissa * pow10_big(DIVISION_DIGITS - scale);
                let error: BigInt = (scaled * &y - &x * pow10_big(DIVISION_DIGITS)) * 2;
                prop_assert!(error.magnitude() <= y.magnitude());
                prop_assert_eq!(
                    left.rem(&right, WIDE).unwrap(),
                    Slow(&x % &y, a.1 + b.1).number()
                );
            }
        }
    }

    #[test]
    fn rounding_is_the_nearest(a in slow(), digits in -50i64..50) {
        let value = a.number();
        for mode in [Rounding::HalfAway, Rounding::HalfToZero] {
            let rounded = value.round(digits, mode);
            prop_assert!(i64::from(rounded.scale()) <= digits.max(0));
            let unit = if digits >= 0 {
                Number::from_big(BigInt::from(1), digits as u32)
            } else {
                Number::from_big(pow10_big(digits.unsigned_abs() as u32), 0)
            };
            let error = rounded.sub(&value, WIDE).unwrap().abs();
            let doubled = error.add(&error, WIDE).unwrap();
            match doubled.cmp(&unit) {
                Ordering::Less => {}
                Ordering::Equal => prop_assert_eq!(
                    rounded.abs() > value.abs(),
                    mode == Rounding::HalfAway
                ),
                Ordering::Greater => prop_assert!(false, "{:?} to {}: {:?}", value, digits, rounded),
            }
        }
    }

    #[test]
    fn texts_read_back(a in slow()) {
        let value = a.number();
        prop_assert_eq!(Number::parse_invariant(&value.to_invariant_text(), WIDE), Ok(value.clone()));
        prop_assert_eq!(Number::parse_1c(&value.to_1c_text(), WIDE), Ok(value.clone()));
        prop_assert_eq!(value.trunc(), value.round(0, Rounding::HalfToZero).min_magnitude(&value));
    }

    #[test]
    fn any_text_is_answered(text in "[-+0-9.,eE \u{a0}а]{0,30}", rest in any::<String>()) {
        let _ = Number::parse_1c(&text, MAX);
        let _ = Number::parse_invariant(&text, MAX);
        let _ = Number::parse_scientific(&text, MAX);
        let _ = Number::parse_1c(&rest, MAX);
    }

    /// Both roads from doubles give the same 15 digits.
    #[test]
    fn doubles_of_15_digits_come_back(
        value in prop_oneof![
            -1e15f64..1e15,
            -10f64..10.0,
            proptest::num::f64::NORMAL.prop_filter("within the digits", |value| value.abs() < 1e300 && value.abs() > 1e-300),
            (1i64..1_000_000, 0i32..12).prop_map(|(mantissa, scale)| mantissa as f64 / 10f64.powi(scale)),
            (-20i32..20).prop_map(|power| 10f64.powi(power)),
        ],
    ) {
        let number = Number::from_f64(value).unwrap();
        let slow = Number::parse_scientific(&format!("{value:.14e}"), 1000).unwrap();
        prop_assert_eq!(&number, &slow);
        prop_assert_eq!(number.to_f64(), format!("{value:.14e}").parse::<f64>().unwrap());
    }
}

impl Number {
    /// The whole part by another road: rounded to the nearest, and back a step when it grew.
    fn min_magnitude(self, exact: &Number) -> Number {
        if self.abs() <= exact.abs() {
            return self;
        }
        let step = if self.is_negative() {
            Number::ONE
        } else {
            Number::from_i64(-1)
        };
        self.add(&step, WIDE).unwrap()
    }
}
