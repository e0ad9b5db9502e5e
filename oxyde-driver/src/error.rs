//! What can go wrong at the database: one variant per cause, classified by code.

use std::time::Duration;

/// A constraint that refused a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violation {
    /// SQLSTATE or the database's own error number.
    pub code: String,
    /// The database's message.
    pub message: String,
    /// Name of the constraint or index, where the database tells it.
    pub constraint: Option<String>,
    /// The table, where the database tells it.
    pub table: Option<String>,
    /// The columns, where the database tells them.
    pub columns: Vec<String>,
}

/// Which rule a [`Violation`] broke.
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

/// What the database said: its code and its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// SQLSTATE or the database's own error number.
    pub code: String,
    /// The database's message.
    pub message: String,
}

/// The cause of an error that the database reported, other than a broken constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server does not know the user or the password is wrong.
    AuthFailed,
    /// There is no database of that name.
    UnknownDatabase,
    /// The transaction met another one; run it again.
    Serialization,
    /// The database broke a deadlock by stopping this transaction; run it again.
    Deadlock,
    /// A lock was not free in time, or not at once with NOWAIT.
    LockTimeout,
    /// The database, file or transaction takes no writes.
    ReadOnly,
    /// A number, date or other value does not fit its column.
    ValueOutOfRange,
    /// A text or binary value is longer than its column.
    TooLong,
    /// No such table.
    UndefinedTable,
    /// No such column.
    UndefinedColumn,
    /// No such type, operator class or other object.
    UndefinedObject,
    /// No such function or operator for values of these types.
    UndefinedFunction,
    /// An extension is not installed where the server runs.
    NoExtension,
    /// The SQL is wrong.
    Syntax,
    /// The transaction is aborted: only a rollback is possible.
    TransactionAborted,
    /// The user may not do it.
    PermissionDenied,
    /// The file is no database, or a damaged one.
    NotADatabase,
    /// The file cannot be opened.
    CannotOpen,
    /// Anything else: see the code.
    Other,
}

