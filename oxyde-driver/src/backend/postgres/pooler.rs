//! Support for poolers in transaction mode.
//!
//! A transaction has a server connection to itself, but the next transaction may get another:
//! session state must not be used, and the backend process to cancel is queried at each begin.

use std::sync::Arc;

use sqlx::error::DatabaseError;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::{Connection, error};
use crate::backend::raw_session::sets_session;
use crate::backend::raw_tokens::first_word;
use crate::error::DriverError;
use crate::settings::PoolSettings;

/// The value of `pg_pooler` for a pooler that assigns a server to each transaction.
pub(super) const TRANSACTION: &str = "transaction";

/// A setting of the session that means nothing to the server. A pooler, which shares sessions, cannot
/// pass it on.
pub(super) const MARK: &str = "oxyde.direct";

/// Whether it is to be found out if a pooler is in between: no setting says so.
pub(super) fn wants_mark(settings: &PoolSettings) -> bool {
    settings.pg_pooler.is_none() && !settings.by_transaction()
}

/// Whether a login failed because of settings of the session.
pub(super) fn refuses_mark(problem: &sqlx::Error) -> bool {
    let code = problem.as_database_error().and_then(DatabaseError::code);
    // protocol_violation (pgbouncer), feature_not_supported (others)
    matches!(code.as_deref(), Some("08P01" | "0A000"))
}

/// The process id of a connection without a server at the moment: no process has it.
pub(super) const NOBODY: i32 = 0;

const HINT: &str =
    "connect directly to the server for this, without the pooler and without pg_pooler";

impl Connection {
    pub(super) async fn simple_behind_pooler(&mut self, sql: &str) -> Result<(), DriverError> {
        if matches!(sql, "COMMIT" | "ROLLBACK") {
            // sqlx needs named statements to look up types; none outlives its
            // transaction.
            let cleared = self.raw.clear_cached_statements().await;
            self.settled(cleared).await?;
            Arc::make_mut(&mut self.cancel_handle).pid = NOBODY;
            return self.say(sql).await;
        }
        check(sql)?;
        if first_word(sql) != Some("BEGIN") {
            return self.say(sql).await;
        }
        let both = format!("{sql}; SELECT pg_backend_pid()::text");
        let row = sqlx::raw_sql(AssertSqlSafe(both))
            .fetch_one(&mut self.raw)
            .await;
        let row = self.settled(row).await?;
        let pid: String = row.try_get(0).map_err(error::classify)?;
        Arc::make_mut(&mut self.cancel_handle).pid = pid.parse().unwrap_or(NOBODY);
        Ok(())
    }
}

/// Refuse SQL with effects on the session, which others use next.
pub(super) fn check(sql: &str) -> Result<(), DriverError> {
    match needs_session(sql) {
        None => Ok(()),
        Some(what) => Err(DriverError::Unsupported {
            what: format!("{what} cannot be used with pg_pooler=\"transaction\""),
            hint: if what.starts_with("SET") {
                "use SET LOCAL inside a transaction, or set it for the role (ALTER ROLE … SET)"
            } else if what.starts_with("an advisory") {
                "use pg_advisory_xact_lock(), which ends with the transaction, or connect to \
                 the server directly, without the pooler and without pg_pooler"
            } else {
                HINT
            },
        }),
    }
}

/// Return what in a statement needs a session.
fn needs_session(sql: &str) -> Option<&'static str> {
    let lower = sql.to_lowercase();
    let locks = [
        "pg_advisory_lock",
        "pg_try_advisory_lock",
        "pg_advisory_unlock",
    ];
    if locks.iter().any(|name| lower.contains(name)) {
        return Some("an advisory lock at session level");
    }
    if lower.contains("set_config") && sets_session(sql) {
        return Some("SET of a session setting, by set_config() without `true` for is_local,");
    }
    let first = first_word(&lower)?;
    let mut next = lower
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
        .skip_while(|word| *word != first)
        .skip(1);
    let second = next.next().unwrap_or_default();
    match first {
        "listen" | "unlisten" => Some("LISTEN"),
        "set" if !["local", "transaction", "constraints"].contains(&second) => {
            Some("SET of a session setting")
        }
        "reset" => Some("RESET"),
        "discard" => Some("DISCARD"),
        "load" => Some("LOAD"),
        "prepare" if second != "transaction" => Some("PREPARE"),
        "declare" if lower.contains("with hold") => Some("a cursor WITH HOLD"),
        "create"
            if ["temp", "temporary"].contains(&second) || ["global", "local"].contains(&second) =>
        {
            Some("a temporary table")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::needs_session;

    #[test]
    fn what_needs_a_session() {
        for sql in [
            "SELECT pg_advisory_lock(1)",
            "select Pg_Try_Advisory_Lock_Shared(1)",
            "LISTEN a",
            " /* x */ SET search_path = a",
            "SET SESSION x = 1",
            "PREPARE a AS SELECT 1",
            "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
            "CREATE TEMP TABLE t (id int)",
            "DISCARD ALL",
            "SELECT set_config('a', 'b', false)",
            "SELECT Set_Config('a', 'b', $1)",
        ] {
            assert!(needs_session(sql).is_some(), "{sql}");
        }
        for sql in [
            "SELECT pg_advisory_xact_lock(1)",
            "SELECT set_config('a', $1, true), 'set_config('",
            "SET LOCAL x = 1",
            "SET TRANSACTION READ ONLY",
            "CREATE TABLE temp (id int)",
            "NOTIFY a",
            "BEGIN ISOLATION LEVEL SERIALIZABLE",
            "DECLARE oxyde_cursor_1 NO SCROLL CURSOR FOR SELECT 1",
            "",
        ] {
            assert_eq!(needs_session(sql), None, "{sql}");
        }
    }
}
