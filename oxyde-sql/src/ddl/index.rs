//! Indexes.

use std::fmt::Write as _;

use super::{SchemaError, full_text, is_full_text};
use crate::dialect::DdlStyle;
use crate::schema::{Index, IndexPart, Table};
use crate::types::ColumnType;

/// The pieces of an index: before its name, between table and parts, the parts and the rest.
struct Pieces {
    kind: String,
    using: String,
    body: String,
}

fn pieces(style: &DdlStyle, table: &Table, index: &Index) -> Result<Pieces, SchemaError> {
    style.check_name("index", &index.name)?;
    let refuse = |feature: &str| Err(refused(style, table, feature));
    let method = index.method.as_deref().map(str::to_ascii_lowercase);
    // Omit the default method; if the dialect has no choice of methods, its only one serves the
    // same queries.
    let method = method.filter(|method| {
        !style.index_methods.is_empty() && style.index_methods.first() != Some(&method.as_str())
    });
    if let Some(method) = &method
        && !style.index_methods.contains(&method.as_str())
    {
        return refuse(&format!("index method `{method}`"));
    }
    let mut kind = if index.unique {
        "UNIQUE ".to_owned()
    } else {
        String::new()
    };
    let (mut using, mut tail) = (String::new(), String::new());
    match method.as_deref() {
        Some(method @ "spatial") if style.index_in_table => {
            kind = format!("{} ", method.to_ascii_uppercase());
        }
        Some(method) if style.index_in_table => {
            tail = format!(" USING {}", method.to_ascii_uppercase());
        }
        Some(method) => using = format!(" USING {method}"),
        None => {}
    }
    let parts = parts(style, table, index)?;
    if !index.include.is_empty() {
        if !style.covering_indexes {
            return refuse("index with INCLUDE");
        }
        let _ = write!(tail, " INCLUDE ({})", style.quoted_list(&index.include));
    }
    if !index.options.is_empty() {
        if !style.index_options {
            return refuse("options of an index");
        }
        let options = index.options.iter();
        let options: Vec<String> = options
            .map(|(name, value)| format!("{} = {}", style.quoted(name), style.literal(value)))
            .collect();
        let _ = write!(tail, " WITH ({})", options.join(", "));
    }
    if let Some(condition) = &index.condition {
        if !style.partial_indexes {
            return refuse("partial index");
        }
        let _ = write!(tail, " WHERE {condition}");
    }
    Ok(Pieces {
        kind,
        using,
        body: format!("({}){tail}", parts.join(", ")),
    })
}

fn refused(style: &DdlStyle, table: &Table, feature: &str) -> SchemaError {
    SchemaError::Unsupported {
        feature: feature.to_owned(),
        table: table.name.clone(),
        dialect: style.name,
    }
}

/// The columns and expressions of an index, each with the operator class and direction.
fn parts(style: &DdlStyle, table: &Table, index: &Index) -> Result<Vec<String>, SchemaError> {
    let opclass = match &index.opclass {
        Some(_) if !style.index_options => return Err(refused(style, table, "operator classes")),
        Some(name) => format!(" {}", style.quoted(name)),
        None => String::new(),
    };
    let mut parts = Vec::with_capacity(index.parts.len());
    for part in &index.parts {
        parts.push(match part {
            IndexPart::Column(name) => part_column(style, table, name) + &opclass,
            IndexPart::ColumnDesc(name) => {
                format!("{}{opclass} DESC", part_column(style, table, name))
            }
            IndexPart::Expression(expression) if style.expression_indexes => {
                format!("({expression}){opclass}")
            }
            IndexPart::Expression(_) => {
                return Err(refused(style, table, "index on an expression"));
            }
        });
    }
    Ok(parts)
}

