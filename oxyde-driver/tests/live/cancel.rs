//! Stopping an operation at every point where it waits.

use std::time::{Duration, Instant};

use oxyde_driver::{BeginOptions, Cancel, Cell, DriverError, Executor as _, Pool, PoolSettings};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::plans::{bulk_insert, plan};
use crate::server::{Database, Server, run, with_database};

const ROUNDS: u64 = 20;

async fn small_pool(database: &Database) -> Pool {
    let settings = PoolSettings {
        max_connections: 2,
        acquire_timeout: Duration::from_secs(20),
        ..PoolSettings::default()
    };
    database.pool(settings).await
}

/// A statement that takes several seconds.
fn slow(server: Server) -> &'static str {
    match server {
        Server::Postgres => "SELECT pg_sleep(6)",
        Server::Mysql | Server::Mariadb => "SELECT SLEEP(6)",
        Server::Sqlite => {
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) SELECT COUNT(*) FROM n"
        }
    }
}

/// A write that takes several seconds.
fn slow_write(server: Server) -> &'static str {
    match server {
        Server::Postgres => "INSERT INTO t (id, name) SELECT 999, 'late' FROM pg_sleep(6)",
        Server::Mysql | Server::Mariadb => {
            "INSERT INTO t (id, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT 999, COUNT(*) FROM n a, n b, n c WHERE a.i + b.i + c.i > 0"
        }
        Server::Sqlite => {
            "INSERT INTO t (id, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) SELECT 999, COUNT(*) FROM n"
        }
    }
}

