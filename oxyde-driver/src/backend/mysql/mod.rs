//! MySQL and MariaDB, in the binary protocol.

mod bind;
mod cancel;
mod decode;
mod error;
mod options;
mod stream;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::future::BoxFuture;
use oxyde_sql::dialect::Dialect;
use oxyde_sql::types::ColumnType;
use sqlx::mysql::{MySqlArguments, MySqlConnectOptions, MySqlConnection};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Either, Executor as _, Row as _,
    SqlSafeStr as _, Statement as _,
};

use bind::Binder;
use cancel::CancelHandle;
use wire::Wire;

use super::interface::{self, Backend, Damage, Greeting, HostConnector};
use super::role::Role;
use super::sockets::{self, Glance, SocketHandle, SocketOptions};
use super::{Job, Limits, Outcome, connect_error, is_worth_keeping};
use crate::error::DriverError;
use crate::rows::RowSet;
use crate::settings::{Place, PoolSettings, Server};

/// How to connect.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    options: Arc<MySqlConnectOptions>,
    place: Place,
    connect_timeout: Option<Duration>,
    socket_options: SocketOptions,
    session: String,
    version: Option<String>,
    /// Whether no other host is tried if this one is not ready.
    is_only: bool,
}

impl Connector {
    pub(crate) fn new(server: &Server, settings: &PoolSettings, is_only: bool) -> Self {
        Self {
            options: Arc::new(options::options(server, settings)),
            place: Place::Server(server.clone()),
            connect_timeout: settings.connect_timeout,
            socket_options: SocketOptions::new(settings),
            session: options::session(settings),
            version: settings.server_version.clone(),
            is_only,
        }
    }

    async fn open(&self) -> Result<(Connection, Greeting), DriverError> {
        let fail = |problem| connect_error(&self.place, problem, error::classify);
        let port = self.options.get_port();
        let connecting = self.options.connect();
        let (raw, socket) = sockets::opened(port, self.socket_options, connecting, |_| ()).await;
        let mut raw = raw.map_err(fail)?;
        sqlx::raw_sql(AssertSqlSafe(self.session.as_str()))
            .execute(&mut raw)
            .await
            .map_err(fail)?;
        let row = sqlx::query(
            "SELECT CONNECTION_ID(), CONVERT(VERSION() USING utf8mb4), @@max_allowed_packet, \
             @@auto_increment_increment, CAST(@@global.read_only AS CHAR) NOT IN ('0', 'OFF')",
        )
        .persistent(false)
        .fetch_one(&mut raw)
        .await
        .map_err(fail)?;
        let number = |at: usize| -> u64 {
            // Signed or unsigned, depending on the server.
            row.try_get::<u64, _>(at)
                .or_else(|_| row.try_get::<i64, _>(at).map(i64::unsigned_abs))
                .unwrap_or(0)
        };
        let reported: String = row.try_get_unchecked(1).map_err(fail)?;
        let (session, packet, step) = (number(0), number(2), number(3));
        let role = role_of(number(4) != 0);
        let wire = wire::load(&mut raw).await.map_err(fail)?;
        let version = self.version.clone().unwrap_or_else(|| reported.clone());
        let says_mariadb = |text: &str| text.to_ascii_lowercase().contains("mariadb");
        let dialect = if says_mariadb(&reported) || says_mariadb(&version) {
            Dialect::Mariadb
        } else {
            Dialect::Mysql
        };
        let mut connection = Connection {
            raw,
            cancel_handle: Arc::new(CancelHandle {
                options: Arc::clone(&self.options),
                socket_options: self.socket_options,
                session,
                socket,
            }),
            wire,
            exact_json: dialect == Dialect::Mariadb,
            max_packet: usize::try_from(packet.max(1024 * 1024)).unwrap_or(usize::MAX),
            id_step: i64::try_from(step.max(1)).unwrap_or(1),
        };
        // A further round trip, but it finds a node that would refuse every statement.
        if !self.is_only {
            connection.check_ready().await?;
        }
        let greeting = Greeting {
            dialect,
            version,
            role,
            ordered_returning: true,
        };
        Ok((connection, greeting))
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
}

fn role_of(read_only: bool) -> Role {
    if read_only {
        Role::Standby
    } else {
        Role::Primary
    }
}

/// A connection to MySQL or MariaDB.
#[derive(Debug)]
pub(crate) struct Connection {
    raw: MySqlConnection,
    cancel_handle: Arc<CancelHandle>,
    wire: &'static Wire,
    /// Whether JSON is stored as text (MariaDB), or parsed into 64-bit numbers (MySQL).
    exact_json: bool,
    /// Maximum packet size of the server, in bytes.
    max_packet: usize,
    /// Increment between the ids of one statement's rows.
    id_step: i64,
}

impl Connection {
    fn binder(&self) -> Binder {
        Binder {
            wire: self.wire,
            exact_json: self.exact_json,
        }
    }

