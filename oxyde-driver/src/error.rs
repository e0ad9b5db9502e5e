//! Errors: one variant per cause, classified by the database's codes.

use std::time::Duration;

use oxyde_sql::{SqlError, dialect::ServerTooOld};

use crate::rows::Mismatch;

/// A violated constraint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// SQLSTATE or the database's own error number.
    pub code: String,
    /// SQLSTATE, if the database has one.
    pub sqlstate: Option<String>,
    /// The database's message.
    pub message: String,
    /// What PostgreSQL says about the rows, with their values.
    pub detail: Option<String>,
    /// Name of the constraint or index, if the database reports it.
    pub constraint: Option<String>,
    /// The table, if the database reports it.
    pub table: Option<String>,
    /// The columns, if the database reports them.
    pub columns: Vec<String>,
}

/// The kind of a violated constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Unique constraint, unique index or primary key.
    Unique,
    /// Foreign key.
    ForeignKey,
    /// NOT NULL.
    NotNull,
    /// CHECK (also PostgreSQL's exclusion constraints).
    Check,
}

/// The code and the message of a database error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// SQLSTATE or the database's own error number.
    pub code: String,
    /// SQLSTATE, if the database has one.
    pub sqlstate: Option<String>,
    /// The database's message.
    pub message: String,
}

/// The cause of a database error, other than a violated constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The user is unknown or the password is wrong.
    AuthFailed,
    /// The database does not exist.
    UnknownDatabase,
    /// The transaction conflicts with another one; run it again.
    Serialization,
    /// A prepared statement is outdated, as a table was changed; it is prepared again next time.
    StalePlan,
    /// The database resolved a deadlock by aborting this transaction; run it again.
    Deadlock,
    /// A lock was not available in time, or not immediately with NOWAIT.
    LockTimeout,
    /// The server ended the statement at a time limit of its own, or at another client's request.
    QueryTimeout,
    /// The server, the database or the user has as many connections as it may have.
    TooManyConnections,
    /// The database, file or transaction is read-only.
    ReadOnly,
    /// The server is read-only, and was not before: another one is the primary now.
    Demoted,
    /// The node does not belong to the majority of its cluster.
    NodeNotReady,
    /// A number, date or other value does not fit its column.
    ValueOutOfRange,
    /// A string or binary value is longer than its column.
    TooLong,
    /// The table does not exist.
    UndefinedTable,
    /// The column does not exist.
    UndefinedColumn,
    /// The type, operator class or other object does not exist.
    UndefinedObject,
    /// No function or operator accepts values of these types.
    UndefinedFunction,
    /// An extension is not installed on the server.
    NoExtension,
    /// The SQL is invalid.
    Syntax,
    /// The transaction is aborted; only a rollback is possible.
    TransactionAborted,
    /// The user does not have the privilege.
    PermissionDenied,
    /// The file is not a database, or is damaged.
    NotADatabase,
    /// The file cannot be opened.
    CannotOpen,
    /// Another cause: see the code.
    Other,
}

impl Cause {
    /// What to do about it, if there is a known remedy.
    fn hint(self) -> Option<&'static str> {
        Some(match self {
            Cause::AuthFailed => "check the user and password in the URL",
            Cause::UnknownDatabase => "create the database, or correct its name in the URL",
            Cause::Serialization | Cause::Deadlock | Cause::StalePlan => {
                "run the transaction again"
            }
            Cause::QueryTimeout => {
                "raise the time limit of the server, role or session, or check the query plan \
                 with explain()"
            }
            Cause::TooManyConnections => {
                "lower max_connections of the pools, or raise the limit of the server or role"
            }
            Cause::LockTimeout => "another transaction holds the lock: try again later",
            Cause::ReadOnly => {
                "the database is read-only: use the primary (of several hosts, \
                 target_session_attrs=primary finds it) or a writable file"
            }
            Cause::Demoted => {
                "another server is the primary now: run it again, on a new connection"
            }
            Cause::NodeNotReady => "run it again on another node: name several hosts in the URL",
            Cause::UndefinedTable => "create the tables or run the migrations",
            Cause::UndefinedObject => {
                "a type of an extension needs that extension in the database, in a schema \
                 of the search path; for vectors: CREATE EXTENSION vector"
            }
            Cause::UndefinedFunction => {
                "cast the values, or check the version of the extension that provides it"
            }
            Cause::NoExtension => {
                "install it on the server (pgvector for vectors), \
                 then create it: CREATE EXTENSION vector"
            }
            Cause::TransactionAborted => "roll back to a savepoint, or roll back the transaction",
            Cause::NotADatabase => "check the path: the file is not an SQLite database",
            Cause::CannotOpen => {
                "check that the folder exists and that this process may write to it; a file in \
                 WAL mode whose folder cannot be written is read with ?immutable=1, if no \
                 other process changes it"
            }
            _ => return None,
        })
    }
}

