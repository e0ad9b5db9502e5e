//! SQLite's peculiarities.

use std::future::poll_fn;
use std::pin::pin;
use std::time::{Duration, Instant};

use oxyde_driver::{BeginOptions, Cause, Cell, DriverError, Executor as _, Pool, PoolSettings};
use oxyde_sql::plan::{Bind, Form};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::plans::plan;
use crate::server::{Server, run, with_database};

async fn ask(pool: &Pool, sql: &str) -> Value {
    let rows = pool
        .fetch_raw(sql, ())
        .await
        .unwrap_or_else(|problem| panic!("{sql}: {problem}"));
    crate::values::value_of(rows.cell(0, 0))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_in_sql() {
    let pool = Pool::connect("sqlite://", PoolSettings::default())
        .await
        .unwrap();
    for (sql, expected) in [
        ("oxyde_decimal_add('0.1', '0.2')", text("0.3")),
        (
            "oxyde_decimal_mul('99999999999999999999', 3)",
            text("299999999999999999997"),
        ),
        ("oxyde_decimal_div('1', '0')", Value::Null),
        ("oxyde_decimal_add(NULL, '1')", Value::Null),
        ("'9' < '10' COLLATE oxyde_decimal", Value::Int(1)),
        ("'1.50' = '1.5' COLLATE oxyde_decimal", Value::Int(1)),
        ("oxyde_casefold('ÀÉ')", text("àé")),
        ("'abc' REGEXP '^a.c$'", Value::Int(1)),
        ("oxyde_iregexp('^A', 'abc')", Value::Int(1)),
        ("oxyde_int_add(1, 2)", Value::Int(3)),
        ("oxyde_md5('abc')", text("900150983cd24fb0d6963f7d28e17f72")),
        ("oxyde_trunc('month', '2024-02-29')", text("2024-02-01")),
        ("oxyde_json_contains('{\"a\": 1}', '{}')", Value::Int(1)),
    ] {
        assert_eq!(
            ask(&pool, &format!("SELECT {sql} AS v")).await,
            expected,
            "{sql}"
        );
    }
    run(&pool, "CREATE TABLE d (g INTEGER, v DECIMAL TEXT)").await;
    run(
        &pool,
        "INSERT INTO d VALUES (1, '0.1'), (1, '0.2'), (1, NULL), (2, '10'), (2, '9')",
    )
    .await;
    let sum = "SELECT oxyde_decimal_sum(v) AS v FROM d WHERE g = ";
    assert_eq!(ask(&pool, &format!("{sum}1")).await, text("0.3"));
    assert_eq!(ask(&pool, &format!("{sum}3")).await, Value::Null);
    assert_eq!(
        ask(&pool, "SELECT MAX(v COLLATE oxyde_decimal) AS v FROM d").await,
        text("10")
    );
    assert_eq!(
        ask(&pool, "SELECT oxyde_decimal_avg(v) AS v FROM d WHERE g = 2").await,
        text("9.5")
    );
    let rows = pool
        .fetch_raw(
            "SELECT v FROM d WHERE v IS NOT NULL ORDER BY v COLLATE oxyde_decimal",
            (),
        )
        .await
        .unwrap();
    assert_eq!(rows.cell(3, 0), Cell::Decimal("10"));
    for (sql, cause) in [
        (
            "SELECT oxyde_int_add(9223372036854775807, 1)",
            Cause::ValueOutOfRange,
        ),
        ("SELECT oxyde_decimal_sum('x')", Cause::Other),
        ("SELECT 'a' REGEXP '('", Cause::Other),
        // An unknown double-quoted name is not a string.
        ("SELECT \"no_such_column\" FROM d", Cause::UndefinedColumn),
    ] {
        let problem = pool.fetch_raw(sql, ()).await.unwrap_err();
        assert_eq!(problem.cause(), Some(cause), "{sql}: {problem:?}");
    }
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_patterns() {
    let pool = Pool::connect("sqlite://", PoolSettings::default())
        .await
        .unwrap();
    run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)").await;
    run(
        &pool,
        "INSERT INTO t VALUES (1, '50%'), (2, '50x'), (3, 'a_b')",
    )
    .await;
    let mut find = (*plan(
        Server::Sqlite,
        "SELECT id FROM t WHERE id IN (SELECT value FROM json_each(?)) AND name LIKE ? ESCAPE '\\'",
        &[ColumnType::BigInt, ColumnType::Text],
        &[("id", ColumnType::BigInt)],
        false,
    ))
    .clone();
    find.binds[0] = Bind {
        form: Form::JsonList,
        ..find.binds[0].clone()
    };
    find.binds[1] = Bind {
        form: Form::Contains,
        ..find.binds[1].clone()
    };
    let find = std::sync::Arc::new(find);
    let ids = Value::List((0..100_000).map(Value::Int).collect());
    let rows = pool.fetch(&find, vec![ids, text("0%")]).await.unwrap();
    assert_eq!((rows.len(), rows.cell(0, 0)), (1, Cell::Int(1)));
    let rows = pool
        .fetch(&find, vec![Value::List(vec![]), text("")])
        .await
        .unwrap();
    assert!(rows.is_empty());
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_hold_on_every_connection() {
    with_database(Server::Sqlite, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        let options = BeginOptions {
            read_only: true,
            ..BeginOptions::default()
        };
        let mut held = Vec::new();
        for _ in 0..3 {
            let transaction = pool.begin_with(options).await.unwrap();
            for (sql, expected) in [
                ("PRAGMA journal_mode", text("wal")),
                ("PRAGMA synchronous", Value::Int(1)),
                ("PRAGMA foreign_keys", Value::Int(1)),
                ("PRAGMA cache_size", Value::Int(-10_000)),
            ] {
                let rows = transaction.fetch_raw(sql, ()).await.unwrap();
                assert_eq!(crate::values::value_of(rows.cell(0, 0)), expected, "{sql}");
            }
            held.push(transaction);
        }
        drop(held);
        pool.close().await;
        // The last connection to close removes the WAL file.
        let (_, path) = database.url.split_once(":///").unwrap();
        assert!(!std::path::Path::new(&format!("{path}-wal")).exists());
    })
    .await;
}

/// Many processes open and close a new file at the same time: none sees the locks of the switch to
/// WAL or of its removal.
#[tokio::test(flavor = "multi_thread")]
async fn many_open_one_new_file() {
    for _ in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:///{}", folder.path().join("new.db").display());
        let openings = (0..8).map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let pool = Pool::connect(&url, PoolSettings::default()).await?;
                pool.fetch_raw("SELECT 1 AS one", ()).await?;
                pool.close().await;
                Ok::<(), DriverError>(())
            })
        });
        for opening in openings.collect::<Vec<_>>() {
            opening.await.unwrap().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_only_read() {
    with_database(Server::Sqlite, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
        let url = format!("{}?mode=ro", database.url);
        let reader = Pool::connect(&url, PoolSettings::default()).await.unwrap();
        assert_eq!(
            ask(&reader, "SELECT COUNT(*) AS n FROM t").await,
            Value::Int(0)
        );
        let problem = reader
            .fetch_raw("INSERT INTO t VALUES (1)", ())
            .await
            .unwrap_err();
        assert_eq!(problem.cause(), Some(Cause::ReadOnly), "{problem:?}");
        reader.close().await;
        pool.close().await;
    })
    .await;
}

