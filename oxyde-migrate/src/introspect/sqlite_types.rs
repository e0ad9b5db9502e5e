//! The types of `SQLite`'s columns, which may have any name.

use oxyde_sql::dialect::Dialect;
use oxyde_sql::types::{ColumnType, Family};

use super::columns;
use super::found::{Found, collated, of_annotation};

/// Return the type of a column with this declaration.
pub(super) fn column_type(declared: &str, collation: Option<&str>) -> Found {
    let found = plain(declared);
    match collation {
        Some(collation) if found.ty.family() == Family::Text => {
            let inner = match found.native {
                Some(sql) if !sql.is_empty() => ColumnType::Custom {
                    sql,
                    base: Box::new(found.ty),
                },
                _ => found.ty,
            };
            Found::of(collated(inner, collation))
        }
        _ => found,
    }
}

fn plain(declared: &str) -> Found {
    let known = columns::column_type(declared);
    let portable = !matches!(known, ColumnType::Custom { .. });
    if portable && known.storage(Dialect::Sqlite, false) == declared {
        return Found::of(known);
    }
    let ty = if portable {
        of_annotation(&known)
    } else {
        by_affinity(declared)
    };
    Found {
        ty,
        native: Some(declared.to_owned()),
    }
}

/// The rules of <https://sqlite.org/datatype3.html>, section 3.1, after words of common use.
fn by_affinity(declared: &str) -> ColumnType {
    let name = declared.to_ascii_uppercase();
    let has = |word: &str| name.contains(word);
    if has("BOOL") {
        ColumnType::Bool
    } else if has("INT") && !has("POINT") {
        ColumnType::BigInt
    } else if has("CHAR") || has("CLOB") || has("TEXT") || name.is_empty() {
        ColumnType::Text
    } else if has("BLOB") {
        ColumnType::Bytes
    } else if has("REAL") || has("FLOA") || has("DOUB") {
        ColumnType::Double
    } else if has("DATETIME") || has("TIMESTAMP") {
        ColumnType::DateTime
    } else if name == "DATE" {
        ColumnType::Date
    } else if has("DEC") || has("NUMERIC") || has("MONEY") {
        ColumnType::Decimal {
            precision: None,
            scale: None,
        }
    } else {
        ColumnType::Text
    }
}
