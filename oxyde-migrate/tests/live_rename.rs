//! Given renames keep rows, and derived names follow.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod servers;

use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::introspect::{Drift, drift};
use oxyde_migrate::operation::Operation;
use oxyde_migrate::plan::Target;
use oxyde_sql::schema::Schema;
use servers::{Database, SERVERS, history, runtime};
use std::collections::BTreeSet;

/// Two tables; `$t` is the first one's name, `$c` one of its columns, `$e` a label.
const SCHEMA: &str = r#"{"tables": [
    {"name": "$t", "primary_key": ["id"], "columns": [
        {"name": "id", "type": "big_int", "nullable": false, "auto_increment": true},
        {"name": "$c", "type": {"varchar": {"length": 40}}, "nullable": false},
        {"name": "state", "type": {"enum": {"name": "mood", "values": ["$e", "sad"]}},
         "nullable": false, "default": "'$e'"},
        {"name": "parent_id", "type": "big_int", "nullable": true}
     ],
     "uniques": [{"name": "$t_$c_key", "columns": ["$c"]}],
     "indexes": [{"name": "$t_$c_state_idx", "parts": [{"column_desc": "$c"}, {"column": "state"}]}],
     "checks": [{"name": "$t_$c_check", "condition": "$c <> 'no name'"}],
     "foreign_keys": [{"name": "$t_parent_id_fkey", "columns": ["parent_id"], "target_table": "$t",
        "target_columns": ["id"], "on_delete": "set_null", "on_update": "no_action"}]},
    {"name": "notes", "primary_key": ["id"], "columns": [
        {"name": "id", "type": "big_int", "nullable": false, "auto_increment": true},
        {"name": "owner", "type": {"varchar": {"length": 40}}, "nullable": false}
     ],
     "foreign_keys": [{"name": "notes_owner_fkey", "columns": ["owner"], "target_table": "$t",
        "target_columns": ["$c"], "on_delete": "cascade", "on_update": "cascade"}]}
]}"#;

fn schema(table: &str, column: &str, label: &str) -> Schema {
    let text = SCHEMA
        .replace("$t", table)
        .replace("$c", column)
        .replace("$e", label);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn everything_follows_and_nothing_is_dropped() {
    let (old, new) = (
        schema("users", "name", "fine"),
        schema("people", "full_name", "ok"),
    );
    let mut knowledge = Knowledge::default();
    knowledge
        .renames
        .tables
        .insert("users".into(), "people".into());
    let column = ("people".to_owned(), "name".to_owned());
    knowledge.renames.columns.insert(column, "full_name".into());
    let label = ("mood".to_owned(), "fine".to_owned());
    knowledge.renames.columns.insert(label, "ok".into());
    let found = detect(&old, &new, &knowledge).unwrap();
    assert_eq!(found.questions, vec![]);
    let tags: Vec<&str> = found.operations.iter().map(Operation::tag).collect();
    assert!(
        tags.iter().all(|tag| tag.starts_with("rename_")),
        "{tags:?}"
    );

    let create = detect(&Schema::default(), &old, &Knowledge::default())
        .unwrap()
        .operations;
    let history = history(vec![("0001_old", create), ("0002_new", found.operations)]);
    runtime().block_on(async {
        for server in SERVERS {
            let database = Database::create(server).await;
            let to = |name: &str| Target::Migration(name.to_owned());
            database.migrate(&history, to("0001")).await.unwrap();
            database
                .run("INSERT INTO users (name, parent_id) VALUES ('Ann', NULL)")
                .await;
            database
                .run("INSERT INTO notes (owner) VALUES ('Ann')")
                .await;
            for (target, expected, query) in [
                ("0002", &new, "SELECT full_name, state FROM people"),
                ("0001", &old, "SELECT name, state FROM users"),
                ("0002", &new, "SELECT full_name, state FROM people"),
            ] {
                if let Err(error) = database.migrate(&history, to(target)).await {
                    panic!("{server} to {target}: {error}\n{error:?}");
                }
                let session = database.session().await;
                let differs = drift(&session, expected, &BTreeSet::new()).await.unwrap();
                session.close().await;
                assert_eq!(differs, Drift::default(), "{server} at {target}");
                let row = database.rows(query).await.remove(0);
                let label = if target == "0002" { "ok" } else { "fine" };
                assert_eq!(
                    row,
                    [Some("Ann".to_owned()), Some(label.to_owned())],
                    "{server}"
                );
            }
            let notes = database.rows("SELECT count(*) FROM notes").await;
            assert_eq!(notes[0][0].as_deref(), Some("1"), "{server}");
            database.drop().await;
        }
    });
}