/// An error of the driver. No variant ever holds a password.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriverError {
    /// The URL cannot be used.
    #[error("{message}")]
    InvalidUrl {
        /// What is wrong with it.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A setting is unknown or its value is wrong.
    #[error("setting `{name}`: {message}")]
    InvalidSetting {
        /// Name of the setting.
        name: String,
        /// What is wrong with it.
        message: String,
    },
    /// Nobody listens, the host is unknown, TLS failed.
    #[error("cannot connect to {target}: {message}")]
    ConnectionFailed {
        /// Where to, without user and password.
        target: String,
        /// Why not.
        message: String,
    },
    /// The connection broke while it was in use.
    #[error("the connection to the database was lost: {message}")]
    ConnectionLost {
        /// How.
        message: String,
    },
    /// No connection became free in time.
    #[error(
        "no connection of the pool `{pool}` became free within {} s (size {size}, in use {in_use}, waiting {waiting})",
        waited.as_secs_f64()
    )]
    PoolTimeout {
        /// Name of the pool.
        pool: String,
        /// Most connections it may have.
        size: u32,
        /// Connections in use.
        in_use: u32,
        /// Tasks that wait for one, this one included.
        waiting: u32,
        /// How long this one waited.
        waited: Duration,
    },
    /// The statement ran longer than `query_timeout`; it was stopped.
    #[error("the query was stopped after {} s", after.as_secs_f64())]
    QueryTimeout {
        /// The limit.
        after: Duration,
    },
    /// The transaction lasted longer than allowed; it was rolled back.
    #[error("the transaction was rolled back after {} s", after.as_secs_f64())]
    TransactionTimeout {
        /// The limit.
        after: Duration,
    },
    /// The operation was cancelled by its [`Cancel`](crate::Cancel) and did not happen.
    #[error("the operation was cancelled")]
    Cancelled,
    /// A constraint refused the row.
    #[error("{}", violation.message)]
    Violated {
        /// Which rule.
        rule: Rule,
        /// What the database told of it.
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
    /// A value of the answer cannot be represented.
    #[error("column `{column}`: {detail}")]
    Decode {
        /// Name of the column.
        column: String,
        /// What was found and what was expected.
        detail: String,
    },
    /// A value does not fit the type it is sent as.
    #[error("value {}: {detail}", param + 1)]
    Bind {
        /// Index of the value, from zero.
        param: usize,
        /// What does not fit.
        detail: String,
    },
    /// A row of a bulk call does not fit.
    #[error("row {}: {source}", row + 1)]
    BulkRow {
        /// Index of the row, from zero.
        row: usize,
        /// Why.
        source: Box<DriverError>,
    },
    /// What this database, or the pooler before it, cannot do; refused before anything is sent.
    #[error("{what}")]
    Unsupported {
        /// What was asked for, and of whom.
        what: String,
        /// What to do instead.
        hint: &'static str,
    },
    /// The pool or transaction is closed.
    #[error("{what} is closed")]
    Closed {
        /// What is closed.
        what: &'static str,
    },
    /// The plan cannot be run in this way: a mistake of the caller.
    #[error("{0}")]
    Misuse(&'static str),
}

impl DriverError {
    /// An error that the database reported.
    pub(crate) fn database(cause: Cause, code: impl Into<String>, message: &str) -> Self {
        Self::Database {
            cause,
            report: Box::new(Report {
                code: code.into(),
                message: message.to_owned(),
            }),
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

    /// The cause of a reported error.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Database { cause, .. } => Some(*cause),
            _ => None,
        }
    }

    /// Whether the same work may succeed when it is simply done again (in a new transaction).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::ConnectionLost { .. } | Self::PoolTimeout { .. } => true,
            Self::Database { cause, .. } => matches!(
                cause,
                Cause::Serialization | Cause::Deadlock | Cause::LockTimeout
            ),
            _ => false,
        }
    }

    /// Whether the connection cannot be used any more.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::ConnectionLost { .. } | Self::Closed { .. })
    }

    /// Whether the error came from the database (it saw the statement), not from before it.
    pub(crate) fn is_from_server(&self) -> bool {
        match self {
            Self::Violated { .. } | Self::Database { .. } | Self::ConnectionLost { .. } => true,
            Self::BulkRow { source, .. } => source.is_from_server(),
            _ => false,
        }
    }

    /// What to do about it, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::InvalidUrl { hint, .. } => return Some(hint.clone()),
            Self::Unsupported { hint, .. } => hint,
            Self::ConnectionFailed { .. } => {
                "is the server running, and do host and port in the URL name it?"
            }
            Self::PoolTimeout { .. } => {
                "raise max_connections or acquire_timeout, or look for transactions that stay open"
            }
            Self::QueryTimeout { .. } => "raise query_timeout, or look at the plan with explain()",
            Self::Database { cause, .. } => match cause {
                Cause::AuthFailed => "check user and password in the URL",
                Cause::UnknownDatabase => {
                    "create the database first, or correct its name in the URL"
                }
                Cause::Serialization | Cause::Deadlock => "run the transaction again",
                Cause::LockTimeout => "another transaction holds the lock; try again later",
                Cause::ReadOnly => {
                    "the database takes no writes here; use the primary or a writable file"
                }
                Cause::UndefinedTable => "create the tables or run the migrations",
                Cause::UndefinedObject => {
                    "a type of an extension's needs that extension in the database, in a schema \
                     of the search path; for vectors: CREATE EXTENSION vector"
                }
                Cause::UndefinedFunction => {
                    "cast the values, or look at the version of the extension that has it"
                }
                Cause::NoExtension => {
                    "install it where the server runs (for vectors pgvector); \
                     then it can be made: CREATE EXTENSION vector"
                }
                Cause::TransactionAborted => {
                    "roll back to a savepoint, or roll the transaction back"
                }
                Cause::NotADatabase => "the path names a file that is not an SQLite database",
                Cause::CannotOpen => "does the folder exist, and may this process write there?",
                _ => return None,
            },
            Self::BulkRow { source, .. } => return source.hint(),
            _ => return None,
        };
        Some(text.to_owned())
    }
}
