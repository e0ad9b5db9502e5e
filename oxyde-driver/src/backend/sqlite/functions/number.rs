//! Functions of integers and real numbers.

use super::{AggregateState, Argument, Output, Result, range, wrong};

fn integers(arguments: &[Argument<'_>]) -> Result<(i64, i64)> {
    match arguments {
        [a, b] => Ok((a.integer()?, b.integer()?)),
        _ => Err(wrong("expected two integers")),
    }
}

fn checked(result: Option<i64>) -> Result<Output> {
    result
        .map(Output::Integer)
        .ok_or_else(|| range("integer overflow"))
}

pub(super) fn double(arguments: &[Argument<'_>]) -> Result<Output> {
    let [text] = arguments else {
        return Err(wrong("expected a string"));
    };
    text.text()?
        .parse()
        .map(Output::Real)
        .map_err(|_| wrong("expected a number as text"))
}

/// Convert text to a number, or NULL.
pub(super) fn to_int(arguments: &[Argument<'_>]) -> Result<Output> {
    let text = written(arguments)?;
    let number = text.trim_matches(' ').parse();
    Ok(number.map_or(Output::Null, Output::Integer))
}

/// Convert text to a number, or NULL.
pub(super) fn to_real(arguments: &[Argument<'_>]) -> Result<Output> {
    let text = written(arguments)?;
    let text = text.trim_matches(' ');
    // Rust also accepts "inf" and "nan".
    let plain = text.bytes().any(|byte| byte.is_ascii_digit());
    match text.parse::<f64>() {
        Ok(number) if plain && number.is_finite() => Ok(Output::Real(number)),
        _ => Ok(Output::Null),
    }
}

/// A value as text; a column may contain a number instead of text.
pub(super) fn written(arguments: &[Argument<'_>]) -> Result<String> {
    match arguments {
        [Argument::Text(text)] => Ok((*text).to_owned()),
        [Argument::Integer(int)] => Ok(int.to_string()),
        [Argument::Real(real)] => Ok(real.to_string()),
        _ => Err(wrong("expected a string")),
    }
}

pub(super) fn int_add(arguments: &[Argument<'_>]) -> Result<Output> {
    let (a, b) = integers(arguments)?;
    checked(a.checked_add(b))
}

pub(super) fn int_sub(arguments: &[Argument<'_>]) -> Result<Output> {
    let (a, b) = integers(arguments)?;
    checked(a.checked_sub(b))
}

pub(super) fn int_mul(arguments: &[Argument<'_>]) -> Result<Output> {
    let (a, b) = integers(arguments)?;
    checked(a.checked_mul(b))
}

pub(super) fn int_pow(arguments: &[Argument<'_>]) -> Result<Output> {
    let (a, b) = integers(arguments)?;
    // 0, 1 and -1 accept any exponent; for others, 64 is far out of range.
    let exponent = match (a, u64::try_from(b)) {
        (_, Err(_)) => return Ok(Output::Null),
        (-1..=1, Ok(exponent)) => u32::try_from(exponent % 2 + 2 * exponent.min(1)).unwrap_or(0),
        (_, Ok(exponent)) => u32::try_from(exponent).unwrap_or(u32::MAX),
    };
    checked(a.checked_pow(exponent))
}

fn real(arguments: &[Argument<'_>]) -> Result<f64> {
    match arguments {
        [a] => a.real(),
        _ => Err(wrong("expected a number")),
    }
}

fn finite(result: f64) -> Result<Output> {
    if result.is_finite() {
        Ok(Output::Real(result))
    } else {
        Err(range("the result is out of range"))
    }
}

pub(super) fn floor(arguments: &[Argument<'_>]) -> Result<Output> {
    Ok(Output::Real(real(arguments)?.floor()))
}

pub(super) fn ceil(arguments: &[Argument<'_>]) -> Result<Output> {
    Ok(Output::Real(real(arguments)?.ceil()))
}

pub(super) fn power(arguments: &[Argument<'_>]) -> Result<Output> {
    match arguments {
        [a, b] => {
            let (base, exponent) = (a.real()?, b.real()?);
            let undefined =
                (base == 0.0 && exponent < 0.0) || (base < 0.0 && exponent.fract() != 0.0);
            if undefined {
                return Ok(Output::Null);
            }
            finite(base.powf(exponent))
        }
        _ => Err(wrong("expected two numbers")),
    }
}

pub(super) fn sqrt(arguments: &[Argument<'_>]) -> Result<Output> {
    let number = real(arguments)?;
    if number < 0.0 {
        return Ok(Output::Null);
    }
    Ok(Output::Real(number.sqrt()))
}

pub(super) fn exp(arguments: &[Argument<'_>]) -> Result<Output> {
    finite(real(arguments)?.exp())
}

pub(super) fn ln(arguments: &[Argument<'_>]) -> Result<Output> {
    let number = real(arguments)?;
    if number <= 0.0 {
        return Ok(Output::Null);
    }
    Ok(Output::Real(number.ln()))
}

pub(super) fn log(arguments: &[Argument<'_>]) -> Result<Output> {
    let [number, base] = arguments else {
        return Err(wrong("expected a number and a base"));
    };
    let (number, base) = (number.real()?, base.real()?);
    #[expect(clippy::float_cmp, reason = "no other base has a logarithm of 0")]
    if number <= 0.0 || base <= 0.0 || base == 1.0 {
        return Ok(Output::Null);
    }
    Ok(Output::Real(number.ln() / base.ln()))
}

/// Mean and sum of squared deviations so far (Welford's algorithm, numerically stable).
#[derive(Default)]
struct Variance {
    count: f64,
    mean: f64,
    squares: f64,
    sample: bool,
    root: bool,
}

impl AggregateState for Variance {
    fn step(&mut self, argument: Argument<'_>) -> Result<()> {
        let number = argument.real()?;
        self.count += 1.0;
        let before = number - self.mean;
        self.mean += before / self.count;
        self.squares += before * (number - self.mean);
        Ok(())
    }

    fn value(&self) -> Result<Output> {
        let divisor = if self.sample {
            self.count - 1.0
        } else {
            self.count
        };
        if divisor <= 0.0 {
            return Ok(Output::Null);
        }
        let variance = self.squares / divisor;
        Ok(Output::Real(if self.root {
            variance.sqrt()
        } else {
            variance
        }))
    }
}

fn spread(sample: bool, root: bool) -> Box<dyn AggregateState> {
    Box::new(Variance {
        sample,
        root,
        ..Variance::default()
    })
}

pub(super) fn stddev_pop() -> Box<dyn AggregateState> {
    spread(false, true)
}

pub(super) fn stddev_samp() -> Box<dyn AggregateState> {
    spread(true, true)
}

pub(super) fn var_pop() -> Box<dyn AggregateState> {
    spread(false, false)
}

pub(super) fn var_samp() -> Box<dyn AggregateState> {
    spread(true, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflow_is_an_error() {
        let two = |a, b| [Argument::Integer(a), Argument::Integer(b)];
        assert_eq!(int_add(&two(1, 2)), Ok(Output::Integer(3)));
        assert!(int_add(&two(i64::MAX, 1)).is_err());
        assert!(int_mul(&two(i64::MIN, -1)).is_err());
        assert_eq!(int_pow(&two(-1, 1_000_001)), Ok(Output::Integer(-1)));
        assert_eq!(int_pow(&two(-1, 1_000_000)), Ok(Output::Integer(1)));
        assert_eq!(int_pow(&two(0, 0)), Ok(Output::Integer(1)));
        assert_eq!(int_pow(&two(0, 4)), Ok(Output::Integer(0)));
        assert!(int_pow(&two(2, 63)).is_err());
        assert_eq!(int_pow(&two(2, -1)), Ok(Output::Null));
    }

    #[test]
    fn spreads() {
        let mut state = var_samp();
        for int in [2, 4, 4, 4, 5, 5, 7, 9] {
            state.step(Argument::Integer(int)).unwrap();
        }
        let Output::Real(variance) = state.value().unwrap() else {
            panic!("no number");
        };
        assert!((variance - 32.0 / 7.0).abs() < 1e-12);
        let mut state = stddev_samp();
        state.step(Argument::Integer(2)).unwrap();
        assert_eq!(state.value(), Ok(Output::Null));
    }
}
