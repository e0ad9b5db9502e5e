//! `SET`.

use super::context::Context;
use super::expr::{expr, iden};
use super::fragment::{Level, Sql};
use super::scan;
use crate::error::SqlError;
use crate::ir::{Assignment, Expr, InsertColumn, Literal};
use crate::types::{ColumnType, Family};
use sea_query::Expr as SeaExpr;

/// The assignments with commas. `target` is what the columns on the left stand behind.
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
        .fill("{0} = {1}", &[Sql::term(column), value], Level::Or))
}

/// The new value of a column.
pub(super) fn value(cx: &mut Context<'_>, assignment: &Assignment) -> Result<Sql, SqlError> {
    let sql = expr(cx, &assignment.value)?;
    // A result of arithmetic may be wider than the column (a double into an integer): the
    // databases convert on assignment, SQLite does not.
    let from = assignment.value.column_type().map(ColumnType::family);
    let to = assignment.column.ty.family();
    let convert = cx.features.decimal_as_text
        && to == Family::Decimal
        && from.is_some_and(|from| from != Family::Decimal);
    if convert && !matches!(assignment.value, Expr::Literal(Literal::Null)) {
        return crate::types::convert(
            cx,
            sql,
            assignment.value.column_type(),
            &assignment.column.ty,
        );
    }
    Ok(sql)
}

/// An order in which each assignment reads a column before another one writes it. MySQL lets
/// later assignments see the values of earlier ones; the standard, and Python's reader, do not.
fn reading_order(assignments: &[Assignment], alias: &str) -> Option<Vec<usize>> {
    let reads = |i: usize, j: usize| {
        i != j && scan::reads_column(&assignments[i].value, alias, &assignments[j].column.name)
    };
    let mut left: Vec<usize> = (0..assignments.len()).collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        // The next one is written when no assignment that is still to come reads it.
        let at = left
            .iter()
            .position(|j| left.iter().all(|i| !reads(*i, *j)))?;
        order.push(left.remove(at));
    }
    Some(order)
}

/// The names of columns with commas, in brackets.
pub(super) fn column_names<'c>(
    cx: &Context<'_>,
    columns: impl IntoIterator<Item = &'c str>,
) -> Result<Sql, SqlError> {
    let names = columns
        .into_iter()
        .map(|name| Ok(Sql::term(SeaExpr::col(iden(name)?))))
        .collect::<Result<Vec<_>, SqlError>>()?;
    Ok(cx.join.fill("({*})", &names, Level::Term))
}

/// The names of insert columns.
pub(super) fn names(columns: &[InsertColumn]) -> impl Iterator<Item = &str> {
    columns.iter().map(|column| column.name.as_str())
}
