//! Reading 1,000 rows into a `RowSet`: `cargo bench -p oxyde-driver`.
//!
//! SQLite in memory: no server, and stepping through the rows is a small part of it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark says so by failing"
)]

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oxyde_driver::{Executor as _, Pool, PoolSettings};
use oxyde_sql::plan::{OutputColumn, Plan};
use oxyde_sql::types::ColumnType;

const ROWS: u64 = 1_000;

/// A select of these columns, all of the table's rows.
fn select(columns: &[(&str, ColumnType)]) -> Arc<Plan> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    Arc::new(Plan {
        sql: format!("SELECT {} FROM posts", names.join(", ")),
        binds: vec![],
        outputs: columns
            .iter()
            .map(|(name, ty)| OutputColumn {
                name: (*name).to_owned(),
                ty: ty.clone(),
            })
            .collect(),
        writes: false,
        plain_insert: false,
        bulk: None,
    })
}

fn decode(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let pool = runtime.block_on(async {
        let pool = Pool::connect("sqlite::memory:", PoolSettings::default())
            .await
            .unwrap();
        pool.script(&[
            "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT NOT NULL, views INTEGER NOT \
             NULL, price TEXT NOT NULL, seen BOOLEAN NOT NULL, created_at TIMESTAMP NOT NULL)"
                .to_owned(),
            format!(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) \
                 INSERT INTO posts SELECT i, 'Post number ' || i, i * 31, i || '.25', i % 3 = 0, \
                 '2024-05-17 12:34:56.789012' FROM n"
            ),
        ])
        .await
        .unwrap();
        pool
    });
    let id = ("id", ColumnType::BigInt);
    let title = ("title", ColumnType::Text);
    let views = ("views", ColumnType::Integer);
    let price = (
        "price",
        ColumnType::Decimal {
            precision: Some(10),
            scale: Some(2),
        },
    );
    let seen = ("seen", ColumnType::Bool);
    let created = ("created_at", ColumnType::DateTime);
    let mut group = criterion.benchmark_group("1000 rows");
    group.throughput(Throughput::Elements(ROWS));
    for (what, columns) in [
        ("integers", vec![id.clone(), views.clone(), seen.clone()]),
        ("text", vec![title.clone()]),
        ("moments", vec![created.clone()]),
        ("decimals", vec![price.clone()]),
        ("six columns", vec![id, title, views, price, seen, created]),
    ] {
        let plan = select(&columns);
        group.bench_function(what, |bencher| {
            bencher.iter(|| {
                let rows = runtime.block_on(pool.fetch(&plan, vec![])).unwrap();
                assert_eq!(rows.len() as u64, ROWS);
                rows
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decode);
criterion_main!(benches);
