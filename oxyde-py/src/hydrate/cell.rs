//! One cell of a row → one Python value.

use oxyde_driver::Cell;
use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};

use super::check::Check;
use super::python::{self, Imports};
use crate::error::internal;

/// How the cells of one column become values of its field.
pub(crate) struct CellPlan {
    step: Step,
    check: Check,
    /// Whether NULL is a value of the field.
    nullable: bool,
    /// Whether the value can be changed in place, so that its raw text is kept.
    pub(super) mutable: bool,
}

enum Step {
    /// The Python value of the column's type is the field's value.
    Plain,
    /// A table from the column's values to the field's (enum members).
    Lookup(Py<PyDict>),
    /// The field's own validator: a callable that takes the plain value.
    Validate(Py<PyAny>),
    /// The same, where a strict model would refuse the plain value: the model's validator, too,
    /// gets the converted one.
    Convert(Py<PyAny>),
}

/// What came of a cell.
pub(super) enum Made<'py> {
    Value(Bound<'py, PyAny>),
    /// It may be invalid: the model's validator decides.
    Unsure,
}

impl CellPlan {
    /// Built by `oxyde.models.recipe` as `(step, argument, (check, constraints) | None, nullable,
    /// mutable)`.
    pub(crate) fn read(cell: &Bound<'_, PyAny>) -> PyResult<CellPlan> {
        #[expect(clippy::type_complexity, reason = "the shape of a tuple")]
        let (step, argument, check, nullable, mutable): (
            String,
            Bound<'_, PyAny>,
            Option<(String, Bound<'_, PyAny>)>,
            bool,
            bool,
        ) = cell.extract()?;
        let step = match step.as_str() {
            "plain" => Step::Plain,
            "lookup" => Step::Lookup(argument.cast_into::<PyDict>()?.unbind()),
            "validate" => Step::Validate(argument.unbind()),
            "convert" => Step::Convert(argument.unbind()),
            other => return Err(internal(cell.py(), &format!("no cell step {other}"))),
        };
        let check = match check {
            Some((kind, arguments)) => Check::read(&kind, &arguments)?,
            None => Check::Nothing,
        };
        Ok(CellPlan {
            step,
            check,
            nullable,
            mutable,
        })
    }

    /// The field's value, where that is certain.
    #[inline]
    pub(super) fn value<'py>(
        &self,
        py: Python<'py>,
        imports: &Imports,
        cell: &Cell<'_>,
    ) -> PyResult<Made<'py>> {
        if matches!(cell, Cell::Null) && !matches!(self.step, Step::Validate(_) | Step::Convert(_))
        {
            return Ok(if self.nullable {
                Made::Value(py.None().into_bound(py))
            } else {
                Made::Unsure
            });
        }
        match &self.step {
            Step::Plain => {
                if self.check.passes(cell) {
                    plain(py, imports, cell).map(Made::Value)
                } else {
                    Ok(Made::Unsure)
                }
            }
            Step::Lookup(table) => {
                let key = plain(py, imports, cell)?;
                Ok(table
                    .bind(py)
                    .get_item(key)?
                    .map_or(Made::Unsure, Made::Value))
            }
            Step::Validate(validate) | Step::Convert(validate) => {
                let value = plain(py, imports, cell)?;
                Ok(validate
                    .bind(py)
                    .call1((value,))
                    .map_or(Made::Unsure, Made::Value))
            }
        }
    }

    /// What the model's validator gets for this column.
    pub(super) fn raw<'py>(
        &self,
        py: Python<'py>,
        imports: &Imports,
        cell: &Cell<'_>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let value = plain(py, imports, cell)?;
        match &self.step {
            Step::Plain | Step::Validate(_) => Ok(value),
            Step::Lookup(table) => Ok(table.bind(py).get_item(&value)?.unwrap_or(value)),
            Step::Convert(convert) => Ok(convert.bind(py).call1((&value,)).unwrap_or(value)),
        }
    }

    /// The value by itself, outside of a model: `values()`, aggregates.
    pub(super) fn alone<'py>(
        &self,
        py: Python<'py>,
        imports: &Imports,
        cell: &Cell<'_>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match &self.step {
            _ if matches!(cell, Cell::Null) => Ok(py.None().into_bound(py)),
            Step::Plain => plain(py, imports, cell),
            Step::Lookup(_) => self.raw(py, imports, cell),
            Step::Validate(validate) | Step::Convert(validate) => {
                validate.bind(py).call1((plain(py, imports, cell)?,))
            }
        }
    }
}

/// The Python value of a bound value, as its column would give it back; JSON stays text.
pub(crate) fn value_object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    let cell = match value {
        Value::Json(text) => Cell::Text(text),
        other => cell_of_value(other),
    };
    plain(py, Imports::get(py)?, &cell)
}

/// The cell that a column would give back for a bound value. Lists have none: NULL.
pub(super) fn cell_of_value(value: &Value) -> Cell<'_> {
    match value {
        Value::Null | Value::List(_) => Cell::Null,
        Value::Bool(value) => Cell::Bool(*value),
        Value::Int(value) => Cell::Int(*value),
        Value::Double(value) => Cell::Double(*value),
        Value::Decimal(text) => Cell::Decimal(text),
        Value::Text(text) => Cell::Text(text),
        Value::Json(text) => Cell::Json(text),
        Value::Bytes(bytes) => Cell::Bytes(bytes),
        Value::Date(days) => Cell::Date(*days),
        Value::Time(micros) => Cell::Time(*micros),
        Value::DateTime(micros) => Cell::DateTime(*micros),
        Value::TimestampTz(micros) => Cell::TimestampTz(*micros),
        Value::Interval(micros) => Cell::Interval(*micros),
        Value::Uuid(bytes) => Cell::Uuid(bytes),
        Value::Vector(numbers) => Cell::Vector(numbers),
    }
}

/// The Python value of a cell by its column's type.
pub(super) fn plain<'py>(
    py: Python<'py>,
    imports: &Imports,
    cell: &Cell<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(match cell {
        Cell::Null => py.None().into_bound(py),
        Cell::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        Cell::Int(value) => int(py, *value),
        Cell::Double(value) => PyFloat::new(py, *value).into_any(),
        Cell::Decimal(text) => imports.decimal(py, text)?,
        Cell::Text(text) => PyString::new(py, text).into_any(),
        Cell::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
        Cell::Date(days) => python::date(py, *days)?,
        Cell::Time(micros) => python::time(py, *micros)?,
        Cell::DateTime(micros) => python::date_time(py, imports, *micros, false)?,
        Cell::TimestampTz(micros) => python::date_time(py, imports, *micros, true)?,
        Cell::Interval(micros) => python::interval(py, *micros)?,
        Cell::Uuid(bytes) => imports.uuid(py, bytes)?,
        Cell::Json(text) => imports.json(py, text)?,
        Cell::List(items) => {
            let values = items
                .iter()
                .map(|item| plain(py, imports, &item))
                .collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, values)?.into_any()
        }
        Cell::Vector(numbers) => {
            PyList::new(py, numbers.iter().copied().map(f64::from))?.into_any()
        }
    })
}

fn int(py: Python<'_>, value: i64) -> Bound<'_, PyAny> {
    let Ok(number) = value.into_pyobject(py);
    let number: Bound<'_, PyInt> = number;
    number.into_any()
}
