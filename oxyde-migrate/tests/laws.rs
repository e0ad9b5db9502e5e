//! Properties of the pure part that hold for any two schemas.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod schemas;

use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::file::{self, Migration};
use oxyde_migrate::operation::Operation;
use oxyde_migrate::state::canonical;
use oxyde_sql::dialect::{DdlStyle, Dialect};
use oxyde_sql::schema::Schema;
use proptest::prelude::*;

fn operations(old: &Schema, new: &Schema) -> Vec<Operation> {
    detect(old, new, &Knowledge::default()).unwrap().operations
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn applying_what_was_detected_gives_the_new_state(
        old in schemas::schema(),
        new in schemas::schema(),
    ) {
        let found = operations(&old, &new);
        prop_assert_eq!(&found, &operations(&old, &new), "twice the same");
        let mut state = old;
        for operation in &found {
            operation.apply(&mut state).unwrap();
        }
        prop_assert_eq!(canonical(&state), canonical(&new));
        prop_assert_eq!(operations(&state, &new), vec![]);
    }

    #[test]
    fn down_after_up_gives_the_old_state(old in schemas::schema(), new in schemas::schema()) {
        let mut state = old.clone();
        let mut back = Vec::new();
        for operation in operations(&old, &new) {
            let operation = with_restore(operation);
            back.push(operation.reverse(&state).unwrap());
            operation.apply(&mut state).unwrap();
        }
        for operation in back.iter().rev() {
            operation.apply(&mut state).unwrap();
        }
        prop_assert_eq!(canonical(&state), canonical(&old));
    }

    #[test]
    fn a_file_says_what_the_migration_is(old in schemas::schema(), new in schemas::schema()) {
        let found = operations(&old, &new);
        let migration = Migration::new("0001_x".into(), vec!["0000_é".into()], found);
        let text = file::render(&migration);
        let read = file::parse("0001_x.toml", "0001_x", &text).unwrap();
        prop_assert_eq!(&read, &migration);
        prop_assert_eq!(file::render(&read), text);
    }

    #[test]
    fn every_database_takes_every_operation(old in schemas::schema(), new in schemas::schema()) {
        for dialect in Dialect::ALL {
            let mut state = old.clone();
            for operation in operations(&old, &new) {
                let before = state.clone();
                operation.apply(&mut state).unwrap();
                operation.lower(&before, &state, DdlStyle::of(dialect)).unwrap();
            }
        }
    }
}

/// Give the operation a value for existing rows, so that a dropped column can be restored.
fn with_restore(operation: Operation) -> Operation {
    match operation {
        Operation::DropColumn(mut drop) => {
            drop.restore.get_or_insert_with(|| "NULL".to_owned());
            drop.into()
        }
        other => other,
    }
}