    async fn run_job(&mut self, job: &Job, retry: bool) -> Result<Outcome, DriverError> {
        match job {
            Job::Plan { plan, values, sink } => {
                let (sql, arguments) =
                    bind::arguments(self.binder(), &plan.sql, &plan.binds, values)?;
                let rows = RowSet::of_plan(plan).with_sink(sink.as_ref());
                self.query(&sql, arguments, Columns::Planned(rows), retry)
                    .await
            }
            Job::Text {
                plan,
                sql,
                binds,
                values,
            } => {
                let (sql, arguments) = bind::arguments(self.binder(), sql, binds, values)?;
                let rows = RowSet::of_plan(plan);
                self.query(&sql, arguments, Columns::Planned(rows), retry)
                    .await
            }
            Job::Arrays { .. } | Job::PerRow { .. } => {
                Err(DriverError::Misuse("MySQL expects many rows as text"))
            }
            Job::Raw { sql, values, types } => {
                let keyed = bind::raw_keyed(sql, values);
                let counted = if values.is_empty() && !sql.contains('?') {
                    Ok(())
                } else {
                    self.check_count(&keyed, values.len()).await
                };
                let arguments = bind::raw(self.binder(), values)?;
                let result = match counted {
                    Ok(()) => {
                        self.query(&keyed, arguments, Columns::Named(types), retry)
                            .await
                    }
                    Err(problem) => Err(problem),
                };
                match result {
                    // BEGIN, LOCK TABLES and similar statements return no rows.
                    Err(problem)
                        if values.is_empty() && problem.code() == Some(error::UNPREPARED) =>
                    {
                        self.simple(sql).await
                    }
                    result => result,
                }
            }
            Job::Simple(sql) => self.simple(sql).await,
            Job::End(end) => self.simple(end.sql()).await,
            Job::Stream {
                plan,
                values,
                count,
                to,
            } => self.stream(plan, values, *count, to).await,
            Job::OpenCursor { .. } | Job::FetchCursor { .. } | Job::CloseCursor { .. } => {
                Err(super::NO_CURSOR)
            }
        }
    }

    async fn simple(&mut self, sql: &str) -> Result<Outcome, DriverError> {
        let result = sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut self.raw)
            .await;
        match result {
            Ok(done) => Ok(Outcome {
                affected: done.rows_affected(),
                ..Outcome::default()
            }),
            Err(problem) => self.settled(problem).await,
        }
    }

    /// sqlx detects a wrong number of values only after it has started to wait for the result,
    /// which leaves the connection unsynchronized, so check it before.
    async fn check_count(&mut self, sql: &str, given: usize) -> Result<(), DriverError> {
        let prepared = (&mut self.raw)
            .prepare(AssertSqlSafe(sql).into_sql_str())
            .await;
        match prepared {
            Ok(statement) => match statement.parameters() {
                Some(Either::Right(wanted)) if wanted != given => {
                    Err(super::wrong_count(wanted, given))
                }
                _ => Ok(()),
            },
            Err(problem) => self.settled(problem).await.map(|_| ()),
        }
    }

    async fn query(
        &mut self,
        sql: &str,
        arguments: MySqlArguments,
        columns: Columns<'_>,
        retry: bool,
    ) -> Result<Outcome, DriverError> {
        let again = retry.then(|| (arguments.clone(), columns.clone()));
        let first = self.query_once(sql, arguments, columns).await;
        let result = match first {
            Err(Failure::Server(problem)) if error::is_stale_plan(&problem) => {
                let failed = self.settled(problem).await;
                // In a transaction, the statement is prepared again the next time.
                if let Err(problem) = self.raw.clear_cached_statements().await {
                    return self.settled(problem).await;
                }
                let Some((arguments, columns)) = again else {
                    return failed;
                };
                self.query_once(sql, arguments, columns).await
            }
            first => first,
        };
        match result {
            Ok(outcome) => Ok(outcome),
            Err(Failure::Decode(problem)) => Err(problem),
            Err(Failure::Server(problem)) => self.settled(problem).await,
        }
    }

