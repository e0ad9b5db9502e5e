//! Reads the values of many instances for an INSERT, and writes the results back to them.
//!
//! This handles only the uniform case that needs no Python code. For any other
//! list of instances, `Inserting.rows` returns None, and Python reads each instance's values.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyString, PyTuple, PyType, PyWeakrefReference};

use crate::error::{guarded, internal};
use crate::hydrate::SlotAt;
use crate::slices::{SliceDeadline, SlicedWork, Slices};

/// Converts instances of a model to rows with the same columns.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Inserting {
    model: Py<PyType>,
    given: Vec<InsertColumn>,
    /// Fields that the database fills in.
    absent: Vec<Py<PyString>>,
    /// Relations, their columns, and the referenced fields of the other models: a row may
    /// have been saved after it was assigned.
    links: Vec<(Py<PyString>, Py<PyString>, Py<PyString>)>,
    /// Relations without a column, whose rows would not be written.
    far: Vec<Py<PyString>>,
    state: SlotAt,
    touched: SlotAt,
}

/// A written column.
struct InsertColumn {
    name: Py<PyString>,
    encode: Option<Py<PyAny>>,
    /// Whether None means the database's default.
    generated: bool,
}

/// The values of many rows, in sequence.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Rows {
    values: Mutex<Arc<Vec<Py<PyAny>>>>,
    width: usize,
    count: usize,
}

impl Rows {
    /// The number of values per row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The values of all rows.
    pub(crate) fn values(&self) -> Arc<Vec<Py<PyAny>>> {
        Arc::clone(&self.locked())
    }

    /// The same, if they are not needed again and can be released one by one.
    pub(crate) fn take(&self) -> Arc<Vec<Py<PyAny>>> {
        std::mem::take(&mut *self.locked())
    }

    fn locked(&self) -> MutexGuard<'_, Arc<Vec<Py<PyAny>>>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Rows {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // If it is locked, it is in use.
        self.values.try_lock().map_or(Ok(()), |values| {
            values.iter().try_for_each(|value| visit.call(value))
        })
    }

    fn __len__(&self) -> usize {
        self.count
    }

    /// Return some of the rows, by their positions.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "pyo3 extracts lists as owned values"
    )]
    fn part(&self, py: Python<'_>, chosen: Vec<usize>) -> PyResult<Rows> {
        guarded(py, || {
            let values = self.values();
            let rows = chosen
                .iter()
                .map(|row| &values[row * self.width..(row + 1) * self.width]);
            let part = rows.flatten().map(|value| value.clone_ref(py)).collect();
            Ok(Rows {
                values: Mutex::new(Arc::new(part)),
                width: self.width,
                count: chosen.len(),
            })
        })
    }
}

impl Inserting {
    /// Add the values of an instance; `false` if it does not match the uniform case.
    fn take(&self, instance: &Bound<'_, PyAny>, values: &mut Vec<Py<PyAny>>) -> PyResult<bool> {
        let py = instance.py();
        if !instance.get_type().is(&self.model) {
            return Ok(false);
        }
        if let Some(touched) = self.touched.held(instance)?
            && touched.is_truthy()?
        {
            return Ok(false);
        }
        let dict = instance.getattr(pyo3::intern!(py, "__dict__"))?;
        let dict = dict.cast::<PyDict>()?;
        let is_none = |name: &Py<PyString>| -> PyResult<bool> {
            Ok(dict.get_item(name)?.is_none_or(|value| value.is_none()))
        };
        for name in &self.absent {
            if !is_none(name)? {
                return Ok(false);
            }
        }
        for (relation, column, key) in &self.links {
            let Some(other) = dict.get_item(relation)?.filter(|other| !other.is_none()) else {
                continue;
            };
            let held = dict.get_item(column)?;
            let its = other.getattr(pyo3::intern!(py, "__dict__"))?;
            let its = its.cast::<PyDict>()?.get_item(key)?;
            match (held, its) {
                (Some(held), Some(its)) if !held.is_none() && held.eq(&its)? => (),
                _ => return Ok(false),
            }
        }
        for relation in &self.far {
            if let Some(held) = dict.get_item(relation)?
                && held.is_truthy()?
            {
                return Ok(false);
            }
        }
        for given in &self.given {
            let Some(value) = dict.get_item(&given.name)? else {
                return Ok(false);
            };
            if value.is_none() {
                if given.generated {
                    return Ok(false);
                }
                values.push(value.unbind());
                continue;
            }
            values.push(match &given.encode {
                None => value.unbind(),
                Some(encode) => encode.call1(py, (value,))?,
            });
        }
        Ok(true)
    }
}

