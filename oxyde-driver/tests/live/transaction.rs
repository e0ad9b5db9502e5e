//! Isolation and outcome of transactions.

use std::sync::Arc;
use std::time::Duration;

use oxyde_driver::{
    BeginOptions, Cause, Cell, DriverError, Executor as _, Isolation, Pool, PoolSettings, Rule,
};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::plans::plan;
use crate::server::{Server, run, with_database};

async fn number(pool: &Pool, sql: &str) -> i64 {
    match pool.fetch_raw(sql, ()).await.unwrap().cell(0, 0) {
        Cell::Int(number) => number,
        other => panic!("{other:?}"),
    }
}

async fn savepoints(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
        let transaction = pool.begin().await.unwrap();
        let add = |id: i64| format!("INSERT INTO t VALUES ({id})");
        let say = async |sql: String| transaction.fetch_raw(&sql, ()).await;
        say(add(1)).await.unwrap();
        transaction.savepoint("outer").await.unwrap();
        say(add(2)).await.unwrap();
        transaction.savepoint("inner").await.unwrap();
        say(add(1)).await.unwrap_err();
        assert!(transaction.failed());
        transaction.rollback_to("inner").await.unwrap();
        assert!(!transaction.failed());
        transaction.release("inner").await.unwrap();
        say(add(3)).await.unwrap();
        transaction.rollback_to("outer").await.unwrap();
        transaction.release("outer").await.unwrap();
        say(add(4)).await.unwrap();
        transaction.clone().commit().await.unwrap();
        assert_eq!(
            number(&pool, "SELECT MIN(id) + MAX(id) AS n FROM t").await,
            5,
            "{server:?}"
        );
        // After its end no statement runs, in particular not outside the transaction.
        let problem = say(add(9)).await.unwrap_err();
        assert!(matches!(problem, DriverError::Closed { .. }), "{problem:?}");
        transaction.clone().commit().await.unwrap_err();
        transaction.rollback().await.unwrap();
        assert!(matches!(
            pool.begin().await.unwrap().savepoint("a; DROP").await,
            Err(DriverError::Misuse(_))
        ));
        pool.close().await;
    })
    .await;
}

/// An error without a rollback: the commit fails, and nothing is committed.
async fn a_swallowed_error(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
        let transaction = pool.begin().await.unwrap();
        let add = "INSERT INTO t VALUES (1)";
        transaction.fetch_raw(add, ()).await.unwrap();
        transaction.fetch_raw(add, ()).await.unwrap_err();
        let problem = transaction.commit().await.unwrap_err();
        assert_eq!(
            problem.cause(),
            Some(Cause::TransactionAborted),
            "{server:?} {problem:?}"
        );
        assert_eq!(
            number(&pool, "SELECT COUNT(*) AS n FROM t").await,
            0,
            "{server:?}"
        );
        assert_eq!(pool.status().size, 1, "{server:?}: it cost a connection");
        // A binding error never reaches the server, so the transaction stays usable.
        let insert = plan(
            server,
            "INSERT INTO t VALUES (?)",
            &[ColumnType::Integer],
            &[],
            true,
        );
        let transaction = pool.begin().await.unwrap();
        let wrong = vec![Value::Text("x".into())];
        transaction.execute(&insert, wrong).await.unwrap_err();
        transaction
            .execute(&insert, vec![Value::Int(1)])
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(
            number(&pool, "SELECT COUNT(*) AS n FROM t").await,
            1,
            "{server:?}"
        );
        pool.close().await;
    })
    .await;
}

/// A dropped transaction is rolled back, and its connection returns to the pool.
async fn dropped(server: Server) {
    with_database(server, |database| async move {
        let settings = PoolSettings {
            max_connections: 2,
            ..PoolSettings::default()
        };
        let pool = database.pool(settings).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
        for _ in 0..10 {
            let transaction = pool.begin().await.unwrap();
            transaction
                .fetch_raw("INSERT INTO t VALUES (1)", ())
                .await
                .unwrap();
            drop(transaction);
            let add = plan(
                server,
                "INSERT INTO t VALUES (?)",
                &[ColumnType::Integer],
                &[],
                true,
            );
            pool.execute(&add, vec![Value::Int(1)]).await.unwrap();
            assert_eq!(
                number(&pool, "SELECT COUNT(*) AS n FROM t").await,
                1,
                "{server:?}"
            );
            run(&pool, "DELETE FROM t").await;
        }
        pool.close().await;
        assert_eq!(pool.status().size, 0, "{server:?}");
    })
    .await;
}

