//! The methods that pools and transactions share.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use oxyde_sql::dialect::{DdlStyle, Features};
use oxyde_sql::plan::{OutputColumn, Plan};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::backend::{Job, Outcome, explain_measures, explain_sql};
use crate::cancel::Cancel;
use crate::error::DriverError;
use crate::rows::ChunkSink;
use crate::rows::{Cell, RowSet};
use crate::values::raw_lists::check_lists;

/// The result of a statement without rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExecuteResult {
    /// Rows that it matched (on every database, including rows that already had the new values).
    pub affected: u64,
    /// The key of the inserted row, if the database reports it without returning rows.
    pub last_insert_id: Option<i64>,
}

impl From<Outcome> for ExecuteResult {
    fn from(outcome: Outcome) -> Self {
        Self {
            affected: outcome.affected,
            last_insert_id: outcome.last_insert_id,
        }
    }
}

/// A pool or a transaction.
pub(crate) trait JobRunner: Sync {
    fn features(&self) -> &Features;

    fn run(
        &self,
        job: Job,
        cancel: &Cancel,
    ) -> impl Future<Output = Result<Outcome, DriverError>> + Send;

    /// Run jobs without any effect.
    fn dry_run(
        &self,
        jobs: Vec<Job>,
        cancel: &Cancel,
    ) -> impl Future<Output = Result<Vec<Outcome>, DriverError>> + Send;
}

pub(crate) async fn fetch(
    on: &impl JobRunner,
    plan: &Arc<Plan>,
    values: Vec<Value>,
    sink: Option<ChunkSink>,
    cancel: &Cancel,
) -> Result<RowSet, DriverError> {
    let job = Job::Plan {
        plan: Arc::clone(plan),
        values,
        sink,
    };
    on.run(job, cancel).await.map(|outcome| outcome.rows)
}

pub(crate) async fn execute(
    on: &impl JobRunner,
    plan: &Arc<Plan>,
    values: Vec<Value>,
    cancel: &Cancel,
) -> Result<ExecuteResult, DriverError> {
    let job = Job::Plan {
        plan: Arc::clone(plan),
        values,
        sink: None,
    };
    on.run(job, cancel).await.map(ExecuteResult::from)
}

pub(crate) async fn fetch_raw(
    on: &impl JobRunner,
    sql: &str,
    values: Vec<Value>,
    types: &[(String, ColumnType)],
    cancel: &Cancel,
) -> Result<RowSet, DriverError> {
    if !on.features().native_arrays {
        check_lists(DdlStyle::of(on.features().dialect), sql, &values)?;
    }
    let job = Job::Raw {
        sql: sql.to_owned(),
        values,
        types: types.to_vec(),
    };
    on.run(job, cancel).await.map(|outcome| outcome.rows)
}

pub(crate) async fn explain(
    on: &impl JobRunner,
    plan: &Arc<Plan>,
    values: Vec<Value>,
    analyze: bool,
    cancel: &Cancel,
) -> Result<String, DriverError> {
    let features = on.features();
    let measures = explain_measures(features);
    let sql = explain_sql(features, &plan.sql, analyze)?;
    let column = |name: &str, ty| OutputColumn {
        name: name.to_owned(),
        ty,
    };
    let outputs = if measures {
        vec![column("plan", ColumnType::Text)]
    } else {
        vec![
            column("id", ColumnType::BigInt),
            column("parent", ColumnType::BigInt),
            column("unused", ColumnType::BigInt),
            column("detail", ColumnType::Text),
        ]
    };
    let explaining = Arc::new(Plan {
        sql: sql.clone(),
        binds: plan.binds.clone(),
        outputs,
        writes: analyze && plan.writes,
        plain_insert: false,
        bulk: None,
    });
    let job = Job::Text {
        plan: explaining,
        sql,
        binds: plan.binds.clone(),
        values: values.clone(),
    };
    if measures {
        let outcome = if analyze && plan.writes {
            on.dry_run(vec![job], cancel).await?.pop()
        } else {
            Some(on.run(job, cancel).await?)
        };
        return Ok(outcome.map_or_else(String::new, |outcome| lines(&outcome.rows)));
    }
    let mut text = tree(&on.run(job, cancel).await?.rows);
    if analyze {
        let job = Job::Plan {
            plan: Arc::clone(plan),
            values,
            sink: None,
        };
        let began = Instant::now();
        let outcome = if plan.writes {
            on.dry_run(vec![job], cancel).await?.pop()
        } else {
            Some(on.run(job, cancel).await?)
        };
        let took = began.elapsed().as_secs_f64() * 1000.0;
        let rows = outcome.map_or(0, |outcome| outcome.affected.max(outcome.rows.len() as u64));
        // Writing to a string cannot fail.
        let _ = write!(text, "\n({rows} rows in {took:.3} ms)");
    }
    Ok(text)
}

