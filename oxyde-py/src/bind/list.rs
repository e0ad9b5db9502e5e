//! Binds lists: values of an `in` lookup, and array columns.

use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyList, PyMapping, PyString, PyTuple};

use super::{Context, Fit, Misfit, convert};

/// The values of an `in` lookup: any iterable except a string or a mapping.
pub(super) fn lookup_list(
    value: &Bound<'_, PyAny>,
    item: &ColumnType,
    context: Context,
) -> Fit<Value> {
    items(value, "a list of values", |item_value| {
        if item_value.is_none() {
            return Err(
                Misfit::new("got None in the list; NULL equals nothing in SQL")
                    .hint("remove None and add `| Q(field__isnull=True)`"),
            );
        }
        convert(item_value, item, context)
    })
}

/// The value of an array column.
pub(super) fn array(value: &Bound<'_, PyAny>, item: &ColumnType, context: Context) -> Fit<Value> {
    items(value, "a list", |item_value| {
        convert(item_value, item, context)
    })
}

fn items<'py>(
    value: &Bound<'py, PyAny>,
    takes: &str,
    mut convert: impl FnMut(&Bound<'py, PyAny>) -> Fit<Value>,
) -> Fit<Value> {
    let mut list = Vec::with_capacity(value.len().unwrap_or(0));
    each(value, takes, |item| {
        list.push(convert(item)?);
        Ok(())
    })?;
    Ok(Value::List(list))
}

/// Call a function for each item of a list, a tuple or another iterable, except a string or a
/// mapping.
pub(super) fn each<'py>(
    value: &Bound<'py, PyAny>,
    takes: &str,
    mut work: impl FnMut(&Bound<'py, PyAny>) -> Fit<()>,
) -> Fit<()> {
    if let Ok(values) = value.cast::<PyList>() {
        for item in values.iter() {
            work(&item)?;
        }
    } else if let Ok(values) = value.cast::<PyTuple>() {
        for item in values.iter() {
            work(&item)?;
        }
    } else {
        let single = value.is_instance_of::<PyString>()
            || value.is_instance_of::<PyBytes>()
            || value.is_instance_of::<PyByteArray>()
            || value.cast::<PyMapping>().is_ok();
        let iterator = (!single)
            .then(|| value.try_iter().ok())
            .flatten()
            .ok_or_else(|| Misfit::wrong_type(value, takes).hint("pass a list: [value]"))?;
        for item in iterator {
            work(&item?)?;
        }
    }
    Ok(())
}
