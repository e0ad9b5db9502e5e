//! Round trips of every type and value, whatever the statement was bound with before.

use oxyde_driver::{DriverError, Executor as _, Pool, PoolSettings};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::plans::{placed, plan};
use crate::server::{Database, Server, run, with_database};
use crate::values::{all, is_refused, same, value_of};

async fn one_connection(database: &Database) -> Pool {
    let settings = PoolSettings {
        max_connections: 1,
        ..PoolSettings::default()
    };
    database.pool(settings).await
}

async fn make_table(pool: &Pool, ty: &ColumnType) {
    run(pool, "DROP TABLE IF EXISTS t").await;
    let storage = ty.storage(pool.dialect(), false);
    run(
        pool,
        &format!("CREATE TABLE t (id INTEGER PRIMARY KEY, v {storage})"),
    )
    .await;
}

async fn there_and_back(pool: &Pool, server: Server, ty: &ColumnType, id: i64, value: &Value) {
    let insert = plan(
        server,
        "INSERT INTO t (id, v) VALUES (?, ?)",
        &[ColumnType::Integer, ty.clone()],
        &[],
        true,
    );
    let select = plan(
        server,
        "SELECT v FROM t WHERE id = ?",
        &[ColumnType::Integer],
        &[("v", ty.clone())],
        false,
    );
    let sent = pool
        .execute(&insert, vec![Value::Int(id), value.clone()])
        .await;
    if is_refused(server, value) {
        assert!(sent.is_err(), "{server:?} {ty:?} took {value:?}");
        return;
    }
    sent.unwrap_or_else(|problem| panic!("{server:?} {ty:?} {value:?}: {problem}"));
    let rows = pool
        .fetch(&select, vec![Value::Int(id)])
        .await
        .unwrap_or_else(|problem| panic!("{server:?} {ty:?} {value:?}: {problem}"));
    let found = value_of(rows.cell(0, 0));
    assert!(
        same(&found, value),
        "{server:?} {ty:?}: sent {value:?}, found {found:?}"
    );
}

async fn every_value(server: Server) {
    with_database(server, |database| async move {
        let pool = one_connection(&database).await;
        for (ty, values) in all() {
            make_table(&pool, &ty).await;
            for (id, value) in values.iter().chain([&Value::Null]).enumerate() {
                there_and_back(&pool, server, &ty, id as i64, value).await;
            }
        }
        pool.close().await;
    })
    .await;
}

/// The statement is bound as each other type first, which the server may refuse or convert;
/// after that a value of the column's own type must still arrive unchanged.
async fn every_type_after_every_other(server: Server) {
    with_database(server, |database| async move {
        let pool = one_connection(&database).await;
        let types = all();
        for (ty, values) in &types {
            make_table(&pool, ty).await;
            let value = values
                .iter()
                .find(|value| !is_refused(server, value))
                .unwrap();
            for (at, (before, others)) in types.iter().enumerate() {
                let id = at as i64 * 2;
                let first = plan(
                    server,
                    "INSERT INTO t (id, v) VALUES (?, ?)",
                    &[ColumnType::Integer, before.clone()],
                    &[],
                    true,
                );
                // Rejected or converted, it must not affect later bindings of the statement.
                let _ = pool
                    .execute(&first, vec![Value::Int(id), others[0].clone()])
                    .await;
                there_and_back(&pool, server, ty, id + 1, value).await;
            }
        }
        assert_eq!(pool.status().size, 1);
        pool.close().await;
    })
    .await;
}

