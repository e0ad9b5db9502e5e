//! PostgreSQL, in its binary format.

mod bind;
mod cancel;
mod copy;
mod decode;
mod error;
mod listen;
mod numeric;
mod oid;
mod options;
mod pooler;
mod vector;

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgTypeInfo};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Either, Executor as _, Row as _,
    SqlSafeStr as _, Statement as _,
};

pub(crate) use cancel::{Side, Stopper};
pub(crate) use listen::Ear;
pub use listen::Heard;

use super::{Job, Outcome, connect_error};
use crate::error::DriverError;
use crate::rows::RowSet;
use crate::settings::{Place, PoolSettings, Server};

/// How to connect.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    options: Arc<PgConnectOptions>,
    pub(super) place: Place,
    by_transaction: bool,
}

impl Connector {
    pub(crate) fn new(server: &Server, settings: &PoolSettings) -> Self {
        Self {
            options: Arc::new(options::options(server, settings)),
            place: Place::Server(server.clone()),
            by_transaction: settings.by_transaction(),
        }
    }

    pub(crate) async fn connect(&self) -> Result<(Connection, String), DriverError> {
        let fail = |problem| connect_error(&self.place, problem, error::classify);
        let mut raw = self.options.connect().await.map_err(fail)?;
        let row = sqlx::raw_sql("SELECT pg_backend_pid()::text, current_setting('server_version')")
            .fetch_one(&mut raw)
            .await
            .map_err(fail)?;
        let text = |at: usize| -> Result<String, DriverError> { row.try_get(at).map_err(fail) };
        let pid = if self.by_transaction {
            pooler::NOBODY
        } else {
            text(0)?.parse().unwrap_or(pooler::NOBODY)
        };
        let version = text(1)?;
        let connection = Connection {
            raw,
            stopper: Stopper {
                options: Arc::clone(&self.options),
                pid,
            },
            by_transaction: self.by_transaction,
        };
        Ok((connection, version))
    }
}

/// A connection to PostgreSQL.
#[derive(Debug)]
pub(crate) struct Connection {
    raw: PgConnection,
    stopper: Stopper,
    /// Whether a pooler gives it another server for each transaction.
    by_transaction: bool,
}

impl Connection {
    pub(crate) fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    pub(crate) fn is_stop(problem: &DriverError) -> bool {
        problem.code() == Some(error::STOPPED)
    }

    /// Runs one job. `retry` allows a second try when the server dropped the statement's plan.
    pub(crate) async fn run(&mut self, job: &Job, retry: bool) -> Result<Outcome, DriverError> {
        match job {
            Job::Plan {
                plan,
                values,
                parts,
            } => {
                let (sql, arguments) = bind::arguments(&plan.sql, &plan.binds, values)?;
                let rows = RowSet::of_plan(plan).in_parts(parts.as_ref());
                self.query(sql, arguments, Columns::Planned(rows), retry)
                    .await
            }
            Job::Text {
                plan,
                sql,
                binds,
                values,
            } => {
                let (sql, arguments) = bind::arguments(sql, binds, values)?;
                let rows = RowSet::of_plan(plan);
                self.query(sql, arguments, Columns::Planned(rows), retry)
                    .await
            }
            Job::Arrays {
                plan,
                sql,
                copy,
                rows,
                range,
            } => {
                if let Some(copy) = copy
                    && let Some(done) = self
                        .copy(plan, copy, &rows[range.clone()], range.start)
                        .await?
                {
                    return Ok(done);
                }
                let (sql, arguments) = bind::columns(sql, &plan.row_binds(), &rows[range.clone()])
                    .map_err(|problem| super::shift_row(problem, range.start))?;
                let rows = RowSet::of_plan(plan);
                self.query(sql, arguments, Columns::Planned(rows), retry)
                    .await
            }
            Job::PerRow { .. } => Err(DriverError::Misuse("PostgreSQL takes rows as arrays")),
            Job::Raw { sql, values, types } => self.raw(sql, values, types, retry).await,
            Job::Simple(sql) => self.simple(sql).await.map(|()| Outcome::default()),
            Job::Open { id, plan, values } => {
                let (sql, arguments) = bind::arguments(&plan.sql, &plan.binds, values)?;
                let sql = format!("DECLARE {} NO SCROLL CURSOR FOR {sql}", cursor(*id));
                let nothing = Columns::Planned(RowSet::of_columns(Vec::new()));
                self.query(sql, arguments, nothing, false).await
            }
            Job::Next { id, plan, count } => {
                let sql = format!("FETCH FORWARD {count} FROM {}", cursor(*id));
                let rows = Columns::Planned(RowSet::of_plan(plan));
                self.query(sql, PgArguments::default(), rows, false).await
            }
            Job::Shut { id } => {
                let sql = format!("CLOSE {}", cursor(*id));
                self.simple(&sql).await.map(|()| Outcome::default())
            }
            Job::Stream { .. } => Err(super::NO_CURSOR),
        }
    }

