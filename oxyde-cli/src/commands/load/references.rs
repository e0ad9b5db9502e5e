//! Foreign keys whose rows may come before the rows that they refer to.

use oxyde_driver::{Cell, Executor};
use oxyde_migrate::session::Session;
use oxyde_migrate::state::label_of;
use oxyde_sql::dialect::{DdlStyle, Dialect};
use oxyde_sql::schema::{ForeignKey, Table};

use crate::error::CliError;
use crate::rows::backward_keys;

/// The statements that make the keys hold again, or find rows for which they do not.
pub(super) struct Postponed {
    /// Restores the usual state.
    restore: Vec<String>,
    /// Queries for a row that refers to none, each with what to say about it.
    orphans: Vec<(String, String)>,
    /// On SQLite: the rows that referred to none before.
    known: Option<Vec<Violation>>,
}

/// A row of SQLite that refers to none: its table, its number, and the table that it refers to.
type Violation = (String, String, String);

/// Check the keys of cycles, and those that refer to their own table, only at the end.
pub(super) async fn postpone(
    session: &Session,
    transaction: &impl Executor,
    tables: &[Table],
) -> Result<Postponed, CliError> {
    let style = session.style();
    let keys = backward_keys(tables);
    let mut postponed = Postponed {
        restore: Vec::new(),
        orphans: Vec::new(),
        known: None,
    };
    if keys.is_empty() {
        return Ok(postponed);
    }
    let mut begin = Vec::new();
    match style.dialect {
        Dialect::Sqlite => {
            postponed.known = Some(violations(transaction).await?);
            begin.push("PRAGMA defer_foreign_keys = ON".to_owned());
        }
        Dialect::Postgres => {
            postponed
                .restore
                .push("SET CONSTRAINTS ALL IMMEDIATE".to_owned());
            for (table, key) in keys {
                let alter = |state: &str| {
                    format!(
                        "ALTER TABLE {} ALTER CONSTRAINT {} {state}",
                        style.qualified(table.schema.as_deref(), &table.name),
                        style.quoted(&key.name)
                    )
                };
                if key.raw.is_none() {
                    begin.push(alter("DEFERRABLE INITIALLY DEFERRED"));
                    postponed.restore.push(alter("NOT DEFERRABLE"));
                }
            }
            begin.push("SET CONSTRAINTS ALL DEFERRED".to_owned());
        }
        Dialect::Mysql | Dialect::Mariadb => {
            begin.push("SET SESSION foreign_key_checks = 0".to_owned());
            postponed
                .restore
                .push("SET SESSION foreign_key_checks = 1".to_owned());
            // All keys are off then, so all are checked.
            for table in tables {
                for key in &table.foreign_keys {
                    postponed.orphans.push(orphan(style, table, key));
                }
            }
        }
    }
    transaction.script(&begin).await?;
    Ok(postponed)
}

impl Postponed {
    /// Check the keys.
    pub(super) async fn check(&self, transaction: &impl Executor) -> Result<(), CliError> {
        for (sql, what) in &self.orphans {
            let rows = transaction.fetch_raw(sql, ()).await?;
            if !rows.is_empty() {
                return Err(CliError::new(what.clone())
                    .hint("add the rows that it refers to; nothing was loaded"));
            }
        }
        if let Some(known) = &self.known {
            let found = violations(transaction).await?;
            if let Some((table, row, target)) = found.iter().find(|row| !known.contains(row)) {
                return Err(CliError::new(format!(
                    "row {row} of table `{table}` refers to a row of `{target}` that does not exist"
                ))
                .hint("add the row that it refers to; nothing was loaded"));
            }
        }
        transaction.script(&self.restore).await?;
        Ok(())
    }
}

/// Return the rows of SQLite that refer to none.
async fn violations(transaction: &impl Executor) -> Result<Vec<Violation>, CliError> {
    let sql = "SELECT \"table\", CAST(rowid AS TEXT), parent FROM pragma_foreign_key_check";
    let rows = transaction.fetch_raw(sql, ()).await?;
    let text = |row: usize, column: usize| match rows.cell(row, column) {
        Cell::Text(text) => text.to_owned(),
        // A table without row numbers.
        _ => "?".to_owned(),
    };
    Ok((0..rows.len())
        .map(|row| (text(row, 0), text(row, 1), text(row, 2)))
        .collect())
}

/// The query that finds a row which refers to none, and what to say about it.
fn orphan(style: &DdlStyle, table: &Table, key: &ForeignKey) -> (String, String) {
    let pairs = || key.columns.iter().zip(&key.target_columns);
    let on: Vec<String> = pairs()
        .map(|(own, other)| format!("a.{} = b.{}", style.quoted(own), style.quoted(other)))
        .collect();
    let given: Vec<String> = key
        .columns
        .iter()
        .map(|own| format!("a.{} IS NOT NULL", style.quoted(own)))
        .collect();
    let missing = key.target_columns.first().map(|other| style.quoted(other));
    let sql = format!(
        "SELECT 1 FROM {} a LEFT JOIN {} b ON {} WHERE {} AND b.{} IS NULL LIMIT 1",
        style.qualified(table.schema.as_deref(), &table.name),
        style.qualified(key.target_schema.as_deref(), &key.target_table),
        on.join(" AND "),
        given.join(" AND "),
        missing.unwrap_or_default()
    );
    let what = format!(
        "a row of table `{}` refers by `{}` to a row that does not exist",
        label_of(table),
        key.name
    );
    (sql, what)
}
