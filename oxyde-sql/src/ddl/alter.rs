//! Alters a table: the statements of one change.

use std::fmt::Write as _;

use super::table::beside;
use super::{
    Change, Redefinition, SchemaError, Step, ValueCheck, check_sql, comment_sql, create_index,
    drop_index, foreign_key_indexes, foreign_key_sql, index_lines, is_full_text, is_keyed,
    key_name, primary_key_sql, type_sql, unique_sql,
};
use crate::dialect::{AlterStyle, CommentStyle, CounterStyle, DdlStyle, words_column};
use crate::schema::{Column, Index, IndexPart, Table};

/// Return the statements of one change. `before` and `after` are the complete table on both sides.
///
/// # Errors
/// The dialect does not support it, or a name is too long.
pub fn alter_table(
    style: &DdlStyle,
    before: &Table,
    after: &Table,
    change: &Change<'_>,
) -> Result<Vec<Step>, SchemaError> {
    let changing = Alter {
        style,
        before,
        after,
        steps: Vec::new(),
    };
    match style.alter {
        AlterStyle::Rebuild => changing.rebuilding(change),
        AlterStyle::Clauses => changing.in_place(change),
        AlterStyle::Modify => changing.with_side_effects(change),
    }
}

/// The state while one change is translated.
pub(super) struct Alter<'a> {
    pub(super) style: &'a DdlStyle,
    pub(super) before: &'a Table,
    pub(super) after: &'a Table,
    pub(super) steps: Vec<Step>,
}