/// Another process holds the lock: this one waits up to the busy timeout, then fails; and
/// a cancel ends the wait.
#[tokio::test(flavor = "multi_thread")]
async fn another_process_writes() {
    with_database(Server::Sqlite, |database| async move {
        let settings = PoolSettings {
            sqlite_busy_timeout: 300,
            ..PoolSettings::default()
        };
        let pool = database.pool(settings).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
        let (_, path) = database.url.split_once(":///").unwrap();
        let script = "import sqlite3, sys, time\n\
                      db = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                      db.execute('BEGIN IMMEDIATE')\n\
                      print('locked', flush=True)\n\
                      time.sleep(1.5)\n\
                      db.execute('COMMIT')\n";
        let mut other = std::process::Command::new("python3")
            .args(["-c", script, path])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = other.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
        assert_eq!(line.trim(), "locked");
        // Reads need no lock.
        assert_eq!(
            ask(&pool, "SELECT COUNT(*) AS n FROM t").await,
            Value::Int(0)
        );
        let began = Instant::now();
        let problem = pool
            .fetch_raw("INSERT INTO t VALUES (1)", ())
            .await
            .unwrap_err();
        assert_eq!(problem.cause(), Some(Cause::LockTimeout), "{problem:?}");
        assert!(problem.is_retryable());
        let waited = began.elapsed();
        assert!(
            waited > Duration::from_millis(250) && waited < Duration::from_millis(900),
            "{waited:?}"
        );
        let patient = database
            .pool(PoolSettings {
                sqlite_busy_timeout: 5_000,
                ..PoolSettings::default()
            })
            .await;
        let cancel = oxyde_driver::Cancel::new();
        let remote = cancel.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            remote.fire();
        });
        let began = Instant::now();
        let problem = patient.cancelled_by(&cancel).begin().await.unwrap_err();
        assert_eq!(problem, DriverError::Cancelled);
        assert!(
            began.elapsed() < Duration::from_millis(500),
            "{:?}",
            began.elapsed()
        );
        // A task that waits long enough gets the lock.
        patient
            .fetch_raw("INSERT INTO t VALUES (1)", ())
            .await
            .unwrap();
        assert!(other.wait().unwrap().success());
        patient.close().await;
        pool.close().await;
    })
    .await;
}

