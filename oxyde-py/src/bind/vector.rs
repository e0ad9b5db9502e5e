//! Binds vectors: lists of 32-bit numbers with a fixed length.

use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::{Context, Fit, Misfit, list, number};

/// A list with the column's number of items, each rounded to 32 bits; also a numpy array
/// or a similar sequence.
pub(super) fn vector(
    value: &Bound<'_, PyAny>,
    dimensions: Option<u16>,
    context: Context,
) -> Fit<Value> {
    let listed = pyo3::intern!(value.py(), "tolist");
    if !value.is_instance_of::<PyList>() && value.hasattr(listed)? {
        return vector(&value.call_method0(listed)?, dimensions, context);
    }
    let mut numbers = Vec::with_capacity(dimensions.unwrap_or_default().into());
    list::each(value, "a list of numbers", |item| {
        numbers.push(single(item, context)?);
        Ok(())
    })?;
    match dimensions {
        Some(wanted) if usize::from(wanted) != numbers.len() => Err(Misfit::new(format!(
            "takes {wanted} numbers, not {}",
            numbers.len()
        ))
        .hint("a vector has the length that its field declares")),
        _ => Ok(Value::Vector(numbers)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a vector stores the nearest 32-bit number"
)]
fn single(item: &Bound<'_, PyAny>, context: Context) -> Fit<f32> {
    let Value::Double(number) = number::double(item, context)? else {
        return Err(Misfit::wrong_type(item, "numbers"));
    };
    let single = number as f32;
    if single.is_finite() {
        return Ok(single);
    }
    Err(Misfit::new(format!(
        "takes finite 32-bit numbers, not {number:?}"
    )))
}
