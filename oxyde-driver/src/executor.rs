//! What pools and transactions run.

use std::sync::Arc;

use oxyde_sql::dialect::{DdlStyle, Features};
use oxyde_sql::plan::Plan;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::backend::{Job, Outcome, with_placeholders};
use crate::bulk::BulkResult;
use crate::cancel::{Cancel, Cancellable};
use crate::cursor::{self, Cursor};
use crate::error::DriverError;
use crate::explain::explain;
use crate::pool::Pool;
use crate::rows::{ChunkSink, FromRow, RowSet};
use crate::transaction::Transaction;
use crate::values::given::{Given, Values};
use crate::values::raw_lists::check_lists;

/// The result of a statement without rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
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

/// What statements run on: a [`Pool`] or a [`Transaction`], or either of them until a
/// [`Cancel`] is fired ([`Pool::cancelled_by`], [`Transaction::cancelled_by`]).
///
/// A function that takes `&impl Executor` works on all of them:
///
/// ```no_run
/// use oxyde_driver::{DriverError, Executor, FromRow, values};
///
/// #[derive(FromRow)]
/// struct User {
///     id: i64,
///     name: String,
/// }
///
/// async fn user(on: &impl Executor, id: i64) -> Result<Option<User>, DriverError> {
///     on.fetch_optional("SELECT id, name FROM users WHERE id = $1", values![id]).await
/// }
/// ```
///
/// A statement ends when its future is dropped, too; but only a [`Cancel`] awaits its end on the
/// server, and tells whether it had an effect.
pub trait Executor: Sync {
    /// Where its statements run.
    #[doc(hidden)]
    fn target(&self) -> Target<'_>;

    /// Return the features of the server.
    fn features(&self) -> &Features {
        self.target().features()
    }

    /// Run SQL or a plan, and convert its rows.
    ///
    /// # Errors
    /// Any [`DriverError`]; [`DriverError::NoColumn`] or [`DriverError::Mismatch`] if a row does not
    /// convert.
    fn fetch_all<T: FromRow + Send>(
        &self,
        statement: impl Statement,
        values: impl Into<Values>,
    ) -> impl Future<Output = Result<Vec<T>, DriverError>> + Send {
        let values = values.into();
        async move { rows(self.target(), statement, values).await?.all() }
    }

    /// Run SQL or a plan, and convert its only row.
    ///
    /// # Errors
    /// As [`Executor::fetch_all`]; [`DriverError::RowCount`] if there is not exactly one row.
    fn fetch_one<T: FromRow + Send>(
        &self,
        statement: impl Statement,
        values: impl Into<Values>,
    ) -> impl Future<Output = Result<T, DriverError>> + Send {
        let values = values.into();
        async move { rows(self.target(), statement, values).await?.one() }
    }

    /// Run SQL or a plan, and convert its only row, if there is one.
    ///
    /// # Errors
    /// As [`Executor::fetch_all`]; [`DriverError::RowCount`] if there are several rows.
    fn fetch_optional<T: FromRow + Send>(
        &self,
        statement: impl Statement,
        values: impl Into<Values>,
    ) -> impl Future<Output = Result<Option<T>, DriverError>> + Send {
        let values = values.into();
        async move { rows(self.target(), statement, values).await?.optional() }
    }

