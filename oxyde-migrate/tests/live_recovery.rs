//! A failed or interrupted run continues where it stopped; mismatches are refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod servers;

use std::time::Duration;

use oxyde_migrate::executor::{self, Context, MigrateError, Options};
use oxyde_migrate::file;
use oxyde_migrate::history::History;
use oxyde_migrate::ledger;
use oxyde_migrate::plan::{PlanError, Target};
use oxyde_migrate::session::Access;
use servers::{Database, SERVERS, runtime};

const TABLE: &str = r#"
[[operations]]
op = "create_table"
name = "things"
primary_key = ["id"]
columns = [
    { name = "id", type = "big_int", nullable = false, auto_increment = true },
    { name = "name", type = { varchar = { length = 20 } }, nullable = true },
]

[[operations]]
op = "run_sql"
up = "INSERT INTO things (name) VALUES ('a'), ('a'), (NULL)"
down = ""
"#;

const UNIQUE: &str = r#"
[[operations]]
op = "add_column"
table = "things"
column = { name = "extra", type = "big_int", nullable = true }

[[operations]]
op = "run_sql"
up = "UPDATE things SET extra = coalesce(extra, 0) + 1"
down = ""

[[operations]]
op = "add_unique"
table = "things"
unique = { name = "things_name_key", columns = ["name"] }
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

async fn records(database: &Database) -> Vec<ledger::Record> {
    let session = database.session().await;
    let records = ledger::read(&session).await.unwrap();
    session.close().await;
    records
}

#[test]
fn a_failed_step_is_named_and_the_next_run_goes_on() {
    runtime().block_on(async {
        for server in SERVERS {
            let database = Database::create(server).await;
            let before = history(&[("0001_things", TABLE), ("0002_unique", UNIQUE)]);
            let error = database.migrate(&before, Target::Latest).await.unwrap_err();
            assert!(
                error.to_string().starts_with(
                    "migration `0002_unique`, add unique constraint things_name_key to things: "
                ),
                "{server}: {error}"
            );
            let left = records(&database).await;
            let extra = "SELECT count(*) FROM things WHERE extra = 1";
            if left.len() == 2 {
                // DDL commits implicitly here: two steps remain applied, and the hint reports them.
                assert!(
                    error.hint().contains("2 of its 3 steps were applied"),
                    "{}",
                    error.hint()
                );
                assert_eq!(
                    left.iter().find(|r| r.name == "0002_unique").unwrap().step,
                    2
                );
            } else {
                assert!(
                    error
                        .hint()
                        .contains("nothing of this migration was applied")
                );
            }
            // Steps that have run may not be edited; the others may.
            let other = UNIQUE.replace("extra, 0) + 1", "extra, 0) + 2");
            let error = database
                .migrate(
                    &history(&[("0001_things", TABLE), ("0002_unique", &other)]),
                    Target::Latest,
                )
                .await
                .unwrap_err();
            if left.len() == 2 {
                assert!(
                    matches!(
                        error,
                        MigrateError::Plan(PlanError::EditedDone { done: 2, .. })
                    ),
                    "{server}: {error}"
                );
            }
            // The next run continues and repeats no step.
            database
                .run("UPDATE things SET name = 'b' WHERE id = 2")
                .await;
            let corrected = UNIQUE.replace("columns = [\"name\"]", "columns = [\"name\", \"id\"]");
            let after = history(&[("0001_things", TABLE), ("0002_unique", &corrected)]);
            database.migrate(&after, Target::Latest).await.unwrap();
            assert_eq!(
                database.rows(extra).await[0][0].as_deref(),
                Some("3"),
                "{server}"
            );
            assert_eq!(
                database.migrate(&after, Target::Latest).await.unwrap(),
                vec![]
            );
            database.drop().await;
        }
    });
}

#[test]
fn edited_missing_and_unordered_migrations_are_refused() {
    runtime().block_on(async {
        for server in SERVERS {
            let database = Database::create(server).await;
            let first = history(&[("0001_things", TABLE)]);
            database.migrate(&first, Target::Latest).await.unwrap();
            let edited = history(&[("0001_things", &TABLE.replace("'a'", "'z'"))]);
            let error = database.migrate(&edited, Target::Latest).await.unwrap_err();
            assert!(
                matches!(&error, MigrateError::Plan(PlanError::Edited { name }) if name == "0001_things"),
                "{server}: {error}"
            );
            let error = database.migrate(&history(&[]), Target::Latest).await.unwrap_err();
            assert!(matches!(error, MigrateError::Plan(PlanError::MissingFile { .. })));
            // The solution that the hint suggests.
            let options = Options {
                target: Target::Migration("0001".into()),
                fake: true,
                ..Options::default()
            };
            let context =
                Context { progress: &|_| {}, data_steps: None, root: std::path::Path::new(".") };
            executor::migrate(&Access::new(&database.url), &edited, &options, &context).await.unwrap();
            assert_eq!(database.migrate(&edited, Target::Latest).await.unwrap(), vec![]);
            let rows = database.rows("SELECT count(*) FROM things").await;
            assert_eq!(rows[0][0].as_deref(), Some("3"), "{server}: --fake runs nothing");
            database.drop().await;
        }
    });
}

