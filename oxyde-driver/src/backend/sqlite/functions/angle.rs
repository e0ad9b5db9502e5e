//! Trigonometry, in radians. Outside of a function's domain the result is NULL.

use super::{Argument, Output, Result, wrong};

fn of(arguments: &[Argument<'_>], function: fn(f64) -> f64) -> Result<Output> {
    let [number] = arguments else {
        return Err(wrong("expected a number"));
    };
    let result = function(number.real()?);
    Ok(if result.is_finite() {
        Output::Real(result)
    } else {
        Output::Null
    })
}

pub(super) fn sin(arguments: &[Argument<'_>]) -> Result<Output> {
    of(arguments, f64::sin)
}

pub(super) fn cos(arguments: &[Argument<'_>]) -> Result<Output> {
    of(arguments, f64::cos)
}

pub(super) fn tan(arguments: &[Argument<'_>]) -> Result<Output> {
    of(arguments, f64::tan)
}

pub(super) fn cot(arguments: &[Argument<'_>]) -> Result<Output> {
    of(arguments, |number| number.tan().recip())
}

pub(super) fn asin(arguments: &[Argument<'_>]) -> Result<Output> {
    of(arguments, f64::asin)
}

pub(super) fn acos(arguments: &[Argument<'_>]) -> Result<Output> {
    of(arguments, f64::acos)
}

pub(super) fn atan(arguments: &[Argument<'_>]) -> Result<Output> {
    of(arguments, f64::atan)
}

pub(super) fn atan2(arguments: &[Argument<'_>]) -> Result<Output> {
    let [y, x] = arguments else {
        return Err(wrong("expected two numbers"));
    };
    Ok(Output::Real(y.real()?.atan2(x.real()?)))
}

pub(super) fn degrees(arguments: &[Argument<'_>]) -> Result<Output> {
    of(arguments, f64::to_degrees)
}

pub(super) fn radians(arguments: &[Argument<'_>]) -> Result<Output> {
    of(arguments, f64::to_radians)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_of_the_domain_it_is_null() {
        let number = |real| [Argument::Real(real)];
        assert_eq!(acos(&number(1.5)), Ok(Output::Null));
        assert_eq!(asin(&number(-1.5)), Ok(Output::Null));
        assert_eq!(cot(&number(0.0)), Ok(Output::Null));
        assert_eq!(cos(&number(0.0)), Ok(Output::Real(1.0)));
        assert_eq!(degrees(&number(0.0)), Ok(Output::Real(0.0)));
    }
}
