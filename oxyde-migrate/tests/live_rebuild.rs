//! SQLite's rebuilds lose nothing: child rows, indexes, triggers, views and counters.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod servers;

use oxyde_migrate::executor::MigrateError;
use oxyde_migrate::file;
use oxyde_migrate::history::History;
use oxyde_migrate::plan::Target;
use servers::{Database, runtime};

const TABLES: &str = r#"
[[operations]]
op = "create_table"
name = "parent"
primary_key = ["id"]
columns = [
    { name = "id", type = "big_int", nullable = false, auto_increment = true },
    { name = "name", type = "text", nullable = true },
    { name = "code", type = "text", nullable = true },
]
indexes = [{ name = "parent_name_idx", parts = [{ column = "name" }] }]

[[operations]]
op = "create_table"
name = "child"
primary_key = ["id"]
columns = [
    { name = "id", type = "big_int", nullable = false, auto_increment = true },
    { name = "parent_id", type = "big_int", nullable = false },
    { name = "other_id", type = "big_int", nullable = true },
]
foreign_keys = [
    { name = "child_parent_id_fkey", columns = ["parent_id"], target_table = "parent", target_columns = ["id"], on_delete = "cascade", on_update = "cascade" },
    { name = "child_other_id_fkey", columns = ["other_id"], target_table = "parent", target_columns = ["id"], on_delete = "set_null", on_update = "no_action" },
]

[[operations]]
op = "run_sql"
up = """
INSERT INTO parent (id, name, code) VALUES (1, 'a', 'x'), (2, 'b', NULL), (9, 'gone', NULL);
DELETE FROM parent WHERE id = 9;
INSERT INTO child (parent_id, other_id) VALUES (1, 2), (1, 1), (2, NULL);
CREATE TABLE log (text TEXT);
CREATE TRIGGER parent_log AFTER UPDATE ON parent BEGIN INSERT INTO log VALUES (new.name); END;
CREATE TRIGGER child_touch AFTER INSERT ON child BEGIN UPDATE parent SET name = name WHERE id = new.parent_id; END;
CREATE VIEW names AS SELECT p.name, count(*) AS children FROM parent p JOIN child c ON c.parent_id = p.id GROUP BY p.id;
CREATE INDEX parent_by_hand ON parent (lower(name)) WHERE name IS NOT NULL;
"""
down = ""
"#;

const NOT_NULL: &str = r#"
[[operations]]
op = "alter_column"
table = "parent"
column = { name = "name", type = { varchar = { length = 20 } }, nullable = false }

[[operations]]
op = "add_check"
table = "parent"
check = { name = "parent_name_check", condition = "length(name) > 0" }
"#;

const DROP_USED: &str = r#"
[[operations]]
op = "run_sql"
up = "CREATE VIEW codes AS SELECT code FROM parent"
down = "DROP VIEW codes"

[[operations]]
op = "add_index"
table = "parent"
index = { name = "parent_code_idx", parts = [{ expression = "upper(code)" }] }

[[operations]]
op = "drop_index"
table = "parent"
name = "parent_code_idx"

[[operations]]
op = "alter_column"
table = "parent"
column = { name = "code", type = "text", nullable = false }
"#;

fn history(parts: &[(&str, &str)]) -> History {
    let mut before = String::new();
    let migrations = parts.iter().map(|(name, operations)| {
        let text = format!("depends_on = [{before}]\n{operations}");
        before = format!("{name:?}");
        file::parse(&format!("{name}.toml"), name, &text).unwrap()
    });
    History::new(migrations.collect()).unwrap()
}

async fn one(database: &Database, sql: &str) -> String {
    database.rows(sql).await[0][0].clone().unwrap_or_default()
}

