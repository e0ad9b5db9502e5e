//! Many instances of one model on their way into an INSERT, and what comes back to them.
//!
//! Only what is the same for each of them and needs no Python code is done here. For any other
//! list of instances `Inserting.rows` gives None, and Python asks each instance for its values.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyString, PyTuple, PyType};

use crate::error::{guarded, internal};
use crate::hydrate::SlotAt;

/// How instances of a model become rows of the same columns.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Inserting {
    model: Py<PyType>,
    given: Vec<Given>,
    /// Fields that the database fills in.
    absent: Vec<Py<PyString>>,
    /// Relations and their columns: a row may have been saved after it was assigned.
    links: Vec<(Py<PyString>, Py<PyString>)>,
    state: SlotAt,
    touched: SlotAt,
}

/// One column that is written.
struct Given {
    name: Py<PyString>,
    encode: Option<Py<PyAny>>,
    /// Whether None would leave it to the database.
    generated: bool,
}

/// The values of many rows, one after the other.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Rows {
    values: Vec<Py<PyAny>>,
    width: usize,
    count: usize,
}

impl Rows {
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The values of each row.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[Py<PyAny>]> {
        (0..self.count).map(|row| &self.values[row * self.width..(row + 1) * self.width])
    }
}

#[pymethods]
impl Rows {
    fn __len__(&self) -> usize {
        self.count
    }
}

impl Inserting {
    /// Adds the values of an instance; `false` when it is not like the others.
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
        for (relation, column) in &self.links {
            if !is_none(relation)? && is_none(column)? {
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
        links: Vec<(Py<PyString>, Py<PyString>)>,
    ) -> PyResult<Self> {
        Ok(Self {
            state: SlotAt::of(&model, "_oxyde_state")?,
            touched: SlotAt::of(&model, "_oxyde_touched")?,
            model: model.unbind(),
            given: given
                .into_iter()
                .map(|(name, encode, generated)| Given {
                    name,
                    encode,
                    generated,
                })
                .collect(),
            absent,
            links,
        })
    }

    /// The rows of all instances; None when one of them is not like the others.
    fn rows(&self, instances: &Bound<'_, PyList>) -> PyResult<Option<Rows>> {
        guarded(instances.py(), || {
            let width = self.given.len();
            let mut values = Vec::with_capacity(instances.len() * width);
            let mut count = 0;
            for instance in instances.iter() {
                if !self.take(&instance, &mut values)? {
                    return Ok(None);
                }
                count += 1;
            }
            Ok(Some(Rows {
                values,
                width,
                count,
            }))
        })
    }

    /// Notes that instances, which `rows` took, were written: what the database filled in, and
    /// their state, which they share.
    fn stored(
        &self,
        instances: &Bound<'_, PyList>,
        names: &Bound<'_, PyTuple>,
        rows: &Bound<'_, PyList>,
        state: &Bound<'_, PyAny>,
        untouched: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = instances.py();
        guarded(py, || {
            for (instance, row) in instances.iter().zip(rows.iter()) {
                if !instance.get_type().is(&self.model) {
                    return Err(internal(py, "an instance of another model was written"));
                }
                let dict = instance.getattr(pyo3::intern!(py, "__dict__"))?;
                let dict = dict.cast::<PyDict>()?;
                let given = instance.getattr(pyo3::intern!(py, "__pydantic_fields_set__"))?;
                let given = given.cast::<PySet>()?;
                for (name, value) in names
                    .iter_borrowed()
                    .zip(row.cast::<PyTuple>()?.iter_borrowed())
                {
                    dict.set_item(name, value)?;
                    given.add(name)?;
                }
                self.state.fill(&instance, state.clone())?;
                self.touched.fill(&instance, untouched.clone())?;
            }
            Ok(())
        })
    }
}
