//! How types are spelled inside statements: in `CAST`, and as columns of an unfolded list.

use super::{ColumnType, Families};
use crate::dialect::{Dialect, quote_identifier};

impl ColumnType {
    /// The type in `CAST(… AS type)`; `None` where the dialect cannot cast to it and the value
    /// stands for itself.
    #[must_use]
    pub fn cast_name(&self, dialect: Dialect) -> Option<String> {
        match dialect {
            Dialect::Postgres => Some(postgres(self)),
            Dialect::Sqlite => sqlite(self).map(str::to_owned),
            Dialect::Mysql => mysql(self, true),
            Dialect::Mariadb => mysql(self, false),
        }
    }

    /// A placeholder as a column of a derived table, where nothing else tells its type.
    pub(crate) fn typed_value(&self, dialect: Dialect) -> String {
        match (dialect, self) {
            (_, ColumnType::Custom { base, .. }) => base.typed_value(dialect),
            // A cast to BINARY cuts a placeholder at 65,535 bytes, one to BINARY(n) fills it up
            // with zeros.
            (Dialect::Mysql | Dialect::Mariadb, ColumnType::Bytes) => "UNHEX(HEX(?))".to_owned(),
            (_, ty) => match ty.cast_name(dialect) {
                Some(name) => format!("CAST(? AS {name})"),
                None => "?".to_owned(),
            },
        }
    }

    /// The collation that a value cast to text needs, so that its case counts as that of a
    /// column does: MySQL gives it the connection's.
    pub(crate) fn cast_collation(&self, dialect: Dialect) -> Option<&'static str> {
        if !Families::TEXTUAL.contains(self.family()) {
            return None;
        }
        match dialect {
            Dialect::Postgres | Dialect::Sqlite => None,
            Dialect::Mysql => Some("utf8mb4_0900_bin"),
            Dialect::Mariadb => Some("utf8mb4_nopad_bin"),
        }
    }

    /// The cast that a bound value needs before the server takes it for this type: PostgreSQL's
    /// enums, IP addresses and user-spelled types travel as text (or as their base), and vectors
    /// without the number of their type, which differs between databases.
    pub(crate) fn parameter_cast(&self, dialect: Dialect) -> Option<String> {
        match (dialect, self) {
            (
                Dialect::Postgres,
                ColumnType::Enum { .. } | ColumnType::Inet | ColumnType::Custom { .. },
            ) => Some(postgres(self)),
            // The length is checked when the value is bound.
            (Dialect::Postgres, ColumnType::Vector { .. }) => Some("VECTOR".to_owned()),
            (Dialect::Postgres, ColumnType::Array { item }) => match &**item {
                // Operators of arrays want both sides of one type, and texts travel as TEXT.
                ColumnType::Varchar { .. } => Some("VARCHAR[]".to_owned()),
                item => item.parameter_cast(dialect).map(|item| format!("{item}[]")),
            },
            _ => None,
        }
    }

    /// The type of a column of `JSON_TABLE`, and what turns its text into the value
    /// (`{0}` is the column), for the lists of MySQL and MariaDB.
    pub(crate) fn json_table(&self, dialect: Dialect) -> (String, &'static str) {
        let text = |length: Option<u32>| {
            let collation = match dialect {
                Dialect::Mariadb => "utf8mb4_nopad_bin",
                _ => "utf8mb4_0900_bin",
            };
            let name = length.map_or_else(|| "LONGTEXT".to_owned(), |n| format!("VARCHAR({n})"));
            format!("{name} CHARACTER SET utf8mb4 COLLATE {collation}")
        };
        match self {
            Self::SmallInt | Self::Integer | Self::BigInt | Self::Interval => {
                ("BIGINT".into(), "{0}")
            }
            Self::Bool => ("TINYINT".into(), "{0}"),
            Self::Double => ("DOUBLE".into(), "{0}"),
            Self::Decimal { .. } => ("DECIMAL(65,30)".into(), "{0}"),
            // A short text can be sorted and hashed in memory; a long one must not be cut.
            Self::Varchar {
                length: length @ 1..=4000,
            } => (text(Some(*length)), "{0}"),
            Self::Text | Self::Varchar { .. } => (text(None), "{0}"),
            Self::Enum { .. } => (text(Some(255)), "{0}"),
            Self::Inet => (text(Some(43)), "{0}"),
            Self::Bytes => ("LONGTEXT".into(), "FROM_BASE64({0})"),
            Self::Date => ("DATE".into(), "{0}"),
            Self::Time => ("TIME(6)".into(), "{0}"),
            Self::DateTime | Self::TimestampTz => ("DATETIME(6)".into(), "{0}"),
            // As the column is stored, so that its index can be used.
            Self::Uuid => (self.storage(dialect, false), "{0}"),
            Self::Json | Self::Array { .. } | Self::Vector { .. } => ("JSON".into(), "{0}"),
            Self::Custom { base, .. } => base.json_table(dialect),
        }
    }
}

fn postgres(ty: &ColumnType) -> String {
    match ty {
        ColumnType::Array { item } => format!("{}[]", postgres(item)),
        ColumnType::Enum { name, .. } => quote_identifier(name, Dialect::Postgres),
        ty => ty.storage(Dialect::Postgres, false),
    }
}

fn sqlite(ty: &ColumnType) -> Option<&'static str> {
    match ty {
        ColumnType::SmallInt
        | ColumnType::Integer
        | ColumnType::BigInt
        | ColumnType::Bool
        | ColumnType::Interval => Some("INTEGER"),
        ColumnType::Double => Some("REAL"),
        ColumnType::Text
        | ColumnType::Varchar { .. }
        | ColumnType::Enum { .. }
        | ColumnType::Uuid
        | ColumnType::Inet => Some("TEXT"),
        ColumnType::Bytes => Some("BLOB"),
        ColumnType::Decimal { .. }
        | ColumnType::Date
        | ColumnType::Time
        | ColumnType::DateTime
        | ColumnType::TimestampTz
        | ColumnType::Json
        | ColumnType::Array { .. }
        | ColumnType::Vector { .. } => None,
        ColumnType::Custom { base, .. } => sqlite(base),
    }
}

fn mysql(ty: &ColumnType, json: bool) -> Option<String> {
    Some(match ty {
        ColumnType::SmallInt
        | ColumnType::Integer
        | ColumnType::BigInt
        | ColumnType::Bool
        | ColumnType::Interval => "SIGNED".into(),
        ColumnType::Double => "DOUBLE".into(),
        ColumnType::Decimal {
            precision: Some(precision),
            scale,
        } => {
            format!("DECIMAL({precision},{})", scale.unwrap_or(0))
        }
        ColumnType::Decimal {
            precision: None, ..
        } => "DECIMAL(65,30)".into(),
        // Without a length MySQL cuts at 65,535 bytes.
        ColumnType::Text => "CHAR(16777215)".into(),
        ColumnType::Varchar { .. }
        | ColumnType::Enum { .. }
        | ColumnType::Uuid
        | ColumnType::Inet => "CHAR".into(),
        ColumnType::Bytes => "BINARY".into(),
        ColumnType::Date => "DATE".into(),
        ColumnType::Time => "TIME(6)".into(),
        ColumnType::DateTime | ColumnType::TimestampTz => "DATETIME(6)".into(),
        ColumnType::Json | ColumnType::Array { .. } if json => "JSON".into(),
        ColumnType::Json | ColumnType::Array { .. } | ColumnType::Vector { .. } => return None,
        ColumnType::Custom { base, .. } => return mysql(base, json),
    })
}
