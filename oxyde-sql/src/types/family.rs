use std::fmt;

use super::ColumnType;

/// Column types that take the same lookups and functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Family {
    /// Integers of any width.
    Int,
    /// Floating-point numbers.
    Float,
    /// Exact decimals.
    Decimal,
    /// Truth values.
    Bool,
    /// Text of any length.
    Text,
    /// Binary data.
    Bytes,
    /// Dates.
    Date,
    /// Times of day.
    Time,
    /// Dates with times, with and without a zone.
    DateTime,
    /// Durations.
    Interval,
    /// UUIDs.
    Uuid,
    /// JSON documents.
    Json,
    /// IP addresses.
    Inet,
    /// Arrays.
    Array,
    /// Enums.
    Enum,
    /// Vectors.
    Vector,
}

impl Family {
    /// All families.
    pub const ALL: [Self; 16] = [
        Self::Int,
        Self::Float,
        Self::Decimal,
        Self::Bool,
        Self::Text,
        Self::Bytes,
        Self::Date,
        Self::Time,
        Self::DateTime,
        Self::Interval,
        Self::Uuid,
        Self::Json,
        Self::Inet,
        Self::Array,
        Self::Enum,
        Self::Vector,
    ];

    /// The word for it that crosses the border to Python.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Float => "float",
            Self::Decimal => "decimal",
            Self::Bool => "bool",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "date_time",
            Self::Interval => "interval",
            Self::Uuid => "uuid",
            Self::Json => "json",
            Self::Inet => "inet",
            Self::Array => "array",
            Self::Enum => "enum",
            Self::Vector => "vector",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int => "integers",
            Self::Float => "floating-point numbers",
            Self::Decimal => "decimals",
            Self::Bool => "truth values",
            Self::Text => "text",
            Self::Bytes => "binary data",
            Self::Date => "dates",
            Self::Time => "times",
            Self::DateTime => "dates with times",
            Self::Interval => "durations",
            Self::Uuid => "UUIDs",
            Self::Json => "JSON documents",
            Self::Inet => "IP addresses",
            Self::Array => "arrays",
            Self::Enum => "enums",
            Self::Vector => "vectors",
        })
    }
}

/// A set of families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Families(u16);

impl Families {
    /// Every family.
    pub const ANY: Self = Self::of(&Family::ALL);
    /// Numbers.
    pub const NUMBERS: Self = Self::of(&[Family::Int, Family::Float, Family::Decimal]);
    /// Text.
    pub const TEXT: Self = Self::of(&[Family::Text]);
    /// Text and what is read as text.
    pub const TEXTUAL: Self = Self::of(&[Family::Text, Family::Enum, Family::Uuid, Family::Inet]);
    /// What has a year, a month, a day.
    pub const DATES: Self = Self::of(&[Family::Date, Family::DateTime]);
    /// What has an hour, a minute, a second.
    pub const CLOCKS: Self = Self::of(&[Family::Time, Family::DateTime]);
    /// What has an order.
    pub const ORDERED: Self = Self::of(&[
        Family::Int,
        Family::Float,
        Family::Decimal,
        Family::Bool,
        Family::Text,
        Family::Bytes,
        Family::Date,
        Family::Time,
        Family::DateTime,
        Family::Interval,
        Family::Uuid,
        Family::Inet,
        Family::Enum,
        Family::Json,
        Family::Array,
    ]);

    /// These families.
    #[must_use]
    pub const fn of(families: &[Family]) -> Self {
        let mut bits = 0;
        let mut i = 0;
        while i < families.len() {
            bits |= 1 << families[i] as u16;
            i += 1;
        }
        Self(bits)
    }

    /// Whether the family is one of them.
    #[must_use]
    pub const fn contains(self, family: Family) -> bool {
        self.0 & (1 << family as u16) != 0
    }

    /// Their names, for Python.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        Family::ALL
            .into_iter()
            .filter(|family| self.contains(*family))
            .map(Family::name)
            .collect()
    }
}

impl ColumnType {
    /// The family that says which lookups apply. A type spelled by the user is of its base's.
    #[must_use]
    pub fn family(&self) -> Family {
        match self {
            Self::SmallInt | Self::Integer | Self::BigInt => Family::Int,
            Self::Double => Family::Float,
            Self::Decimal { .. } => Family::Decimal,
            Self::Bool => Family::Bool,
            Self::Text | Self::Varchar { .. } => Family::Text,
            Self::Bytes => Family::Bytes,
            Self::Date => Family::Date,
            Self::Time => Family::Time,
            Self::DateTime | Self::TimestampTz => Family::DateTime,
            Self::Interval => Family::Interval,
            Self::Uuid => Family::Uuid,
            Self::Json => Family::Json,
            Self::Inet => Family::Inet,
            Self::Array { .. } => Family::Array,
            Self::Enum { .. } => Family::Enum,
            Self::Vector { .. } => Family::Vector,
            Self::Custom { base, .. } => base.family(),
        }
    }
}
