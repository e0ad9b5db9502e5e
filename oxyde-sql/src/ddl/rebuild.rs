//! Building a table anew, where the dialect cannot change it in place.

use super::table::beside;
use super::{SchemaError, create_index, full_text, table_sql};
use crate::dialect::DdlStyle;
use crate::schema::{Column, Table};

/// The statements that replace a table by one of another form with the same rows.
///
/// They are run with foreign keys off, which has to be said before the transaction begins;
/// else dropping the old table deletes the rows that point at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuild {
    /// The table.
    pub table: String,
    /// The name it has while it is filled.
    pub temporary: String,
    /// Creates the new table.
    pub create: String,
    /// Copies the rows.
    pub copy: String,
    /// The columns that are copied.
    pub columns: Vec<String>,
    /// Whether each of them is copied as it is.
    pub plain: bool,
    /// Drops the old table.
    pub drop: String,
    /// Gives the new table its name.
    pub rename: String,
    /// The indexes that the schema knows: name and statement.
    pub indexes: Vec<(String, String)>,
    /// Triggers of the old table that belong to its indexes.
    pub triggers: Vec<String>,
    /// Indexes that are not made again.
    pub dropped_indexes: Vec<String>,
}

impl Rebuild {
    /// The statements in order, as a reader sees them.
    #[must_use]
    pub fn statements(&self) -> Vec<String> {
        let mut statements = vec![
            self.create.clone(),
            self.copy.clone(),
            self.drop.clone(),
            self.rename.clone(),
        ];
        statements.extend(self.indexes.iter().map(|(_, sql)| sql.clone()));
        statements
    }

    /// One rebuild in the place of this one and the next of the same table, when the next only
    /// copies what this one makes; else `None`.
    #[must_use]
    pub fn followed_by(&self, next: &Rebuild) -> Option<Rebuild> {
        let joins = next.plain && self.table == next.table && self.columns == next.columns;
        joins.then(|| {
            let mut dropped_indexes = self.dropped_indexes.clone();
            dropped_indexes.extend(next.dropped_indexes.iter().cloned());
            Rebuild {
                copy: self.copy.clone(),
                plain: self.plain,
                dropped_indexes,
                ..next.clone()
            }
        })
    }

    /// From one form of a table to another. `expression` says what the value of a column of the
    /// new table is, in terms of the old one; `None` leaves it to the column's default.
    ///
    /// # Errors
    /// As [`table_sql`].
    pub fn between(
        style: &DdlStyle,
        before: &Table,
        after: &Table,
        expression: &dyn Fn(&Column) -> Option<String>,
    ) -> Result<Self, SchemaError> {
        let temporary = super::shorten(&format!("_oxyde_new_{}", after.name));
        let mut create = table_sql(style, after, &temporary, &|_| true)?;
        // A self reference would follow the temporary name's own renaming by itself; the other
        // references keep the old name, which the new table takes.
        let (mut targets, mut sources) = (Vec::new(), Vec::new());
        let (mut columns, mut plain) = (Vec::new(), true);
        for column in &after.columns {
            if let Some(source) = expression(column) {
                plain &= source == style.quoted(&column.name);
                columns.push(column.name.clone());
                targets.push(style.quoted(&column.name));
                sources.push(source);
            }
        }
        let copy = if targets.is_empty() {
            String::new()
        } else {
            format!(
                "INSERT INTO {} ({}) SELECT {} FROM {}",
                style.quoted(&temporary),
                targets.join(", "),
                sources.join(", "),
                style.quoted(&before.name)
            )
        };
        create.shrink_to_fit();
        let mut indexes = Vec::with_capacity(after.indexes.len());
        let mut triggers = Vec::new();
        // A virtual table beside the old table does not go with it.
        for index in beside(style, before) {
            triggers.extend(full_text::triggers(&index.name));
            let gone = full_text::drop_virtual_table(style, &index.name);
            indexes.push((index.name.clone(), gone));
        }
        for index in &after.indexes {
            for sql in create_index(style, after, index, false)? {
                indexes.push((index.name.clone(), sql));
            }
        }
        let dropped_indexes = before
            .indexes
            .iter()
            .filter(|index| !after.indexes.iter().any(|kept| kept.name == index.name))
            .map(|index| index.name.clone())
            .collect();
        Ok(Rebuild {
            table: after.name.clone(),
            copy,
            columns,
            plain,
            create,
            drop: format!("DROP TABLE {}", style.quoted(&before.name)),
            rename: format!(
                "ALTER TABLE {} RENAME TO {}",
                style.quoted(&temporary),
                style.quoted(&after.name)
            ),
            temporary,
            indexes,
            triggers,
            dropped_indexes,
        })
    }
}
