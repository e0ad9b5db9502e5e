//! `oxyde._core.Recipe`.

use std::sync::Arc;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyType};

use super::build::hydrate_from;
use super::cell::CellPlan;
use super::node::Node;
use super::values::Values;
use crate::arrow::Named;
use crate::error::guarded;
use crate::schema::column_type;

/// How to convert the rows of a result to Python values.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Recipe {
    pub(super) kind: Kind,
    /// The number of columns that a row must have.
    pub(super) width: usize,
}

pub(super) enum Kind {
    /// A list of instances.
    Models(Box<Node>),
    /// Instances by the value of the last column: a dict of lists, and a list with each instance
    /// once.
    Related(Box<Node>, CellPlan, Py<PyType>),
    /// A list of tuples.
    Tuples(Vec<CellPlan>),
    /// A list of dicts: a template dict with the names and None, and a cell for each name.
    Dicts(Py<PyDict>, Vec<(Py<PyString>, CellPlan)>),
    /// The results of a callable for each row: with its values by position, or by these names.
    Objects(Py<PyAny>, Vec<CellPlan>, Option<Vec<Py<PyString>>>),
    /// A list of the first column's values.
    Flat(CellPlan),
    /// The first value of the first row, or None.
    Scalar(CellPlan),
    /// Arrow columns with these names.
    Arrow(Arc<[Named]>),
}

impl Recipe {
    /// Whether values can be built from some rows while others still arrive.
    pub(crate) fn takes_chunks(&self) -> bool {
        !matches!(self.kind, Kind::Scalar(_) | Kind::Arrow(_))
    }

    /// The columns, if the rows become Arrow columns.
    pub(crate) fn columns(&self) -> Option<Arc<[Named]>> {
        match &self.kind {
            Kind::Arrow(columns) => Some(Arc::clone(columns)),
            _ => None,
        }
    }
}

#[pymethods]
impl Recipe {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let cells = |cells: &[CellPlan]| cells.iter().try_for_each(|cell| cell.traverse(&visit));
        match &self.kind {
            Kind::Models(node) => node.traverse(&visit),
            Kind::Related(node, source, list) => {
                node.traverse(&visit)?;
                source.traverse(&visit)?;
                visit.call(list)
            }
            Kind::Tuples(plans) => cells(plans),
            Kind::Dicts(_, plans) => plans.iter().try_for_each(|(_, cell)| cell.traverse(&visit)),
            Kind::Objects(make, plans, _) => {
                visit.call(make)?;
                cells(plans)
            }
            Kind::Flat(cell) | Kind::Scalar(cell) => cell.traverse(&visit),
            Kind::Arrow(_) => Ok(()),
        }
    }

    /// Instances of a model, described by `oxyde.hydration.recipe`.
    #[staticmethod]
    fn models(description: &Bound<'_, PyAny>) -> PyResult<Recipe> {
        let (node, width) = Node::read(description, 0)?;
        Ok(Recipe {
            kind: Kind::Models(Box::new(node)),
            width,
        })
    }

    /// Instances of a model by the value of an additional column, whose cell is `source`: a dict of
    /// lists, and a list with each instance once. Rows with the same key are one instance.
    #[staticmethod]
    fn related(
        description: &Bound<'_, PyAny>,
        source: &Bound<'_, PyAny>,
        list: Py<PyType>,
    ) -> PyResult<Recipe> {
        let (node, width) = Node::read(description, 0)?;
        Ok(Recipe {
            kind: Kind::Related(Box::new(node), CellPlan::read(source)?, list),
            width: width + 1,
        })
    }

    /// Tuples with one value per cell.
    #[staticmethod]
    fn tuples(cells: &Bound<'_, PyList>) -> PyResult<Recipe> {
        let cells = cells
            .iter()
            .map(|cell| CellPlan::read(&cell))
            .collect::<PyResult<Vec<_>>>()?;
        Ok(Recipe {
            width: cells.len(),
            kind: Kind::Tuples(cells),
        })
    }

    /// Dicts with one entry per cell.
    #[staticmethod]
    fn dicts(
        py: Python<'_>,
        entries: Vec<(Bound<'_, PyString>, Bound<'_, PyAny>)>,
    ) -> PyResult<Recipe> {
        let template = PyDict::new(py);
        let mut plans = Vec::with_capacity(entries.len());
        for (name, cell) in entries {
            let name = PyString::intern(py, name.to_str()?);
            template.set_item(&name, py.None())?;
            plans.push((name.unbind(), CellPlan::read(&cell)?));
        }
        Ok(Recipe {
            width: plans.len(),
            kind: Kind::Dicts(template.unbind(), plans),
        })
    }

    /// The results of a callable for each row, whose values it receives by position or by these
    /// names.
    #[staticmethod]
    fn objects(
        py: Python<'_>,
        make: Py<PyAny>,
        cells: &Bound<'_, PyList>,
        names: Option<Vec<String>>,
    ) -> PyResult<Recipe> {
        let cells = cells
            .iter()
            .map(|cell| CellPlan::read(&cell))
            .collect::<PyResult<Vec<_>>>()?;
        let interned = |name: String| PyString::intern(py, &name).unbind();
        let names = names.map(|names| names.into_iter().map(interned).collect());
        Ok(Recipe {
            width: cells.len(),
            kind: Kind::Objects(make, cells, names),
        })
    }

    /// The values of the first column.
    #[staticmethod]
    fn flat(cell: &Bound<'_, PyAny>) -> PyResult<Recipe> {
        Ok(Recipe {
            kind: Kind::Flat(CellPlan::read(cell)?),
            width: 1,
        })
    }

    /// The first value of the first row, or None.
    #[staticmethod]
    fn scalar(cell: &Bound<'_, PyAny>) -> PyResult<Recipe> {
        Ok(Recipe {
            kind: Kind::Scalar(CellPlan::read(cell)?),
            width: 1,
        })
    }

    /// Arrow columns: the name of each, and its type if the plan's is not exact enough.
    #[staticmethod]
    fn arrow(columns: Vec<(String, Option<Bound<'_, PyAny>>)>) -> PyResult<Recipe> {
        let columns = columns
            .into_iter()
            .map(|(name, ty)| Ok((name, ty.as_ref().map(column_type).transpose()?)))
            .collect::<PyResult<Vec<_>>>()?;
        Ok(Recipe {
            width: columns.len(),
            kind: Kind::Arrow(columns.into()),
        })
    }

    /// Whether every row that the database can store is valid.
    #[getter]
    fn certain(&self) -> bool {
        match &self.kind {
            Kind::Models(node) | Kind::Related(node, ..) => node.certain(),
            Kind::Tuples(cells) => cells.iter().all(CellPlan::certain),
            _ => false,
        }
    }

    /// Hydrate rows of Python values, as if a database had returned them. `types` are the
    /// column types in the form of the IR.
    #[pyo3(signature = (types, rows, database = None))]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "pyo3 extracts lists as owned values"
    )]
    fn hydrate<'py>(
        &self,
        py: Python<'py>,
        types: Vec<Bound<'py, PyAny>>,
        rows: Vec<Vec<Bound<'py, PyAny>>>,
        database: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        guarded(py, || {
            let values = Values::bind(&types, &rows)?;
            hydrate_from(py, self, &values, database)
        })
    }
}
