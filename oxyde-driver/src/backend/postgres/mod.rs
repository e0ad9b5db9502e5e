//! PostgreSQL, in its binary format.

mod as_text;
mod bind;
mod cancel;
mod copy;
mod decode;
mod error;
mod listen;
mod native;
mod numeric;
mod oid;
mod options;
mod pooler;
mod range;
mod vector;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use oxyde_sql::dialect::Dialect;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgTypeInfo};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Either, Executor as _, Row as _,
    SqlSafeStr as _, Statement as _,
};

use cancel::{CancelHandle, CancelKey};
use listen::ListenConnection;

use super::interface::{self, Backend, Damage, Greeting, HostConnector};
use super::role::Role;
use super::sockets::{self, Glance, SocketHandle, SocketOptions};
use super::{Job, Outcome, connect_error, is_worth_keeping};
use crate::error::DriverError;
use crate::rows::RowSet;
use crate::settings::{Place, PoolSettings, Server};

/// How to connect.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    options: Arc<PgConnectOptions>,
    place: Place,
    connect_timeout: Option<Duration>,
    socket_options: SocketOptions,
    by_transaction: bool,
    /// Whether sessions begin with a mark that shows whether a pooler is in between.
    marked: bool,
    version: Option<String>,
    settings: Arc<PoolSettings>,
    /// How to connect by way of the pooler that was found.
    pooled: Arc<OnceLock<Self>>,
}

impl Connector {
    pub(crate) fn new(server: &Server, settings: &PoolSettings) -> Self {
        Self {
            options: Arc::new(options::options(server, settings)),
            place: Place::Server(server.clone()),
            connect_timeout: settings.connect_timeout,
            socket_options: SocketOptions::new(settings),
            by_transaction: settings.by_transaction(),
            marked: pooler::wants_mark(settings),
            version: settings.server_version.clone(),
            settings: Arc::new(settings.clone()),
            pooled: Arc::default(),
        }
    }

    /// Open a connection, and find out whether it leads through a pooler.
    async fn open(&self) -> Result<(Connection, Greeting), DriverError> {
        if self.pooled.get().is_none()
            && let Some(connected) = self.connect_as_set().await?
        {
            return Ok(connected);
        }
        let Place::Server(server) = &self.place else {
            return Err(DriverError::Misuse("PostgreSQL is a server"));
        };
        let settings = PoolSettings {
            pg_pooler: Some(pooler::TRANSACTION.to_owned()),
            ..self.settings.as_ref().clone()
        };
        settings.check()?;
        settings.check_has_sessions()?;
        let pooled = self.pooled.get_or_init(|| Self::new(server, &settings));
        let connected = pooled.connect_as_set().await?;
        connected.ok_or(DriverError::Misuse("a pooler was found twice"))
    }

    /// Open a connection; `None` if a pooler, which cannot pass on the session's settings, has refused
    /// or dropped the mark among them.
    async fn connect_as_set(&self) -> Result<Option<(Connection, Greeting)>, DriverError> {
        let fail = |problem| connect_error(&self.place, problem, error::classify);
        let (raw, socket, key) = self.log_in().await;
        let mut raw = match raw {
            Err(problem) if self.marked && pooler::refuses_mark(&problem) => return Ok(None),
            raw => raw.map_err(fail)?,
        };
        // A key makes the check needless; behind a pooler, the session is that of others too.
        let check = if key.is_some() || self.by_transaction {
            "NULL"
        } else {
            CHECK_CLIENT
        };
        let greeting = format!(
            "SELECT pg_backend_pid()::text, current_setting('server_version'), \
             current_setting('transaction_read_only'), pg_is_in_recovery()::text, \
             (current_setting('{}', true) IS NOT NULL)::text, \
             EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')::text, {check}",
            pooler::MARK
        );
        let row = sqlx::raw_sql(AssertSqlSafe(greeting))
            .fetch_one(&mut raw)
            .await
            .map_err(fail)?;
        let text = |at: usize| -> Result<String, DriverError> { row.try_get(at).map_err(fail) };
        if self.marked && text(4)? != "true" {
            return Ok(None);
        }
        let pid = if self.by_transaction {
            pooler::NOBODY
        } else {
            text(0)?.parse().unwrap_or(pooler::NOBODY)
        };
        let version = self.version.clone().map_or_else(|| text(1), Ok)?;
        let greeting = Greeting {
            dialect: Dialect::Postgres,
            version,
            role: role_of(text(3)? == "true", text(2)? == "on"),
            ordered_returning: text(5)? != "true",
        };
        let connection = Connection {
            raw,
            cancel_handle: Arc::new(CancelHandle {
                options: Arc::clone(&self.options),
                socket_options: self.socket_options,
                pid,
                key,
                socket,
            }),
            by_transaction: self.by_transaction,
        };
        Ok(Some((connection, greeting)))
    }

