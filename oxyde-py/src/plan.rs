//! `oxyde._core.Plan`: a compiled statement, and the names of its params.

use std::sync::Arc;

use oxyde_sql::dialect::{Dialect, Features};
use oxyde_sql::ir::IR_VERSION;
use oxyde_sql::plan::Form;
use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::bind::{Limits, Slot, shown};
use crate::error::{Class, error, from_sql, guarded, internal};

/// A compiled statement.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Plan {
    compiled: Arc<oxyde_sql::plan::Plan>,
    dialect: Dialect,
    limits: Limits,
    slots: Vec<Slot>,
}

impl Plan {
    pub(crate) fn compiled(&self) -> &Arc<oxyde_sql::plan::Plan> {
        &self.compiled
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Convert the values of a run.
    pub(crate) fn bind(&self, values: &Bound<'_, PyAny>) -> PyResult<Vec<Value>> {
        let py = values.py();
        if let Ok(values) = values.cast::<PyList>() {
            self.bind_each(py, values.len(), values.iter())
        } else if let Ok(values) = values.cast::<PyTuple>() {
            self.bind_each(py, values.len(), values.iter())
        } else {
            Err(internal(py, "the values of a plan are a list or a tuple"))
        }
    }

    /// Convert the values of one of many rows.
    pub(crate) fn bind_row(&self, py: Python<'_>, row: &[Py<PyAny>]) -> PyResult<Vec<Value>> {
        self.bind_each(
            py,
            row.len(),
            row.iter().map(|value| value.bind(py).clone()),
        )
    }

    fn bind_each<'py>(
        &self,
        py: Python<'py>,
        count: usize,
        values: impl Iterator<Item = Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Value>> {
        let wanted = self.slots.len();
        if count != wanted {
            return Err(internal(
                py,
                &format!("a plan of {wanted} params was run with {count} values"),
            ));
        }
        let mut bound = Vec::with_capacity(wanted);
        for (slot, value) in self.slots.iter().zip(values) {
            bound.push(slot.bind(&value, self.limits)?);
        }
        Ok(bound)
    }
}

#[pymethods]
impl Plan {
    #[getter]
    fn sql(&self) -> &str {
        &self.compiled.sql
    }

    #[getter]
    fn flavour(&self) -> &'static str {
        self.dialect.name()
    }

    #[getter]
    fn writes(&self) -> bool {
        self.compiled.writes
    }

    #[getter]
    fn returns_rows(&self) -> bool {
        !self.compiled.outputs.is_empty()
    }

    /// The values as they are bound, in the order of the placeholders.
    fn parameters<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyList>> {
        guarded(py, || {
            let bound = self.bind(values)?;
            let list = PyList::empty(py);
            for bind in &self.compiled.binds {
                let param = bind.param as usize;
                let value = bound
                    .get(param)
                    .ok_or_else(|| internal(py, &format!("a plan has no param {param}")))?;
                list.append(shown(py, value, bind.form)?)?;
            }
            Ok(list)
        })
    }

    fn __repr__(&self) -> String {
        format!("<Plan {} {:?}>", self.dialect.name(), self.compiled.sql)
    }
}

/// Compile a statement. `labels` gives each param's name and whether it belongs to a lookup.
#[pyfunction]
pub(crate) fn compile(
    py: Python<'_>,
    ir: &[u8],
    flavour: &str,
    labels: Vec<(String, bool)>,
) -> PyResult<Plan> {
    guarded(py, || {
        let dialect = dialect_of(py, flavour)?;
        let features = Features::of(dialect);
        let message = oxyde_sql::packed::read_message(ir)
            .map_err(|refused| internal(py, &format!("the IR cannot be read: {refused}")))?;
        if message.version != IR_VERSION {
            return Err(internal(
                py,
                &format!(
                    "IR version {} where {IR_VERSION} is spoken",
                    message.version
                ),
            ));
        }
        let compiled = oxyde_sql::compile(&message.statement, &features)
            .map_err(|refused| from_sql(py, &refused))?;
        let limits = limits_of(&features);
        let mut slots: Vec<Slot> = labels
            .into_iter()
            .map(|(label, lookup)| Slot {
                label,
                lookup,
                target: None,
            })
            .collect();
        for bind in &compiled.binds {
            let param = bind.param as usize;
            let slot = slots
                .get_mut(param)
                .ok_or_else(|| internal(py, &format!("param {param} has no label")))?;
            match &slot.target {
                None => slot.target = Some((bind.ty.clone(), bind.form)),
                Some((ty, form)) if *ty == bind.ty && same_values(*form, bind.form) => {}
                Some(_) => {
                    return Err(internal(
                        py,
                        &format!("param {param} is bound as two types"),
                    ));
                }
            }
        }
        Ok(Plan {
            compiled: Arc::new(compiled),
            dialect,
            limits,
            slots,
        })
    })
}

/// Whether two forms take the same Python values.
fn same_values(one: Form, other: Form) -> bool {
    let list = |form| matches!(form, Form::Array | Form::JsonList);
    list(one) == list(other)
}

/// A dialect by its name in Python.
pub(crate) fn dialect_of(py: Python<'_>, flavour: &str) -> PyResult<Dialect> {
    Dialect::from_name(flavour).ok_or_else(|| {
        error(
            py,
            Class::Oxyde,
            &format!("unknown SQL flavour {flavour:?}"),
            None,
        )
    })
}

/// What values a database of these features stores.
pub(crate) fn limits_of(features: &Features) -> Limits {
    Limits {
        nan: features.double_nan,
        infinity: features.double_infinity,
        decimal_special: features.decimal_nan,
        nul_in_text: features.nul_in_text,
        exact_json_numbers: features.exact_json_numbers,
    }
}
