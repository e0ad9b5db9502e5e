//! Speed of the pure part. The bounds are wide: they catch quadratic growth with
//! the number of tables or files, on a busy machine and without optimisation.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod many;

use std::time::{Duration, Instant};

use many::{altered, schema, write_files};
use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::file::Migration;
use oxyde_migrate::history::History;
use oxyde_migrate::lint::lint;
use oxyde_sql::dialect::{DdlStyle, Dialect};
use oxyde_sql::schema::Schema;

fn timed<T>(what: &str, bound: Duration, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = work();
    let took = started.elapsed();
    assert!(took < bound, "{what} took {took:?}");
    result
}

#[test]
fn five_hundred_tables() {
    let old = schema(500);
    let new = altered(&old);
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
    write_files(folder.path(), 1000);
    let state = timed("a thousand files", Duration::from_secs(5), || {
        History::load(folder.path())
            .unwrap()
            .state(&|_| true)
            .unwrap()
    });
    assert_eq!(state.tables.len(), 100);
}

#[test]
fn lint_of_a_thousand_tables() {
    let old = schema(1000);
    let found = detect(&Schema::default(), &old, &Knowledge::default()).unwrap();
    let migration = Migration::new("0001_initial".to_owned(), Vec::new(), found.operations);
    let history = History::new(vec![migration]).unwrap();
    for dialect in Dialect::ALL {
        let style = DdlStyle::of(dialect);
        timed("lint of 1000 tables", Duration::from_secs(3), || {
            lint(&history, (style, None), &|_| true, &|_, _| false).unwrap()
        });
    }
}
