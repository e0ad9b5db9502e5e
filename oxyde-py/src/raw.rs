//! `oxyde._core.RawRows`: the answer to SQL text.

use std::sync::Arc;

use oxyde_driver::RowSet;
use pyo3::prelude::*;

use crate::error::guarded;
use crate::hydrate::{self, Recipe};

/// Rows that are not Python objects yet.
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

    /// One dict per row. Of columns with one name the last counts.
    fn dicts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || hydrate::dicts(py, &self.rows))
    }

    /// The value of a recipe whose cells are the first columns.
    fn hydrate<'py>(&self, py: Python<'py>, recipe: &Recipe) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || {
            hydrate::hydrate(py, recipe, &self.rows, Some(&self.database))
        })
    }
}
