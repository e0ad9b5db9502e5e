//! Random walks through schemas on live servers, forward and backward: after each step the
//! database matches the state.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod schemas;
mod servers;

use oxyde_migrate::autodetect::{Knowledge, detect};
use oxyde_migrate::introspect::{Drift, drift};
use oxyde_migrate::operation::Operation;
use oxyde_migrate::plan::Target;
use oxyde_sql::schema::Schema;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use servers::{Database, history, runtime};
use std::collections::BTreeSet;

const WALKS: u8 = 3;
const STEPS: usize = 8;

fn walk(seed: u8) -> Vec<Schema> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = schemas::schema();
    (0..STEPS)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}

async fn assert_same(database: &Database, expected: &Schema, place: &str) {
    let session = database.session().await;
    let found = drift(&session, expected, &BTreeSet::new()).await.unwrap();
    session.close().await;
    assert_eq!(
        found,
        Drift::default(),
        "{} differs {place}",
        database.server
    );
}

fn random_walk(server: &'static str) {
    runtime().block_on(async {
        for seed in 0..WALKS {
            let states = walk(seed);
            let mut old = Schema::default();
            let names: Vec<String> = (0..states.len()).map(|n| format!("{n:04}_step")).collect();
            let mut migrations: Vec<(&str, Vec<Operation>)> = Vec::new();
            for (name, new) in names.iter().zip(&states) {
                let found = detect(&old, new, &Knowledge::default()).unwrap();
                let restore = |operation| match operation {
                    // The only NOT NULL column without a default.
                    Operation::DropColumn(mut drop) if drop.name == "name" => {
                        drop.restore = Some("''".into());
                        Operation::DropColumn(drop)
                    }
                    other => other,
                };
                migrations.push((name, found.operations.into_iter().map(restore).collect()));
                old = new.clone();
            }
            let history = history(migrations);
            let database = Database::create(server).await;
            for (name, state) in names.iter().zip(&states) {
                let target = Target::Migration(name.clone());
                if let Err(error) = database.migrate(&history, target).await {
                    panic!("{server}, seed {seed}: {error}\n{error:?}");
                }
                assert_same(&database, state, &format!("after {name}, seed {seed}")).await;
            }
            assert_eq!(
                database.migrate(&history, Target::Latest).await.unwrap(),
                vec![]
            );
            for at in (0..states.len() - 1).rev() {
                let target = Target::Migration(names[at].clone());
                if let Err(error) = database.migrate(&history, target).await {
                    panic!("{server}, seed {seed}, back to {at}: {error}\n{error:?}");
                }
                assert_same(
                    &database,
                    &states[at],
                    &format!("back at {at}, seed {seed}"),
                )
                .await;
            }
            database.migrate(&history, Target::Zero).await.unwrap();
            assert_same(&database, &Schema::default(), "at zero").await;
            database.drop().await;
        }
    });
}

#[test]
fn postgres() {
    random_walk("postgres");
}

#[test]
fn sqlite() {
    random_walk("sqlite");
}

#[test]
fn mysql() {
    random_walk("mysql");
}

#[test]
fn mariadb() {
    random_walk("mariadb");
}
