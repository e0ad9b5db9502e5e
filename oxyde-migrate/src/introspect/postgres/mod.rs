//! PostgreSQL's catalogue.

mod columns;
mod constraints;
mod distribution;
mod indexes;
mod objects;
mod types;

pub(super) use objects::own as not_of_extension;
use oxyde_driver::DriverError;
use oxyde_sql::schema::{RawPart, RawPlace, Schema, Table};

use super::full_text;
use super::{Cells, Queries};

/// The introspected schemas: that of this session's temporary tables, or all but the system
/// schemas.
fn schemas(temporary: bool) -> &'static str {
    if temporary {
        "n.oid = pg_my_temp_schema()"
    } else {
        "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
    }
}

/// `NULL` for the connection's default schema, otherwise its name.
const SCHEMA: &str = "CASE WHEN n.nspname IN (current_schema(), 'pg_temp') OR n.oid = pg_my_temp_schema() \
     THEN NULL ELSE n.nspname END::text";

const FROM: &str = "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace";

pub(super) async fn introspect(
    queries: &dyn Queries,
    temporary: bool,
) -> Result<Schema, DriverError> {
    let within = schemas(temporary);
    let chosen = format!(
        "c.relkind IN ('r', 'p') AND NOT c.relispartition AND {within} \
         AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
    );
    let mut schema = Schema::default();
    tables(queries, &chosen, &mut schema).await?;
    columns::introspect(queries, &chosen, &mut schema).await?;
    constraints::introspect(queries, &chosen, &mut schema).await?;
    indexes::introspect(queries, &chosen, &mut schema).await?;
    columns::counters(&mut schema);
    if !temporary {
        distribution::introspect(queries, &mut schema).await?;
    }
    schema.tables.iter_mut().for_each(full_text::vectors);
    if !temporary {
        objects::introspect(queries, within, &mut schema).await?;
    }
    Ok(schema)
}

/// Views, and materialized ones, with their columns.
pub(super) async fn views(queries: &dyn Queries) -> Result<Vec<Table>, DriverError> {
    let chosen = format!(
        "c.relkind IN ('v', 'm') AND {} \
         AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')",
        schemas(false)
    );
    let mut schema = Schema::default();
    tables(queries, &chosen, &mut schema).await?;
    columns::introspect(queries, &chosen, &mut schema).await?;
    Ok(schema.tables)
}

/// The tables, still without columns. `chosen` is the condition on the tables.
async fn tables(
    queries: &dyn Queries,
    chosen: &str,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(&format!(
            "SELECT {SCHEMA}, c.relname::text, obj_description(c.oid, 'pg_class'), \
             c.oid::regclass::text, pg_get_partkeydef(c.oid), \
             (SELECT string_agg(format('%s=%L', option_name, option_value), ', ') \
              FROM pg_options_to_table(c.reloptions)), \
             (c.relpersistence = 'u')::text, c.relrowsecurity::text, c.relforcerowsecurity::text \
             {FROM} WHERE {chosen} ORDER BY 1 NULLS FIRST, 2"
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let mut table = Table {
            schema: cells.optional(),
            name: cells.text(),
            comment: cells.optional(),
            ..Table::default()
        };
        let own_name = cells.text();
        let mut add = |place, name: &str, sql: String| {
            table.raw.push(RawPart {
                place,
                name: name.to_owned(),
                sql,
            });
        };
        if let Some(key) = cells.optional() {
            add(
                RawPlace::Option,
                "partitions",
                format!("PARTITION BY {key}"),
            );
        }
        if let Some(options) = cells.optional() {
            add(RawPlace::Option, "storage", format!("WITH ({options})"));
        }
        for (name, action) in [
            ("unlogged", "SET UNLOGGED"),
            ("row security", "ENABLE ROW LEVEL SECURITY"),
            ("row security for the owner", "FORCE ROW LEVEL SECURITY"),
        ] {
            if cells.flag() {
                let sql = format!("ALTER TABLE {own_name} {action}");
                add(RawPlace::Statement, name, sql);
            }
        }
        schema.tables.push(table);
    }
    Ok(())
}

/// Return the table that the first two cells name.
fn place<'a>(schema: &'a mut Schema, cells: &mut Cells) -> Option<&'a mut Table> {
    let (namespace, name) = (cells.optional(), cells.text());
    schema
        .tables
        .iter_mut()
        .find(|table| table.schema == namespace && table.name == name)
}
