//! Keys and constraints, as in `CREATE TABLE` or after `ADD`.

use std::fmt::Write as _;

use super::{SchemaError, primary_key_name};
use crate::dialect::{CounterStyle, DdlStyle};
use crate::schema::{Check, ForeignKey, ReferentialAction, Table, Unique};

/// Return the primary key of a table; `None` if there is none or its column's definition contains
/// it.
#[must_use]
pub fn primary_key_sql(style: &DdlStyle, table: &Table) -> Option<String> {
    let in_column = table
        .columns
        .iter()
        .any(|column| column.auto_increment && style.counter == CounterStyle::KeyInColumn);
    if table.primary_key.is_empty() || in_column {
        return None;
    }
    let columns = style.quoted_list(&table.primary_key);
    // Name the key only if the dialect keeps the name.
    Some(match style.counter {
        CounterStyle::Identity => format!(
            "CONSTRAINT {} PRIMARY KEY ({columns})",
            style.quoted(&key_name(table))
        ),
        CounterStyle::Suffix | CounterStyle::KeyInColumn => format!("PRIMARY KEY ({columns})"),
    })
}

/// Return the name of a table's primary key.
#[must_use]
pub fn key_name(table: &Table) -> String {
    let found = table.primary_key_name.clone();
    found.unwrap_or_else(|| primary_key_name(&table.name))
}

/// A unique constraint.
///
/// # Errors
/// The name is too long.
pub fn unique_sql(style: &DdlStyle, unique: &Unique) -> Result<String, SchemaError> {
    style.check_name("constraint", &unique.name)?;
    let columns = style.quoted_list(&unique.columns);
    Ok(format!(
        "CONSTRAINT {} UNIQUE ({columns})",
        style.quoted(&unique.name)
    ))
}

/// A check constraint.
///
/// # Errors
/// The name is too long.
pub fn check_sql(style: &DdlStyle, check: &Check) -> Result<String, SchemaError> {
    style.check_name("constraint", &check.name)?;
    Ok(format!(
        "CONSTRAINT {} CHECK ({})",
        style.quoted(&check.name),
        check_condition(style, check)
    ))
}

/// Return the condition of a check in the dialect's SQL.
#[must_use]
pub fn check_condition(style: &DdlStyle, check: &Check) -> String {
    if !check.portable {
        return check.condition.clone();
    }
    // Decimals that are stored as text are compared as doubles: other programs must also be able to
    // check the condition, and they do not have the collation.
    let number = if style.decimal_collation.is_some() {
        "(0.0 + "
    } else {
        "("
    };
    let mut out = String::with_capacity(check.condition.len());
    let mut rest = check.condition.as_str();
    // Quoted strings and names alternate with other text; a quote inside is doubled, so the text
    // after it is another quoted string or name.
    while let Some(open) = rest.find(['"', '\'']) {
        let quote = &rest[open..=open];
        let words = rest[..open].replace("length(", style.char_length);
        out.push_str(&words.replace("number(", number));
        let inner = &rest[open + 1..];
        let close = inner.find(quote).unwrap_or(inner.len());
        if quote == "\"" {
            out.push_str(&style.quoted(&inner[..close]));
        } else {
            out.push_str(&rest[open..(open + close + 2).min(rest.len())]);
        }
        rest = inner.get(close + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

const FULL: &str = "MATCH FULL";

/// A foreign key.
///
/// # Errors
/// The name is too long, or the dialect lacks the action.
pub fn foreign_key_sql(
    style: &DdlStyle,
    table: &Table,
    key: &ForeignKey,
) -> Result<String, SchemaError> {
    style.check_name("constraint", &key.name)?;
    let mut sql = format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})",
        style.quoted(&key.name),
        style.quoted_list(&key.columns),
        style.qualified(key.target_schema.as_deref(), &key.target_table),
        style.quoted_list(&key.target_columns)
    );
    // PostgreSQL wants it before the actions.
    let raw = key.raw.as_deref().unwrap_or_default();
    let after = raw.strip_prefix(FULL).map(str::trim_start);
    if after.is_some() {
        sql.push(' ');
        sql.push_str(FULL);
    }
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        let action = match action {
            ReferentialAction::NoAction => continue,
            ReferentialAction::Restrict => "RESTRICT",
            ReferentialAction::Cascade => "CASCADE",
            ReferentialAction::SetNull => "SET NULL",
            ReferentialAction::SetDefault if style.set_default => "SET DEFAULT",
            ReferentialAction::SetDefault => {
                return Err(SchemaError::Unsupported {
                    feature: format!("ON {event} SET DEFAULT"),
                    table: table.name.clone(),
                    dialect: style.name,
                });
            }
        };
        let _ = write!(sql, " ON {event} {action}");
    }
    let rest = after.unwrap_or(raw);
    if !rest.is_empty() {
        sql.push(' ');
        sql.push_str(rest);
    }
    Ok(sql)
}
