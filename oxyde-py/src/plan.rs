//! `oxyde._core.Plan`: a compiled statement, and the names of its params.

use std::sync::Arc;

use oxyde_sql::dialect;
use oxyde_sql::msgpack::{self, CompileError};
use oxyde_sql::plan::Form;
use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::bind::{Limits, Slot, shown};
use crate::error::{from_sql, guarded, internal};
use crate::executor::Binding;
use crate::features::Features;
use crate::slices::Slices;

/// A compiled statement.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Plan {
    compiled: Arc<oxyde_sql::plan::Plan>,
    features: dialect::Features,
    limits: Limits,
    slots: Arc<[Slot]>,
    /// The names of the model and its table, if it is about one.
    subject: Option<(String, String)>,
}

/// What is shown instead of a secret value.
const HIDDEN: &str = "***";

impl Plan {
    pub(crate) fn compiled(&self) -> &Arc<oxyde_sql::plan::Plan> {
        &self.compiled
    }

    /// The server that it was compiled for.
    pub(crate) fn features(&self) -> &dialect::Features {
        &self.features
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
    pub(crate) fn bind_row<'py>(
        &self,
        py: Python<'py>,
        width: usize,
        row: impl Iterator<Item = Bound<'py, PyAny>>,
    ) -> PyResult<Vec<Value>> {
        self.bind_each(py, width, row)
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

    /// Return the plan with a comment at the end of its SQL.
    fn commented(&self, py: Python<'_>, text: &str) -> PyResult<Plan> {
        let compiled = self
            .compiled
            .commented(text)
            .ok_or_else(|| internal(py, "a comment that is not percent-encoded"))?;
        Ok(Plan {
            compiled: Arc::new(compiled),
            features: self.features,
            limits: self.limits,
            slots: Arc::clone(&self.slots),
            subject: self.subject.clone(),
        })
    }

    /// Return the plan that waits until its node has applied what the cluster has committed.
    fn causal(&self) -> Plan {
        Plan {
            compiled: Arc::new(self.compiled.causal()),
            features: self.features,
            limits: self.limits,
            slots: Arc::clone(&self.slots),
            subject: self.subject.clone(),
        }
    }

    /// The text with which so many rows are sent at once.
    fn bulk_sql(&self, rows: usize) -> std::borrow::Cow<'_, str> {
        oxyde_driver::bulk_text(&self.compiled, rows)
    }

    #[getter]
    fn writes(&self) -> bool {
        self.compiled.writes
    }

    #[getter]
    fn returns_rows(&self) -> bool {
        !self.compiled.outputs.is_empty()
    }

    /// The names of the model and its table; None for statements that are about none.
    #[getter]
    fn subject(&self) -> Option<(&str, &str)> {
        let (model, table) = self.subject.as_ref()?;
        Some((model, table))
    }

    /// The names of the params that the statement uses: `User.age`.
    #[getter]
    fn labels(&self) -> Vec<&str> {
        let used = self.slots.iter().filter(|slot| slot.target.is_some());
        used.map(|slot| slot.label.as_str()).collect()
    }

    /// Return the bound values, in the order of the placeholders; if `redacted`, without those that
    /// are secret.
    #[pyo3(signature = (values, redacted = false))]
    fn parameters<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyAny>,
        redacted: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        guarded(py, || {
            let bound = self.bind(values)?;
            let list = PyList::empty(py);
            for bind in &self.compiled.binds {
                let param = bind.param as usize;
                let value = bound
                    .get(param)
                    .ok_or_else(|| internal(py, &format!("the plan has no param {param}")))?;
                if redacted && self.slots.get(param).is_some_and(|slot| slot.secret) {
                    list.append(HIDDEN)?;
                } else {
                    list.append(shown(py, value, bind.form)?)?;
                }
            }
            Ok(list)
        })
    }

    /// The values of many rows, read from instances or in a list of lists. Those that are used
    /// `once` are released.
    fn bind_rows(this: Py<Self>, rows: &Bound<'_, PyAny>, once: bool) -> PyResult<Slices> {
        Binding::of(this, rows, once).map(Slices::of)
    }

    fn __repr__(&self) -> String {
        format!(
            "<Plan {} {:?}>",
            self.features.dialect.name(),
            self.compiled.sql
        )
    }
}

/// Compile a statement for a server. `labels` contains each param's name, whether it belongs to a
/// lookup, and whether it is secret; `subject` the names of the model and its table.
#[pyfunction]
#[pyo3(signature = (ir, features, labels, subject = None))]
pub(crate) fn compile(
    py: Python<'_>,
    ir: &[u8],
    features: &Bound<'_, Features>,
    labels: Vec<(String, bool, bool)>,
    subject: Option<(String, String)>,
) -> PyResult<Plan> {
    guarded(py, || {
        let features = features.get().table();
        let compiled = msgpack::compile(ir, features).map_err(|refused| match refused {
            CompileError::Sql(error) => from_sql(py, &error),
            _ => internal(py, &refused.to_string()),
        })?;
        let limits = limits_of(features);
        let mut slots: Vec<Slot> = labels
            .into_iter()
            .map(|(label, lookup, secret)| Slot {
                label,
                lookup,
                secret,
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
            features: *features,
            limits,
            slots: slots.into(),
            subject,
        })
    })
}

/// Whether two forms accept the same Python values.
fn same_values(one: Form, other: Form) -> bool {
    let list = |form| matches!(form, Form::Array | Form::JsonList | Form::Item(_));
    list(one) == list(other)
}

/// Return what values a database with these features can store.
pub(crate) fn limits_of(features: &dialect::Features) -> Limits {
    Limits {
        nan: features.double_nan,
        infinity: features.double_infinity,
        decimal_special: features.decimal_nan,
        nul_in_text: features.nul_in_text,
        exact_json_numbers: features.exact_json_numbers,
        json_depth: features.json_depth(),
    }
}
