//! The state of a schema: find its parts, change them, and compare two states.

use std::fmt::Write as _;

use oxyde_sql::schema::{Column, Distribution, Index, IndexPart, Schema, Table};

use crate::operation::OperationError;

/// Return a table's name for messages: with its schema, if it has one.
#[must_use]
pub fn label(schema: Option<&str>, table: &str) -> String {
    match schema {
        Some(schema) => format!("{schema}.{table}"),
        None => table.to_owned(),
    }
}

/// Return the label of a table.
#[must_use]
pub fn label_of(table: &Table) -> String {
    label(table.schema.as_deref(), &table.name)
}

/// Return the position of a table.
#[must_use]
pub fn position(state: &Schema, schema: Option<&str>, table: &str) -> Option<usize> {
    state
        .tables
        .iter()
        .position(|other| other.name == table && other.schema.as_deref() == schema)
}

/// Return a table.
///
/// # Errors
/// It does not exist.
pub fn find<'a>(
    state: &'a Schema,
    schema: Option<&str>,
    table: &str,
) -> Result<&'a Table, OperationError> {
    position(state, schema, table)
        .map(|at| &state.tables[at])
        .ok_or_else(|| OperationError::NoTable {
            table: label(schema, table),
        })
}

/// Return a table for changes.
///
/// # Errors
/// It does not exist.
pub fn find_mut<'a>(
    state: &'a mut Schema,
    schema: Option<&str>,
    table: &str,
) -> Result<&'a mut Table, OperationError> {
    position(state, schema, table)
        .map(|at| &mut state.tables[at])
        .ok_or_else(|| OperationError::NoTable {
            table: label(schema, table),
        })
}

/// Return the position of an object beside the tables.
#[must_use]
pub fn object_position(state: &Schema, kind: &str, name: &str) -> Option<usize> {
    state
        .objects
        .iter()
        .position(|object| object.kind == kind && object.name == name)
}

/// Return the position of a column.
///
/// # Errors
/// It does not exist.
pub fn column_position(table: &Table, name: &str) -> Result<usize, OperationError> {
    table
        .columns
        .iter()
        .position(|column| column.name == name)
        .ok_or_else(|| OperationError::Missing {
            table: table.name.clone(),
            kind: "column",
            name: name.to_owned(),
        })
}

/// Return a column.
///
/// # Errors
/// It does not exist.
pub fn column<'a>(table: &'a Table, name: &str) -> Result<&'a Column, OperationError> {
    column_position(table, name).map(|at| &table.columns[at])
}

/// Return every index and constraint of a table by name, with its kind.
pub fn named_parts(table: &Table) -> impl Iterator<Item = (&'static str, &String)> {
    let indexes = table.indexes.iter().map(|index| ("index", &index.name));
    let uniques = table
        .uniques
        .iter()
        .map(|unique| ("unique constraint", &unique.name));
    let checks = table.checks.iter().map(|check| ("check", &check.name));
    let keys = table
        .foreign_keys
        .iter()
        .map(|key| ("foreign key", &key.name));
    indexes.chain(uniques).chain(checks).chain(keys)
}

