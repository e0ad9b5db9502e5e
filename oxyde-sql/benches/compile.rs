//! From the IR to SQL: `cargo bench -p oxyde-sql`.
//!
//! The statements are the contract's shared cases, about 30 of all kinds.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark fails by panicking"
)]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use oxyde_sql::dialect::{Dialect, Features};
use oxyde_sql::ir::Message;
use oxyde_sql::msgpack::read_message;

fn messages() -> Vec<Message> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ir");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        .collect()
}

fn compile(criterion: &mut Criterion) {
    let messages = messages();
    let packed: Vec<_> = messages
        .iter()
        .map(|message| rmp_serde::to_vec_named(message).unwrap())
        .collect();
    let mut group = criterion.benchmark_group(format!("{} statements", messages.len()));
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            for bytes in &packed {
                black_box(read_message(black_box(bytes)).unwrap());
            }
        });
    });
    for name in ["postgres", "sqlite", "mysql", "mariadb"] {
        let features = Features::of(Dialect::from_name(name).unwrap());
        group.bench_function(format!("compile for {name}"), |bencher| {
            bencher.iter(|| {
                for message in &messages {
                    // Some are refused there: that takes time as well.
                    let _ = black_box(oxyde_sql::compile(black_box(&message.statement), &features));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, compile);
criterion_main!(benches);
