//! The SQL around a plan that differs between databases: transactions and EXPLAIN.

use oxyde_sql::dialect::{Dialect, Features, Requirement};

use crate::error::{Cause, DriverError};

/// Return the statements that begin a transaction.
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
                // Applies only to the next transaction.
                statements.push(format!("SET TRANSACTION ISOLATION LEVEL {level}"));
            }
            statements.push(if read_only {
                "START TRANSACTION READ ONLY".to_owned()
            } else {
                "START TRANSACTION".to_owned()
            });
            statements
        }
        // All transactions are serializable; one that may write takes the lock immediately.
        Dialect::Sqlite if read_only => {
            vec![
                "BEGIN DEFERRED".to_owned(),
                "PRAGMA query_only = ON".to_owned(),
            ]
        }
        Dialect::Sqlite => vec!["BEGIN IMMEDIATE".to_owned()],
    }
}

/// Return the statement that lets the next transaction wait until its server has applied what a member
/// of its group had committed.
pub(crate) fn causal_sql(features: &Features) -> Option<&'static str> {
    let sql = "SET @@session.group_replication_consistency = 'BEFORE'";
    features.causal_transactions.then_some(sql)
}

/// Return the statement that ends that.
pub(crate) fn causal_end_sql(features: &Features) -> Option<&'static str> {
    let sql = "SET @@session.group_replication_consistency = DEFAULT";
    features.causal_transactions.then_some(sql)
}

/// Return the statement that resets a session after a read-only transaction.
pub(crate) fn end_sql(features: &Features, read_only: bool) -> Option<&'static str> {
    (read_only && features.dialect == Dialect::Sqlite).then_some("PRAGMA query_only = OFF")
}

/// Whether the database ends the transaction itself after this error.
pub(crate) fn ends_transaction(features: &Features, problem: &DriverError) -> bool {
    matches!(features.dialect, Dialect::Mysql | Dialect::Mariadb)
        && problem.cause() == Some(Cause::Deadlock)
}

/// Return the statement that explains another.
pub(crate) fn explain_sql(
    features: &Features,
    sql: &str,
    analyze: bool,
) -> Result<String, DriverError> {
    if analyze {
        features.require(Requirement::ExplainAnalyze)?;
    }
    Ok(match (features.dialect, analyze) {
        (Dialect::Postgres, true) => format!("EXPLAIN (ANALYZE, BUFFERS) {sql}"),
        (Dialect::Mysql, true) => format!("EXPLAIN ANALYZE {sql}"),
        (Dialect::Mysql, false) => format!("EXPLAIN FORMAT=TREE {sql}"),
        (Dialect::Mariadb, true) => format!("ANALYZE FORMAT=JSON {sql}"),
        (Dialect::Mariadb, false) => format!("EXPLAIN FORMAT=JSON {sql}"),
        (Dialect::Postgres, false) => format!("EXPLAIN {sql}"),
        (Dialect::Sqlite, _) => format!("EXPLAIN QUERY PLAN {sql}"),
    })
}

/// Whether the explanation contains the execution time.
pub(crate) fn explain_measures(features: &Features) -> bool {
    features.dialect != Dialect::Sqlite
}