    /// Open the connection, and read the key for cancel requests on the way.
    async fn log_in(
        &self,
    ) -> (
        Result<PgConnection, sqlx::Error>,
        Option<SocketHandle>,
        Option<CancelKey>,
    ) {
        let mut key = None;
        let mut space = vec![0; 16 * 1024];
        let (raw, socket) = sockets::opened(
            self.options.get_port(),
            self.socket_options,
            self.options.connect(),
            |socket| key = CancelKey::find(socket.arrived(&mut space)).or(key),
        )
        .await;
        (raw, socket, key)
    }
}

impl HostConnector for Connector {
    fn place(&self) -> &Place {
        &self.place
    }

    fn connect_timeout(&self) -> Option<Duration> {
        self.connect_timeout
    }

    fn connect(&self) -> BoxFuture<'_, Result<(interface::Connection, Greeting), DriverError>> {
        Box::pin(async move {
            let (connection, greeting) = self.open().await?;
            Ok((Box::new(connection) as interface::Connection, greeting))
        })
    }

    fn listen(
        &self,
        channels: Vec<String>,
    ) -> BoxFuture<'_, Result<interface::ListenConnection, DriverError>> {
        Box::pin(async move {
            let connection = ListenConnection::open(self.clone(), channels).await?;
            Ok(Box::new(connection) as interface::ListenConnection)
        })
    }

    fn has_transaction_ids(&self) -> bool {
        true
    }

    fn found_pooler(&self) -> bool {
        self.pooled.get().is_some()
    }
}

fn role_of(in_recovery: bool, reads_only: bool) -> Role {
    match (in_recovery, reads_only) {
        (true, _) => Role::Standby,
        (false, true) => Role::ReadOnly,
        (false, false) => Role::Primary,
    }
}

/// A connection to PostgreSQL.
#[derive(Debug)]
pub(crate) struct Connection {
    raw: PgConnection,
    cancel_handle: Arc<CancelHandle>,
    /// Whether a pooler may assign a different server to each transaction.
    by_transaction: bool,
}

impl Connection {
    async fn run_job(&mut self, job: &Job, retry: bool) -> Result<Outcome, DriverError> {
        match self.attempt(job).await {
            Err(Failure::Server(problem)) if error::is_stale_plan(&problem) => {
                let failed = self.settled(Err(problem)).await;
                // In a transaction, which has failed, the statement is prepared again in the next.
                let cleared = self.raw.clear_cached_statements().await;
                self.settled(cleared).await?;
                if !retry {
                    return failed;
                }
                let second = self.attempt(job).await;
                self.finished(second).await
            }
            first => self.finished(first).await,
        }
    }

