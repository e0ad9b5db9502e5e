use oxyde_sql::ir::{BulkUpdate, Statement};

use super::schema::{columns, named, users};

pub fn cases() -> Vec<(String, Statement)> {
    let bulk = |keys: &[&str], names: &[&str]| {
        Statement::BulkUpdate(Box::new(BulkUpdate {
            table: users(),
            keys: columns(keys),
            columns: columns(names),
        }))
    };
    named(vec![
        ("one", bulk(&["id"], &["name"])),
        (
            "all_types",
            bulk(
                &["id"],
                &[
                    "name", "bio", "age", "score", "balance", "active", "born", "wakes", "created",
                    "seen", "worked", "token", "data", "ip", "avatar", "mood",
                ],
            ),
        ),
        ("array", bulk(&["id"], &["tags", "mood"])),
        ("two_keys", bulk(&["id", "name"], &["age"])),
        ("decimal_key", bulk(&["balance"], &["age"])),
        ("alias", {
            Statement::BulkUpdate(Box::new(BulkUpdate {
                table: users().aliased("t0"),
                keys: columns(&["id"]),
                columns: columns(&["age"]),
            }))
        }),
        ("no_keys", bulk(&[], &["name"])),
        ("no_columns", bulk(&["id"], &[])),
    ])
}
