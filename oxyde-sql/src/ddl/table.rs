//! Statements for whole tables.

use super::{
    SchemaError, check_sql, column_sql, comment_sql, create_index, drop_index, foreign_key_indexes,
    foreign_key_sql, full_text, index_lines, is_full_text, primary_key_name, primary_key_sql,
    unique_sql,
};
use crate::dialect::{CommentStyle, CounterStyle, DdlStyle, SearchStyle};
use crate::schema::{ForeignKey, Index, IndexPart, RawPlace, Table};

/// `CREATE TABLE` with the given name, and the foreign keys for which `inline` returns true.
///
/// # Errors
/// A name is too long, or the dialect does not support a feature.
pub fn table_sql(
    style: &DdlStyle,
    table: &Table,
    name: &str,
    inline: &dyn Fn(&ForeignKey) -> bool,
) -> Result<String, SchemaError> {
    style.check_name("table", name)?;
    if table.schema.is_some() && !style.schemas {
        return Err(SchemaError::Unsupported {
            feature: "schemas".to_owned(),
            table: table.name.clone(),
            dialect: style.name,
        });
    }
    let mut lines = Vec::new();
    for column in &table.columns {
        lines.push(column_sql(style, table, column)?);
    }
    lines.extend(primary_key_sql(style, table));
    for unique in &table.uniques {
        lines.push(unique_sql(style, unique)?);
    }
    for check in &table.checks {
        lines.push(check_sql(style, check)?);
    }
    if style.index_in_table {
        for index in foreign_key_indexes(style, table)
            .iter()
            .chain(&table.indexes)
        {
            lines.extend(index_lines(style, table, index)?);
        }
    }
    let inline_keys = table.foreign_keys.iter().filter(|key| inline(key));
    for key in inline_keys.filter(|key| !is_unchecked(key)) {
        lines.push(foreign_key_sql(style, table, key)?);
    }
    lines.extend(raw_parts(table, RawPlace::Definition).map(str::to_owned));
    let options: Vec<&str> = raw_parts(table, RawPlace::Option).collect();
    let suffix = if options.is_empty() {
        style.table_suffix.to_owned()
    } else {
        format!(" {}", options.join(" "))
    };
    let comment = match &table.comment {
        Some(comment) if style.comments == CommentStyle::InDefinition => {
            format!(" COMMENT={}", style.literal(comment))
        }
        _ => String::new(),
    };
    // Nothing may follow partitions.
    let after = if options.is_empty() {
        suffix + &comment
    } else {
        comment + &suffix
    };
    Ok(format!(
        "CREATE TABLE {} (\n    {}\n){after}",
        style.qualified(table.schema.as_deref(), name),
        lines.join(",\n    "),
    ))
}

/// Whether the rows need not fulfil the key, which only `ALTER TABLE` can say.
fn is_unchecked(key: &ForeignKey) -> bool {
    let raw = key.raw.as_deref();
    raw.is_some_and(|raw| raw.ends_with("NOT VALID"))
}

/// Return the SQL of the parts at this place that no model declares.
fn raw_parts(table: &Table, place: RawPlace) -> impl Iterator<Item = &str> {
    let parts = table.raw.iter().filter(move |part| part.place == place);
    parts.map(|part| part.sql.as_str())
}

/// Return the statements after `CREATE TABLE`: indexes and comments.
///
/// # Errors
/// As [`create_index`].
pub fn table_extras(style: &DdlStyle, table: &Table) -> Result<Vec<String>, SchemaError> {
    let mut statements = Vec::new();
    if !style.index_in_table {
        for index in &table.indexes {
            statements.extend(create_index(style, table, index, false)?);
        }
    }
    statements.extend(
        table
            .comment
            .as_deref()
            .and_then(|comment| comment_sql(style, table, None, Some(comment))),
    );
    for column in &table.columns {
        statements.extend(
            column
                .comment
                .as_deref()
                .and_then(|comment| comment_sql(style, table, Some(&column.name), Some(comment))),
        );
    }
    for key in table.foreign_keys.iter().filter(|key| is_unchecked(key)) {
        statements.push(add_foreign_key(style, table, key)?);
    }
    statements.extend(raw_parts(table, RawPlace::Statement).map(str::to_owned));
    Ok(statements)
}

/// `ALTER TABLE … ADD` a foreign key.
///
/// # Errors
/// As [`foreign_key_sql`].
pub fn add_foreign_key(
    style: &DdlStyle,
    table: &Table,
    key: &ForeignKey,
) -> Result<String, SchemaError> {
    Ok(format!(
        "ALTER TABLE {} ADD {}",
        style.qualified(table.schema.as_deref(), &table.name),
        foreign_key_sql(style, table, key)?
    ))
}

