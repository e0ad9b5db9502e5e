//! Values of the crates behind features: `chrono`, `time`, `uuid`, `rust_decimal`.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use oxyde_driver::{Cell, Executor as _, FromCell, FromRow, PoolSettings, Value, values};
use oxyde_sql::types::ColumnType;
use proptest::prelude::*;
use rust_decimal::Decimal;
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time};
use uuid::Uuid;

use crate::plans::{placed, plan};
use crate::server::{Server, create, on_each_server, with_database};

#[derive(Debug, PartialEq, FromRow)]
struct Chrono {
    day: NaiveDate,
    hour: NaiveTime,
    local: NaiveDateTime,
    moment: DateTime<Utc>,
    span: TimeDelta,
    id: Uuid,
    price: Decimal,
    missing: Option<NaiveDate>,
}

#[derive(Debug, PartialEq, FromRow)]
struct OfTime {
    day: Date,
    hour: Time,
    local: PrimitiveDateTime,
    moment: OffsetDateTime,
    span: Duration,
}

/// Written as values of one crate, they are read as those of both.
async fn dates_come_back(server: Server) {
    with_database(server, |database| async move {
        let pool = database.pool(PoolSettings::default()).await;
        let columns = [
            ("day", ColumnType::Date),
            ("hour", ColumnType::Time),
            ("local", ColumnType::DateTime),
            ("moment", ColumnType::TimestampTz),
            ("span", ColumnType::Interval),
            ("id", ColumnType::Uuid),
            (
                "price",
                ColumnType::Decimal {
                    precision: Some(20),
                    scale: Some(4),
                },
            ),
            ("missing", ColumnType::Date),
        ];
        create(&pool, "dated", &columns).await;
        let row = Chrono {
            day: NaiveDate::from_ymd_opt(1969, 12, 31).unwrap(),
            hour: NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap(),
            local: DateTime::from_timestamp_micros(-1).unwrap().naive_utc(),
            moment: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
            span: TimeDelta::microseconds(-1_500_000),
            id: Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
            price: Decimal::new(-123_456, 4),
            missing: None,
        };
        let marks = columns.clone().map(|_| "?").join(", ");
        let types = columns.clone().map(|(_, ty)| ty);
        let insert = format!("INSERT INTO dated VALUES ({marks})");
        let insert = plan(server, &insert, &types, &[], true);
        let east = FixedOffset::east_opt(3_600).unwrap();
        let values = values![
            row.day,
            row.hour,
            row.local,
            row.moment.with_timezone(&east),
            row.span,
            row.id,
            row.price,
            row.missing
        ];
        pool.execute(&insert, values).await.unwrap();
        let select = plan(server, "SELECT * FROM dated", &[], &columns, false);
        let found: Chrono = pool.fetch_one(&select, ()).await.unwrap();
        assert_eq!(found, row, "{server:?}");
        let found: OfTime = pool.fetch_one(&select, ()).await.unwrap();
        assert_eq!(
            found.moment.unix_timestamp_nanos(),
            1_700_000_000_123_456_000
        );
        assert_eq!(found.span, Duration::microseconds(-1_500_000));
        let again = values![found.day, found.hour, found.local, found.moment, found.span];
        let expected = values![row.day, row.hour, row.local, row.moment, row.span];
        assert_eq!(again, expected, "{server:?}");
        // In raw SQL the server or the value says the type.
        let sql = placed(
            server,
            "SELECT count(*) AS n FROM dated WHERE day = ? AND moment > ?",
        );
        let before = row.moment - TimeDelta::seconds(1);
        let (n,): (i64,) = pool
            .fetch_one(&sql, values![row.day, before])
            .await
            .unwrap();
        assert_eq!(n, 1, "{server:?}");
        pool.close().await;
    })
    .await;
}

on_each_server! {
    dates_postgres: dates_come_back on Postgres;
    dates_mysql: dates_come_back on Mysql;
    dates_mariadb: dates_come_back on Mariadb;
    dates_sqlite: dates_come_back on Sqlite;
}

#[test]
fn nanoseconds_are_cut_off() {
    let time = NaiveTime::from_hms_nano_opt(0, 0, 1, 2_999).unwrap();
    assert_eq!(Value::from(time), Value::Time(1_000_002));
    let time = Time::from_hms_nano(0, 0, 1, 2_999).unwrap();
    assert_eq!(Value::from(time), Value::Time(1_000_002));
    let moment = OffsetDateTime::from_unix_timestamp_nanos(-1).unwrap();
    assert_eq!(Value::from(moment), Value::TimestampTz(-1));
    let moment = DateTime::from_timestamp_nanos(-1);
    assert_eq!(Value::from(moment), Value::TimestampTz(-1));
}

#[test]
fn what_does_not_fit_is_refused() {
    let long = Decimal::from_cell(Cell::Decimal("0.123456789012345678901234567890")).unwrap_err();
    assert_eq!(
        long.to_string(),
        "expected a decimal number of at most 28 digits, got 0.123456789012345678901234567890"
    );
    assert!(Decimal::from_cell(Cell::Decimal("NaN")).is_err());
    assert!(NaiveDate::from_cell(Cell::DateTime(0)).is_err());
    assert!(DateTime::<Utc>::from_cell(Cell::DateTime(0)).is_err());
    assert!(Uuid::from_cell(Cell::Text("x")).is_err());
}

/// Days and microseconds of the years 1 to 9999.
const DAYS: std::ops::Range<i32> = -719_162..2_932_897;
const MICROS: std::ops::Range<i64> = -719_162 * 86_400_000_000..2_932_897 * 86_400_000_000;

proptest! {
    #[test]
    fn days_keep_their_value(day in DAYS) {
        let (cell, value) = (Cell::Date(day), Value::Date(day));
        let (of_chrono, of_time) = (NaiveDate::from_cell(cell).unwrap(), Date::from_cell(cell).unwrap());
        prop_assert_eq!(of_chrono.to_string(), of_time.to_string());
        prop_assert_eq!(Value::from(of_chrono), value.clone());
        prop_assert_eq!(Value::from(of_time), value);
    }

    #[test]
    fn times_keep_their_value(micros in 0_i64..86_400_000_000) {
        let (cell, value) = (Cell::Time(micros), Value::Time(micros));
        prop_assert_eq!(Value::from(NaiveTime::from_cell(cell).unwrap()), value.clone());
        prop_assert_eq!(Value::from(Time::from_cell(cell).unwrap()), value);
    }

    #[test]
    fn moments_keep_their_value(micros in MICROS) {
        let local = (Cell::DateTime(micros), Value::DateTime(micros));
        prop_assert_eq!(Value::from(NaiveDateTime::from_cell(local.0).unwrap()), local.1.clone());
        prop_assert_eq!(Value::from(PrimitiveDateTime::from_cell(local.0).unwrap()), local.1);
        let zoned = (Cell::TimestampTz(micros), Value::TimestampTz(micros));
        prop_assert_eq!(Value::from(DateTime::<Utc>::from_cell(zoned.0).unwrap()), zoned.1.clone());
        prop_assert_eq!(Value::from(OffsetDateTime::from_cell(zoned.0).unwrap()), zoned.1);
    }

    #[test]
    fn intervals_keep_their_value(micros: i64) {
        let (cell, value) = (Cell::Interval(micros), Value::Interval(micros));
        prop_assert_eq!(Value::from(TimeDelta::from_cell(cell).unwrap()), value.clone());
        prop_assert_eq!(Value::from(Duration::from_cell(cell).unwrap()), value);
    }
}
