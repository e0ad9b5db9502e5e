//! Runs a function of the project for each range of keys of a table.
//!
//! Each range has a transaction of its own, which also records the last key, so that a run which was
//! stopped goes on with the next range and no range runs twice.

use std::sync::Arc;

use oxyde_driver::{Cell, DriverError, RowSet};
use oxyde_sql::compile;
use oxyde_sql::ir::{Expr, Literal, Select, Table};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use super::run::{as_expected, describe, now, python};
use super::{Context, Event, FailedStep, KeyRange, MigrateError, Outcome, lock};
use crate::ledger;
use crate::operation::KeyRanges;
use crate::plan::{PlannedMigration, Step};
use crate::session::{Session, SessionTransaction};
use crate::state;

/// Run the step at this position.
pub(super) async fn run(
    session: &Session,
    item: &PlannedMigration,
    at: usize,
    (function, ranges): (&str, &KeyRanges),
    context: &Context<'_>,
) -> Result<(), MigrateError> {
    let ledger = session.ledger();
    session.run(&ledger.create_positions()).await?;
    let mut rows = 0;
    loop {
        let done = lock::repeated(session, async || {
            next(session, item, at, (function, ranges), context).await
        });
        match done.await {
            Ok(Some(count)) => {
                rows += count;
                (context.progress)(Event::Range { item, rows });
                if count == 0 {
                    return Ok(());
                }
            }
            Ok(None) => return Ok(()),
            Err(error) => return Err(kept(error, item, at, rows)),
        }
    }
}

/// Run the next range in a transaction, and return its number of rows; 0 if the step is complete, and
/// `None` if another migrator completed it.
async fn next(
    session: &Session,
    item: &PlannedMigration,
    at: usize,
    (function, ranges): (&str, &KeyRanges),
    context: &Context<'_>,
) -> Result<Option<u64>, MigrateError> {
    let ledger = session.ledger();
    let transaction = lock::begin(session, &item.name).await?;
    let result = async {
        let records = transaction.rows(&ledger.select(Some(&item.name))).await?;
        if !as_expected(item, ledger::records(records).pop().as_ref(), at) {
            return Ok(None);
        }
        one(session, &transaction, item, at, (function, ranges), context).await
    }
    .await;
    match result {
        Ok(Some(_)) => transaction.commit().await?,
        Ok(None) => transaction.rollback().await?,
        Err(_) => {
            // Report the cause, even if the rollback fails too.
            let _ = transaction.rollback().await;
        }
    }
    result
}

/// Run the next range and record it, and return its number of rows; 0 if the step is complete.
async fn one(
    session: &Session,
    transaction: &SessionTransaction,
    item: &PlannedMigration,
    at: usize,
    (function, ranges): (&str, &KeyRanges),
    context: &Context<'_>,
) -> Result<Option<u64>, MigrateError> {
    let ledger = session.ledger();
    let last = transaction
        .rows(&ledger.position(&item.name, at))
        .await?
        .into_iter()
        .next()
        .and_then(|row| row.into_iter().next().flatten());
    let keys = keys(session, transaction, ranges, last.as_deref()).await?;
    let mut records = ledger.forget_position(&item.name);
    if let Some(end) = keys.len().checked_sub(1) {
        let range = KeyRange {
            table: state::label(ranges.schema.as_deref(), &ranges.table),
            column: ranges.column.clone(),
            first: key(&keys, 0),
            last: key(&keys, end),
        };
        let step = &item.steps[at];
        if Some(&range.last) == last.as_ref() {
            return Err(refused(item, step, &range));
        }
        python(transaction, (item, step), function, Some(&range), context).await?;
        records.extend(ledger.progress(item, at, false, &now()));
        records.push(ledger.remember_position(&item.name, at, &range.last));
    } else {
        records.extend(ledger.progress(item, at + 1, false, &now()));
    }
    for statement in records {
        transaction.run(&statement).await?;
    }
    Ok(Some(keys.len() as u64))
}

/// The keys of the next range.
async fn keys(
    session: &Session,
    transaction: &SessionTransaction,
    ranges: &KeyRanges,
    last: Option<&str>,
) -> Result<RowSet, MigrateError> {
    let table = Table {
        schema: ranges.schema.clone(),
        ..Table::new(&ranges.table)
    };
    let column = || table.col(&ranges.column, ranges.ty.clone());
    let mut select = Select::from_table(&table)
        .column(&table, &ranges.column, ranges.ty.clone())
        .order(column().asc());
    select.limit = Some(Expr::Literal(Literal::Int(i64::from(ranges.rows))));
    let mut values = Vec::new();
    if let Some(last) = last {
        values.push(value(last, &ranges.ty));
        let param = Expr::param(0, ranges.ty.clone());
        select = select.filter(column().lookup("gt", [param]));
    }
    let plan = compile(&select.into(), session.pool().features()).map_err(|error| {
        DriverError::Unsupported {
            what: error.to_string(),
            hint: "use a function without `table`",
        }
    })?;
    Ok(transaction.fetch(&Arc::new(plan), values).await?)
}

/// A key as JSON.
fn key(rows: &RowSet, row: usize) -> String {
    match rows.cell(row, 0) {
        Cell::Int(value) => value.to_string(),
        Cell::Text(text) => serde_json::Value::from(text).to_string(),
        Cell::Uuid(bytes) => serde_json::Value::from(hex::encode(bytes)).to_string(),
        // Columns of the types that ranges have hold nothing else.
        other => serde_json::Value::from(format!("{other:?}")).to_string(),
    }
}

/// A recorded key as a value.
fn value(key: &str, ty: &ColumnType) -> Value {
    let text = || serde_json::from_str::<String>(key).unwrap_or_default();
    match ty {
        ColumnType::Text | ColumnType::Varchar { .. } => Value::Text(text()),
        ColumnType::Uuid => {
            let mut bytes = [0; 16];
            // Anything else was not written by this program; then the step begins again.
            let _ = hex::decode_to_slice(text(), &mut bytes);
            Value::Uuid(bytes)
        }
        _ => key.parse().map_or(Value::Null, Value::Int),
    }
}

/// The error of keys that the database does not compare as it orders them, so that the step would
/// never end: on SQLite, values of another type than the column's.
fn refused(item: &PlannedMigration, step: &Step, range: &KeyRange) -> MigrateError {
    MigrateError::Step(Box::new(FailedStep {
        migration: item.name.clone(),
        operation: describe(item, step),
        message: format!(
            "the keys of table `{}` cannot be divided into ranges: {} comes again",
            range.table, range.last
        ),
        sql: None,
        outcome: Outcome::RolledBack,
        hint: None,
        conflicts: false,
    }))
}

/// An error that says what is kept.
fn kept(error: MigrateError, item: &PlannedMigration, at: usize, rows: u64) -> MigrateError {
    let step = &item.steps[at];
    let mut failed = match error {
        MigrateError::Step(failed) => failed,
        MigrateError::Driver(error) => Box::new(FailedStep {
            migration: item.name.clone(),
            operation: describe(item, step),
            message: error.to_string(),
            sql: None,
            outcome: Outcome::RolledBack,
            hint: error.hint(),
            conflicts: false,
        }),
        other => return other,
    };
    failed.outcome = Outcome::Kept {
        done: at,
        of: item.steps.len(),
    };
    if rows > 0 {
        failed.message = format!("{}, after {rows} rows, which are kept", failed.message);
    }
    MigrateError::Step(failed)
}
