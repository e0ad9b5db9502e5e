//! Locks and timeouts of SQLite.

use oxyde_driver::DriverError;

use super::{Answer, Begun, Limits, Server};
use crate::session::Session;

pub(super) struct Sqlite;

fn without_schemas(which: &str) -> DriverError {
    DriverError::InvalidUrl {
        message: format!("SQLite has no schemas{which}"),
        hint: "use a file for each tenant: sqlite:///tenants/{tenant}.db".to_owned(),
    }
}

impl Server for Sqlite {
    fn try_lock<'a>(&'a self, _session: &'a Session) -> Answer<'a, bool> {
        // Each migration's transaction begins IMMEDIATE and reads the ledger first.
        Box::pin(async { Ok(true) })
    }

    fn unlock<'a>(&'a self, _session: &'a Session) -> Answer<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn holds_lock<'a>(&'a self, _session: &'a Session) -> Answer<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    fn limit<'a>(&'a self, _session: &'a Session, _limits: Limits) -> Answer<'a, ()> {
        // The busy timeout is a setting of the connection.
        Box::pin(async { Ok(()) })
    }

    fn enter<'a>(&'a self, _session: &'a Session, schema: &'a str) -> Answer<'a, ()> {
        let error = without_schemas(&format!(", and so no schema `{schema}`"));
        Box::pin(async move { Err(error) })
    }

    fn schemas<'a>(&'a self, _session: &'a Session) -> Answer<'a, Vec<String>> {
        Box::pin(async { Err(without_schemas("")) })
    }

    fn databases<'a>(&'a self, _session: &'a Session) -> Answer<'a, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn has_table<'a>(
        &'a self,
        session: &'a Session,
        _schema: Option<&'a str>,
        table: &'a str,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let name = session.style().literal(table);
            let sql = format!("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = {name}");
            Ok(session.scalar(&sql).await?.is_some())
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
            if !self.has_table(session, schema, table).await? {
                return Ok(None);
            }
            let sql = format!("SELECT count(*) FROM {}", style.qualified(schema, table));
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
        Box::pin(async { Ok(Begun::ToDo) })
    }

    fn says_done(&self, _error: &DriverError) -> bool {
        false
    }
}
