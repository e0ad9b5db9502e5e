//! Which Rust types columns hold.

use crate::types::ColumnType;
use crate::value::{ArrayItem, Value};

/// A Rust type whose values a column holds.
///
/// Implement it for your own types, for example an enum whose labels a column holds:
///
/// ```
/// use oxyde_sql::build::SqlType;
/// use oxyde_sql::types::ColumnType;
/// use oxyde_sql::value::Value;
///
/// #[derive(Clone, Copy)]
/// enum Status { Open, Closed }
///
/// impl From<Status> for Value {
///     fn from(status: Status) -> Self {
///         Value::Text(match status { Status::Open => "open", Status::Closed => "closed" }.into())
///     }
/// }
///
/// impl SqlType for Status {
///     fn column_type() -> ColumnType {
///         ColumnType::Enum { name: "status".into(), values: vec!["open".into(), "closed".into()] }
///     }
/// }
/// ```
pub trait SqlType: Into<Value> {
    /// The type of a column of such values, unless its declaration says another.
    fn column_type() -> ColumnType;
}

/// What a column holds: values of a [`SqlType`], or an `Option` of one if NULL is allowed.
pub trait Field {
    /// The values that are not NULL.
    type Of: SqlType;
    /// Whether NULL is allowed.
    const NULLABLE: bool;
}

impl<T: SqlType> Field for T {
    type Of = T;
    const NULLABLE: bool = false;
}

impl<T: SqlType> Field for Option<T> {
    type Of = T;
    const NULLABLE: bool = true;
}

/// Text, for lookups such as [`icontains`](super::TextExpression::icontains). UUIDs and enums have
/// them too: they are searched as text.
pub trait Text: SqlType {}

/// Numbers, for arithmetic and sums.
pub trait Number: SqlType {
    /// The type of a sum of such numbers.
    type Sum: SqlType;
    /// The type of their average, and of a quotient of two of them.
    type Quotient: SqlType;
}

/// Dates, with or without a time.
pub trait Dated: SqlType {}

/// JSON documents.
pub trait Document: SqlType {}

macro_rules! sql_types {
    ($($rust:ty = $ty:expr;)+) => {
        $(impl SqlType for $rust {
            fn column_type() -> ColumnType {
                $ty
            }
        })+
    };
}

sql_types! {
    i16 = ColumnType::SmallInt;
    i32 = ColumnType::Integer;
    i64 = ColumnType::BigInt;
    f64 = ColumnType::Double;
    bool = ColumnType::Bool;
    String = ColumnType::Text;
    Vec<u8> = ColumnType::Bytes;
}

impl Text for String {}

macro_rules! numbers {
    ($($number:ty => $sum:ty, $quotient:ty;)+) => {
        $(impl Number for $number {
            type Sum = $sum;
            type Quotient = $quotient;
        })+
    };
}

numbers! {
    i16 => i64, f64;
    i32 => i64, f64;
    i64 => i64, f64;
    f64 => f64, f64;
}

/// An array.
impl<T: SqlType + ArrayItem> SqlType for Vec<T> {
    fn column_type() -> ColumnType {
        ColumnType::Array {
            item: Box::new(T::column_type()),
        }
    }
}

/// A vector; its column's declaration says how long it is.
impl SqlType for Vec<f32> {
    fn column_type() -> ColumnType {
        ColumnType::Vector { dimensions: None }
    }
}

#[cfg(feature = "chrono")]
mod of_chrono {
    use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};

    use super::{ColumnType, Dated, SqlType};

    sql_types! {
        NaiveDate = ColumnType::Date;
        NaiveTime = ColumnType::Time;
        NaiveDateTime = ColumnType::DateTime;
        TimeDelta = ColumnType::Interval;
    }

    impl<Z: TimeZone> SqlType for DateTime<Z> {
        fn column_type() -> ColumnType {
            ColumnType::TimestampTz
        }
    }

    impl Dated for NaiveDate {}
    impl Dated for NaiveDateTime {}
    impl<Z: TimeZone> Dated for DateTime<Z> {}
}

#[cfg(feature = "time")]
mod of_time {
    use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time};

    use super::{ColumnType, Dated, SqlType};

    sql_types! {
        Date = ColumnType::Date;
        Time = ColumnType::Time;
        PrimitiveDateTime = ColumnType::DateTime;
        OffsetDateTime = ColumnType::TimestampTz;
        Duration = ColumnType::Interval;
    }

    impl Dated for Date {}
    impl Dated for PrimitiveDateTime {}
    impl Dated for OffsetDateTime {}
}

#[cfg(feature = "uuid")]
sql_types! {
    uuid::Uuid = ColumnType::Uuid;
}

#[cfg(feature = "uuid")]
impl Text for uuid::Uuid {}

#[cfg(feature = "rust_decimal")]
sql_types! {
    rust_decimal::Decimal = ColumnType::Decimal { precision: None, scale: None };
}

#[cfg(feature = "rust_decimal")]
numbers! {
    rust_decimal::Decimal => rust_decimal::Decimal, rust_decimal::Decimal;
}

#[cfg(feature = "serde_json")]
sql_types! {
    serde_json::Value = ColumnType::Json;
}

#[cfg(feature = "serde_json")]
impl Document for serde_json::Value {}
