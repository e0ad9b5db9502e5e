//! Locks and timeouts of PostgreSQL.

use oxyde_driver::DriverError;

use super::{Answer, Begun, Limits, Server, missing, names};
use crate::session::Session;

pub(super) struct Postgres;

/// The advisory lock's key: "oxyde" in ASCII, and the tenant's schema, so that tenants of one database
/// do not wait for each other. Advisory locks are local to a database.
fn key(session: &Session) -> String {
    const KEY: u64 = 0x006f_7879_6465;
    match session.schema() {
        None => KEY.to_string(),
        Some(schema) => format!(
            "hashtextextended({}, {KEY})",
            session.style().literal(schema)
        ),
    }
}

impl Server for Postgres {
    fn try_lock<'a>(&'a self, session: &'a Session) -> Answer<'a, bool> {
        // Polled, because a waiting statement would hold a snapshot, for which the CREATE INDEX
        // CONCURRENTLY of the lock's holder would wait.
        Box::pin(async move {
            let got = session
                .scalar(&format!(
                    "SELECT pg_try_advisory_lock({})::text",
                    key(session)
                ))
                .await?;
            Ok(got.as_deref() == Some("true"))
        })
    }

    fn unlock<'a>(&'a self, session: &'a Session) -> Answer<'a, ()> {
        Box::pin(async move {
            session
                .scalar(&format!(
                    "SELECT pg_advisory_unlock({})::text",
                    key(session)
                ))
                .await?;
            Ok(())
        })
    }

    fn holds_lock<'a>(&'a self, session: &'a Session) -> Answer<'a, bool> {
        Box::pin(async move {
            let sql = format!(
                "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' \
                 AND pid = pg_backend_pid() AND granted AND (classid::bigint << 32) + objid::bigint = {}",
                key(session)
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

    fn enter<'a>(&'a self, session: &'a Session, schema: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let style = session.style();
            let name = style.literal(schema);
            let there = format!("SELECT 1 FROM pg_namespace WHERE nspname = {name}");
            if session.scalar(&there).await?.is_none() {
                return Err(missing(schema, "schema"));
            }
            // The types of extensions must be found too, but not the tables of another schema.
            let extensions = "SELECT DISTINCT n.nspname FROM pg_extension e \
                JOIN pg_namespace n ON n.oid = e.extnamespace WHERE n.nspname <> 'pg_catalog'";
            let mut path = vec![style.quoted(schema)];
            for row in session.rows(extensions).await? {
                path.extend(row.into_iter().flatten().map(|name| style.quoted(&name)));
            }
            session
                .run(&format!("SET search_path = {}", path.join(", ")))
                .await
        })
    }

    fn schemas<'a>(&'a self, session: &'a Session) -> Answer<'a, Vec<String>> {
        Box::pin(names(
            session,
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' \
             AND nspname <> 'information_schema' ORDER BY nspname",
        ))
    }

    fn databases<'a>(&'a self, session: &'a Session) -> Answer<'a, Vec<String>> {
        Box::pin(names(
            session,
            "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate \
             ORDER BY datname",
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
            let name = match schema {
                Some(schema) => format!("{}.{}", style.quoted(schema), style.quoted(table)),
                None => style.quoted(table),
            };
            let sql = format!("SELECT to_regclass({})::text", style.literal(&name));
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
            // Never analyzed: -1 (0 before PostgreSQL 14); then the activity statistics know more.
            let sql = format!(
                "SELECT CASE WHEN c.reltuples > 0 THEN c.reltuples::bigint \
                 ELSE coalesce(pg_stat_get_live_tuples(c.oid), 0) END::text \
                 FROM pg_class c WHERE c.oid = to_regclass({})",
                style.literal(&style.qualified(schema, table))
            );
            let rows = session.scalar(&sql).await?;
            Ok(rows.and_then(|rows| rows.parse().ok()))
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
