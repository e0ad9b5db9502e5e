//! Text of any length, and of a limited one.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};
use crate::dialect::Dialect;

pub(super) const TEXT: Facts = Facts {
    name: "text",
    parts: &[],
    family: Family::Text,
    noun: "text",
    read: &[(&["text", "longtext"], |_| Some(ColumnType::Text))],
    storage: Storage {
        keyed: Some("VARCHAR(255)"),
        ..Storage::of(Name::Is("TEXT"), Name::Is("TEXT"), Name::Is("LONGTEXT"))
    },
    // Without a length, MySQL truncates at 65,535 bytes.
    cast: Casts::of(Some("TEXT"), Name::Is("CHAR(16777215)")),
    json_table: Name::Of(|_, dialect| collated("LONGTEXT", dialect)),
    from_json: "{0}",
    parameter_cast: no_cast,
    only: None,
};

pub(super) const VARCHAR: Facts = Facts {
    name: "varchar",
    parts: &["length"],
    read: &[(&["character varying", "varchar"], |numbers| {
        Some(match numbers.first() {
            Some(length) => ColumnType::Varchar { length: *length },
            None => ColumnType::Text,
        })
    })],
    storage: Storage::same(Name::Of(|ty, _| match ty {
        ColumnType::Varchar { length } => format!("VARCHAR({length})"),
        _ => "TEXT".to_owned(),
    })),
    cast: Casts::of(Some("TEXT"), Name::Is("CHAR")),
    json_table: Name::Of(|ty, dialect| match ty {
        // A short string can be sorted and hashed in memory; a long one must not be truncated.
        ColumnType::Varchar {
            length: length @ 1..=4000,
        } => collated(&format!("VARCHAR({length})"), dialect),
        _ => collated("LONGTEXT", dialect),
    }),
    ..TEXT
};

/// A type in the user's SQL without its collation, and the collation.
pub(super) fn split_collation(sql: &str) -> (&str, Option<&str>) {
    const WORD: &str = " COLLATE ";
    match sql.to_ascii_uppercase().find(WORD) {
        Some(at) => (sql[..at].trim_end(), Some(sql[at + WORD.len()..].trim())),
        None => (sql, None),
    }
}

/// Whether no two strings are equal by a collation.
pub(super) fn is_binary(collation: &str) -> bool {
    let name = collation.to_ascii_lowercase();
    name == "binary" || name.ends_with("_bin")
}

/// A type of text of MySQL or MariaDB, whose comparisons respect case and accents.
pub(super) fn collated(name: &str, dialect: Dialect) -> String {
    of_collation(name, collation(dialect).unwrap_or_default())
}

/// A type of text of MySQL or MariaDB with a collation of utf8mb4.
pub(super) fn of_collation(name: &str, collation: &str) -> String {
    format!("{name} CHARACTER SET utf8mb4 COLLATE {collation}")
}

/// The collation of columns of text, where a value needs it too.
pub(super) fn collation(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Postgres | Dialect::Sqlite => None,
        Dialect::Mysql => Some("utf8mb4_0900_bin"),
        Dialect::Mariadb => Some("utf8mb4_nopad_bin"),
    }
}
