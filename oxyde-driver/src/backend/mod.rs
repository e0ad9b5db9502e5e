//! The three drivers behind one face. This folder alone tells databases apart.

pub(crate) mod mysql;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::ops::Range;
use std::sync::Arc;

pub(crate) use postgres::Ear;
pub use postgres::Heard;

use oxyde_sql::dialect::{Dialect, Features};
use oxyde_sql::plan::{Bind, Copy, Plan};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use tokio::sync::mpsc;

use crate::error::{Cause, DriverError};
use crate::parts::Parts;
use crate::rows::RowSet;
use crate::settings::{Address, Place, PoolSettings, Scheme};

/// One piece of work for a connection.
#[derive(Debug)]
pub(crate) enum Job {
    /// A plan once.
    Plan {
        plan: Arc<Plan>,
        values: Vec<Value>,
        /// Who takes the rows while they arrive, if anybody.
        parts: Option<Parts>,
    },
    /// A statement of many rows, as text; its answer is the plan's.
    Text {
        plan: Arc<Plan>,
        sql: String,
        binds: Vec<Bind>,
        values: Vec<Value>,
    },
    /// Many rows as one array per column.
    Arrays {
        plan: Arc<Plan>,
        sql: String,
        /// How they are copied, when there are very many.
        copy: Option<Copy>,
        rows: Arc<Vec<Vec<Value>>>,
        range: Range<usize>,
    },
    /// Many rows, one by one through one prepared statement.
    PerRow {
        plan: Arc<Plan>,
        rows: Arc<Vec<Vec<Value>>>,
        range: Range<usize>,
    },
    /// SQL of the user.
    Raw {
        sql: String,
        values: Vec<Value>,
        types: Vec<(String, ColumnType)>,
    },
    /// SQL without values and without an answer.
    Simple(String),
    /// Opens a cursor.
    Open {
        id: u64,
        plan: Arc<Plan>,
        values: Vec<Value>,
    },
    /// At most `count` further rows of a cursor.
    Next {
        id: u64,
        plan: Arc<Plan>,
        count: usize,
    },
    /// Closes a cursor.
    Shut { id: u64 },
    /// A plan whose rows are handed on while they arrive, so many at a time.
    Stream {
        plan: Arc<Plan>,
        values: Vec<Value>,
        count: usize,
        to: mpsc::Sender<RowSet>,
    },
}

impl Job {
    /// The text of a statement that surely changes nothing.
    pub(crate) fn read(&self) -> Option<&str> {
        match self {
            Self::Plan { plan, .. } if self.only_reads() => Some(&plan.sql),
            Self::Raw { sql, .. } if self.only_reads() => Some(sql),
            _ => None,
        }
    }

    /// Who takes its rows while they arrive.
    pub(crate) fn parts(&self) -> Option<&Parts> {
        match self {
            Self::Plan { parts, .. } => parts.as_ref(),
            _ => None,
        }
    }

    /// Whoever took rows already hears that they come again.
    pub(crate) fn begin_again(&self) {
        if let Some(parts) = self.parts() {
            parts.again();
        }
    }

    /// Whether it surely changes nothing, so that it may be begun again.
    pub(crate) fn only_reads(&self) -> bool {
        match self {
            Self::Plan { plan, .. } => !plan.writes,
            Self::Raw { sql, .. } => first_word(sql).is_some_and(|word| {
                ["select", "values", "explain", "show", "table"]
                    .iter()
                    .any(|known| word.eq_ignore_ascii_case(known))
            }),
            // The next rows of a cursor cannot be asked for again.
            _ => false,
        }
    }

    /// Whether the session is the same afterwards: raw SQL may set variables, open a
    /// transaction, take locks.
    pub(crate) fn keeps_session(&self) -> bool {
        const KEEPING: [&str; 21] = [
            "alter", "analyze", "call", "comment", "create", "delete", "describe", "drop",
            "explain", "grant", "insert", "merge", "replace", "revoke", "select", "show", "table",
            "truncate", "update", "values", "with",
        ];
        match self {
            Self::Raw { sql, .. } => first_word(sql)
                .is_some_and(|word| KEEPING.iter().any(|known| word.eq_ignore_ascii_case(known))),
            _ => true,
        }
    }
}

/// The first word of a statement, behind spaces, comments and parentheses.
pub(crate) fn first_word(mut sql: &str) -> Option<&str> {
    loop {
        sql = sql.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '(');
        if let Some(comment) = sql.strip_prefix("--") {
            sql = comment.split_once('\n')?.1;
        } else if let Some(comment) = sql.strip_prefix("/*") {
            sql = comment.split_once("*/")?.1;
        } else {
            let end = sql
                .find(|letter: char| !letter.is_ascii_alphabetic())
                .unwrap_or(sql.len());
            return Some(&sql[..end]).filter(|word| !word.is_empty());
        }
    }
}

