//! Stress tests of the command: four processes at a time, killed at random moments.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

#[path = "../../oxyde-migrate/tests/servers/mod.rs"]
mod servers;

use std::collections::BTreeSet;
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
    let found = drift(&session, &expected, &BTreeSet::new()).await.unwrap();
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

/// Kills runs at moments spread over the time that a whole run takes.
struct Killer {
    /// The latest moment, in seconds. A run that ended before its moment makes it shorter, so that
    /// some runs are always killed, however fast the machine is.
    latest: f64,
    seed: u64,
    kills: u32,
}

impl Killer {
    /// `whole` is the time of a run that nothing stopped.
    fn new(whole: Duration) -> Self {
        Self {
            // A fixed seed: the moments differ between rounds, not between test runs.
            latest: whole.as_secs_f64().min(0.6),
            seed: 0x2545_f491_4f6c_dd1d,
            kills: 0,
        }
    }

    /// Start the command and kill it at the next moment, or return the output of a run that ended
    /// before it.
    fn strike(&mut self, mut command: Command) -> Option<Output> {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        let part = f64::from(u32::try_from(self.seed >> 40).unwrap()) / f64::from(1_u32 << 24);
        let mut process = command.spawn().unwrap();
        std::thread::sleep(Duration::from_secs_f64(self.latest * part));
        if process.try_wait().unwrap().is_some() {
            self.latest *= 0.9;
            return Some(process.wait_with_output().unwrap());
        }
        process.kill().unwrap();
        process.wait().unwrap();
        self.kills += 1;
        None
    }
}

fn time_of(command: &mut Command, what: &str) -> Duration {
    let started = Instant::now();
    assert_done(&command.output().unwrap(), what);
    started.elapsed()
}

/// Killed on the way forward, and finished by a run that nothing stops.
fn killed_at_random(server: &'static str) {
    runtime().block_on(async {
        let rounds = std::env::var("OXYDE_TEST_KILLS")
            .ok()
            .and_then(|n| n.parse().ok());
        let rounds: u32 = rounds.unwrap_or(50);
        let database = Database::create(server).await;
        // Each run continues where the last was killed, so that short runs reach all steps.
        let whole = time_of(&mut oxyde(&database, &["migrate"]), server).mul_f64(0.6);
        database.drop().await;

        let mut database = Database::create(server).await;
        let mut killer = Killer::new(whole);
        let mut finished = 0;
        while killer.kills < rounds {
            if let Some(output) = killer.strike(oxyde(&database, &["migrate"])) {
                assert_done(&output, server);
            }
            // Sometimes let a run finish what the killed ones left.
            if killer.kills.is_multiple_of(5) {
                let what = format!("{server}, after {} kills", killer.kills);
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

/// The same in reverse: killed, finished, and forward again.
fn killed_on_the_way_back(server: &'static str) {
    runtime().block_on(async {
        let database = Database::create(server).await;
        let forward = || oxyde(&database, &["migrate"]);
        let back = || oxyde(&database, &["migrate", "0002"]);
        assert_done(&forward().output().unwrap(), server);
        let mut killer = Killer::new(time_of(&mut back(), server));
        for round in 1..=3 {
            let what = format!("{server}, round {round}");
            assert_done(&forward().output().unwrap(), &what);
            assert_is_whole(&database, &what).await;
            while killer.kills < 5 * round {
                if let Some(output) = killer.strike(back()) {
                    assert_done(&output, &what);
                    assert_done(&forward().output().unwrap(), &what);
                }
            }
            assert_done(&back().output().unwrap(), &what);
            let rows = database.rows("SELECT count(*) FROM posts").await;
            assert_eq!(rows[0][0].as_deref(), Some("0"), "{what}");
        }
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