impl Alter<'_> {
    pub(super) fn owner(&self) -> String {
        self.style
            .qualified(self.after.schema.as_deref(), &self.after.name)
    }

    pub(super) fn push(&mut self, sql: String) {
        self.steps.push(Step::Sql(sql));
    }

    pub(super) fn push_all(&mut self, statements: Vec<String>) {
        self.steps.extend(statements.into_iter().map(Step::Sql));
    }

    /// Add statements that may have to run outside a transaction.
    fn push_alone(&mut self, statements: Vec<String>, alone: bool) {
        let step = if alone && self.style.concurrent_indexes {
            Step::Alone
        } else {
            Step::Sql
        };
        self.steps.extend(statements.into_iter().map(step));
    }

    pub(super) fn clause(&mut self, clause: &str) {
        let sql = format!("ALTER TABLE {} {clause}", self.owner());
        self.push(sql);
    }

    /// Columns change their storage type when they enter or leave keys, and foreign keys create
    /// indexes: add these side effects of the change.
    fn with_side_effects(mut self, change: &Change<'_>) -> Result<Vec<Step>, SchemaError> {
        let style = self.style;
        let grows: Vec<&Column> = self.resized(false);
        let shrinks: Vec<Column> = self.resized(true).into_iter().cloned().collect();
        let grows: Vec<Column> = grows.into_iter().cloned().collect();
        let needed = foreign_key_indexes(style, self.after);
        let present = foreign_key_indexes(style, self.before);
        if grows.is_empty()
            && shrinks.is_empty()
            && let Some((from, to)) = renamed_index(change, self.before, &present, &needed)
        {
            let (from, to) = (style.quoted(from), style.quoted(to));
            self.clause(&format!("RENAME INDEX {from} TO {to}"));
            return Ok(self.steps);
        }
        for column in &grows {
            self.modify(column)?;
        }
        // A new foreign key creates its index itself, under the same name.
        let own = match change {
            Change::AddForeignKey { key, .. } => Some(key.name.as_str()),
            _ => None,
        };
        for index in needed
            .iter()
            .filter(|index| !present.iter().any(|old| old.name == index.name))
        {
            // Renaming a foreign key also renames its index.
            if own == Some(index.name.as_str())
                || !matches!(change, Change::RenameConstraint { .. })
            {
                let statements = create_index(style, self.after, index, false)?;
                self.push_all(statements);
            }
        }
        self = self.in_place_steps(change)?;
        for index in present
            .iter()
            .filter(|index| !needed.iter().any(|new| new.name == index.name))
        {
            if !matches!(change, Change::RenameConstraint { .. }) {
                let statements = drop_index(style, self.after, &index.name, false);
                self.push_all(statements);
            }
        }
        for column in &shrinks {
            self.modify(column)?;
        }
        Ok(self.steps)
    }

    /// Columns whose storage type the change alters implicitly: those that leave keys
    /// (`leaving`), otherwise those that enter them.
    fn resized(&self, leaving: bool) -> Vec<&Column> {
        self.after
            .columns
            .iter()
            .filter(|column| {
                let old = self
                    .before
                    .columns
                    .iter()
                    .find(|old| old.name == column.name);
                old.is_some_and(|old| {
                    old.ty == column.ty
                        && type_sql(self.style, self.before, old)
                            != type_sql(self.style, self.after, column)
                        && is_keyed(self.before, &old.name) == leaving
                })
            })
            .collect()
    }

    pub(super) fn modify(&mut self, column: &Column) -> Result<(), SchemaError> {
        self.define_again(&column.name, "MODIFY COLUMN", column)
    }

    /// Define `column` as the column of this name is defined in the database.
    pub(super) fn define_again(
        &mut self,
        name: &str,
        verb: &'static str,
        column: &Column,
    ) -> Result<(), SchemaError> {
        let old = self.before.columns.iter().find(|old| old.name == name);
        let mut redefinition = Redefinition {
            owner: self.owner(),
            column: name.to_owned(),
            verb,
            before: self.before.clone(),
            after: self.after.clone(),
            from: old.unwrap_or(column).clone(),
            to: column.clone(),
            sql: String::new(),
        };
        redefinition.sql = redefinition.statement(self.style, column)?;
        self.steps.push(Step::Redefine(Box::new(redefinition)));
        Ok(())
    }

    pub(super) fn in_place(self, change: &Change<'_>) -> Result<Vec<Step>, SchemaError> {
        Ok(self.in_place_steps(change)?.steps)
    }

    fn in_place_steps(mut self, change: &Change<'_>) -> Result<Self, SchemaError> {
        let style = self.style;
        let quoted = |name: &str| style.quoted(name);
        match change {
            Change::AddColumn { column, backfill } => self.add_column(column, *backfill)?,
            Change::DropColumn { name } => self.clause(&format!("DROP COLUMN {}", quoted(name))),
            Change::AlterColumn {
                from,
                to,
                using,
                backfill,
            } => {
                if using.is_none() && !self.replaces(from, to) {
                    let (old, new) = ((self.before, *from), (self.after, *to));
                    let check = ValueCheck::between(style, old, new);
                    self.steps
                        .extend(check.map(|check| Step::CheckValues(Box::new(check))));
                }
                match style.alter {
                    _ if self.replaces(from, to) => self.replace_column(from, to)?,
                    AlterStyle::Clauses => self.alter_by_clauses(from, to, *using, *backfill),
                    AlterStyle::Modify | AlterStyle::Rebuild => {
                        self.alter_by_modify(from, to, *using, *backfill)?;
                    }
                }
            }
            Change::RenameColumn { from, to } if style.index_in_table => {
                self.rename_column_with_users(from, to)?;
            }
            Change::RenameColumn { from, to } => self.rename_column(from, to)?,
            Change::AddIndex {
                index,
                concurrently,
            } => {
                let statements = create_index(style, self.after, index, *concurrently)?;
                self.push_alone(statements, *concurrently);
            }
            Change::DropIndex { name, concurrently } => {
                let statements = drop_index(style, self.before, name, *concurrently);
                self.push_alone(statements, *concurrently);
            }
            Change::RenameIndex { from, to } => self.rename_index(from, to)?,
            Change::AddUnique { unique } => {
                let sql = unique_sql(style, unique)?;
                self.clause(&format!("ADD {sql}"));
            }
            Change::DropUnique { name } => {
                let word = if style.index_in_table {
                    "INDEX"
                } else {
                    "CONSTRAINT"
                };
                self.clause(&format!("DROP {word} {}", quoted(name)));
            }
            Change::AddCheck { check, not_valid } => {
                let sql = check_sql(style, check)?;
                self.add_constraint(&sql, &check.name, *not_valid);
            }
            Change::DropCheck { name } => {
                self.clause(&format!("{} {}", style.drop_check, quoted(name)));
            }
            Change::AddForeignKey { key, not_valid } => {
                let sql = foreign_key_sql(style, self.after, key)?;
                self.add_constraint(&sql, &key.name, *not_valid);
            }
            Change::DropForeignKey { name } => {
                let word = if style.index_in_table {
                    "FOREIGN KEY"
                } else {
                    "CONSTRAINT"
                };
                self.clause(&format!("DROP {word} {}", quoted(name)));
            }
            Change::RenameConstraint { from, to } => self.rename_constraint(from, to)?,
            Change::AlterPrimaryKey => self.alter_primary_key()?,
            Change::CommentTable => self.comment_table(),
        }
        Ok(self)
    }

    fn rename_column(&mut self, from: &str, to: &str) -> Result<(), SchemaError> {
        let style = self.style;
        // The FTS5 table of a full-text index names the table's columns.
        for index in beside(style, self.before) {
            self.push_all(drop_index(style, self.before, &index.name, false));
        }
        let (from, to) = (style.quoted(from), style.quoted(to));
        self.clause(&format!("RENAME COLUMN {from} TO {to}"));
        for index in beside(style, self.after) {
            let statements = create_index(style, self.after, index, false)?;
            self.push_all(statements);
        }
        Ok(())
    }

    fn rename_index(&mut self, from: &Index, to: &str) -> Result<(), SchemaError> {
        let style = self.style;
        style.check_name("index", to)?;
        if !style.index_in_table {
            let old = style.qualified(self.before.schema.as_deref(), &from.name);
            self.push(format!("ALTER INDEX {old} RENAME TO {}", style.quoted(to)));
            return Ok(());
        }
        let (old, new) = (style.quoted(&from.name), style.quoted(to));
        let mut clause = format!("RENAME INDEX {old} TO {new}");
        if is_full_text(from) {
            let (old, new) = (words_column(&from.name), words_column(to));
            let (old, new) = (style.quoted(&old), style.quoted(&new));
            let _ = write!(clause, ", RENAME COLUMN {old} TO {new}");
        }
        self.clause(&clause);
        Ok(())
    }

    fn comment_table(&mut self) {
        let comment = self.after.comment.as_deref();
        match self.style.comments {
            CommentStyle::Statement => {
                let sql = comment_sql(self.style, self.after, None, comment);
                self.steps.extend(sql.map(Step::Sql));
            }
            CommentStyle::InDefinition => {
                let text = self.style.literal(comment.unwrap_or_default());
                self.clause(&format!("COMMENT = {text}"));
            }
            CommentStyle::None => {}
        }
    }

    fn add_constraint(&mut self, sql: &str, name: &str, not_valid: bool) {
        if not_valid && style_validates_later(self.style) {
            self.clause(&format!("ADD {sql} NOT VALID"));
            let name = self.style.quoted(name);
            self.clause(&format!("VALIDATE CONSTRAINT {name}"));
        } else {
            self.clause(&format!("ADD {sql}"));
        }
    }

    /// MySQL refuses to rename a column that a check or an index expression mentions.
    fn rename_column_with_users(&mut self, from: &str, to: &str) -> Result<(), SchemaError> {
        let style = self.style;
        let mut clauses = Vec::new();
        let mut again = Vec::new();
        for (old, new) in self.before.checks.iter().zip(&self.after.checks) {
            if old.condition != new.condition {
                clauses.push(format!("{} {}", style.drop_check, style.quoted(&old.name)));
                again.push(format!("ADD {}", check_sql(style, new)?));
            }
        }
        for (old, new) in self.before.indexes.iter().zip(&self.after.indexes) {
            let expressions = |part: &IndexPart| matches!(part, IndexPart::Expression(_));
            if old.parts != new.parts && is_full_text(old) {
                let words = style.quoted(&words_column(&old.name));
                clauses.push(format!("DROP COLUMN {words}"));
            } else if old.parts != new.parts && old.parts.iter().any(expressions) {
                clauses.push(format!("DROP INDEX {}", style.quoted(&old.name)));
            } else {
                continue;
            }
            for line in index_lines(style, self.after, new)? {
                again.push(format!("ADD {line}"));
            }
        }
        let rename = format!(
            "RENAME COLUMN {} TO {}",
            style.quoted(from),
            style.quoted(to)
        );
        if clauses.is_empty() {
            self.rename_source(&rename)?;
        } else {
            self.clause(&clauses.join(", "));
            self.rename_source(&rename)?;
            self.clause(&again.join(", "));
        }
        Ok(())
    }

    fn rename_constraint(&mut self, from: &str, to: &str) -> Result<(), SchemaError> {
        let style = self.style;
        style.check_name("constraint", to)?;
        if !style.index_in_table {
            self.clause(&format!(
                "RENAME CONSTRAINT {} TO {}",
                style.quoted(from),
                style.quoted(to)
            ));
            return Ok(());
        }
        if self.before.uniques.iter().any(|unique| unique.name == from) {
            self.clause(&format!(
                "RENAME INDEX {} TO {}",
                style.quoted(from),
                style.quoted(to)
            ));
        } else if let Some(check) = self.after.checks.iter().find(|check| check.name == to) {
            let sql = check_sql(style, check)?;
            self.clause(&format!("{} {}", style.drop_check, style.quoted(from)));
            self.clause(&format!("ADD {sql}"));
        } else if let Some(key) = self.after.foreign_keys.iter().find(|key| key.name == to) {
            let sql = foreign_key_sql(style, self.after, key)?;
            self.clause(&format!("DROP FOREIGN KEY {}", style.quoted(from)));
            if foreign_key_indexes(style, self.before)
                .iter()
                .any(|index| index.name == from)
            {
                self.clause(&format!(
                    "RENAME INDEX {} TO {}",
                    style.quoted(from),
                    style.quoted(to)
                ));
            }
            self.clause(&format!("ADD {sql}"));
        }
        Ok(())
    }

    fn alter_primary_key(&mut self) -> Result<(), SchemaError> {
        let style = self.style;
        if style.counter == CounterStyle::Suffix {
            // A counted column must begin a key at all times.
            let leaves = |column: &&Column| {
                let first = |table: &Table| table.primary_key.first() == Some(&column.name);
                column.auto_increment && first(self.before) && !first(self.after)
            };
            for column in self.after.columns.iter().filter(leaves) {
                let uncounted = Column {
                    auto_increment: false,
                    ..column.clone()
                };
                self.define_again(&column.name, "MODIFY COLUMN", &uncounted)?;
            }
        }
        let named = style.counter == CounterStyle::Identity;
        let mut clauses = Vec::new();
        if !self.before.primary_key.is_empty() {
            clauses.push(if named {
                format!("DROP CONSTRAINT {}", style.quoted(&key_name(self.before)))
            } else {
                "DROP PRIMARY KEY".to_owned()
            });
        }
        clauses.extend(primary_key_sql(style, self.after).map(|key| format!("ADD {key}")));
        if !clauses.is_empty() {
            self.clause(&clauses.join(", "));
        }
        Ok(())
    }
}

/// The index of a foreign key that an added index replaces, or that replaces a dropped one, and
/// its new name.
fn renamed_index<'a>(
    change: &'a Change<'_>,
    table: &'a Table,
    present: &'a [Index],
    needed: &'a [Index],
) -> Option<(&'a str, &'a str)> {
    let twin = |index: &Index, implicit: &'a [Index]| {
        let same = |other: &&Index| {
            let name = index.name.clone();
            Index {
                name,
                ..(*other).clone()
            } == *index
        };
        implicit.iter().find(same).map(|other| other.name.as_str())
    };
    match change {
        Change::AddIndex { index, .. } => Some((twin(index, present)?, &index.name)),
        Change::DropIndex { name, .. } => {
            let index = table.indexes.iter().find(|index| index.name == *name)?;
            Some((name, twin(index, needed)?))
        }
        _ => None,
    }
}

fn style_validates_later(style: &DdlStyle) -> bool {
    style.alter == AlterStyle::Clauses
}
