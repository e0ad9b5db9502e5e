//! The command under a hard life: four at a time, and killed at random moments.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says so by failing"
)]

#[path = "../../oxyde-migrate/tests/servers/mod.rs"]
mod servers;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use oxyde_migrate::history::History;
use oxyde_migrate::introspect::{Drift, drift};
use servers::{Database, runtime};

fn chain() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../oxyde-migrate/tests/chain")
}

fn oxyde(database: &Database, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oxyde"));
    command
        .args(arguments)
        .args(["--url", &database.url])
        .arg("--migrations")
        .arg(chain())
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn assert_done(output: &Output, what: &str) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{what}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
}

async fn assert_is_whole(database: &Database, what: &str) {
    let history = History::load(&chain()).unwrap();
    let expected = history.state(&|_| true).unwrap();
    let session = database.session().await;
    let found = drift(&session, &expected).await.unwrap();
    session.close().await;
    assert_eq!(found, Drift::default(), "{what}");
    let rows = database.rows("SELECT count(*) FROM post_tags").await;
    assert_eq!(rows[0][0].as_deref(), Some("3"), "{what}");
    let rows = database
        .rows("SELECT count(*) FROM posts WHERE status = 'sketch'")
        .await;
    assert_eq!(rows[0][0].as_deref(), Some("3"), "{what}");
}

fn four_at_a_time(server: &'static str) {
    runtime().block_on(async {
        let database = Database::create(server).await;
        let running: Vec<_> = (0..4)
            .map(|_| oxyde(&database, &["migrate"]).spawn().unwrap())
            .collect();
        let mut applied = 0;
        for process in running {
            let output = process.wait_with_output().unwrap();
            assert_done(&output, server);
            applied += String::from_utf8_lossy(&output.stdout)
                .matches("applied ")
                .count();
        }
        assert_eq!(applied, 30, "{server}: each migration is applied once");
        assert_is_whole(&database, server).await;
        database.drop().await;
    });
}

/// Kill the command at moments spread over the time that a whole run takes, then let it finish.
fn killed_at_random(server: &'static str) {
    runtime().block_on(async {
        let rounds = std::env::var("OXYDE_TEST_KILLS")
            .ok()
            .and_then(|n| n.parse().ok());
        let rounds: u32 = rounds.unwrap_or(50);
        let database = Database::create(server).await;
        let started = Instant::now();
        assert_done(&oxyde(&database, &["migrate"]).output().unwrap(), server);
        let whole = started.elapsed();
        database.drop().await;

        let mut database = Database::create(server).await;
        let (mut kills, mut finished) = (0, 0);
        // A fixed seed: the moments differ from round to round, not from run to run.
        let mut seed: u64 = 0x2545_f491_4f6c_dd1d;
        while kills < rounds {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let part = f64::from(u32::try_from(seed >> 40).unwrap()) / f64::from(1_u32 << 24);
            let mut process = oxyde(&database, &["migrate"]).spawn().unwrap();
            // Each run goes on where the last was killed, so that short runs reach all steps.
            let longest = (whole.as_secs_f64() * 0.6).min(0.6);
            std::thread::sleep(Duration::from_secs_f64(longest * part));
            if process.try_wait().unwrap().is_none() {
                process.kill().unwrap();
                process.wait().unwrap();
                kills += 1;
            } else {
                assert_done(&process.wait_with_output().unwrap(), server);
            }
            // Now and then it may finish what the killed ones left.
            if kills % 5 == 0 {
                let what = format!("{server}, after {kills} kills");
                assert_done(&oxyde(&database, &["migrate"]).output().unwrap(), &what);
                assert_is_whole(&database, &what).await;
                finished += 1;
                database.drop().await;
                database = Database::create(server).await;
            }
        }
        assert!(finished >= rounds / 5);
        database.drop().await;
    });
}

/// The same on the way back: killed, finished, and forwards again.
fn killed_on_the_way_back(server: &'static str) {
    runtime().block_on(async {
        let database = Database::create(server).await;
        let mut kills = 0;
        for round in 0..3 {
            let what = format!("{server}, round {round}");
            assert_done(&oxyde(&database, &["migrate"]).output().unwrap(), &what);
            assert_is_whole(&database, &what).await;
            for wait in [30, 70, 150, 260, 400] {
                let mut process = oxyde(&database, &["migrate", "0002"]).spawn().unwrap();
                std::thread::sleep(Duration::from_millis(wait + 13 * round));
                if process.try_wait().unwrap().is_none() {
                    process.kill().unwrap();
                    kills += 1;
                }
                process.wait().unwrap();
            }
            assert_done(
                &oxyde(&database, &["migrate", "0002"]).output().unwrap(),
                &what,
            );
            let rows = database.rows("SELECT count(*) FROM posts").await;
            assert_eq!(rows[0][0].as_deref(), Some("0"), "{what}");
        }
        assert!(kills > 0, "{server}: nothing was killed");
        database.drop().await;
    });
}

macro_rules! on_each_server {
    ($($name:ident),+) => {$(
        mod $name {
            #[test]
            fn four_at_a_time() {
                super::four_at_a_time(stringify!($name));
            }

            #[test]
            fn killed_on_the_way_back() {
                super::killed_on_the_way_back(stringify!($name));
            }

            #[test]
            fn killed_at_random() {
                super::killed_at_random(stringify!($name));
            }
        }
    )+};
}

on_each_server!(postgres, sqlite, mysql, mariadb);
