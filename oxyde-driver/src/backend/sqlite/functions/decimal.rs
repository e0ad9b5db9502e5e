//! Exact decimals, which SQLite stores as text.

use std::cmp::Ordering;
use std::num::NonZeroU64;
use std::str::FromStr as _;

use bigdecimal::{BigDecimal, RoundingMode, Signed as _, ToPrimitive as _, Zero as _};

use super::{AggregateState, Argument, Output, Result, range, wrong};
use crate::values::fit::is_finite_decimal;

/// Significant digits of a quotient.
const DIGITS: u64 = 28;
/// Maximum number of digits of a result; more is an error.
const LONGEST: i64 = 10_000;

/// Format a decimal in its shortest plain notation: no leading or trailing zeros, no `-0`.
pub(in crate::backend::sqlite) fn canonical(text: &str) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() {
        if whole == "0" {
            "0".to_owned()
        } else {
            format!("{sign}{whole}")
        }
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

/// Compare two decimals as numbers; other strings sort as strings after all numbers.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    match (is_finite_decimal(a), is_finite_decimal(b)) {
        (true, true) => numbers(a, b),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}

fn numbers(a: &str, b: &str) -> Ordering {
    let (negative_a, size_a) = split(a);
    let (negative_b, size_b) = split(b);
    match (negative_a, negative_b) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => sizes(size_a, size_b),
        (true, true) => sizes(size_b, size_a),
    }
}

/// Split it into its sign, and its digits before and after the point.
fn split(text: &str) -> (bool, (&str, &str)) {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let zero = whole.is_empty() && fraction.is_empty();
    (negative && !zero, (whole, fraction))
}

fn sizes(a: (&str, &str), b: (&str, &str)) -> Ordering {
    a.0.len()
        .cmp(&b.0.len())
        .then_with(|| a.0.cmp(b.0))
        .then_with(|| a.1.cmp(b.1))
}

pub(super) fn decimal(argument: Argument<'_>) -> Result<BigDecimal> {
    match argument {
        Argument::Integer(int) => Ok(BigDecimal::from(int)),
        Argument::Real(real) => {
            BigDecimal::from_str(&real.to_string()).map_err(|_| wrong("expected a decimal number"))
        }
        Argument::Text(text) if is_finite_decimal(text) => {
            BigDecimal::from_str(text).map_err(|_| wrong("expected a decimal number"))
        }
        Argument::Text(_) | Argument::Other => Err(wrong("expected a decimal number")),
    }
}

