//! The verbs that a pool and a transaction share.

use std::sync::Arc;

use oxyde_driver::{BulkDone, Cancel, Cursor, Done, DriverError, RowSet};
use oxyde_sql::plan::Plan;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use pyo3::prelude::*;
use pyo3::types::PySequence;

use crate::bind;
use crate::bridge::{Convert, Operation, Outcome};
use crate::cursor::Making;
use crate::error::{Class, error, guarded};
use crate::hydrate::Recipe;
use crate::plan::Plan as PyPlan;
use crate::pool::{PoolHandle, Server};

/// Where statements run.
#[derive(Clone)]
pub(crate) enum Target {
    Pool(PoolHandle),
    Transaction(Arc<oxyde_driver::Transaction>),
}

impl Target {
    async fn fetch(
        &self,
        plan: &Arc<Plan>,
        values: Vec<Value>,
        cancel: &Cancel,
    ) -> Result<RowSet, DriverError> {
        match self {
            Target::Pool(pool) => pool.get().await?.fetch(plan, values, cancel).await,
            Target::Transaction(transaction) => transaction.fetch(plan, values, cancel).await,
        }
    }

    async fn open_cursor(
        &self,
        plan: &Arc<Plan>,
        values: Vec<Value>,
        chunk: usize,
        cancel: &Cancel,
    ) -> Result<Cursor, DriverError> {
        match self {
            Target::Pool(pool) => {
                pool.get()
                    .await?
                    .open_cursor(plan, values, chunk, cancel)
                    .await
            }
            Target::Transaction(transaction) => {
                transaction.open_cursor(plan, values, chunk, cancel).await
            }
        }
    }

    async fn execute(
        &self,
        plan: &Arc<Plan>,
        values: Vec<Value>,
        cancel: &Cancel,
    ) -> Result<Done, DriverError> {
        match self {
            Target::Pool(pool) => pool.get().await?.execute(plan, values, cancel).await,
            Target::Transaction(transaction) => transaction.execute(plan, values, cancel).await,
        }
    }

    async fn bulk(
        &self,
        plan: &Arc<Plan>,
        rows: Vec<Vec<Value>>,
        batch_size: Option<usize>,
        cancel: &Cancel,
    ) -> Result<BulkDone, DriverError> {
        match self {
            Target::Pool(pool) => pool.get().await?.bulk(plan, rows, batch_size, cancel).await,
            Target::Transaction(transaction) => {
                transaction.bulk(plan, rows, batch_size, cancel).await
            }
        }
    }

    async fn fetch_raw(
        &self,
        sql: &str,
        values: Vec<Value>,
        types: &[(String, ColumnType)],
        cancel: &Cancel,
    ) -> Result<RowSet, DriverError> {
        match self {
            Target::Pool(pool) => {
                pool.get()
                    .await?
                    .fetch_raw(sql, values, types, cancel)
                    .await
            }
            Target::Transaction(transaction) => {
                transaction.fetch_raw(sql, values, types, cancel).await
            }
        }
    }

    async fn explain(
        &self,
        plan: &Arc<Plan>,
        values: Vec<Value>,
        analyze: bool,
        cancel: &Cancel,
    ) -> Result<String, DriverError> {
        match self {
            Target::Pool(pool) => {
                pool.get()
                    .await?
                    .explain(plan, values, analyze, cancel)
                    .await
            }
            Target::Transaction(transaction) => {
                transaction.explain(plan, values, analyze, cancel).await
            }
        }
    }

    async fn script(&self, statements: &[String]) -> Result<(), DriverError> {
        match self {
            Target::Pool(pool) => pool.get().await?.script(statements).await,
            Target::Transaction(transaction) => transaction.script(statements).await,
        }
    }
}

/// Bind the values of a plan, having checked that it was compiled for this flavour.
fn bind_values(
    server: &Server,
    plan: &Bound<'_, PyPlan>,
    values: &Bound<'_, PyAny>,
) -> PyResult<Vec<Value>> {
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
    plan.bind(values)
}

