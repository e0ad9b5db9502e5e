//! `oxyde._core.Executor`: the methods that pools and transactions share.

use std::collections::VecDeque;
use std::panic;
use std::sync::{Arc, Mutex};

use oxyde_driver::{Executor as _, RowSet};
use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::{PyList, PySequence};

use crate::arrow::{self, ArrowRows, ExportError, Named};
use crate::bind;
use crate::bridge::{Convert, Operation, Outcome, StartOn};
use crate::bulk_rows::Rows;
use crate::cursor::RowFormat;
use crate::error::{Class, error, guarded, internal};
use crate::features::Features;
use crate::hydrate::Recipe;
use crate::plan::{Plan as PyPlan, limits_of};
use crate::slices::{SliceDeadline, SlicedWork};
use crate::target::{Place, Server, Target};

/// Up to this many rows, encoding is cheap enough for the loop's thread.
const FEW_ROWS: usize = 500;

/// Run a method of the driver that pools and transactions share, until `cancel` is fired.
macro_rules! run_on {
    ($target:expr, $cancel:expr, $verb:ident($($argument:expr),*)) => {
        match &$target {
            Target::Pool(pool) => {
                let pool = pool.get().await?.cancelled_by(&$cancel);
                pool.$verb($($argument),*).await
            }
            Target::Transaction(transaction) => {
                transaction.cancelled_by(&$cancel).$verb($($argument),*).await
            }
        }
    };
}

/// The base class of pools and transactions.
#[pyclass(frozen, subclass, module = "oxyde._core")]
pub(crate) struct Executor {
    server: Server,
    place: Arc<dyn Place>,
}

impl Executor {
    pub(crate) fn new(server: Server, place: Arc<dyn Place>) -> Self {
        Self { server, place }
    }
}

/// Return the plan, after checking that it was compiled for this server.
fn fitting<'a>(server: &Server, plan: &'a Bound<'_, PyPlan>) -> PyResult<&'a PyPlan> {
    let py = plan.py();
    let plan = plan.get();
    if !plan.features().is_same_server(&server.features) {
        return Err(error(
            py,
            Class::Oxyde,
            "the query was compiled for another database server",
            Some("run the query itself on the database, not a stored plan"),
        ));
    }
    Ok(plan)
}

#[pymethods]
impl Executor {
    #[getter]
    fn features(&self, py: Python<'_>) -> PyResult<Py<Features>> {
        Features::of(py, &self.server.features)
    }

    fn fetch(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, PyPlan>,
        values: &Bound<'_, PyAny>,
        recipe: Py<Recipe>,
    ) -> PyResult<Operation> {
        guarded(py, || {
            let target = self.place.target(py)?;
            let values = bind_values(&self.server, plan, values)?;
            let plan = Arc::clone(plan.get().compiled());
            if let Some(names) = recipe.get().columns() {
                return Operation::start(
                    py,
                    StartOn::LoopAndSpin,
                    Convert::Plain,
                    |cancel| async move {
                        let rows = run_on!(target, cancel, fetch(&plan, values))?;
                        Ok(Outcome::Columns(columns(names, rows).await))
                    },
                );
            }
            let chunked = recipe.get().takes_chunks();
            let convert = Convert::Rows(recipe, Arc::clone(&self.server.name));
            if chunked {
                Operation::start_chunked(py, convert, |cancel, sink| async move {
                    run_on!(target, cancel, fetch_chunked(&plan, values, sink)).map(Outcome::Rows)
                })
            } else {
                Operation::start(py, StartOn::LoopAndSpin, convert, |cancel| async move {
                    run_on!(target, cancel, fetch(&plan, values)).map(Outcome::Rows)
                })
            }
        })
    }

    fn open_cursor(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, PyPlan>,
        values: &Bound<'_, PyAny>,
        recipe: Py<Recipe>,
        chunk: usize,
    ) -> PyResult<Operation> {
        guarded(py, || {
            let target = self.place.target(py)?;
            let values = bind_values(&self.server, plan, values)?;
            let plan = Arc::clone(plan.get().compiled());
            let making = RowFormat::new(recipe, Arc::clone(&self.server.name));
            Operation::start(
                py,
                StartOn::Keeper,
                Convert::Cursor(making),
                |cancel| async move {
                    run_on!(target, cancel, open_cursor(&plan, values, chunk))
                        .map(|cursor| Outcome::CursorOpened(Box::new(cursor)))
                },
            )
        })
    }

