//! Autodetection and replay: `cargo bench -p oxyde-migrate`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark fails by panicking"
)]

#[path = "../tests/many/mod.rs"]
mod many;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use many::{altered, schema, write_files};
use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::history::History;
use oxyde_sql::schema::Schema;

fn migrations(criterion: &mut Criterion) {
    let old = schema(500);
    let new = altered(&old);
    let nothing = Schema::default();
    let knowledge = Knowledge::default();
    criterion.bench_function("detect 500 tables", |bencher| {
        bencher.iter(|| detect(black_box(&old), black_box(&new), &knowledge).unwrap());
    });
    criterion.bench_function("detect 500 tables from nothing", |bencher| {
        bencher.iter(|| detect(black_box(&nothing), black_box(&old), &knowledge).unwrap());
    });
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), 1000);
    criterion.bench_function("replay 1000 files", |bencher| {
        bencher.iter(|| {
            History::load(folder.path())
                .unwrap()
                .state(&|_| true)
                .unwrap()
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = migrations
}
criterion_main!(benches);
