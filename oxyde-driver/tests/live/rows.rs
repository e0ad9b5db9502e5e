//! Rows as Rust's types, and Rust's values in raw SQL.

use oxyde_driver::{
    Cell, DriverError, Executor, FromRow, Json, Mismatch, PoolSettings, named, values,
};
use oxyde_sql::types::ColumnType;

use crate::plans::{placed, plan};
use crate::server::{Server, create, on_each_server, run, with_database};

#[derive(Debug, PartialEq, FromRow)]
struct Reader {
    id: i64,
    #[oxyde(rename = "full_name")]
    name: String,
    age: Option<u8>,
    #[oxyde(default)]
    visits: u16,
    #[oxyde(flatten)]
    address: Address,
}

#[derive(Debug, PartialEq, FromRow)]
struct Address {
    street: String,
    r#type: Option<i16>,
}

#[derive(Debug, PartialEq, FromRow)]
struct Pair<T>(i64, T);

const TABLE: &str = "CREATE TABLE reader (id BIGINT PRIMARY KEY, full_name VARCHAR(50) NOT NULL, \
                     age INTEGER, street VARCHAR(50) NOT NULL, type SMALLINT)";

/// Works on a pool and in a transaction.
async fn add(on: &impl Executor, id: i64, name: &str, age: Option<u8>) -> Result<u64, DriverError> {
    let sql = "INSERT INTO reader VALUES (:id, :name, :age, 'Main :street', NULL)";
    let row = values! { id: id, name: name, age: age };
    Ok(on.execute_raw(sql, row).await?.affected)
}

async fn rows_are_structs(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, TABLE).await;
        let transaction = pool.begin().await.unwrap();
        assert_eq!(add(&transaction, 1, "Alice", Some(30)).await, Ok(1));
        transaction.commit().await.unwrap();
        assert_eq!(add(&pool, 2, "Bob", None).await, Ok(1));
        let alice = Reader {
            id: 1,
            name: "Alice".to_owned(),
            age: Some(30),
            visits: 0,
            address: Address {
                street: "Main :street".to_owned(),
                r#type: None,
            },
        };
        let all: Vec<Reader> = pool
            .fetch_all("SELECT * FROM reader ORDER BY id", ())
            .await
            .unwrap();
        assert_eq!((&all[0], all.len()), (&alice, 2), "{server:?}");
        // In another order, with a column that is not a field.
        let sql = "SELECT street, 7 AS visits, 'x' AS extra, type, age, full_name, id FROM reader \
                   WHERE full_name = :name OR full_name = :name";
        let one: Reader = pool
            .fetch_one(sql, named([("name", "Alice")]))
            .await
            .unwrap();
        assert_eq!(one, Reader { visits: 7, ..alice }, "{server:?}");
        let sql = placed(server, "SELECT id, full_name FROM reader WHERE id = ?");
        let pair: Option<Pair<String>> = pool.fetch_optional(&sql, values![2]).await.unwrap();
        assert_eq!(pair, Some(Pair(2, "Bob".to_owned())), "{server:?}");
        let none: Option<(i64, String)> = pool.fetch_optional(&sql, values![3]).await.unwrap();
        assert_eq!(none, None, "{server:?}");
        let of_plan = plan(
            server,
            "SELECT id, age FROM reader WHERE id > ?",
            &[ColumnType::BigInt],
            &[("id", ColumnType::BigInt), ("age", ColumnType::Integer)],
            false,
        );
        let ages: Vec<Pair<Option<i32>>> = pool.fetch_all(&of_plan, values![0]).await.unwrap();
        assert_eq!(ages, [Pair(1, Some(30)), Pair(2, None)], "{server:?}");
        let rows = pool.fetch(&of_plan, values![0]).await.unwrap();
        let ids: Vec<i64> = rows.iter().map(|row| row.get("id").unwrap()).collect();
        assert_eq!((ids, rows.iter().len()), (vec![1, 2], 2), "{server:?}");
        let renamed = pool
            .execute_raw(
                "UPDATE reader SET full_name = :name",
                named([("name", "Eve")]),
            )
            .await;
        assert_eq!(renamed.unwrap().affected, 2, "{server:?}");
        pool.close().await;
    })
    .await;
}

