//! The words that databases have for types, as column types.

use oxyde_sql::types::ColumnType;

/// The type of this name on PostgreSQL (`format_type`) or SQLite (as declared); a type that is
/// not known keeps its name.
pub(super) fn column_type(name: &str) -> ColumnType {
    if let Some(item) = name.strip_suffix("[]") {
        return ColumnType::Array {
            item: Box::new(column_type(item)),
        };
    }
    let (word, arguments) = match name.split_once('(') {
        Some((word, rest)) => {
            let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
            (format!("{}{after}", word.trim_end()), numbers(inside))
        }
        None => (name.to_owned(), Vec::new()),
    };
    let number = |at: usize| arguments.get(at).copied();
    match word.to_ascii_lowercase().as_str() {
        "smallint" => ColumnType::SmallInt,
        "integer" if name.chars().all(|c| c.is_ascii_uppercase()) => ColumnType::BigInt,
        "integer" | "int" => ColumnType::Integer,
        "bigint" => ColumnType::BigInt,
        "double precision" | "double" | "real" => ColumnType::Double,
        "numeric" | "decimal" | "decimal text" => ColumnType::Decimal {
            precision: number(0).and_then(|n| n.try_into().ok()),
            scale: number(1).and_then(|n| n.try_into().ok()),
        },
        "boolean" => ColumnType::Bool,
        "text" | "longtext" => ColumnType::Text,
        "character varying" | "varchar" => match number(0) {
            Some(length) => ColumnType::Varchar { length },
            None => ColumnType::Text,
        },
        "bytea" | "blob" | "longblob" => ColumnType::Bytes,
        "date" => ColumnType::Date,
        "time without time zone" | "time" => ColumnType::Time,
        "timestamp without time zone" | "timestamp" | "datetime" => ColumnType::DateTime,
        "timestamp with time zone" | "timestamptz" => ColumnType::TimestampTz,
        "interval" => ColumnType::Interval,
        "uuid" => ColumnType::Uuid,
        "jsonb" | "json text" | "json" => ColumnType::Json,
        "inet" | "inet text" => ColumnType::Inet,
        "vector" if number(0).is_some() => ColumnType::Vector {
            dimensions: number(0).and_then(|n| n.try_into().ok()),
        },
        _ => ColumnType::Custom {
            sql: name.to_owned(),
            base: Box::new(ColumnType::Text),
        },
    }
}

fn numbers(text: &str) -> Vec<u32> {
    text.split(',')
        .filter_map(|part| part.trim().parse().ok())
        .collect()
}
