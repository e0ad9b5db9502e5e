//! A model in a row: how to build its instance.

use std::collections::HashMap;

use oxyde_driver::Cell;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySet, PyString, PyType};

use super::cell::{CellPlan, Made, plain};
use super::defaults::InstanceDefault;
use super::instance::{Layout, SlotAt, copy_set, set_dict};
use super::python::Imports;
use super::state::StatePlan;

/// A model whose columns are adjacent in the row, and the models joined to it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent options of building instances"
)]
pub(super) struct Node {
    /// Its first column.
    first: usize,
    fields: Vec<(Py<PyString>, CellPlan)>,
    /// Columns of its primary key, relative to `first`; empty if some are missing.
    key: Vec<usize>,
    /// All fields in order of declaration; those that are not in the row have their default.
    template: Py<PyDict>,
    fresh: Vec<InstanceDefault>,
    /// Fields that instances do not have: accessing them is an error.
    absent: Vec<Py<PyString>>,
    fields_set: Py<PySet>,
    /// Whether instances create their set of fields lazily from the State. A set uses
    /// nearly as much memory as the rest of an instance.
    late_fields_set: bool,
    private: Option<(Py<PyDict>, Vec<InstanceDefault>)>,
    post_init: Option<Py<PyString>>,
    keeps_extra: bool,
    /// Called with the row as a dict: `Model.__pydantic_validator__.validate_python`.
    validate: Py<PyAny>,
    /// Called with the row and the raised error: raises, or returns an instance nevertheless.
    refused: Py<PyAny>,
    /// Whether an invalid row is represented in the result by its error.
    pub(super) reports: bool,
    /// Whether instances can be built without the validator.
    direct: bool,
    children: Vec<(Py<PyString>, Node)>,
    /// Columns after all joined ones, which become plain attributes.
    extras: Vec<(Py<PyString>, CellPlan)>,
    layout: Layout,
    slots: Slots,
    state: Option<StatePlan>,
}

struct Slots {
    fields_set: SlotAt,
    extra: SlotAt,
    private: SlotAt,
}

/// The description of a node by `oxyde.hydration.recipe`.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent options of building instances"
)]
struct Description<'py> {
    model: Bound<'py, PyType>,
    fields: Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>,
    key: Vec<usize>,
    template: Bound<'py, PyDict>,
    fresh: Vec<Bound<'py, PyAny>>,
    absent: Vec<Bound<'py, PyString>>,
    fields_set: Bound<'py, PySet>,
    late_fields_set: bool,
    private: Option<(Bound<'py, PyDict>, Vec<Bound<'py, PyAny>>)>,
    post_init: Option<Bound<'py, PyString>>,
    keeps_extra: bool,
    validate: Bound<'py, PyAny>,
    refused: Bound<'py, PyAny>,
    reports: bool,
    direct: bool,
    state: Option<Bound<'py, PyAny>>,
    children: Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>,
    extras: Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>,
}

/// The primary key of a joined row.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum InstanceKey {
    Int(i64),
    Bytes(Box<[u8]>),
}

/// Instances of joined models by node and key: a parent row is one instance.
pub(super) struct InstanceCache {
    /// Name of the rows' database.
    database: Option<Py<PyString>>,
    levels: Vec<HashMap<InstanceKey, Py<PyAny>>>,
    /// The state of all instances of a node, by its first column.
    states: Vec<Option<Py<PyAny>>>,
}

impl Node {
    /// Parse a description whose columns start at `first`. Also return the column after its last.
    pub(super) fn read(description: &Bound<'_, PyAny>, first: usize) -> PyResult<(Node, usize)> {
        let d: Description<'_> = description.extract()?;
        let cells = |list: &[(Bound<'_, PyString>, Bound<'_, PyAny>)]| {
            list.iter()
                .map(|(name, cell)| Ok((name.clone().unbind(), CellPlan::read(cell)?)))
                .collect::<PyResult<Vec<_>>>()
        };
        let fields = cells(&d.fields)?;
        let fresh = |list: &[Bound<'_, PyAny>]| -> PyResult<Vec<InstanceDefault>> {
            list.iter().map(InstanceDefault::read).collect()
        };
        let mut next = first + fields.len();
        let mut children = Vec::new();
        for (attribute, child) in d.children {
            let (child, after) = Node::read(&child, next)?;
            next = after;
            children.push((attribute.unbind(), child));
        }
        let extras = cells(&d.extras)?;
        next += extras.len();
        let mutable = fields.iter().any(|(_, cell)| cell.mutable);
        let node = Node {
            first,
            key: d.key,
            template: d.template.unbind(),
            fresh: fresh(&d.fresh)?,
            absent: d.absent.into_iter().map(Bound::unbind).collect(),
            fields_set: d.fields_set.unbind(),
            late_fields_set: d.late_fields_set,
            private: match d.private {
                Some((template, list)) => Some((template.unbind(), fresh(&list)?)),
                None => None,
            },
            post_init: d.post_init.map(Bound::unbind),
            keeps_extra: d.keeps_extra,
            validate: d.validate.unbind(),
            refused: d.refused.unbind(),
            reports: d.reports,
            direct: d.direct,
            children,
            extras,
            layout: Layout::of(&d.model),
            slots: Slots {
                fields_set: SlotAt::of(&d.model, "__pydantic_fields_set__")?,
                extra: SlotAt::of(&d.model, "__pydantic_extra__")?,
                private: SlotAt::of(&d.model, "__pydantic_private__")?,
            },
            state: d
                .state
                .map(|state| StatePlan::of(&d.model, &state, mutable))
                .transpose()?,
            fields,
        };
        Ok((node, next))
    }

