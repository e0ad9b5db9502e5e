//! Functions of integers and real numbers.

use super::{Answer, Argument, Gather, Result, range, wrong};

fn integers(arguments: &[Argument<'_>]) -> Result<(i64, i64)> {
    match arguments {
        [a, b] => Ok((a.integer()?, b.integer()?)),
        _ => Err(wrong("expected two integers")),
    }
}

fn checked(result: Option<i64>) -> Result<Answer> {
    result
        .map(Answer::Integer)
        .ok_or_else(|| range("integer overflow"))
}

pub(super) fn double(arguments: &[Argument<'_>]) -> Result<Answer> {
    let [text] = arguments else {
        return Err(wrong("expected a text"));
    };
    text.text()?
        .parse()
        .map(Answer::Real)
        .map_err(|_| wrong("expected a number as text"))
}

pub(super) fn int_add(arguments: &[Argument<'_>]) -> Result<Answer> {
    let (a, b) = integers(arguments)?;
    checked(a.checked_add(b))
}

pub(super) fn int_sub(arguments: &[Argument<'_>]) -> Result<Answer> {
    let (a, b) = integers(arguments)?;
    checked(a.checked_sub(b))
}

pub(super) fn int_mul(arguments: &[Argument<'_>]) -> Result<Answer> {
    let (a, b) = integers(arguments)?;
    checked(a.checked_mul(b))
}

pub(super) fn int_pow(arguments: &[Argument<'_>]) -> Result<Answer> {
    let (a, b) = integers(arguments)?;
    // 0, 1 and -1 take any exponent; for others 64 is far beyond the range.
    let exponent = match (a, u64::try_from(b)) {
        (_, Err(_)) => return Err(range("the exponent is negative")),
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

fn finite(result: f64) -> Result<Answer> {
    if result.is_finite() {
        Ok(Answer::Real(result))
    } else {
        Err(range("the result is out of range"))
    }
}

pub(super) fn floor(arguments: &[Argument<'_>]) -> Result<Answer> {
    Ok(Answer::Real(real(arguments)?.floor()))
}

pub(super) fn ceil(arguments: &[Argument<'_>]) -> Result<Answer> {
    Ok(Answer::Real(real(arguments)?.ceil()))
}

pub(super) fn power(arguments: &[Argument<'_>]) -> Result<Answer> {
    match arguments {
        [a, b] => finite(a.real()?.powf(b.real()?)),
        _ => Err(wrong("expected two numbers")),
    }
}

pub(super) fn sqrt(arguments: &[Argument<'_>]) -> Result<Answer> {
    let number = real(arguments)?;
    if number < 0.0 {
        return Ok(Answer::Null);
    }
    Ok(Answer::Real(number.sqrt()))
}

pub(super) fn exp(arguments: &[Argument<'_>]) -> Result<Answer> {
    finite(real(arguments)?.exp())
}

pub(super) fn ln(arguments: &[Argument<'_>]) -> Result<Answer> {
    let number = real(arguments)?;
    if number <= 0.0 {
        return Ok(Answer::Null);
    }
    Ok(Answer::Real(number.ln()))
}

/// Mean and squared distance so far (Welford's way, which loses no digits).
#[derive(Default)]
struct Spread {
    count: f64,
    mean: f64,
    squares: f64,
    sample: bool,
    root: bool,
}

impl Gather for Spread {
    fn step(&mut self, argument: Argument<'_>) -> Result<()> {
        let number = argument.real()?;
        self.count += 1.0;
        let before = number - self.mean;
        self.mean += before / self.count;
        self.squares += before * (number - self.mean);
        Ok(())
    }

    fn value(&self) -> Result<Answer> {
        let divisor = if self.sample {
            self.count - 1.0
        } else {
            self.count
        };
        if divisor <= 0.0 {
            return Ok(Answer::Null);
        }
        let variance = self.squares / divisor;
        Ok(Answer::Real(if self.root {
            variance.sqrt()
        } else {
            variance
        }))
    }
}

fn spread(sample: bool, root: bool) -> Box<dyn Gather> {
    Box::new(Spread {
        sample,
        root,
        ..Spread::default()
    })
}

pub(super) fn stddev_pop() -> Box<dyn Gather> {
    spread(false, true)
}

pub(super) fn stddev_samp() -> Box<dyn Gather> {
    spread(true, true)
}

pub(super) fn var_pop() -> Box<dyn Gather> {
    spread(false, false)
}

pub(super) fn var_samp() -> Box<dyn Gather> {
    spread(true, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflow_is_an_error() {
        let two = |a, b| [Argument::Integer(a), Argument::Integer(b)];
        assert_eq!(int_add(&two(1, 2)), Ok(Answer::Integer(3)));
        assert!(int_add(&two(i64::MAX, 1)).is_err());
        assert!(int_mul(&two(i64::MIN, -1)).is_err());
        assert_eq!(int_pow(&two(-1, 1_000_001)), Ok(Answer::Integer(-1)));
        assert_eq!(int_pow(&two(-1, 1_000_000)), Ok(Answer::Integer(1)));
        assert_eq!(int_pow(&two(0, 0)), Ok(Answer::Integer(1)));
        assert_eq!(int_pow(&two(0, 4)), Ok(Answer::Integer(0)));
        assert!(int_pow(&two(2, 63)).is_err());
        assert!(int_pow(&two(2, -1)).is_err());
    }

    #[test]
    fn spreads() {
        let mut gather = var_samp();
        for int in [2, 4, 4, 4, 5, 5, 7, 9] {
            gather.step(Argument::Integer(int)).unwrap();
        }
        let Answer::Real(variance) = gather.value().unwrap() else {
            panic!("no number");
        };
        assert!((variance - 32.0 / 7.0).abs() < 1e-12);
        let mut gather = stddev_samp();
        gather.step(Argument::Integer(2)).unwrap();
        assert_eq!(gather.value(), Ok(Answer::Null));
    }
}
