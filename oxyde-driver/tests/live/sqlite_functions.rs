//! The functions of Oxyde on a connection of another driver.

use oxyde_driver::register_sqlite_functions;
use oxyde_sql::compile;
use oxyde_sql::dialect::{Dialect, Features, SqliteNeeds};
use oxyde_sql::ir::{Expr, Select, Statement, Table};
use oxyde_sql::types::ColumnType;
use sqlx::{AssertSqlSafe, Connection as _};
use sqlx_sqlite::SqliteConnection;

#[expect(unsafe_code, reason = "the interface of SQLite's C library")]
async fn register(connection: &mut SqliteConnection) {
    let mut handle = connection.lock_handle().await.unwrap();
    // SAFETY: the handle locks the open connection.
    unsafe { register_sqlite_functions(handle.as_raw_handle()) }.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_runs_on_a_connection_of_sqlx() {
    let table = Table::new("elsewhere");
    let (name, price) = (
        table.col("name", ColumnType::Text),
        table.col(
            "price",
            ColumnType::Decimal {
                precision: None,
                scale: None,
            },
        ),
    );
    let select = Select::from_table(&table)
        .column(&table, "name", ColumnType::Text)
        .filter(name.lookup("icontains", [Expr::param(0, ColumnType::Text)]))
        .order(price.desc());
    let plan = compile(&Statement::from(select), &Features::of(Dialect::Sqlite)).unwrap();
    let needs = SqliteNeeds::of(&plan.sql);
    assert!(!needs.functions.is_empty() && !needs.collations.is_empty());

    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE elsewhere (name TEXT, price TEXT); \
         INSERT INTO elsewhere VALUES ('Ärger', '9.5'), ('ärgerlich', '10'), ('other', '1')",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let query = || sqlx::query_scalar::<_, String>(AssertSqlSafe(plan.sql.clone())).bind("ÄRG");
    let refused = query().fetch_all(&mut connection).await.unwrap_err();
    assert!(refused.to_string().contains("no such"), "{refused}");

    register(&mut connection).await;
    let names = query().fetch_all(&mut connection).await.unwrap();
    assert_eq!(names, ["ärgerlich", "Ärger"]);
    connection.close().await.unwrap();
}
