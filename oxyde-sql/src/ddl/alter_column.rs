//! Adds and alters columns of an existing table.

use super::alter::Alter;
use super::{
    SchemaError, Step, column_sql, comment_sql, default_sql, enum_of, is_keyed, is_literal,
    type_sql,
};
use crate::dialect::{AlterStyle, CounterStyle};
use crate::schema::Column;

impl Alter<'_> {
    pub(super) fn add_column(
        &mut self,
        column: &Column,
        backfill: Option<&str>,
    ) -> Result<(), SchemaError> {
        let style = self.style;
        let name = style.quoted(&column.name);
        let backfill = backfill
            .filter(|_| column.generated.is_none())
            .map(|text| default_sql(style, text, &column.ty));
        // With AUTO_INCREMENT, the column must be a key from the start.
        let counted = column.auto_increment && style.counter == CounterStyle::Suffix;
        let key = if counted && self.after.primary_key == [column.name.as_str()] {
            " PRIMARY KEY".to_owned()
        } else if counted && !is_keyed(self.after, &column.name) {
            // The next change makes it the key, which the reverse of a change of keys does.
            let old = if self.before.primary_key.is_empty() {
                ""
            } else {
                ", DROP PRIMARY KEY"
            };
            format!("{old}, ADD PRIMARY KEY ({name})")
        } else {
            String::new()
        };
        match backfill {
            None => {
                let definition = column_sql(style, self.after, column)?;
                self.clause(&format!("ADD COLUMN {definition}{key}"));
            }
            Some(value) if is_literal(&value) && column.default.is_none() => {
                let filled = Column {
                    default: Some(value),
                    ..column.clone()
                };
                let definition = column_sql(style, self.after, &filled)?;
                self.clause(&format!("ADD COLUMN {definition}"));
                self.clause(&format!("ALTER COLUMN {name} DROP DEFAULT"));
            }
            Some(value) => {
                let open = Column {
                    nullable: true,
                    ..column.clone()
                };
                let definition = column_sql(style, self.after, &open)?;
                self.clause(&format!("ADD COLUMN {definition}"));
                let owner = self.owner();
                self.push(format!("UPDATE {owner} SET {name} = {value}"));
                if !column.nullable {
                    if style.alter == AlterStyle::Modify {
                        self.modify(column)?;
                    } else {
                        self.clause(&format!("ALTER COLUMN {name} SET NOT NULL"));
                    }
                }
            }
        }
        if let Some(comment) = &column.comment {
            let sql = comment_sql(style, self.after, Some(&column.name), Some(comment));
            self.steps.extend(sql.map(Step::Sql));
        }
        Ok(())
    }

    pub(super) fn alter_by_clauses(
        &mut self,
        from: &Column,
        to: &Column,
        using: Option<&str>,
        backfill: Option<&str>,
    ) {
        let style = self.style;
        let name = style.quoted(&to.name);
        let (old_type, new_type) = (
            type_sql(style, self.before, from),
            type_sql(style, self.after, to),
        );
        let retyped = old_type != new_type || enum_of(&from.ty) != enum_of(&to.ty);
        let mut default = from.default.clone();
        if from.generated.is_some() && to.generated.is_none() {
            self.clause(&format!("ALTER COLUMN {name} DROP EXPRESSION"));
        }
        if from.auto_increment && !to.auto_increment {
            self.clause(&format!("ALTER COLUMN {name} DROP IDENTITY"));
        }
        if retyped && old_type != new_type {
            // The old default may be invalid for the new type.
            if default.take().is_some() {
                self.clause(&format!("ALTER COLUMN {name} DROP DEFAULT"));
            }
            let cast = using.map_or_else(|| cast(&name, &old_type, &new_type), str::to_owned);
            self.clause(&format!("ALTER COLUMN {name} TYPE {new_type} USING {cast}"));
        }
        if let Some(value) = backfill
            && from.nullable
            && !to.nullable
        {
            let value = default_sql(style, value, &to.ty);
            let owner = self.owner();
            self.push(format!(
                "UPDATE {owner} SET {name} = {value} WHERE {name} IS NULL"
            ));
        }
        if from.nullable != to.nullable {
            let verb = if to.nullable { "DROP" } else { "SET" };
            self.clause(&format!("ALTER COLUMN {name} {verb} NOT NULL"));
        }
        if default != to.default {
            match &to.default {
                Some(text) => {
                    let text = default_sql(style, text, &to.ty);
                    self.clause(&format!("ALTER COLUMN {name} SET DEFAULT {text}"));
                }
                None => self.clause(&format!("ALTER COLUMN {name} DROP DEFAULT")),
            }
        }
        if to.auto_increment && !from.auto_increment {
            self.clause(&format!(
                "ALTER COLUMN {name} ADD GENERATED BY DEFAULT AS IDENTITY"
            ));
            let owner = self.owner();
            let table = style.literal(&owner);
            let column = style.literal(&to.name);
            self.push(format!(
                "SELECT setval(pg_get_serial_sequence({table}, {column}), \
                 coalesce((SELECT max({name}) FROM {owner}), 0) + 1, false)"
            ));
        }
        if from.comment != to.comment {
            let sql = comment_sql(style, self.after, Some(&to.name), to.comment.as_deref());
            self.steps.extend(sql.map(Step::Sql));
        }
    }

    pub(super) fn alter_by_modify(
        &mut self,
        from: &Column,
        to: &Column,
        using: Option<&str>,
        backfill: Option<&str>,
    ) -> Result<(), SchemaError> {
        let style = self.style;
        let name = style.quoted(&to.name);
        let owner = self.owner();
        // A column that is not stored has no values that it could keep.
        let computed = from.generated.as_ref().is_some_and(|old| !old.stored);
        let kept = (computed && to.generated.is_none()).then_some(name.as_str());
        if let Some(using) = using.or(kept) {
            // Compute the values in a temporary column, which then replaces the old one.
            let beside = Column {
                name: super::shorten(&format!("_oxyde_{}", to.name)),
                nullable: true,
                ..to.clone()
            };
            let temporary = style.quoted(&beside.name);
            self.define_again(&from.name, "ADD COLUMN", &beside)?;
            self.push(format!("UPDATE {owner} SET {temporary} = {using}"));
            self.clause(&format!("DROP COLUMN {name}"));
            self.clause(&format!("RENAME COLUMN {temporary} TO {name}"));
        }
        if let Some(value) = backfill
            && from.nullable
            && !to.nullable
        {
            let value = default_sql(style, value, &to.ty);
            self.push(format!(
                "UPDATE {owner} SET {name} = {value} WHERE {name} IS NULL"
            ));
        }
        self.modify(to)
    }
}

/// Convert the old value to the new type, if there is no cast between the two, or only one
/// that is not implicit.
fn cast(name: &str, old: &str, new: &str) -> String {
    let is_number = |ty: &str| {
        [
            "SMALLINT",
            "INTEGER",
            "BIGINT",
            "NUMERIC",
            "DOUBLE PRECISION",
        ]
        .iter()
        .any(|number| ty.starts_with(number))
    };
    if old.starts_with('"') && new.starts_with('"') {
        format!("{name}::text::{new}")
    } else if old == "BOOLEAN" && is_number(new) {
        format!("{name}::int::{new}")
    } else if new == "BOOLEAN" && is_number(old) {
        format!("{name} <> 0")
    } else if new.starts_with("VARCHAR(") || new.starts_with("CHAR(") {
        // An explicit cast would cut strings that are too long, an assignment refuses them.
        if ["VARCHAR", "CHAR", "TEXT"]
            .iter()
            .any(|text| old.starts_with(text))
        {
            name.to_owned()
        } else {
            format!("{name}::text")
        }
    } else {
        format!("{name}::{new}")
    }
}
