//! `oxyde._core.Recipe`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::cell::CellPlan;
use super::node::Node;
use super::run::hydrate_from;
use super::values::Values;
use crate::arrow::Named;
use crate::error::guarded;
use crate::schema::column_type;

/// How the rows of an answer become Python values.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Recipe {
    pub(super) kind: Kind,
    /// Columns that a row must have.
    pub(super) width: usize,
}

pub(super) enum Kind {
    /// A list of instances.
    Models(Box<Node>),
    /// Instances by the value of the last column: a dict of lists, and each instance once.
    Related(Box<Node>, CellPlan),
    /// A list of tuples.
    Tuples(Vec<CellPlan>),
    /// A list of dicts: the names with None, to copy, and a cell for each.
    Dicts(Py<PyDict>, Vec<(Py<PyString>, CellPlan)>),
    /// What a callable makes of each row: of its values by position, or by these names.
    Objects(Py<PyAny>, Vec<CellPlan>, Option<Vec<Py<PyString>>>),
    /// A list of the first column's values.
    Flat(CellPlan),
    /// The first value of the first row, or None.
    Scalar(CellPlan),
    /// Arrow columns of these names.
    Arrow(Vec<Named>),
}

impl Recipe {
    /// Whether values can be made of some rows while others are still on their way.
    pub(crate) fn takes_parts(&self) -> bool {
        !matches!(self.kind, Kind::Scalar(_) | Kind::Arrow(_))
    }
}

#[pymethods]
impl Recipe {
    /// Instances of a model, described by `oxyde.models.recipe`.
    #[staticmethod]
    fn models(description: &Bound<'_, PyAny>) -> PyResult<Recipe> {
        let (node, width) = Node::read(description, 0)?;
        Ok(Recipe {
            kind: Kind::Models(Box::new(node)),
            width,
        })
    }

    /// Instances of a model by the value of one more column, whose cell is `source`: a dict of
    /// lists, and a list with each instance once. Rows with the same key are one instance.
    #[staticmethod]
    fn related(description: &Bound<'_, PyAny>, source: &Bound<'_, PyAny>) -> PyResult<Recipe> {
        let (node, width) = Node::read(description, 0)?;
        Ok(Recipe {
            kind: Kind::Related(Box::new(node), CellPlan::read(source)?),
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

    /// What a callable makes of each row, whose values it gets by position or by these names.
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

    /// Arrow columns: the name of each, and its type where the plan's is not exact enough.
    #[staticmethod]
    fn arrow(columns: Vec<(String, Option<Bound<'_, PyAny>>)>) -> PyResult<Recipe> {
        let columns = columns
            .into_iter()
            .map(|(name, ty)| Ok((name, ty.as_ref().map(column_type).transpose()?)))
            .collect::<PyResult<Vec<_>>>()?;
        Ok(Recipe {
            width: columns.len(),
            kind: Kind::Arrow(columns),
        })
    }

    /// Rows of Python values, hydrated as if a database had answered with them. `types` are the
    /// column types as they stand in the IR.
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