/// No statement runs on the server (except this query), no connection is missing, and the next
/// statement succeeds.
async fn is_well(pool: &Pool, server: Server) {
    let deadline = Instant::now() + Duration::from_millis(1500);
    loop {
        let status = pool.status();
        if status.in_use == 0 && status.waiting == 0 {
            break;
        }
        assert!(Instant::now() < deadline, "{server:?} {status:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let sql = match server {
        Server::Postgres => Some(
            "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'",
        ),
        Server::Mysql => Some(
            "SELECT COUNT(*) AS n FROM performance_schema.threads WHERE processlist_db = DATABASE() AND processlist_id <> CONNECTION_ID() AND processlist_command NOT IN ('Sleep', 'Killed')",
        ),
        Server::Mariadb => Some(
            "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID() AND command NOT IN ('Sleep', 'Killed')",
        ),
        Server::Sqlite => None,
    };
    if let Some(sql) = sql {
        let deadline = Instant::now() + Duration::from_millis(500);
        loop {
            let rows = pool.fetch_raw(sql, ()).await.unwrap();
            if rows.cell(0, 0) == Cell::Int(0) {
                break;
            }
            assert!(
                Instant::now() < deadline,
                "{server:?}: the server is still at work"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    // Both connections, at the same time.
    let ask = plan(
        server,
        if server == Server::Postgres {
            "SELECT ?::bigint AS n"
        } else {
            "SELECT ? AS n"
        },
        &[ColumnType::BigInt],
        &[("n", ColumnType::BigInt)],
        false,
    );
    let both = tokio::join!(
        pool.fetch(&ask, vec![Value::Int(41)]),
        pool.fetch(&ask, vec![Value::Int(42)])
    );
    assert_eq!(both.0.unwrap().cell(0, 0), Cell::Int(41), "{server:?}");
    assert_eq!(both.1.unwrap().cell(0, 0), Cell::Int(42), "{server:?}");
}

/// Fires after a delay that grows with the round.
fn after(pause: Duration) -> Cancel {
    let cancel = Cancel::new();
    let remote = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(pause).await;
        remote.fire();
    });
    cancel
}

async fn a_query(server: Server) {
    with_database(server, |database| async move {
        let pool = small_pool(&database).await;
        for round in 0..ROUNDS {
            let began = Instant::now();
            let cancel = after(Duration::from_millis(round * 3));
            let problem = pool
                .cancelled_by(&cancel)
                .fetch_raw(slow(server), ())
                .await
                .unwrap_err();
            assert_eq!(problem, DriverError::Cancelled, "{server:?}");
            assert!(
                began.elapsed() < Duration::from_secs(1),
                "{server:?} {:?}",
                began.elapsed()
            );
            is_well(&pool, server).await;
        }
        pool.close().await;
    })
    .await;
}

/// The future is dropped, as `select!` or an aborted task does.
async fn a_dropped_future(server: Server) {
    with_database(server, |database| async move {
        let pool = small_pool(&database).await;
        run(
            &pool,
            "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(100))",
        )
        .await;
        for round in 0..ROUNDS {
            for sql in [slow(server), slow_write(server)] {
                let work = pool.fetch_raw(sql, ());
                let dropped = tokio::time::timeout(Duration::from_millis(round * 3), work).await;
                assert!(dropped.is_err());
                is_well(&pool, server).await;
            }
        }
        let rows = pool
            .fetch_raw("SELECT COUNT(*) AS n FROM t", ())
            .await
            .unwrap();
        assert_eq!(
            rows.cell(0, 0),
            Cell::Int(0),
            "{server:?}: a dropped write happened"
        );
        pool.close().await;
    })
    .await;
}

async fn a_write(server: Server) {
    with_database(server, |database| async move {
        let pool = small_pool(&database).await;
        run(
            &pool,
            "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(100))",
        )
        .await;
        for round in 0..ROUNDS {
            let cancel = after(Duration::from_millis(20 + round * 3));
            let problem = pool
                .cancelled_by(&cancel)
                .fetch_raw(slow_write(server), ())
                .await
                .map(|rows| rows.len());
            let count = pool
                .fetch_raw("SELECT COUNT(*) AS n FROM t", ())
                .await
                .unwrap();
            // A completed write is reported as successful.
            let expected = i64::from(problem.is_ok());
            assert_eq!(
                count.cell(0, 0),
                Cell::Int(expected),
                "{server:?} {problem:?}"
            );
            run(&pool, "DELETE FROM t").await;
            is_well(&pool, server).await;
        }
        pool.close().await;
    })
    .await;
}

/// While waiting for a connection, and while one is opened.
async fn an_acquire(server: Server) {
    with_database(server, |database| async move {
        let pool = small_pool(&database).await;
        for round in 0..ROUNDS {
            let cancel = after(Duration::from_micros(round * 300));
            let mut held = Vec::new();
            for _ in 0..2 {
                let options = BeginOptions {
                    read_only: true,
                    ..BeginOptions::default()
                };
                held.push(pool.cancelled_by(&cancel).begin_with(options).await);
            }
            let waiting = pool
                .cancelled_by(&cancel)
                .fetch_raw("SELECT 1 AS n", ())
                .await;
            assert!(
                waiting.is_err() || held.iter().any(Result::is_err),
                "{server:?}"
            );
            drop(held);
            is_well(&pool, server).await;
        }
        pool.close().await;
    })
    .await;
}

/// BEGIN, savepoints, statements, COMMIT: cancelled at a time that moves through all of them.
/// The reported outcome is the actual one.
async fn a_transaction(server: Server) {
    with_database(server, |database| async move {
        let pool = small_pool(&database).await;
        run(
            &pool,
            "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(100))",
        )
        .await;
        let insert = plan(
            server,
            "INSERT INTO t (id, name) VALUES (?, ?)",
            &[ColumnType::BigInt, ColumnType::Text],
            &[],
            true,
        );
        for round in 0..ROUNDS * 4 {
            let cancel = after(Duration::from_micros(round * 60));
            let work = async {
                let transaction = pool.cancelled_by(&cancel).begin().await?;
                let cancellable = transaction.cancelled_by(&cancel);
                for id in 0..5 {
                    cancellable
                        .execute(&insert, vec![id.into(), "x".into()])
                        .await?;
                    cancellable.savepoint("s").await?;
                }
                transaction.commit_unless(&cancel).await
            };
            let told = work.await;
            let rows = pool
                .fetch_raw("SELECT COUNT(*) AS n FROM t", ())
                .await
                .unwrap();
            let expected = if told.is_ok() { 5 } else { 0 };
            assert_eq!(rows.cell(0, 0), Cell::Int(expected), "{server:?} {told:?}");
            if told.is_ok() {
                run(&pool, "DELETE FROM t").await;
            }
            is_well(&pool, server).await;
        }
        pool.close().await;
    })
    .await;
}

/// A cancelled caller does not stop its commit, and the connection returns to the pool.
async fn a_dropped_commit(server: Server) {
    with_database(server, |database| async move {
        let pool = small_pool(&database).await;
        run(
            &pool,
            "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(100))",
        )
        .await;
        for round in 0..ROUNDS {
            let transaction = pool.begin().await.unwrap();
            let add = format!("INSERT INTO t VALUES ({round}, 'x')");
            transaction.fetch_raw(&add, ()).await.unwrap();
            {
                let mut commit = std::pin::pin!(transaction.commit());
                std::future::poll_fn(|context| {
                    let _ = commit.as_mut().poll(context);
                    std::task::Poll::Ready(())
                })
                .await;
            }
            is_well(&pool, server).await;
            let rows = pool
                .fetch_raw("SELECT COUNT(*) AS n FROM t", ())
                .await
                .unwrap();
            assert_eq!(rows.cell(0, 0), Cell::Int(round as i64 + 1), "{server:?}");
        }
        pool.close().await;
    })
    .await;
}

async fn a_bulk(server: Server) {
    with_database(server, |database| async move {
        let pool = small_pool(&database).await;
        run(
            &pool,
            "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(100))",
        )
        .await;
        let insert = bulk_insert(
            server,
            "t",
            &[("id", ColumnType::BigInt), ("name", ColumnType::Text)],
            None,
        );
        let rows: Vec<Vec<Value>> = (0..20_000)
            .map(|id| vec![Value::Int(id), Value::Text(format!("row {id}"))])
            .collect();
        for round in 0..ROUNDS {
            let cancel = after(Duration::from_micros(round * 2_500));
            let told = pool
                .cancelled_by(&cancel)
                .bulk(&insert, rows.clone(), Some(2_000))
                .await;
            let count = pool
                .fetch_raw("SELECT COUNT(*) AS n FROM t", ())
                .await
                .unwrap();
            let expected = if told.is_ok() { 20_000 } else { 0 };
            assert_eq!(count.cell(0, 0), Cell::Int(expected), "{server:?} {told:?}");
            run(&pool, "DELETE FROM t").await;
            is_well(&pool, server).await;
        }
        pool.close().await;
    })
    .await;
}

async fn a_time_limit(server: Server) {
    with_database(server, |database| async move {
        let settings = PoolSettings {
            max_connections: 2,
            query_timeout: Some(Duration::from_millis(100)),
            ..PoolSettings::default()
        };
        let pool = database.pool(settings).await;
        let began = Instant::now();
        let problem = pool.fetch_raw(slow(server), ()).await.unwrap_err();
        assert!(
            matches!(problem, DriverError::QueryTimeout { .. }),
            "{server:?} {problem:?}"
        );
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "{server:?} {:?}",
            began.elapsed()
        );
        is_well(&pool, server).await;
        let options = BeginOptions {
            timeout: Some(Duration::from_millis(50)),
            ..BeginOptions::default()
        };
        // The deadline passes in a statement …
        let transaction = pool.begin_with(options).await.unwrap();
        let problem = transaction.fetch_raw(slow(server), ()).await.unwrap_err();
        assert!(
            matches!(problem, DriverError::TransactionTimeout { .. }),
            "{server:?} {problem:?}"
        );
        let problem = transaction.commit().await.unwrap_err();
        assert!(
            matches!(problem, DriverError::TransactionTimeout { .. }),
            "{server:?} {problem:?}"
        );
        is_well(&pool, server).await;
        // … and between statements: the server rolls back without another call.
        let transaction = pool.begin_with(options).await.unwrap();
        tokio::time::sleep(Duration::from_millis(150)).await;
        is_well(&pool, server).await;
        let problem = transaction.commit().await.unwrap_err();
        assert!(
            matches!(problem, DriverError::TransactionTimeout { .. }),
            "{server:?} {problem:?}"
        );
        pool.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_database_survives_every_stop() {
    let pool = Pool::connect("sqlite://", PoolSettings::default())
        .await
        .unwrap();
    run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)").await;
    run(&pool, "INSERT INTO t VALUES (1, 'kept')").await;
    for round in 0..ROUNDS {
        let cancel = after(Duration::from_millis(round));
        pool.cancelled_by(&cancel)
            .fetch_raw(slow(Server::Sqlite), ())
            .await
            .unwrap_err();
        let work = pool.fetch_raw(slow_write(Server::Sqlite), ());
        tokio::time::timeout(Duration::from_millis(round), work)
            .await
            .unwrap_err();
        let transaction = pool.begin().await.unwrap();
        transaction
            .fetch_raw("INSERT INTO t VALUES (2, 'gone')", ())
            .await
            .unwrap();
        drop(transaction);
        let rows = pool.fetch_raw("SELECT name FROM t", ()).await.unwrap();
        assert_eq!((rows.len(), rows.cell(0, 0)), (1, Cell::Text("kept")));
    }
    // Also when the last owner of a transaction is outside any runtime.
    let transaction = pool.begin().await.unwrap();
    std::thread::spawn(move || drop(transaction))
        .join()
        .unwrap();
    let rows = pool.fetch_raw("SELECT name FROM t", ()).await.unwrap();
    assert_eq!(rows.len(), 1);
    pool.close().await;
}

crate::server::on_each_server! {
    query_postgres: a_query on Postgres;
    query_mysql: a_query on Mysql;
    query_mariadb: a_query on Mariadb;
    query_sqlite: a_query on Sqlite;
    dropped_postgres: a_dropped_future on Postgres;
    dropped_mysql: a_dropped_future on Mysql;
    dropped_mariadb: a_dropped_future on Mariadb;
    dropped_sqlite: a_dropped_future on Sqlite;
    write_postgres: a_write on Postgres;
    write_mysql: a_write on Mysql;
    write_mariadb: a_write on Mariadb;
    write_sqlite: a_write on Sqlite;
    acquire_postgres: an_acquire on Postgres;
    acquire_mysql: an_acquire on Mysql;
    acquire_mariadb: an_acquire on Mariadb;
    acquire_sqlite: an_acquire on Sqlite;
    transaction_postgres: a_transaction on Postgres;
    transaction_mysql: a_transaction on Mysql;
    transaction_mariadb: a_transaction on Mariadb;
    transaction_sqlite: a_transaction on Sqlite;
    commit_postgres: a_dropped_commit on Postgres;
    commit_mysql: a_dropped_commit on Mysql;
    commit_mariadb: a_dropped_commit on Mariadb;
    commit_sqlite: a_dropped_commit on Sqlite;
    bulk_postgres: a_bulk on Postgres;
    bulk_mysql: a_bulk on Mysql;
    bulk_mariadb: a_bulk on Mariadb;
    bulk_sqlite: a_bulk on Sqlite;
    limit_postgres: a_time_limit on Postgres;
    limit_mysql: a_time_limit on Mysql;
    limit_mariadb: a_time_limit on Mariadb;
    limit_sqlite: a_time_limit on Sqlite;
}
