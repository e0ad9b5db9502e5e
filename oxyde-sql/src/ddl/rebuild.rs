//! Rebuilds a table, if the dialect cannot change it in place.

use super::table::beside;
use super::{SchemaError, ValueCheck, create_index, full_text, table_sql};
use crate::dialect::DdlStyle;
use crate::schema::{Column, Table};

/// The statements that replace a table by one with a different definition and the same rows.
///
/// They run with foreign keys off, which must be set before the transaction begins;
/// otherwise dropping the old table would delete the rows that refer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuild {
    /// The table.
    pub table: String,
    /// The temporary name of the new table.
    pub temporary: String,
    /// Creates the new table.
    pub create: String,
    /// Copies the rows.
    pub copy: String,
    /// The table before it, as far as the state knows.
    pub before: Table,
    /// The table after it.
    pub after: Table,
    /// The copied columns, and the value of each in terms of the old table.
    pub columns: Vec<(String, String)>,
    /// The values that would be lost.
    pub checks: Vec<ValueCheck>,
    /// Whether all of them are copied unchanged.
    pub plain: bool,
    /// Drops the old table.
    pub drop: String,
    /// Renames the new table to its final name.
    pub rename: String,
    /// The indexes of the schema: name and statement.
    pub indexes: Vec<(String, String)>,
    /// Triggers of the old table that belong to its indexes.
    pub triggers: Vec<String>,
    /// Indexes that are not created again.
    pub dropped_indexes: Vec<String>,
}

impl Rebuild {
    /// Return the statements in order, for display.
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

    /// Return the statements that keep the rows in a temporary table instead of renaming the new one,
    /// without those of the indexes; `None` if no column is copied. A rename makes SQLite read all
    /// definitions of the database again, which takes longer than copying a few rows twice.
    ///
    /// # Errors
    /// As [`table_sql`].
    pub fn over_a_copy(&self, style: &DdlStyle) -> Result<Option<Vec<String>>, SchemaError> {
        if self.columns.is_empty() {
            return Ok(None);
        }
        let name = style.quoted(&self.after.name);
        let aside = style.quoted(&super::shorten(&format!("_oxyde_old_{}", self.after.name)));
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|(to, _)| style.quoted(to))
            .collect();
        let values: Vec<String> = self
            .columns
            .iter()
            .map(|(to, source)| format!("{source} AS {}", style.quoted(to)))
            .collect();
        let (names, values) = (names.join(", "), values.join(", "));
        let old = style.quoted(&self.before.name);
        Ok(Some(vec![
            format!("CREATE TEMPORARY TABLE {aside} AS SELECT {values} FROM {old}"),
            self.drop.clone(),
            table_sql(style, &self.after, &self.after.name, &|_| true)?,
            format!("INSERT INTO {name} ({names}) SELECT {names} FROM {aside}"),
            format!("DROP TABLE {aside}"),
        ]))
    }

    /// Merge this rebuild with the next one of the same table, if the next one only
    /// copies the result of this one; otherwise `None`.
    #[must_use]
    pub fn followed_by(&self, next: &Rebuild) -> Option<Rebuild> {
        let names = |rebuild: &Rebuild| -> Vec<String> {
            let columns = rebuild.columns.iter();
            columns.map(|(name, _)| name.clone()).collect()
        };
        let joins = next.plain && self.table == next.table && names(self) == names(next);
        joins.then(|| {
            let mut dropped_indexes = self.dropped_indexes.clone();
            dropped_indexes.extend(next.dropped_indexes.iter().cloned());
            Rebuild {
                before: self.before.clone(),
                columns: self.columns.clone(),
                checks: self.checks.clone(),
                copy: self.copy.clone(),
                plain: self.plain,
                dropped_indexes,
                ..next.clone()
            }
        })
    }

    /// The columns that only the old table has.
    #[must_use]
    pub fn dropped_columns(&self) -> Vec<&str> {
        let has = |name: &str| self.after.columns.iter().any(|column| column.name == name);
        let names = self
            .before
            .columns
            .iter()
            .map(|column| column.name.as_str());
        names.filter(|name| !has(name)).collect()
    }

    /// Return this rebuild with a new table that has more than the state knows: `copied` are
    /// further columns, and the database computes those in `computed`.
    ///
    /// # Errors
    /// As [`table_sql`].
    pub fn with(
        &self,
        style: &DdlStyle,
        after: &Table,
        copied: &[String],
        computed: &[String],
    ) -> Result<Self, SchemaError> {
        let again = Rebuild::between(style, &self.before, after, &|column| {
            if computed.contains(&column.name) {
                return None;
            }
            if copied.contains(&column.name) {
                return Some(style.quoted(&column.name));
            }
            let mut known = self.columns.iter();
            known
                .find(|(name, _)| *name == column.name)
                .map(|(_, source)| source.clone())
        })?;
        Ok(Rebuild {
            checks: self.checks.clone(),
            dropped_indexes: self.dropped_indexes.clone(),
            ..again
        })
    }

    /// Rebuild a table with a new definition. `expression` returns the value of a column of the
    /// new table, in terms of the old one; `None` means the column's default.
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
        // SQLite updates a self-reference when the temporary table is renamed; the other
        // references keep the old name, which the new table gets.
        let (mut targets, mut sources) = (Vec::new(), Vec::new());
        let (mut columns, mut plain) = (Vec::new(), true);
        for column in &after.columns {
            if column.generated.is_some() {
                continue;
            }
            if let Some(source) = expression(column) {
                plain &= source == style.quoted(&column.name);
                columns.push((column.name.clone(), source.clone()));
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
        // Dropping the old table does not drop its FTS5 table.
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
            before: before.clone(),
            after: after.clone(),
            columns,
            checks: Vec::new(),
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
