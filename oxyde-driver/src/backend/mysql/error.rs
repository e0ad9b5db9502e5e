//! Classifies the errors of MySQL and MariaDB by number.

use sqlx::mysql::MySqlDatabaseError;

use crate::error::{Cause, DriverError, Rule, Violation};

/// The error of a statement that KILL QUERY cancelled.
const STOPPED: &str = "1317";
/// The error of a statement that cannot be prepared.
pub(super) const UNPREPARED: &str = "1295";
/// The error of any statement on a node of a Galera cluster that has no majority.
pub(super) const NOT_READY: &str = "1047";
/// The error of a statement that must be prepared again.
const NEED_REPREPARE: u16 = 1615;

/// Whether the error is that of a cancelled statement.
pub(super) fn is_cancelled(problem: &DriverError) -> bool {
    problem.code() == Some(STOPPED)
}

/// Convert an error of a statement.
pub(super) fn classify(problem: sqlx::Error) -> DriverError {
    match problem {
        sqlx::Error::Database(database) => match database.try_downcast::<MySqlDatabaseError>() {
            Ok(error) => reported(error.number(), error.message()).with_sqlstate(error.code()),
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

/// The error of a node that is not ready, before it has refused a statement.
pub(super) fn not_ready() -> DriverError {
    DriverError::database(
        Cause::NodeNotReady,
        NOT_READY,
        "the node does not belong to the majority of its cluster (wsrep_ready is OFF)",
    )
}

/// Whether the statement's plan was made for an older definition of the table.
pub(super) fn is_stale_plan(problem: &sqlx::Error) -> bool {
    problem
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>())
        .is_some_and(|error| error.number() == NEED_REPREPARE)
}

fn reported(number: u16, message: &str) -> DriverError {
    let rule = match number {
        1022 | 1062 | 1169 | 1586 => Some(Rule::Unique),
        1216 | 1217 | 1451 | 1452 | 1761 | 1762 => Some(Rule::ForeignKey),
        1048 | 1364 | 1263 => Some(Rule::NotNull),
        3819 | 4025 => Some(Rule::Check),
        _ => None,
    };
    if let Some(rule) = rule {
        return DriverError::Violated {
            rule,
            violation: Box::new(names(rule, number, message)),
        };
    }
    let cause = match number {
        // In a cluster, another node's transaction was first: 1180 (Galera), 3101 (group replication).
        1213 | 1180 | 3101 => Cause::Deadlock,
        1205 | 3572 => Cause::LockTimeout,
        1317 | 1969 | 3024 => Cause::QueryTimeout,
        1040 | 1203 | 1226 => Cause::TooManyConnections,
        1020 => Cause::Serialization,
        1047 => Cause::NodeNotReady,
        NEED_REPREPARE => Cause::StalePlan,
        1290 | 1792 | 1836 | 3100 => Cause::ReadOnly,
        1264 | 1366 | 1292 | 1411 | 1441 | 1690 | 1265 | 1365 | 3140..=3158 => {
            Cause::ValueOutOfRange
        }
        1406 => Cause::TooLong,
        1146 | 1051 => Cause::UndefinedTable,
        1054 => Cause::UndefinedColumn,
        1064 => Cause::Syntax,
        1045 | 1698 | 1251 | 1862 => Cause::AuthFailed,
        1049 => Cause::UnknownDatabase,
        1044 | 1142 | 1143 | 1227 | 1370 => Cause::PermissionDenied,
        // The server is shutting down or the session was terminated.
        1053 | 1080 | 1152 | 1158..=1161 | 1927 | 4031 => {
            return DriverError::ConnectionLost {
                message: message.to_owned(),
                refused: true,
            };
        }
        _ => Cause::Other,
    };
    DriverError::database(cause, number.to_string(), message)
}

/// Extract names from the message; the error number has determined its kind.
fn names(rule: Rule, number: u16, message: &str) -> Violation {
    let mut violation = Violation {
        code: number.to_string(),
        message: message.to_owned(),
        ..Violation::default()
    };
    // The value before it may contain quotes; the name is the last quoted part.
    let last_quoted = || {
        let (_, name) = message.trim_end_matches('\'').rsplit_once('\'')?;
        Some(name.to_owned())
    };
    match rule {
        // Duplicate entry '1' for key 'table.key' (MySQL), 'key' (MariaDB).
        Rule::Unique => {
            if let Some(key) = last_quoted() {
                let (table, key) = match key.split_once('.') {
                    Some((table, key)) => (Some(table.to_owned()), key.to_owned()),
                    None => (None, key),
                };
                violation.table = table;
                violation.constraint = Some(key);
            }
        }
        // … fails (`database`.`table`, CONSTRAINT `name` FOREIGN KEY (`a`, `b`) REFERENCES …).
        Rule::ForeignKey => {
            let parts = quoted(message, '`');
            violation.table = parts.get(1).map(|name| (*name).to_owned());
            violation.constraint = parts.get(2).map(|name| (*name).to_owned());
            if let Some((_, rest)) = message.split_once("FOREIGN KEY (")
                && let Some((list, _)) = rest.split_once(')')
            {
                violation.columns = quoted(list, '`').into_iter().map(str::to_owned).collect();
            }
        }
        // Column 'name' cannot be null.
        Rule::NotNull => {
            violation.columns = quoted(message, '\'')
                .first()
                .map(|name| (*name).to_owned())
                .into_iter()
                .collect();
        }
        // Check constraint 'name' is violated (MySQL), CONSTRAINT `name` failed for `db`.`table`.
        Rule::Check => {
            if number == 4025 {
                let parts = quoted(message, '`');
                violation.constraint = parts
                    .first()
                    .map(|name| name.rsplit('.').next().unwrap_or(name).to_owned());
                violation.table = parts.last().map(|name| (*name).to_owned());
            } else {
                violation.constraint = quoted(message, '\'').first().map(|name| (*name).to_owned());
            }
        }
    }
    violation
}

/// Return the parts between pairs of `mark`.
fn quoted(text: &str, mark: char) -> Vec<&str> {
    text.split(mark).skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        let key = names(
            Rule::Unique,
            1062,
            "Duplicate entry 'it's' for key 'user.user_email_key'",
        );
        assert_eq!(key.constraint.as_deref(), Some("user_email_key"));
        let message = "Cannot add or update a child row: a foreign key constraint fails \
                       (`db`.`post`, CONSTRAINT `post_fk` FOREIGN KEY (`author_id`) REFERENCES `user` (`id`))";
        let key = names(Rule::ForeignKey, 1452, message);
        assert_eq!(key.constraint.as_deref(), Some("post_fk"));
        assert_eq!(key.table.as_deref(), Some("post"));
        assert_eq!(key.columns, ["author_id"]);
    }
}
