//! Locks and timeouts of PostgreSQL.

use oxyde_driver::DriverError;

use super::{Answer, Begun, Limits, Server};
use crate::session::Session;

pub(super) struct Postgres;

/// The advisory lock's key: "oxyde" in ASCII. Advisory locks are local to a database.
const KEY: u64 = 0x006f_7879_6465;

impl Server for Postgres {
    fn try_lock<'a>(&'a self, session: &'a Session) -> Answer<'a, bool> {
        // Polled, because a waiting statement would hold a snapshot, for which the CREATE INDEX
        // CONCURRENTLY of the lock's holder would wait.
        Box::pin(async move {
            let got = session
                .scalar(&format!("SELECT pg_try_advisory_lock({KEY})::text"))
                .await?;
            Ok(got.as_deref() == Some("true"))
        })
    }

    fn unlock<'a>(&'a self, session: &'a Session) -> Answer<'a, ()> {
        Box::pin(async move {
            session
                .scalar(&format!("SELECT pg_advisory_unlock({KEY})::text"))
                .await?;
            Ok(())
        })
    }

    fn holds_lock<'a>(&'a self, session: &'a Session) -> Answer<'a, bool> {
        Box::pin(async move {
            let sql = format!(
                "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' \
                 AND pid = pg_backend_pid() AND granted AND (classid::bigint << 32) + objid::bigint = {KEY}"
            );
            Ok(session.scalar(&sql).await?.as_deref() != Some("0"))
        })
    }

    fn limit<'a>(&'a self, session: &'a Session, limits: Limits) -> Answer<'a, ()> {
        Box::pin(async move {
            session
                .run(&format!("SET lock_timeout = {}", limits.lock.as_millis()))
                .await?;
            let statement = limits.statement.map_or(0, |limit| limit.as_millis());
            session
                .run(&format!("SET statement_timeout = {statement}"))
                .await
        })
    }

    fn has_table<'a>(&'a self, session: &'a Session, table: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            let style = session.style();
            let name = style.literal(&style.quoted(table));
            let sql = format!("SELECT to_regclass({name})::text");
            Ok(session.scalar(&sql).await?.is_some())
        })
    }

    fn recover<'a>(
        &'a self,
        session: &'a Session,
        sql: &'a str,
        index: Option<&'a str>,
    ) -> Answer<'a, Begun> {
        Box::pin(async move {
            let Some(index) = index else {
                return Ok(Begun::ToDo);
            };
            let name = session.style().literal(index);
            let state = session
                .scalar(&format!(
                    "SELECT indisvalid::text FROM pg_index WHERE indexrelid = to_regclass({name})"
                ))
                .await?;
            let creates = sql.starts_with("CREATE");
            Ok(match state.as_deref() {
                Some("true") if creates => Begun::Done,
                Some(_) if creates => {
                    // A cancelled run left it INVALID, so no query uses it.
                    session
                        .run(&format!("DROP INDEX CONCURRENTLY {index}"))
                        .await?;
                    Begun::ToDo
                }
                Some(_) => Begun::ToDo,
                None if creates => Begun::ToDo,
                None => Begun::Done,
            })
        })
    }

    fn says_done(&self, _error: &DriverError) -> bool {
        false
    }
}
