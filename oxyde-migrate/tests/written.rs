//! A migration file reproduces any database content exactly.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use oxyde_migrate::file::{Migration, parse, quoted, render};
use oxyde_migrate::operation::Operation;
use proptest::prelude::*;

fn table(name: &str, column: &str, comment: &str, default: &str) -> Operation {
    let table = serde_json::json!({
        "name": name,
        "comment": comment,
        "columns": [
            {"name": column, "type": "big_int", "nullable": false, "comment": comment,
             "default": default},
        ],
        "primary_key": [column],
    });
    Operation::read("create_table", table).unwrap().unwrap()
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a\r[[operations]]\nop = \"run_python\"".to_owned()),
        Just("\"\"\"\n\\\"\"\"".to_owned()),
        Just("back\\\nline\\".to_owned()),
        Just("\u{2028}\u{85}\0\u{7f}\u{202e}\u{e0041}".to_owned()),
        ".{0,30}",
        proptest::collection::vec(any::<char>(), 1..30).prop_map(String::from_iter),
    ]
}

proptest! {
    #[test]
    fn a_text_is_read_as_it_was_written(text in hostile()) {
        let document: toml::Table = toml::from_str(&format!("a = {}", quoted(&text))).unwrap();
        prop_assert_eq!(document["a"].as_str(), Some(text.as_str()));
    }

    #[test]
    fn a_migration_is_read_as_it_was_written(
        name in hostile(), column in hostile(), comment in hostile(), default in hostile(),
    ) {
        let operations = vec![table(&name, &column, &comment, &default)];
        let migration = Migration::new("0001_initial".to_owned(), vec![name], operations);
        let read = parse("0001_initial.toml", "0001_initial", &render(&migration)).unwrap();
        prop_assert_eq!(read, migration);
    }
}
