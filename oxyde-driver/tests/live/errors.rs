//! Each cause has its own error, with a code and names.

use std::time::{Duration, Instant};

use oxyde_driver::{BeginOptions, Cause, DriverError, Executor as _, Pool, PoolSettings, Rule};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::plans::plan;
use crate::server::{Server, run, with_database};

async fn constraints(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE parent (id INTEGER PRIMARY KEY)").await;
        run(
            &pool,
            "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER NOT NULL, \
             code VARCHAR(5), age INTEGER, CONSTRAINT child_code_key UNIQUE (code), \
             CONSTRAINT child_parent_fk FOREIGN KEY (parent_id) REFERENCES parent (id), \
             CONSTRAINT child_age_check CHECK (age >= 0))",
        )
        .await;
        run(&pool, "INSERT INTO parent VALUES (1)").await;
        run(&pool, "INSERT INTO child VALUES (1, 1, 'a', 1)").await;
        let raw = |sql: &'static str| {
            let pool = pool.clone();
            async move { pool.fetch_raw(sql, ()).await.unwrap_err() }
        };
        let cases = [
            ("INSERT INTO child VALUES (2, 1, 'a', 1)", Rule::Unique),
            ("INSERT INTO child VALUES (1, 1, 'b', 1)", Rule::Unique),
            ("INSERT INTO child VALUES (2, 7, 'b', 1)", Rule::ForeignKey),
            ("INSERT INTO child VALUES (2, NULL, 'b', 1)", Rule::NotNull),
            ("INSERT INTO child VALUES (2, 1, 'b', -1)", Rule::Check),
        ];
        for (sql, expected) in cases {
            let problem = raw(sql).await;
            let DriverError::Violated { rule, violation } = &problem else {
                panic!("{server:?} {sql}: {problem:?}");
            };
            assert_eq!(*rule, expected, "{server:?} {sql}");
            assert!(!violation.code.is_empty() && !violation.message.is_empty());
            assert!(!problem.is_retryable());
            match (server, expected) {
                (Server::Sqlite, Rule::Unique) => {
                    assert_eq!(violation.table.as_deref(), Some("child"));
                }
                (Server::Sqlite, Rule::ForeignKey) => (),
                (_, Rule::NotNull) => assert_eq!(violation.columns, ["parent_id"], "{server:?}"),
                (_, Rule::Unique) => assert!(violation.constraint.is_some(), "{server:?}"),
                (_, Rule::ForeignKey) => {
                    assert_eq!(
                        violation.constraint.as_deref(),
                        Some("child_parent_fk"),
                        "{server:?}"
                    );
                }
                (_, Rule::Check) => {
                    assert_eq!(
                        violation.constraint.as_deref(),
                        Some("child_age_check"),
                        "{server:?}"
                    );
                }
            }
        }
        let cases = [
            ("SELECT * FROM nowhere", Cause::UndefinedTable),
            ("SELECT missing_one FROM parent", Cause::UndefinedColumn),
        ];
        for (sql, expected) in cases {
            let problem = raw(sql).await;
            assert_eq!(
                problem.cause(),
                Some(expected),
                "{server:?} {sql}: {problem:?}"
            );
        }
        if server != Server::Sqlite {
            let problem = raw("INSERT INTO child VALUES (3, 1, 'much too long', 1)").await;
            assert_eq!(
                problem.cause(),
                Some(Cause::TooLong),
                "{server:?} {problem:?}"
            );
            let problem = raw("INSERT INTO parent VALUES (99999999999)").await;
            assert_eq!(
                problem.cause(),
                Some(Cause::ValueOutOfRange),
                "{server:?} {problem:?}"
            );
        }
        assert_eq!(
            pool.status().size,
            1,
            "{server:?}: an error cost a connection"
        );
        // An unknown statement may have changed the session: SQLite's connection is replaced.
        let problem = raw("SELEC 1").await;
        assert_eq!(
            problem.cause(),
            Some(Cause::Syntax),
            "{server:?} {problem:?}"
        );
        // A wrong number of values.
        for values in [vec![], vec![Value::Int(1), Value::Int(2)]] {
            let sql = crate::plans::placed(server, "SELECT id FROM parent WHERE id = ?");
            pool.fetch_raw(&sql, values).await.unwrap_err();
        }
        let rows = pool.fetch_raw("SELECT id FROM parent", ()).await.unwrap();
        assert_eq!(rows.len(), 1);
        pool.close().await;
    })
    .await;
}