    /// Run a plan that returns rows.
    ///
    /// # Errors
    /// Any [`DriverError`].
    fn fetch(
        &self,
        plan: &Arc<Plan>,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<RowSet, DriverError>> + Send {
        async move {
            let job = planned(plan, values, None);
            self.target().run(job).await.map(|outcome| outcome.rows)
        }
    }

    /// The same, but rows are passed on while they arrive: the result contains those that `sink` did
    /// not receive. After an error, discard those that it received.
    ///
    /// # Errors
    /// As [`Executor::fetch`].
    fn fetch_chunked(
        &self,
        plan: &Arc<Plan>,
        values: Vec<Value>,
        sink: ChunkSink,
    ) -> impl Future<Output = Result<RowSet, DriverError>> + Send {
        async move {
            let job = planned(plan, values, Some(sink));
            self.target().run(job).await.map(|outcome| outcome.rows)
        }
    }

    /// Run a plan that changes rows.
    ///
    /// # Errors
    /// Any [`DriverError`]. A write that completed although it was cancelled is reported as
    /// successful.
    fn execute(
        &self,
        plan: &Arc<Plan>,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<ExecuteResult, DriverError>> + Send {
        async move {
            let job = planned(plan, values, None);
            self.target().run(job).await.map(ExecuteResult::from)
        }
    }

    /// Run SQL that returns rows. The types of the values come from the server if it reports them,
    /// otherwise from the values; the columns are decoded as the server describes them.
    ///
    /// # Errors
    /// Any [`DriverError`].
    fn fetch_raw(
        &self,
        sql: &str,
        values: impl Into<Values>,
    ) -> impl Future<Output = Result<RowSet, DriverError>> + Send {
        self.fetch_raw_as(sql, values, &[])
    }

    /// The same, with the types of some columns by name, where the server does not describe them:
    /// `SQLite`, MySQL and MariaDB store UUIDs, intervals and arrays as other types.
    ///
    /// # Errors
    /// As [`Executor::fetch_raw`].
    fn fetch_raw_as(
        &self,
        sql: &str,
        values: impl Into<Values>,
        types: &[(String, ColumnType)],
    ) -> impl Future<Output = Result<RowSet, DriverError>> + Send {
        let values = values.into();
        async move {
            let on = self.target();
            let job = raw(on.features(), sql, values, types)?;
            on.run(job).await.map(|outcome| outcome.rows)
        }
    }

    /// Run SQL that changes rows, and return their number. Rows that it returns are discarded.
    ///
    /// # Errors
    /// Any [`DriverError`].
    fn execute_raw(
        &self,
        sql: &str,
        values: impl Into<Values>,
    ) -> impl Future<Output = Result<ExecuteResult, DriverError>> + Send {
        let values = values.into();
        async move {
            let on = self.target();
            let job = raw(on.features(), sql, values, &[])?;
            on.run(job).await.map(ExecuteResult::from)
        }
    }

    /// Run a plan for any number of rows, all or nothing.
    ///
    /// # Errors
    /// Any [`DriverError`]; no row was written, and a transaction continues.
    fn bulk(
        &self,
        plan: &Arc<Plan>,
        rows: Vec<Vec<Value>>,
        batch_size: Option<usize>,
    ) -> impl Future<Output = Result<BulkResult, DriverError>> + Send {
        async move {
            let Target { on, cancel } = self.target();
            match on {
                On::Pool(pool) => pool.run_bulk(plan, rows, batch_size, cancel).await,
                On::Transaction(transaction) => {
                    transaction.run_bulk(plan, rows, batch_size, cancel).await
                }
            }
        }
    }

    /// Run schema statements: on a pool in one transaction if the database supports it, otherwise one
    /// after the other. In a transaction on MySQL they commit: the transaction begins again after
    /// them, and is refused if it has written before.
    ///
    /// # Errors
    /// The first error; [`DriverError::EndsTransaction`] before any of them runs, if one of them
    /// would end the transaction with its changes.
    fn script(
        &self,
        statements: &[String],
    ) -> impl Future<Output = Result<(), DriverError>> + Send {
        async move {
            let Target { on, cancel } = self.target();
            match on {
                On::Pool(pool) => pool.run_script(statements, cancel).await,
                On::Transaction(transaction) => transaction.run_script(statements, cancel).await,
            }
        }
    }

    /// Open a cursor that returns `chunk` rows at a time.
    ///
    /// # Errors
    /// Any [`DriverError`].
    fn open_cursor(
        &self,
        plan: &Arc<Plan>,
        values: Vec<Value>,
        chunk: usize,
    ) -> impl Future<Output = Result<Cursor, DriverError>> + Send {
        async move { cursor::open(self.target(), plan, values, chunk).await }
    }

    /// Explain a plan as text. With `analyze` it is run and measured, without any effect on the data.
    ///
    /// # Errors
    /// Any [`DriverError`].
    fn explain(
        &self,
        plan: &Arc<Plan>,
        values: Vec<Value>,
        analyze: bool,
    ) -> impl Future<Output = Result<String, DriverError>> + Send {
        async move { explain(self.target(), plan, values, analyze).await }
    }
}

impl Executor for Pool {
    fn target(&self) -> Target<'_> {
        Target {
            on: On::Pool(self),
            cancel: Cancel::NEVER,
        }
    }
}

impl Executor for Transaction {
    fn target(&self) -> Target<'_> {
        Target {
            on: On::Transaction(self),
            cancel: Cancel::NEVER,
        }
    }
}

