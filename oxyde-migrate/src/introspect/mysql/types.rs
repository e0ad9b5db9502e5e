//! The types and defaults of MySQL and MariaDB.

use oxyde_sql::schema::Table;
use oxyde_sql::types::ColumnType;

use super::{STORAGE, unescaped};
use crate::definition::without_width;
use crate::introspect::columns::column_type as column_type_of_words;
use crate::introspect::found::{Found, collated, with_base};
use crate::introspect::literal;

/// A string literal in the form of all databases; other SQL stays as it is.
pub(super) fn portable(sql: String) -> String {
    literal::value(&sql, true).map_or(sql, |value| quoted(&value))
}

/// Return a default of MySQL as SQL.
pub(super) fn default_text(text: &str, expression: bool, ty: &ColumnType) -> String {
    let unwrapped = if expression {
        // Each string literal has its character set.
        let text = unescaped(text);
        text.replace("_utf8mb4'", "'").replace("_utf8mb3'", "'")
    } else {
        text.to_owned()
    };
    let number = matches!(
        ty.base(),
        ColumnType::SmallInt
            | ColumnType::Integer
            | ColumnType::BigInt
            | ColumnType::Bool
            | ColumnType::Double
            | ColumnType::Decimal { .. }
    );
    if expression || number {
        portable(unwrapped)
    } else {
        quoted(text)
    }
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
}

/// Return the type that the catalogue names.
pub(super) fn column_type(name: &str, collation: &str, table: &Table, column: &str) -> Found {
    let own_table = table.raw.iter().all(|part| part.name != STORAGE);
    let lower = name.to_ascii_lowercase();
    if let Some(labels) = lower.starts_with("enum(").then(|| &name[5..name.len() - 1]) {
        let name: String = format!("{}_{column}", table.name)
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        return Found::of(ColumnType::Enum {
            name,
            values: enum_labels(labels),
        });
    }
    let own_collation = super::OWN.contains(&collation);
    let word = lower.split(['(', ' ']).next().unwrap_or_default();
    let unsigned = lower.contains("unsigned");
    let portable = match (lower.as_str(), word) {
        ("tinyint(1)", _) => ColumnType::Bool,
        ("char(36)", _) if collation == "ascii_bin" => ColumnType::Uuid,
        ("datetime(6)", _) => ColumnType::DateTime,
        ("time(6)", _) => ColumnType::Time,
        (_, "smallint") if !unsigned => ColumnType::SmallInt,
        (_, "int") if !unsigned => ColumnType::Integer,
        (_, "bigint") if !unsigned => ColumnType::BigInt,
        (_, "varchar") | ("longtext", _) if own_collation => column_type_of_words(&lower),
        ("double" | "longblob" | "date" | "json", _) => column_type_of_words(&lower),
        (_, "decimal") if !unsigned => column_type_of_words(&lower),
        _ => return other_type(name, word, (collation, own_collation && own_table)),
    };
    Found::of(portable)
}

/// A type that no annotation determines.
fn other_type(name: &str, word: &str, (collation, inherited): (&str, bool)) -> Found {
    let native = |ty| Found {
        ty,
        native: Some(name.to_owned()),
    };
    let upper = spelled(name);
    match word {
        "datetime" | "timestamp" => native(ColumnType::DateTime),
        "time" => native(ColumnType::Time),
        "tinyblob" | "blob" | "mediumblob" => native(ColumnType::Bytes),
        "bit" if name.ends_with("(1)") => with_base(upper, &ColumnType::Bool),
        "bit" => with_base(upper, &ColumnType::BigInt),
        "binary" | "varbinary" | "geometry" | "point" | "linestring" | "polygon" | "multipoint"
        | "multilinestring" | "multipolygon" | "geometrycollection" | "geomcollection" => {
            with_base(upper, &ColumnType::Bytes)
        }
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => {
            with_base(without_width(&upper), &ColumnType::BigInt)
        }
        "float" | "double" => with_base(upper, &ColumnType::Double),
        "decimal" => with_base(
            upper,
            &ColumnType::Decimal {
                precision: None,
                scale: None,
            },
        ),
        _ if collation.is_empty() || (inherited && word != "text") => {
            with_base(upper, &ColumnType::Text)
        }
        "varchar" => Found::of(collated(
            column_type_of_words(&name.to_ascii_lowercase()),
            collation,
        )),
        "text" => Found::of(collated(ColumnType::Text, collation)),
        _ => Found::of(collated(with_base(upper, &ColumnType::Text).ty, collation)),
    }
}

/// Capital letters, except inside quotes.
fn spelled(name: &str) -> String {
    let mut quoted = false;
    name.chars()
        .map(|c| {
            quoted ^= c == '\'';
            if quoted { c } else { c.to_ascii_uppercase() }
        })
        .collect()
}

/// Parse `'a','it''s'` as labels.
fn enum_labels(text: &str) -> Vec<String> {
    let mut labels = Vec::new();
    let mut label: Option<String> = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (&mut label, c) {
            (Some(inner), '\'') if characters.peek() == Some(&'\'') => {
                inner.push('\'');
                characters.next();
            }
            (Some(_), '\'') => labels.extend(label.take()),
            (Some(inner), c) => inner.push(c),
            (None, '\'') => label = Some(String::new()),
            (None, _) => {}
        }
    }
    labels
}
