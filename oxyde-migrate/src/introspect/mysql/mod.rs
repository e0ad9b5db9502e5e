//! The catalogue of MySQL and MariaDB.

mod columns;
mod indexes;
mod keys;
mod objects;
mod types;

use oxyde_driver::DriverError;
use oxyde_sql::dialect::{Dialect, quote_identifier};
use oxyde_sql::schema::{RawPart, RawPlace, Schema, Table};

use super::{Cells, Queries};

/// The options of the tables that Oxyde makes.
const OWN: [&str; 2] = ["utf8mb4_0900_bin", "utf8mb4_nopad_bin"];

/// The engine, collation and options of a table that are not Oxyde's.
const STORAGE: &str = "storage";

/// Read the tables, and what the database has beside them.
pub(super) async fn introspect(
    queries: &dyn Queries,
    is_mariadb: bool,
) -> Result<Schema, DriverError> {
    let mut schema = Schema::default();
    tables(queries, &mut schema).await?;
    columns::introspect(queries, is_mariadb, &mut schema).await?;
    keys::introspect(queries, is_mariadb, &mut schema).await?;
    indexes::introspect(queries, is_mariadb, &mut schema).await?;
    objects::introspect(queries, &mut schema).await?;
    Ok(schema)
}

/// Views with their columns.
pub(super) async fn views(
    queries: &dyn Queries,
    is_mariadb: bool,
) -> Result<Vec<Table>, DriverError> {
    let mut schema = Schema::default();
    let sql = "SELECT table_name FROM information_schema.views \
               WHERE table_schema = DATABASE() ORDER BY table_name";
    for row in queries.rows(sql).await? {
        schema.tables.push(Table {
            name: Cells::of(row).text(),
            ..Table::default()
        });
    }
    columns::introspect(queries, is_mariadb, &mut schema).await?;
    Ok(schema.tables)
}

/// The tables, still without columns.
async fn tables(queries: &dyn Queries, schema: &mut Schema) -> Result<(), DriverError> {
    let rows = queries
        .rows(
            "SELECT table_name, NULLIF(table_comment, ''), engine, table_collation, \
             NULLIF(create_options, '') FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name",
        )
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let mut table = Table {
            name: cells.text(),
            comment: cells.optional(),
            ..Table::default()
        };
        let (engine, collation, options) = (cells.text(), cells.text(), cells.text());
        let (partitioned, options): (Vec<&str>, Vec<&str>) = options
            .split_whitespace()
            .partition(|option| *option == "partitioned");
        let usual = partitioned.is_empty() && engine == "InnoDB" && options.is_empty();
        if !usual || !OWN.contains(&collation.as_str()) {
            let options = options
                .iter()
                .fold(String::new(), |all, each| all + " " + each);
            let sql = format!("ENGINE={engine} COLLATE={collation}{options}");
            table.raw.push(option(STORAGE, sql));
        }
        if !partitioned.is_empty() {
            let sql = partitions(queries, &table.name).await?;
            table.raw.extend(sql.map(|sql| option("partitions", sql)));
        }
        schema.tables.push(table);
    }
    Ok(())
}

fn option(name: &str, sql: String) -> RawPart {
    RawPart {
        place: RawPlace::Option,
        name: name.to_owned(),
        sql,
    }
}

/// The partitions of a table, as the server prints them.
async fn partitions(queries: &dyn Queries, table: &str) -> Result<Option<String>, DriverError> {
    let sql = format!("SHOW CREATE TABLE {}", quoted(table));
    let rows = queries.rows(&sql).await?;
    let made = rows
        .into_iter()
        .next()
        .and_then(|row| row.into_iter().nth(1).flatten());
    Ok(made.and_then(|sql| {
        let at = sql.rfind("PARTITION BY ")?;
        let words = sql[at..].trim_end().trim_end_matches("*/");
        Some(words.split_whitespace().collect::<Vec<_>>().join(" "))
    }))
}

/// MySQL prints expressions as the inside of a string literal.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => out.extend(characters.next()),
            c => out.push(c),
        }
    }
    out
}

/// Return a name in backticks.
fn quoted(name: &str) -> String {
    quote_identifier(name, Dialect::Mysql)
}

fn place<'a>(schema: &'a mut Schema, cells: &mut Cells) -> Option<&'a mut Table> {
    let name = cells.text();
    schema.tables.iter_mut().find(|table| table.name == name)
}