impl<On: Executor> Executor for Cancellable<'_, On> {
    fn target(&self) -> Target<'_> {
        Target {
            cancel: self.cancel,
            ..self.on.target()
        }
    }
}

/// SQL (`&str`), or a plan (`&Arc<Plan>`).
pub trait Statement: Send {
    /// Which of them it is.
    #[doc(hidden)]
    fn source(&self) -> Source<'_>;
}

/// What a [`Statement`] is.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    Sql(&'a str),
    Plan(&'a Arc<Plan>),
}

impl Statement for &str {
    fn source(&self) -> Source<'_> {
        Source::Sql(self)
    }
}

impl Statement for &String {
    fn source(&self) -> Source<'_> {
        Source::Sql(self)
    }
}

impl Statement for &Arc<Plan> {
    fn source(&self) -> Source<'_> {
        Source::Plan(self)
    }
}

/// Where statements run, and what cancels them.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub(crate) on: On<'a>,
    pub(crate) cancel: &'a Cancel,
}

/// A pool or a transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On<'a> {
    Pool(&'a Pool),
    Transaction(&'a Transaction),
}

impl<'a> Target<'a> {
    pub(crate) fn features(self) -> &'a Features {
        match self.on {
            On::Pool(pool) => pool.features(),
            On::Transaction(transaction) => transaction.features(),
        }
    }

    pub(crate) async fn run(self, job: Job) -> Result<Outcome, DriverError> {
        match self.on {
            On::Pool(pool) => pool.run(job, self.cancel).await,
            On::Transaction(transaction) => transaction.run(job, self.cancel).await,
        }
    }

    /// Run jobs without any effect.
    pub(crate) async fn dry_run(self, jobs: Vec<Job>) -> Result<Vec<Outcome>, DriverError> {
        match self.on {
            On::Pool(pool) => pool.dry_run(jobs, self.cancel).await,
            On::Transaction(transaction) => transaction.dry_run(jobs, self.cancel).await,
        }
    }
}

async fn rows(
    on: Target<'_>,
    statement: impl Statement,
    values: Values,
) -> Result<RowSet, DriverError> {
    let job = match statement.source() {
        Source::Sql(sql) => raw(on.features(), sql, values, &[])?,
        Source::Plan(plan) => match values.0 {
            Given::InOrder(values) => planned(plan, values, None),
            Given::Named(_) => {
                return Err(DriverError::Misuse("the values of a plan have no names"));
            }
        },
    };
    on.run(job).await.map(|outcome| outcome.rows)
}

fn planned(plan: &Arc<Plan>, values: Vec<Value>, sink: Option<ChunkSink>) -> Job {
    Job::Plan {
        plan: Arc::clone(plan),
        values,
        sink,
    }
}

fn raw(
    features: &Features,
    sql: &str,
    values: Values,
    types: &[(String, ColumnType)],
) -> Result<Job, DriverError> {
    let (sql, values) = match values.0 {
        Given::InOrder(values) => (sql.to_owned(), values),
        Given::Named(values) => with_placeholders(features, sql, values)?,
    };
    if !features.native_arrays {
        check_lists(DdlStyle::of(features.dialect), &sql, &values)?;
    }
    Ok(Job::Raw {
        sql,
        values,
        types: types.to_vec(),
    })
}