/// Eight tasks increment the same row; no update is lost.
async fn read_then_write(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)").await;
        run(&pool, "INSERT INTO t VALUES (1, 0)").await;
        let lock = if server == Server::Sqlite {
            ""
        } else {
            " FOR UPDATE"
        };
        let mut tasks = Vec::new();
        for _ in 0..8 {
            let pool = pool.clone();
            tasks.push(tokio::spawn(async move {
                for _ in 0..10 {
                    let transaction = pool.begin().await.unwrap();
                    let rows = transaction
                        .fetch_raw(&format!("SELECT n FROM t{lock}"), ())
                        .await
                        .unwrap();
                    let Cell::Int(n) = rows.cell(0, 0) else {
                        panic!()
                    };
                    tokio::task::yield_now().await;
                    let sql = format!("UPDATE t SET n = {}", n + 1);
                    transaction.fetch_raw(&sql, ()).await.unwrap();
                    transaction.commit().await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(number(&pool, "SELECT n FROM t").await, 80, "{server:?}");
        pool.close().await;
    })
    .await;
}

/// Statements of several tasks run one after the other, inside.
async fn shared(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
        let add = plan(
            server,
            "INSERT INTO t VALUES (?)",
            &[ColumnType::Integer],
            &[],
            true,
        );
        let transaction = pool.begin().await.unwrap();
        let mut tasks = Vec::new();
        for id in 0..50 {
            let (transaction, add) = (transaction.clone(), Arc::clone(&add));
            tasks.push(tokio::spawn(async move {
                transaction.execute(&add, vec![Value::Int(id)]).await
            }));
        }
        for task in tasks {
            assert_eq!(task.await.unwrap().unwrap().affected, 1);
        }
        assert_eq!(
            number(&pool, "SELECT COUNT(*) AS n FROM t").await,
            0,
            "{server:?}"
        );
        transaction.rollback().await.unwrap();
        assert_eq!(
            number(&pool, "SELECT COUNT(*) AS n FROM t").await,
            0,
            "{server:?}"
        );
        pool.close().await;
    })
    .await;
}

async fn affected_means_matched(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)").await;
        run(&pool, "INSERT INTO t VALUES (1, 5), (2, 5), (3, 6)").await;
        let update = plan(
            server,
            "UPDATE t SET n = 5 WHERE n = ?",
            &[ColumnType::Integer],
            &[],
            true,
        );
        let done = pool.execute(&update, vec![Value::Int(5)]).await.unwrap();
        assert_eq!(done.affected, 2, "{server:?}");
        let done = pool.execute(&update, vec![Value::Int(9)]).await.unwrap();
        assert_eq!(done.affected, 0, "{server:?}");
        pool.close().await;
    })
    .await;
}

async fn isolation(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
        let options = BeginOptions {
            isolation: Some(Isolation::Serializable),
            read_only: true,
            timeout: Some(Duration::from_secs(10)),
            ..BeginOptions::default()
        };
        let transaction = pool.begin_with(options).await.unwrap();
        let count = "SELECT COUNT(*) AS n FROM t";
        let before = transaction.fetch_raw(count, ()).await.unwrap();
        if !matches!(server, Server::Mysql | Server::Mariadb) {
            // There readers block; here they see the previous version.
            run(&pool, "INSERT INTO t VALUES (1)").await;
        }
        let after = transaction.fetch_raw(count, ()).await.unwrap();
        assert_eq!(before.cell(0, 0), after.cell(0, 0), "{server:?}");
        transaction.commit().await.unwrap();
        pool.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_is_rolled_back() {
    with_database(Server::Postgres, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)").await;
        deferred(&pool).await;
    })
    .await;
    with_database(Server::Sqlite, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)").await;
        deferred(&pool).await;
    })
    .await;
}

async fn deferred(pool: &Pool) {
    let transaction = pool.begin().await.unwrap();
    transaction
        .fetch_raw("INSERT INTO t VALUES (1, 7)", ())
        .await
        .unwrap();
    let problem = transaction.commit().await.unwrap_err();
    assert!(
        matches!(
            problem,
            DriverError::Violated {
                rule: Rule::ForeignKey,
                ..
            }
        ),
        "{problem:?}"
    );
    assert_eq!(number(pool, "SELECT COUNT(*) AS n FROM t").await, 0);
    run(pool, "INSERT INTO t VALUES (1, 1)").await;
    pool.close().await;
}

crate::server::on_each_server! {
    savepoints_postgres: savepoints on Postgres;
    savepoints_mysql: savepoints on Mysql;
    savepoints_mariadb: savepoints on Mariadb;
    savepoints_sqlite: savepoints on Sqlite;
    swallowed_postgres: a_swallowed_error on Postgres;
    swallowed_mysql: a_swallowed_error on Mysql;
    swallowed_mariadb: a_swallowed_error on Mariadb;
    swallowed_sqlite: a_swallowed_error on Sqlite;
    dropped_postgres: dropped on Postgres;
    dropped_mysql: dropped on Mysql;
    dropped_mariadb: dropped on Mariadb;
    dropped_sqlite: dropped on Sqlite;
    read_write_postgres: read_then_write on Postgres;
    read_write_mysql: read_then_write on Mysql;
    read_write_mariadb: read_then_write on Mariadb;
    read_write_sqlite: read_then_write on Sqlite;
    shared_postgres: shared on Postgres;
    shared_mysql: shared on Mysql;
    shared_mariadb: shared on Mariadb;
    shared_sqlite: shared on Sqlite;
    affected_postgres: affected_means_matched on Postgres;
    affected_mysql: affected_means_matched on Mysql;
    affected_mariadb: affected_means_matched on Mariadb;
    affected_sqlite: affected_means_matched on Sqlite;
    isolation_postgres: isolation on Postgres;
    isolation_mysql: isolation on Mysql;
    isolation_mariadb: isolation on Mariadb;
    isolation_sqlite: isolation on Sqlite;
}
