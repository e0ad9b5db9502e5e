//! Many tables and many files, for the speed test and the benchmark.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use oxyde_migrate::file::{self, Migration};
use oxyde_migrate::operation::{AddColumn, CreateTable, Operation};
use oxyde_sql::schema::{Column, ForeignKey, ReferentialAction, Schema, Table};
use oxyde_sql::types::ColumnType;

fn column(name: &str) -> Column {
    Column {
        nullable: true,
        ..Column::new(name, ColumnType::BigInt)
    }
}

fn table(number: usize) -> Table {
    let mut columns: Vec<Column> = (0..12).map(|n| column(&format!("column_{n}"))).collect();
    columns.push(Column {
        nullable: false,
        ..column("id")
    });
    let target = number.saturating_sub(1);
    Table {
        name: format!("table_{number}"),
        columns,
        primary_key: vec!["id".to_owned()],
        foreign_keys: vec![ForeignKey {
            name: format!("table_{number}_fkey"),
            kept_name: false,
            undeclared: false,
            columns: vec!["column_0".to_owned()],
            target_schema: None,
            target_table: format!("table_{target}"),
            target_columns: vec!["id".to_owned()],
            on_delete: ReferentialAction::Cascade,
            on_update: ReferentialAction::NoAction,
            raw: None,
        }],
        ..Table::default()
    }
}

/// `count` tables, each of which refers to the previous one.
pub(crate) fn schema(count: usize) -> Schema {
    Schema {
        tables: (0..count).map(table).collect(),
        ..Schema::default()
    }
}

/// The schema with an additional column in every fifth table.
pub(crate) fn altered(old: &Schema) -> Schema {
    let mut new = old.clone();
    for table in new.tables.iter_mut().step_by(5) {
        table.columns.push(column("more"));
    }
    new
}

/// A chain of `count` migrations: each tenth creates a table, the others add a column to it.
pub(crate) fn write_files(folder: &Path, count: usize) {
    let mut before: Vec<String> = Vec::new();
    for number in 0..count {
        let operation: Operation = if number % 10 == 0 {
            let mut table = table(number);
            table.foreign_keys.clear();
            CreateTable::of(table, None).into()
        } else {
            AddColumn {
                table: format!("table_{}", number / 10 * 10),
                schema: None,
                column: column(&format!("more_{number}")),
                backfill: None,
            }
            .into()
        };
        let name = format!("{number:04}_step");
        let migration = Migration::new(name.clone(), before, vec![operation]);
        let path = folder.join(format!("{name}.toml"));
        std::fs::write(path, file::render(&migration)).unwrap();
        before = vec![name];
    }
}