fn lines(rows: &RowSet) -> String {
    let lines: Vec<&str> = (0..rows.len())
        .filter_map(|row| match rows.cell(row, 0) {
            Cell::Text(line) => Some(line),
            _ => None,
        })
        .collect();
    lines.join("\n")
}

/// Format SQLite's query plan as a tree.
fn tree(rows: &RowSet) -> String {
    let mut depths: Vec<(i64, usize)> = Vec::new();
    let mut out = Vec::new();
    for row in 0..rows.len() {
        let (Cell::Int(id), Cell::Int(parent), Cell::Text(detail)) =
            (rows.cell(row, 0), rows.cell(row, 1), rows.cell(row, 3))
        else {
            continue;
        };
        let depth = depths
            .iter()
            .find(|(known, _)| *known == parent)
            .map_or(0, |(_, depth)| depth + 1);
        depths.push((id, depth));
        out.push(format!("{}{detail}", "  ".repeat(depth)));
    }
    out.join("\n")
}

/// Implements the methods that pools and transactions share.
macro_rules! verbs {
    ($on:ty) => {
        impl $on {
            /// Run a plan that returns rows.
            ///
            /// # Errors
            /// Any [`DriverError`]; [`DriverError::Cancelled`] if `cancel` was fired before the
            /// end.
            pub async fn fetch(
                &self,
                plan: &Arc<Plan>,
                values: Vec<Value>,
                cancel: &Cancel,
            ) -> Result<RowSet, DriverError> {
                executor::fetch(self, plan, values, None, cancel).await
            }

            /// The same, but rows are passed on while they arrive: the result contains those
            /// that `parts` did not receive. After an error, discard those that it received.
            ///
            /// # Errors
            /// As [`Self::fetch`].
            pub async fn fetch_chunked(
                &self,
                plan: &Arc<Plan>,
                values: Vec<Value>,
                sink: ChunkSink,
                cancel: &Cancel,
            ) -> Result<RowSet, DriverError> {
                executor::fetch(self, plan, values, Some(sink), cancel).await
            }

            /// Run a plan that changes rows.
            ///
            /// # Errors
            /// Any [`DriverError`]; [`DriverError::Cancelled`] if `cancel` was fired before the
            /// end. A write that completed nevertheless is reported as successful.
            pub async fn execute(
                &self,
                plan: &Arc<Plan>,
                values: Vec<Value>,
                cancel: &Cancel,
            ) -> Result<ExecuteResult, DriverError> {
                executor::execute(self, plan, values, cancel).await
            }

            /// Run raw SQL. The types of the values come from the server if it reports
            /// them, otherwise from the values; the columns are decoded as the server
            /// describes them, unless `types` specifies a type.
            ///
            /// # Errors
            /// Any [`DriverError`].
            pub async fn fetch_raw(
                &self,
                sql: &str,
                values: Vec<Value>,
                types: &[(String, ColumnType)],
                cancel: &Cancel,
            ) -> Result<RowSet, DriverError> {
                executor::fetch_raw(self, sql, values, types, cancel).await
            }

            /// Explain a plan as text. With `analyze` it is run and measured, without any effect
            /// on the data.
            ///
            /// # Errors
            /// Any [`DriverError`].
            pub async fn explain(
                &self,
                plan: &Arc<Plan>,
                values: Vec<Value>,
                analyze: bool,
                cancel: &Cancel,
            ) -> Result<String, DriverError> {
                executor::explain(self, plan, values, analyze, cancel).await
            }
        }
    };
}

pub(crate) use verbs;
