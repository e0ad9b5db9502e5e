//! The name of each column type in DDL.

use super::ColumnType;
use crate::dialect::Dialect;

impl ColumnType {
    /// The type as it stands in a definition, without its enum's name quoted in any way.
    ///
    /// `keyed` says that the column is part of a key, index or foreign key: there MySQL takes
    /// no text without a limit. A named enum answers with its bare name on PostgreSQL; the
    /// caller quotes and qualifies it.
    #[must_use]
    pub fn storage(&self, dialect: Dialect, keyed: bool) -> String {
        if let ColumnType::Custom { sql, .. } = self {
            return sql.clone();
        }
        match dialect {
            Dialect::Postgres => postgres(self),
            Dialect::Sqlite => sqlite(self),
            Dialect::Mysql | Dialect::Mariadb => mysql(self, keyed),
        }
    }
}

fn digits(name: &str, precision: Option<u16>, scale: Option<u16>, unbounded: &str) -> String {
    match (precision, scale) {
        (Some(precision), Some(scale)) => format!("{name}({precision},{scale})"),
        (Some(precision), None) => format!("{name}({precision},0)"),
        (None, _) => unbounded.to_owned(),
    }
}

/// Only where `Features::vectors` are; other dialects refuse such a column before it is written.
fn vector(dimensions: Option<u16>) -> String {
    match dimensions {
        Some(dimensions) => format!("VECTOR({dimensions})"),
        None => "VECTOR".into(),
    }
}

fn postgres(ty: &ColumnType) -> String {
    match ty {
        ColumnType::SmallInt => "SMALLINT".into(),
        ColumnType::Integer => "INTEGER".into(),
        ColumnType::BigInt => "BIGINT".into(),
        ColumnType::Double => "DOUBLE PRECISION".into(),
        ColumnType::Decimal { precision, scale } => {
            digits("NUMERIC", *precision, *scale, "NUMERIC")
        }
        ColumnType::Bool => "BOOLEAN".into(),
        ColumnType::Text => "TEXT".into(),
        ColumnType::Varchar { length } => format!("VARCHAR({length})"),
        ColumnType::Bytes => "BYTEA".into(),
        ColumnType::Date => "DATE".into(),
        ColumnType::Time => "TIME".into(),
        ColumnType::DateTime => "TIMESTAMP".into(),
        ColumnType::TimestampTz => "TIMESTAMPTZ".into(),
        ColumnType::Interval => "INTERVAL".into(),
        ColumnType::Uuid => "UUID".into(),
        ColumnType::Json => "JSONB".into(),
        ColumnType::Inet => "INET".into(),
        ColumnType::Array { item } => format!("{}[]", postgres(item)),
        ColumnType::Enum { name, .. } => name.clone(),
        ColumnType::Vector { dimensions } => vector(*dimensions),
        ColumnType::Custom { sql, .. } => sql.clone(),
    }
}

fn sqlite(ty: &ColumnType) -> String {
    match ty {
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => "INTEGER".into(),
        ColumnType::Double => "REAL".into(),
        ColumnType::Decimal { precision, scale } => {
            digits("DECIMAL TEXT", *precision, *scale, "DECIMAL TEXT")
        }
        ColumnType::Bool => "BOOLEAN".into(),
        ColumnType::Text | ColumnType::Enum { .. } => "TEXT".into(),
        ColumnType::Varchar { length } => format!("VARCHAR({length})"),
        ColumnType::Bytes => "BLOB".into(),
        ColumnType::Date => "DATE".into(),
        ColumnType::Time => "TIME".into(),
        ColumnType::DateTime => "TIMESTAMP".into(),
        ColumnType::TimestampTz => "TIMESTAMPTZ".into(),
        ColumnType::Interval => "INTERVAL".into(),
        ColumnType::Uuid => "UUID".into(),
        ColumnType::Json | ColumnType::Array { .. } => "JSON TEXT".into(),
        ColumnType::Inet => "INET TEXT".into(),
        ColumnType::Vector { dimensions } => vector(*dimensions),
        ColumnType::Custom { sql, .. } => sql.clone(),
    }
}

fn mysql(ty: &ColumnType, keyed: bool) -> String {
    match ty {
        ColumnType::SmallInt => "SMALLINT".into(),
        ColumnType::Integer => "INT".into(),
        ColumnType::BigInt | ColumnType::Interval => "BIGINT".into(),
        ColumnType::Double => "DOUBLE".into(),
        ColumnType::Decimal { precision, scale } => {
            digits("DECIMAL", *precision, *scale, "DECIMAL(65,30)")
        }
        ColumnType::Bool => "TINYINT(1)".into(),
        ColumnType::Text if keyed => "VARCHAR(255)".into(),
        ColumnType::Text => "LONGTEXT".into(),
        ColumnType::Varchar { length } => format!("VARCHAR({length})"),
        ColumnType::Bytes if keyed => "VARBINARY(255)".into(),
        ColumnType::Bytes => "LONGBLOB".into(),
        ColumnType::Date => "DATE".into(),
        ColumnType::Time => "TIME(6)".into(),
        ColumnType::DateTime | ColumnType::TimestampTz => "DATETIME(6)".into(),
        ColumnType::Uuid => "CHAR(36) CHARACTER SET ascii COLLATE ascii_bin".into(),
        ColumnType::Json | ColumnType::Array { .. } => "JSON".into(),
        ColumnType::Inet => "VARCHAR(43)".into(),
        ColumnType::Enum { values, .. } => {
            let labels: Vec<String> = values
                .iter()
                .map(|label| format!("'{}'", label.replace('\\', "\\\\").replace('\'', "''")))
                .collect();
            format!("ENUM({})", labels.join(", "))
        }
        ColumnType::Vector { dimensions } => vector(*dimensions),
        ColumnType::Custom { sql, .. } => sql.clone(),
    }
}
