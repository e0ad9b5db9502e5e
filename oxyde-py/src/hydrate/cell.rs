//! Converts a cell to a Python value.

use oxyde_driver::Cell;
use oxyde_sql::value::{RangeValue, Value};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};

use super::check::Check;
use super::python::{self, Imports};
use crate::error::internal;

/// How to convert the cells of a column to values of its field.
pub(crate) struct CellPlan {
    step: Step,
    check: Check,
    /// Whether the field accepts NULL.
    nullable: bool,
    /// Whether the value is mutable, so that its raw text is kept.
    pub(super) mutable: bool,
}

enum Step {
    /// The Python value of the column's type is the field's value.
    Plain,
    /// A mapping from the column's values to the field's (enum members).
    Lookup(Py<PyDict>),
    /// The field's own validator: a callable that receives the plain value.
    Validate(Py<PyAny>),
    /// The same, if a strict model would refuse the plain value: the model's validator also
    /// receives the converted one.
    Convert(Py<PyAny>),
}

/// The result of a conversion.
pub(super) enum Made<'py> {
    Value(Bound<'py, PyAny>),
    /// It may be invalid: the model's validator decides.
    Unsure,
}

impl CellPlan {
    /// Built by `oxyde.hydration.recipe` as `(step, argument, (check, constraints) | None,
    /// nullable, mutable)`.
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
            other => return Err(internal(cell.py(), &format!("unknown cell step `{other}`"))),
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

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.step {
            Step::Plain => Ok(()),
            Step::Lookup(table) => visit.call(table),
            Step::Validate(call) | Step::Convert(call) => visit.call(call),
        }
    }

    /// Whether every value of the column's type is valid for the field.
    pub(super) fn certain(&self) -> bool {
        matches!((&self.step, &self.check), (Step::Plain, Check::Nothing))
    }

    /// Return the field's value, if it is certainly valid.
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

    /// Return the model validator's input for this column.
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

    /// Return the value outside a model: `values()`, aggregates.
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

/// Return the Python value of a bound value, as its column would return it; JSON stays text.
pub(crate) fn value_object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    let cell = match value {
        Value::Json(text) => Cell::Text(text),
        Value::Range(range) => return range_object(py, range.as_deref()),
        other => cell_of_value(other),
    };
    plain(py, Imports::get(py)?, &cell)
}

/// Return the cell that a column would return for a bound value; NULL for lists and ranges.
pub(super) fn cell_of_value(value: &Value) -> Cell<'_> {
    match value {
        Value::Null | Value::List(_) | Value::Range(_) => Cell::Null,
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

/// Return the Python value of a cell, by its column's type.
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
        Cell::Range(range) => imports.range(
            py,
            &plain(py, imports, &range.lower())?,
            &plain(py, imports, &range.upper())?,
            range.included(),
        )?,
        Cell::Vector(numbers) => {
            PyList::new(py, numbers.iter().copied().map(f64::from))?.into_any()
        }
    })
}

fn range_object<'py>(py: Python<'py>, range: Option<&RangeValue>) -> PyResult<Bound<'py, PyAny>> {
    let none = Value::Null;
    let (lower, upper) = range.map_or((&none, &none), |range| (&range.lower, &range.upper));
    Imports::get(py)?.range(
        py,
        &value_object(py, lower)?,
        &value_object(py, upper)?,
        range.map(|range| range.included),
    )
}

fn int(py: Python<'_>, value: i64) -> Bound<'_, PyAny> {
    let Ok(number) = value.into_pyobject(py);
    let number: Bound<'_, PyInt> = number;
    number.into_any()
}
