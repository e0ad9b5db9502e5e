//! Ranges: the values between two bounds.

use serde::{Deserialize, Serialize};

use super::facts::{Casts, Facts, Name, Only, Storage, no_cast};
use super::{ColumnType, Family, json};

/// The type of a range's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RangeItem {
    /// 32-bit signed integers.
    Integer,
    /// 64-bit signed integers.
    BigInt,
    /// Exact decimal numbers.
    Decimal,
    /// Calendar dates.
    Date,
    /// Dates and times without a time zone.
    DateTime,
    /// Points in time.
    TimestampTz,
}

impl RangeItem {
    /// The column type of the bounds.
    #[must_use]
    pub const fn column_type(self) -> &'static ColumnType {
        match self {
            Self::Integer => &ColumnType::Integer,
            Self::BigInt => &ColumnType::BigInt,
            Self::Decimal => &ColumnType::Decimal {
                precision: None,
                scale: None,
            },
            Self::Date => &ColumnType::Date,
            Self::DateTime => &ColumnType::DateTime,
            Self::TimestampTz => &ColumnType::TimestampTz,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Integer => "INT4RANGE",
            Self::BigInt => "INT8RANGE",
            Self::Decimal => "NUMRANGE",
            Self::Date => "DATERANGE",
            Self::DateTime => "TSRANGE",
            Self::TimestampTz => "TSTZRANGE",
        }
    }
}

pub(super) const FACTS: Facts = Facts {
    name: "range",
    parts: &["item"],
    family: Family::Range,
    noun: "a range",
    read: &[
        (&["int4range"], |_| of(RangeItem::Integer)),
        (&["int8range"], |_| of(RangeItem::BigInt)),
        (&["numrange"], |_| of(RangeItem::Decimal)),
        (&["daterange"], |_| of(RangeItem::Date)),
        (&["tsrange"], |_| of(RangeItem::DateTime)),
        (&["tstzrange"], |_| of(RangeItem::TimestampTz)),
    ],
    storage: Storage::same(Name::Of(|ty, _| match ty {
        ColumnType::Range { item } => item.name().to_owned(),
        other => other.facts().name.to_owned(),
    })),
    cast: Casts::NONE,
    json_table: json::MYSQL,
    from_json: "{0}",
    parameter_cast: no_cast,
    only: Some(&ONLY),
};

const ONLY: Only = Only {
    what: "ranges",
    hint: "ranges need PostgreSQL: elsewhere, use a field for each bound",
    has: |features| features.ranges,
};

#[expect(
    clippy::unnecessary_wraps,
    reason = "other types are read only with certain arguments"
)]
const fn of(item: RangeItem) -> Option<ColumnType> {
    Some(ColumnType::Range { item })
}