/// Many writers of one process: each gets its turn, and none gets "database is locked".
#[tokio::test(flavor = "multi_thread")]
async fn many_writers() {
    with_database(Server::Sqlite, |database| async move {
        let settings = PoolSettings {
            sqlite_busy_timeout: 1_000,
            ..PoolSettings::default()
        };
        let pool = database.pool(settings).await;
        run(
            &pool,
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER)",
        )
        .await;
        let mut tasks = Vec::new();
        for task in 0..200 {
            let pool = pool.clone();
            tasks.push(tokio::spawn(async move {
                let add = plan(
                    Server::Sqlite,
                    "INSERT INTO t (n) VALUES (?)",
                    &[ColumnType::BigInt],
                    &[],
                    true,
                );
                if task % 2 == 0 {
                    let done = pool.execute(&add, vec![Value::Int(task)]).await.unwrap();
                    assert!(done.last_insert_id.is_some());
                } else {
                    let transaction = pool.begin().await.unwrap();
                    transaction
                        .execute(&add, vec![Value::Int(task)])
                        .await
                        .unwrap();
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    transaction.commit().await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(
            ask(&pool, "SELECT COUNT(*) AS n FROM t").await,
            Value::Int(200)
        );
        pool.close().await;
    })
    .await;
}

/// The longest time that one poll of a future takes.
async fn longest_poll<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let mut work = pin!(work);
    let mut longest = Duration::ZERO;
    let value = poll_fn(|context| {
        let start = Instant::now();
        let polled = work.as_mut().poll(context);
        longest = longest.max(start.elapsed());
        polled
    })
    .await;
    (value, longest)
}

/// A write that takes too long for the calling thread is undone there and done on another one: it
/// happens once, and the calling thread is soon free.
#[tokio::test]
async fn a_long_write_happens_once() {
    with_database(Server::Sqlite, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)").await;
        run(
            &pool,
            "WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 300000) \
             INSERT INTO t SELECT i, 0 FROM c",
        )
        .await;
        let bigint = [ColumnType::BigInt];
        let sql = "UPDATE t SET n = n + 1 WHERE id <= ?";
        let change = plan(Server::Sqlite, sql, &bigint, &[], true);
        let mut longest = Duration::MAX;
        for count in [1, 300_000, 1, 300_000, 2, 300_000] {
            let values = vec![Value::Int(count)];
            let (done, took) = longest_poll(pool.execute(&change, values)).await;
            assert_eq!(done.unwrap().affected, u64::try_from(count).unwrap());
            if count > 2 {
                longest = longest.min(took);
            }
        }
        assert!(longest < Duration::from_millis(25), "{longest:?}");
        for (condition, expected) in [("id = 1", 6), ("id = 2", 4), ("id > 2", 3 * 299_998)] {
            let sum = format!("SELECT sum(n) AS v FROM t WHERE {condition}");
            assert_eq!(ask(&pool, &sum).await, Value::Int(expected), "{condition}");
        }
        pool.close().await;
    })
    .await;
}

/// The write-ahead log does not grow without limit, though no write makes the checkpoint itself.
#[tokio::test]
async fn short_writes_and_the_log() {
    with_database(Server::Sqlite, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)").await;
        let (_, path) = database.url.split_once(":///").unwrap();
        let sql = "INSERT INTO t (body) VALUES (?)";
        let add = plan(Server::Sqlite, sql, &[ColumnType::Text], &[], true);
        let mut largest = 0;
        for _ in 0..3_000 {
            let values = vec![text(&"x".repeat(4_000))];
            pool.execute(&add, values).await.unwrap();
            largest = largest.max(std::fs::metadata(format!("{path}-wal")).unwrap().len());
        }
        let pages = largest / 4_096;
        assert!((900..2_000).contains(&pages), "{pages} pages");
        assert_eq!(
            ask(&pool, "SELECT sum(length(body)) AS v FROM t").await,
            Value::Int(12_000_000)
        );
        pool.close().await;
    })
    .await;
}

async fn explains(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
        run(&pool, "INSERT INTO t VALUES (1), (2)").await;
        let select = plan(
            server,
            "SELECT id FROM t WHERE id > ?",
            &[ColumnType::Integer],
            &[("id", ColumnType::Integer)],
            false,
        );
        for analyze in [false, true] {
            let told = pool
                .explain(&select, vec![Value::Int(0)], analyze)
                .await
                .unwrap();
            assert!(told.contains('t'), "{server:?} {told}");
            if server == Server::Sqlite && analyze {
                assert!(told.contains("2 rows in"), "{told}");
            }
        }
        if matches!(server, Server::Postgres | Server::Sqlite) {
            let delete = plan(
                server,
                "DELETE FROM t WHERE id > ?",
                &[ColumnType::Integer],
                &[],
                true,
            );
            pool.explain(&delete, vec![Value::Int(0)], true)
                .await
                .unwrap();
            assert_eq!(
                ask(&pool, "SELECT COUNT(*) AS n FROM t").await,
                Value::Int(2),
                "{server:?}"
            );
        }
        pool.close().await;
    })
    .await;
}

crate::server::on_each_server! {
    explains_postgres: explains on Postgres;
    explains_mysql: explains on Mysql;
    explains_mariadb: explains on Mariadb;
    explains_sqlite: explains on Sqlite;
}
