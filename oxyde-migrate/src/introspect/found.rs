//! Types of databases that something else made, as models say them.

use oxyde_sql::types::ColumnType;

/// A type as models say it, and the database's own words for it if models cannot say it exactly.
pub(super) struct Found {
    pub(super) ty: ColumnType,
    pub(super) native: Option<String>,
}

impl Found {
    pub(super) const fn of(ty: ColumnType) -> Self {
        Self { ty, native: None }
    }
}

/// Return a type of the user (`db_type`), whose values are sent as `base`.
pub(super) fn with_base(sql: String, base: &ColumnType) -> Found {
    Found::of(ColumnType::Custom {
        sql,
        base: Box::new(of_annotation(base)),
    })
}

/// The type that a Python annotation alone determines.
pub(super) fn of_annotation(ty: &ColumnType) -> ColumnType {
    match ty.base() {
        ColumnType::SmallInt | ColumnType::Integer => ColumnType::BigInt,
        ColumnType::Varchar { .. } | ColumnType::Enum { .. } => ColumnType::Text,
        ColumnType::Decimal { .. } => ColumnType::Decimal {
            precision: None,
            scale: None,
        },
        ColumnType::Array { item } => ColumnType::Array {
            item: Box::new(of_annotation(item)),
        },
        other => other.clone(),
    }
}

/// Return a type of text with its collation, as a `db_type` says it.
pub(super) fn collated(inner: ColumnType, collation: &str) -> ColumnType {
    let name = match &inner {
        ColumnType::Varchar { length } => format!("VARCHAR({length})"),
        ColumnType::Custom { sql, .. } => sql.clone(),
        _ => "TEXT".to_owned(),
    };
    ColumnType::Custom {
        sql: format!("{name} COLLATE {collation}"),
        base: Box::new(inner),
    }
}
