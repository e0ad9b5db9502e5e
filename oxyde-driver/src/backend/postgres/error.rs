//! Classifies PostgreSQL's errors by SQLSTATE.

use sqlx::postgres::PgDatabaseError;

use crate::error::{Cause, DriverError, Rule, Violation};

/// The code of a cancelled statement.
const STOPPED: &str = "57014";
/// The code of a write on a server or in a transaction that is read-only.
pub(super) const READ_ONLY: &str = "25006";

/// The server routine that looks up the files of an extension; its error code is less specific, and
/// differs between versions.
const NO_EXTENSION: &str = "parse_extension_control_file";

/// Whether the error is that of a cancelled statement.
pub(super) fn is_cancelled(problem: &DriverError) -> bool {
    problem.code() == Some(STOPPED)
}

/// Convert an error of a statement.
pub(super) fn classify(problem: sqlx::Error) -> DriverError {
    match problem {
        sqlx::Error::Database(database) => match database.try_downcast::<PgDatabaseError>() {
            Ok(error) => reported(&error).with_sqlstate(Some(error.code())),
            Err(other) => DriverError::database(Cause::Other, "", other.message()),
        },
        sqlx::Error::Io(error) => DriverError::ConnectionLost {
            message: error.to_string(),
            refused: false,
        },
        other => DriverError::ConnectionLost {
            message: other.to_string(),
            refused: false,
        },
    }
}

/// Whether the statement's plan was made for an older definition of the table.
pub(super) fn is_stale_plan(problem: &sqlx::Error) -> bool {
    problem
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
        .is_some_and(has_stale_plan)
}

fn has_stale_plan(error: &PgDatabaseError) -> bool {
    error.code() == "0A000" && error.routine() == Some("RevalidateCachedQuery")
}

fn reported(error: &PgDatabaseError) -> DriverError {
    let code = error.code();
    let rule = match code {
        "23505" => Some(Rule::Unique),
        "23503" => Some(Rule::ForeignKey),
        "23502" => Some(Rule::NotNull),
        "23514" | "23P01" => Some(Rule::Check),
        _ => None,
    };
    if let Some(rule) = rule {
        return DriverError::Violated {
            rule,
            violation: Box::new(Violation {
                code: code.to_owned(),
                sqlstate: None,
                message: error.message().to_owned(),
                detail: error.detail().map(str::to_owned),
                constraint: error.constraint().map(str::to_owned),
                table: error.table().map(str::to_owned),
                columns: error.column().map_or_else(
                    || error.detail().map(key_columns).unwrap_or_default(),
                    |column| vec![column.to_owned()],
                ),
            }),
        };
    }
    let cause = match code {
        "40001" => Cause::Serialization,
        "40P01" => Cause::Deadlock,
        "55P03" => Cause::LockTimeout,
        STOPPED => Cause::QueryTimeout,
        "53300" => Cause::TooManyConnections,
        READ_ONLY => Cause::ReadOnly,
        "22003" | "22007" | "22008" | "22021" | "22P02" | "22P03" | "22P05" | "22012" => {
            Cause::ValueOutOfRange
        }
        "22001" => Cause::TooLong,
        "42P01" => Cause::UndefinedTable,
        "42703" => Cause::UndefinedColumn,
        "42704" => Cause::UndefinedObject,
        "42883" => Cause::UndefinedFunction,
        "0A000" | "58P01" if error.routine() == Some(NO_EXTENSION) => Cause::NoExtension,
        _ if has_stale_plan(error) => Cause::StalePlan,
        "42601" => Cause::Syntax,
        "25P02" => Cause::TransactionAborted,
        "28000" | "28P01" => Cause::AuthFailed,
        "3D000" => Cause::UnknownDatabase,
        "42501" => Cause::PermissionDenied,
        // The server is shutting down or the session was terminated.
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" => {
            return DriverError::ConnectionLost {
                message: error.message().to_owned(),
                refused: true,
            };
        }
        other if other.starts_with("08") => {
            return DriverError::ConnectionLost {
                message: error.message().to_owned(),
                refused: false,
            };
        }
        _ => Cause::Other,
    };
    DriverError::database(cause, code, error.message())
}

/// Extract the names from `Key (a, b)=(1, 2) already exists.`, in any language of the server.
fn key_columns(detail: &str) -> Vec<String> {
    let names = detail
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(")=("))
        .map_or("", |(names, _)| names);
    names
        .split(", ")
        .filter(|name| !name.is_empty())
        .map(|name| name.trim_matches('"').to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_of_a_key() {
        assert_eq!(
            super::key_columns("Key (a, \"B c\")=(1, 2) already exists."),
            ["a", "B c"]
        );
        assert!(super::key_columns("nothing of the kind").is_empty());
    }
}
