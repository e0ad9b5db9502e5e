//! The object identifiers of PostgreSQL's own types.

use oxyde_sql::types::ColumnType;

use crate::fit::base_of;

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

/// Each type with the array of it.
const ARRAYS: [(u32, u32); 24] = [
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
];

/// The array of a type.
pub(super) fn array_of(item: u32) -> Option<u32> {
    ARRAYS
        .iter()
        .find_map(|(one, array)| (*one == item).then_some(*array))
}

/// The type that an array is of.
pub(super) fn item_of(array: u32) -> Option<u32> {
    ARRAYS
        .iter()
        .find_map(|(one, of)| (*of == array).then_some(*one))
}

/// The type that values of a column type are sent as.
pub(super) fn of_type(ty: &ColumnType) -> u32 {
    match base_of(ty) {
        ColumnType::SmallInt => INT2,
        ColumnType::Integer => INT4,
        ColumnType::BigInt => INT8,
        ColumnType::Double => FLOAT8,
        ColumnType::Decimal { .. } => NUMERIC,
        ColumnType::Bool => BOOL,
        // An enum's label is sent as text; the SQL casts it.
        ColumnType::Text | ColumnType::Varchar { .. } | ColumnType::Enum { .. } => TEXT,
        ColumnType::Bytes => BYTEA,
        ColumnType::Date => DATE,
        ColumnType::Time => TIME,
        ColumnType::DateTime => TIMESTAMP,
        ColumnType::TimestampTz => TIMESTAMPTZ,
        ColumnType::Interval => INTERVAL,
        ColumnType::Uuid => UUID,
        ColumnType::Json => JSONB,
        ColumnType::Inet => INET,
        // An array of arrays has the same type as the array.
        ColumnType::Array { item } => match base_of(item) {
            ColumnType::Array { .. } => of_type(item),
            scalar => array_of(of_type(scalar)).unwrap_or(UNKNOWN),
        },
        // A vector's number differs between databases: the server finds it by the cast around it.
        ColumnType::Vector { .. } | ColumnType::Custom { .. } => UNKNOWN,
    }
}

/// The column type that values of a server's type are decoded as, when the plan does not say.
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
        other => ColumnType::Array {
            item: Box::new(to_type(item_of(other)?)?),
        },
    })
}