#[pymethods]
impl Inserting {
    #[new]
    fn new(
        model: Bound<'_, PyType>,
        given: Vec<(Py<PyString>, Option<Py<PyAny>>, bool)>,
        absent: Vec<Py<PyString>>,
        links: Vec<(Py<PyString>, Py<PyString>, Py<PyString>)>,
        far: Vec<Py<PyString>>,
    ) -> PyResult<Self> {
        Ok(Self {
            state: SlotAt::of(&model, "_oxyde_state")?,
            touched: SlotAt::of(&model, "_oxyde_touched")?,
            model: model.unbind(),
            given: given
                .into_iter()
                .map(|(name, encode, generated)| InsertColumn {
                    name,
                    encode,
                    generated,
                })
                .collect(),
            absent,
            links,
            far,
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.model)?;
        self.given
            .iter()
            .try_for_each(|given| visit.call(&given.encode))
    }

    /// Weak references to instances, and the states of those that have one, by position: the data
    /// needed to undo `stored`.
    fn before<'py>(
        &self,
        instances: &Bound<'py, PyList>,
    ) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyDict>)> {
        let py = instances.py();
        guarded(py, || {
            let (references, states) = (PyList::empty(py), PyDict::new(py));
            for (place, instance) in instances.iter().enumerate() {
                if let Some(state) = self.state.held(&instance)?
                    && !state.is_none()
                {
                    states.set_item(place, state)?;
                }
                references.append(PyWeakrefReference::new(&instance)?)?;
            }
            Ok((references, states))
        })
    }

    /// Read the rows of all instances; None if one of them does not match the uniform case. The
    /// values of an instance are read together.
    fn rows(this: Py<Self>, instances: Py<PyList>) -> Slices {
        Slices::of(ReadRows {
            inserting: this,
            instances,
            values: Vec::new(),
            at: 0,
            alike: true,
        })
    }

    /// Record that the instances read by `rows` were written: set the values that the database
    /// filled in, and their shared state. Instances that were assigned to meanwhile are passed to
    /// `assigned`.
    fn stored(
        this: Py<Self>,
        instances: Py<PyList>,
        names: Py<PyTuple>,
        rows: Py<PyList>,
        state: Py<PyAny>,
        untouched: Py<PyAny>,
        assigned: Py<PyAny>,
    ) -> Slices {
        Slices::of(StoreResults {
            inserting: this,
            instances,
            names,
            rows,
            state,
            untouched,
            assigned,
            at: 0,
        })
    }
}

/// Reads the values of instances.
struct ReadRows {
    inserting: Py<Inserting>,
    instances: Py<PyList>,
    values: Vec<Py<PyAny>>,
    at: usize,
    alike: bool,
}

impl SlicedWork for ReadRows {
    fn go(&mut self, py: Python<'_>, until: SliceDeadline) -> PyResult<bool> {
        let (inserting, instances) = (self.inserting.get(), self.instances.bind(py));
        if self.at == 0 {
            self.values
                .reserve_exact(instances.len() * inserting.given.len());
        }
        while self.alike && self.at < instances.len() {
            self.alike = inserting.take(&instances.get_item(self.at)?, &mut self.values)?;
            self.at += 1;
            if until.stops_after(self.at - 1) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn value(self: Box<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if !self.alike {
            return Ok(py.None());
        }
        let rows = Rows {
            values: Mutex::new(Arc::new(self.values)),
            width: self.inserting.get().given.len(),
            count: self.at,
        };
        Ok(Py::new(py, rows)?.into_any())
    }
}

/// Records that instances were written.
struct StoreResults {
    inserting: Py<Inserting>,
    instances: Py<PyList>,
    names: Py<PyTuple>,
    rows: Py<PyList>,
    state: Py<PyAny>,
    untouched: Py<PyAny>,
    /// Called with an instance and the names that were assigned since its values were read.
    assigned: Py<PyAny>,
    at: usize,
}

impl StoreResults {
    fn one(&self, instance: &Bound<'_, PyAny>, row: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = instance.py();
        let inserting = self.inserting.get();
        if !instance.get_type().is(&inserting.model) {
            return Err(internal(py, "an instance of another model was written"));
        }
        let dict = instance.getattr(pyo3::intern!(py, "__dict__"))?;
        let dict = dict.cast::<PyDict>()?;
        let given = instance.getattr(pyo3::intern!(py, "__pydantic_fields_set__"))?;
        let given = given.cast::<PySet>()?;
        let names = self.names.bind(py).iter_borrowed();
        for (name, value) in names.zip(row.cast::<PyTuple>()?.iter_borrowed()) {
            dict.set_item(name, value)?;
            given.add(name)?;
        }
        let touched = inserting.touched.held(instance)?;
        inserting
            .state
            .fill(instance, self.state.bind(py).clone())?;
        inserting
            .touched
            .fill(instance, self.untouched.bind(py).clone())?;
        if let Some(touched) = touched
            && touched.is_truthy()?
        {
            self.assigned.call1(py, (instance, touched))?;
        }
        Ok(())
    }
}

impl SlicedWork for StoreResults {
    fn go(&mut self, py: Python<'_>, until: SliceDeadline) -> PyResult<bool> {
        let (instances, rows) = (self.instances.bind(py), self.rows.bind(py));
        let count = instances.len().min(rows.len());
        while self.at < count {
            self.one(&instances.get_item(self.at)?, &rows.get_item(self.at)?)?;
            // It is no longer needed, and freeing all of them at once would take long.
            rows.set_item(self.at, py.None())?;
            self.at += 1;
            if until.stops_after(self.at - 1) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn value(self: Box<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(py.None())
    }
}
