//! The kinds of values that databases tell apart: several column types may share one.

use oxyde_sql::types::{ColumnType, RangeItem};

/// How values of a column type are sent and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    SmallInt,
    Integer,
    BigInt,
    Double,
    Decimal { scale: Option<u16> },
    Bool,
    Text,
    Inet,
    Bytes,
    Date,
    Time,
    DateTime,
    TimestampTz,
    Interval,
    Uuid,
    Json,
    List(&'a ColumnType),
    Native(NativeKind),
}

/// Kinds that only PostgreSQL has: no plan of another database contains them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NativeKind {
    Vector { dimensions: Option<u16> },
    Range(RangeItem),
}

/// The error for a value of a native kind on another database.
pub(crate) const NOT_HERE: &str = "only PostgreSQL stores such values";

/// Return the kind of the values of a column type.
pub(crate) fn kind_of(ty: &ColumnType) -> Kind<'_> {
    match ty {
        ColumnType::SmallInt => Kind::SmallInt,
        ColumnType::Integer => Kind::Integer,
        ColumnType::BigInt => Kind::BigInt,
        ColumnType::Double => Kind::Double,
        ColumnType::Decimal { scale, .. } => Kind::Decimal { scale: *scale },
        ColumnType::Bool => Kind::Bool,
        ColumnType::Text | ColumnType::Varchar { .. } | ColumnType::Enum { .. } => Kind::Text,
        ColumnType::Inet => Kind::Inet,
        ColumnType::Bytes => Kind::Bytes,
        ColumnType::Date => Kind::Date,
        ColumnType::Time => Kind::Time,
        ColumnType::DateTime => Kind::DateTime,
        ColumnType::TimestampTz => Kind::TimestampTz,
        ColumnType::Interval => Kind::Interval,
        ColumnType::Uuid => Kind::Uuid,
        ColumnType::Json => Kind::Json,
        ColumnType::Array { item } => Kind::List(item),
        ColumnType::Vector { dimensions } => Kind::Native(NativeKind::Vector {
            dimensions: *dimensions,
        }),
        ColumnType::Range { item } => Kind::Native(NativeKind::Range(*item)),
        ColumnType::Custom { base, .. } => kind_of(base),
    }
}
