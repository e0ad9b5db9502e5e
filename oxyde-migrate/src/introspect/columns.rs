//! Column types by the databases' type names.

use oxyde_sql::types::ColumnType;

/// Return the type of this name on PostgreSQL (`format_type`) or SQLite (as declared); an unknown
/// type keeps its name.
pub(super) fn column_type(name: &str) -> ColumnType {
    if let Some(item) = name.strip_suffix("[]") {
        return ColumnType::Array {
            item: Box::new(column_type(item)),
        };
    }
    let (word, arguments) = words(name);
    let known = match word.as_str() {
        // SQLite's only integer, as declared by Oxyde.
        "integer" if name.chars().all(|c| c.is_ascii_uppercase()) => Some(ColumnType::BigInt),
        word => ColumnType::of_catalog(word, &arguments),
    };
    known.unwrap_or_else(|| ColumnType::Custom {
        sql: name.to_owned(),
        base: Box::new(ColumnType::Text),
    })
}

/// Split `character varying(20)` into its name in lower case, and its numbers.
pub(super) fn words(name: &str) -> (String, Vec<u32>) {
    let Some((word, rest)) = name.split_once('(') else {
        return (name.to_ascii_lowercase(), Vec::new());
    };
    let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
    let numbers = inside
        .split(',')
        .filter_map(|part| part.trim().parse().ok());
    let word = format!("{}{after}", word.trim_end());
    (word.to_ascii_lowercase(), numbers.collect())
}
