//! Changes every column type to every other, if the values allow it: the database matches the
//! state, and the values are unchanged.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod servers;

use oxyde_migrate::introspect::{Drift, drift};
use oxyde_migrate::operation::{AlterColumn, CreateTable, Operation};
use oxyde_migrate::plan::Target;
use oxyde_sql::schema::{Column, Table};
use oxyde_sql::types::ColumnType;
use servers::{Database, SERVERS, history, runtime};
use std::collections::BTreeSet;

fn column(name: &str, ty: ColumnType) -> Column {
    Column {
        nullable: true,
        ..Column::new(name, ty)
    }
}

/// Types that accept the value 1, and how it then reads.
fn types() -> Vec<(ColumnType, &'static str)> {
    vec![
        (ColumnType::SmallInt, "1"),
        (ColumnType::Integer, "1"),
        (ColumnType::BigInt, "1"),
        (ColumnType::Double, "1"),
        (
            ColumnType::Decimal {
                precision: Some(10),
                scale: Some(2),
            },
            "1",
        ),
        (ColumnType::Bool, "true"),
        (ColumnType::Varchar { length: 30 }, "1"),
        (ColumnType::Text, "1"),
    ]
}

fn read_as_one(text: &str) -> bool {
    text == "true"
        || text
            .parse::<f64>()
            .is_ok_and(|number| (number - 1.0).abs() < f64::EPSILON)
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one table of types and what becomes of their values"
)]
fn from_each_type_to_each() {
    let mut migrations: Vec<(String, Vec<Operation>)> = Vec::new();
    let table = Table {
        name: "one".into(),
        columns: vec![Column {
            nullable: false,
            ..column("id", ColumnType::BigInt)
        }],
        primary_key: vec!["id".into()],
        ..Table::default()
    };
    let mut first = table.clone();
    for (at, (ty, _)) in types().iter().enumerate() {
        for to in 0..types().len() {
            first
                .columns
                .push(column(&format!("c{at}_{to}"), ty.clone()));
        }
    }
    migrations.push((
        "0001_table".into(),
        vec![CreateTable::of(first.clone(), None).into()],
    ));
    let mut operations: Vec<Operation> = Vec::new();
    for at in 0..types().len() {
        for (to, (ty, _)) in types().iter().enumerate() {
            operations.push(
                AlterColumn {
                    table: "one".into(),
                    schema: None,
                    column: column(&format!("c{at}_{to}"), ty.clone()),
                    using: None,
                    using_back: None,
                    backfill: None,
                    backfill_back: None,
                }
                .into(),
            );
        }
    }
    migrations.push(("0002_other_types".into(), operations));
    let borrowed = migrations
        .iter()
        .map(|(name, list)| (name.as_str(), list.clone()))
        .collect();
    let history = history(borrowed);
    runtime().block_on(async {
        for server in SERVERS {
            let database = Database::create(server).await;
            database
                .migrate(&history, Target::Migration("0001".into()))
                .await
                .unwrap();
            let names: Vec<String> = first.columns.iter().map(|c| c.name.clone()).collect();
            let values: Vec<&str> = std::iter::once("1")
                .chain(first.columns[1..].iter().map(|c| match c.ty {
                    ColumnType::Bool if server == "postgres" => "true",
                    ColumnType::Varchar { .. } | ColumnType::Text => "'1'",
                    _ => "1",
                }))
                .collect();
            let insert = format!(
                "INSERT INTO one ({}) VALUES ({})",
                names.join(", "),
                values.join(", ")
            );
            database.run(&insert).await;
            for target in ["0002", "0001"] {
                let to = Target::Migration(target.to_owned());
                if let Err(error) = database.migrate(&history, to).await {
                    panic!("{server} to {target}: {error}\n{error:?}");
                }
                let state = history
                    .state(&|m| target == "0002" || m.name == "0001_table")
                    .unwrap();
                let session = database.session().await;
                let differs = drift(&session, &state, &BTreeSet::new()).await.unwrap();
                session.close().await;
                assert_eq!(differs, Drift::default(), "{server} at {target}");
                let row = database
                    .rows(&format!("SELECT {} FROM one", names.join(", ")))
                    .await;
                for (name, cell) in names.iter().zip(&row[0]) {
                    let text = cell.clone().unwrap_or_default();
                    assert!(
                        read_as_one(&text),
                        "{server} at {target}: {name} is {text:?}"
                    );
                }
            }
            database.drop().await;
        }
    });
}