fn pair(arguments: &[Argument<'_>]) -> Result<(BigDecimal, BigDecimal)> {
    match arguments {
        [a, b] => Ok((decimal(*a)?, decimal(*b)?)),
        _ => Err(wrong("expected two decimal numbers")),
    }
}

fn one(arguments: &[Argument<'_>]) -> Result<BigDecimal> {
    match arguments {
        [a] => decimal(*a),
        _ => Err(wrong("expected a decimal number")),
    }
}

pub(super) fn text(number: &BigDecimal) -> Result<Output> {
    let (_, scale) = number.as_bigint_and_scale();
    if scale.abs() > LONGEST {
        return Err(range("the decimal number has too many digits"));
    }
    Ok(Output::Text(canonical(&number.to_plain_string())))
}

pub(super) fn add(arguments: &[Argument<'_>]) -> Result<Output> {
    let (a, b) = pair(arguments)?;
    text(&(a + b))
}

pub(super) fn sub(arguments: &[Argument<'_>]) -> Result<Output> {
    let (a, b) = pair(arguments)?;
    text(&(a - b))
}

pub(super) fn mul(arguments: &[Argument<'_>]) -> Result<Output> {
    let (a, b) = pair(arguments)?;
    text(&(a * b))
}

pub(super) fn div(arguments: &[Argument<'_>]) -> Result<Output> {
    let (a, b) = pair(arguments)?;
    if b.is_zero() {
        return Ok(Output::Null);
    }
    text(&quotient(&a, &b))
}

fn quotient(a: &BigDecimal, b: &BigDecimal) -> BigDecimal {
    let digits = NonZeroU64::new(DIGITS).unwrap_or(NonZeroU64::MIN);
    (a / b).with_precision_round(digits, RoundingMode::HalfEven)
}

pub(super) fn modulo(arguments: &[Argument<'_>]) -> Result<Output> {
    let (a, b) = pair(arguments)?;
    if b.is_zero() {
        return Ok(Output::Null);
    }
    text(&(a % b))
}

pub(super) fn whole(arguments: &[Argument<'_>]) -> Result<Output> {
    let number = one(arguments)?;
    let int = number.to_i64().filter(|int| number == *int);
    int.map(Output::Integer)
        .ok_or_else(|| range("integer overflow"))
}

pub(super) fn pow(arguments: &[Argument<'_>]) -> Result<Output> {
    let (base, exponent) = pair(arguments)?;
    if exponent.is_integer() {
        let Some(times) = exponent.to_i64().filter(|times| times.abs() <= 1_000) else {
            return Err(range("the exponent is too large"));
        };
        let mut power = BigDecimal::from(1);
        for _ in 0..times.unsigned_abs() {
            power *= &base;
        }
        if times >= 0 {
            return text(&power);
        }
        if power.is_zero() {
            return Ok(Output::Null);
        }
        return text(&quotient(&BigDecimal::from(1), &power));
    }
    let (Some(base), Some(exponent)) = (base.to_f64(), exponent.to_f64()) else {
        return Err(range("the power is too large"));
    };
    if base < 0.0 || (base == 0.0 && exponent < 0.0) {
        return Ok(Output::Null);
    }
    let power = base.powf(exponent);
    if !power.is_finite() {
        return Err(range("the power is not a number"));
    }
    text(&decimal(Argument::Real(power))?)
}

pub(super) fn abs(arguments: &[Argument<'_>]) -> Result<Output> {
    text(&one(arguments)?.abs())
}

pub(super) fn cast(arguments: &[Argument<'_>]) -> Result<Output> {
    text(&one(arguments)?)
}

pub(super) fn round(arguments: &[Argument<'_>]) -> Result<Output> {
    let [number, digits] = arguments else {
        return Err(wrong("expected a number and its digits"));
    };
    let digits = digits.integer()?;
    if digits.abs() > LONGEST {
        return Err(range("too many digits"));
    }
    text(&decimal(*number)?.with_scale_round(digits, RoundingMode::HalfUp))
}

/// Round an integer or real number half away from zero, by its decimal form.
pub(super) fn round_number(arguments: &[Argument<'_>]) -> Result<Output> {
    let [number, digits] = arguments else {
        return Err(wrong("expected a number and its digits"));
    };
    let digits = digits.integer()?.clamp(-400, 400);
    let rounded = |text: String| {
        BigDecimal::from_str(&text)
            .map(|number| number.with_scale_round(digits, RoundingMode::HalfUp))
            .map_err(|_| wrong("expected a number"))
    };
    match number {
        Argument::Integer(_) if digits >= 0 => integer(*number),
        Argument::Integer(int) => rounded(int.to_string())?
            .to_i64()
            .map(Output::Integer)
            .ok_or_else(|| range("integer overflow")),
        Argument::Real(real) if !real.is_finite() => Ok(Output::Real(*real)),
        other => rounded(other.real()?.to_string())?
            .to_plain_string()
            .parse()
            .map(Output::Real)
            .map_err(|_| range("the result is out of range")),
    }
}

fn integer(number: Argument<'_>) -> Result<Output> {
    number.integer().map(Output::Integer)
}

/// Convert text to a number, or NULL.
pub(super) fn to_decimal(arguments: &[Argument<'_>]) -> Result<Output> {
    let written = super::number::written(arguments)?;
    let trimmed = written.trim_matches(' ');
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    let plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    match BigDecimal::from_str(trimmed) {
        Ok(number) if plain && digits.bytes().any(|byte| byte.is_ascii_digit()) => text(&number),
        _ => Ok(Output::Null),
    }
}

pub(super) fn floor(arguments: &[Argument<'_>]) -> Result<Output> {
    text(&one(arguments)?.with_scale_round(0, RoundingMode::Floor))
}

pub(super) fn ceil(arguments: &[Argument<'_>]) -> Result<Output> {
    text(&one(arguments)?.with_scale_round(0, RoundingMode::Ceiling))
}

/// Sum, or mean if it counts.
struct Sum {
    total: BigDecimal,
    count: i64,
    mean: bool,
}

impl AggregateState for Sum {
    fn step(&mut self, argument: Argument<'_>) -> Result<()> {
        self.total += decimal(argument)?;
        self.count += 1;
        Ok(())
    }

    fn undo(&mut self, argument: Argument<'_>) -> Result<()> {
        self.total -= decimal(argument)?;
        self.count -= 1;
        Ok(())
    }

    fn value(&self) -> Result<Output> {
        if self.count == 0 {
            return Ok(Output::Null);
        }
        if self.mean {
            text(&quotient(&self.total, &BigDecimal::from(self.count)))
        } else {
            text(&self.total)
        }
    }
}

pub(super) fn sum() -> Box<dyn AggregateState> {
    Box::new(Sum {
        total: BigDecimal::zero(),
        count: 0,
        mean: false,
    })
}

pub(super) fn avg() -> Box<dyn AggregateState> {
    Box::new(Sum {
        total: BigDecimal::zero(),
        count: 0,
        mean: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_as_numbers() {
        for (a, b, expected) in [
            ("1.50", "1.5", Ordering::Equal),
            ("9", "10", Ordering::Less),
            ("-9", "-10", Ordering::Greater),
            ("-0", "0.00", Ordering::Equal),
            ("0.1", "0.09", Ordering::Greater),
            ("007", "7", Ordering::Equal),
            ("1", "x", Ordering::Less),
        ] {
            assert_eq!(compare(a, b), expected, "{a} {b}");
            assert_eq!(compare(b, a), expected.reverse(), "{b} {a}");
        }
    }

    #[test]
    fn shortest_text() {
        for (text, expected) in [
            ("-0.00", "0"),
            ("1.50", "1.5"),
            ("00100", "100"),
            ("-0.5", "-0.5"),
        ] {
            assert_eq!(canonical(text), expected);
        }
    }

    #[test]
    fn arithmetic_is_exact() {
        let texts = |a, b| [Argument::Text(a), Argument::Text(b)];
        let answer = |text: &str| Ok(Output::Text(text.to_owned()));
        assert_eq!(add(&texts("0.1", "0.2")), answer("0.3"));
        assert_eq!(
            mul(&texts("12345678901234567890.5", "2")),
            answer("24691357802469135781")
        );
        assert_eq!(
            div(&texts("1", "3")),
            answer("0.3333333333333333333333333333")
        );
        assert_eq!(div(&texts("1", "0")), Ok(Output::Null));
        assert_eq!(modulo(&texts("-7", "3")), answer("-1"));
        assert_eq!(pow(&texts("2", "-2")), answer("0.25"));
        assert_eq!(
            round(&[Argument::Text("2.5"), Argument::Integer(0)]),
            answer("3")
        );
        assert!(add(&texts("x", "1")).is_err());
    }
}
