//! Keys and constraints, as they stand in a table or after `ADD`.

use std::fmt::Write as _;

use super::{SchemaError, primary_key_name};
use crate::dialect::{CounterStyle, DdlStyle};
use crate::schema::{Check, ForeignKey, ReferentialAction, Table, Unique};

/// The primary key of a table; `None` when there is none or it stands in its column.
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
    // Only where the key has a name of its own is it given one.
    Some(match style.counter {
        CounterStyle::Identity => format!(
            "CONSTRAINT {} PRIMARY KEY ({columns})",
            style.quoted(&primary_key_name(&table.name))
        ),
        CounterStyle::Suffix | CounterStyle::KeyInColumn => format!("PRIMARY KEY ({columns})"),
    })
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
        check.condition
    ))
}

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
    Ok(sql)
}
