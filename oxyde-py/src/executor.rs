//! `oxyde._core.Executor`: the verbs that a pool and a transaction share.

use std::sync::Arc;

use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::PySequence;

use crate::bind;
use crate::bridge::{Convert, Operation, Outcome, Where};
use crate::cursor::Making;
use crate::error::{Class, error, guarded};
use crate::hydrate::Recipe;
use crate::inserting::Rows;
use crate::plan::Plan as PyPlan;
use crate::pool::{PoolHandle, Server};

/// So many rows are written into a message in a moment.
const FEW_ROWS: usize = 500;

/// Where statements run.
pub(crate) enum Target {
    Pool(PoolHandle),
    Transaction(Arc<oxyde_driver::Transaction>),
}

/// Runs a verb of the driver, which a pool and a transaction have alike.
macro_rules! run_on {
    ($target:expr, $verb:ident($($argument:expr),*)) => {
        match &$target {
            Target::Pool(pool) => pool.get().await?.$verb($($argument),*).await,
            Target::Transaction(transaction) => transaction.$verb($($argument),*).await,
        }
    };
}

/// A pool or a transaction of Python.
pub(crate) trait Place: Send + Sync {
    /// Where its statements run now.
    fn target(&self, py: Python<'_>) -> PyResult<Target>;
}

/// What pools and transactions have in common: the base class of both.
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

/// The plan, having checked that it was compiled for this flavour.
fn fitting<'a>(server: &Server, plan: &'a Bound<'_, PyPlan>) -> PyResult<&'a PyPlan> {
    let py = plan.py();
    let plan = plan.get();
    if plan.dialect() != server.dialect {
        return Err(error(
            py,
            Class::Oxyde,
            "the query was compiled for another database's SQL",
            Some("run the Query itself on the database, not a kept plan"),
        ));
    }
    Ok(plan)
}

#[pymethods]
impl Executor {
    #[getter]
    fn flavour(&self) -> &'static str {
        self.server.dialect.name()
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
            let in_parts = recipe.get().takes_parts();
            let convert = Convert::Rows(recipe, Arc::clone(&self.server.name));
            if in_parts {
                Operation::start_in_parts(py, convert, |cancel, parts| async move {
                    run_on!(target, fetch_in_parts(&plan, values, parts, &cancel))
                        .map(Outcome::Rows)
                })
            } else {
                Operation::start(py, Where::Near, convert, |cancel| async move {
                    run_on!(target, fetch(&plan, values, &cancel)).map(Outcome::Rows)
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
            let making = Making::new(recipe, Arc::clone(&self.server.name));
            Operation::start(
                py,
                Where::Away,
                Convert::Cursor(making),
                |cancel| async move {
                    run_on!(target, open_cursor(&plan, values, chunk, &cancel))
                        .map(|cursor| Outcome::Pointed(Box::new(cursor)))
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
            Operation::start(py, Where::Near, Convert::Plain, |cancel| async move {
                run_on!(target, execute(&plan, values, &cancel)).map(Outcome::Done)
            })
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
            let bound = bind_rows(fitting(&self.server, plan)?, rows)?;
            let plan = Arc::clone(plan.get().compiled());
            let convert = recipe.map_or(Convert::Plain, |recipe| {
                Convert::Rows(recipe, Arc::clone(&self.server.name))
            });
            let place = if bound.len() <= FEW_ROWS {
                Where::Here
            } else {
                Where::Away
            };
            Operation::start(py, place, convert, |cancel| async move {
                run_on!(target, bulk(&plan, bound, batch_size, &cancel)).map(Outcome::Bulk)
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
            let mut bound = Vec::with_capacity(values.len()?);
            for (index, value) in values.try_iter()?.enumerate() {
                bound.push(bind::raw(&value?, index, self.server.limits)?);
            }
            let types = types
                .into_iter()
                .map(|(name, ty)| Ok((name, crate::schema::column_type(&ty)?)))
                .collect::<PyResult<Vec<_>>>()?;
            Operation::start(
                py,
                Where::Near,
                Convert::Raw(Arc::clone(&self.server.name)),
                |cancel| async move {
                    run_on!(target, fetch_raw(&sql, bound, &types, &cancel)).map(Outcome::Rows)
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
            Operation::start(py, Where::Away, Convert::Plain, |cancel| async move {
                run_on!(target, explain(&plan, values, analyze, &cancel)).map(Outcome::Text)
            })
        })
    }

    fn script(&self, py: Python<'_>, statements: Vec<String>) -> PyResult<Operation> {
        guarded(py, || {
            let target = self.place.target(py)?;
            Operation::start(py, Where::Away, Convert::Plain, |_cancel| async move {
                run_on!(target, script(&statements)).map(|()| Outcome::Nothing)
            })
        })
    }
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

/// The values of many rows, read from instances or given as sequences.
fn bind_rows(plan: &PyPlan, rows: &Bound<'_, PyAny>) -> PyResult<Vec<Vec<Value>>> {
    let _span = tracing::trace_span!("bind").entered();
    if let Ok(read) = rows.cast::<Rows>() {
        let read = read.get();
        let mut bound = Vec::with_capacity(read.count());
        for row in read.iter() {
            bound.push(plan.bind_row(rows.py(), row)?);
        }
        return Ok(bound);
    }
    let mut bound = Vec::with_capacity(rows.len()?);
    for row in rows.try_iter()? {
        bound.push(plan.bind(&row?)?);
    }
    Ok(bound)
}