/// Raw SQL: the types come from the server or from the values.
async fn raw_values(server: Server) {
    with_database(server, |database| async move {
        let pool = one_connection(&database).await;
        let inet = |ty: &ColumnType| matches!(ty, ColumnType::Inet);
        let array = |ty: &ColumnType| matches!(ty, ColumnType::Array { .. });
        let mysql = matches!(server, Server::Mysql | Server::Mariadb);
        for (ty, values) in all() {
            make_table(&pool, &ty).await;
            for (id, value) in values.iter().enumerate() {
                let refused = is_refused(server, value);
                let insert = placed(server, "INSERT INTO t (id, v) VALUES (?, ?)");
                let sent = pool
                    .fetch_raw(&insert, vec![Value::Int(id as i64), value.clone()])
                    .await;
                if refused {
                    assert!(sent.is_err(), "{server:?} {ty:?} took {value:?}");
                    continue;
                }
                sent.unwrap_or_else(|problem| panic!("{server:?} {ty:?} {value:?}: {problem}"));
                let select = placed(server, "SELECT v FROM t WHERE id = ?");
                // Not all servers report these types, so the caller names them.
                let named = mysql || inet(&ty) || array(&ty);
                let types = if named {
                    vec![("v".to_owned(), ty.clone())]
                } else {
                    vec![]
                };
                let rows = pool
                    .fetch_raw_as(&select, vec![Value::Int(id as i64)], &types)
                    .await
                    .unwrap_or_else(|problem| panic!("{server:?} {ty:?} {value:?}: {problem}"));
                let found = value_of(rows.cell(0, 0));
                assert!(
                    same(&found, value),
                    "{server:?} {ty:?}: sent {value:?}, found {found:?}"
                );
            }
        }
        pool.close().await;
    })
    .await;
}

crate::server::on_each_server! {
    values_postgres: every_value on Postgres;
    values_mysql: every_value on Mysql;
    values_mariadb: every_value on Mariadb;
    values_sqlite: every_value on Sqlite;
    types_postgres: every_type_after_every_other on Postgres;
    types_mysql: every_type_after_every_other on Mysql;
    types_mariadb: every_type_after_every_other on Mariadb;
    types_sqlite: every_type_after_every_other on Sqlite;
    raw_postgres: raw_values on Postgres;
    raw_mysql: raw_values on Mysql;
    raw_mariadb: raw_values on Mariadb;
    raw_sqlite: raw_values on Sqlite;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_form_is_an_error_that_names_the_column() {
    let cases: [(Server, &str, ColumnType); 9] = [
        (
            Server::Postgres,
            "SELECT 'infinity'::date AS odd",
            ColumnType::Date,
        ),
        (
            Server::Postgres,
            "SELECT '-infinity'::timestamptz AS odd",
            ColumnType::TimestampTz,
        ),
        (
            Server::Postgres,
            "SELECT '0044-03-15 BC'::timestamp AS odd",
            ColumnType::DateTime,
        ),
        (
            Server::Postgres,
            "SELECT '1 month'::interval AS odd",
            ColumnType::Interval,
        ),
        (
            Server::Postgres,
            "SELECT '24:00'::time AS odd",
            ColumnType::Time,
        ),
        (
            Server::Postgres,
            "SELECT int4range(1, 2) AS odd",
            ColumnType::Text,
        ),
        (
            Server::Mysql,
            "SELECT CAST('30:00:00' AS TIME) AS odd",
            ColumnType::Time,
        ),
        (Server::Sqlite, "SELECT 'seven' AS odd", ColumnType::BigInt),
        (
            Server::Sqlite,
            "SELECT 9223372036854775808 AS odd",
            ColumnType::BigInt,
        ),
    ];
    for (server, sql, ty) in cases {
        with_database(server, |database| async move {
            let pool = one_connection(&database).await;
            let select = plan(server, sql, &[], &[("odd", ty)], false);
            for _ in 0..2 {
                let problem = pool.fetch(&select, vec![]).await.unwrap_err();
                assert!(
                    matches!(&problem, DriverError::Decode { column, .. } if column == "odd"),
                    "{sql}: {problem:?}"
                );
            }
            // The connection has read the result to its end and is reused.
            assert_eq!(pool.status().size, 1, "{sql}");
            assert_eq!(pool.status().idle, 1, "{sql}");
            pool.close().await;
        })
        .await;
    }
}
