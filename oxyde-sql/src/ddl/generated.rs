//! Generated columns: their definition, and the changes of how they are computed.

use super::alter::Alter;
use super::{
    SchemaError, check_sql, column_sql, comment_sql, create_index, drop_index, type_sql, unique_sql,
};
use crate::dialect::{AlterStyle, DdlStyle};
use crate::schema::{Check, Column, Index, IndexPart, Table, Unique};

/// Return the part of a column's definition that tells how it is computed.
///
/// # Errors
/// The dialect stores all generated columns, and this one is not stored.
pub(super) fn generated_sql(
    style: &DdlStyle,
    table: &Table,
    column: &Column,
) -> Result<Option<String>, SchemaError> {
    let Some(generated) = &column.generated else {
        return Ok(None);
    };
    if !generated.stored && !style.virtual_columns {
        return Err(SchemaError::NotStored {
            column: column.name.clone(),
            table: table.name.clone(),
            dialect: style.name,
        });
    }
    let kept = if generated.stored {
        "STORED"
    } else {
        "VIRTUAL"
    };
    Ok(Some(format!(
        "GENERATED ALWAYS AS ({}) {kept}",
        generated.expression
    )))
}

impl Alter<'_> {
    /// Whether the change of a generated column drops the column and adds it again.
    pub(super) fn replaces(&self, from: &Column, to: &Column) -> bool {
        let by_clauses = self.style.alter == AlterStyle::Clauses;
        match (&from.generated, &to.generated) {
            (_, None) => false,
            (None, Some(new)) => by_clauses || !new.stored,
            (Some(old), Some(new)) if by_clauses => {
                old != new
                    || type_sql(self.style, self.before, from)
                        != type_sql(self.style, self.after, to)
            }
            (Some(old), Some(new)) => old.stored != new.stored,
        }
    }

    /// Drop a column and add it with another definition, together with the constraints and indexes
    /// that use it.
    pub(super) fn replace_column(&mut self, from: &Column, to: &Column) -> Result<(), SchemaError> {
        self.remove_column(from);
        self.restore_column(to)
    }

    /// Rename a column, and replace the generated columns that are computed from it: `MySQL` renames
    /// no column that an expression mentions.
    pub(super) fn rename_source(&mut self, rename: &str) -> Result<(), SchemaError> {
        let (before, after) = (&self.before.columns, &self.after.columns);
        let changed: Vec<(&Column, &Column)> = before
            .iter()
            .zip(after)
            .filter(|(old, new)| new.generated.is_some() && old.generated != new.generated)
            .collect();
        for (old, _) in changed.iter().rev() {
            self.remove_column(old);
        }
        self.clause(rename);
        for (_, new) in changed {
            self.restore_column(new)?;
        }
        Ok(())
    }

    fn remove_column(&mut self, from: &Column) {
        let (style, before) = (self.style, self.before);
        for check in checks_of(before, &from.name) {
            self.clause(&format!(
                "{} {}",
                style.drop_check,
                style.quoted(&check.name)
            ));
        }
        for index in indexes_of(before, &from.name) {
            self.push_all(drop_index(style, before, &index.name, false));
        }
        let word = if style.index_in_table {
            "INDEX"
        } else {
            "CONSTRAINT"
        };
        for unique in uniques_of(before, &from.name) {
            self.clause(&format!("DROP {word} {}", style.quoted(&unique.name)));
        }
        self.clause(&format!("DROP COLUMN {}", style.quoted(&from.name)));
    }

    fn restore_column(&mut self, to: &Column) -> Result<(), SchemaError> {
        let (style, after) = (self.style, self.after);
        let definition = column_sql(style, after, to)?;
        self.clause(&format!("ADD COLUMN {definition}"));
        if let Some(comment) = &to.comment {
            let sql = comment_sql(style, after, Some(&to.name), Some(comment));
            self.push_all(sql.into_iter().collect());
        }
        for unique in uniques_of(after, &to.name) {
            let sql = unique_sql(style, unique)?;
            self.clause(&format!("ADD {sql}"));
        }
        for index in indexes_of(after, &to.name) {
            let statements = create_index(style, after, index, false)?;
            self.push_all(statements);
        }
        for check in checks_of(after, &to.name) {
            let sql = check_sql(style, check)?;
            self.clause(&format!("ADD {sql}"));
        }
        Ok(())
    }
}

fn uniques_of<'a>(table: &'a Table, column: &str) -> impl Iterator<Item = &'a Unique> {
    let uniques = table.uniques.iter();
    uniques.filter(move |unique| unique.columns.iter().any(|name| name == column))
}

/// The indexes that cover, include or mention a column.
fn indexes_of<'a>(table: &'a Table, column: &str) -> impl Iterator<Item = &'a Index> {
    table.indexes.iter().filter(move |index| {
        let mentions = |sql: &str| sql.contains(column);
        index.include.iter().any(|name| name == column)
            || index.condition.as_deref().is_some_and(mentions)
            || index.parts.iter().any(|part| match part {
                IndexPart::Column(name) | IndexPart::ColumnDesc(name) => name == column,
                IndexPart::Expression(sql) => mentions(sql),
            })
    })
}

fn checks_of<'a>(table: &'a Table, column: &str) -> impl Iterator<Item = &'a Check> {
    let checks = table.checks.iter();
    checks.filter(move |check| check.condition.contains(column))
}
