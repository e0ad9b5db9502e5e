//! The types that raw SQL on SQLite reports for its columns are those of the cells.

use oxyde_driver::{Cell, Executor, Pool, PoolSettings, RowSet};
use oxyde_sql::types::ColumnType;

use crate::server::run;

/// The type of a column whose values have several.
fn any() -> ColumnType {
    ColumnType::Custom {
        sql: "ANY".to_owned(),
        base: Box::new(ColumnType::Text),
    }
}

/// Whether a cell is a value of the type; NULL is one of each.
fn is_of(ty: &ColumnType, cell: Cell<'_>) -> bool {
    match (ty, cell) {
        (_, Cell::Null)
        | (ColumnType::BigInt, Cell::Int(_))
        | (ColumnType::Double, Cell::Double(_))
        | (ColumnType::Text | ColumnType::Inet, Cell::Text(_))
        | (ColumnType::Bytes, Cell::Bytes(_))
        | (ColumnType::Bool, Cell::Bool(_))
        | (ColumnType::Decimal { .. }, Cell::Decimal(_))
        | (ColumnType::Date, Cell::Date(_))
        | (ColumnType::Time, Cell::Time(_))
        | (ColumnType::DateTime, Cell::DateTime(_))
        | (ColumnType::TimestampTz, Cell::TimestampTz(_))
        | (ColumnType::Interval, Cell::Interval(_))
        | (ColumnType::Uuid, Cell::Uuid(_))
        | (ColumnType::Json, Cell::Json(_)) => true,
        (ty, _) => *ty == any(),
    }
}

/// Ask, check each cell against the type of its column, and return the types.
async fn types(pool: &Pool, sql: &str) -> Vec<ColumnType> {
    let rows: RowSet = pool
        .fetch_raw(sql, ())
        .await
        .unwrap_or_else(|problem| panic!("{sql}: {problem}"));
    for row in 0..rows.len() {
        for (cell, column) in rows.row(row).cells().zip(rows.columns()) {
            assert!(
                is_of(&column.ty, cell),
                "{sql}: {} is {:?}, has {cell:?}",
                column.name,
                column.ty
            );
        }
    }
    rows.columns()
        .iter()
        .map(|column| column.ty.clone())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_has_the_type_of_its_values() {
    use ColumnType::{BigInt, Bytes, Date, Double, Text};

    let pool = Pool::connect("sqlite://", PoolSettings::default())
        .await
        .unwrap();
    run(
        &pool,
        "CREATE TABLE found (id INTEGER PRIMARY KEY, number INTEGER, price NUMERIC, day DATE, anything)",
    )
    .await;
    // Not all values have the type that their columns are declared as.
    run(
        &pool,
        "INSERT INTO found VALUES (1, NULL, 5, '2024-02-29', NULL), (2, 7, 5.5, '2024-03-01', 1), \
         (3, 'seven', 6, 'tomorrow', 'a'), (4, 8, 6.5, NULL, x'00')",
    )
    .await;
    for (sql, expected) in [
        (
            "SELECT 1, 1.5, 'a', x'00', NULL",
            vec![BigInt, Double, Text, Bytes, Text],
        ),
        (
            "SELECT count(*), sum(id), avg(id), max(day) FROM found WHERE id < 3",
            vec![BigInt, BigInt, Double, Text],
        ),
        // The first value is NULL.
        (
            "SELECT number FROM found WHERE id IN (1, 2) ORDER BY id",
            vec![BigInt],
        ),
        (
            "SELECT anything FROM found WHERE id IN (1, 4) ORDER BY id",
            vec![Bytes],
        ),
        // Values of several types.
        (
            "SELECT number, price, day, anything FROM found",
            vec![any(), any(), any(), any()],
        ),
        ("SELECT number FROM found WHERE id = 3", vec![Text]),
        ("SELECT price FROM found WHERE id % 2 = 0", vec![Double]),
        (
            "SELECT CASE WHEN id = 1 THEN 'one' ELSE id END AS either FROM found",
            vec![any()],
        ),
        // All values are in the form of the declared type, or none.
        ("SELECT day FROM found WHERE id <> 3", vec![Date]),
        ("SELECT day FROM found WHERE id = 3", vec![Text]),
        // Without values: by the declaration.
        (
            "SELECT id, number, price, day, anything, 1 + 1 AS two FROM found WHERE 1 = 0",
            vec![BigInt, BigInt, Text, Date, Text, Text],
        ),
        (
            "SELECT number, day FROM found WHERE id > 9",
            vec![BigInt, Date],
        ),
    ] {
        assert_eq!(types(&pool, sql).await, expected, "{sql}");
    }
    pool.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_in_the_form_of_a_declared_type_have_it() {
    let pool = Pool::connect("sqlite://", PoolSettings::default())
        .await
        .unwrap();
    let decimal = ColumnType::Decimal {
        precision: None,
        scale: Some(2),
    };
    for (declared, good, odd, ty) in [
        ("BOOLEAN", "1", "2", ColumnType::Bool),
        ("DECIMAL TEXT(9, 2)", "'1.5'", "'much'", decimal),
        ("DATE", "'2024-02-29'", "'2024-02-30'", ColumnType::Date),
        ("TIME", "'10:00:00'", "'25:00'", ColumnType::Time),
        (
            "DATETIME",
            "'2024-02-29 10:00:00'",
            "1709200800",
            ColumnType::DateTime,
        ),
        (
            "TIMESTAMPTZ",
            "'2024-02-29 10:00:00'",
            "'now'",
            ColumnType::TimestampTz,
        ),
        ("INTERVAL", "1000000", "'1 day'", ColumnType::Interval),
        (
            "UUID",
            "x'00112233445566778899aabbccddeeff'",
            "x'00'",
            ColumnType::Uuid,
        ),
        ("JSON TEXT", "'{}'", "x'00'", ColumnType::Json),
        ("INET TEXT", "'10.0.0.1'", "x'00'", ColumnType::Inet),
    ] {
        run(&pool, "DROP TABLE IF EXISTS declared").await;
        run(&pool, &format!("CREATE TABLE declared (v {declared})")).await;
        let select = "SELECT v FROM declared";
        let expected = std::slice::from_ref(&ty);
        assert_eq!(types(&pool, select).await, expected, "{declared}");
        let insert = |value: &str| format!("INSERT INTO declared VALUES (NULL), ({value})");
        run(&pool, &insert(good)).await;
        assert_eq!(types(&pool, select).await, expected, "{declared}");
        run(&pool, &insert(odd)).await;
        assert_eq!(types(&pool, select).await, [any()], "{declared}");
        // A type of the caller is not guessed: another value is an error.
        let named = [("v".to_owned(), ty)];
        let refused = pool.fetch_raw_as(select, (), &named).await;
        assert!(refused.is_err(), "{declared}: {refused:?}");
    }
    pool.close().await;
}
