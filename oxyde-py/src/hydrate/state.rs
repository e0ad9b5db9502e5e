//! The `_oxyde_state` of loaded instances.
//!
//! All instances of a recipe share one State, which says "loaded, with these fields": the first
//! change gives an instance a State of its own. Where a field can be changed in place (JSON,
//! arrays) each instance gets its own State at once, a copy of the shared one whose `originals`
//! hold what the columns held.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyType};

use super::instance::{Layout, SlotAt};

pub(super) struct StatePlan {
    slot: SlotAt,
    shared: Py<PyAny>,
    own: Option<Own>,
}

struct Own {
    layout: Layout,
    /// The slots of State with the values of the shared one.
    values: Vec<(SlotAt, Py<PyAny>)>,
    originals: SlotAt,
}

impl StatePlan {
    pub(super) fn of(
        model: &Bound<'_, PyType>,
        shared: &Bound<'_, PyAny>,
        mutable: bool,
    ) -> PyResult<StatePlan> {
        let own = if mutable {
            Some(Own::of(shared)?)
        } else {
            None
        };
        Ok(StatePlan {
            slot: SlotAt::of(model, "_oxyde_state")?,
            shared: shared.clone().unbind(),
            own,
        })
    }

    /// Mark an instance as loaded.
    pub(super) fn attach<'py>(
        &self,
        py: Python<'py>,
        instance: &Bound<'py, PyAny>,
        originals: impl FnOnce() -> PyResult<Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        let state = match &self.own {
            None => self.shared.bind(py).clone(),
            Some(own) => {
                let state = own.layout.instance(py)?;
                for (slot, value) in &own.values {
                    slot.fill(&state, value.bind(py).clone())?;
                }
                own.originals.fill(&state, originals()?.into_any())?;
                state
            }
        };
        self.slot.fill(instance, state)
    }
}

impl Own {
    fn of(shared: &Bound<'_, PyAny>) -> PyResult<Own> {
        let class = shared.get_type();
        let mut values = Vec::new();
        for name in class.getattr("__slots__")?.try_iter()? {
            let name = name?.cast_into::<PyString>()?;
            if name.to_str()? == "originals" {
                continue;
            }
            let slot = SlotAt::of(&class, name.to_str()?)?;
            let value = slot.value(shared)?.unbind();
            values.push((slot, value));
        }
        Ok(Own {
            layout: Layout::of(&class),
            values,
            originals: SlotAt::of(&class, "originals")?,
        })
    }
}
