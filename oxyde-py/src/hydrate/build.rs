//! Converts a whole result to a list.

use oxyde_driver::{Cell, RowSet};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::attach;
use super::cell::{CellPlan, plain};
use super::node::InstanceCache;
use super::python::Imports;
use super::recipe::{Kind, Recipe};
use crate::collector::CollectorPaused;
use crate::error::{Class, internal, is_of};
use crate::slices::SliceDeadline;

/// From this many rows on, the collector would repeatedly traverse objects that are all
/// alive: half of the time for 20,000 rows.
const MANY_ROWS: usize = 200;

/// A source of rows.
pub(crate) trait Source {
    /// Return the number of rows.
    fn count(&self) -> usize;
    /// Return the number of columns.
    fn width(&self) -> usize;
    /// Push the cells of a row to `cells`, which is empty.
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
        cells.extend(self.row(row).cells());
    }
}

/// Return the Python value of a result: a list, or one value for a scalar recipe. `database` is the
/// name that loaded instances record.
pub(crate) fn hydrate<'py>(
    py: Python<'py>,
    recipe: &Recipe,
    rows: &RowSet,
    database: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
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
    let mut built = HydratedRows::new(py, database);
    built.add(py, recipe, rows, 0, SliceDeadline::NONE)?;
    built.finish(py, recipe)
}

/// Return the error of a row, as its value in the result.
fn reported(py: Python<'_>, error: PyErr) -> PyResult<Bound<'_, PyAny>> {
    if is_of(py, &error, Class::RowValidation) {
        return Ok(error.into_value(py).into_bound(py).into_any());
    }
    Err(error)
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

/// The Python values of a result, as far as its rows have arrived.
pub(crate) struct HydratedRows {
    list: Vec<Py<PyAny>>,
    /// For related rows: those of each owner.
    groups: Py<PyDict>,
    shared: InstanceCache,
}

impl HydratedRows {
    pub(crate) fn new(py: Python<'_>, database: Option<&str>) -> Self {
        HydratedRows {
            list: Vec::new(),
            groups: PyDict::new(py).unbind(),
            shared: InstanceCache::new(database.map(|name| PyString::intern(py, name))),
        }
    }

    /// Build the values of further rows, from row `at` on; return the next row when the
    /// time is up.
    pub(crate) fn add(
        &mut self,
        py: Python<'_>,
        recipe: &Recipe,
        rows: &impl Source,
        at: usize,
        until: SliceDeadline,
    ) -> PyResult<usize> {
        check_width(py, recipe, rows)?;
        let (count, width) = (rows.count(), rows.width());
        let imports = Imports::get(py)?;
        let _paused = (count >= MANY_ROWS).then(|| CollectorPaused::new(py));
        let mut cells: Vec<Cell<'_>> = Vec::with_capacity(width);
        self.list.reserve(count - at.min(count));
        for row in at..count {
            cells.clear();
            rows.read(row, &mut cells);
            if let Some(value) = self.value(py, imports, recipe, &cells)? {
                self.list.push(value.unbind());
            }
            if until.stops_after(row) {
                return Ok(row + 1);
            }
        }
        Ok(count)
    }

    /// Release values while there is time; return whether all are released.
    pub(crate) fn shed(&mut self, until: SliceDeadline) -> bool {
        while let Some(value) = self.list.pop() {
            drop(value);
            if until.stops_after(self.list.len()) {
                return false;
            }
        }
        true
    }

    /// Return the value of one row; `None` if an earlier row provided it.
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
            Kind::Models(node) => match node.build(py, imports, cells, &mut self.shared) {
                Err(error) if node.reports => reported(py, error)?,
                instance => instance?,
            },
            Kind::Related(node, source, list) => {
                let (cells, owner) = cells.split_at(cells.len() - 1);
                let built = node.build_once(py, imports, cells, &mut self.shared);
                let (instance, new) = match built {
                    Err(error) if node.reports => return reported(py, error).map(Some),
                    built => built?,
                };
                attach::add(
                    self.groups.bind(py),
                    &source.alone(py, imports, &owner[0])?,
                    instance.clone(),
                    Some(list.bind(py)),
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

    /// Return the complete value.
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

/// Builds the rows of a result in slices: by a recipe, or as a dict per row with all columns, by
/// the types that the server reported.
pub(crate) enum SlicedRows {
    Hydrated(Box<HydratedRows>, Py<Recipe>),
    Dicts(Vec<Py<PyDict>>, Vec<Py<PyString>>),
}

impl SlicedRows {
    pub(crate) fn of_recipe(py: Python<'_>, recipe: Py<Recipe>, database: &str) -> SlicedRows {
        SlicedRows::Hydrated(Box::new(HydratedRows::new(py, Some(database))), recipe)
    }

    pub(crate) fn dicts(py: Python<'_>, rows: &RowSet) -> SlicedRows {
        let names = rows.columns().iter();
        let names = names.map(|column| PyString::intern(py, &column.name).unbind());
        SlicedRows::Dicts(Vec::with_capacity(rows.len()), names.collect())
    }

    /// Build the values of rows from `at` on; return the next row when the time is up.
    pub(crate) fn add(
        &mut self,
        py: Python<'_>,
        rows: &RowSet,
        at: usize,
        until: SliceDeadline,
    ) -> PyResult<usize> {
        let (list, names) = match self {
            SlicedRows::Hydrated(built, recipe) => {
                return built.add(py, recipe.get(), rows, at, until);
            }
            SlicedRows::Dicts(list, names) => (list, names),
        };
        let imports = Imports::get(py)?;
        for row in at..rows.len() {
            let dict = PyDict::new(py);
            for (name, cell) in names.iter().zip(rows.row(row).cells()) {
                dict.set_item(name, plain(py, imports, &cell)?)?;
            }
            list.push(dict.unbind());
            if until.stops_after(row) {
                return Ok(row + 1);
            }
        }
        Ok(rows.len())
    }

    /// Return the complete value.
    pub(crate) fn finish(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            SlicedRows::Hydrated(built, recipe) => {
                built.finish(py, recipe.get()).map(Bound::unbind)
            }
            SlicedRows::Dicts(list, _) => Ok(PyList::new(py, list)?.into_any().unbind()),
        }
    }
}
