//! `oxyde._core.RawRows`: the result of raw SQL.

use std::sync::Arc;

use oxyde_driver::RowSet;
use pyo3::prelude::*;

use crate::hydrate::{Recipe, SlicedRows};
use crate::slices::{SliceDeadline, SlicedWork, Slices};

/// Rows that are not converted to Python objects yet.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct RawRows {
    rows: RowSet,
    database: Arc<str>,
}

impl RawRows {
    pub(crate) fn new(rows: RowSet, database: Arc<str>) -> RawRows {
        RawRows { rows, database }
    }
}

#[pymethods]
impl RawRows {
    #[getter]
    fn columns(&self) -> Vec<&str> {
        self.rows
            .columns()
            .iter()
            .map(|column| column.name.as_str())
            .collect()
    }

    fn __len__(&self) -> usize {
        self.rows.len()
    }

    /// Return the values of the rows: by a recipe whose cells are the first columns, otherwise as
    /// dicts. If columns have the same name, the last one wins.
    fn values(this: Bound<'_, Self>, recipe: Option<Py<Recipe>>) -> Slices {
        let py = this.py();
        let own = this.get();
        let making = match recipe {
            Some(recipe) => SlicedRows::of_recipe(py, recipe, &own.database),
            None => SlicedRows::dicts(py, &own.rows),
        };
        Slices::of(Values {
            of: this.unbind(),
            making,
            at: 0,
        })
    }
}

/// The values of the rows, as far as they are built.
struct Values {
    of: Py<RawRows>,
    making: SlicedRows,
    at: usize,
}

impl SlicedWork for Values {
    fn go(&mut self, py: Python<'_>, until: SliceDeadline) -> PyResult<bool> {
        let rows = &self.of.get().rows;
        self.at = self.making.add(py, rows, self.at, until)?;
        Ok(self.at == rows.len())
    }

    fn value(self: Box<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.making.finish(py)
    }
}