/// An error of the driver. No variant ever holds a password.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriverError {
    /// The URL cannot be used.
    #[error("{message}")]
    InvalidUrl {
        /// The problem.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// A setting is unknown or its value is invalid.
    #[error("setting `{name}`: {message}")]
    InvalidSetting {
        /// Name of the setting.
        name: String,
        /// The problem.
        message: String,
    },
    /// The connection was refused, the host is unknown, or TLS failed.
    #[error("cannot connect to {target}: {message}")]
    ConnectionFailed {
        /// The target, without user and password.
        target: String,
        /// The reason.
        message: String,
    },
    /// The file of an SQLite database was deleted or replaced while it was open.
    #[error("the file of {target} was deleted or replaced while it was open")]
    FileGone {
        /// The database.
        target: String,
    },
    /// The connection was lost while it was in use.
    #[error("the connection to the database was lost: {message}")]
    ConnectionLost {
        /// The reason.
        message: String,
        /// Whether the server reported that it does not complete the statement.
        refused: bool,
    },
    /// The connection was lost, or the operation cancelled, after a COMMIT, or a write outside a
    /// transaction, was sent, before the server answered.
    #[error("the answer was lost after {what} was sent; it may have taken effect: {message}")]
    OutcomeUnknown {
        /// What was sent.
        what: &'static str,
        /// The reason.
        message: String,
    },
    /// No connection became available in time.
    #[error(
        "no connection of the pool `{pool}` became available within {} s (size {size}, in use {in_use}, waiting {waiting})",
        waited.as_secs_f64()
    )]
    PoolTimeout {
        /// Name of the pool.
        pool: String,
        /// Its maximum number of connections.
        size: u32,
        /// Connections in use.
        in_use: u32,
        /// Tasks that wait for a connection, including this one.
        waiting: u32,
        /// How long this task waited.
        waited: Duration,
    },
    /// The statement ran longer than `query_timeout` and was cancelled.
    #[error("the query was cancelled after {} s", after.as_secs_f64())]
    QueryTimeout {
        /// The limit.
        after: Duration,
    },
    /// The transaction lasted longer than allowed and was rolled back.
    #[error("the transaction was rolled back after {} s", after.as_secs_f64())]
    TransactionTimeout {
        /// The limit.
        after: Duration,
    },
    /// The operation was cancelled by its [`Cancel`](crate::Cancel) and had no effect.
    #[error("the operation was cancelled")]
    Cancelled,
    /// A row violates a constraint.
    #[error("{}", violation.message)]
    Violated {
        /// The kind of constraint.
        rule: Rule,
        /// The details from the database.
        violation: Box<Violation>,
    },
    /// The database reported an error.
    #[error("{}", report.message)]
    Database {
        /// Its cause.
        cause: Cause,
        /// Code and message.
        report: Box<Report>,
    },
    /// A value of a result cannot be represented.
    #[error("column `{column}`: {detail}")]
    Decode {
        /// Name of the column.
        column: String,
        /// The found and the expected value.
        detail: String,
    },
    /// A row has no such column.
    #[error("the row has no column `{column}`; it has {}", listed(columns))]
    NoColumn {
        /// The name, or the position from zero.
        column: String,
        /// The names of the row's columns.
        columns: Vec<String>,
    },
    /// The value of a column is not of the type that it was to be converted to.
    #[error("column `{column}`: {mismatch}")]
    Mismatch {
        /// Name of the column.
        column: String,
        /// The wanted and the found value.
        mismatch: Mismatch,
    },
    /// A query has returned another number of rows than the caller can use.
    #[error("expected one row, got {found}")]
    RowCount {
        /// The number of rows.
        found: usize,
    },
    /// A query cannot be compiled for this database.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A value does not fit the type it is sent as.
    #[error("value {}: {detail}", param + 1)]
    Bind {
        /// Index of the value, from zero.
        param: usize,
        /// The problem.
        detail: String,
    },
    /// Raw SQL has a different number of placeholders than values; it was not run.
    #[error("the statement has {wanted} placeholder{}, and {given} value{} given", plural(*wanted), verb(*given))]
    WrongCount {
        /// The number of placeholders.
        wanted: usize,
        /// The number of values.
        given: usize,
    },
    /// Raw SQL has a placeholder by name without a value; it was not run.
    #[error(
        "the placeholder `:{name}` has no value; the values are {}",
        listed(given)
    )]
    NoValue {
        /// The name of the placeholder.
        name: String,
        /// The names of the values.
        given: Vec<String>,
    },
    /// Raw SQL has no placeholder for a value by name; it was not run.
    #[error("the value `{name}` has no placeholder")]
    UnusedValue {
        /// The name of the value.
        name: String,
    },
    /// Raw SQL compares with a list, but the database has no arrays.
    #[error("value {}: a list is compared with a single value", param + 1)]
    ListValue {
        /// Index of the value, from zero.
        param: usize,
    },
    /// A row of a bulk call is invalid.
    #[error("row {}: {source}", row + 1)]
    BulkRow {
        /// Index of the row, from zero.
        row: usize,
        /// The reason.
        source: Box<DriverError>,
    },
    /// This database, or its pooler, does not support the operation; nothing was sent.
    #[error("{what}")]
    Unsupported {
        /// The operation and the reason.
        what: String,
        /// What to do instead.
        hint: &'static str,
    },
    /// The server's version does not support the operation, or any; nothing was sent.
    #[error(transparent)]
    ServerTooOld(#[from] ServerTooOld),
    /// Raw SQL would end the transaction that it runs in; nothing was sent.
    #[error("`{statement}` would end the transaction that it runs in, so it was not run")]
    EndsTransaction {
        /// The first words of the statement.
        statement: String,
    },
    /// Raw SQL ended the transaction that it ran in: the changes before it may be committed, and
    /// no further statement runs.
    #[error("a raw statement ended its transaction; the changes before it may be committed: {sql}")]
    TransactionEnded {
        /// The start of the statement.
        sql: String,
    },
    /// The pool or transaction is closed.
    #[error("{what} is closed")]
    Closed {
        /// The closed object.
        what: &'static str,
    },
    /// The plan cannot be run in this way: a bug in the caller.
    #[error("{0}")]
    Misuse(&'static str),
}

/// Names in backticks, for a message.
fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn verb(count: usize) -> &'static str {
    if count == 1 { " was" } else { "s were" }
}

