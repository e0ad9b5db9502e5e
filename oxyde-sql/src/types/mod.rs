//! Column types: what a column holds, in the words of no database.

mod cast;
mod convert;
mod family;
mod storage;

pub(crate) use convert::convert;
pub use family::{Families, Family};
use serde::{Deserialize, Serialize};

/// The type of a column, independent of the database.
///
/// It decides three things: the DDL name per dialect, how a value travels to and from the
/// server, and which lookups the column takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ColumnType {
    /// 16-bit signed integer.
    SmallInt,
    /// 32-bit signed integer.
    Integer,
    /// 64-bit signed integer; the default for Python's `int`.
    BigInt,
    /// 64-bit IEEE 754 number.
    Double,
    /// Exact decimal number.
    Decimal {
        /// Total digits; `None` for as many as the database takes.
        precision: Option<u16>,
        /// Digits after the point.
        scale: Option<u16>,
    },
    /// True or false.
    Bool,
    /// Text without a limit.
    Text,
    /// Text of at most `length` characters.
    Varchar {
        /// Longest text in characters.
        length: u32,
    },
    /// Binary data.
    Bytes,
    /// Calendar date.
    Date,
    /// Time of day without a zone, to the microsecond.
    Time,
    /// Date and time without a zone, to the microsecond.
    DateTime,
    /// A moment in time (stored in UTC), to the microsecond.
    TimestampTz,
    /// A duration, to the microsecond.
    Interval,
    /// 128-bit identifier (RFC 9562).
    Uuid,
    /// A JSON document.
    Json,
    /// An IPv4 or IPv6 address or network.
    Inet,
    /// A list of scalars: a native array on PostgreSQL, JSON elsewhere.
    Array {
        /// The type of each item.
        item: Box<ColumnType>,
    },
    /// One of a fixed list of texts: a native type on PostgreSQL and MySQL, a checked text on SQLite.
    Enum {
        /// Name of the type.
        name: String,
        /// The labels in order.
        values: Vec<String>,
    },
    /// A list of 32-bit floating-point numbers of one length, compared by distance: pgvector's, on
    /// PostgreSQL only.
    Vector {
        /// How many numbers; `None` where any number will do, which no column says.
        dimensions: Option<u16>,
    },
    /// A type spelled by the user (`db_type`), whose values travel as `base`.
    Custom {
        /// The type as it stands in DDL.
        sql: String,
        /// How its values travel.
        base: Box<ColumnType>,
    },
}