    async fn attempt(&mut self, job: &Job) -> Result<Outcome, Failure> {
        match job {
            Job::Plan { plan, values, sink } => {
                let (sql, arguments) = bind::arguments(&plan.sql, &plan.binds, values)?;
                let rows = RowSet::of_plan(plan).with_sink(sink.as_ref());
                self.query(sql, arguments, Columns::Planned(rows)).await
            }
            Job::Text {
                plan,
                sql,
                binds,
                values,
            } => {
                let (sql, arguments) = bind::arguments(sql, binds, values)?;
                let rows = RowSet::of_plan(plan);
                self.query(sql, arguments, Columns::Planned(rows)).await
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
                self.query(sql, arguments, Columns::Planned(rows)).await
            }
            Job::PerRow { .. } => {
                Err(DriverError::Misuse("PostgreSQL expects rows as arrays").into())
            }
            Job::Raw { sql, values, types } => self.raw(sql, values, types).await,
            Job::Simple(sql) => self.simple(sql).await,
            Job::End(end) => self.simple(end.sql()).await,
            Job::OpenCursor { id, plan, values } => {
                let (sql, arguments) = bind::arguments(&plan.sql, &plan.binds, values)?;
                let sql = format!("DECLARE {} NO SCROLL CURSOR FOR {sql}", cursor(*id));
                let nothing = Columns::Planned(RowSet::of_columns(Vec::new()));
                self.query(sql, arguments, nothing).await
            }
            Job::FetchCursor { id, plan, count } => {
                let sql = format!("FETCH FORWARD {count} FROM {}", cursor(*id));
                let rows = Columns::Planned(RowSet::of_plan(plan));
                self.query(sql, PgArguments::default(), rows).await
            }
            Job::CloseCursor { id } => self.simple(&format!("CLOSE {}", cursor(*id))).await,
            Job::Stream { .. } => Err(super::NO_CURSOR.into()),
        }
    }

    async fn raw(
        &mut self,
        sql: &str,
        values: &[Value],
        types: &[(String, ColumnType)],
    ) -> Result<Outcome, Failure> {
        if self.by_transaction {
            pooler::check(sql)?;
        }
        // Separate text, so that a plan's types never mix with those that the server chose.
        let keyed = format!("{sql}\n/*raw*/");
        // sqlx detects a wrong number of values only after it has started to wait for the result.
        let wanted: Vec<PgTypeInfo> = if values.is_empty() && !sql.contains('$') {
            Vec::new()
        } else {
            let prepared = (&mut self.raw)
                .prepare(AssertSqlSafe(keyed.clone()).into_sql_str())
                .await;
            let statement = prepared.map_err(Failure::Server)?;
            match statement.parameters() {
                Some(Either::Left(infos)) => infos.to_vec(),
                _ => Vec::new(),
            }
        };
        if wanted.len() != values.len() {
            return Err(super::wrong_count(wanted.len(), values.len()).into());
        }
        let arguments = bind::raw(&wanted, values)?;
        self.query(keyed, arguments, Columns::Named(types)).await
    }

    async fn finished(&mut self, result: Result<Outcome, Failure>) -> Result<Outcome, DriverError> {
        match result {
            Ok(outcome) => Ok(outcome),
            Err(Failure::Known(problem)) => Err(problem),
            Err(Failure::Server(problem)) => self.settled(Err(problem)).await,
        }
    }

    /// After an error the server still sends `ReadyForQuery`: read it now, so that the
    /// connection is synchronized when it returns to the pool.
    async fn settled<T>(&mut self, result: Result<T, sqlx::Error>) -> Result<T, DriverError> {
        match result {
            Ok(value) => Ok(value),
            Err(problem) => {
                let problem = error::classify(problem);
                if !problem.is_lost() && self.raw.flush().await.is_err() {
                    return Err(DriverError::ConnectionLost {
                        message: problem.to_string(),
                        refused: true,
                    });
                }
                Err(problem)
            }
        }
    }

