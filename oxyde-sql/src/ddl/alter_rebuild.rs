//! Changes that require rebuilding the table, and those that SQLite can make in place.

use super::alter::Alter;
use super::{
    Change, Rebuild, SchemaError, Step, ValueCheck, column_sql, create_index, default_sql,
    drop_index, has_key_inside, is_keyed, is_literal,
};
use crate::dialect::DdlStyle;
use crate::schema::{Column, IndexPart, Table};
use crate::types::stored_form;

impl Alter<'_> {
    /// Add the statements of a change, in place if possible, otherwise by rebuilding the table.
    pub(super) fn rebuilding(mut self, change: &Change<'_>) -> Result<Vec<Step>, SchemaError> {
        let style = self.style;
        match change {
            Change::AddColumn { column, backfill }
                if backfill.is_none() && self.can_add_in_place(column) =>
            {
                return self.in_place(change);
            }
            Change::DropColumn { name } if self.can_drop_in_place(name) => {
                return self.in_place(change);
            }
            Change::RenameColumn { .. }
            | Change::AddIndex { .. }
            | Change::DropIndex { .. }
            | Change::CommentTable => return self.in_place(change),
            Change::RenameIndex { from, to } => {
                let renamed = crate::schema::Index {
                    name: (*to).to_owned(),
                    ..(*from).clone()
                };
                self.push_all(drop_index(style, self.before, &from.name, false));
                let statements = create_index(style, self.after, &renamed, false)?;
                self.push_all(statements);
                return Ok(self.steps);
            }
            // Only the comment differs, which SQLite does not store, or the width of an integer.
            Change::AlterColumn {
                from, to, using, ..
            } if column_sql(style, self.before, from)? == column_sql(style, self.after, to)? => {
                let check = using
                    .is_none()
                    .then(|| ValueCheck::between(style, (self.before, from), (self.after, to)));
                let check = check.flatten().map(Box::new);
                self.steps.extend(check.map(Step::CheckValues));
                return Ok(self.steps);
            }
            _ => {}
        }
        let after = &uncounted(style, self.after);
        let mut rebuild = Rebuild::between(style, self.before, after, &|column| {
            copied_value(style, change, column)
        })?;
        if let Change::AlterColumn {
            from,
            to,
            using: None,
            ..
        } = change
        {
            let check = ValueCheck::between(style, (self.before, from), (self.after, to));
            rebuild.checks.extend(check);
        }
        self.steps.push(Step::Rebuild(Box::new(rebuild)));
        Ok(self.steps)
    }

    fn can_add_in_place(&self, column: &Column) -> bool {
        if let Some(generated) = &column.generated {
            return !generated.stored;
        }
        let constant = match &column.default {
            Some(default) => is_literal(&default_sql(self.style, default, &column.ty)),
            None => column.nullable,
        };
        constant && !column.auto_increment && !self.after.primary_key.contains(&column.name)
    }

    fn can_drop_in_place(&self, name: &str) -> bool {
        let mentioned = |text: &str| text.contains(name);
        !is_keyed(self.before, name)
            && !self
                .before
                .checks
                .iter()
                .any(|check| mentioned(&check.condition))
            && !self.before.indexes.iter().any(|index| {
                index.condition.as_deref().is_some_and(mentioned)
                    || index
                        .parts
                        .iter()
                        .any(|part| matches!(part, IndexPart::Expression(text) if mentioned(text)))
            })
    }
}

/// The value of a column of the new table, in terms of the old one; `None` means its default.
fn copied_value(style: &DdlStyle, change: &Change<'_>, column: &Column) -> Option<String> {
    let name = style.quoted(&column.name);
    match change {
        Change::AddColumn {
            column: added,
            backfill: None,
        } if added.name == column.name && added.auto_increment && !column.auto_increment => {
            Some("rowid".to_owned())
        }
        Change::AddColumn {
            column: added,
            backfill,
        } if added.name == column.name => {
            backfill.map(|value| default_sql(style, value, &column.ty))
        }
        Change::AlterColumn {
            from,
            to,
            using,
            backfill,
        } if to.name == column.name => {
            let value = using.map_or_else(|| converted(style, from, to), str::to_owned);
            Some(match backfill {
                Some(fill) if !to.nullable => {
                    format!("coalesce({value}, {})", default_sql(style, fill, &to.ty))
                }
                _ => value,
            })
        }
        _ => Some(name),
    }
}

/// The table while its counted column is not the key: the next change makes it the key or drops it.
fn uncounted(style: &DdlStyle, table: &Table) -> Table {
    let mut table = table.clone();
    for at in 0..table.columns.len() {
        let is_key = table.primary_key == [table.columns[at].name.as_str()];
        if has_key_inside(style, &table.columns[at]) && !is_key {
            table.columns[at].auto_increment = false;
        }
    }
    table
}

/// Convert the old value to the stored form of the new type, if the stored forms differ.
fn converted(style: &DdlStyle, from: &Column, to: &Column) -> String {
    let name = style.quoted(&from.name);
    if from.ty != to.ty
        && let Some(value) = stored_form(&from.ty, &to.ty, &name)
    {
        return value;
    }
    match (
        from.ty.storage(style.dialect, false),
        to.ty.storage(style.dialect, false),
    ) {
        (old, new) if old == new => name,
        (_, new) if new == "TEXT" || new.starts_with("VARCHAR") => format!("CAST({name} AS TEXT)"),
        (_, new) if new == "INTEGER" => format!("CAST({name} AS INTEGER)"),
        (_, new) if new == "REAL" => format!("CAST({name} AS REAL)"),
        _ => name,
    }
}
