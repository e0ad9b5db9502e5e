//! Related rows, put under an attribute of the instances that they belong to.

use std::collections::{HashMap, HashSet};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyString, PyType};

use super::instance::SlotAt;
use crate::error::guarded;

/// The rows by the value of one of their fields, in order.
#[pyfunction]
pub(crate) fn grouped<'py>(
    rows: &Bound<'py, PyList>,
    field: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyDict>> {
    let py = rows.py();
    guarded(py, || {
        let groups = PyDict::new(py);
        for row in rows.iter() {
            add(&groups, &row.getattr(field)?, row)?;
        }
        Ok(groups)
    })
}

/// Adds a row to the group of a key.
pub(super) fn add<'py>(
    groups: &Bound<'py, PyDict>,
    key: &Bound<'py, PyAny>,
    row: Bound<'py, PyAny>,
) -> PyResult<()> {
    match groups.get_item(key)? {
        Some(group) => group.cast::<PyList>()?.append(row),
        None => groups.set_item(key, PyList::new(groups.py(), [row])?),
    }
}

/// Put the group of each owner's key (its field `local`) under `attribute`: a list of the owner's
/// own, or the one row where there is one at most. Where the attribute is a field it counts as
/// given.
#[pyfunction]
pub(crate) fn attach<'py>(
    owners: &Bound<'py, PyList>,
    local: &Bound<'py, PyString>,
    attribute: &Bound<'py, PyString>,
    groups: &Bound<'py, PyDict>,
    many: bool,
) -> PyResult<()> {
    let py = owners.py();
    guarded(py, || {
        let mut given_away = HashSet::new();
        let mut marks: Option<Marks<'py>> = None;
        for owner in owners.iter() {
            let key = owner.getattr(local)?;
            let group = groups.get_item(&key)?;
            let value = match group {
                Some(group) if many && given_away.insert(group.as_ptr() as usize) => group,
                // Each owner has a list of its own.
                Some(group) if many => group.cast::<PyList>()?.get_slice(0, usize::MAX).into_any(),
                Some(group) => {
                    let group = group.cast::<PyList>()?;
                    group.get_item(group.len().saturating_sub(1))?
                }
                None if many => PyList::empty(py).into_any(),
                None => py.None().into_bound(py),
            };
            let dict = owner.getattr(pyo3::intern!(py, "__dict__"))?;
            dict.cast::<PyDict>()?.set_item(attribute, value)?;
            let class = owner.get_type();
            if marks.as_ref().is_none_or(|marks| !marks.class.is(&class)) {
                marks = Some(Marks::of(class, attribute)?);
            }
            if let Some(marks) = &mut marks {
                marks.mark(&owner)?;
            }
        }
        Ok(())
    })
}

/// Adds a name to the given fields of instances of one class.
struct Marks<'py> {
    class: Bound<'py, PyType>,
    name: Bound<'py, PyString>,
    is_field: bool,
    fields_set: SlotAt,
    state: SlotAt,
    /// The state of instances that make their set of given fields when it is asked for, with the
    /// name among them, by the state before.
    states: HashMap<usize, (Bound<'py, PyAny>, Bound<'py, PyAny>)>,
}

impl<'py> Marks<'py> {
    fn of(class: Bound<'py, PyType>, name: &Bound<'py, PyString>) -> PyResult<Self> {
        let fields = class.getattr(pyo3::intern!(class.py(), "__pydantic_fields__"))?;
        Ok(Self {
            is_field: fields.contains(name)?,
            fields_set: SlotAt::of(&class, "__pydantic_fields_set__")?,
            state: SlotAt::of(&class, "_oxyde_state")?,
            name: name.clone(),
            states: HashMap::new(),
            class,
        })
    }

    fn mark(&mut self, instance: &Bound<'py, PyAny>) -> PyResult<()> {
        let py = instance.py();
        if !self.is_field {
            return Ok(());
        }
        if self.fields_set.held(instance)?.is_none()
            && let Some(state) = self.state.held(instance)?
            && !state.is_none()
        {
            let before = state.as_ptr() as usize;
            let after = if let Some((_, after)) = self.states.get(&before) {
                after.clone()
            } else {
                let after = state.call_method1(pyo3::intern!(py, "with_given"), (&self.name,))?;
                // The state before is kept, so that no other one takes its address.
                self.states.insert(before, (state, after.clone()));
                after
            };
            return self.state.fill(instance, after);
        }
        instance
            .getattr(pyo3::intern!(py, "__pydantic_fields_set__"))?
            .cast::<PySet>()?
            .add(&self.name)
    }
}
