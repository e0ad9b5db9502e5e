//! A whole answer → a list.
#![expect(
    unsafe_code,
    reason = "Python's cyclic garbage collector is paused while one large list is built"
)]

use oxyde_driver::{Cell, RowSet};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::attach;
use super::cell::{CellPlan, plain};
use super::node::Shared;
use super::python::Imports;
use super::recipe::{Kind, Recipe};
use crate::arrow;
use crate::error::internal;

/// From this many rows on the collector would run again and again over objects that are all
/// alive: half of the time for 20,000 rows.
const MANY_ROWS: usize = 200;

/// Where rows come from.
pub(crate) trait Source {
    /// Number of rows.
    fn count(&self) -> usize;
    /// Number of columns.
    fn width(&self) -> usize;
    /// Put the cells of a row into `cells`, which is empty.
    fn read<'a>(&'a self, row: usize, cells: &mut Vec<Cell<'a>>);
}

impl Source for RowSet {
    fn count(&self) -> usize {
        self.len()
    }

    fn width(&self) -> usize {
        self.columns().len()
    }

    fn read<'a>(&'a self, row: usize, cells: &mut Vec<Cell<'a>>) {
        cells.extend(self.row(row));
    }
}

/// The Python value of an answer: a list, or one value for a scalar recipe. `database` is the
/// name that loaded instances remember.
pub(crate) fn hydrate<'py>(
    py: Python<'py>,
    recipe: &Recipe,
    rows: &RowSet,
    database: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    if let Kind::Arrow(names) = &recipe.kind {
        return Ok(Bound::new(py, arrow::columns(py, names, rows)?)?.into_any());
    }
    hydrate_from(py, recipe, rows, database)
}

pub(super) fn hydrate_from<'py>(
    py: Python<'py>,
    recipe: &Recipe,
    rows: &impl Source,
    database: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    if let Kind::Scalar(plan) = &recipe.kind {
        check_width(py, recipe, rows)?;
        if rows.count() == 0 {
            return Ok(py.None().into_bound(py));
        }
        let mut cells = Vec::with_capacity(rows.width());
        rows.read(0, &mut cells);
        return plan.alone(py, Imports::get(py)?, &cells[0]);
    }
    let mut built = Built::new(py, database);
    built.add(py, recipe, rows)?;
    built.finish(py, recipe)
}

fn check_width(py: Python<'_>, recipe: &Recipe, rows: &impl Source) -> PyResult<()> {
    let width = rows.width();
    if width < recipe.width {
        return Err(internal(
            py,
            &format!(
                "an answer of {width} columns where {} were expected",
                recipe.width
            ),
        ));
    }
    Ok(())
}

/// An answer's Python values as far as its rows have come.
pub(crate) struct Built {
    list: Vec<Py<PyAny>>,
    /// Of related rows: those of each owner.
    groups: Py<PyDict>,
    shared: Shared,
}

impl Built {
    pub(crate) fn new(py: Python<'_>, database: Option<&str>) -> Self {
        Built {
            list: Vec::new(),
            groups: PyDict::new(py).unbind(),
            shared: Shared::new(database.map(|name| PyString::intern(py, name))),
        }
    }

    /// The values of further rows.
    pub(crate) fn add(
        &mut self,
        py: Python<'_>,
        recipe: &Recipe,
        rows: &impl Source,
    ) -> PyResult<()> {
        check_width(py, recipe, rows)?;
        let (count, width) = (rows.count(), rows.width());
        let imports = Imports::get(py)?;
        let _paused = (count >= MANY_ROWS).then(|| CollectorPaused::new(py));
        let mut cells: Vec<Cell<'_>> = Vec::with_capacity(width);
        self.list.reserve(count);
        for row in 0..count {
            cells.clear();
            rows.read(row, &mut cells);
            if let Some(value) = self.value(py, imports, recipe, &cells)? {
                self.list.push(value.unbind());
            }
        }
        Ok(())
    }

