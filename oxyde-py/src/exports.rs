//! Tables that Rust exports, so that Python's checks and tests cover them completely.

use oxyde_sql::aggregate::aggregates;
use oxyde_sql::function::functions;
use oxyde_sql::lookup::lookups;
use oxyde_sql::types::{ColumnType, Families};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// Add `COLUMN_TYPES`, `LOOKUPS`, `FUNCTIONS` and `AGGREGATES` to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("COLUMN_TYPES", type_table(py)?)?;
    module.add("LOOKUPS", lookup_table(py)?)?;
    let entries = functions().map(|it| (it.name, it.least, it.most, it.families, it.result));
    let table = call_table(py, entries)?;
    for (entry, function) in table.iter().zip(functions()) {
        entry.set_item("window", function.window)?;
    }
    module.add("FUNCTIONS", table)?;
    let entries = aggregates().map(|it| (it.name, it.least, it.most, it.families, it.result));
    module.add("AGGREGATES", call_table(py, entries)?)
}

fn type_table(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let table = PyList::empty(py);
    for facts in ColumnType::FACTS {
        let entry = PyDict::new(py);
        entry.set_item("name", facts.name)?;
        entry.set_item("parts", facts.parts)?;
        entry.set_item("family", facts.family.name())?;
        table.append(entry)?;
    }
    Ok(table)
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
