//! A whole answer → a list.
#![expect(
    unsafe_code,
    reason = "Python's cyclic garbage collector is paused while one large list is built"
)]

use oxyde_driver::{Cell, RowSet};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::cell::plain;
use super::node::Shared;
use super::python::Imports;
use super::recipe::{Kind, Recipe};
use crate::error::internal;

/// From this many rows on the collector would run again and again over objects that are all
/// alive: half of the time for 20,000 rows.
const MANY_ROWS: usize = 200;

/// The Python value of an answer: a list, or one value for a scalar recipe.
pub(crate) fn hydrate<'py>(
    py: Python<'py>,
    recipe: &Recipe,
    rows: &RowSet,
) -> PyResult<Bound<'py, PyAny>> {
    let width = rows.columns().len();
    if width < recipe.width {
        return Err(internal(
            py,
            &format!(
                "an answer of {width} columns where {} were expected",
                recipe.width
            ),
        ));
    }
    let imports = Imports::get(py)?;
    let _paused = (rows.len() >= MANY_ROWS).then(|| CollectorPaused::new(py));
    let count = rows.len();
    let list = match &recipe.kind {
        Kind::Scalar(cell) => {
            return if count == 0 {
                Ok(py.None().into_bound(py))
            } else {
                cell.alone(py, imports, &rows.cell(0, 0))
            };
        }
        Kind::Flat(cell) => collect(count, |row| cell.alone(py, imports, &rows.cell(row, 0)))?,
        Kind::Tuples(cells) => collect(count, |row| {
            let values = cells
                .iter()
                .zip(rows.row(row))
                .map(|(plan, cell)| plan.alone(py, imports, &cell))
                .collect::<PyResult<Vec<_>>>()?;
            Ok(PyTuple::new(py, values)?.into_any())
        })?,
        Kind::Dicts(template, entries) => collect(count, |row| {
            let dict = template.bind(py).copy()?;
            for ((name, plan), cell) in entries.iter().zip(rows.row(row)) {
                dict.set_item(name, plan.alone(py, imports, &cell)?)?;
            }
            Ok(dict.into_any())
        })?,
        Kind::Models(node) => {
            let mut shared = Shared::default();
            let mut cells: Vec<Cell<'_>> = Vec::with_capacity(width);
            collect(count, |row| {
                cells.clear();
                cells.extend(rows.row(row));
                node.build(py, imports, &cells, &mut shared)
            })?
        }
    };
    Ok(PyList::new(py, list)?.into_any())
}

/// A dict per row with all columns, by the types that the server told.
pub(crate) fn dicts<'py>(py: Python<'py>, rows: &RowSet) -> PyResult<Bound<'py, PyAny>> {
    let imports = Imports::get(py)?;
    let _paused = (rows.len() >= MANY_ROWS).then(|| CollectorPaused::new(py));
    let names: Vec<_> = rows
        .columns()
        .iter()
        .map(|column| PyString::intern(py, &column.name))
        .collect();
    let list = collect(rows.len(), |row| {
        let dict = PyDict::new(py);
        for (name, cell) in names.iter().zip(rows.row(row)) {
            dict.set_item(name, plain(py, imports, &cell)?)?;
        }
        Ok(dict.into_any())
    })?;
    Ok(PyList::new(py, list)?.into_any())
}

fn collect<'py>(
    count: usize,
    mut each: impl FnMut(usize) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut values = Vec::with_capacity(count);
    for row in 0..count {
        values.push(each(row)?);
    }
    Ok(values)
}

/// The collector does not run while this is alive; afterwards it is as it was.
struct CollectorPaused<'py> {
    was_on: bool,
    _attached: Python<'py>,
}

impl<'py> CollectorPaused<'py> {
    fn new(py: Python<'py>) -> Self {
        // SAFETY: the GIL is held, as `py` proves; the call only sets a flag and returns the old.
        let was_on = unsafe { ffi::PyGC_Disable() } == 1;
        CollectorPaused {
            was_on,
            _attached: py,
        }
    }
}

impl Drop for CollectorPaused<'_> {
    fn drop(&mut self) {
        if self.was_on {
            // SAFETY: the GIL is held, as the lifetime of `py` proves; the call only sets a flag.
            unsafe {
                ffi::PyGC_Enable();
            }
        }
    }
}
