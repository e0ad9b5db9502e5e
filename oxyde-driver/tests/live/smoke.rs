//! A basic run through the driver, on each server.

use oxyde_driver::{Cell, DriverError, Executor as _, PoolSettings, Rule};

use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::plans::plan;
use crate::server::{Server, run, with_database};

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_way() {
    for server in Server::ALL {
        with_database(server, |database| async move {
            let pool = database.pool(PoolSettings::default()).await;
            run(
                &pool,
                "CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE)",
            )
            .await;
            let insert = plan(
                server,
                "INSERT INTO t (id, name) VALUES (?, ?)",
                &[ColumnType::BigInt, ColumnType::Text],
                &[],
                true,
            );
            let select = plan(
                server,
                "SELECT id, name FROM t WHERE id >= ? ORDER BY id",
                &[ColumnType::BigInt],
                &[("id", ColumnType::BigInt), ("name", ColumnType::Text)],
                false,
            );
            let done = pool
                .execute(&insert, vec![Value::Int(1), Value::Text("é".into())])
                .await
                .unwrap();
            assert_eq!(done.affected, 1);
            let rows = pool.fetch(&select, vec![Value::Int(0)]).await.unwrap();
            assert_eq!(rows.len(), 1);
            assert_eq!(rows.cell(0, 0), Cell::Int(1));
            assert_eq!(rows.cell(0, 1), Cell::Text("é"));
            let problem = pool
                .execute(&insert, vec![Value::Int(1), Value::Text("x".into())])
                .await
                .unwrap_err();
            assert!(
                matches!(
                    &problem,
                    DriverError::Violated {
                        rule: Rule::Unique,
                        ..
                    }
                ),
                "{server:?} {problem:?}"
            );
            let transaction = pool.begin().await.unwrap();
            transaction
                .execute(&insert, vec![Value::Int(2), Value::Text("b".into())])
                .await
                .unwrap();
            transaction.rollback().await.unwrap();
            let transaction = pool.begin().await.unwrap();
            transaction
                .execute(&insert, vec![Value::Int(3), Value::Text("c".into())])
                .await
                .unwrap();
            transaction.commit().await.unwrap();
            let raw = pool
                .fetch_raw("SELECT id, name FROM t ORDER BY id", ())
                .await
                .unwrap();
            assert_eq!(raw.len(), 2);
            assert_eq!(raw.cell(1, 0), Cell::Int(3));
            assert_eq!(raw.cell(1, 1), Cell::Text("c"));
            let status = pool.status();
            assert_eq!((status.in_use, status.waiting), (0, 0), "{server:?}");
            pool.close().await;
        })
        .await;
    }
}
