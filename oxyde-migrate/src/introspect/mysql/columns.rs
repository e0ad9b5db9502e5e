//! The columns of the tables of MySQL and MariaDB.

use oxyde_driver::DriverError;
use oxyde_sql::schema::{Column, Generated, Schema, Table};

use super::types::{column_type, default_text, portable};
use super::{Cells, Queries, place, unescaped};
use crate::introspect::found::Found;

/// Read the columns.
pub(super) async fn introspect(
    queries: &dyn Queries,
    is_mariadb: bool,
    schema: &mut Schema,
) -> Result<(), DriverError> {
    let srid = if is_mariadb { "NULL" } else { "srs_id" };
    let rows = queries
        .rows(&format!(
            "SELECT table_name, column_name, column_type, is_nullable, column_default, extra, \
             NULLIF(column_comment, ''), collation_name, NULLIF(generation_expression, ''), {srid} \
             FROM information_schema.columns \
             WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position"
        ))
        .await?;
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(table) = place(schema, &mut cells) else {
            continue;
        };
        let column = column(table, &mut cells, is_mariadb);
        table.columns.push(column);
    }
    Ok(())
}

fn column(table: &Table, cells: &mut Cells, is_mariadb: bool) -> Column {
    let (name, type_name, nullable) = (cells.text(), cells.text(), cells.flag());
    let (default, extra) = (cells.optional(), cells.text());
    let comment = cells.optional();
    let collation = cells.text();
    let (expression, srid) = (cells.optional(), cells.optional());
    let Found { ty, native } = column_type(&type_name, &collation, table, &name);
    // MariaDB reports defaults as SQL, MySQL reports the values of literals.
    let is_null = |text: &str| is_mariadb && text == "NULL";
    let default = default
        .filter(|text| !is_null(text) && expression.is_none())
        .map(|text| {
            if is_mariadb {
                portable(text)
            } else {
                default_text(&text, extra.contains("DEFAULT_GENERATED"), &ty)
            }
        });
    let lower = extra.to_ascii_lowercase();
    let mut raw = Vec::new();
    if type_name.starts_with("enum(") && !super::OWN.contains(&collation.as_str()) {
        raw.push(format!("COLLATE {collation}"));
    }
    if let Some(at) = lower.find("on update ") {
        let moment = extra[at..]
            .split_whitespace()
            .take(3)
            .collect::<Vec<_>>()
            .join(" ");
        raw.push(moment.to_ascii_uppercase());
    }
    raw.extend(srid.map(|number| format!("SRID {number}")));
    if lower.contains("invisible") {
        raw.push("INVISIBLE".to_owned());
    }
    Column {
        native,
        nullable,
        default,
        auto_increment: lower.contains("auto_increment"),
        generated: expression.map(|expression| Generated {
            expression: if is_mariadb {
                expression
            } else {
                unescaped(&expression)
            },
            stored: lower.contains("stored") || lower.contains("persistent"),
        }),
        comment,
        raw: Some(raw.join(" ")).filter(|raw| !raw.is_empty()),
        ..Column::new(name, ty)
    }
}
