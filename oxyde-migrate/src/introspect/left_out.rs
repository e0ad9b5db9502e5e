//! What a database has and a baseline does not keep.

use oxyde_driver::DriverError;
use oxyde_sql::dialect::Dialect;

use super::{Cells, postgres};
use crate::session::Session;

/// Describe, in a line for each, what the database has and [`introspect`](super::introspect) leaves out.
///
/// # Errors
/// The database refuses a statement, or the connection is lost.
pub async fn left_out(session: &Session) -> Result<Vec<String>, DriverError> {
    let parts: Vec<String> = match session.style().dialect {
        Dialect::Postgres => of_postgres(),
        Dialect::Mysql => MYSQL.iter().map(|&sql| sql.to_owned()).collect(),
        Dialect::Mariadb => {
            let both = MYSQL.iter().chain(MARIADB);
            both.map(|&sql| sql.to_owned()).collect()
        }
        Dialect::Sqlite => SQLITE.iter().map(|&sql| sql.to_owned()).collect(),
    };
    let sql = format!(
        "SELECT what FROM ({}) AS o ORDER BY what",
        parts.join(" UNION ALL ")
    );
    let rows = session.rows(&sql).await?;
    Ok(rows.into_iter().map(|row| Cells::of(row).text()).collect())
}

const SQLITE: &[&str] = &[
    "SELECT 'virtual table ' || name AS what FROM sqlite_master \
     WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%'",
    "SELECT 'PRAGMA user_version = ' || user_version FROM pragma_user_version WHERE user_version <> 0",
    "SELECT 'PRAGMA application_id = ' || application_id FROM pragma_application_id \
     WHERE application_id <> 0",
    "SELECT 'PRAGMA encoding = ' || encoding FROM pragma_encoding WHERE encoding <> 'UTF-8'",
    "SELECT 'PRAGMA auto_vacuum = ' || auto_vacuum FROM pragma_auto_vacuum WHERE auto_vacuum <> 0",
];

const MYSQL: &[&str] = &[
    "SELECT CONCAT('privileges of ', grantee, ' on all tables') AS what \
     FROM information_schema.schema_privileges WHERE table_schema = DATABASE() GROUP BY grantee",
    "SELECT CONCAT('privileges of ', grantee, ' on ', table_name) \
     FROM information_schema.table_privileges WHERE table_schema = DATABASE() \
     GROUP BY grantee, table_name",
    "SELECT CONCAT('privileges of ', grantee, ' on columns of ', table_name) \
     FROM information_schema.column_privileges WHERE table_schema = DATABASE() \
     GROUP BY grantee, table_name",
    "SELECT CONCAT('definer ', definer, ' of ', kind, ' ', name) FROM ( \
     SELECT definer, 'view' AS kind, table_name AS name FROM information_schema.views \
     WHERE table_schema = DATABASE() \
     UNION ALL SELECT definer, LOWER(routine_type), routine_name FROM information_schema.routines \
     WHERE routine_schema = DATABASE() \
     UNION ALL SELECT definer, 'trigger', trigger_name FROM information_schema.triggers \
     WHERE trigger_schema = DATABASE() \
     UNION ALL SELECT definer, 'event', event_name FROM information_schema.events \
     WHERE event_schema = DATABASE()) AS d WHERE definer <> CURRENT_USER()",
];

const MARIADB: &[&str] = &[
    "SELECT CONCAT(LOWER(table_type), ' ', table_name) FROM information_schema.tables \
     WHERE table_schema = DATABASE() AND table_type IN ('SEQUENCE', 'SYSTEM VERSIONED')",
    "SELECT CONCAT(LOWER(routine_type), ' ', routine_name) FROM information_schema.routines \
     WHERE routine_schema = DATABASE() AND routine_type LIKE 'PACKAGE%'",
];