    /// The objects that may reference the model, which may own this node.
    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.layout.traverse(visit)?;
        visit.call(&self.template)?;
        visit.call(&self.validate)?;
        visit.call(&self.refused)?;
        for fresh in &self.fresh {
            fresh.traverse(visit)?;
        }
        if let Some((template, list)) = &self.private {
            visit.call(template)?;
            list.iter().try_for_each(|fresh| fresh.traverse(visit))?;
        }
        for (_, cell) in self.fields.iter().chain(&self.extras) {
            cell.traverse(visit)?;
        }
        self.children
            .iter()
            .try_for_each(|(_, child)| child.traverse(visit))
    }

    /// Return the instance of one row.
    pub(super) fn build<'py>(
        &self,
        py: Python<'py>,
        imports: &Imports,
        row: &[Cell<'_>],
        shared: &mut InstanceCache,
    ) -> PyResult<Bound<'py, PyAny>> {
        let instance = if self.direct {
            match self.build_direct(py, imports, row, shared)? {
                Some(instance) => instance,
                None => self.build_validated(py, imports, row, shared)?,
            }
        } else {
            self.build_validated(py, imports, row, shared)?
        };
        if !self.extras.is_empty() {
            let dict = dict_of(&instance)?;
            for ((name, extra), cell) in self
                .extras
                .iter()
                .zip(&row[row.len() - self.extras.len()..])
            {
                dict.set_item(name, extra.alone(py, imports, cell)?)?;
            }
        }
        if let Some(state) = &self.state {
            let cells = &row[self.first..];
            let common = shared.state(py, self.first, state)?;
            state.attach(&instance, &common, || {
                let originals = PyDict::new(py);
                for ((name, field), cell) in self.fields.iter().zip(cells) {
                    if field.mutable {
                        originals.set_item(name, original(py, imports, cell)?)?;
                    }
                }
                Ok(originals)
            })?;
        }
        Ok(instance)
    }

    /// Build the instance without its validator; `None` if a value may be invalid.
    fn build_direct<'py>(
        &self,
        py: Python<'py>,
        imports: &Imports,
        row: &[Cell<'_>],
        shared: &mut InstanceCache,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let dict = self.template.bind(py).copy()?;
        for ((name, field), cell) in self.fields.iter().zip(&row[self.first..]) {
            match field.value(py, imports, cell)? {
                Made::Value(value) => dict.set_item(name, value)?,
                Made::Unsure => return Ok(None),
            }
        }
        for fresh in &self.fresh {
            dict.set_item(&fresh.name, fresh.value(py, imports)?)?;
        }
        for (attribute, child) in &self.children {
            dict.set_item(attribute, child.build_joined(py, imports, row, shared)?)?;
        }
        let instance = self.layout.instance(py)?;
        set_dict(&instance, &dict)?;
        if !self.late_fields_set {
            let fields_set = copy_set(self.fields_set.bind(py))?;
            self.slots.fields_set.fill(&instance, fields_set)?;
        }
        let extra = if self.keeps_extra {
            PyDict::new(py).into_any()
        } else {
            py.None().into_bound(py)
        };
        self.slots.extra.fill(&instance, extra)?;
        let private = match &self.private {
            Some((template, list)) => {
                let values = template.bind(py).copy()?;
                for fresh in list {
                    values.set_item(&fresh.name, fresh.value(py, imports)?)?;
                }
                values.into_any()
            }
            None => py.None().into_bound(py),
        };
        self.slots.private.fill(&instance, private)?;
        if let Some(post_init) = &self.post_init {
            instance.call_method1(post_init, (py.None(),))?;
        }
        Ok(Some(instance))
    }

    /// Whether every row with the columns' types is valid.
    pub(super) fn certain(&self) -> bool {
        self.direct
            && self.post_init.is_none()
            && self.fields.iter().all(|(_, cell)| cell.certain())
            && self.children.iter().all(|(_, child)| child.certain())
    }

    /// Build the instance with the model's own validator, or handle its error.
    fn build_validated<'py>(
        &self,
        py: Python<'py>,
        imports: &Imports,
        row: &[Cell<'_>],
        shared: &mut InstanceCache,
    ) -> PyResult<Bound<'py, PyAny>> {
        let values = PyDict::new(py);
        for ((name, field), cell) in self.fields.iter().zip(&row[self.first..]) {
            values.set_item(name, field.raw(py, imports, cell)?)?;
        }
        for (attribute, child) in &self.children {
            values.set_item(attribute, child.build_joined(py, imports, row, shared)?)?;
        }
        let instance = match self.validate.bind(py).call1((&values,)) {
            Ok(instance) => instance,
            Err(error) => self
                .refused
                .bind(py)
                .call1((values, error.into_value(py)))?,
        };
        for name in &self.absent {
            let dict = dict_of(&instance)?;
            if dict.contains(name)? {
                dict.del_item(name)?;
            }
        }
        Ok(instance)
    }

    /// Return the joined instance, the same for the same key; None if the key is NULL.
    fn build_joined<'py>(
        &self,
        py: Python<'py>,
        imports: &Imports,
        row: &[Cell<'_>],
        shared: &mut InstanceCache,
    ) -> PyResult<Bound<'py, PyAny>> {
        let cells = &row[self.first..self.first + self.fields.len()];
        let absent = if self.key.is_empty() {
            cells.iter().all(|cell| matches!(cell, Cell::Null))
        } else {
            self.key
                .iter()
                .any(|column| matches!(cells[*column], Cell::Null))
        };
        if absent {
            return Ok(py.None().into_bound(py));
        }
        self.build_once(py, imports, row, shared)
            .map(|(instance, _)| instance)
    }

    /// Return the instance, the same for the same key, and whether it is new.
    pub(super) fn build_once<'py>(
        &self,
        py: Python<'py>,
        imports: &Imports,
        row: &[Cell<'_>],
        shared: &mut InstanceCache,
    ) -> PyResult<(Bound<'py, PyAny>, bool)> {
        if self.key.is_empty() {
            return Ok((self.build(py, imports, row, shared)?, true));
        }
        let cells = &row[self.first..self.first + self.fields.len()];
        let key = InstanceKey::of(self.key.iter().map(|column| &cells[*column]));
        if let Some(instance) = shared.level(self.first).get(&key) {
            return Ok((instance.bind(py).clone(), false));
        }
        let instance = self.build(py, imports, row, shared)?;
        let kept = instance.clone().unbind();
        shared.level(self.first).insert(key, kept);
        Ok((instance, true))
    }
}

