//! Rows as JSON lines: `{"table": "authors", "row": {"id": 1, "name": "Ann"}}`.

mod read;
mod write;

use std::collections::BTreeSet;

use oxyde_migrate::history::History;
use oxyde_migrate::plan::is_done;
use oxyde_migrate::session::Session;
use oxyde_migrate::{ledger, state};
use oxyde_sql::ddl::creation_order;
use oxyde_sql::ir;
use oxyde_sql::schema::{Column, ForeignKey, Schema, Table};

pub(crate) use read::{Line, value_of};
pub(crate) use write::write_row;

use crate::error::CliError;

/// Return the tables of the models, as the applied migrations define them, in an order in which no
/// row refers to a later table (but for cycles).
pub(crate) async fn tables(history: &History, session: &Session) -> Result<Vec<Table>, CliError> {
    let records = ledger::read(session).await?;
    let applied: BTreeSet<String> = records.iter().map(|record| record.name.clone()).collect();
    let resolved = history.resolve(&applied)?;
    let schema: Schema = resolved.state(&|m| is_done(&resolved, &records, &m.name))?;
    let unmanaged = resolved.unmanaged();
    let tables: Vec<Table> = schema
        .tables
        .into_iter()
        .filter(|table| !unmanaged.contains(&state::label_of(table)))
        .collect();
    Ok(creation_order(&tables).into_iter().cloned().collect())
}

/// The columns that hold values: not those that the database computes.
pub(crate) fn stored(table: &Table) -> impl Iterator<Item = &Column> {
    table
        .columns
        .iter()
        .filter(|column| column.generated.is_none())
}

/// The table in a query.
pub(crate) fn in_query(table: &Table) -> ir::Table {
    ir::Table {
        schema: table.schema.clone(),
        ..ir::Table::new(&table.name)
    }
}

/// The foreign keys whose rows may come before the rows that they refer to: those of cycles, and to
/// the table itself. `tables` is in order.
pub(crate) fn backward_keys(tables: &[Table]) -> Vec<(&Table, &ForeignKey)> {
    let mut keys = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        for key in &table.foreign_keys {
            let is_target =
                |other: &Table| other.name == key.target_table && other.schema == key.target_schema;
            if tables[at..].iter().any(is_target) {
                keys.push((table, key));
            }
        }
    }
    keys
}
