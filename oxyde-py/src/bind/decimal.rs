//! Binds decimal numbers: exact or refused, never rounded.

use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt};

use super::types::Types;
use super::{Context, Fit, Misfit, enum_value};

/// More digits than any column of a supported database accepts (PostgreSQL's NUMERIC).
const MOST_WHOLE_DIGITS: i64 = 131_072;
const MOST_FRACTION_DIGITS: i64 = 16_383;

/// A Decimal or int. Written values must fit precision and scale; compared values need not.
pub(super) fn decimal(
    value: &Bound<'_, PyAny>,
    precision: Option<u16>,
    scale: Option<u16>,
    context: Context,
) -> Fit<Value> {
    let py = value.py();
    let types = Types::get(py);
    if value.is_instance(types.decimal.bind(py))? {
        let text = plain_text(value)?;
        if text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
            return special(&text, precision, context);
        }
        return fit(text, precision, scale, context);
    }
    if value.is_exact_instance_of::<PyBool>() {
        return Err(Misfit::wrong_type(value, "Decimal"));
    }
    if value.is_instance_of::<PyFloat>() {
        return Err(Misfit::wrong_type(value, "Decimal").hint(
            "Decimal(str(value)) is the number that is printed, Decimal(value) the exact binary one",
        ));
    }
    if let Some(inner) = enum_value(value)? {
        return decimal(&inner, precision, scale, context);
    }
    if value.is_instance_of::<PyInt>() {
        // Convert through Decimal, because str() of an int has a digit limit.
        let number = types.decimal.bind(py).call1((value,))?;
        return fit(plain_text(&number)?, precision, scale, context);
    }
    Err(Misfit::wrong_type(value, "Decimal").hint("convert it with Decimal(...)"))
}

/// Format the number in plain notation, or as `NaN`, `Infinity` or `-Infinity`.
fn plain_text(number: &Bound<'_, PyAny>) -> Fit<String> {
    let text = number.str()?.to_string();
    let Some((_, exponent)) = text.split_once(['E', 'e']) else {
        return Ok(text);
    };
    let exponent = exponent.parse::<i64>().unwrap_or(i64::MAX);
    if !(-2 * MOST_FRACTION_DIGITS..=MOST_WHOLE_DIGITS).contains(&exponent) {
        return Err(Misfit::new(
            "got a Decimal with more digits than a database stores",
        ));
    }
    Ok(number.call_method1("__format__", ("f",))?.extract()?)
}

fn special(text: &str, precision: Option<u16>, context: Context) -> Fit<Value> {
    let allowed = context.limits.decimal_special && (precision.is_none() || text == "NaN");
    match text {
        "NaN" | "Infinity" | "-Infinity" if allowed => Ok(Value::Decimal(text.to_owned())),
        "NaN" | "-NaN" | "Infinity" | "-Infinity" => Err(Misfit::new(format!(
            "got Decimal {text}, which this column does not store"
        ))),
        _ => Err(Misfit::new(
            "got a signaling NaN or a NaN with a payload, which is not stored",
        )),
    }
}

fn fit(text: String, precision: Option<u16>, scale: Option<u16>, context: Context) -> Fit<Value> {
    let digits = text.trim_start_matches('-');
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = i64::try_from(whole.trim_start_matches('0').len()).unwrap_or(i64::MAX);
    let fraction = i64::try_from(fraction.trim_end_matches('0').len()).unwrap_or(i64::MAX);
    if whole > MOST_WHOLE_DIGITS || fraction > MOST_FRACTION_DIGITS {
        return Err(Misfit::new(
            "got a Decimal with more digits than a database stores",
        ));
    }
    if let Some(precision) = precision
        && !context.lookup
    {
        let scale = i64::from(scale.unwrap_or(0));
        if fraction > scale {
            return Err(Misfit::new(format!(
                "takes {scale} digits after the point; the value has {fraction}"
            ))
            .hint("round it yourself (Decimal.quantize), or raise `decimal_places`"));
        }
        let most = i64::from(precision) - scale;
        if whole > most {
            return Err(Misfit::new(format!(
                "takes {most} digits before the point; the value has {whole}"
            ))
            .hint("raise `max_digits`"));
        }
    }
    Ok(Value::Decimal(text))
}
