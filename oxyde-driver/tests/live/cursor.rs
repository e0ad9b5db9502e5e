//! Cursors: all rows, in order, beside other statements, and closed at any point.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oxyde_driver::{Cancel, Cell, Cursor, DriverError, Executor as _, Pool, PoolSettings};
use oxyde_sql::plan::Plan;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::plans::{bulk_insert, plan};
use crate::server::{Database, Server, on_each_server, run, with_database};

const ROWS: i64 = 5_000;

async fn filled(server: Server, database: &Database) -> Pool {
    let settings = PoolSettings {
        max_connections: 3,
        acquire_timeout: Duration::from_secs(20),
        ..PoolSettings::default()
    };
    let pool = database.pool(settings).await;
    run(
        &pool,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(40))",
    )
    .await;
    let columns = [("id", ColumnType::BigInt), ("name", ColumnType::Text)];
    let rows = (1..=ROWS)
        .map(|id| vec![Value::Int(id), Value::Text(format!("name {id}"))])
        .collect();
    let insert = bulk_insert(server, "t", &columns, None);
    pool.bulk(&insert, rows, None).await.unwrap();
    pool
}

/// The rows from an id on.
fn above(server: Server) -> Arc<Plan> {
    plan(
        server,
        "SELECT id, name FROM t WHERE id > ? ORDER BY id",
        &[ColumnType::BigInt],
        &[("id", ColumnType::BigInt), ("name", ColumnType::Text)],
        false,
    )
}

async fn drained(cursor: &Cursor, chunk: usize) -> Vec<i64> {
    let mut ids = Vec::new();
    loop {
        let rows = cursor.next().await.unwrap();
        for row in 0..rows.len() {
            let (Cell::Int(id), Cell::Text(name)) = (rows.cell(row, 0), rows.cell(row, 1)) else {
                panic!("{:?}", rows.cell(row, 0));
            };
            assert_eq!(name, format!("name {id}"));
            ids.push(id);
        }
        if rows.len() < chunk {
            return ids;
        }
    }
}