/// Objects by their catalogue: the words before the name, the catalogue, its alias, the name, and a
/// condition.
const POSTGRES: &[(&str, &str, &str, &str)] = &[
    (
        "cast ",
        "pg_cast",
        "format('(%s AS %s)', o.castsource::regtype, o.casttarget::regtype)",
        "true",
    ),
    ("language ", "pg_language", "o.lanname::text", "true"),
    ("access method ", "pg_am", "o.amname::text", "true"),
    (
        "transform for ",
        "pg_transform",
        "o.trftype::regtype::text",
        "true",
    ),
    (
        "operator ",
        "pg_operator",
        "o.oid::regoperator::text",
        "true",
    ),
    ("operator class ", "pg_opclass", "o.opcname::text", "true"),
    (
        "operator family ",
        "pg_opfamily",
        "o.opfname::text",
        "NOT EXISTS (SELECT 1 FROM pg_opclass c \
     WHERE c.opcfamily = o.oid AND c.opcname = o.opfname)",
    ),
    (
        "type ",
        "pg_type",
        "o.oid::regtype::text",
        "o.typtype = 'r' \
     OR (o.typtype = 'b' AND o.typelem = 0)",
    ),
    ("conversion ", "pg_conversion", "o.conname::text", "true"),
    (
        "text search configuration ",
        "pg_ts_config",
        "o.cfgname::text",
        "true",
    ),
    (
        "text search dictionary ",
        "pg_ts_dict",
        "o.dictname::text",
        "true",
    ),
    (
        "text search parser ",
        "pg_ts_parser",
        "o.prsname::text",
        "true",
    ),
    (
        "text search template ",
        "pg_ts_template",
        "o.tmplname::text",
        "true",
    ),
    (
        "foreign table ",
        "pg_class",
        "o.oid::regclass::text",
        "o.relkind = 'f'",
    ),
    (
        "foreign data wrapper ",
        "pg_foreign_data_wrapper",
        "o.fdwname::text",
        "true",
    ),
    (
        "foreign server ",
        "pg_foreign_server",
        "o.srvname::text",
        "true",
    ),
    ("publication ", "pg_publication", "o.pubname::text", "true"),
    (
        "event trigger ",
        "pg_event_trigger",
        "o.evtname::text",
        "true",
    ),
    (
        "tablespace of ",
        "pg_class",
        "o.oid::regclass::text",
        "o.reltablespace <> 0 \
     AND o.relkind IN ('r', 'p', 'm', 'i')",
    ),
    (
        "replica identity of ",
        "pg_class",
        "o.oid::regclass::text",
        "o.relkind IN ('r', 'p') \
     AND o.relreplident <> 'd'",
    ),
    (
        "privileges on ",
        "pg_class",
        "o.oid::regclass::text",
        "o.relacl IS NOT NULL \
     AND o.relkind <> 'i'",
    ),
    (
        "privileges on ",
        "pg_proc",
        "o.oid::regprocedure::text",
        "o.proacl IS NOT NULL",
    ),
    (
        "privileges on type ",
        "pg_type",
        "o.oid::regtype::text",
        "o.typacl IS NOT NULL",
    ),
    (
        "privileges on schema ",
        "pg_namespace",
        "o.nspname::text",
        "o.nspacl IS NOT NULL",
    ),
    (
        "default privileges of ",
        "pg_default_acl",
        "o.defaclrole::regrole::text",
        "true",
    ),
];

/// The first number that the server gives to an object of a user.
const FIRST_OWN: u32 = 16384;

fn of_postgres() -> Vec<String> {
    let mut parts: Vec<String> = POSTGRES
        .iter()
        .map(|(words, catalog, name, condition)| {
            format!(
                "SELECT DISTINCT '{words}' || {name} AS what FROM {catalog} o \
                 WHERE o.oid >= {FIRST_OWN} AND ({condition}) AND {}",
                postgres::not_of_extension(catalog, "o.oid")
            )
        })
        .collect();
    parts.push(
        "SELECT format('privileges on columns of %s', a.attrelid::regclass) FROM pg_attribute a \
         WHERE a.attacl IS NOT NULL AND a.attrelid >= 16384 GROUP BY a.attrelid"
            .to_owned(),
    );
    parts.push(
        "SELECT DISTINCT 'subscription ' || s.subname FROM pg_subscription s \
         WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())"
            .to_owned(),
    );
    parts.push(
        "SELECT 'setting ' || split_part(each, '=', 1) || ' of the database' \
         FROM pg_db_role_setting s, unnest(s.setconfig) AS each WHERE s.setrole = 0 \
         AND s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())"
            .to_owned(),
    );
    parts
}
