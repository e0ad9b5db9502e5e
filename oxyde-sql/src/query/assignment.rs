//! `SET`.

use super::context::Context;
use super::expr::{expr, iden};
use super::fit::{Named, fitted};
use super::fragment::{Precedence, Sql};
use super::visit;
use crate::error::SqlError;
use crate::ir::{Assignment, InsertColumn};
use sea_query::Expr as SeaExpr;

/// The comma-separated assignments. `target` is the qualifier of the columns on the left.
pub(super) fn assignments(
    cx: &mut Context<'_>,
    assignments: &[Assignment],
    alias: &str,
    target: Option<&str>,
) -> Result<Vec<Sql>, SqlError> {
    let mut rendered = Vec::with_capacity(assignments.len());
    for assignment in assignments {
        let value = value(cx, assignment)?;
        rendered.push(assign(cx, &assignment.column.name, target, value)?);
    }
    if !cx.features.sequential_assignments {
        return Ok(rendered);
    }
    let order = reading_order(assignments, alias).ok_or_else(|| {
        cx.unsupported("assignments of columns that each read the other's old value")
    })?;
    let mut slots: Vec<Option<Sql>> = rendered.into_iter().map(Some).collect();
    Ok(order
        .into_iter()
        .filter_map(|i| slots.get_mut(i).and_then(Option::take))
        .collect())
}

/// `column = value`.
pub(super) fn assign(
    cx: &Context<'_>,
    column: &str,
    target: Option<&str>,
    value: Sql,
) -> Result<Sql, SqlError> {
    let column = match target {
        Some(target) => SeaExpr::col((iden(target)?, iden(column)?)),
        None => SeaExpr::col(iden(column)?),
    };
    Ok(cx
        .join
        .fill("{0} = {1}", &[Sql::term(column), value], Precedence::Or))
}

/// The new value of a column.
pub(super) fn value(cx: &mut Context<'_>, assignment: &Assignment) -> Result<Sql, SqlError> {
    let sql = expr(cx, &assignment.value)?;
    let column = Named {
        name: &assignment.column.name,
        ty: &assignment.column.ty,
    };
    Ok(fitted(cx, sql, &assignment.value, column))
}

/// Return an order in which each assignment reads a column before another one writes it. On MySQL,
/// later assignments see the values of earlier ones; standard SQL, and Python readers, expect the
/// opposite.
fn reading_order(assignments: &[Assignment], alias: &str) -> Option<Vec<usize>> {
    let reads = |i: usize, j: usize| {
        i != j && visit::reads_column(&assignments[i].value, alias, &assignments[j].column.name)
    };
    let mut left: Vec<usize> = (0..assignments.len()).collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        // Write the next one if no remaining assignment reads it.
        let at = left
            .iter()
            .position(|j| left.iter().all(|i| !reads(*i, *j)))?;
        order.push(left.remove(at));
    }
    Some(order)
}

/// The comma-separated names of columns, in parentheses.
pub(super) fn column_names<'c>(
    cx: &Context<'_>,
    columns: impl IntoIterator<Item = &'c str>,
) -> Result<Sql, SqlError> {
    let names = columns
        .into_iter()
        .map(|name| Ok(Sql::term(SeaExpr::col(iden(name)?))))
        .collect::<Result<Vec<_>, SqlError>>()?;
    Ok(cx.join.fill("({*})", &names, Precedence::Term))
}

/// The names of insert columns.
pub(super) fn names(columns: &[InsertColumn]) -> impl Iterator<Item = &str> {
    columns.iter().map(|column| column.name.as_str())
}
