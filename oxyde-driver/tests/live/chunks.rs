//! Rows delivered in chunks while others arrive.

use std::sync::{Arc, Mutex};

use oxyde_driver::{Cell, Chunk, ChunkSink, Executor as _, Pool, PoolSettings, RowSet};
use oxyde_sql::plan::Plan;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::plans::plan;
use crate::server::{Server, on_each_server, with_database};

/// A query of the numbers from 1 to the parameter.
fn numbers(server: Server) -> Arc<Plan> {
    let sql = match server {
        Server::Postgres => "SELECT n FROM generate_series(1, ?) AS n",
        _ => {
            "WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < ?) \
             SELECT n FROM s"
        }
    };
    let columns = [("n", ColumnType::BigInt)];
    plan(server, sql, &[ColumnType::BigInt], &columns, false)
}

fn read(rows: &RowSet) -> impl Iterator<Item = i64> + '_ {
    (0..rows.len()).map(|row| match rows.cell(row, 0) {
        Cell::Int(number) => number,
        other => panic!("{other:?}"),
    })
}

/// The numbers delivered ahead of the result, and those in it; `at_first` is called once.
async fn collect(
    pool: &Pool,
    plan: &Arc<Plan>,
    count: i64,
    at_first: impl Fn() + Send + Sync + 'static,
) -> (Vec<i64>, Vec<i64>, usize) {
    let ahead = Arc::new(Mutex::new((Vec::new(), 0)));
    let seen = Arc::clone(&ahead);
    let begun = std::sync::Once::new();
    let sink = ChunkSink::new(move |chunk| {
        let mut seen = seen.lock().unwrap();
        match chunk {
            Chunk::Rows(rows) => seen.0.extend(read(&rows)),
            Chunk::Restart => {
                seen.0.clear();
                seen.1 += 1;
            }
        }
        drop(seen);
        begun.call_once(&at_first);
    });
    let rest = pool
        .fetch_chunked(plan, vec![Value::Int(count)], sink)
        .await
        .unwrap();
    let (ahead, again) = std::mem::take(&mut *ahead.lock().unwrap());
    (ahead, read(&rest).collect(), again)
}

async fn in_order(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        let plan = numbers(server);
        for count in [1, 255, 256, 257, 900] {
            // After the first run SQLite remembers that the statement may be slow.
            for _ in 0..2 {
                let (ahead, rest, again) = collect(&pool, &plan, count, || ()).await;
                let all: Vec<i64> = ahead.iter().chain(&rest).copied().collect();
                assert_eq!(all, (1..=count).collect::<Vec<_>>());
                assert_eq!(again, 0);
                if server != Server::Sqlite {
                    assert_eq!(ahead.is_empty(), count < 256, "{count}");
                }
            }
        }
    })
    .await;
}

on_each_server! {
    in_order_on_postgres: in_order on Postgres;
    in_order_on_sqlite: in_order on Sqlite;
    in_order_on_mysql: in_order on Mysql;
    in_order_on_mariadb: in_order on Mariadb;
}

/// The server ends the session in the middle of a result: the query is repeated, and the earlier
/// rows are discarded.
#[tokio::test(flavor = "multi_thread")]
async fn begun_again_after_a_lost_connection() {
    const MANY: i64 = 2_000_000;
    with_database(Server::Postgres, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        let other = database.pool(PoolSettings::default()).await;
        let runtime = tokio::runtime::Handle::current();
        let kill = move || {
            let other = other.clone();
            runtime.spawn(async move {
                let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                           WHERE pid <> pg_backend_pid() AND datname = current_database() \
                           AND query LIKE '%generate_series%' AND state = 'active'";
                other.fetch_raw(sql, ()).await.unwrap();
            });
        };
        let (ahead, rest, again) = collect(&pool, &numbers(Server::Postgres), MANY, kill).await;
        assert_eq!(again, 1);
        let all = ahead.into_iter().chain(rest);
        assert!(all.eq(1..=MANY));
    })
    .await;
}
