//! Tables that Rust exports, so that Python's checks and tests cover them whole.

use oxyde_sql::aggregate::aggregates;
use oxyde_sql::dialect::Features;
use oxyde_sql::function::functions;
use oxyde_sql::lookup::lookups;
use oxyde_sql::types::Families;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::error::guarded;
use crate::plan::dialect_of;

/// Add `LOOKUPS`, `FUNCTIONS`, `AGGREGATES` and `features` to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("LOOKUPS", lookup_table(py)?)?;
    let entries = functions().map(|it| (it.name, it.least, it.most, it.families, it.result));
    let table = call_table(py, entries)?;
    for (entry, function) in table.iter().zip(functions()) {
        entry.set_item("window", function.window)?;
    }
    module.add("FUNCTIONS", table)?;
    let entries = aggregates().map(|it| (it.name, it.least, it.most, it.families, it.result));
    module.add("AGGREGATES", call_table(py, entries)?)?;
    module.add_function(wrap_pyfunction!(features, module)?)
}

fn lookup_table(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let table = PyList::empty(py);
    for lookup in lookups() {
        let entry = PyDict::new(py);
        entry.set_item("name", lookup.name)?;
        entry.set_item("shape", lookup.shape.name())?;
        entry.set_item("takes", lookup.takes.name())?;
        entry.set_item("families", lookup.families.names())?;
        entry.set_item("part", lookup.part)?;
        table.append(entry)?;
    }
    Ok(table)
}

type Entry = (&'static str, usize, usize, Families, &'static str);

fn call_table(py: Python<'_>, entries: impl Iterator<Item = Entry>) -> PyResult<Bound<'_, PyList>> {
    let table = PyList::empty(py);
    for (name, least, most, families, result) in entries {
        let entry = PyDict::new(py);
        entry.set_item("name", name)?;
        entry.set_item("least", least)?;
        entry.set_item("most", most)?;
        entry.set_item("families", families.names())?;
        entry.set_item("result", result)?;
        table.append(entry)?;
    }
    Ok(table)
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