/// What a job came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub rows: RowSet,
    pub affected: u64,
    pub last_insert_id: Option<i64>,
    /// The key of each inserted row, where rows were sent one by one and gave none back.
    pub ids: Vec<i64>,
}

impl Default for Outcome {
    fn default() -> Self {
        Self {
            rows: RowSet::of_columns(Vec::new()),
            affected: 0,
            last_insert_id: None,
            ids: Vec::new(),
        }
    }
}

/// How to connect.
#[derive(Clone, Debug)]
pub(crate) enum Connector {
    Postgres(postgres::Connector),
    Mysql(mysql::Connector),
    Sqlite(Box<sqlite::Connector>),
}

impl Connector {
    pub(crate) fn new(address: &Address, settings: &PoolSettings) -> Self {
        match (&address.place, address.scheme) {
            (Place::Server(server), Scheme::Mysql) => {
                Self::Mysql(mysql::Connector::new(server, settings))
            }
            (Place::Server(server), _) => {
                Self::Postgres(postgres::Connector::new(server, settings))
            }
            (place, _) => Self::Sqlite(Box::new(sqlite::Connector::new(place, settings))),
        }
    }

    /// Opens a connection; also what kind of server is there.
    pub(crate) async fn connect(&self) -> Result<(Connection, Dialect, String), DriverError> {
        Ok(match self {
            Self::Postgres(connector) => {
                let (connection, version) = connector.connect().await?;
                (
                    Connection::Postgres(Box::new(connection)),
                    Dialect::Postgres,
                    version,
                )
            }
            Self::Mysql(connector) => {
                let (connection, greeting) = connector.connect().await?;
                (
                    Connection::Mysql(Box::new(connection)),
                    greeting.dialect,
                    greeting.version,
                )
            }
            Self::Sqlite(connector) => (
                Connection::Sqlite(Box::new(connector.connect().await?)),
                Dialect::Sqlite,
                sqlite::Connector::version(),
            ),
        })
    }

    /// Listens to channels, where the database has them.
    pub(crate) async fn ear(&self, channels: Vec<String>) -> Result<Ear, DriverError> {
        match self {
            Self::Postgres(connector) => Ear::open(connector.clone(), channels).await,
            Self::Mysql(_) | Self::Sqlite(_) => Err(DriverError::Unsupported {
                what: "only PostgreSQL has LISTEN and NOTIFY".to_owned(),
                hint: "ask for new rows from time to time, or use a message broker",
            }),
        }
    }

    /// Where to, without user and password.
    pub(crate) fn target(&self) -> String {
        match self {
            Self::Postgres(connector) => connector.place.to_string(),
            Self::Mysql(connector) => connector.place.to_string(),
            Self::Sqlite(connector) => connector.place.to_string(),
        }
    }