impl DriverError {
    /// Create an error that the database reported.
    pub(crate) fn database(cause: Cause, code: impl Into<String>, message: &str) -> Self {
        Self::Database {
            cause,
            report: Box::new(Report {
                code: code.into(),
                sqlstate: None,
                message: message.to_owned(),
            }),
        }
    }

    /// The same error with its SQLSTATE.
    pub(crate) fn with_sqlstate(mut self, state: Option<&str>) -> Self {
        match &mut self {
            Self::Violated { violation, .. } => violation.sqlstate = state.map(str::to_owned),
            Self::Database { report, .. } => report.sqlstate = state.map(str::to_owned),
            _ => (),
        }
        self
    }

    /// SQLSTATE, if the database has one.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Violated { violation, .. } => violation.sqlstate.as_deref(),
            Self::Database { report, .. } => report.sqlstate.as_deref(),
            Self::BulkRow { source, .. } => source.sqlstate(),
            _ => None,
        }
    }

    /// SQLSTATE or the database's own error number.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Violated { violation, .. } => Some(&violation.code),
            Self::Database { report, .. } => Some(&report.code),
            Self::BulkRow { source, .. } => source.code(),
            _ => None,
        }
    }

    /// Return the cause of a reported error.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Database { cause, .. } => Some(*cause),
            _ => None,
        }
    }

    /// The same error after `what` was sent, which may have taken effect.
    pub(crate) fn after_sending(self, what: &'static str) -> Self {
        match self {
            Self::ConnectionLost { message, .. } => Self::OutcomeUnknown { what, message },
            Self::Cancelled | Self::QueryTimeout { .. } | Self::TransactionTimeout { .. } => {
                Self::OutcomeUnknown {
                    what,
                    message: format!("{self}, which the server did not confirm"),
                }
            }
            other => other,
        }
    }

    /// The error of a write that waited for standbys in vain: it is stored on the primary alone.
    pub(crate) fn only_local(what: &'static str) -> Self {
        Self::OutcomeUnknown {
            what,
            message: "its wait for the synchronous standbys was cut off, so a failover may lose it"
                .to_owned(),
        }
    }

    /// Whether a statement with this error may have taken effect; `is_stopped` tells that it has not,
    /// if it was cancelled.
    pub(crate) fn may_follow_an_effect(&self, is_stopped: bool) -> bool {
        match self {
            Self::ConnectionLost { refused, .. } => !refused,
            Self::Cancelled | Self::QueryTimeout { .. } => !is_stopped,
            _ => false,
        }
    }

    /// Whether the same work may succeed if it is repeated (in a new transaction), and has had no
    /// effect.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::ConnectionFailed { .. }
            | Self::FileGone { .. }
            | Self::ConnectionLost { .. }
            | Self::PoolTimeout { .. } => true,
            Self::Database { cause, .. } => matches!(
                cause,
                Cause::Serialization
                    | Cause::StalePlan
                    | Cause::Deadlock
                    | Cause::LockTimeout
                    | Cause::TooManyConnections
                    | Cause::Demoted
                    | Cause::NodeNotReady
            ),
            Self::BulkRow { source, .. } => source.is_retryable(),
            _ => false,
        }
    }

    /// The same error, which another server would not report.
    pub(crate) fn of_demoted(mut self) -> Self {
        match &mut self {
            Self::Database { cause, .. } if *cause == Cause::ReadOnly => *cause = Cause::Demoted,
            Self::BulkRow { source, .. } => {
                **source = std::mem::replace(&mut **source, Self::Cancelled).of_demoted();
            }
            _ => (),
        }
        self
    }

    /// Whether a statement had no effect because of the server that it was sent to.
    pub(crate) fn is_of_wrong_server(&self) -> bool {
        matches!(self.cause(), Some(Cause::Demoted | Cause::NodeNotReady))
    }

    /// Whether the connection is unusable.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(
            self,
            Self::ConnectionLost { .. } | Self::OutcomeUnknown { .. } | Self::Closed { .. }
        )
    }

    /// Whether the error came from the database, which received the statement.
    pub(crate) fn is_from_server(&self) -> bool {
        match self {
            Self::Violated { .. }
            | Self::Database { .. }
            | Self::ConnectionLost { .. }
            | Self::OutcomeUnknown { .. } => true,
            Self::BulkRow { source, .. } => source.is_from_server(),
            _ => false,
        }
    }

    /// What the database says about the rows of a violated constraint, with their values.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Violated { violation, .. } => violation.detail.as_deref(),
            _ => None,
        }
    }

    /// What to do about it, if there is a known remedy.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::InvalidUrl { hint, .. } => return Some(hint.clone()),
            Self::Unsupported { hint, .. } => hint,
            Self::Sql(refused) => return Some(refused.hint()),
            Self::ServerTooOld(_) => {
                "update the server; if a proxy hides the version of the server, set server_version"
            }
            Self::WrongCount { .. } => {
                "pass one value for each placeholder ($1, $2, … on PostgreSQL, otherwise ?), in order"
            }
            Self::ListValue { .. } => {
                "write a placeholder for each item: … in (?, ?); pass a JSON document as JSON, not as a \
                 list"
            }
            Self::NoValue { .. } => "pass a value for each placeholder, or correct its name",
            Self::UnusedValue { name } => {
                return Some(format!(
                    "write `:{name}` into the statement, or omit the value"
                ));
            }
            Self::NoColumn { .. } => "correct the name, or select the column",
            Self::Mismatch { mismatch, .. } if mismatch.found == "NULL" => {
                "read it as an `Option`, or select rows where it is not NULL"
            }
            Self::Mismatch { .. } => "read it as another type, or cast it in SQL",
            Self::RowCount { found: 0 } => "use fetch_optional() if there may be none",
            Self::RowCount { .. } => "select by a unique key, or use fetch_all()",
            Self::OutcomeUnknown { .. } => {
                "check whether the changes are stored before you repeat them"
            }
            Self::FileGone { .. } => {
                "the next query opens the file that is there now, but creates none: open a new pool"
            }
            Self::ConnectionFailed { .. } => {
                "check that the server is running, and the host and port in the URL"
            }
            Self::PoolTimeout { .. } => {
                "raise max_connections or acquire_timeout, or look for long-running transactions"
            }
            Self::EndsTransaction { .. } | Self::TransactionEnded { .. } => {
                "call commit() or rollback() of the transaction; run statements that commit by \
                 themselves (on MySQL: DDL) outside"
            }
            Self::QueryTimeout { .. } => {
                "raise query_timeout, or check the query plan with explain()"
            }
            Self::Database { cause, .. } => return cause.hint().map(str::to_owned),
            Self::BulkRow { source, .. } => return source.hint(),
            _ => return None,
        };
        Some(text.to_owned())
    }
}
