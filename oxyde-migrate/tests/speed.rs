//! The pure part keeps its pace. The bounds are wide: they catch what grows with the square of
//! the number of tables or files, on a busy machine and without optimisation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says so by failing"
)]

use std::time::{Duration, Instant};

use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::file::{self, Migration};
use oxyde_migrate::history::History;
use oxyde_migrate::operation::{AddColumn, CreateTable, Operation};
use oxyde_sql::schema::{Column, ForeignKey, ReferentialAction, Schema, Table};
use oxyde_sql::types::ColumnType;

fn column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        ty: ColumnType::BigInt,
        nullable: true,
        default: None,
        auto_increment: false,
        comment: None,
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
        schema: None,
        name: format!("table_{number}"),
        columns,
        primary_key: vec!["id".to_owned()],
        indexes: vec![],
        uniques: vec![],
        foreign_keys: vec![ForeignKey {
            name: format!("table_{number}_fkey"),
            columns: vec!["column_0".to_owned()],
            target_schema: None,
            target_table: format!("table_{target}"),
            target_columns: vec!["id".to_owned()],
            on_delete: ReferentialAction::Cascade,
            on_update: ReferentialAction::NoAction,
        }],
        checks: vec![],
        comment: None,
    }
}

fn timed<T>(what: &str, bound: Duration, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = work();
    let took = started.elapsed();
    assert!(took < bound, "{what} took {took:?}");
    result
}

#[test]
fn five_hundred_tables() {
    let old = Schema {
        tables: (0..500).map(table).collect(),
    };
    let mut new = old.clone();
    for table in new.tables.iter_mut().step_by(5) {
        table.columns.push(column("more"));
    }
    let bound = Duration::from_secs(3);
    let found = timed("500 tables from nothing", bound, || {
        detect(&Schema::default(), &old, &Knowledge::default()).unwrap()
    });
    assert_eq!(found.operations.len(), 500);
    let found = timed("500 tables", bound, || {
        detect(&old, &new, &Knowledge::default()).unwrap()
    });
    assert_eq!(found.operations.len(), 100);
}

#[test]
fn a_thousand_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut before: Vec<String> = Vec::new();
    for number in 0..1000 {
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
        let path = folder.path().join(format!("{name}.toml"));
        std::fs::write(path, file::render(&migration)).unwrap();
        before = vec![name];
    }
    let state = timed("a thousand files", Duration::from_secs(5), || {
        History::load(folder.path())
            .unwrap()
            .state(&|_| true)
            .unwrap()
    });
    assert_eq!(state.tables.len(), 100);
}