/// Refuse a second index or constraint with the same name.
///
/// # Errors
/// The table has one with that name.
pub fn refuse_taken(table: &Table, name: &str) -> Result<(), OperationError> {
    match named_parts(table).find(|(_, taken)| *taken == name) {
        Some((kind, _)) => Err(OperationError::Exists {
            table: table.name.clone(),
            kind,
            name: name.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Describe what uses a column; checks and expressions count if they mention its name.
#[must_use]
pub fn users_of(state: &Schema, table: &Table, name: &str) -> Vec<String> {
    let mut users = Vec::new();
    if table.primary_key.iter().any(|column| column == name) {
        users.push("the primary key".to_owned());
    }
    if matches!(&table.distribution, Some(Distribution::By(column)) if column == name) {
        users.push("the distribution of the rows".to_owned());
    }
    for index in table.indexes.iter().filter(|index| index_uses(index, name)) {
        users.push(format!("index `{}`", index.name));
    }
    for unique in table
        .uniques
        .iter()
        .filter(|unique| unique.columns.iter().any(|c| c == name))
    {
        users.push(format!("unique constraint `{}`", unique.name));
    }
    for check in table
        .checks
        .iter()
        .filter(|check| sql_mentions(&check.condition, name))
    {
        users.push(format!("check `{}`", check.name));
    }
    for column in &table.columns {
        let generated = column.generated.as_ref();
        if generated.is_some_and(|how| sql_mentions(&how.expression, name)) {
            users.push(format!("generated column `{}`", column.name));
        }
    }
    for key in table
        .foreign_keys
        .iter()
        .filter(|key| key.columns.iter().any(|c| c == name))
    {
        users.push(format!("foreign key `{}`", key.name));
    }
    for other in &state.tables {
        for key in &other.foreign_keys {
            if oxyde_sql::ddl::points_at(key, table) && key.target_columns.iter().any(|c| c == name)
            {
                users.push(format!(
                    "foreign key `{}` of table `{}`",
                    key.name, other.name
                ));
            }
        }
    }
    users
}

/// Whether an index covers, includes or mentions a column.
#[must_use]
pub fn index_uses(index: &Index, name: &str) -> bool {
    index.include.iter().any(|column| column == name)
        || index
            .condition
            .as_deref()
            .is_some_and(|condition| sql_mentions(condition, name))
        || index.parts.iter().any(|part| match part {
            IndexPart::Column(column) | IndexPart::ColumnDesc(column) => column == name,
            IndexPart::Expression(sql) => sql_mentions(sql, name),
        })
}

/// Whether SQL mentions an identifier (outside string literals).
#[must_use]
pub fn sql_mentions(sql: &str, name: &str) -> bool {
    rename_identifier(sql, name, "\u{1}") != sql
}

/// Rename an identifier in SQL, except in string literals and function names.
#[must_use]
pub fn rename_identifier(sql: &str, from: &str, to: &str) -> String {
    let characters: Vec<char> = sql.chars().collect();
    let mut out = String::with_capacity(sql.len());
    let mut at = 0;
    while at < characters.len() {
        let start = at;
        match characters[at] {
            quote @ ('\'' | '"' | '`') => {
                at += 1;
                let mut inner = String::new();
                while at < characters.len() {
                    if characters[at] == quote {
                        if characters.get(at + 1) == Some(&quote) {
                            at += 1;
                        } else {
                            break;
                        }
                    }
                    inner.push(characters[at]);
                    at += 1;
                }
                at = (at + 1).min(characters.len());
                if quote != '\'' && inner == from {
                    let doubled = to.replace(quote, &format!("{quote}{quote}"));
                    let _ = write!(out, "{quote}{doubled}{quote}");
                } else {
                    out.extend(&characters[start..at]);
                }
            }
            character if character.is_alphanumeric() || character == '_' => {
                while at < characters.len()
                    && (characters[at].is_alphanumeric() || matches!(characters[at], '_' | '$'))
                {
                    at += 1;
                }
                let word: String = characters[start..at].iter().collect();
                let call = characters[at..].iter().find(|c| !c.is_whitespace()) == Some(&'(');
                out.push_str(if word == from && !call { to } else { &word });
            }
            character => {
                out.push(character);
                at += 1;
            }
        }
    }
    out
}

/// Return the state with all unordered parts in a fixed order: tables and columns by
/// name, and so on. Two states are the same if their canonical forms are equal.
#[must_use]
pub fn canonical(state: &Schema) -> Schema {
    let mut state = state.clone();
    for table in &mut state.tables {
        table.columns.sort_by(|a, b| a.name.cmp(&b.name));
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
        table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
        table.checks.sort_by(|a, b| a.name.cmp(&b.name));
    }
    state
        .tables
        .sort_by(|a, b| (&a.schema, &a.name).cmp(&(&b.schema, &b.name)));
    state
}
