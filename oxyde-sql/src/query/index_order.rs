//! The first rows in the order of an indexed date and time that is stored as text.
//!
//! The index sorts strings. That is the order of time if all values have the format that Oxyde
//! writes; values that other programs wrote may be elsewhere within their day. So the query takes
//! its first rows from the index, unless a value near the last of them is out of place: then it
//! takes all rows. What it has taken is sorted by time.

use sea_query::{Expr as SeaExpr, SelectStatement, SubQueryStatement};

use super::context::Context;
use super::expr::{expr, iden};
use super::fragment::{Precedence, Sql};
use super::moment::compared;
use super::order::{order_by, terms};
use super::select::{core, limit_offset, limit_value};
use super::source::table_sql;
use super::visit;
use crate::error::SqlError;
use crate::ir::{Distinct, Expr, Order, Output, Select, Source, Table};
use crate::types::{ColumnType, Family};

/// Whether a value is out of place near the last of the first rows: with another character than a
/// space after the day, which sorts after all others of the day; or the same time as the last in
/// another format, so that the further terms of the order decide.
const NEAR_NAIVE: &str = "EXISTS (SELECT 1 FROM {0} AS \"_last\", {1} AS \"_other\" WHERE \
    {2} >= substr(\"_last\".\"at\", 1, 10) || '!' AND {2} < substr(\"_last\".\"at\", 1, 10) || '~' OR \
    {2} >= substr(\"_last\".\"at\", 1, 19) AND {2} < substr(\"_last\".\"at\", 1, 19) || ';' \
    AND {2} <> \"_last\".\"at\" AND {3} = \"_last\".\"at\" OR \
    {2} IN (substr(\"_last\".\"at\", 1, 10), substr(\"_last\".\"at\", 1, 16)) AND {2} <> \"_last\".\"at\" AND {3} = \"_last\".\"at\")";
/// The same for times with a zone: an offset moves a value by less than a day.
const NEAR_AWARE: &str = "EXISTS (SELECT 1 FROM {0} AS \"_last\", {1} AS \"_other\" WHERE \
    {2} >= date(substr(\"_last\".\"at\", 1, 10), '-1 day') \
    AND {2} < ifnull(date(substr(\"_last\".\"at\", 1, 10), '+2 days'), '~') \
    AND ({2} NOT LIKE '____-__-__ __:__:__%+00:00' OR {2} <> \"_last\".\"at\" AND {3} = \"_last\".\"at\"))";

/// The first rows, and the alias of each sort key in them.
const ROWS: &str = "_first";

/// A query that can take its first rows from an index.
struct Indexed<'a> {
    limit: &'a Expr,
    order: &'a Order,
    table: &'a Table,
    column: &'a str,
    aware: bool,
}

fn indexed<'a>(cx: &Context<'_>, select: &'a Select) -> Option<Indexed<'a>> {
    let limit = select.limit.as_ref()?;
    let order = select.order_by.first()?;
    let Expr::Column { table, name, ty } = &order.expr else {
        return None;
    };
    let plain = select.ctes.is_empty()
        && select.compounds.is_empty()
        && select.distinct == Distinct::All
        && select.group_by.is_empty()
        && select.having.is_none()
        && !select.outputs.iter().any(|output| visit::gathers(&output.expr))
        // SQLite's LIMIT cannot read columns of an outer query.
        && !visit::is_correlated(select);
    if !cx.features.moment_as_text || !order.indexed || ty.family() != Family::DateTime || !plain {
        return None;
    }
    let sources = select.joins.iter().map(|join| &join.source);
    let table = select
        .from
        .iter()
        .chain(sources)
        .find_map(|source| match source {
            Source::Table(source) if source.alias == *table => Some(source),
            _ => None,
        })?;
    Some(Indexed {
        limit,
        order,
        table,
        column: name,
        aware: *ty == ColumnType::TimestampTz,
    })
}