async fn read_only(server: Server) {
    with_database(server, |database| async move {
        let settings = PoolSettings {
            max_connections: 1,
            ..PoolSettings::default()
        };
        let pool = database.pool(settings).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
        let options = BeginOptions {
            read_only: true,
            ..BeginOptions::default()
        };
        let transaction = pool.begin_with(options).await.unwrap();
        let problem = transaction
            .fetch_raw("INSERT INTO t VALUES (1)", ())
            .await
            .unwrap_err();
        assert_eq!(
            problem.cause(),
            Some(Cause::ReadOnly),
            "{server:?} {problem:?}"
        );
        transaction.rollback().await.unwrap();
        // The next user of the connection may write.
        run(&pool, "INSERT INTO t VALUES (1)").await;
        pool.fetch_raw("INSERT INTO t VALUES (2)", ())
            .await
            .unwrap();
        pool.close().await;
    })
    .await;
}

/// Two transactions wait for each other.
async fn deadlock(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)").await;
        run(&pool, "INSERT INTO t VALUES (1, 0), (2, 0)").await;
        let one = pool.begin().await.unwrap();
        let two = pool.begin().await.unwrap();
        let update = |id: i64| format!("UPDATE t SET n = n + 1 WHERE id = {id}");
        one.fetch_raw(&update(1), ()).await.unwrap();
        two.fetch_raw(&update(2), ()).await.unwrap();
        let (a, b) = (update(2), update(1));
        let (first, second) = tokio::join!(one.fetch_raw(&a, ()), two.fetch_raw(&b, ()));
        let (loser, winner, problem) = match (first, second) {
            (Err(problem), _) => (one, two, problem),
            (_, Err(problem)) => (two, one, problem),
            both => panic!("{server:?} {both:?}"),
        };
        assert_eq!(
            problem.cause(),
            Some(Cause::Deadlock),
            "{server:?} {problem:?}"
        );
        assert!(problem.is_retryable());
        assert!(loser.failed());
        // No statement runs in it any more, and none runs outside it.
        let problem = loser.fetch_raw(&update(1), ()).await.unwrap_err();
        assert_eq!(
            problem.cause(),
            Some(Cause::TransactionAborted),
            "{server:?} {problem:?}"
        );
        loser.commit().await.unwrap_err();
        drop(winner);
        pool.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_taken() {
    for (server, sql) in [
        (Server::Postgres, "SELECT id FROM t FOR UPDATE NOWAIT"),
        (Server::Mysql, "SELECT id FROM t FOR UPDATE NOWAIT"),
        (Server::Mariadb, "SELECT id FROM t FOR UPDATE NOWAIT"),
    ] {
        with_database(server, |database| async move {
            let pool = database.pool(PoolSettings::default()).await;
            run(&pool, "CREATE TABLE t (id INTEGER PRIMARY KEY)").await;
            run(&pool, "INSERT INTO t VALUES (1)").await;
            let one = pool.begin().await.unwrap();
            one.fetch_raw("SELECT id FROM t FOR UPDATE", ())
                .await
                .unwrap();
            let two = pool.begin().await.unwrap();
            let problem = two.fetch_raw(sql, ()).await.unwrap_err();
            assert_eq!(
                problem.cause(),
                Some(Cause::LockTimeout),
                "{server:?} {problem:?}"
            );
            assert!(problem.is_retryable());
            drop((one, two));
            pool.close().await;
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_the_server_dropped_is_made_again() {
    with_database(Server::Postgres, |database| async move {
        let settings = PoolSettings {
            max_connections: 1,
            ..PoolSettings::default()
        };
        let pool = database.pool(settings).await;
        run(&pool, "CREATE TABLE t (id BIGINT PRIMARY KEY, v INTEGER)").await;
        run(&pool, "INSERT INTO t VALUES (1, 7)").await;
        let select = plan(
            Server::Postgres,
            "SELECT v FROM t WHERE id = ?",
            &[ColumnType::BigInt],
            &[("v", ColumnType::BigInt)],
            false,
        );
        pool.fetch(&select, vec![Value::Int(1)]).await.unwrap();
        let other = database.pool(PoolSettings::default()).await;
        run(&other, "ALTER TABLE t ALTER COLUMN v TYPE BIGINT").await;
        pool.fetch(&select, vec![Value::Int(1)]).await.unwrap();
        other.close().await;
        pool.close().await;
    })
    .await;
}

type Check = fn(&DriverError) -> bool;

#[tokio::test(flavor = "multi_thread")]
async fn connecting_fails_at_once_with_its_own_error() {
    let port = |url: String, port: &str| {
        let (head, _) = url.rsplit_once(':').unwrap();
        format!("{head}:{port}")
    };
    let folder = tempfile::tempdir().unwrap();
    let text_file = folder.path().join("text.db");
    std::fs::write(
        &text_file,
        "this is no database at all, only a text ".repeat(100),
    )
    .unwrap();
    let postgres = Server::Postgres.url();
    let mysql = Server::Mysql.url();
    let refused: Check = |problem| matches!(problem, DriverError::ConnectionFailed { .. });
    let unknown: Check = |problem| problem.cause() == Some(Cause::UnknownDatabase);
    let denied: Check = |problem| problem.cause() == Some(Cause::AuthFailed);
    let no_database: Check = |problem| problem.cause() == Some(Cause::NotADatabase);
    let no_folder: Check = |problem| problem.cause() == Some(Cause::CannotOpen);
    let cases = [
        (port(postgres.clone(), "1"), refused),
        (port(mysql.clone(), "1"), refused),
        ("postgresql://no.such.host.invalid/db".to_owned(), refused),
        (format!("{postgres}/oxyde_no_such_database"), unknown),
        (format!("{mysql}/oxyde_no_such_database"), unknown),
        (
            "mysql://nobody:hunter2@127.0.0.1:3307/mysql".to_owned(),
            denied,
        ),
        (
            "mysql://nobody:hunter2@127.0.0.1:3306/mysql".to_owned(),
            denied,
        ),
        (format!("sqlite:///{}", text_file.display()), no_database),
        (
            format!("sqlite:///{}/missing/x.db", folder.path().display()),
            no_folder,
        ),
        (
            format!("sqlite:///{}/missing.db?mode=rw", folder.path().display()),
            no_folder,
        ),
    ];
    for (url, check) in cases {
        let began = Instant::now();
        let problem = Pool::connect(&url, PoolSettings::default())
            .await
            .unwrap_err();
        assert!(check(&problem), "{url}: {problem:?}");
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{url}: {:?}",
            began.elapsed()
        );
        assert!(!format!("{problem:?} {problem} {:?}", problem.hint()).contains("hunter2"));
        assert!(problem.hint().is_some(), "{url}");
    }
}

/// The test servers have an unsigned certificate, or none: both are refused.
#[tokio::test(flavor = "multi_thread")]
async fn verify_full_refuses_an_unsigned_certificate() {
    let urls = [
        format!("{}/postgres?sslmode=verify-full", Server::Postgres.url()),
        format!("{}/mysql?ssl_mode=verify-full", Server::Mysql.url()),
        format!("{}/mysql?ssl_mode=verify-full", Server::Mariadb.url()),
    ];
    for url in urls {
        let problem = Pool::connect(&url, PoolSettings::default())
            .await
            .unwrap_err();
        assert!(
            matches!(problem, DriverError::ConnectionFailed { .. }),
            "{url}: {problem:?}"
        );
    }
}

crate::server::on_each_server! {
    constraints_postgres: constraints on Postgres;
    constraints_mysql: constraints on Mysql;
    constraints_mariadb: constraints on Mariadb;
    constraints_sqlite: constraints on Sqlite;
    read_only_postgres: read_only on Postgres;
    read_only_mysql: read_only on Mysql;
    read_only_mariadb: read_only on Mariadb;
    read_only_sqlite: read_only on Sqlite;
    deadlock_postgres: deadlock on Postgres;
    deadlock_mysql: deadlock on Mysql;
    deadlock_mariadb: deadlock on Mariadb;
}
