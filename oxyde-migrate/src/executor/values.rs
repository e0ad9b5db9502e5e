//! Refuses a change of type that would lose values.

use oxyde_driver::DriverError;
use oxyde_sql::ddl::ValueCheck;

use super::MigrateError;
use super::error::{LostValues, Outcome};
use super::run::describe;
use crate::introspect::Queries;
use crate::plan::{PlannedMigration, Step};

/// A check that did not pass: values would be lost, or a query failed.
pub(super) enum Refusal {
    Values(LostValues),
    Query(DriverError, String),
}

/// Check that all values fit the new type.
pub(super) async fn check(
    queries: &dyn Queries,
    (item, step): (&PlannedMigration, &Step),
    check: &ValueCheck,
    outcome: Outcome,
) -> Result<(), Refusal> {
    let failed = |sql: &str| {
        let sql = sql.to_owned();
        move |error| Refusal::Query(error, sql)
    };
    if let Some(lock) = &check.lock {
        queries.rows(lock).await.map_err(failed(lock))?;
    }
    let rows = queries
        .rows(&check.count)
        .await
        .map_err(failed(&check.count))?;
    let first = rows
        .into_iter()
        .next()
        .and_then(|row| row.into_iter().next());
    let count = first.flatten().and_then(|text| text.parse().ok());
    let count: u64 = count.unwrap_or(0);
    if count == 0 {
        return Ok(());
    }
    let mut example = None;
    if let Some(sql) = &check.example {
        let rows = queries.rows(sql).await.map_err(failed(sql))?;
        example = rows.into_iter().next().map(|row| {
            let cells = check.key.iter().zip(row);
            let cells = cells.map(|(name, cell)| {
                let cell = cell.unwrap_or_else(|| "NULL".to_owned());
                format!("{name} = {cell}")
            });
            cells.collect::<Vec<_>>().join(", ")
        });
    }
    Err(Refusal::Values(LostValues {
        migration: item.name.clone(),
        operation: describe(item, step),
        column: format!("{}.{}", check.table, check.column),
        ty: check.ty.clone(),
        count,
        example,
        outcome,
    }))
}

impl Refusal {
    /// The error of the run.
    pub(super) fn into_error(
        self,
        (item, step): (&PlannedMigration, &Step),
        outcome: Outcome,
    ) -> MigrateError {
        match self {
            Self::Values(lost) => MigrateError::Values(Box::new(lost)),
            Self::Query(error, sql) => super::run::failed(item, step, &error, Some(&sql), outcome),
        }
    }
}
