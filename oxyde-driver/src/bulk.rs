//! Sends any number of rows in as few statements as the database allows, all or nothing.

use std::borrow::Cow;
use std::sync::Arc;

use oxyde_sql::plan::{Bind, Bulk, Plan};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::backend::{Job, Limits, Outcome};
use crate::error::DriverError;
use crate::rows::RowSet;
use crate::values::fit::size_of;

/// The result of a bulk call.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct BulkResult {
    /// Rows inserted or changed.
    pub affected: u64,
    /// The returned rows, in the order of the input, if the plan returns any.
    pub rows: Option<RowSet>,
    /// The generated keys, in the order of the input, if the database generates them without
    /// returning rows and exactly one row was inserted per input row.
    pub ids: Option<Vec<i64>>,
}

/// Maximum number of placeholders per statement.
const PLACEHOLDERS: usize = 65_535;
/// Maximum number of rows per statement: more do not help and use the server's parser memory.
const ROWS: usize = 2_000;

/// From this many rows on, COPY is faster, although it needs an additional query.
const COPIED: usize = 1_000;

/// The jobs of a bulk call.
pub(crate) fn jobs(
    plan: &Arc<Plan>,
    rows: Vec<Vec<Value>>,
    batch_size: Option<usize>,
    limits: Limits,
) -> Result<Vec<Job>, DriverError> {
    let Some(bulk) = &plan.bulk else {
        return Err(DriverError::Misuse("the plan accepts only one row"));
    };
    if batch_size == Some(0) {
        return Err(DriverError::Misuse("batch_size must be at least 1"));
    }
    let batch = batch_size.unwrap_or(usize::MAX);
    match bulk {
        Bulk::PerRow => {
            let rows = Arc::new(rows);
            Ok(pieces(&rows, batch, usize::MAX)
                .into_iter()
                .map(|range| Job::PerRow {
                    plan: Arc::clone(plan),
                    rows: Arc::clone(&rows),
                    range,
                })
                .collect())
        }
        // UNNEST flattens nested arrays completely.
        Bulk::Arrays { .. } if plan.binds.iter().any(|bind| is_array(&bind.ty)) => Ok(rows
            .into_iter()
            .map(|values| Job::Plan {
                plan: Arc::clone(plan),
                values,
                sink: None,
            })
            .collect()),
        Bulk::Arrays { sql, copy } => {
            let rows = Arc::new(rows);
            Ok(pieces(&rows, batch, limits.bytes)
                .into_iter()
                .map(|range| Job::Arrays {
                    plan: Arc::clone(plan),
                    sql: sql.clone(),
                    copy: copy.clone().filter(|_| range.len() >= COPIED),
                    rows: Arc::clone(&rows),
                    range,
                })
                .collect())
        }
        Bulk::Text { .. } => {
            let most = (PLACEHOLDERS / plan.binds.len().max(1)).clamp(1, ROWS);
            // The values and the SQL are separate packets; a quarter is reserved for what the
            // estimate does not include.
            let ranges = pieces(&rows, batch.min(most), limits.bytes / 4 * 3);
            let mut rows = rows.into_iter();
            Ok(ranges
                .into_iter()
                .map(|range| text(plan, bulk, rows.by_ref().take(range.len()).collect()))
                .collect())
        }
    }
}

/// Return the text with which so many rows are sent, for logs. Of a multi-row statement only the
/// first row is shown. (PostgreSQL inserts many rows by COPY unless the table has what COPY bypasses.)
#[must_use]
pub fn bulk_text(plan: &Plan, rows: usize) -> Cow<'_, str> {
    match &plan.bulk {
        None | Some(Bulk::PerRow) => Cow::Borrowed(&plan.sql),
        Some(Bulk::Arrays {
            copy: Some(copy), ..
        }) if rows >= COPIED => Cow::Borrowed(&copy.sql),
        Some(Bulk::Arrays { sql, .. }) => Cow::Borrowed(sql),
        Some(Bulk::Text {
            prefix,
            first,
            suffix,
            ..
        }) => {
            let more = if rows > 1 { ", …" } else { "" };
            Cow::Owned(format!("{prefix}{first}{more}{suffix}"))
        }
    }
}

fn is_array(ty: &ColumnType) -> bool {
    matches!(ty.base(), ColumnType::Array { .. })
}