impl InstanceCache {
    pub(super) fn new(database: Option<Bound<'_, PyString>>) -> Self {
        InstanceCache {
            database: database.map(Bound::unbind),
            levels: Vec::new(),
            states: Vec::new(),
        }
    }

    /// Return the state of the instances of the node whose columns start at `first`.
    fn state<'py>(
        &mut self,
        py: Python<'py>,
        first: usize,
        plan: &StatePlan,
    ) -> PyResult<Bound<'py, PyAny>> {
        if self.states.len() <= first {
            self.states.resize_with(first + 1, || None);
        }
        if let Some(state) = &self.states[first] {
            return Ok(state.bind(py).clone());
        }
        let database = self.database.as_ref().map(|name| name.bind(py));
        let state = plan.of_database(py, database)?;
        self.states[first] = Some(state.clone().unbind());
        Ok(state)
    }

    /// Return the instances of the node, which is identified by its first column `first`.
    fn level(&mut self, first: usize) -> &mut HashMap<InstanceKey, Py<PyAny>> {
        if self.levels.len() <= first {
            self.levels.resize_with(first + 1, HashMap::new);
        }
        &mut self.levels[first]
    }
}

impl InstanceKey {
    fn of<'a>(cells: impl ExactSizeIterator<Item = &'a Cell<'a>>) -> InstanceKey {
        let single = cells.len() == 1;
        let mut bytes = Vec::new();
        for cell in cells {
            match cell {
                Cell::Int(value) if single => return InstanceKey::Int(*value),
                Cell::Uuid(uuid) => bytes.extend_from_slice(*uuid),
                // The kind of a column is the same in every row, so its text identifies values.
                other => bytes.extend_from_slice(format!("{other:?}").as_bytes()),
            }
            bytes.push(0);
        }
        InstanceKey::Bytes(bytes.into_boxed_slice())
    }
}

fn dict_of<'py>(instance: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let dict = instance.getattr(pyo3::intern!(instance.py(), "__dict__"))?;
    Ok(dict.cast_into::<PyDict>()?)
}

/// Return the original value of a mutable column: JSON as text, an array as a list.
fn original<'py>(
    py: Python<'py>,
    imports: &Imports,
    cell: &Cell<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    match cell {
        Cell::Json(text) => Ok(PyString::new(py, text).into_any()),
        other => plain(py, imports, other),
    }
}