/// The query, if it is one that can take its first rows from an index.
pub(super) fn build(
    cx: &mut Context<'_>,
    select: &Select,
) -> Result<Option<SelectStatement>, SqlError> {
    let Some(found) = indexed(cx, select) else {
        return Ok(None);
    };
    let mut first = core(cx, select)?;
    let mut outer = SelectStatement::new();
    for output in &select.outputs {
        outer.expr_as(
            SeaExpr::col((ROWS, iden(&output.name)?)),
            iden(&output.name)?,
        );
    }
    let mut keys = 0..;
    for (position, order) in select.order_by.iter().enumerate() {
        let by_index = position == 0;
        let values = if by_index {
            vec![expr(cx, &order.expr)?]
        } else {
            terms(cx, order)?
        };
        let names: Vec<String> = values
            .iter()
            .zip(&mut keys)
            .map(|(_, key): (_, usize)| format!("_key{key}"))
            .collect();
        for (value, name) in values.into_iter().zip(&names) {
            first.expr_as(value.expr(), name.clone());
        }
        let column = |name: &String| Sql::term(SeaExpr::col(name.clone()));
        order_by(cx, &mut first, order, names.iter().map(column));
        let sorted = |name: &String| {
            let value = Sql::term(SeaExpr::col((ROWS, name.clone())));
            if by_index { compared(cx, value) } else { value }
        };
        order_by(cx, &mut outer, order, names.iter().map(sorted));
    }
    let near = misplaced(cx, select, &found)?;
    let end = end(cx, select, &found)?;
    let limit = cx.join.fill(
        "CASE WHEN {0} THEN -1 ELSE {1} END",
        &[near, end],
        Precedence::Term,
    );
    let limit = cx.limit_sql(limit);
    first.limit(limit);
    outer.from_subquery(first, ROWS);
    limit_offset(cx, &mut outer, select)?;
    Ok(Some(outer))
}

/// How many rows end with the last one.
fn end(cx: &mut Context<'_>, select: &Select, found: &Indexed<'_>) -> Result<Sql, SqlError> {
    let mut parts = Vec::with_capacity(2);
    for value in std::iter::once(found.limit).chain(&select.offset) {
        let marker = limit_value(cx, value)?;
        let number = Sql::term(SeaExpr::Value(marker.into()));
        // The sum of two such numbers is an integer of 64 bits.
        let number = cx
            .join
            .fill("min({0}, 4000000000000000000)", &[number], Precedence::Term);
        parts.push(number);
    }
    Ok(cx.join.list(parts, " + ", Precedence::Operator))
}

/// Whether a value is out of place near the last row.
fn misplaced(cx: &mut Context<'_>, select: &Select, found: &Indexed<'_>) -> Result<Sql, SqlError> {
    let value = Output {
        expr: found.order.expr.clone(),
        name: "at".to_owned(),
    };
    let values = Select {
        outputs: vec![value],
        ..select.clone()
    };
    let mut last = core(cx, &values)?;
    let at = Sql::term(SeaExpr::col("at"));
    order_by(cx, &mut last, found.order, [at]);
    let end = end(cx, select, found)?;
    let before = cx.join.fill("{0} - 1", &[end], Precedence::Operator);
    let (one, before) = (cx.limit_marker(Err("1".to_owned())), cx.limit_sql(before));
    last.limit(one).offset(before);
    let last = Sql::term(SeaExpr::SubQuery(
        None,
        Box::new(SubQueryStatement::SelectStatement(last)),
    ));
    let table = table_sql(cx, found.table)?;
    let other = Sql::term(SeaExpr::col(("_other", iden(found.column)?)));
    let as_time = compared(cx, other.clone());
    let condition = if found.aware { NEAR_AWARE } else { NEAR_NAIVE };
    Ok(cx
        .join
        .fill(condition, &[last, table, other, as_time], Precedence::Term))
}
