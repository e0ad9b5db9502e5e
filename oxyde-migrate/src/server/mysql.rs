//! Locks and timeouts of MySQL and MariaDB.

use oxyde_driver::DriverError;

use super::{Answer, Begun, Limits, Server, missing, names};
use crate::session::{Row, Session};

pub(super) struct Mysql;

/// The lock's name: user locks are global to the server, so it contains the database.
const LOCK: &str = "CONCAT('oxyde_', LEFT(SHA2(DATABASE(), 256), 40))";

/// Errors that mean that a table, column, index or constraint already exists, or is already
/// dropped.
const DONE: &[&str] = &[
    "1050", "1051", "1054", "1060", "1061", "1068", "1091", "1146", "1176", "1826", "3821", "3822",
    "3940", "1022",
];

impl Server for Mysql {
    fn try_lock<'a>(&'a self, session: &'a Session) -> Answer<'a, bool> {
        Box::pin(async move {
            let got = session
                .scalar(&format!("SELECT GET_LOCK({LOCK}, 0)"))
                .await?;
            Ok(got.as_deref() == Some("1"))
        })
    }

    fn unlock<'a>(&'a self, session: &'a Session) -> Answer<'a, ()> {
        Box::pin(async move {
            session
                .scalar(&format!("SELECT RELEASE_LOCK({LOCK})"))
                .await?;
            Ok(())
        })
    }

    fn holds_lock<'a>(&'a self, session: &'a Session) -> Answer<'a, bool> {
        Box::pin(async move {
            let sql = format!("SELECT IS_USED_LOCK({LOCK}) = CONNECTION_ID()");
            Ok(session.scalar(&sql).await?.as_deref() == Some("1"))
        })
    }

    fn has_other_writers<'a>(&'a self, session: &'a Session) -> Answer<'a, bool> {
        Box::pin(async move {
            let sql = "SHOW VARIABLES WHERE variable_name IN ('wsrep_on', \
                       'group_replication_group_name', 'group_replication_consistency')";
            let rows = session.rows(sql).await?;
            let value = |name: &str| {
                let named = |row: &&Row| row.first().and_then(Option::as_deref) == Some(name);
                let row = rows.iter().find(named)?;
                row.get(1)?.as_deref().filter(|value| !value.is_empty())
            };
            let is_member = value("group_replication_group_name").is_some();
            if is_member && value("group_replication_consistency").is_some() {
                // What other members committed before is applied here before a statement runs: a DDL
                // statement that another migrator has run must not run on this member first.
                session
                    .run("SET SESSION group_replication_consistency = 'BEFORE'")
                    .await?;
            }
            Ok(is_member || value("wsrep_on") == Some("ON"))
        })
    }

    fn limit<'a>(&'a self, session: &'a Session, limits: Limits) -> Answer<'a, ()> {
        Box::pin(async move {
            let lock = limits.lock.as_secs().max(1);
            session
                .run(&format!("SET SESSION lock_wait_timeout = {lock}"))
                .await?;
            session
                .run(&format!("SET SESSION innodb_lock_wait_timeout = {lock}"))
                .await?;
            if let Some(limit) = limits.statement {
                // MariaDB's variable; MySQL can limit only SELECT.
                let seconds = format!("SET SESSION max_statement_time = {}", limit.as_secs_f64());
                let milliseconds =
                    format!("SET SESSION max_execution_time = {}", limit.as_millis());
                if session.run(&seconds).await.is_err() {
                    session.run(&milliseconds).await?;
                }
            }
            Ok(())
        })
    }

    fn enter<'a>(&'a self, session: &'a Session, schema: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let style = session.style();
            let there = format!(
                "SELECT 1 FROM information_schema.schemata WHERE schema_name = {}",
                style.literal(schema)
            );
            if session.scalar(&there).await?.is_none() {
                return Err(missing(schema, "database"));
            }
            session.run(&format!("USE {}", style.quoted(schema))).await
        })
    }

    fn schemas<'a>(&'a self, session: &'a Session) -> Answer<'a, Vec<String>> {
        self.databases(session)
    }

    fn databases<'a>(&'a self, session: &'a Session) -> Answer<'a, Vec<String>> {
        Box::pin(names(
            session,
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN \
             ('information_schema', 'mysql', 'performance_schema', 'sys') ORDER BY schema_name",
        ))
    }

    fn has_table<'a>(
        &'a self,
        session: &'a Session,
        schema: Option<&'a str>,
        table: &'a str,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let style = session.style();
            let name = style.literal(table);
            let schema = schema.map_or_else(|| "DATABASE()".to_owned(), |name| style.literal(name));
            let sql = format!(
                "SELECT COUNT(*) FROM information_schema.tables \
                 WHERE table_schema = {schema} AND table_name = {name}"
            );
            Ok(session.scalar(&sql).await?.as_deref() != Some("0"))
        })
    }

    fn row_count<'a>(
        &'a self,
        session: &'a Session,
        schema: Option<&'a str>,
        table: &'a str,
    ) -> Answer<'a, Option<u64>> {
        Box::pin(async move {
            let style = session.style();
            let sql = format!(
                "SELECT table_rows FROM information_schema.tables \
                 WHERE table_schema = {} AND table_name = {}",
                schema.map_or_else(|| "DATABASE()".to_owned(), |name| style.literal(name)),
                style.literal(table)
            );
            let rows = session.scalar(&sql).await?;
            Ok(rows.and_then(|rows| rows.parse().ok()))
        })
    }

    fn recover<'a>(
        &'a self,
        _session: &'a Session,
        _sql: &'a str,
        _index: Option<&'a str>,
    ) -> Answer<'a, Begun> {
        // Each DDL statement is atomic; the error tells whether it was applied.
        Box::pin(async { Ok(Begun::ToDo) })
    }

    fn says_done(&self, error: &DriverError) -> bool {
        // MariaDB reports an existing foreign key by the storage engine's error number in the
        // message.
        let engine = error.code() == Some("1005") && error.to_string().contains("errno: 121 ");
        engine || error.code().is_some_and(|code| DONE.contains(&code))
    }
}