    /// Whether the data live in the one connection.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self, Self::Sqlite(connector) if connector.is_memory())
    }

    /// Whether writers must queue within the process.
    pub(crate) fn has_one_writer(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

/// A connection.
#[derive(Debug)]
pub(crate) enum Connection {
    Postgres(Box<postgres::Connection>),
    Mysql(Box<mysql::Connection>),
    Sqlite(Box<sqlite::Connection>),
}

/// Stops what a connection runs.
#[derive(Clone, Debug)]
pub(crate) enum Stopper {
    Postgres(postgres::Stopper),
    Mysql(mysql::Stopper),
    Sqlite(sqlite::Stopper),
}

/// The way by which a stopper reaches the server.
#[derive(Debug)]
pub(crate) enum Side {
    Postgres(postgres::Side),
    Mysql(mysql::Side),
    Sqlite(sqlite::Stopper),
}

impl Side {
    /// Asks to stop the statement that runs now; one that has not begun is not met.
    pub(crate) async fn ask(&mut self) -> bool {
        match self {
            Self::Postgres(side) => side.ask().await,
            Self::Mysql(side) => side.ask().await,
            Self::Sqlite(stopper) => {
                stopper.stop();
                true
            }
        }
    }

    async fn terminate(&mut self) -> bool {
        match self {
            Self::Postgres(side) => side.terminate().await,
            Self::Mysql(side) => side.terminate().await,
            Self::Sqlite(stopper) => {
                stopper.stop();
                true
            }
        }
    }

    pub(crate) async fn close(self) {
        match self {
            Self::Postgres(side) => side.close().await,
            Self::Mysql(side) => side.close().await,
            Self::Sqlite(_) => (),
        }
    }
}

impl Stopper {
    /// Opens the way to the server; `None` when it takes no more connections.
    pub(crate) async fn side(&self) -> Option<Side> {
        match self {
            Self::Postgres(stopper) => stopper.side().await.map(Side::Postgres),
            Self::Mysql(stopper) => stopper.side().await.map(Side::Mysql),
            Self::Sqlite(stopper) => Some(Side::Sqlite(stopper.clone())),
        }
    }

    /// Ends the session on the server, also when its statement has not begun.
    pub(crate) async fn terminate(&self) {
        if let Some(mut side) = self.side().await {
            side.terminate().await;
            side.close().await;
        }
    }

    /// Whether an error is that of a statement that was asked to stop.
    pub(crate) fn is_stop(&self, problem: &DriverError) -> bool {
        match self {
            Self::Postgres(_) => postgres::Connection::is_stop(problem),
            Self::Mysql(_) => mysql::Connection::is_stop(problem),
            // One that waited for a lock ends as if its time were over.
            Self::Sqlite(_) => {
                sqlite::Connection::is_stop(problem) || problem.cause() == Some(Cause::LockTimeout)
            }
        }
    }
}

impl Connection {
    /// A stopper for the job that comes next.
    pub(crate) fn stopper(&self) -> Stopper {
        match self {
            Self::Postgres(connection) => Stopper::Postgres(connection.stopper()),
            Self::Mysql(connection) => Stopper::Mysql(connection.stopper()),
            Self::Sqlite(connection) => Stopper::Sqlite(connection.stopper()),
        }
    }

    /// Runs one job. `retry` allows a second try when the server dropped a statement's plan.
    pub(crate) async fn run(
        &mut self,
        job: &Arc<Job>,
        retry: bool,
    ) -> Result<Outcome, DriverError> {
        match self {
            Self::Postgres(connection) => connection.run(job, retry).await,
            Self::Mysql(connection) => connection.run(job, retry).await,
            Self::Sqlite(connection) => connection.run(job).await,
        }
    }

    /// Tries whether the server still answers.
    pub(crate) async fn ping(&mut self) -> Result<(), DriverError> {
        match self {
            Self::Postgres(connection) => connection.ping().await,
            Self::Mysql(connection) => connection.ping().await,
            Self::Sqlite(_) => Ok(()),
        }
    }

    /// After a stop that met no running statement: makes sure that it meets no later one.
    pub(crate) async fn absorb_stop(&mut self) -> bool {
        match self {
            // The server drops a cancel request that finds it waiting for a statement.
            Self::Postgres(_) | Self::Sqlite(_) => true,
            Self::Mysql(connection) => connection.absorb_stop().await,
        }
    }

    /// Whether a transaction is open, where the connection can tell.
    pub(crate) fn in_transaction(&self) -> Option<bool> {
        match self {
            Self::Postgres(_) | Self::Mysql(_) => None,
            Self::Sqlite(connection) => connection.in_transaction(),
        }
    }

    /// Makes a connection in an unknown state usable again, where that is possible at all.
    pub(crate) async fn recover(&mut self) -> bool {
        match self {
            Self::Postgres(_) | Self::Mysql(_) => false,
            Self::Sqlite(connection) => connection.recover().await.is_ok(),
        }
    }

    /// Longest statement in bytes, and the distance of ids within one statement.
    pub(crate) fn limits(&self) -> Limits {
        match self {
            Self::Postgres(_) | Self::Sqlite(_) => Limits {
                bytes: 512 * 1024 * 1024,
                id_step: None,
            },
            Self::Mysql(connection) => Limits {
                bytes: connection.max_packet,
                id_step: Some(connection.id_step),
            },
        }
    }

    /// Says goodbye and closes.
    pub(crate) async fn close(self) {
        match self {
            Self::Postgres(connection) => connection.close().await,
            Self::Mysql(connection) => connection.close().await,
            Self::Sqlite(connection) => connection.close().await,
        }
    }

    /// Leaves it as it is, for a process that was forked: its socket belongs to the parent.
    pub(crate) fn forget(self) {
        match self {
            Self::Sqlite(connection) => connection.forget(),
            other => std::mem::forget(other),
        }
    }
}

/// What a statement of many rows must keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Longest statement with its values, in bytes.
    pub bytes: usize,
    /// Distance between the ids of one statement's rows, where ids are counted that way.
    pub id_step: Option<i64>,
}

