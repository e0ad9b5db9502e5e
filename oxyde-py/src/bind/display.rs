//! Bound values as Python objects, for `Query.sql()`.

use oxyde_driver::{beyond, day_text};
use oxyde_sql::plan::Form;
use oxyde_sql::search::search_text;
use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::hydrate::value_object;

/// Return a bound value as the statement receives it: LIKE patterns with their wildcards.
pub(crate) fn shown<'py>(
    py: Python<'py>,
    value: &Value,
    form: Form,
) -> PyResult<Bound<'py, PyAny>> {
    match (value, form) {
        (Value::Text(text), Form::Contains) => pattern(py, "%", text, "%"),
        (Value::Text(text), Form::StartsWith) => pattern(py, "", text, "%"),
        (Value::Text(text), Form::EndsWith) => pattern(py, "%", text, ""),
        (Value::Text(text), Form::Like) => pattern(py, "", text, ""),
        (Value::Text(text), Form::Search { syntax, form }) => {
            let text = search_text(text, form, syntax).unwrap_or_else(|_| text.clone());
            Ok(text.into_pyobject(py)?.into_any())
        }
        (Value::DateTime(micros) | Value::TimestampTz(micros), Form::Since | Form::Until) => {
            Ok(day_text(*micros, form).into_pyobject(py)?.into_any())
        }
        (Value::Text(text), Form::Beyond) => match beyond(text) {
            Some(text) => Ok(text.into_pyobject(py)?.into_any()),
            None => Ok(PyBytes::new(py, &[]).into_any()),
        },
        (Value::List(items), Form::Item(at)) => match items.get(at as usize).or(items.last()) {
            Some(item) => shown(py, item, Form::Scalar),
            None => Ok(py.None().into_bound(py)),
        },
        (Value::List(items), _) => {
            let items = items
                .iter()
                .map(|item| shown(py, item, Form::Scalar))
                .collect::<PyResult<Vec<_>>>()?;
            Ok(PyList::new(py, items)?.into_any())
        }
        _ => value_object(py, value),
    }
}

fn pattern<'py>(
    py: Python<'py>,
    before: &str,
    text: &str,
    behind: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push_str(before);
    for character in text.chars() {
        if matches!(character, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push_str(behind);
    Ok(pattern.into_pyobject(py)?.into_any())
}
