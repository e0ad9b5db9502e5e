//! Converts computed values to the type of their column, or refuses them: SQLite itself
//! stores any value.

use bigdecimal::RoundingMode;

use super::decimal::{decimal as number, text as number_text};
use super::{Argument, FunctionError, Output, Result, range, wrong};

pub(super) fn decimal(arguments: &[Argument<'_>]) -> Result<Output> {
    let [value, precision, scale, column] = arguments else {
        return Err(wrong(
            "expected a number, its digits, its scale and a column",
        ));
    };
    let (precision, scale) = (precision.integer()?, scale.integer()?);
    let value = number(*value)?.with_scale_round(scale, RoundingMode::HalfUp);
    // After scaling, the remaining digits are those before the point.
    let (digits, _) = value.as_bigint_and_scale();
    let size = digits.magnitude().to_string().trim_start_matches('0').len();
    if i64::try_from(size).unwrap_or(i64::MAX) > precision {
        return Err(range(format!(
            "column `{}`: {} does not fit DECIMAL({precision}, {scale})",
            column.text()?,
            value.to_plain_string()
        )));
    }
    number_text(&value)
}

pub(super) fn int(arguments: &[Argument<'_>]) -> Result<Output> {
    let [value, bits, column] = arguments else {
        return Err(wrong("expected an integer, its bits and a column"));
    };
    let (Argument::Integer(value), bits) = (*value, bits.integer()?) else {
        return Err(wrong(format!(
            "column `{}` accepts only integers",
            column.text()?
        )));
    };
    let fits = match bits {
        16 => i16::try_from(value).is_ok(),
        _ => i32::try_from(value).is_ok(),
    };
    if fits {
        return Ok(Output::Integer(value));
    }
    let message = format!(
        "column `{}`: {value} does not fit {bits} bits",
        column.text()?
    );
    Err(range(message))
}

pub(super) fn text(arguments: &[Argument<'_>]) -> Result<Output> {
    let [value, length, column] = arguments else {
        return Err(wrong("expected a string, its length and a column"));
    };
    let (text, most) = (value.text()?, length.integer()?);
    let length = text.chars().count();
    if i64::try_from(length).unwrap_or(i64::MAX) > most {
        return Err(FunctionError::TooLong(format!(
            "column `{}`: a string of {length} characters does not fit VARCHAR({most})",
            column.text()?
        )));
    }
    Ok(Output::Text(text.to_owned()))
}

pub(super) fn refuse(arguments: &[Argument<'_>]) -> Result<Output> {
    let [message] = arguments else {
        return Err(wrong("expected a message"));
    };
    Err(FunctionError::Constraint(message.text()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(value: Argument<'_>, precision: i64, scale: i64) -> Result<Output> {
        decimal(&[
            value,
            Argument::Integer(precision),
            Argument::Integer(scale),
            Argument::Text("price"),
        ])
    }

    #[test]
    fn decimals_are_rounded_and_refused() {
        for (value, expected) in [
            ("1.2705", "1.27"),
            ("0.005", "0.01"),
            ("-0.005", "-0.01"),
            ("9999.994", "9999.99"),
            ("0", "0"),
            ("0.01", "0.01"),
        ] {
            let expected = Ok(Output::Text(expected.to_owned()));
            assert_eq!(fit(Argument::Text(value), 6, 2), expected, "{value}");
        }
        for value in ["9999.995", "10000", "-999900"] {
            assert!(fit(Argument::Text(value), 6, 2).is_err(), "{value}");
        }
        assert!(fit(Argument::Text("0.1"), 2, 2).is_ok());
        assert!(fit(Argument::Text("1"), 2, 2).is_err());
        assert!(fit(Argument::Integer(12), 2, 0).is_ok());
        assert!(fit(Argument::Real(0.1), 2, 2).is_ok());
    }

    #[test]
    fn texts_and_integers_are_refused() {
        let of = |value, most| [value, Argument::Integer(most), Argument::Text("a")];
        assert!(text(&of(Argument::Text("äöü"), 3)).is_ok());
        assert!(matches!(
            text(&of(Argument::Text("äöüx"), 3)),
            Err(FunctionError::TooLong(_))
        ));
        assert!(int(&of(Argument::Integer(32_767), 16)).is_ok());
        assert!(int(&of(Argument::Integer(32_768), 16)).is_err());
        assert!(int(&of(Argument::Integer(32_768), 32)).is_ok());
    }
}
