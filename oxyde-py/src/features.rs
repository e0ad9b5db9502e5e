//! `oxyde._core.Features`: what a server can do.

use std::sync::{Mutex, PoisonError};

use oxyde_sql::dialect::{self, Dialect, Version};
use pyo3::prelude::*;

use crate::error::{Class, error, guarded};

/// What a server can do: the attributes are the dialect's name, the version (None for the newest)
/// and the fields of [`dialect::Features`]. A dialect and version have one object, so that plans
/// are found by its identity.
#[pyclass(frozen, dict, module = "oxyde._core")]
pub(crate) struct Features {
    table: dialect::Features,
}

/// The objects of this process: few, since each is of another server's version.
static KNOWN: Mutex<Vec<Py<Features>>> = Mutex::new(Vec::new());

impl Features {
    pub(crate) fn table(&self) -> &dialect::Features {
        &self.table
    }

    /// Return the object for these features.
    pub(crate) fn of(py: Python<'_>, table: &dialect::Features) -> PyResult<Py<Features>> {
        if let Some(known) = find(py, table) {
            return Ok(known);
        }
        // Created before the lock is taken, because it may run any Python code.
        let made = Bound::new(py, Features { table: *table })?;
        made.setattr("dialect", table.dialect.name())?;
        let version = (table.version != Version::NEWEST).then(|| table.version.to_string());
        made.setattr("version", version)?;
        for (name, can) in table.as_pairs() {
            made.setattr(name, can)?;
        }
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = known.iter().find(|one| is_same(one.get(), table)) {
            return Ok(other.clone_ref(py));
        }
        let made = made.unbind();
        known.push(made.clone_ref(py));
        Ok(made)
    }
}

fn find(py: Python<'_>, table: &dialect::Features) -> Option<Py<Features>> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let found = known.iter().find(|one| is_same(one.get(), table))?;
    Some(found.clone_ref(py))
}

fn is_same(one: &Features, table: &dialect::Features) -> bool {
    one.table.is_same_server(table)
}

#[pymethods]
impl Features {
    fn __repr__(&self) -> String {
        let label = self.table.dialect.label();
        if self.table.version == Version::NEWEST {
            format!("<Features of {label}>")
        } else {
            format!("<Features of {label} {}>", self.table.version)
        }
    }
}

/// Return the features of a server: of the newest if no version is given.
#[pyfunction]
#[pyo3(signature = (dialect, version = None))]
pub(crate) fn features(
    py: Python<'_>,
    dialect: &str,
    version: Option<&str>,
) -> PyResult<Py<Features>> {
    guarded(py, || {
        let dialect = dialect_of(py, dialect)?;
        let version = match version {
            None => Version::NEWEST,
            Some(text) => Version::parse(text).ok_or_else(|| {
                error(
                    py,
                    Class::Oxyde,
                    &format!("{text:?} is not a version of a server"),
                    Some("write it as 8.0.36 or 15"),
                )
            })?,
        };
        Features::of(py, &dialect::Features::of_server(dialect, version))
    })
}

/// Return a dialect by its name in Python.
pub(crate) fn dialect_of(py: Python<'_>, name: &str) -> PyResult<Dialect> {
    Dialect::from_name(name).ok_or_else(|| {
        error(
            py,
            Class::Oxyde,
            &format!("unknown SQL dialect {name:?}"),
            None,
        )
    })
}