async fn what_does_not_fit_is_named(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        run(&pool, TABLE).await;
        add(&pool, 1, "Alice", None).await.unwrap();
        add(&pool, 2, "Bob", None).await.unwrap();
        let one = "SELECT id, full_name, age FROM reader WHERE id = 1";
        let missing = pool.fetch_one::<Reader>(one, ()).await.unwrap_err();
        assert_eq!(
            missing.to_string(),
            "the row has no column `street`; it has `id`, `full_name`, `age`",
            "{server:?}"
        );
        let null = pool.fetch_one::<(i64, String, i32)>(one, ()).await;
        let problem = null.unwrap_err();
        assert_eq!(
            problem.to_string(),
            "column `age`: expected a signed integer of 32 bits, got NULL",
            "{server:?}"
        );
        assert!(problem.hint().unwrap().contains("`Option`"), "{problem:?}");
        let wrong = pool.fetch_one::<(i64, i64)>(one, ()).await;
        assert_eq!(
            wrong,
            Err(DriverError::Mismatch {
                column: "full_name".to_owned(),
                mismatch: Mismatch::new("a signed integer of 64 bits", "text"),
            }),
            "{server:?}"
        );
        let rows = pool.fetch_raw(one, ()).await.unwrap();
        let problem = rows.row(0).get::<Cell<'_>>(3).unwrap_err();
        assert!(
            matches!(problem, DriverError::NoColumn { .. }),
            "{problem:?}"
        );
        let many = "SELECT id FROM reader";
        for found in [
            pool.fetch_one::<(i64,)>(many, ()).await,
            pool.fetch_optional::<(i64,)>(many, ())
                .await
                .map(Option::unwrap),
        ] {
            assert_eq!(found, Err(DriverError::RowCount { found: 2 }), "{server:?}");
        }
        let none = pool
            .fetch_one::<(i64,)>("SELECT id FROM reader WHERE id = 9", ())
            .await;
        assert_eq!(none, Err(DriverError::RowCount { found: 0 }), "{server:?}");
        let sql = "SELECT id FROM reader WHERE id = :id";
        let problem = pool.fetch_raw(sql, named([("key", 1)])).await.unwrap_err();
        assert!(
            matches!(problem, DriverError::NoValue { .. }),
            "{problem:?}"
        );
        let row = values! { id: 1, key: 1 };
        let problem = pool.fetch_raw(sql, row).await.unwrap_err();
        assert!(
            matches!(problem, DriverError::UnusedValue { .. }),
            "{problem:?}"
        );
        pool.close().await;
    })
    .await;
}

/// Each type as it comes back from a column of its type.
async fn values_come_back(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        let columns = [
            ("truth", ColumnType::Bool),
            ("small", ColumnType::SmallInt),
            ("big", ColumnType::BigInt),
            ("number", ColumnType::Double),
            ("name", ColumnType::Text),
            ("data", ColumnType::Bytes),
            ("document", ColumnType::Json),
            ("missing", ColumnType::Text),
        ];
        create(&pool, "v", &columns).await;
        let document = serde_json::json!({"a": [1, null], "b": "é"});
        let marks = ["?"; 8].join(", ");
        let sql = placed(server, &format!("INSERT INTO v VALUES ({marks})"));
        let row = values![
            true,
            -7_i16,
            i64::MAX,
            0.1_f32,
            "é",
            b"\x00\xff",
            &document,
            None::<String>
        ];
        pool.execute_raw(&sql, row).await.unwrap();
        let select = plan(server, "SELECT * FROM v", &[], &columns, false);
        let rows = pool.fetch(&select, vec![]).await.unwrap();
        let row = rows.row(0);
        assert_eq!(row.get("truth"), Ok(true), "{server:?}");
        assert_eq!(row.get("small"), Ok(-7_i8), "{server:?}");
        assert_eq!(
            row.get("big"),
            Ok(u64::try_from(i64::MAX).unwrap()),
            "{server:?}"
        );
        assert_eq!(row.get("number"), Ok(0.1_f32), "{server:?}");
        assert_eq!(row.get("number"), Ok(0.1_f64), "{server:?}");
        assert_eq!(row.get("name"), Ok("é"), "{server:?}");
        assert_eq!(row.get("name"), Ok("é".to_owned()), "{server:?}");
        assert_eq!(row.get("data"), Ok(b"\x00\xff".to_vec()), "{server:?}");
        assert_eq!(row.get("data"), Ok(b"\x00\xff".as_slice()), "{server:?}");
        assert_eq!(row.get("document"), Ok(document), "{server:?}");
        let Json(parts) = row
            .get::<Json<std::collections::HashMap<String, serde_json::Value>>>("document")
            .unwrap();
        assert_eq!(parts["b"], "é", "{server:?}");
        assert_eq!(row.get("missing"), Ok(None::<String>), "{server:?}");
        pool.close().await;
    })
    .await;
}

on_each_server! {
    structs_postgres: rows_are_structs on Postgres;
    structs_mysql: rows_are_structs on Mysql;
    structs_mariadb: rows_are_structs on Mariadb;
    structs_sqlite: rows_are_structs on Sqlite;
    misfits_postgres: what_does_not_fit_is_named on Postgres;
    misfits_mysql: what_does_not_fit_is_named on Mysql;
    misfits_mariadb: what_does_not_fit_is_named on Mariadb;
    misfits_sqlite: what_does_not_fit_is_named on Sqlite;
    values_postgres: values_come_back on Postgres;
    values_mysql: values_come_back on Mysql;
    values_mariadb: values_come_back on Mariadb;
    values_sqlite: values_come_back on Sqlite;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_arrays() {
    with_database(Server::Postgres, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        let sql = "SELECT :ids::bigint[] AS ids, :names::text[] AS names, count(*) AS n, \
                   sum(x)::numeric AS s FROM unnest(:ids::bigint[]) AS x WHERE x = ANY(:few::bigint[])";
        let row = values! { ids: vec![1, 2, 3], names: [Some("a"), None], few: [2, 3] };
        let rows = pool.fetch_raw(sql, row).await.unwrap();
        let row = rows.row(0);
        assert_eq!(row.get("ids"), Ok(vec![1_i64, 2, 3]));
        assert_eq!(row.get("names"), Ok(vec![Some("a"), None]));
        assert_eq!(row.get("n"), Ok(2_usize));
        // A decimal number without a fraction is an integer, too.
        assert_eq!(row.get("s"), Ok(5_i32));
        pool.close().await;
    })
    .await;
}
