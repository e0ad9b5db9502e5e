//! The `_oxyde_state` of loaded instances.
//!
//! All instances of a result share a State, which records the database they were loaded from,
//! and the loaded fields: the first change gives an instance its own State. If a field
//! is mutable (JSON, arrays), each instance gets its own State immediately, like the shared one
//! but with `originals`, which contain the columns' values.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyType};

use super::instance::{Layout, SlotAt};

pub(super) struct StatePlan {
    /// `_oxyde_state` of the model.
    slot: SlotAt,
    /// The State that others are copied from.
    pattern: Py<PyAny>,
    layout: Layout,
    /// The slots of State.
    slots: Vec<SlotAt>,
    database: SlotAt,
    originals: SlotAt,
    /// Whether a field is mutable.
    mutable: bool,
}

impl StatePlan {
    pub(super) fn of(
        model: &Bound<'_, PyType>,
        pattern: &Bound<'_, PyAny>,
        mutable: bool,
    ) -> PyResult<StatePlan> {
        let class = pattern.get_type();
        let mut slots = Vec::new();
        for name in class.getattr("__slots__")?.try_iter()? {
            slots.push(SlotAt::of(&class, name?.cast::<PyString>()?.to_str()?)?);
        }
        Ok(StatePlan {
            slot: SlotAt::of(model, "_oxyde_state")?,
            pattern: pattern.clone().unbind(),
            layout: Layout::of(&class),
            slots,
            database: SlotAt::of(&class, "database")?,
            originals: SlotAt::of(&class, "originals")?,
            mutable,
        })
    }

    /// Return the State of instances from a database.
    pub(super) fn of_database<'py>(
        &self,
        py: Python<'py>,
        database: Option<&Bound<'py, PyString>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let pattern = self.pattern.bind(py);
        match database {
            None => Ok(pattern.clone()),
            Some(name) => {
                let state = self.like(pattern)?;
                self.database.fill(&state, name.clone().into_any())?;
                Ok(state)
            }
        }
    }

    /// Mark an instance as loaded.
    pub(super) fn attach<'py>(
        &self,
        instance: &Bound<'py, PyAny>,
        common: &Bound<'py, PyAny>,
        originals: impl FnOnce() -> PyResult<Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        if !self.mutable {
            return self.slot.fill(instance, common.clone());
        }
        // It still counts as shared, so that its other slots are copied before a change.
        let state = self.like(common)?;
        self.originals.fill(&state, originals()?.into_any())?;
        self.slot.fill(instance, state)
    }

    fn like<'py>(&self, state: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let made = self.layout.instance(state.py())?;
        for slot in &self.slots {
            slot.fill(&made, slot.value(state)?)?;
        }
        Ok(made)
    }
}
