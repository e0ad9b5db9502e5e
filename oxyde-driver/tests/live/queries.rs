//! Built queries on each database.

use oxyde_driver::{Cause, DriverError, Executor, FromRow, PoolSettings, Queries};
use oxyde_sql::build::*;
use oxyde_sql::ddl::{Present, create_tables};
use oxyde_sql::schema::{ForeignKey, Schema};
use oxyde_sql::types::ColumnType;

use crate::server::{Server, on_each_server, with_database};

oxyde_sql::table! {
    struct Painters("painters") {
        id: i64,
        name: String = ColumnType::Varchar { length: 50 },
        age: Option<i32>,
        score: f64,
    }
}

oxyde_sql::table! {
    struct Pictures("pictures") {
        id: i64,
        painter_id: i64,
        title: String,
        price: i64,
    }
}

const PAINTERS: Painters = Painters::table();
const PICTURES: Pictures = Pictures::table();

#[derive(Debug, PartialEq, FromRow)]
struct Painter {
    id: i64,
    name: String,
    age: Option<i32>,
    score: f64,
}

#[derive(Debug, PartialEq, FromRow)]
struct Sales {
    name: String,
    pictures: i64,
    total: Option<i64>,
}

fn schema() -> Schema {
    Schema::of([
        PAINTERS
            .definition()
            .primary_key(["id"])
            .auto_increment("id")
            .unique(["name"])
            .check("old", "age < 200"),
        PICTURES
            .definition()
            .primary_key(["id"])
            .auto_increment("id")
            .index(["painter_id"])
            .foreign_key(ForeignKey::to(["painter_id"], "painters", ["id"])),
    ])
}

/// Works on a pool and in a transaction.
async fn by_name(on: &impl Executor, name: &str) -> Result<Option<Painter>, DriverError> {
    on.optional(&PAINTERS.select().filter(PAINTERS.name.iexact(name)))
        .await
}

async fn queries_run(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        let tables = create_tables(&schema(), pool.features(), &Present::default()).unwrap();
        pool.script(&tables).await.unwrap();

        let painters = [
            ("Ada", Some(36), 1.5),
            ("Ben", None, 2.5),
            ("Cleo", Some(70), 0.5),
        ];
        let columns = (PAINTERS.name, PAINTERS.age, PAINTERS.score);
        let insert = PAINTERS.insert_rows(columns, painters);
        assert_eq!(
            pool.insert_rows(&insert).await.unwrap().affected,
            3,
            "{server:?}"
        );
        let ada = by_name(&pool, "ADA").await.unwrap().unwrap();
        assert_eq!(
            (ada.name.as_str(), ada.age, ada.score),
            ("Ada", Some(36), 1.5)
        );

        let prices = [("Dawn", 10), ("Dusk", 30), ("Noon", 5)];
        let pictures = prices.map(|(title, price)| (ada.id, title, price));
        let columns = (PICTURES.painter_id, PICTURES.title, PICTURES.price);
        pool.insert_rows(&PICTURES.insert_rows(columns, pictures))
            .await
            .unwrap();

        let sales = PAINTERS
            .select()
            .columns((
                PAINTERS.name,
                PICTURES.id.count().named("pictures"),
                PICTURES
                    .price
                    .sum()
                    .filter(PICTURES.price.gte(10))
                    .named("total"),
            ))
            .left_join(&PICTURES, PICTURES.painter_id.eq(PAINTERS.id))
            .filter(PAINTERS.age.gt(60).or(PAINTERS.score.lt(2.0)))
            .group_by((PAINTERS.id, PAINTERS.name))
            .order_by(PAINTERS.name);
        let found: Vec<Sales> = pool.all(&sales).await.unwrap();
        let expected =
            [("Ada", 3, Some(40)), ("Cleo", 0, None)].map(|(name, pictures, total)| Sales {
                name: name.to_owned(),
                pictures,
                total,
            });
        assert_eq!(found, expected, "{server:?}");

        let sold = PICTURES
            .select()
            .columns(PICTURES.id)
            .filter(PICTURES.painter_id.eq(PAINTERS.id))
            .exists();
        let (without,): (i64,) = pool
            .one(&PAINTERS.select().columns(count().named("n")).filter(!sold))
            .await
            .unwrap();
        assert_eq!(without, 2, "{server:?}");

        // Rolled back when it is dropped.
        let transaction = pool.begin().await.unwrap();
        let older = PAINTERS
            .update()
            .set(PAINTERS.age, PAINTERS.age.coalesce(50) + 1)
            .filter(PAINTERS.name.is_in(["Ada", "Ben", "Nobody"]));
        assert_eq!(
            transaction.run(&older).await.unwrap().affected,
            2,
            "{server:?}"
        );
        let ben = by_name(&transaction, "ben").await.unwrap().unwrap();
        assert_eq!(ben.age, Some(51), "{server:?}");
        transaction.rollback().await.unwrap();
        assert_eq!(by_name(&pool, "ben").await.unwrap().unwrap().age, None);

        let upsert = PAINTERS
            .insert()
            .set(PAINTERS.name, "Ben")
            .set(PAINTERS.age, 40)
            .set(PAINTERS.score, 4.0)
            .on_conflict(
                PAINTERS.name,
                OnConflict::update(PAINTERS.age)
                    .set(PAINTERS.score, PAINTERS.score + PAINTERS.score.excluded()),
            );
        pool.run(&upsert).await.unwrap();
        let ben = by_name(&pool, "Ben").await.unwrap().unwrap();
        assert_eq!((ben.age, ben.score), (Some(40), 6.5), "{server:?}");

        let delete = PICTURES.delete().filter(PICTURES.title.startswith("D"));
        assert_eq!(pool.run(&delete).await.unwrap().affected, 2, "{server:?}");
    })
    .await;
}

async fn what_is_wrong_is_told(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        let nobody = PAINTERS.update().set(PAINTERS.age, None);
        let refused = pool.run(&nobody).await.unwrap_err();
        assert!(matches!(refused, DriverError::Sql(_)), "{refused:?}");
        assert!(refused.hint().unwrap().contains("filter(…)"));
        let missing = pool.all::<Painter>(&PAINTERS.select()).await.unwrap_err();
        let missing = missing.cause();
        assert_eq!(missing, Some(Cause::UndefinedTable), "{server:?}");
    })
    .await;
}

on_each_server! {
    queries_run_on_postgres: queries_run on Postgres;
    queries_run_on_mysql: queries_run on Mysql;
    queries_run_on_mariadb: queries_run on Mariadb;
    queries_run_on_sqlite: queries_run on Sqlite;
    what_is_wrong_is_told_on_postgres: what_is_wrong_is_told on Postgres;
    what_is_wrong_is_told_on_mysql: what_is_wrong_is_told on Mysql;
    what_is_wrong_is_told_on_mariadb: what_is_wrong_is_told on Mariadb;
    what_is_wrong_is_told_on_sqlite: what_is_wrong_is_told on Sqlite;
}