    async fn query(
        &mut self,
        sql: String,
        arguments: PgArguments,
        columns: Columns<'_>,
    ) -> Result<Outcome, Failure> {
        // Behind a pooler, a statement without a name may be lost between its messages.
        let keeps = self.by_transaction || is_worth_keeping(&sql);
        let mut query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        if !keeps {
            query = query.persistent(false);
        }
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
                // After a row that cannot be decoded, read and discard the others.
                Either::Right(_) if problem.is_some() => (),
                Either::Right(row) => {
                    let into = rows
                        .get_or_insert_with(|| RowSet::of_columns(decode::describe(&row, named)));
                    let readers =
                        readers.get_or_insert_with(|| decode::readers(&row, into.columns()));
                    problem = decode::row(into, &row, readers).err();
                    into.give_turn().await;
                }
            }
        }
        match problem {
            Some(problem) => Err(problem.into()),
            None => Ok(Outcome {
                rows: rows.unwrap_or_else(|| RowSet::of_columns(Vec::new())),
                affected,
                ..Outcome::default()
            }),
        }
    }

    async fn simple(&mut self, sql: &str) -> Result<Outcome, Failure> {
        if self.by_transaction {
            self.simple_behind_pooler(sql).await?;
        } else {
            self.say(sql).await?;
        }
        Ok(Outcome::default())
    }

    async fn say(&mut self, sql: &str) -> Result<(), DriverError> {
        let result = sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut self.raw)
            .await;
        self.settled(result.map(|_| ())).await
    }

    /// Undo what raw SQL did to the session.
    async fn reset_session(&mut self) -> Result<(), DriverError> {
        self.say(RESET).await?;
        if self.cancel_handle.key.is_none() {
            self.say(&format!("SELECT {CHECK_CLIENT}")).await?;
        }
        Ok(())
    }
}

impl Backend for Connection {
    fn cancel_handle(&self) -> interface::CancelHandle {
        self.cancel_handle.clone()
    }

    fn run<'a>(
        &'a mut self,
        job: &'a Arc<Job>,
        retry: bool,
    ) -> BoxFuture<'a, Result<Outcome, DriverError>> {
        Box::pin(self.run_job(job, retry))
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // The connection is closed, even if the orderly close fails.
            let _ = self.raw.close().await;
        })
    }

    fn damage(&self, problem: &DriverError) -> Damage {
        match problem.code() {
            Some(error::READ_ONLY) => Damage::Host,
            _ => Damage::None,
        }
    }

    fn waits_for_standbys(&self) -> bool {
        true
    }

    fn glance(&self) -> Glance {
        let socket = self.cancel_handle.socket.as_ref();
        socket.map_or(Glance::Quiet, SocketHandle::glance)
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<(), DriverError>> {
        Box::pin(async move { self.raw.ping().await.map_err(error::classify) })
    }

    /// A standby may have been promoted.
    fn role(&mut self) -> BoxFuture<'_, Result<Role, DriverError>> {
        Box::pin(async move {
            let asked = sqlx::raw_sql(
                "SELECT pg_is_in_recovery()::text, current_setting('transaction_read_only')",
            )
            .fetch_one(&mut self.raw)
            .await;
            let row = self.settled(asked).await?;
            let text = |at: usize| row.try_get::<String, _>(at).map_err(error::classify);
            Ok(role_of(text(0)? == "true", text(1)? == "on"))
        })
    }

    /// A pooler may assign a different server to each transaction.
    fn has_lasting_role(&self) -> bool {
        !self.by_transaction
    }

    fn reset(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async move { self.reset_session().await.is_ok() })
    }
}

/// Makes the server notice a closed connection during a statement, if it can (from version 14 on, on
/// Linux) and has no such setting: closing the connection then stops the statement.
const CHECK_CLIENT: &str = "CASE WHEN current_setting('client_connection_check_interval', true) = '0' \
     AND version() ~ 'linux' THEN set_config('client_connection_check_interval', '500ms', false) END";

/// `DISCARD ALL`, but it keeps the prepared statements. `RESET ROLE` returns to the role of the
/// connection, if it has a setting.
const RESET: &str = "CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; UNLISTEN *; \
                     SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES";

/// The name of a cursor.
fn cursor(id: u64) -> String {
    format!("oxyde_cursor_{id}")
}

/// The columns of the result.
enum Columns<'a> {
    /// Those of a plan.
    Planned(RowSet),
    /// The server's, some with types from the caller.
    Named(&'a [(String, ColumnType)]),
}

/// Why a job did not complete.
enum Failure {
    /// An error that sqlx has reported. The server's answer has not been read to its end.
    Server(sqlx::Error),
    /// Any other. The connection is ready for the next statement, unless the error says that it is
    /// lost.
    Known(DriverError),
}

impl From<DriverError> for Failure {
    fn from(problem: DriverError) -> Self {
        Self::Known(problem)
    }
}
