//! The three drivers behind one interface. Only this folder distinguishes databases.

mod connection;
mod connector;
mod job;
mod mysql;
mod postgres;
mod raw_named;
mod raw_session;
mod raw_tokens;
mod raw_transaction;
mod role;
mod sockets;
mod sqlite;
mod standby_warnings;
mod statements;

pub(crate) use connection::{CancelHandle, Connection, Damage};
pub(crate) use connector::{Connected, Connector};
pub(crate) use job::{Job, Limits, Outcome, TransactionEnd};
pub(crate) use postgres::ListenConnection;
pub use postgres::Notification;
pub(crate) use raw_named::with_placeholders;
pub(crate) use raw_session::{SessionEffect, session_effect};
pub(crate) use raw_transaction::{TransactionEffect, transaction_effect};
pub use role::Role;
pub(crate) use sockets::Glance;
pub(crate) use standby_warnings::StandbyWarnings;
pub(crate) use statements::{
    begin_sql, causal_end_sql, causal_sql, end_sql, ends_transaction, explain_measures, explain_sql,
};

use crate::error::DriverError;
use crate::settings::Place;

/// The error for a cursor job that the database does not support.
const NO_CURSOR: DriverError = DriverError::Misuse("this database does not support cursors");

/// Convert an error of connecting: keep the server's errors, treat others as a failed connection.
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

/// Whether the prepared statement of a text is worth keeping: not if it has a comment of tags
/// ([`Plan::commented`](oxyde_sql::plan::Plan::commented)), which may differ each time. (Comments of
/// the backends have no quotes.)
fn is_worth_keeping(sql: &str) -> bool {
    !sql.contains("'*/")
}

/// Create the error for a wrong number of values.
fn wrong_count(wanted: usize, given: usize) -> DriverError {
    DriverError::WrongCount { wanted, given }
}

/// Make the row index of an error relative to the start of the whole call.
fn shift_row(problem: DriverError, start: usize) -> DriverError {
    match problem {
        DriverError::BulkRow { row, source } => DriverError::BulkRow {
            row: row + start,
            source,
        },
        other => other,
    }
}
