//! What differs between servers around a migration: locks, timeouts, and steps that were
//! begun but not ended.

mod mysql;
mod postgres;
mod sqlite;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use oxyde_driver::DriverError;
use oxyde_sql::dialect::{AlterStyle, DdlStyle};

use crate::session::Session;

/// A future of a server's answer.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, DriverError>> + Send + 'a>>;

/// Time limits of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// How long to wait for another migrator, and for the locks of each statement.
    pub lock: Duration,
    /// How long a statement may take.
    pub statement: Option<Duration>,
}

/// What has become of a step that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begun {
    /// It is done.
    Done,
    /// It is to be run.
    ToDo,
}

/// A server, around a migration.
pub(crate) trait Server: Send + Sync {
    /// Try to become the only migrator of the database. Always true where each transaction
    /// excludes others.
    fn try_lock<'a>(&'a self, session: &'a Session) -> Answer<'a, bool>;

    /// Let others migrate.
    fn unlock<'a>(&'a self, session: &'a Session) -> Answer<'a, ()>;

    /// Whether this connection still holds the lock.
    fn holds_lock<'a>(&'a self, session: &'a Session) -> Answer<'a, bool>;

    /// Set the time limits of statements.
    fn limit<'a>(&'a self, session: &'a Session, limits: Limits) -> Answer<'a, ()>;

    /// Whether a table is there, in the connection's own schema.
    fn has_table<'a>(&'a self, session: &'a Session, table: &'a str) -> Answer<'a, bool>;

    /// Before a step outside a transaction whose earlier run did not come to its end: clear
    /// away what is half done, and say whether the step is done. `index` is the quoted name of
    /// the index that the step makes or drops.
    fn recover<'a>(
        &'a self,
        session: &'a Session,
        sql: &'a str,
        index: Option<&'a str>,
    ) -> Answer<'a, Begun>;

    /// Whether an error of a step that was begun before says that the step is done.
    fn says_done(&self, error: &DriverError) -> bool;
}

/// The server behind a session.
pub(crate) fn of(style: &DdlStyle) -> &'static dyn Server {
    match style.alter {
        AlterStyle::Clauses => &postgres::Postgres,
        AlterStyle::Modify => &mysql::Mysql,
        AlterStyle::Rebuild => &sqlite::Sqlite,
    }
}