/// Split the rows into batches of at most `most` rows and about `bytes` bytes.
fn pieces(rows: &[Vec<Value>], most: usize, bytes: usize) -> Vec<std::ops::Range<usize>> {
    let mut pieces = Vec::new();
    let (mut start, mut weight) = (0, 0);
    for (at, row) in rows.iter().enumerate() {
        let size: usize = row.iter().map(size_of).sum();
        if at > start && (at - start >= most || weight + size > bytes) {
            pieces.push(start..at);
            (start, weight) = (at, 0);
        }
        weight += size;
    }
    if start < rows.len() {
        pieces.push(start..rows.len());
    }
    pieces
}

fn text(plan: &Arc<Plan>, bulk: &Bulk, rows: Vec<Vec<Value>>) -> Job {
    let Bulk::Text {
        prefix,
        first,
        next,
        suffix,
        numbered,
    } = bulk
    else {
        return Job::Simple(String::new());
    };
    let count = rows.len();
    let mut sql = String::with_capacity(prefix.len() + count * next.len() + suffix.len());
    sql.push_str(prefix);
    sql.push_str(first);
    for _ in 1..count {
        sql.push_str(next);
    }
    sql.push_str(suffix);
    if *numbered {
        sql = number(&sql);
    }
    let row_binds = plan.row_binds();
    let mut binds = Vec::with_capacity(count * row_binds.len());
    let mut values = Vec::with_capacity(count * row_binds.len());
    for row in rows {
        let start = u32::try_from(values.len()).unwrap_or(u32::MAX);
        binds.extend(row_binds.iter().map(|bind| Bind {
            param: bind.param + start,
            ty: bind.ty.clone(),
            form: bind.form,
        }));
        values.extend(row);
    }
    Job::Text {
        plan: Arc::clone(plan),
        sql,
        binds,
        values,
    }
}

/// Replace each `?` outside quotes by `$1`, `$2` …
fn number(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 64);
    let mut quote = None;
    let mut count = 0;
    for letter in sql.chars() {
        match (quote, letter) {
            (None, '?') => {
                count += 1;
                out.push('$');
                out.push_str(&count.to_string());
                continue;
            }
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), close) if open == close => quote = None,
            _ => (),
        }
        out.push(letter);
    }
    out
}

/// Collects the outcomes of the jobs.
pub(crate) struct BulkCollector {
    done: BulkResult,
    id_step: Option<i64>,
    returns: bool,
    /// Whether each input row is certain to become one new row.
    plain: bool,
}

impl BulkCollector {
    pub(crate) fn new(plan: &Arc<Plan>, limits: Limits) -> Self {
        let returns = !plan.outputs.is_empty();
        Self {
            done: BulkResult {
                rows: returns.then(|| RowSet::of_plan(plan)),
                ..BulkResult::default()
            },
            id_step: limits.id_step,
            returns,
            plain: plan.plain_insert,
        }
    }

    pub(crate) fn add(&mut self, job: &Job, plan: &Plan, outcome: &Outcome) {
        self.done.affected += outcome.affected;
        if let Some(rows) = &mut self.done.rows {
            rows.append(&outcome.rows);
        }
        let rows = match job {
            Job::Text { binds, .. } => binds.len() / plan.binds.len().max(1),
            Job::PerRow { range, .. } => range.len(),
            _ => 1,
        };
        let counted = self.plain && !self.returns && outcome.affected == rows as u64;
        let ids = match (self.id_step, outcome.last_insert_id) {
            _ if !counted => None,
            _ if outcome.ids.len() == rows => Some(outcome.ids.clone()),
            (Some(step), Some(first)) => generated(first, step, rows),
            _ => None,
        };
        if let Some(ids) = ids {
            self.done.ids.get_or_insert_default().extend(ids);
        } else {
            // Not every row got a new key, so report none.
            self.plain = false;
            self.done.ids = None;
        }
    }

    pub(crate) fn finish(self) -> BulkResult {
        self.done
    }
}

/// The keys of rows of one statement; `None` where they exceed 64 bits, as after a key that was given.
fn generated(first: i64, step: i64, rows: usize) -> Option<Vec<i64>> {
    (0..)
        .take(rows)
        .map(|at: i64| first.checked_add(at.checked_mul(step)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_outside_quotes() {
        assert_eq!(
            number("(?, 'a?', ?), \"b?\" ?"),
            "($1, 'a?', $2), \"b?\" $3"
        );
    }

    #[test]
    fn pieces_keep_to_both_limits() {
        let rows = vec![vec![Value::Int(1)]; 10];
        assert_eq!(pieces(&rows, 4, usize::MAX), [0..4, 4..8, 8..10]);
        assert_eq!(pieces(&rows, 100, 45), [0..2, 2..4, 4..6, 6..8, 8..10]);
        assert_eq!(pieces(&rows, 100, 1).len(), 10);
        assert!(pieces(&[], 4, 4).is_empty());
    }
}
