//! Classifies SQLite's errors by their extended result codes.

use std::ffi::c_int;

use libsqlite3_sys as ffi;
use sqlx_sqlite::SqliteError;

use super::raw::FfiError;
use crate::error::{Cause, DriverError, Rule, Violation};

/// Convert an error of sqlx while it opened the connection.
pub(super) fn classify(problem: sqlx::Error) -> DriverError {
    match problem {
        sqlx::Error::Database(database) => match database.try_downcast::<SqliteError>() {
            Ok(error) => {
                use sqlx::error::DatabaseError as _;
                let code = error.code().and_then(|code| code.parse().ok()).unwrap_or(1);
                reported(&FfiError {
                    code,
                    message: error.message().to_owned(),
                })
            }
            Err(other) => DriverError::database(Cause::Other, "", other.message()),
        },
        other => DriverError::ConnectionLost {
            message: other.to_string(),
            refused: false,
        },
    }
}

/// Whether the error is that of a cancelled statement.
pub(super) fn is_cancelled(problem: &DriverError) -> bool {
    let code = problem.code().and_then(|code| code.parse::<c_int>().ok());
    code.is_some_and(|code| code & 0xff == ffi::SQLITE_INTERRUPT)
}

/// Convert an error of a statement.
pub(super) fn reported(fault: &FfiError) -> DriverError {
    let code = fault.code.to_string();
    let rule = match fault.code {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => Some(Rule::Unique),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some(Rule::ForeignKey),
        // SQLite implements ON DELETE RESTRICT by an internal trigger; a user's trigger has another
        // message.
        ffi::SQLITE_CONSTRAINT_TRIGGER if fault.message == "FOREIGN KEY constraint failed" => {
            Some(Rule::ForeignKey)
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => Some(Rule::NotNull),
        ffi::SQLITE_CONSTRAINT_CHECK => Some(Rule::Check),
        _ => None,
    };
    if let Some(rule) = rule {
        return DriverError::Violated {
            rule,
            violation: Box::new(names(rule, code, &fault.message)),
        };
    }
    let cause = match fault.code & 0xff {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => Cause::LockTimeout,
        ffi::SQLITE_READONLY => Cause::ReadOnly,
        ffi::SQLITE_TOOBIG => Cause::TooLong,
        ffi::SQLITE_MISMATCH | ffi::SQLITE_RANGE => Cause::ValueOutOfRange,
        ffi::SQLITE_AUTH | ffi::SQLITE_PERM => Cause::PermissionDenied,
        ffi::SQLITE_NOTADB | ffi::SQLITE_CORRUPT => Cause::NotADatabase,
        ffi::SQLITE_CANTOPEN => Cause::CannotOpen,
        // SQLite has one code for all errors in a statement: the fixed start of the message
        // determines which one.
        ffi::SQLITE_ERROR => match fault.message.as_str() {
            message if message.starts_with("no such table") => Cause::UndefinedTable,
            message if message.starts_with("no such column") => Cause::UndefinedColumn,
            message if message.contains("syntax error") => Cause::Syntax,
            message if message.contains("integer overflow") => Cause::ValueOutOfRange,
            _ => Cause::Other,
        },
        _ => Cause::Other,
    };
    DriverError::database(cause, code, &fault.message)
}

/// Extract names from the fixed forms of the message; the code has determined its kind:
/// `UNIQUE constraint failed: t.a, t.b`, `… failed: index 'name'`, `CHECK constraint failed: name`.
fn names(rule: Rule, code: String, message: &str) -> Violation {
    let mut violation = Violation {
        code,
        message: message.to_owned(),
        ..Violation::default()
    };
    let Some((_, rest)) = message.split_once("constraint failed: ") else {
        return violation;
    };
    match rule {
        Rule::Check => violation.constraint = Some(rest.to_owned()),
        Rule::ForeignKey => (),
        Rule::Unique | Rule::NotNull => {
            if let Some(index) = rest.strip_prefix("index '") {
                violation.constraint = Some(index.trim_end_matches('\'').to_owned());
                return violation;
            }
            for part in rest.split(", ") {
                if let Some((table, column)) = part.rsplit_once('.') {
                    violation.table = Some(table.to_owned());
                    violation.columns.push(column.to_owned());
                }
            }
        }
    }
    violation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        let found = names(
            Rule::Unique,
            String::new(),
            "UNIQUE constraint failed: t.a, t.b",
        );
        assert_eq!(found.table.as_deref(), Some("t"));
        assert_eq!(found.columns, ["a", "b"]);
        let found = names(
            Rule::Check,
            String::new(),
            "CHECK constraint failed: age_positive",
        );
        assert_eq!(found.constraint.as_deref(), Some("age_positive"));
    }
}
