//! The object identifiers of PostgreSQL's built-in types.

use oxyde_sql::types::{ColumnType, RangeItem};

use crate::values::kind::{Kind, NativeKind, kind_of};

pub(super) const BOOL: u32 = 16;
pub(super) const BYTEA: u32 = 17;
pub(super) const CHAR: u32 = 18;
pub(super) const NAME: u32 = 19;
pub(super) const INT8: u32 = 20;
pub(super) const INT2: u32 = 21;
pub(super) const INT4: u32 = 23;
pub(super) const TEXT: u32 = 25;
pub(super) const OID: u32 = 26;
pub(super) const JSON: u32 = 114;
pub(super) const CIDR: u32 = 650;
pub(super) const FLOAT4: u32 = 700;
pub(super) const FLOAT8: u32 = 701;
pub(super) const UNKNOWN: u32 = 705;
pub(super) const MONEY: u32 = 790;
pub(super) const INET: u32 = 869;
pub(super) const BPCHAR: u32 = 1042;
pub(super) const VARCHAR: u32 = 1043;
pub(super) const DATE: u32 = 1082;
pub(super) const TIME: u32 = 1083;
pub(super) const TIMESTAMP: u32 = 1114;
pub(super) const TIMESTAMPTZ: u32 = 1184;
pub(super) const INTERVAL: u32 = 1186;
pub(super) const NUMERIC: u32 = 1700;
pub(super) const VOID: u32 = 2278;
pub(super) const UUID: u32 = 2950;
pub(super) const JSONB: u32 = 3802;
const INT4RANGE: u32 = 3904;
const NUMRANGE: u32 = 3906;
const TSRANGE: u32 = 3908;
const TSTZRANGE: u32 = 3910;
const DATERANGE: u32 = 3912;
const INT8RANGE: u32 = 3926;

/// Each type with its array type.
const ARRAYS: [(u32, u32); 30] = [
    (BOOL, 1000),
    (BYTEA, 1001),
    (CHAR, 1002),
    (NAME, 1003),
    (INT2, 1005),
    (INT4, 1007),
    (TEXT, 1009),
    (BPCHAR, 1014),
    (VARCHAR, 1015),
    (INT8, 1016),
    (FLOAT4, 1021),
    (FLOAT8, 1022),
    (OID, 1028),
    (INET, 1041),
    (CIDR, 651),
    (TIMESTAMP, 1115),
    (DATE, 1182),
    (TIME, 1183),
    (TIMESTAMPTZ, 1185),
    (INTERVAL, 1187),
    (NUMERIC, 1231),
    (UUID, 2951),
    (JSON, 199),
    (JSONB, 3807),
    (INT4RANGE, 3905),
    (NUMRANGE, 3907),
    (TSRANGE, 3909),
    (TSTZRANGE, 3911),
    (DATERANGE, 3913),
    (INT8RANGE, 3927),
];

/// Return the array type of a type.
pub(super) fn array_of(item: u32) -> Option<u32> {
    ARRAYS
        .iter()
        .find_map(|(one, array)| (*one == item).then_some(*array))
}

/// Return the item type of an array type.
pub(super) fn item_of(array: u32) -> Option<u32> {
    ARRAYS
        .iter()
        .find_map(|(one, of)| (*of == array).then_some(*one))
}

/// Return the range type with bounds of a type.
const fn range_of(item: RangeItem) -> u32 {
    match item {
        RangeItem::Integer => INT4RANGE,
        RangeItem::BigInt => INT8RANGE,
        RangeItem::Decimal => NUMRANGE,
        RangeItem::Date => DATERANGE,
        RangeItem::DateTime => TSRANGE,
        RangeItem::TimestampTz => TSTZRANGE,
    }
}

/// Return the bounds of a range type.
const fn item_of_range(range: u32) -> Option<RangeItem> {
    Some(match range {
        INT4RANGE => RangeItem::Integer,
        INT8RANGE => RangeItem::BigInt,
        NUMRANGE => RangeItem::Decimal,
        DATERANGE => RangeItem::Date,
        TSRANGE => RangeItem::DateTime,
        TSTZRANGE => RangeItem::TimestampTz,
        _ => return None,
    })
}

/// Return the type of the bounds of a range type.
pub(super) fn bound_of(range: u32) -> Option<u32> {
    item_of_range(range).map(|item| of_type(item.column_type()))
}

/// Return the type that values of a column type are sent as.
pub(super) fn of_type(ty: &ColumnType) -> u32 {
    match kind_of(ty) {
        Kind::SmallInt => INT2,
        Kind::Integer => INT4,
        Kind::BigInt => INT8,
        Kind::Double => FLOAT8,
        Kind::Decimal { .. } => NUMERIC,
        Kind::Bool => BOOL,
        // An enum's label is sent as text; the SQL casts it.
        Kind::Text => TEXT,
        Kind::Bytes => BYTEA,
        Kind::Date => DATE,
        Kind::Time => TIME,
        Kind::DateTime => TIMESTAMP,
        Kind::TimestampTz => TIMESTAMPTZ,
        Kind::Interval => INTERVAL,
        Kind::Uuid => UUID,
        Kind::Json => JSONB,
        Kind::Inet => INET,
        // An array of arrays has the same type as the array.
        Kind::List(item) => match kind_of(item) {
            Kind::List(_) => of_type(item),
            _ => array_of(of_type(item)).unwrap_or(UNKNOWN),
        },
        // The OID of `vector` differs between databases: the server derives it from the cast.
        Kind::Native(NativeKind::Vector { .. }) => UNKNOWN,
        Kind::Native(NativeKind::Range(item)) => range_of(item),
    }
}

/// Return the column type that values of a server type are decoded as, if the plan does not specify
/// it.
pub(super) fn to_type(oid: u32) -> Option<ColumnType> {
    Some(match oid {
        BOOL => ColumnType::Bool,
        BYTEA => ColumnType::Bytes,
        INT2 => ColumnType::SmallInt,
        INT4 => ColumnType::Integer,
        INT8 | OID => ColumnType::BigInt,
        CHAR | NAME | TEXT | BPCHAR | VARCHAR | UNKNOWN | VOID => ColumnType::Text,
        JSON | JSONB => ColumnType::Json,
        INET | CIDR => ColumnType::Inet,
        FLOAT4 | FLOAT8 => ColumnType::Double,
        DATE => ColumnType::Date,
        TIME => ColumnType::Time,
        TIMESTAMP => ColumnType::DateTime,
        TIMESTAMPTZ => ColumnType::TimestampTz,
        INTERVAL => ColumnType::Interval,
        NUMERIC => ColumnType::Decimal {
            precision: None,
            scale: None,
        },
        UUID => ColumnType::Uuid,
        other => match item_of_range(other) {
            Some(item) => ColumnType::Range { item },
            None => ColumnType::Array {
                item: Box::new(to_type(item_of(other)?)?),
            },
        },
    })
}
