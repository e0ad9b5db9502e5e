//! The columns of `SQLite`'s tables.

use oxyde_driver::DriverError;
use oxyde_sql::schema::{Check, Column, Generated, Table};
use oxyde_sql::types::{ColumnType, Family};

use super::found::Found;
use super::sqlite::literal;
use super::sqlite_sql::{self, Definition};
use super::{Cells, Queries, sqlite_types};

/// The collation of decimals with checks.
pub(super) const OWN_COLLATION: &str = "oxyde_decimal";

/// Read the columns and their checks. `without_rowid` tells whether the table has no row numbers.
pub(super) async fn introspect(
    queries: &dyn Queries,
    table: &mut Table,
    definition: &Definition,
    without_rowid: bool,
) -> Result<(), DriverError> {
    let rows = queries
        .rows(&format!(
            "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo({}) \
             WHERE hidden <> 1 ORDER BY cid",
            literal(&table.name)
        ))
        .await?;
    let mut key: Vec<(usize, String)> = Vec::new();
    for row in rows {
        let (column, place) = column(table, definition, Cells::of(row), without_rowid);
        if place > 0 {
            key.push((place, column.name.clone()));
        }
        table.columns.push(column);
    }
    key.sort();
    table.primary_key = key.into_iter().map(|(_, name)| name).collect();
    for column in &mut table.columns {
        // A primary key is NOT NULL, even if the declaration does not say so.
        let in_key = table.primary_key.contains(&column.name);
        column.nullable &= !in_key;
        let alone = in_key && table.primary_key.len() == 1;
        column.auto_increment &= alone;
        column.counter = column.counter.take().filter(|_| alone);
    }
    checks(table, definition);
    Ok(())
}

/// A column, and its place in the primary key, from 1; 0 if it is not in it.
fn column(
    table: &Table,
    definition: &Definition,
    mut cells: Cells,
    without_rowid: bool,
) -> (Column, usize) {
    let (name, declared, not_null) = (cells.text(), cells.text(), cells.flag());
    let (default, place) = (cells.optional(), cells.text().parse().unwrap_or(0_usize));
    let hidden = cells.text();
    let of = |pairs: &[(String, String)]| {
        let found = pairs.iter().find(|(column, _)| *column == name);
        found.map(|(_, value)| value.clone())
    };
    // The pragma appends what it knows of a generated column to the type.
    let declared = declared.trim_end_matches("GENERATED ALWAYS").trim_end();
    // Oxyde's own collation of decimals is not a part of the definition.
    let usual = ["BINARY", OWN_COLLATION];
    let collation = of(&definition.collations)
        .filter(|found| !usual.iter().any(|usual| found.eq_ignore_ascii_case(usual)));
    let Found { mut ty, native } = sqlite_types::column_type(declared, collation.as_deref());
    let is_text = ty.family() == Family::Text;
    let raw = collation
        .filter(|_| !is_text)
        .map(|collation| format!("COLLATE {collation}"));
    if ty == ColumnType::Text {
        ty = labels(table, definition, &name).unwrap_or(ty);
    }
    let rowid = place > 0 && declared.eq_ignore_ascii_case("INTEGER") && !without_rowid;
    let counted = definition.counted.contains(&name);
    let column = Column {
        native,
        auto_increment: rowid,
        counter: (rowid && !counted).then(|| "PRIMARY KEY".to_owned()),
        nullable: !not_null,
        generated: of(&definition.generated).map(|expression| Generated {
            expression,
            stored: hidden == "3",
        }),
        default,
        raw,
        ..Column::new(name, ty)
    };
    (column, place)
}

/// The enum that a check of labels makes of a column.
fn labels(table: &Table, definition: &Definition, name: &str) -> Option<ColumnType> {
    definition
        .column_checks
        .iter()
        .find_map(|(column, check, condition)| {
            let (checked, values) = sqlite_sql::labels(condition)?;
            if column != name || checked != name {
                return None;
            }
            let check = check.as_deref().unwrap_or_default();
            let own = format!("{}_{name}", table.name);
            Some(ColumnType::Enum {
                name: check.strip_suffix("_enum").map_or(own, str::to_owned),
                values,
            })
        })
}

/// The checks in the definitions of columns, except those of labels.
fn checks(table: &mut Table, definition: &Definition) {
    for (column, name, condition) in &definition.column_checks {
        let is_enum = table
            .columns
            .iter()
            .any(|c| c.name == *column && matches!(c.ty, ColumnType::Enum { .. }));
        if !is_enum {
            let name = name
                .clone()
                .unwrap_or_else(|| format!("{}_{column}_check", table.name));
            table.checks.push(Check {
                name,
                condition: condition.clone(),
                portable: false,
            });
        }
    }
}
