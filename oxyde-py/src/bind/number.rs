//! Binds integers, floats and booleans.

use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt};

use super::{Context, Fit, Misfit, enum_value};

/// An integer between `low` and `high`, the bounds of the column type `name`.
pub(super) fn int(value: &Bound<'_, PyAny>, low: i64, high: i64, name: &str) -> Fit<Value> {
    let number = whole(value)?;
    match number.extract::<i64>() {
        Ok(number) if (low..=high).contains(&number) => Ok(Value::Int(number)),
        _ => Err(Misfit::new(format!(
            "takes integers from {low} to {high} ({name}); the value is out of range"
        ))
        .hint("choose a larger column type (`db_type`), or Decimal for any size")),
    }
}

/// Convert the value to an exact Python int: ints, int enum members, and objects with `__index__`.
fn whole<'py>(value: &Bound<'py, PyAny>) -> Fit<Bound<'py, PyInt>> {
    if let Ok(number) = value.cast_exact::<PyInt>() {
        return Ok(number.clone());
    }
    if value.is_exact_instance_of::<PyBool>() {
        return Err(Misfit::wrong_type(value, "int").hint("pass int(value) if 0 or 1 is meant"));
    }
    if let Some(inner) = enum_value(value)? {
        return whole(&inner);
    }
    if let Ok(number) = value.cast::<PyInt>() {
        return Ok(number.clone());
    }
    if value.hasattr("__index__")? {
        return Ok(value
            .call_method0("__index__")?
            .cast_into::<PyInt>()
            .map_err(PyErr::from)?);
    }
    Err(Misfit::wrong_type(value, "int").hint("convert it with int(...)"))
}

/// A 64-bit float, or an int that it represents exactly.
pub(super) fn double(value: &Bound<'_, PyAny>, context: Context) -> Fit<Value> {
    let number = if let Ok(number) = value.cast::<PyFloat>() {
        number.value()
    } else if let Some(inner) = enum_value(value)? {
        return double(&inner, context);
    } else if value.is_exact_instance_of::<PyBool>() {
        return Err(Misfit::wrong_type(value, "float"));
    } else if let Ok(number) = value.cast::<PyInt>() {
        exact_double(number).ok_or_else(|| {
            Misfit::new("takes float; this int is not exactly representable as a float")
                .hint("use a Decimal or int field, or pass float(value) to accept the nearest one")
        })?
    } else {
        return Err(Misfit::wrong_type(value, "float").hint("convert it with float(...)"));
    };
    if number.is_nan() && !context.limits.nan {
        return Err(Misfit::new("got NaN, which this database does not store"));
    }
    if number.is_infinite() && !context.limits.infinity {
        return Err(Misfit::new(
            "got infinity, which this database does not store",
        ));
    }
    Ok(Value::Double(number))
}

/// Return the double that equals an int, if there is one.
fn exact_double(number: &Bound<'_, PyInt>) -> Option<f64> {
    let double = number.extract::<f64>().ok()?;
    number
        .as_any()
        .eq(double)
        .ok()
        .filter(|equal| *equal)
        .map(|_| double)
}

/// True or False.
pub(super) fn boolean(value: &Bound<'_, PyAny>) -> Fit<Value> {
    if let Ok(truth) = value.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if let Some(inner) = enum_value(value)? {
        return boolean(&inner);
    }
    // numpy's boolean.
    if value
        .get_type()
        .name()?
        .to_string_lossy()
        .starts_with("bool")
    {
        return Ok(Value::Bool(value.is_truthy()?));
    }
    Err(Misfit::wrong_type(value, "bool").hint("convert it with bool(...)"))
}