    /// After an error, read the rest of the server's response, so that the connection is
    /// synchronized when it returns to the pool.
    async fn settled(&mut self, problem: sqlx::Error) -> Result<Outcome, DriverError> {
        let problem = error::classify(problem);
        if !problem.is_lost() && self.raw.flush().await.is_err() {
            return Err(DriverError::ConnectionLost {
                message: problem.to_string(),
                refused: true,
            });
        }
        Err(problem)
    }

    async fn query_once(
        &mut self,
        sql: &str,
        arguments: MySqlArguments,
        columns: Columns<'_>,
    ) -> Result<Outcome, Failure> {
        let keeps = is_worth_keeping(sql);
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
        let mut outcome = Outcome::default();
        let mut problem = None;
        while let Some(item) = stream.try_next().await.map_err(Failure::Server)? {
            match item {
                Either::Left(done) => {
                    outcome.affected += done.rows_affected();
                    if done.last_insert_id() != 0 {
                        outcome.last_insert_id = i64::try_from(done.last_insert_id()).ok();
                    }
                }
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
        if let Some(problem) = problem {
            return Err(Failure::Decode(problem));
        }
        if let Some(rows) = rows {
            outcome.rows = rows;
        }
        Ok(outcome)
    }

    /// Refuse a node of a Galera cluster that does not belong to a majority: it refuses all work.
    async fn check_ready(&mut self) -> Result<(), DriverError> {
        let asked = sqlx::raw_sql("SHOW STATUS LIKE 'wsrep\\_ready'")
            .fetch_optional(&mut self.raw)
            .await;
        let row = match asked {
            Ok(row) => row,
            Err(problem) => return Err(self.failed(problem).await),
        };
        let ready = row.map(|row| row.try_get_unchecked::<String, _>(1));
        match ready.transpose().map_err(error::classify)? {
            Some(word) if !word.eq_ignore_ascii_case("ON") => Err(error::not_ready()),
            _ => Ok(()),
        }
    }

    async fn failed(&mut self, problem: sqlx::Error) -> DriverError {
        match self.settled(problem).await {
            Err(problem) => problem,
            Ok(_) => error::not_ready(),
        }
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
            // Started or switched to read-only; refused by, or not ready in, a cluster.
            Some("1290" | "1836" | "3100" | error::NOT_READY) => Damage::Host,
            // A packet that is too large.
            Some("1153") => Damage::Connection,
            _ => Damage::None,
        }
    }

    fn glance(&self) -> Glance {
        let socket = self.cancel_handle.socket.as_ref();
        socket.map_or(Glance::Quiet, SocketHandle::glance)
    }

    fn ping(&mut self) -> BoxFuture<'_, Result<(), DriverError>> {
        Box::pin(async move { self.raw.ping().await.map_err(error::classify) })
    }

    /// An administrator may have switched it.
    fn role(&mut self) -> BoxFuture<'_, Result<Role, DriverError>> {
        Box::pin(async move {
            self.check_ready().await?;
            let asked =
                sqlx::raw_sql("SELECT CAST(@@global.read_only AS CHAR) NOT IN ('0', 'OFF')")
                    .fetch_one(&mut self.raw)
                    .await;
            match asked {
                Ok(row) => {
                    let read_only = row.try_get_unchecked::<i64, _>(0);
                    Ok(role_of(read_only.map_err(error::classify)? != 0))
                }
                Err(problem) => Err(self.failed(problem).await),
            }
        })
    }

    fn absorb_cancel(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            match self.ping().await {
                Ok(()) => true,
                Err(problem) => error::is_cancelled(&problem) && self.ping().await.is_ok(),
            }
        })
    }

    fn limits(&self) -> Limits {
        Limits {
            bytes: self.max_packet,
            id_step: Some(self.id_step),
        }
    }
}

/// The columns of the result.
#[derive(Clone)]
enum Columns<'a> {
    /// Those of a plan.
    Planned(RowSet),
    /// The server's, some with types from the caller.
    Named(&'a [(String, ColumnType)]),
}

enum Failure {
    Server(sqlx::Error),
    Decode(DriverError),
}