    fn execute(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, PyPlan>,
        values: &Bound<'_, PyAny>,
    ) -> PyResult<Operation> {
        guarded(py, || {
            let target = self.place.target(py)?;
            let values = bind_values(&self.server, plan, values)?;
            let plan = Arc::clone(plan.get().compiled());
            Operation::start(
                py,
                StartOn::LoopAndSpin,
                Convert::Plain,
                |cancel| async move {
                    run_on!(target, cancel, execute(&plan, values)).map(Outcome::Executed)
                },
            )
        })
    }

    #[pyo3(signature = (plan, rows, recipe, batch_size))]
    fn bulk(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, PyPlan>,
        rows: &Bound<'_, PyAny>,
        recipe: Option<Py<Recipe>>,
        batch_size: Option<usize>,
    ) -> PyResult<Operation> {
        guarded(py, || {
            let target = self.place.target(py)?;
            fitting(&self.server, plan)?;
            let bound = bound_rows(plan, rows)?;
            let plan = Arc::clone(plan.get().compiled());
            let convert = recipe.map_or(Convert::Plain, |recipe| {
                Convert::Rows(recipe, Arc::clone(&self.server.name))
            });
            let place = if bound.len() <= FEW_ROWS {
                StartOn::Loop
            } else {
                StartOn::Worker
            };
            Operation::start(py, place, convert, |cancel| async move {
                run_on!(target, cancel, bulk(&plan, bound, batch_size)).map(Outcome::Bulk)
            })
        })
    }

    fn fetch_raw(
        &self,
        py: Python<'_>,
        sql: String,
        values: &Bound<'_, PySequence>,
        types: Vec<(String, Bound<'_, PyAny>)>,
    ) -> PyResult<Operation> {
        guarded(py, || {
            let target = self.place.target(py)?;
            let limits = limits_of(&self.server.features);
            let mut bound = Vec::with_capacity(values.len()?);
            for (index, value) in values.try_iter()?.enumerate() {
                bound.push(bind::raw(&value?, index, limits)?);
            }
            let types = types
                .into_iter()
                .map(|(name, ty)| Ok((name, crate::schema::column_type(&ty)?)))
                .collect::<PyResult<Vec<_>>>()?;
            Operation::start(
                py,
                StartOn::LoopAndSpin,
                Convert::Raw(Arc::clone(&self.server.name)),
                |cancel| async move {
                    run_on!(target, cancel, fetch_raw_as(&sql, bound, &types)).map(Outcome::Rows)
                },
            )
        })
    }

    fn explain(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, PyPlan>,
        values: &Bound<'_, PyAny>,
        analyze: bool,
    ) -> PyResult<Operation> {
        guarded(py, || {
            let target = self.place.target(py)?;
            let values = bind_values(&self.server, plan, values)?;
            let plan = Arc::clone(plan.get().compiled());
            Operation::start(py, StartOn::Keeper, Convert::Plain, |cancel| async move {
                run_on!(target, cancel, explain(&plan, values, analyze)).map(Outcome::Text)
            })
        })
    }

    fn script(&self, py: Python<'_>, statements: Vec<String>) -> PyResult<Operation> {
        guarded(py, || {
            let target = self.place.target(py)?;
            Operation::start(py, StartOn::Keeper, Convert::Plain, |cancel| async move {
                run_on!(target, cancel, script(&statements)).map(|()| Outcome::Nothing)
            })
        })
    }
}

/// Convert rows to columns; many rows are converted on a blocking thread.
async fn columns(names: Arc<[Named]>, rows: RowSet) -> Result<ArrowRows, ExportError> {
    if rows.len() <= FEW_ROWS {
        return arrow::table(&names, &rows);
    }
    let making = tokio::task::spawn_blocking(move || arrow::table(&names, &rows));
    making
        .await
        .unwrap_or_else(|failed| panic::resume_unwind(failed.into_panic()))
}

/// The values of one statement.
fn bind_values(
    server: &Server,
    plan: &Bound<'_, PyPlan>,
    values: &Bound<'_, PyAny>,
) -> PyResult<Vec<Value>> {
    let _span = tracing::trace_span!("bind").entered();
    fitting(server, plan)?.bind(values)
}

/// The values of many rows: already bound, or bound now.
fn bound_rows(plan: &Bound<'_, PyPlan>, rows: &Bound<'_, PyAny>) -> PyResult<Vec<Vec<Value>>> {
    let py = rows.py();
    if let Ok(bound) = rows.cast::<BoundRows>() {
        let mut rows = bound.get().rows.lock();
        let rows = rows.as_mut().unwrap_or_else(|poisoned| poisoned.get_mut());
        return rows
            .take()
            .ok_or_else(|| internal(py, "rows were written that were written before"));
    }
    let _span = tracing::trace_span!("bind").entered();
    let mut binding = Binding::of(plan.clone().unbind(), rows, false)?;
    while !binding.go(py, SliceDeadline::NONE)? {}
    Ok(binding.bound)
}

/// The bound values of many rows, to write once.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct BoundRows {
    rows: Mutex<Option<Vec<Vec<Value>>>>,
    count: usize,
}

