//! Measures the driver alone: `cargo run --release -p oxyde-driver --example measure [url]`.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::too_many_lines,
    reason = "a straight list of measurements with small numbers"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use oxyde_driver::{BeginOptions, Executor as _, Pool, PoolSettings};
use oxyde_sql::plan::{Bind, Bulk, Form, OutputColumn, Plan};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let median = times[times.len() / 2];
    let text = format!("{name:28} {:10.1} µs\n", median.as_secs_f64() * 1e6);
    // The result is what this program is for.
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()).unwrap_or_default();
}

fn column(name: &str, ty: ColumnType) -> OutputColumn {
    OutputColumn {
        name: name.to_owned(),
        ty,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("oxyde-measure-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let url = std::env::args()
        .nth(1)
        .unwrap_or_else(|| format!("sqlite:///{}/m.db", folder.display()));
    let pool = Pool::connect(&url, PoolSettings::default()).await?;
    let postgres = url.starts_with("postgres");
    let p = |n: usize| {
        if postgres {
            format!("${n}")
        } else {
            "?".to_owned()
        }
    };
    pool.script_plain(&[
        "DROP TABLE IF EXISTS oxyde_measure".to_owned(),
        "CREATE TABLE oxyde_measure (id BIGINT PRIMARY KEY, name VARCHAR(100) NOT NULL, age INTEGER NOT NULL, score DOUBLE PRECISION NOT NULL, active BOOLEAN NOT NULL, note VARCHAR(100))".to_owned(),
    ])
    .await?;
    let types = [
        ColumnType::BigInt,
        ColumnType::Text,
        ColumnType::Integer,
        ColumnType::Double,
        ColumnType::Bool,
        ColumnType::Text,
    ];
    let names = ["id", "name", "age", "score", "active", "note"];
    let marks: Vec<String> = (1..=6).map(p).collect();
    let sql = format!("INSERT INTO oxyde_measure VALUES ({})", marks.join(", "));
    let bulk = if postgres {
        Bulk::Arrays {
            sql: "INSERT INTO oxyde_measure SELECT * FROM UNNEST($1, $2, $3, $4, $5, $6)"
                .to_owned(),
            copy: None,
        }
    } else if url.starts_with("sqlite") {
        Bulk::PerRow
    } else {
        Bulk::Text {
            prefix: "INSERT INTO oxyde_measure VALUES ".to_owned(),
            first: "(?, ?, ?, ?, ?, ?)".to_owned(),
            next: ", (?, ?, ?, ?, ?, ?)".to_owned(),
            suffix: String::new(),
            numbered: false,
        }
    };
    let insert = Arc::new(Plan {
        sql,
        binds: types
            .iter()
            .enumerate()
            .map(|(at, ty)| Bind {
                param: at as u32,
                ty: ty.clone(),
                form: Form::Scalar,
            })
            .collect(),
        outputs: vec![],
        writes: true,
        plain_insert: true,
        bulk: Some(bulk),
    });
    let row = |id: i64| {
        vec![
            Value::Int(id),
            Value::Text(format!("name of {id}")),
            Value::Int(id % 90),
            Value::Double(id as f64 / 7.0),
            Value::Bool(id % 2 == 0),
            if id % 3 == 0 {
                Value::Null
            } else {
                Value::Text("a note".to_owned())
            },
        ]
    };
    let rows: Vec<_> = (0..100_000).map(row).collect();
    let began = Instant::now();
    pool.bulk(&insert, rows, None).await?;
    report("bulk 100,000 rows", vec![began.elapsed()]);
    let outputs: Vec<_> = names
        .iter()
        .zip(&types)
        .map(|(n, t)| column(n, t.clone()))
        .collect();
    let select = |sql: String| {
        Arc::new(Plan {
            sql,
            binds: vec![Bind {
                param: 0,
                ty: ColumnType::BigInt,
                form: Form::Scalar,
            }],
            outputs: outputs.clone(),
            writes: false,
            plain_insert: false,
            bulk: None,
        })
    };
    let by_key = select(format!("SELECT * FROM oxyde_measure WHERE id = {}", p(1)));
    let many = select(format!("SELECT * FROM oxyde_measure WHERE id < {}", p(1)));
    let mut times = Vec::new();
    for at in 0..2000 {
        let began = Instant::now();
        let rows = pool.fetch(&by_key, vec![Value::Int(at)]).await?;
        assert_eq!(rows.len(), 1);
        times.push(began.elapsed());
    }
    report("select by key", times);
    let mut times = Vec::new();
    for at in 0..1000 {
        let (pool, by_key) = (pool.clone(), Arc::clone(&by_key));
        let began = Instant::now();
        tokio::spawn(async move { pool.fetch(&by_key, vec![Value::Int(at)]).await }).await??;
        times.push(began.elapsed());
    }
    report("select by key, spawned", times);
    for count in [1_000, 20_000] {
        let mut times = Vec::new();
        for _ in 0..30 {
            let began = Instant::now();
            let rows = pool.fetch(&many, vec![Value::Int(count)]).await?;
            assert_eq!(rows.len() as i64, count);
            times.push(began.elapsed());
        }
        report(&format!("{count} rows"), times);
    }
    let mut times = Vec::new();
    for _ in 0..30 {
        let began = Instant::now();
        let mut set = tokio::task::JoinSet::new();
        for at in 0..200 {
            let (pool, by_key) = (pool.clone(), Arc::clone(&by_key));
            set.spawn(async move { pool.fetch(&by_key, vec![Value::Int(at)]).await });
        }
        while let Some(done) = set.join_next().await {
            done??;
        }
        times.push(began.elapsed());
    }
    report("200 concurrent selects", times);
    let mut times = Vec::new();
    for at in 0..300 {
        let began = Instant::now();
        pool.execute(&insert, row(1_000_000 + at)).await?;
        times.push(began.elapsed());
    }
    report("insert one", times);
    let mut times = Vec::new();
    for at in 0..50 {
        let rows: Vec<_> = (0..100).map(|n| row(2_000_000 + at * 100 + n)).collect();
        let began = Instant::now();
        pool.bulk(&insert, rows, None).await?;
        times.push(began.elapsed());
    }
    report("bulk 100", times);
    let mut times = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        let transaction = pool
            .begin_with(BeginOptions {
                read_only: true,
                ..BeginOptions::default()
            })
            .await?;
        transaction.fetch(&by_key, vec![Value::Int(1)]).await?;
        transaction.commit().await?;
        times.push(began.elapsed());
    }
    report("read-only transaction", times);
    pool.script_plain(&["DROP TABLE oxyde_measure".to_owned()])
        .await?;
    pool.close().await;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