pub(crate) fn fetch(
    py: Python<'_>,
    target: Target,
    server: &Server,
    plan: &Bound<'_, PyPlan>,
    values: &Bound<'_, PyAny>,
    recipe: Py<Recipe>,
) -> PyResult<Operation> {
    guarded(py, || {
        let values = bind_values(server, plan, values)?;
        let plan = Arc::clone(plan.get().compiled());
        Operation::start_here(
            py,
            Convert::Rows(recipe, Arc::clone(&server.name)),
            |cancel| async move {
                target
                    .fetch(&plan, values, &cancel)
                    .await
                    .map(Outcome::Rows)
            },
        )
    })
}

pub(crate) fn open_cursor(
    py: Python<'_>,
    target: Target,
    server: &Server,
    plan: &Bound<'_, PyPlan>,
    values: &Bound<'_, PyAny>,
    recipe: Py<Recipe>,
    chunk: usize,
) -> PyResult<Operation> {
    guarded(py, || {
        let values = bind_values(server, plan, values)?;
        let plan = Arc::clone(plan.get().compiled());
        let making = Making::new(recipe, Arc::clone(&server.name));
        Operation::start(py, Convert::Cursor(making), |cancel| async move {
            let cursor = target.open_cursor(&plan, values, chunk, &cancel).await?;
            Ok(Outcome::Pointed(Box::new(cursor)))
        })
    })
}

pub(crate) fn execute(
    py: Python<'_>,
    target: Target,
    server: &Server,
    plan: &Bound<'_, PyPlan>,
    values: &Bound<'_, PyAny>,
) -> PyResult<Operation> {
    guarded(py, || {
        let values = bind_values(server, plan, values)?;
        let plan = Arc::clone(plan.get().compiled());
        Operation::start_here(py, Convert::Plain, |cancel| async move {
            target
                .execute(&plan, values, &cancel)
                .await
                .map(Outcome::Done)
        })
    })
}

pub(crate) fn bulk(
    py: Python<'_>,
    target: Target,
    server: &Server,
    plan: &Bound<'_, PyPlan>,
    rows: &Bound<'_, PySequence>,
    recipe: Option<Py<Recipe>>,
    batch_size: Option<usize>,
) -> PyResult<Operation> {
    guarded(py, || {
        let mut bound = Vec::with_capacity(rows.len()?);
        for row in rows.try_iter()? {
            bound.push(bind_values(server, plan, &row?)?);
        }
        let plan = Arc::clone(plan.get().compiled());
        let convert = recipe.map_or(Convert::Plain, |recipe| {
            Convert::Rows(recipe, Arc::clone(&server.name))
        });
        Operation::start(py, convert, |cancel| async move {
            target
                .bulk(&plan, bound, batch_size, &cancel)
                .await
                .map(Outcome::Bulk)
        })
    })
}

pub(crate) fn fetch_raw(
    py: Python<'_>,
    target: Target,
    server: &Server,
    sql: String,
    values: &Bound<'_, PySequence>,
    types: Vec<(String, Bound<'_, PyAny>)>,
) -> PyResult<Operation> {
    guarded(py, || {
        let mut bound = Vec::with_capacity(values.len()?);
        for (index, value) in values.try_iter()?.enumerate() {
            bound.push(bind::raw(&value?, index, server.limits)?);
        }
        let types = types
            .into_iter()
            .map(|(name, ty)| Ok((name, crate::schema::column_type(&ty)?)))
            .collect::<PyResult<Vec<_>>>()?;
        Operation::start(
            py,
            Convert::Raw(Arc::clone(&server.name)),
            |cancel| async move {
                target
                    .fetch_raw(&sql, bound, &types, &cancel)
                    .await
                    .map(Outcome::Rows)
            },
        )
    })
}

pub(crate) fn explain(
    py: Python<'_>,
    target: Target,
    server: &Server,
    plan: &Bound<'_, PyPlan>,
    values: &Bound<'_, PyAny>,
    analyze: bool,
) -> PyResult<Operation> {
    guarded(py, || {
        let values = bind_values(server, plan, values)?;
        let plan = Arc::clone(plan.get().compiled());
        Operation::start(py, Convert::Plain, |cancel| async move {
            target
                .explain(&plan, values, analyze, &cancel)
                .await
                .map(Outcome::Text)
        })
    })
}

pub(crate) fn script(
    py: Python<'_>,
    target: Target,
    statements: Vec<String>,
) -> PyResult<Operation> {
    guarded(py, || {
        Operation::start(py, Convert::Plain, |_cancel| async move {
            target.script(&statements).await.map(|()| Outcome::Nothing)
        })
    })
}