/// How a database gives many rows bit by bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bits {
    /// By a cursor in a transaction, beside which other statements can run.
    Cursor,
    /// One after the other over a connection that can do nothing else meanwhile.
    Stream,
}

/// How this database gives many rows bit by bit.
pub(crate) fn bits(features: &Features) -> Bits {
    match features.dialect {
        Dialect::Postgres | Dialect::Sqlite => Bits::Cursor,
        Dialect::Mysql | Dialect::Mariadb => Bits::Stream,
    }
}

/// What is told of a cursor's job that does not go with the database.
const NO_CURSOR: DriverError = DriverError::Misuse("this database gives rows in another way");

/// The statements that begin a transaction.
pub(crate) fn begin_sql(
    features: &Features,
    isolation: Option<&str>,
    read_only: bool,
) -> Vec<String> {
    let dialect = features.dialect;
    match dialect {
        Dialect::Postgres => {
            let mut sql = "BEGIN".to_owned();
            if let Some(level) = isolation {
                sql.push_str(" ISOLATION LEVEL ");
                sql.push_str(level);
            }
            if read_only {
                sql.push_str(" READ ONLY");
            }
            vec![sql]
        }
        Dialect::Mysql | Dialect::Mariadb => {
            let mut statements = Vec::new();
            if let Some(level) = isolation {
                // For the next transaction only.
                statements.push(format!("SET TRANSACTION ISOLATION LEVEL {level}"));
            }
            statements.push(if read_only {
                "START TRANSACTION READ ONLY".to_owned()
            } else {
                "START TRANSACTION".to_owned()
            });
            statements
        }
        // All transactions are serializable there; one that may write takes the lock at once.
        Dialect::Sqlite if read_only => {
            vec![
                "BEGIN DEFERRED".to_owned(),
                "PRAGMA query_only = ON".to_owned(),
            ]
        }
        Dialect::Sqlite => vec!["BEGIN IMMEDIATE".to_owned()],
    }
}

/// What must be undone after a transaction that was read only.
pub(crate) fn end_sql(features: &Features, read_only: bool) -> Option<&'static str> {
    (read_only && features.dialect == Dialect::Sqlite).then_some("PRAGMA query_only = OFF")
}

/// Whether the database ends the transaction on its own after this error.
pub(crate) fn ends_transaction(features: &Features, problem: &DriverError) -> bool {
    matches!(features.dialect, Dialect::Mysql | Dialect::Mariadb)
        && problem.cause() == Some(Cause::Deadlock)
}

/// The statement that explains another.
pub(crate) fn explain_sql(features: &Features, sql: &str, analyze: bool) -> String {
    match (features.dialect, analyze) {
        (Dialect::Postgres, true) => format!("EXPLAIN (ANALYZE, BUFFERS) {sql}"),
        (Dialect::Mysql, true) => format!("EXPLAIN ANALYZE {sql}"),
        (Dialect::Mysql, false) => format!("EXPLAIN FORMAT=TREE {sql}"),
        (Dialect::Mariadb, true) => format!("ANALYZE FORMAT=JSON {sql}"),
        (Dialect::Mariadb, false) => format!("EXPLAIN FORMAT=JSON {sql}"),
        (Dialect::Postgres, false) => format!("EXPLAIN {sql}"),
        (Dialect::Sqlite, _) => format!("EXPLAIN QUERY PLAN {sql}"),
    }
}

/// Whether explaining tells the time itself.
pub(crate) fn explain_measures(features: &Features) -> bool {
    features.dialect != Dialect::Sqlite
}

/// An error while connecting: what the server reports stays, the rest is a failed connection.
fn connect_error(
    place: &Place,
    problem: sqlx::Error,
    classify: fn(sqlx::Error) -> DriverError,
) -> DriverError {
    match problem {
        sqlx::Error::Database(_) => classify(problem),
        sqlx::Error::Io(error) => DriverError::ConnectionFailed {
            target: place.to_string(),
            message: error.to_string(),
        },
        other => DriverError::ConnectionFailed {
            target: place.to_string(),
            message: other.to_string(),
        },
    }
}

/// The error for a wrong number of values.
fn wrong_count(wanted: usize, given: usize) -> DriverError {
    DriverError::Bind {
        param: given.min(wanted),
        detail: format!("the statement takes {wanted} values, {given} were given"),
    }
}

/// Counts the row of an error from the start of the whole call.
fn shift_row(problem: DriverError, start: usize) -> DriverError {
    match problem {
        DriverError::BulkRow { row, source } => DriverError::BulkRow {
            row: row + start,
            source,
        },
        other => other,
    }
}
