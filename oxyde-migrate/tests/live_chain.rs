//! A chain of 30 varied migrations on live servers, up and down, that keeps all rows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod servers;

use std::collections::BTreeSet;
use std::path::Path;

use oxyde_migrate::history::History;
use oxyde_migrate::introspect::{Drift, drift};
use oxyde_migrate::plan::Target;
use servers::{Database, runtime};

fn chain() -> History {
    History::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chain")).unwrap()
}

async fn assert_as_its_migrations_say(database: &Database, history: &History, last: &str) {
    let included = history.ancestors(last);
    let expected = history
        .state(&|migration| included.contains(&migration.name))
        .unwrap();
    let session = database.session().await;
    let found = drift(&session, &expected, &BTreeSet::new()).await.unwrap();
    session.close().await;
    assert_eq!(found, Drift::default(), "{} after {last}", database.server);
}

async fn cells(database: &Database, sql: &str) -> Vec<String> {
    let rows = database.rows(sql).await;
    rows.into_iter()
        .map(|row| {
            row.into_iter()
                .map(Option::unwrap_or_default)
                .collect::<Vec<_>>()
                .join("|")
        })
        .collect()
}

async fn assert_all_rows_are_there(database: &Database) {
    assert_eq!(
        cells(
            database,
            "SELECT id, name, email, bio FROM users ORDER BY id"
        )
        .await,
        ["1|Ann|ann@x|", "2|Bob; Bo|bob@x|", "3|C|c@x|"],
        "{}",
        database.server
    );
    let posts = "SELECT id, author_id, headline, views, status, parent_id FROM posts ORDER BY id";
    let posts = cells(database, posts).await;
    assert_eq!(
        posts,
        [
            "1|1|One|1|published|",
            "2|1|Two|2|sketch|1",
            "3|2|Three|3|sketch|",
            "4|2|Four|4|sketch|"
        ],
        "{}",
        database.server
    );
    assert_eq!(
        cells(
            database,
            "SELECT post_id, tag_id FROM post_tags ORDER BY 1, 2"
        )
        .await,
        ["1|1", "1|2", "3|2"]
    );
}

fn up_and_down(server: &'static str) {
    runtime().block_on(async {
        let history = chain();
        let names: Vec<String> = history
            .migrations()
            .iter()
            .map(|m| m.name.clone())
            .collect();
        assert_eq!(names.len(), 30);
        let database = Database::create(server).await;
        for name in &names {
            let target = Target::Migration(name.clone());
            if let Err(error) = database.migrate(&history, target).await {
                panic!("{server}: {error}\n{error:?}");
            }
            assert_as_its_migrations_say(&database, &history, name).await;
        }
        assert_all_rows_are_there(&database).await;
        for name in names.iter().rev().skip(1).take(26) {
            let target = Target::Migration(name.clone());
            if let Err(error) = database.migrate(&history, target).await {
                panic!("{server}: back to {name}: {error}\n{error:?}");
            }
            assert_as_its_migrations_say(&database, &history, name).await;
        }
        assert_eq!(
            cells(
                &database,
                "SELECT id, author_id, title, body, views FROM posts ORDER BY id"
            )
            .await,
            ["1|1|One|a|1", "2|1|Two||2", "3|2|Three|c|3", "4|2|Four||4"],
            "{server}: rows after the way back"
        );
        let again = database.migrate(&history, Target::Latest).await.unwrap();
        assert_eq!(again.len(), 26);
        assert_all_rows_are_there(&database).await;
        assert_as_its_migrations_say(&database, &history, &names[29]).await;
        database.migrate(&history, Target::Zero).await.unwrap();
        let session = database.session().await;
        let left = oxyde_migrate::introspect::introspect(&session)
            .await
            .unwrap();
        session.close().await;
        assert_eq!(left.tables, vec![], "{server}: tables that are left");
        database.drop().await;
    });
}

#[test]
fn postgres() {
    up_and_down("postgres");
}

#[test]
fn sqlite() {
    up_and_down("sqlite");
}

#[test]
fn mysql() {
    up_and_down("mysql");
}

#[test]
fn mariadb() {
    up_and_down("mariadb");
}