/// `DROP TABLE`, and its FTS5 tables.
#[must_use]
pub fn drop_table(style: &DdlStyle, table: &Table, if_exists: bool) -> Vec<String> {
    let if_exists = if if_exists { "IF EXISTS " } else { "" };
    let mut statements = vec![format!(
        "DROP TABLE {if_exists}{}",
        style.qualified(table.schema.as_deref(), &table.name)
    )];
    // Dropping the table also drops the triggers.
    statements.extend(
        beside(style, table).map(|index| full_text::drop_virtual_table(style, &index.name)),
    );
    statements
}

/// The full-text indexes that are separate tables and name this table.
pub(super) fn beside<'a>(style: &DdlStyle, table: &'a Table) -> impl Iterator<Item = &'a Index> {
    let virtual_tables = style.search == SearchStyle::VirtualTable;
    table
        .indexes
        .iter()
        .filter(move |index| virtual_tables && is_full_text(index))
}

/// `ALTER TABLE … RENAME TO`, and the rename of its primary key, if its name contains the table's.
///
/// # Errors
/// The name is too long.
pub fn rename_table(style: &DdlStyle, table: &Table, to: &str) -> Result<Vec<String>, SchemaError> {
    style.check_name("table", to)?;
    let new = if style.index_in_table {
        style.qualified(table.schema.as_deref(), to)
    } else {
        style.quoted(to)
    };
    let mut statements = Vec::new();
    for index in beside(style, table) {
        statements.extend(drop_index(style, table, &index.name, false));
    }
    statements.push(format!(
        "ALTER TABLE {} RENAME TO {new}",
        style.qualified(table.schema.as_deref(), &table.name)
    ));
    let renamed = Table {
        name: to.to_owned(),
        ..table.clone()
    };
    for index in beside(style, table) {
        statements.extend(create_index(style, &renamed, index, false)?);
    }
    let usual_key = !table.primary_key.is_empty() && table.primary_key_name.is_none();
    if style.counter == CounterStyle::Identity && usual_key {
        statements.push(format!(
            "ALTER TABLE {} RENAME CONSTRAINT {} TO {}",
            style.qualified(table.schema.as_deref(), to),
            style.quoted(&primary_key_name(&table.name)),
            style.quoted(&primary_key_name(to))
        ));
    }
    Ok(statements)
}

/// Refuse a table that names columns which it does not have, or has duplicate names.
///
/// # Errors
/// The first such problem.
pub fn check_table(table: &Table) -> Result<(), SchemaError> {
    let has = |name: &String| table.columns.iter().any(|column| column.name == *name);
    let missing = |what: String, names: &mut dyn Iterator<Item = &String>| {
        for column in names {
            if !has(column) {
                return Err(SchemaError::UnknownColumn {
                    what,
                    table: table.name.clone(),
                    column: column.clone(),
                });
            }
        }
        Ok(())
    };
    missing("primary key".to_owned(), &mut table.primary_key.iter())?;
    for unique in &table.uniques {
        missing(
            format!("unique constraint `{}`", unique.name),
            &mut unique.columns.iter(),
        )?;
    }
    for key in &table.foreign_keys {
        missing(
            format!("foreign key `{}`", key.name),
            &mut key.columns.iter(),
        )?;
    }
    for index in &table.indexes {
        let columns = index.parts.iter().filter_map(|part| match part {
            IndexPart::Column(name) | IndexPart::ColumnDesc(name) => Some(name),
            IndexPart::Expression(_) => None,
        });
        missing(
            format!("index `{}`", index.name),
            &mut columns.chain(&index.include),
        )?;
    }
    let twice = |kind: String, names: Vec<&String>| {
        for (at, name) in names.iter().enumerate() {
            if names[..at].contains(name) {
                return Err(SchemaError::Duplicate {
                    kind,
                    name: (*name).clone(),
                });
            }
        }
        Ok(())
    };
    twice(
        format!("column of `{}`", table.name),
        table.columns.iter().map(|column| &column.name).collect(),
    )?;
    let constraints = table.uniques.iter().map(|unique| &unique.name);
    let constraints = constraints.chain(table.checks.iter().map(|check| &check.name));
    let constraints = constraints.chain(table.foreign_keys.iter().map(|key| &key.name));
    let constraints = constraints.chain(table.indexes.iter().map(|index| &index.name));
    twice(
        format!("index or constraint of `{}`", table.name),
        constraints.collect(),
    )
}
