//! Tables that Rust exports, so that Python's checks and tests cover them whole.

use oxyde_sql::dialect::Features;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::guarded;
use crate::plan::dialect_of;

/// Add `LOOKUPS`, `FUNCTIONS`, `AGGREGATES` and `features` to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(features, module)?)
}

/// What a flavour can do, by the newest server of it.
#[pyfunction]
fn features<'py>(py: Python<'py>, flavour: &str) -> PyResult<Bound<'py, PyDict>> {
    guarded(py, || {
        let table = PyDict::new(py);
        for (name, can) in Features::of(dialect_of(py, flavour)?).as_pairs() {
            table.set_item(name, can)?;
        }
        Ok(table)
    })
}
