//! Binds ranges: `oxyde.Range`, whose bounds are values of one type.

use oxyde_sql::types::RangeItem;
use oxyde_sql::value::{Included, RangeValue, Value};
use pyo3::prelude::*;

use super::types::Types;
use super::{Context, Fit, Misfit, convert};

/// A range, whose bounds are converted to the type of a column's bounds.
pub(super) fn range(value: &Bound<'_, PyAny>, item: RangeItem, context: Context) -> Fit<Value> {
    if !is_range(value)? {
        return Err(Misfit::wrong_type(value, "a Range").hint("pass Range(lower, upper)"));
    }
    bounds(value, |bound| convert(bound, item.column_type(), context))
}

/// Whether the value is a range.
pub(super) fn is_range(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    value.is_instance(Types::get(py).range.bind(py))
}

/// The value of a range, whose bounds are converted by a function.
pub(super) fn bounds(
    value: &Bound<'_, PyAny>,
    convert: impl Fn(&Bound<'_, PyAny>) -> Fit<Value>,
) -> Fit<Value> {
    let py = value.py();
    if value.getattr(pyo3::intern!(py, "empty"))?.is_truthy()? {
        return Ok(Value::Range(None));
    }
    let bounds: String = value.getattr(pyo3::intern!(py, "bounds"))?.extract()?;
    Ok(Value::Range(Some(Box::new(RangeValue {
        lower: convert(&value.getattr(pyo3::intern!(py, "lower"))?)?,
        upper: convert(&value.getattr(pyo3::intern!(py, "upper"))?)?,
        included: Included {
            lower: bounds.starts_with('['),
            upper: bounds.ends_with(']'),
        },
    }))))
}