    async fn raw(
        &mut self,
        sql: &str,
        values: &[Value],
        types: &[(String, ColumnType)],
        retry: bool,
    ) -> Result<Outcome, DriverError> {
        if self.by_transaction {
            pooler::check(sql)?;
        }
        // Its own text: a plan's types never meet those that the server chose.
        let keyed = format!("{sql}\n/*raw*/");
        let wanted: Vec<PgTypeInfo> = if values.is_empty() {
            Vec::new()
        } else {
            let prepared = (&mut self.raw)
                .prepare(AssertSqlSafe(keyed.clone()).into_sql_str())
                .await;
            let statement = self.settled(prepared).await?;
            match statement.parameters() {
                Some(Either::Left(infos)) => infos.to_vec(),
                _ => Vec::new(),
            }
        };
        if !values.is_empty() && wanted.len() != values.len() {
            return Err(super::wrong_count(wanted.len(), values.len()));
        }
        let arguments = bind::raw(&wanted, values)?;
        self.query(keyed, arguments, Columns::Named(types), retry)
            .await
    }

    async fn query(
        &mut self,
        sql: String,
        arguments: PgArguments,
        columns: Columns<'_>,
        retry: bool,
    ) -> Result<Outcome, DriverError> {
        let again = retry.then(|| (sql.clone(), arguments.clone(), columns.clone()));
        let first = self.query_once(sql, arguments, columns).await;
        match (first, again) {
            (Err(Failure::Server(problem)), Some((sql, arguments, columns)))
                if error::is_stale_plan(&problem) =>
            {
                let cleared = self.raw.clear_cached_statements().await;
                self.settled(cleared).await?;
                let second = self.query_once(sql, arguments, columns).await;
                self.finished(second).await
            }
            (first, _) => self.finished(first).await,
        }
    }

    async fn finished(&mut self, result: Result<Outcome, Failure>) -> Result<Outcome, DriverError> {
        match result {
            Ok(outcome) => Ok(outcome),
            Err(Failure::Decode(problem)) => Err(problem),
            Err(Failure::Server(problem)) => self.settled(Err(problem)).await,
        }
    }

    /// After an error the server still says that it is ready: hear it now, so that the
    /// connection is in step when it goes back.
    async fn settled<T>(&mut self, result: Result<T, sqlx::Error>) -> Result<T, DriverError> {
        match result {
            Ok(value) => Ok(value),
            Err(problem) => {
                let problem = error::classify(problem);
                if !problem.is_lost() && self.raw.flush().await.is_err() {
                    return Err(DriverError::ConnectionLost {
                        message: problem.to_string(),
                    });
                }
                Err(problem)
            }
        }
    }

    async fn query_once(
        &mut self,
        sql: String,
        arguments: PgArguments,
        columns: Columns<'_>,
    ) -> Result<Outcome, Failure> {
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        let mut stream = (&mut self.raw).fetch_many(query);
        let (mut rows, named) = match columns {
            Columns::Planned(rows) => (Some(rows), &[] as &[_]),
            Columns::Named(named) => (None, named),
        };
        let mut readers = None;
        let mut affected = 0;
        let mut problem = None;
        while let Some(item) = stream.try_next().await.map_err(Failure::Server)? {
            match item {
                Either::Left(done) => affected += done.rows_affected(),
                // Once a row cannot be decoded the others are only heard to the end.
                Either::Right(_) if problem.is_some() => (),
                Either::Right(row) => {
                    let into = rows
                        .get_or_insert_with(|| RowSet::of_columns(decode::describe(&row, named)));
                    let readers =
                        readers.get_or_insert_with(|| decode::readers(&row, into.columns()));
                    problem = decode::row(into, &row, readers).err();
                }
            }
        }
        match problem {
            Some(problem) => Err(Failure::Decode(problem)),
            None => Ok(Outcome {
                rows: rows.unwrap_or_else(|| RowSet::of_columns(Vec::new())),
                affected,
                ..Outcome::default()
            }),
        }
    }

    async fn simple(&mut self, sql: &str) -> Result<(), DriverError> {
        if self.by_transaction {
            return self.simple_behind_pooler(sql).await;
        }
        self.say(sql).await
    }

    async fn say(&mut self, sql: &str) -> Result<(), DriverError> {
        let result = sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut self.raw)
            .await;
        self.settled(result.map(|_| ())).await
    }

    pub(crate) async fn ping(&mut self) -> Result<(), DriverError> {
        self.raw.ping().await.map_err(error::classify)
    }

    pub(crate) async fn close(self) {
        // A connection that cannot say goodbye is gone all the same.
        let _ = self.raw.close().await;
    }
}

/// The name of a cursor.
fn cursor(id: u64) -> String {
    format!("oxyde_cursor_{id}")
}

/// The columns of the answer.
#[derive(Clone)]
enum Columns<'a> {
    /// Those of a plan.
    Planned(RowSet),
    /// The server's, some named by the caller.
    Named(&'a [(String, ColumnType)]),
}

enum Failure {
    Server(sqlx::Error),
    Decode(DriverError),
}
