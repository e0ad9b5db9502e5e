//! Binds params of raw SQL: the Python type determines the value, the server determines the type
//! that it is sent as.

use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyInt, PyList,
    PyMemoryView, PyString, PyTime, PyTuple, PyTzInfoAccess,
};

use super::types::Types;
use super::{Context, Fit, Limits, Misfit, convert, enum_value, range};
use crate::error::Errors;

/// Convert the param at `index` (from zero) of raw SQL.
///
/// # Errors
/// `FieldValueError` with the param's number.
pub(crate) fn raw(value: &Bound<'_, PyAny>, index: usize, limits: Limits) -> PyResult<Value> {
    natural(
        value,
        Context {
            lookup: true,
            limits,
        },
    )
    .map_err(|misfit| match misfit {
        Misfit::Raised(error) => error,
        Misfit::Value(message, hint) => Errors::get(value.py()).refused_value(
            value.py(),
            false,
            &format!("parameter {} {message}", index + 1),
            hint.as_deref(),
        ),
    })
}

fn natural(value: &Bound<'_, PyAny>, context: Context) -> Fit<Value> {
    let py = value.py();
    if value.is_none() {
        return Ok(Value::Null);
    }
    if let Some(inner) = enum_value(value)? {
        return natural(&inner, context);
    }
    let types = Types::get(py);
    let decimal = ColumnType::Decimal {
        precision: None,
        scale: None,
    };
    let ty = if value.is_instance_of::<PyBool>() {
        ColumnType::Bool
    } else if value.is_instance_of::<PyInt>() {
        if value.extract::<i64>().is_ok() {
            ColumnType::BigInt
        } else {
            decimal
        }
    } else if value.is_instance_of::<PyFloat>() {
        ColumnType::Double
    } else if value.is_instance_of::<PyString>() {
        ColumnType::Text
    } else if value.is_instance_of::<PyBytes>()
        || value.is_instance_of::<PyByteArray>()
        || value.is_instance_of::<PyMemoryView>()
    {
        ColumnType::Bytes
    } else if let Ok(stamp) = value.cast::<PyDateTime>() {
        if stamp.get_tzinfo().is_some() {
            ColumnType::TimestampTz
        } else {
            ColumnType::DateTime
        }
    } else if value.is_instance_of::<PyDate>() {
        ColumnType::Date
    } else if value.is_instance_of::<PyTime>() {
        ColumnType::Time
    } else if value.is_instance_of::<PyDelta>() {
        ColumnType::Interval
    } else if value.is_instance(types.decimal.bind(py))? {
        decimal
    } else if value.is_instance(types.uuid.bind(py))? {
        ColumnType::Uuid
    } else if value.is_instance_of::<PyDict>() {
        ColumnType::Json
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let items = value
            .try_iter()?
            .map(|item| natural(&item?, context))
            .collect::<Fit<Vec<_>>>()?;
        return Ok(Value::List(items));
    } else if range::is_range(value)? {
        return range::bounds(value, |bound| natural(bound, context));
    } else if types
        .addresses
        .iter()
        .any(|class| value.is_instance(class.bind(py)).unwrap_or(false))
    {
        ColumnType::Inet
    } else {
        return Err(
            Misfit::wrong_type(value, "a type that databases support").hint(
                "convert it to str, int, float, Decimal, bytes, a date or time, UUID, dict or list",
            ),
        );
    };
    convert(value, &ty, context)
}