#[pymethods]
impl BoundRows {
    fn __len__(&self) -> usize {
        self.count
    }
}

/// Binds the values of rows.
pub(crate) struct Binding {
    plan: Py<PyPlan>,
    source: Source,
    count: usize,
    bound: Vec<Vec<Value>>,
}

/// The source of rows' values.
enum Source {
    /// In sequence, with a fixed number per row.
    Read(Arc<Vec<Py<PyAny>>>, usize),
    /// The same, but released while they are bound: releasing all at once would take long.
    Taken(VecDeque<Py<PyAny>>, usize),
    /// In lists, which are released in the same way if they are not needed again.
    Lists(Py<PyList>, bool),
}

impl Binding {
    /// # Errors
    /// The rows are not a list.
    pub(crate) fn of(plan: Py<PyPlan>, rows: &Bound<'_, PyAny>, once: bool) -> PyResult<Self> {
        let count = rows.len()?;
        let source = if let Ok(read) = rows.cast::<Rows>() {
            let (read, width) = (read.get(), read.get().width());
            match once.then(|| Arc::try_unwrap(read.take())) {
                Some(Ok(values)) => Source::Taken(values.into(), width),
                Some(Err(values)) => Source::Read(values, width),
                None => Source::Read(read.values(), width),
            }
        } else if let Ok(list) = rows.cast::<PyList>() {
            Source::Lists(list.clone().unbind(), once)
        } else {
            Source::Lists(rows.cast::<PySequence>()?.to_list()?.unbind(), false)
        };
        Ok(Binding {
            plan,
            source,
            count,
            bound: Vec::with_capacity(count),
        })
    }
}

impl SlicedWork for Binding {
    fn go(&mut self, py: Python<'_>, until: SliceDeadline) -> PyResult<bool> {
        let plan = self.plan.get();
        while self.bound.len() < self.count {
            let at = self.bound.len();
            let row = match &mut self.source {
                Source::Read(values, width) => {
                    let row = &values[at * *width..(at + 1) * *width];
                    plan.bind_row(py, *width, row.iter().map(|value| value.bind(py).clone()))?
                }
                Source::Taken(values, width) => {
                    let row = values.drain(..*width).map(|value| value.into_bound(py));
                    plan.bind_row(py, *width, row)?
                }
                Source::Lists(rows, once) => {
                    let rows = rows.bind(py);
                    let row = plan.bind(&rows.get_item(at)?)?;
                    if *once {
                        rows.set_item(at, py.None())?;
                    }
                    row
                }
            };
            self.bound.push(row);
            if until.stops_after(at) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn value(self: Box<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let rows = BoundRows {
            count: self.bound.len(),
            rows: Mutex::new(Some(self.bound)),
        };
        Ok(Py::new(py, rows)?.into_any())
    }
}
