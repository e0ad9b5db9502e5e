//! Attaches related rows to their owners.

use std::collections::{HashMap, HashSet};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PySet, PyString, PyType};

use super::instance::SlotAt;
use crate::slices::{SliceDeadline, SlicedWork, Slices};

/// Rows grouped by the value of one of their fields, in order.
#[pyfunction]
pub(crate) fn grouped(
    py: Python<'_>,
    rows: Py<PyList>,
    field: Py<PyString>,
    list: Option<Py<PyType>>,
) -> Slices {
    Slices::of(Grouping {
        rows,
        field,
        list,
        groups: PyDict::new(py).unbind(),
        at: 0,
    })
}

struct Grouping {
    rows: Py<PyList>,
    field: Py<PyString>,
    /// The class of the lists; `None` means Python's `list`.
    list: Option<Py<PyType>>,
    groups: Py<PyDict>,
    at: usize,
}

impl SlicedWork for Grouping {
    fn go(&mut self, py: Python<'_>, until: SliceDeadline) -> PyResult<bool> {
        let (rows, groups) = (self.rows.bind(py), self.groups.bind(py));
        let list = self.list.as_ref().map(|list| list.bind(py));
        while self.at < rows.len() {
            let row = rows.get_item(self.at)?;
            add(groups, &row.getattr(&self.field)?, row, list)?;
            self.at += 1;
            if until.stops_after(self.at - 1) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn value(self: Box<Self>, _py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.groups.into_any())
    }
}

/// Add a row to the group of a key.
pub(super) fn add<'py>(
    groups: &Bound<'py, PyDict>,
    key: &Bound<'py, PyAny>,
    row: Bound<'py, PyAny>,
    list: Option<&Bound<'py, PyType>>,
) -> PyResult<()> {
    if let Some(group) = groups.get_item(key)? {
        return group.cast::<PyList>()?.append(row);
    }
    let Some(list) = list else {
        return groups.set_item(key, PyList::new(groups.py(), [row])?);
    };
    let group = list.call0()?;
    group.cast::<PyList>()?.append(row)?;
    groups.set_item(key, group)
}

/// Assign the group of each owner's key (its field `local`) to `attribute`: a separate list per
/// owner, of the class `list` if given, or the row itself if there is at most one. If the
/// attribute is a field, it counts as set.
#[pyfunction]
pub(crate) fn attach(
    owners: Py<PyList>,
    local: Py<PyString>,
    attribute: Py<PyString>,
    groups: Py<PyDict>,
    many: bool,
    list: Option<Py<PyType>>,
) -> Slices {
    Slices::of(Attaching {
        owners,
        local,
        attribute,
        groups,
        many,
        list,
        given_away: HashSet::new(),
        marks: None,
        at: 0,
    })
}

struct Attaching {
    owners: Py<PyList>,
    local: Py<PyString>,
    attribute: Py<PyString>,
    groups: Py<PyDict>,
    many: bool,
    /// The class of the lists; `None` means Python's `list`.
    list: Option<Py<PyType>>,
    /// The lists already assigned to an owner; they are kept in `groups`.
    given_away: HashSet<usize>,
    marks: Option<Marks>,
    at: usize,
}

impl Attaching {
    fn one(&mut self, owner: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = owner.py();
        let key = owner.getattr(&self.local)?;
        let list = self.list.as_ref().map(|list| list.bind(py));
        let value = match self.groups.bind(py).get_item(&key)? {
            Some(group) if let Some(list) = list => {
                if self.given_away.insert(group.as_ptr() as usize) {
                    if !group.get_type().is(list) {
                        group.setattr(pyo3::intern!(py, "__class__"), list)?;
                    }
                    group
                } else {
                    list.call1((group,))?
                }
            }
            None if let Some(list) = list => list.call0()?,
            // Each owner has a list of its own, of Python's class.
            Some(group) if self.many => group.cast::<PyList>()?.get_slice(0, usize::MAX).into_any(),
            Some(group) => {
                let group = group.cast::<PyList>()?;
                group.get_item(group.len().saturating_sub(1))?
            }
            None if self.many => PyList::empty(py).into_any(),
            None => py.None().into_bound(py),
        };
        let dict = owner.getattr(pyo3::intern!(py, "__dict__"))?;
        dict.cast::<PyDict>()?.set_item(&self.attribute, value)?;
        let class = owner.get_type();
        let marks = match &mut self.marks {
            Some(marks) if marks.class.is(&class) => marks,
            marks => marks.insert(Marks::of(&class, self.attribute.bind(py))?),
        };
        marks.mark(owner)
    }
}

impl SlicedWork for Attaching {
    fn go(&mut self, py: Python<'_>, until: SliceDeadline) -> PyResult<bool> {
        let owners = self.owners.clone_ref(py).into_bound(py);
        while self.at < owners.len() {
            self.one(&owners.get_item(self.at)?)?;
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

/// Add a name to the set fields of instances of one class.
struct Marks {
    class: Py<PyType>,
    name: Py<PyString>,
    is_field: bool,
    fields_set: SlotAt,
    state: SlotAt,
    /// Return the state, with the name among the set fields, of instances that create that set
    /// lazily; cached by the previous state.
    states: HashMap<usize, (Py<PyAny>, Py<PyAny>)>,
}

impl Marks {
    fn of(class: &Bound<'_, PyType>, name: &Bound<'_, PyString>) -> PyResult<Self> {
        let fields = class.getattr(pyo3::intern!(class.py(), "__pydantic_fields__"))?;
        Ok(Self {
            is_field: fields.contains(name)?,
            fields_set: SlotAt::of(class, "__pydantic_fields_set__")?,
            state: SlotAt::of(class, "_oxyde_state")?,
            name: name.clone().unbind(),
            states: HashMap::new(),
            class: class.clone().unbind(),
        })
    }

    fn mark(&mut self, instance: &Bound<'_, PyAny>) -> PyResult<()> {
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
                after.bind(py).clone()
            } else {
                let after = state.call_method1(pyo3::intern!(py, "with_given"), (&self.name,))?;
                // Keep the previous state alive, so that no other one gets its address.
                let kept = (state.unbind(), after.clone().unbind());
                self.states.insert(before, kept);
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