/// All connections are back in the pool, and none had to be closed.
async fn is_clean(pool: &Pool) {
    let deadline = Instant::now() + Duration::from_secs(2);
    while pool.status().in_use > 0 {
        assert!(Instant::now() < deadline, "{:?}", pool.status());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let status = pool.status();
    assert_eq!(status.idle, status.size, "{status:?}");
    let count = "SELECT COUNT(*) AS n FROM t";
    let rows = pool.fetch_raw(count, ()).await.unwrap();
    assert_eq!(rows.cell(0, 0), Cell::Int(ROWS));
}

async fn outside(server: Server) {
    with_database(server, |database| async move {
        let pool = filled(server, &database).await;
        let plan = above(server);
        for chunk in [1_000, 999, 7_000] {
            let values = vec![Value::Int(10)];
            let cursor = pool.open_cursor(&plan, values, chunk).await.unwrap();
            assert_eq!(
                drained(&cursor, chunk).await,
                (11..=ROWS).collect::<Vec<_>>()
            );
            // At its end the connection is back in the pool, although the cursor still exists.
            assert_eq!(pool.status().in_use, 0, "{server:?}");
            assert!(cursor.next().await.unwrap().is_empty());
        }
        // Left early, by closing and by dropping.
        let before = pool.status().size;
        for drop_it in [false, true, false, true] {
            let values = vec![Value::Int(0)];
            let cursor = pool.open_cursor(&plan, values, 10).await.unwrap();
            assert_eq!(cursor.next().await.unwrap().len(), 10);
            assert_eq!(pool.status().in_use, 1);
            if drop_it {
                drop(cursor);
            } else {
                cursor.close().await.unwrap();
                cursor.close().await.unwrap();
            }
            is_clean(&pool).await;
        }
        assert!(pool.status().size <= before + 1, "{:?}", pool.status());
        // A statement that the server rejects.
        let wrong = crate::plans::plan(
            server,
            "SELECT id FROM nowhere",
            &[],
            &[("id", ColumnType::BigInt)],
            false,
        );
        let problem = match pool.open_cursor(&wrong, vec![], 10).await {
            Ok(cursor) => cursor.next().await.unwrap_err(),
            Err(problem) => problem,
        };
        assert!(problem.code().is_some(), "{problem:?}");
        is_clean(&pool).await;
        pool.close().await;
    })
    .await;
}

async fn inside(server: Server) {
    with_database(server, |database| async move {
        let pool = filled(server, &database).await;
        let plan = above(server);
        let transaction = pool.begin().await.unwrap();
        let values = vec![Value::Int(0)];
        let first = transaction.open_cursor(&plan, values, 100).await.unwrap();
        let values = vec![Value::Int(4_000)];
        let second = transaction.open_cursor(&plan, values, 100).await.unwrap();
        assert_eq!(first.next().await.unwrap().len(), 100);
        // Other statements of the transaction, reads and writes, and savepoints in between.
        let say = async |sql: &str| transaction.fetch_raw(sql, ()).await;
        transaction.savepoint("a").await.unwrap();
        say("UPDATE t SET name = 'changed' WHERE id <= 50")
            .await
            .unwrap();
        transaction.rollback_to("a").await.unwrap();
        transaction.release("a").await.unwrap();
        assert_eq!(
            drained(&second, 100).await,
            (4_001..=ROWS).collect::<Vec<_>>()
        );
        say("UPDATE t SET name = 'changed' WHERE id <= 50")
            .await
            .unwrap();
        assert_eq!(drained(&first, 100).await, (101..=ROWS).collect::<Vec<_>>());
        // An unfinished cursor does not prevent the end of the transaction.
        let third = transaction
            .open_cursor(&plan, vec![Value::Int(0)], 5)
            .await
            .unwrap();
        third.next().await.unwrap();
        drop(third);
        let fourth = transaction
            .open_cursor(&plan, vec![Value::Int(60)], 5)
            .await
            .unwrap();
        fourth.next().await.unwrap();
        transaction.commit().await.unwrap();
        let rest = fourth.next().await;
        if server == Server::Postgres || server == Server::Sqlite {
            assert!(matches!(rest, Err(DriverError::Closed { .. })), "{rest:?}");
        } else {
            assert_eq!(rest.unwrap().len(), 5);
        }
        is_clean(&pool).await;
        // No old snapshot remains.
        run(&pool, "DROP TABLE t").await;
        pool.close().await;
    })
    .await;
}

async fn a_savepoint_ends_it(server: Server) {
    with_database(server, |database| async move {
        let pool = filled(server, &database).await;
        let transaction = pool.begin().await.unwrap();
        transaction.savepoint("a").await.unwrap();
        let plan = above(server);
        let cursor = transaction
            .open_cursor(&plan, vec![Value::Int(0)], 5)
            .await
            .unwrap();
        cursor.next().await.unwrap();
        transaction.rollback_to("a").await.unwrap();
        let problem = cursor.next().await.unwrap_err();
        assert!(matches!(problem, DriverError::Closed { .. }), "{problem:?}");
        drop(cursor);
        // The transaction continues.
        assert!(!transaction.failed());
        let count = "SELECT COUNT(*) AS n FROM t";
        transaction.fetch_raw(count, ()).await.unwrap();
        transaction.commit().await.unwrap();
        is_clean(&pool).await;
        pool.close().await;
    })
    .await;
}

/// A cursor whose rows take longer and longer is stopped while it waits.
async fn cancelled(server: Server) {
    with_database(server, |database| async move {
        let pool = filled(server, &database).await;
        let sql = match server {
            Server::Postgres => "SELECT id, CAST(pg_sleep(0.02) AS TEXT) AS name FROM t",
            Server::Mysql | Server::Mariadb => "SELECT id, CAST(SLEEP(0.02) AS CHAR) AS name FROM t",
            Server::Sqlite => {
                "SELECT id, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT COUNT(*) + t.id * 0 FROM n) || '' AS name FROM t"
            }
        };
        let columns = [("id", ColumnType::BigInt), ("name", ColumnType::Text)];
        let plan = plan(server, sql, &[], &columns, false);
        for _ in 0..3 {
            let cursor = pool.open_cursor(&plan, vec![], 4_000).await.unwrap();
            let cancel = Cancel::new();
            let remote = cancel.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(100)).await;
                remote.fire();
            });
            let began = Instant::now();
            let problem = cursor.cancelled_by(&cancel).next().await.unwrap_err();
            assert!(matches!(problem, DriverError::Cancelled), "{problem:?}");
            assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
            is_clean(&pool).await;
        }
        pool.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_database_stays_usable() {
    let pool = Pool::connect("sqlite://:memory:", PoolSettings::default())
        .await
        .unwrap();
    run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)").await;
    run(
        &pool,
        "INSERT INTO t SELECT value, 'name ' || value FROM json_each('[1,2,3,4,5]')",
    )
    .await;
    let plan = above(Server::Sqlite);
    let cursor = pool
        .open_cursor(&plan, vec![Value::Int(0)], 2)
        .await
        .unwrap();
    cursor.next().await.unwrap();
    run(&pool, "DELETE FROM t").await;
    assert_eq!(drained(&cursor, 2).await, [3, 4, 5]);
}

on_each_server! {
    outside_a_transaction_on_postgres: outside on Postgres;
    outside_a_transaction_on_mysql: outside on Mysql;
    outside_a_transaction_on_mariadb: outside on Mariadb;
    outside_a_transaction_on_sqlite: outside on Sqlite;
    inside_a_transaction_on_postgres: inside on Postgres;
    inside_a_transaction_on_mysql: inside on Mysql;
    inside_a_transaction_on_mariadb: inside on Mariadb;
    inside_a_transaction_on_sqlite: inside on Sqlite;
    a_savepoint_ends_it_on_postgres: a_savepoint_ends_it on Postgres;
    a_savepoint_ends_it_on_sqlite: a_savepoint_ends_it on Sqlite;
    cancelled_on_postgres: cancelled on Postgres;
    cancelled_on_mysql: cancelled on Mysql;
    cancelled_on_mariadb: cancelled on Mariadb;
    cancelled_on_sqlite: cancelled on Sqlite;
}
