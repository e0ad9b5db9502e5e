//! Differences between servers that affect migrations: locks, timeouts, and steps that were
//! started but not completed.

pub(crate) mod lease;
mod mysql;
mod postgres;
mod sqlite;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use oxyde_driver::DriverError;
use oxyde_sql::dialect::{DdlStyle, Dialect};

use crate::session::Session;

/// The future that the methods return.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, DriverError>> + Send + 'a>>;

/// Time limits of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// How long to wait for another migrator, and for the locks of each statement.
    pub lock: Duration,
    /// Maximum duration of a statement.
    pub statement: Option<Duration>,
}

/// The state of a step that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// It is complete.
    Done,
    /// It must run again.
    ToDo,
}

/// The server-specific part of a run.
pub(crate) trait Server: Send + Sync {
    /// Try to become the only migrator of the database. Always true if each transaction
    /// excludes all others.
    fn try_lock<'a>(&'a self, session: &'a Session) -> Answer<'a, bool>;

    /// Release the lock.
    fn unlock<'a>(&'a self, session: &'a Session) -> Answer<'a, ()>;

    /// Whether this connection still holds the lock.
    fn holds_lock<'a>(&'a self, session: &'a Session) -> Answer<'a, bool>;

    /// Whether other servers accept writes to the same database, so that a lock of this one does not
    /// exclude their migrators.
    fn has_other_writers<'a>(&'a self, _session: &'a Session) -> Answer<'a, bool> {
        Box::pin(async { Ok(false) })
    }

    /// Set the time limits of statements.
    fn limit<'a>(&'a self, session: &'a Session, limits: Limits) -> Answer<'a, ()>;

    /// Make names without a schema refer to this one: the schema of a tenant.
    fn enter<'a>(&'a self, session: &'a Session, schema: &'a str) -> Answer<'a, ()>;

    /// The schemas of the database, or on MySQL and MariaDB the databases of the server, but for those of
    /// the server itself.
    fn schemas<'a>(&'a self, session: &'a Session) -> Answer<'a, Vec<String>>;

    /// The databases of the server, but for its own.
    fn databases<'a>(&'a self, session: &'a Session) -> Answer<'a, Vec<String>>;

    /// Whether a table exists, in the connection's default schema or another one.
    fn has_table<'a>(
        &'a self,
        session: &'a Session,
        schema: Option<&'a str>,
        table: &'a str,
    ) -> Answer<'a, bool>;

    /// Return the server's estimate of the rows of a table; `None` if there is no such table.
    fn row_count<'a>(
        &'a self,
        session: &'a Session,
        schema: Option<&'a str>,
        table: &'a str,
    ) -> Answer<'a, Option<u64>>;

    /// Prepare to repeat an unfinished step outside a transaction: remove partial results, and
    /// return whether the step is already complete. `index` is the quoted name of the index that
    /// the step creates or drops.
    fn recover<'a>(
        &'a self,
        session: &'a Session,
        sql: &'a str,
        index: Option<&'a str>,
    ) -> Answer<'a, Begun>;

    /// Whether the error of a repeated step means that the step is already complete.
    fn says_done(&self, error: &DriverError) -> bool;
}

/// Return the server of a session.
pub(crate) fn of(style: &DdlStyle) -> &'static dyn Server {
    match style.dialect {
        Dialect::Postgres => &postgres::Postgres,
        Dialect::Mysql | Dialect::Mariadb => &mysql::Mysql,
        Dialect::Sqlite => &sqlite::Sqlite,
    }
}

/// Return the first column of a query.
async fn names(session: &Session, sql: &str) -> Result<Vec<String>, DriverError> {
    let rows = session.rows(sql).await?;
    let first = rows.into_iter().map(|row| row.into_iter().next().flatten());
    Ok(first.flatten().collect())
}

/// The error of a tenant's schema that does not exist.
fn missing(schema: &str, kind: &str) -> DriverError {
    DriverError::InvalidUrl {
        message: format!("the server has no {kind} `{schema}`"),
        hint: format!(
            "create it with `oxyde create-database --schema {schema}`, or correct the name"
        ),
    }
}
