//! The pool: leases, waiting, and lost connections.

use std::time::{Duration, Instant};

use oxyde_driver::{BeginOptions, Cell, DriverError, Executor as _, Pool, PoolSettings};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::plans::plan;
use crate::server::{Server, run, with_database};

async fn five_hundred_tasks(server: Server) {
    with_database(server, |database| async move {
        let settings = PoolSettings {
            max_connections: 5,
            ..PoolSettings::default()
        };
        let pool = database.pool(settings).await;
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
        let mut tasks = Vec::new();
        for n in 0..500 {
            let (pool, ask) = (pool.clone(), ask.clone());
            tasks.push(tokio::spawn(async move {
                let rows = pool.fetch(&ask, vec![Value::Int(n)]).await.unwrap();
                assert_eq!(rows.cell(0, 0), Cell::Int(n));
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let status = pool.status();
        assert!(status.size <= 5, "{server:?} {status:?}");
        assert_eq!((status.in_use, status.waiting), (0, 0), "{server:?}");
        pool.close().await;
    })
    .await;
}

/// After the timeout a task gets an error that names the holders of the connections; then the pool
/// recovers.
async fn no_task_waits_forever(server: Server) {
    with_database(server, |database| async move {
        let settings = PoolSettings {
            name: "small".to_owned(),
            max_connections: 1,
            acquire_timeout: Duration::from_millis(500),
            ..PoolSettings::default()
        };
        let pool = database.pool(settings).await;
        let options = BeginOptions { read_only: true, ..BeginOptions::default() };
        let transaction = pool.begin_with(options).await.unwrap();
        let began = Instant::now();
        let problem = pool.fetch_raw("SELECT 1 AS n", ()).await.unwrap_err();
        assert!(
            matches!(&problem, DriverError::PoolTimeout { pool, size: 1, in_use: 1, waiting: 1, .. } if pool == "small"),
            "{server:?} {problem:?}"
        );
        assert!(problem.is_retryable());
        assert!(began.elapsed() < Duration::from_secs(3));
        transaction.rollback().await.unwrap();
        pool.fetch_raw("SELECT 1 AS n", ()).await.unwrap();
        pool.close().await;
        let problem = pool.fetch_raw("SELECT 1 AS n", ()).await.unwrap_err();
        assert!(matches!(problem, DriverError::Closed { .. }), "{problem:?}");
        pool.close().await;
    })
    .await;
}

/// Connections are leased in the order of requests.
#[tokio::test]
async fn in_order() {
    let pool = Pool::connect("sqlite://", PoolSettings::default())
        .await
        .unwrap();
    let first = pool.begin().await.unwrap();
    let order = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for at in 0..20 {
        let (pool, order) = (pool.clone(), order.clone());
        tasks.push(tokio::spawn(async move {
            pool.fetch_raw("SELECT 1 AS n", ()).await.unwrap();
            order.lock().unwrap().push(at);
        }));
        tokio::task::yield_now().await;
    }
    first.commit().await.unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
    pool.close().await;
}

/// The server ends all sessions: reads are retried, and the pool recovers.
async fn killed_sessions(server: Server) {
    with_database(server, |database| async move {
        let settings = PoolSettings { max_connections: 4, ..PoolSettings::default() };
        let pool = database.pool(settings).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
        let other = database.pool(PoolSettings::default()).await;
        for pause in [0, 1_100] {
            let mut held = Vec::new();
            for _ in 0..4 {
                held.push(pool.begin().await.unwrap());
            }
            for transaction in held {
                transaction.commit().await.unwrap();
            }
            if server == Server::Postgres {
                let sql = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
                other.fetch_raw(sql, ()).await.unwrap();
            } else {
                let sql = if server == Server::Mysql {
                    "SELECT processlist_id AS id FROM performance_schema.threads WHERE processlist_db = DATABASE() AND processlist_id <> CONNECTION_ID()"
                } else {
                    "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
                };
                let rows = other.fetch_raw(sql, ()).await.unwrap();
                for row in 0..rows.len() {
                    if let Cell::Int(id) = rows.cell(row, 0) {
                        // Some sessions may already be closed.
                        let _ = other.script_plain(&[format!("KILL CONNECTION {id}")]).await;
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(100 + pause)).await;
            for _ in 0..8 {
                pool.fetch_raw("SELECT COUNT(*) AS n FROM t", ())
                    .await
                    .unwrap_or_else(|problem| panic!("{server:?} {pause}: {problem:?}"));
            }
        }
        // A transaction whose session dies: one clear error, then recovery.
        let transaction = pool.begin().await.unwrap();
        let sql = if server == Server::Postgres { "SELECT pg_backend_pid() AS n" } else { "SELECT CONNECTION_ID() AS n" };
        let rows = transaction.fetch_raw(sql, ()).await.unwrap();
        let Cell::Int(id) = rows.cell(0, 0) else { panic!() };
        let kill = if server == Server::Postgres {
            format!("SELECT pg_terminate_backend({id})")
        } else {
            format!("KILL CONNECTION {id}")
        };
        other.script_plain(&[kill]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let problem = transaction
            .fetch_raw("INSERT INTO t VALUES (1)", ())
            .await
            .unwrap_err();
        assert!(matches!(problem, DriverError::ConnectionLost { .. }), "{server:?} {problem:?}");
        assert!(problem.is_retryable());
        transaction.commit().await.unwrap_err();
        pool.fetch_raw("SELECT COUNT(*) AS n FROM t", ()).await.unwrap();
        other.close().await;
        pool.close().await;
    })
    .await;
}

/// Session settings of raw SQL do not reach the next user of the connection.
async fn sessions_do_not_leak(server: Server) {
    with_database(server, |database| async move {
        let settings = PoolSettings {
            max_connections: 1,
            ..PoolSettings::default()
        };
        let pool = database.pool(settings).await;
        let (set, ask, expected) = match server {
            Server::Postgres => (
                "SET search_path = pg_catalog",
                "SELECT current_setting('search_path') = 'pg_catalog' AS n",
                Cell::Bool(false),
            ),
            Server::Sqlite => (
                "PRAGMA foreign_keys = OFF",
                "PRAGMA foreign_keys",
                Cell::Int(1),
            ),
            _ => ("SET @x = 7", "SELECT @x AS n", Cell::Null),
        };
        pool.fetch_raw(set, ()).await.unwrap();
        let rows = pool.fetch_raw(ask, ()).await.unwrap();
        assert_eq!(rows.cell(0, 0), expected, "{server:?}");
        // A transaction that raw SQL opens does not stay open.
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
        pool.fetch_raw("BEGIN", ()).await.unwrap();
        pool.fetch_raw("INSERT INTO t VALUES (1)", ())
            .await
            .unwrap();
        let other = database.pool(PoolSettings::default()).await;
        let rows = other
            .fetch_raw("SELECT COUNT(*) AS n FROM t", ())
            .await
            .unwrap();
        assert_eq!(rows.cell(0, 0), Cell::Int(1), "{server:?}");
        other.close().await;
        pool.close().await;
    })
    .await;
}

async fn old_connections_go(server: Server) {
    with_database(server, |database| async move {
        let settings = PoolSettings {
            max_connections: 4,
            min_connections: 1,
            idle_timeout: Some(Duration::from_millis(300)),
            ..PoolSettings::default()
        };
        let pool = database.pool(settings).await;
        let options = BeginOptions {
            read_only: true,
            ..BeginOptions::default()
        };
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(pool.begin_with(options).await.unwrap());
        }
        assert_eq!(pool.status().size, 4);
        for transaction in held {
            transaction.rollback().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(1200)).await;
        assert_eq!(pool.status().size, 1, "{server:?}");
        pool.close().await;
        assert_eq!(pool.status().size, 0, "{server:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_runtimes_one_after_another() {
    std::thread::spawn(|| {
        for _ in 0..3 {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let pool = runtime.block_on(async {
                let pool = Pool::connect("sqlite://", PoolSettings::default())
                    .await
                    .unwrap();
                pool.fetch_raw("SELECT 1 AS n", ()).await.unwrap();
                pool
            });
            drop(runtime);
            // Dropped without a runtime.
            drop(pool);
        }
    })
    .join()
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_pool_leaves_its_sockets() {
    with_database(Server::Postgres, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        pool.clone().forget();
        let problem = pool.fetch_raw("SELECT 1 AS n", ()).await.unwrap_err();
        assert!(matches!(problem, DriverError::Closed { .. }));
        let other = database.pool(PoolSettings::default()).await;
        let sql = "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE datname = current_database()";
        let rows = other.fetch_raw(sql, ()).await.unwrap();
        assert_eq!(rows.cell(0, 0), Cell::Int(2));
        other.close().await;
    })
    .await;
}

crate::server::on_each_server! {
    tasks_postgres: five_hundred_tasks on Postgres;
    tasks_mysql: five_hundred_tasks on Mysql;
    tasks_mariadb: five_hundred_tasks on Mariadb;
    tasks_sqlite: five_hundred_tasks on Sqlite;
    waits_postgres: no_task_waits_forever on Postgres;
    waits_mysql: no_task_waits_forever on Mysql;
    waits_mariadb: no_task_waits_forever on Mariadb;
    waits_sqlite: no_task_waits_forever on Sqlite;
    killed_postgres: killed_sessions on Postgres;
    killed_mysql: killed_sessions on Mysql;
    killed_mariadb: killed_sessions on Mariadb;
    leak_postgres: sessions_do_not_leak on Postgres;
    leak_mysql: sessions_do_not_leak on Mysql;
    leak_mariadb: sessions_do_not_leak on Mariadb;
    leak_sqlite: sessions_do_not_leak on Sqlite;
    old_postgres: old_connections_go on Postgres;
    old_mysql: old_connections_go on Mysql;
    old_mariadb: old_connections_go on Mariadb;
    old_sqlite: old_connections_go on Sqlite;
}
