//! Mutable defaults, of which every instance gets its own value.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::python::Imports;
use crate::error::internal;

/// A default of a field or private attribute that is not in the row.
pub(super) struct InstanceDefault {
    pub(super) name: Py<PyString>,
    source: Source,
}

enum Source {
    EmptyList,
    EmptyDict,
    /// A deep copy of the default.
    Copy(Py<PyAny>),
    /// The result of calling it without arguments.
    Call(Py<PyAny>),
}

impl InstanceDefault {
    /// Built as `(name, source, argument)`.
    pub(super) fn read(fresh: &Bound<'_, PyAny>) -> PyResult<InstanceDefault> {
        let (name, source, argument): (Bound<'_, PyString>, String, Bound<'_, PyAny>) =
            fresh.extract()?;
        let source = match source.as_str() {
            "list" => Source::EmptyList,
            "dict" => Source::EmptyDict,
            "copy" => Source::Copy(argument.unbind()),
            "call" => Source::Call(argument.unbind()),
            other => {
                return Err(internal(
                    fresh.py(),
                    &format!("unknown source of defaults `{other}`"),
                ));
            }
        };
        Ok(InstanceDefault {
            name: name.unbind(),
            source,
        })
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.source {
            Source::EmptyList | Source::EmptyDict => Ok(()),
            Source::Copy(object) | Source::Call(object) => visit.call(object),
        }
    }

    pub(super) fn value<'py>(
        &self,
        py: Python<'py>,
        imports: &Imports,
    ) -> PyResult<Bound<'py, PyAny>> {
        match &self.source {
            Source::EmptyList => Ok(PyList::empty(py).into_any()),
            Source::EmptyDict => Ok(PyDict::new(py).into_any()),
            Source::Copy(default) => imports.deepcopy.bind(py).call1((default,)),
            Source::Call(factory) => factory.bind(py).call0(),
        }
    }
}
