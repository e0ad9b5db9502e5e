//! Explains plans.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use oxyde_sql::plan::{OutputColumn, Plan};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::backend::{Job, explain_measures, explain_sql};
use crate::error::DriverError;
use crate::executor::Target;
use crate::rows::{Cell, RowSet};

pub(crate) async fn explain(
    on: Target<'_>,
    plan: &Arc<Plan>,
    values: Vec<Value>,
    analyze: bool,
) -> Result<String, DriverError> {
    let features = on.features();
    let measures = explain_measures(features);
    let sql = explain_sql(features, &plan.sql, analyze)?;
    let column = |name: &str, ty| OutputColumn {
        name: name.to_owned(),
        ty,
    };
    let outputs = if measures {
        vec![column("plan", ColumnType::Text)]
    } else {
        vec![
            column("id", ColumnType::BigInt),
            column("parent", ColumnType::BigInt),
            column("unused", ColumnType::BigInt),
            column("detail", ColumnType::Text),
        ]
    };
    let explaining = Arc::new(Plan {
        sql: sql.clone(),
        binds: plan.binds.clone(),
        outputs,
        writes: analyze && plan.writes,
        plain_insert: false,
        bulk: None,
    });
    let job = Job::Text {
        plan: explaining,
        sql,
        binds: plan.binds.clone(),
        values: values.clone(),
    };
    if measures {
        let outcome = if analyze && plan.writes {
            on.dry_run(vec![job]).await?.pop()
        } else {
            Some(on.run(job).await?)
        };
        return Ok(outcome.map_or_else(String::new, |outcome| lines(&outcome.rows)));
    }
    let mut text = tree(&on.run(job).await?.rows);
    if analyze {
        let job = Job::Plan {
            plan: Arc::clone(plan),
            values,
            sink: None,
        };
        let began = Instant::now();
        let outcome = if plan.writes {
            on.dry_run(vec![job]).await?.pop()
        } else {
            Some(on.run(job).await?)
        };
        let took = began.elapsed().as_secs_f64() * 1000.0;
        let rows = outcome.map_or(0, |outcome| outcome.affected.max(outcome.rows.len() as u64));
        // Writing to a string cannot fail.
        let _ = write!(text, "\n({rows} rows in {took:.3} ms)");
    }
    Ok(text)
}

fn lines(rows: &RowSet) -> String {
    let lines: Vec<&str> = (0..rows.len())
        .filter_map(|row| match rows.cell(row, 0) {
            Cell::Text(line) => Some(line),
            _ => None,
        })
        .collect();
    lines.join("\n")
}

/// Format SQLite's query plan as a tree.
fn tree(rows: &RowSet) -> String {
    let mut depths: Vec<(i64, usize)> = Vec::new();
    let mut out = Vec::new();
    for row in 0..rows.len() {
        let (Cell::Int(id), Cell::Int(parent), Cell::Text(detail)) =
            (rows.cell(row, 0), rows.cell(row, 1), rows.cell(row, 3))
        else {
            continue;
        };
        let depth = depths
            .iter()
            .find(|(known, _)| *known == parent)
            .map_or(0, |(_, depth)| depth + 1);
        depths.push((id, depth));
        out.push(format!("{}{detail}", "  ".repeat(depth)));
    }
    out.join("\n")
}
