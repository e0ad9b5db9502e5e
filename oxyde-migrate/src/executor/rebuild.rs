//! Rebuilds a table without losing rows, indexes, triggers or views.

use std::collections::BTreeSet;

use oxyde_driver::DriverError;
use oxyde_sql::ddl::Rebuild;

use super::error::Outcome;
use super::run::failed;
use super::{MigrateError, values};
use crate::definition::keep_in_table;
use crate::plan::{PlannedMigration, Step};
use crate::session::{Row, Session, SessionTransaction};

/// Up to this number of rows, copying them twice takes less time than a rename in a large schema.
const FEW_ROWS: u32 = 1000;

/// The state that is compared before and after the statements of a migration.
pub(super) struct Watch {
    /// Rows whose foreign keys refer to missing rows.
    dangling: BTreeSet<Row>,
    /// Readable views.
    views: Vec<String>,
}

impl Watch {
    /// Take the state before the statements. Refuses to continue if foreign keys are enforced:
    /// dropping a table would delete the rows that refer to it.
    pub(super) async fn start(
        transaction: &SessionTransaction,
        item: &PlannedMigration,
    ) -> Result<Self, MigrateError> {
        let enforced = transaction.rows("PRAGMA foreign_keys").await?;
        if enforced
            .first()
            .and_then(|row| row.first())
            .cloned()
            .flatten()
            .as_deref()
            != Some("0")
        {
            return Err(MigrateError::Rebuild {
                migration: item.name.clone(),
                what: "foreign keys could not be disabled for the transaction".to_owned(),
            });
        }
        let dangling = dangling(transaction).await?;
        let mut views = Vec::new();
        for view in view_names(transaction).await? {
            if can_be_read(transaction, &view).await? {
                views.push(view);
            }
        }
        Ok(Watch { dangling, views })
    }

    /// Check the state after the statements: no new row may refer to a missing row, no view may be
    /// broken.
    pub(super) async fn end(
        &self,
        transaction: &SessionTransaction,
        item: &PlannedMigration,
    ) -> Result<(), MigrateError> {
        let refuse = |what: String| {
            Err(MigrateError::Rebuild {
                migration: item.name.clone(),
                what,
            })
        };
        let now = dangling(transaction).await?;
        if let Some(row) = now.iter().find(|row| !self.dangling.contains(*row)) {
            let cell = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
            return refuse(format!(
                "rows of table `{}` would refer to missing rows of `{}`",
                cell(0),
                cell(2)
            ));
        }
        let there = view_names(transaction).await?;
        for view in self.views.iter().filter(|view| there.contains(view)) {
            if !can_be_read(transaction, view).await? {
                return refuse(format!("the view `{view}` would be broken"));
            }
        }
        Ok(())
    }
}

async fn dangling(transaction: &SessionTransaction) -> Result<BTreeSet<Row>, DriverError> {
    Ok(transaction
        .rows("PRAGMA foreign_key_check")
        .await?
        .into_iter()
        .collect())
}

async fn view_names(transaction: &SessionTransaction) -> Result<Vec<String>, DriverError> {
    let rows = transaction
        .rows("SELECT name FROM sqlite_master WHERE type = 'view'")
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|mut row| row.pop().flatten())
        .collect())
}

async fn can_be_read(transaction: &SessionTransaction, view: &str) -> Result<bool, DriverError> {
    let name = view.replace('"', "\"\"");
    transaction
        .can_run(&format!("SELECT 1 FROM \"{name}\" LIMIT 0"))
        .await
}

/// Rebuild the table, with its rows, its triggers, and the indexes that the schema does not
/// contain.
pub(super) async fn run(
    session: &Session,
    transaction: &SessionTransaction,
    item: &PlannedMigration,
    step: &Step,
    rebuild: &Rebuild,
) -> Result<(), MigrateError> {
    let style = session.style();
    let rebuild = &checked(session, transaction, (item, step), rebuild).await?;
    let name = style.literal(&rebuild.table);
    let quoted = style.quoted(&rebuild.table);
    let count = format!("SELECT count(*) FROM {quoted}");
    let before = transaction.rows(&count).await?;
    let attached = transaction
        .rows(&format!(
            "SELECT type, name, sql FROM sqlite_master \
             WHERE tbl_name = {name} AND type IN ('index', 'trigger') AND sql IS NOT NULL \
             ORDER BY type, rowid"
        ))
        .await?;
    let counter = sequence(transaction, &name).await;
    let rows = before
        .first()
        .and_then(|row| row.first()?.as_deref()?.parse().ok());
    let copied = match rows {
        Some(0..=FEW_ROWS) => rebuild.over_a_copy(style),
        _ => Ok(None),
    };
    let refused = |what: String| MigrateError::Rebuild {
        migration: item.name.clone(),
        what,
    };
    let replaced = copied
        .map_err(|error| refused(error.to_string()))?
        .unwrap_or_else(|| over_a_rename(rebuild));
    for sql in &statements(rebuild, replaced, attached) {
        if let Err(error) = transaction.run(sql).await {
            // A rollback does not reset this setting of the connection.
            let _ = transaction.run("PRAGMA legacy_alter_table = OFF").await;
            return Err(failed(item, step, &error, Some(sql), Outcome::RolledBack));
        }
    }
    if let Some(counter) = counter {
        keep_counter(transaction, &name, counter).await?;
    }
    let after = transaction.rows(&count).await?;
    if !rebuild.dropped_columns().is_empty() {
        check_triggers(transaction, item, &quoted).await?;
    }
    if before != after {
        return Err(refused(format!(
            "table `{}` would lose rows",
            rebuild.table
        )));
    }
    Ok(())
}