/// Return a column of an index, with the collation that queries compare with.
fn part_column(style: &DdlStyle, table: &Table, name: &str) -> String {
    let quoted = style.quoted(name);
    let column = table.columns.iter().find(|column| column.name == name);
    let decimal = column.is_some_and(|column| matches!(column.ty, ColumnType::Decimal { .. }));
    match style.decimal_collation {
        Some(collation) if decimal => format!("{quoted} COLLATE {collation}"),
        _ => quoted,
    }
}

/// `CREATE INDEX`; `concurrently` if the dialect supports it, otherwise the plain form. A full-text
/// index may be several statements.
///
/// # Errors
/// The dialect does not support the method, or partial, covering or expression indexes, or operator
/// classes or options.
pub fn create_index(
    style: &DdlStyle,
    table: &Table,
    index: &Index,
    concurrently: bool,
) -> Result<Vec<String>, SchemaError> {
    let concurrently = word(style, concurrently);
    if is_full_text(index) {
        return full_text::create(style, table, index, concurrently);
    }
    let Pieces { kind, using, body } = pieces(style, table, index)?;
    Ok(vec![format!(
        "CREATE {kind}INDEX {concurrently}{} ON {}{using} {body}",
        style.quoted(&index.name),
        style.qualified(table.schema.as_deref(), &table.name)
    )])
}

fn word(style: &DdlStyle, concurrently: bool) -> &'static str {
    if concurrently && style.concurrent_indexes {
        "CONCURRENTLY "
    } else {
        ""
    }
}

/// Return the index as lines of `CREATE TABLE`, if indexes belong to their table.
///
/// # Errors
/// As [`create_index`].
pub fn index_lines(
    style: &DdlStyle,
    table: &Table,
    index: &Index,
) -> Result<Vec<String>, SchemaError> {
    if is_full_text(index) {
        return full_text::lines(style, table, index);
    }
    let Pieces { kind, body, .. } = pieces(style, table, index)?;
    Ok(vec![format!(
        "{kind}INDEX {} {body}",
        style.quoted(&index.name)
    )])
}

/// `DROP INDEX`; a full-text index may need several statements.
#[must_use]
pub fn drop_index(style: &DdlStyle, table: &Table, name: &str, concurrently: bool) -> Vec<String> {
    let concurrently = word(style, concurrently);
    if table
        .indexes
        .iter()
        .any(|index| index.name == name && is_full_text(index))
    {
        return full_text::drop(style, table, name, concurrently);
    }
    if style.index_in_table {
        return vec![format!(
            "DROP INDEX {} ON {}",
            style.quoted(name),
            style.qualified(table.schema.as_deref(), &table.name)
        )];
    }
    vec![format!(
        "DROP INDEX {concurrently}{}",
        style.qualified(table.schema.as_deref(), name)
    )]
}

/// Return the indexes that foreign keys need and that no other index or key of the table provides.
///
/// `InnoDB` would create them implicitly, under the name of the foreign key, and keep them
/// when the foreign key is dropped; explicit indexes are created and dropped with it.
#[must_use]
pub fn foreign_key_indexes(style: &DdlStyle, table: &Table) -> Vec<Index> {
    if !style.foreign_key_index {
        return Vec::new();
    }
    let plain = |index: &Index| -> Option<Vec<String>> {
        index
            .parts
            .iter()
            .map(|part| match part {
                IndexPart::Column(name) | IndexPart::ColumnDesc(name) => Some(name.clone()),
                IndexPart::Expression(_) => None,
            })
            .collect()
    };
    let mut present: Vec<Vec<String>> = vec![table.primary_key.clone()];
    present.extend(table.uniques.iter().map(|unique| unique.columns.clone()));
    present.extend(table.indexes.iter().filter_map(plain));
    let mut needed = Vec::new();
    for key in &table.foreign_keys {
        if present
            .iter()
            .any(|columns| columns.starts_with(&key.columns))
        {
            continue;
        }
        present.push(key.columns.clone());
        needed.push(Index::on(key.name.clone(), &key.columns));
    }
    needed
}