    /// The value of one row; `None` where an earlier row gave it.
    fn value<'py>(
        &mut self,
        py: Python<'py>,
        imports: &Imports,
        recipe: &Recipe,
        cells: &[Cell<'_>],
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let values = |plans: &[CellPlan]| {
            plans
                .iter()
                .zip(cells)
                .map(|(plan, cell)| plan.alone(py, imports, cell))
                .collect::<PyResult<Vec<_>>>()
        };
        Ok(Some(match &recipe.kind {
            Kind::Models(node) => node.build(py, imports, cells, &mut self.shared)?,
            Kind::Related(node, source) => {
                let (cells, owner) = cells.split_at(cells.len() - 1);
                let (instance, new) = node.build_once(py, imports, cells, &mut self.shared)?;
                attach::add(
                    self.groups.bind(py),
                    &source.alone(py, imports, &owner[0])?,
                    instance.clone(),
                )?;
                if !new {
                    return Ok(None);
                }
                instance
            }
            Kind::Tuples(plans) => PyTuple::new(py, values(plans)?)?.into_any(),
            Kind::Dicts(template, entries) => {
                let dict = template.bind(py).copy()?;
                for ((name, plan), cell) in entries.iter().zip(cells) {
                    dict.set_item(name, plan.alone(py, imports, cell)?)?;
                }
                dict.into_any()
            }
            Kind::Objects(make, plans, None) => {
                make.bind(py).call1(PyTuple::new(py, values(plans)?)?)?
            }
            Kind::Objects(make, plans, Some(names)) => {
                let keywords = PyDict::new(py);
                for (name, value) in names.iter().zip(values(plans)?) {
                    keywords.set_item(name, value)?;
                }
                make.bind(py).call((), Some(&keywords))?
            }
            Kind::Flat(plan) => plan.alone(py, imports, &cells[0])?,
            Kind::Scalar(_) | Kind::Arrow(_) => {
                return Err(internal(py, "one value of many rows"));
            }
        }))
    }

    /// The whole.
    pub(crate) fn finish<'py>(
        self,
        py: Python<'py>,
        recipe: &Recipe,
    ) -> PyResult<Bound<'py, PyAny>> {
        let list = PyList::new(py, self.list)?;
        if matches!(recipe.kind, Kind::Related(..)) {
            return Ok((self.groups, list).into_pyobject(py)?.into_any());
        }
        Ok(list.into_any())
    }
}

/// A dict per row with all columns, by the types that the server told.
pub(crate) fn dicts<'py>(py: Python<'py>, rows: &RowSet) -> PyResult<Bound<'py, PyAny>> {
    let imports = Imports::get(py)?;
    let _paused = (rows.len() >= MANY_ROWS).then(|| CollectorPaused::new(py));
    let names: Vec<_> = rows
        .columns()
        .iter()
        .map(|column| PyString::intern(py, &column.name))
        .collect();
    let mut list = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        let dict = PyDict::new(py);
        for (name, cell) in names.iter().zip(rows.row(row)) {
            dict.set_item(name, plain(py, imports, &cell)?)?;
        }
        list.push(dict);
    }
    Ok(PyList::new(py, list)?.into_any())
}

/// The collector does not run while this is alive; afterwards it is as it was.
struct CollectorPaused<'py> {
    was_on: bool,
    _attached: Python<'py>,
}

impl<'py> CollectorPaused<'py> {
    fn new(py: Python<'py>) -> Self {
        // SAFETY: the GIL is held, as `py` proves; the call only sets a flag and returns the old.
        let was_on = unsafe { ffi::PyGC_Disable() } == 1;
        CollectorPaused {
            was_on,
            _attached: py,
        }
    }
}

impl Drop for CollectorPaused<'_> {
    fn drop(&mut self) {
        if self.was_on {
            // SAFETY: the GIL is held, as the lifetime of `py` proves; the call only sets a flag.
            unsafe {
                ffi::PyGC_Enable();
            }
        }
    }
}