#[test]
fn nothing_is_lost() {
    runtime().block_on(async {
        let database = Database::create("sqlite").await;
        let history = history(&[("0001_tables", TABLES), ("0002_not_null", NOT_NULL)]);
        database.migrate(&history, Target::Latest).await.unwrap();
        assert_eq!(one(&database, "SELECT count(*) FROM child").await, "3");
        assert_eq!(
            one(&database, "SELECT count(other_id) FROM child").await,
            "2"
        );
        assert_eq!(
            one(
                &database,
                "SELECT group_concat(name || children) FROM names"
            )
            .await,
            "a2,b1"
        );
        assert_eq!(
            one(
                &database,
                "SELECT group_concat(name) FROM (SELECT name FROM sqlite_master \
                 WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY name)"
            )
            .await,
            "child_touch,parent_by_hand,parent_log,parent_name_idx"
        );
        database
            .run("UPDATE parent SET name = 'c' WHERE id = 2")
            .await;
        assert_eq!(
            one(&database, "SELECT group_concat(text) FROM log").await,
            "c"
        );
        // The highest key ever generated is not reused.
        database
            .run("INSERT INTO parent (name) VALUES ('new')")
            .await;
        assert_eq!(one(&database, "SELECT max(id) FROM parent").await, "10");
        assert_eq!(
            one(&database, "SELECT count(*) FROM pragma_foreign_key_check").await,
            "0"
        );
        // The foreign keys are still enforced.
        database.run("DELETE FROM parent WHERE id = 1").await;
        assert_eq!(one(&database, "SELECT count(*) FROM child").await, "1");
        database
            .migrate(&history, Target::Migration("0001".into()))
            .await
            .unwrap();
        assert_eq!(one(&database, "SELECT count(*) FROM child").await, "1");
        assert_eq!(one(&database, "SELECT count(*) FROM parent").await, "2");
        database.drop().await;
    });
}

#[test]
fn a_rebuild_that_fails_leaves_everything_as_it_was() {
    runtime().block_on(async {
        let database = Database::create("sqlite").await;
        let history = history(&[("0001_tables", TABLES), ("0002_used", DROP_USED)]);
        let error = database
            .migrate(&history, Target::Latest)
            .await
            .unwrap_err();
        let MigrateError::Step(step) = &error else {
            panic!("{error:?}");
        };
        assert_eq!(
            (step.migration.as_str(), step.operation.as_str()),
            ("0002_used", "alter column parent.code")
        );
        assert!(
            error
                .hint()
                .contains("nothing of this migration was applied"),
            "{}",
            error.hint()
        );
        assert_eq!(one(&database, "SELECT count(*) FROM child").await, "3");
        assert_eq!(one(&database, "SELECT count(*) FROM parent").await, "2");
        let views = "SELECT group_concat(name) FROM sqlite_master WHERE type = 'view'";
        assert_eq!(one(&database, views).await, "names");
        assert_eq!(
            one(&database, "SELECT count(*) FROM oxyde_migrations").await,
            "1"
        );
        database.drop().await;
    });
}

#[test]
fn rows_that_would_point_at_nothing_are_refused() {
    runtime().block_on(async {
        let database = Database::create("sqlite").await;
        let delete = "[[operations]]\nop = \"run_sql\"\nup = \"DELETE FROM parent WHERE id = 2\"\n";
        let both = format!("{NOT_NULL}\n{delete}");
        let history = history(&[("0001_tables", TABLES), ("0002_dangling", &both)]);
        let error = database
            .migrate(&history, Target::Latest)
            .await
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("rows of table `child` would refer to missing rows of `parent`"),
            "{error}"
        );
        assert_eq!(one(&database, "SELECT count(*) FROM parent").await, "2");
        database.drop().await;
    });
}

#[test]
fn several_rebuilds_of_a_table_are_one() {
    let history = history(&[("0001_tables", TABLES), ("0002_not_null", NOT_NULL)]);
    let mut state = oxyde_sql::schema::Schema::default();
    let style = oxyde_sql::dialect::DdlStyle::of(oxyde_sql::dialect::Dialect::Sqlite);
    let planned: Vec<_> = history
        .migrations()
        .iter()
        .map(|migration| oxyde_migrate::plan::forwards(migration, &mut state, style).unwrap())
        .collect();
    let steps = &planned[1].steps;
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert_eq!((steps[0].operation, steps[0].through), (0, 1));
}