#[test]
fn a_second_migrator_waits_and_then_gives_up() {
    runtime().block_on(async {
        for server in ["postgres", "mysql", "mariadb"] {
            let database = Database::create(server).await;
            let slow = if server == "postgres" {
                "SELECT pg_sleep(2)"
            } else {
                "SELECT SLEEP(2)"
            };
            let slow = format!("[[operations]]\nop = \"run_sql\"\nup = \"{slow}\"\n");
            let history = history(&[("0001_slow", &slow)]);
            let url = database.url.clone();
            let (first, second) = tokio::join!(database.migrate(&history, Target::Latest), async {
                tokio::time::sleep(Duration::from_millis(700)).await;
                let options = Options {
                    lock_timeout: Duration::from_millis(300),
                    ..Options::default()
                };
                let context = Context {
                    progress: &|_| {},
                    data_steps: None,
                    root: std::path::Path::new("."),
                };
                executor::migrate(&Access::new(&url), &history, &options, &context).await
            });
            assert_eq!(first.unwrap().len(), 1, "{server}");
            assert!(
                matches!(second.unwrap_err(), MigrateError::Locked { .. }),
                "{server}"
            );
            database.drop().await;
        }
    });
}

#[test]
fn an_index_that_was_left_invalid_is_built_again() {
    runtime().block_on(async {
        let database = Database::create("postgres").await;
        let unique = "[[operations]]\nop = \"add_index\"\ntable = \"things\"\nconcurrently = true\n\
                      index = { name = \"things_name_idx\", parts = [{ column = \"name\" }], unique = true }\n";
        let history = history(&[("0001_things", TABLE), ("0002_index", unique)]);
        // Two rows with the same name: the index remains as INVALID.
        database.migrate(&history, Target::Latest).await.unwrap_err();
        let state = "SELECT indisvalid::text FROM pg_index WHERE indexrelid = 'things_name_idx'::regclass";
        assert_eq!(database.rows(state).await[0][0].as_deref(), Some("false"));
        database.run("UPDATE things SET name = 'b' WHERE id = 2").await;
        database.migrate(&history, Target::Latest).await.unwrap();
        assert_eq!(database.rows(state).await[0][0].as_deref(), Some("true"));
        // Interrupted after the index was built, before that was recorded: it is not built again.
        database.run("UPDATE oxyde_migrations SET state = 'applying', step = 0, begun = 1 WHERE name = '0002_index'").await;
        database.migrate(&history, Target::Latest).await.unwrap();
        assert_eq!(records(&database).await.len(), 2);
        database.drop().await;
    });
}

#[test]
fn a_squash_counts_where_its_parts_are_applied() {
    runtime().block_on(async {
        for server in SERVERS {
            let database = Database::create(server).await;
            let more = "[[operations]]\nop = \"add_column\"\ntable = \"things\"\n\
                        column = { name = \"extra\", type = \"big_int\", nullable = true }\n";
            let parts = [("0001_things", TABLE), ("0002_more", more)];
            let old = history(&parts);
            let squashed =
                oxyde_migrate::squash::squash(&old, "0001", "0002", "0003_squashed".into())
                    .unwrap();
            let mut all = old.migrations().to_vec();
            all.push(squashed.clone());
            let both = History::new(all).unwrap();

            database.migrate(&old, Target::Latest).await.unwrap();
            let done = database.migrate(&both, Target::Latest).await.unwrap();
            assert!(done.len() == 1 && done[0].record_only, "{server}: {done:?}");
            let alone = History::new(vec![squashed]).unwrap();
            assert_eq!(
                database.migrate(&alone, Target::Latest).await.unwrap(),
                vec![]
            );
            database.drop().await;

            let fresh = Database::create(server).await;
            let done = fresh.migrate(&both, Target::Latest).await.unwrap();
            assert_eq!(done.len(), 1);
            let rows = fresh
                .rows("SELECT count(*) FROM things WHERE extra IS NULL")
                .await;
            assert_eq!(
                rows[0][0].as_deref(),
                Some("3"),
                "{server}: data steps are kept"
            );
            fresh.drop().await;

            let half = Database::create(server).await;
            half.migrate(&history(&parts[..1]), Target::Latest)
                .await
                .unwrap();
            let done = half.migrate(&both, Target::Latest).await.unwrap();
            assert_eq!(done[0].name, "0002_more", "{server}: the old files count");
            half.drop().await;
        }
    });
}

#[test]
fn a_connection_that_is_cut_loses_nothing() {
    runtime().block_on(async {
        for server in ["postgres", "mysql", "mariadb"] {
            let database = Database::create(server).await;
            let postgres = server == "postgres";
            let slow = if postgres {
                "SELECT pg_sleep(30)"
            } else {
                "SELECT SLEEP(30)"
            };
            let slow = format!(
                "{}\n[[operations]]\nop = \"run_sql\"\nup = \"{slow}\"\ndown = \"\"\n",
                UNIQUE
                    .split("[[operations]]")
                    .take(2)
                    .collect::<Vec<_>>()
                    .join("[[operations]]")
            );
            let stuck = history(&[("0001_things", TABLE), ("0002_slow", &slow)]);
            let (result, ()) = tokio::join!(database.migrate(&stuck, Target::Latest), async {
                tokio::time::sleep(Duration::from_secs(3)).await;
                if postgres {
                    database
                        .run(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                             WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'",
                        )
                        .await;
                } else {
                    let find = "SELECT id FROM information_schema.processlist \
                                WHERE db = DATABASE() AND info LIKE 'SELECT SLEEP%'";
                    let id = database.rows(find).await[0][0].clone().unwrap();
                    database.run(&format!("KILL {id}")).await;
                }
            });
            let error = result.unwrap_err();
            assert!(error.to_string().contains("0002_slow"), "{server}: {error}");
            let quick = slow.replace("(30)", "(0)");
            let corrected = history(&[("0001_things", TABLE), ("0002_slow", &quick)]);
            database.migrate(&corrected, Target::Latest).await.unwrap();
            let rows = database
                .rows("SELECT count(*) FROM things WHERE extra IS NULL")
                .await;
            assert_eq!(rows[0][0].as_deref(), Some("3"), "{server}");
            database.drop().await;
        }
    });
}