/// Check the values, and add to the rebuild what only the database has.
async fn checked(
    session: &Session,
    transaction: &SessionTransaction,
    (item, step): (&PlannedMigration, &Step),
    rebuild: &Rebuild,
) -> Result<Rebuild, MigrateError> {
    let style = session.style();
    for check in &rebuild.checks {
        values::check(transaction, (item, step), check, Outcome::RolledBack)
            .await
            .map_err(|refusal| refusal.into_error((item, step), Outcome::RolledBack))?;
    }
    let name = style.literal(&rebuild.before.name);
    let sql = format!("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = {name}");
    let rows = transaction.rows(&sql).await?;
    let Some(definition) = rows.into_iter().flatten().flatten().next() else {
        return Ok(rebuild.clone());
    };
    let refused = |what: String| MigrateError::Undeclared {
        migration: item.name.clone(),
        table: rebuild.table.clone(),
        what,
    };
    let kept = keep_in_table(style, &definition, &rebuild.before, &rebuild.after)
        .map_err(|error| refused(error.to_string()))?
        .map_err(refused)?;
    if kept.table == rebuild.after && kept.copied.is_empty() && kept.computed.is_empty() {
        return Ok(rebuild.clone());
    }
    rebuild
        .with(style, &kept.table, &kept.copied, &kept.computed)
        .map_err(|error| refused(error.to_string()))
}

/// Check that no trigger of the table uses a dropped column: SQLite compiles them only with the
/// next write.
async fn check_triggers(
    transaction: &SessionTransaction,
    item: &PlannedMigration,
    quoted: &str,
) -> Result<(), MigrateError> {
    for sql in [
        format!("EXPLAIN INSERT INTO {quoted} SELECT * FROM {quoted}"),
        format!("EXPLAIN DELETE FROM {quoted}"),
    ] {
        transaction
            .rows(&sql)
            .await
            .map_err(|error| MigrateError::Rebuild {
                migration: item.name.clone(),
                what: format!("a trigger of table {quoted} would be broken: {error}"),
            })?;
    }
    Ok(())
}

/// The statements that replace a table with many rows.
fn over_a_rename(rebuild: &Rebuild) -> Vec<String> {
    let mut statements = vec![
        // Otherwise the rename would look up the table in views and triggers while it does not
        // exist.
        "PRAGMA legacy_alter_table = ON".to_owned(),
        rebuild.create.clone(),
    ];
    if !rebuild.copy.is_empty() {
        statements.push(rebuild.copy.clone());
    }
    statements.extend([rebuild.drop.clone(), rebuild.rename.clone()]);
    statements.push("PRAGMA legacy_alter_table = OFF".to_owned());
    statements
}

/// The statements of a rebuild, which begin with those that replace the table. `attached` are the
/// indexes and triggers that the table has now.
fn statements(
    rebuild: &Rebuild,
    mut statements: Vec<String>,
    attached: Vec<Vec<Option<String>>>,
) -> Vec<String> {
    statements.extend(rebuild.indexes.iter().map(|(_, sql)| sql.clone()));
    for row in attached {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let (kind, part, sql) = (
            cells.next().unwrap_or_default(),
            cells.next().unwrap_or_default(),
            cells.next().unwrap_or_default(),
        );
        let known = rebuild.indexes.iter().any(|(index, _)| *index == part)
            || rebuild.dropped_indexes.contains(&part);
        let own = kind == "trigger" && rebuild.triggers.contains(&part);
        if (kind == "trigger" || !known) && !own {
            statements.push(sql);
        }
    }
    statements
}

/// Keep the highest generated key, so that keys of deleted rows are not used again.
async fn keep_counter(
    transaction: &SessionTransaction,
    name: &str,
    counter: i64,
) -> Result<(), MigrateError> {
    for sql in [
        format!("UPDATE sqlite_sequence SET seq = max(seq, {counter}) WHERE name = {name}"),
        format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {name}, {counter} \
             WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {name}) \
             AND (SELECT sql FROM sqlite_master WHERE name = {name}) LIKE '%AUTOINCREMENT%'"
        ),
    ] {
        transaction.run(&sql).await?;
    }
    Ok(())
}

/// The highest key that the table ever generated; `None` without AUTOINCREMENT.
async fn sequence(transaction: &SessionTransaction, name: &str) -> Option<i64> {
    let has = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'";
    if transaction.rows(has).await.ok()?.is_empty() {
        return None;
    }
    let rows = transaction
        .rows(&format!(
            "SELECT seq FROM sqlite_sequence WHERE name = {name}"
        ))
        .await
        .ok()?;
    rows.into_iter().next()?.into_iter().next()??.parse().ok()
}
