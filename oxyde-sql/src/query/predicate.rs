//! Conditions.

use sea_query::{Expr as SeaExpr, SelectStatement, SubQueryOper, SubQueryStatement};

use super::context::Context;
use super::expr::{comparable, expr};
use super::fragment::{Level, Sql};
use super::{rows, select};
use crate::error::SqlError;
use crate::ir::{Expr, Predicate, Select};
use crate::lookup;

/// A condition.
pub(crate) fn predicate(cx: &mut Context<'_>, condition: &Predicate) -> Result<Sql, SqlError> {
    cx.deeper(|cx| match condition {
        Predicate::And(items) => chain(cx, items, " AND ", Level::And, "TRUE"),
        Predicate::Or(items) => chain(cx, items, " OR ", Level::Or, "FALSE"),
        Predicate::Xor(items) => xor(cx, items),
        Predicate::Not(inner) => not(cx, inner),
        Predicate::Lookup {
            name,
            operand,
            arguments,
        } => lookup::render(cx, name, operand, arguments),
        Predicate::Exists(select) => {
            let query = select::nested(cx, select)?;
            Ok(subquery(Some(SubQueryOper::Exists), query))
        }
        Predicate::InSelect { operand, select } => in_select(cx, operand, select),
        Predicate::InRows { operands, lists } => rows::in_rows(cx, operands, lists),
        Predicate::Expr(value) => expr(cx, value),
    })
}

fn subquery(operator: Option<SubQueryOper>, query: SelectStatement) -> Sql {
    Sql::term(SeaExpr::SubQuery(
        operator,
        Box::new(SubQueryStatement::SelectStatement(query)),
    ))
}

fn chain(
    cx: &mut Context<'_>,
    items: &[Predicate],
    operator: &'static str,
    level: Level,
    empty: &'static str,
) -> Result<Sql, SqlError> {
    match items {
        [] => Ok(Sql::text(empty)),
        [only] => predicate(cx, only),
        items => {
            let parts = items
                .iter()
                .map(|item| {
                    let sql = predicate(cx, item)?;
                    Ok(cx.join.within(sql, level))
                })
                .collect::<Result<Vec<_>, SqlError>>()?;
            Ok(cx.join.list(parts, operator, level))
        }
    }
}

/// The true complement: where the condition is NULL, its negation holds.
fn not(cx: &mut Context<'_>, inner: &Predicate) -> Result<Sql, SqlError> {
    let sql = predicate(cx, inner)?;
    if never_null(inner) {
        let operand = cx.join.operand(sql);
        let parts = vec![SeaExpr::Custom("NOT ".into()), operand.expr()];
        return Ok(cx.join.sequence(parts, Level::Compare));
    }
    let operand = cx.join.within(sql, Level::Compare);
    Ok(cx.join.fill("{0} IS NOT TRUE", &[operand], Level::Compare))
}

fn never_null(condition: &Predicate) -> bool {
    match condition {
        Predicate::Exists(_) | Predicate::Not(_) | Predicate::Xor(_) => true,
        Predicate::And(items) | Predicate::Or(items) => items.iter().all(never_null),
        Predicate::Lookup { name, .. } => name == "isnull",
        Predicate::InSelect { .. } | Predicate::InRows { .. } | Predicate::Expr(_) => false,
    }
}

/// An odd number of the conditions holds; NULL counts as "does not hold".
fn xor(cx: &mut Context<'_>, items: &[Predicate]) -> Result<Sql, SqlError> {
    let mut parts = Vec::with_capacity(items.len());
    for item in items {
        let sql = predicate(cx, item)?;
        // Not IS TRUE: MySQL then takes an outer join beside it for an inner one, and loses rows.
        let truth = "CASE WHEN {0} THEN TRUE ELSE FALSE END";
        parts.push(cx.join.fill(truth, &[sql], Level::Term));
    }
    let mut parts = parts.into_iter();
    let Some(mut whole) = parts.next() else {
        return Ok(Sql::text("FALSE"));
    };
    for part in parts {
        whole = cx.join.fill("{0!} <> {1!}", &[whole, part], Level::Compare);
    }
    Ok(whole)
}

fn in_select(cx: &mut Context<'_>, operand: &Expr, select: &Select) -> Result<Sql, SqlError> {
    if select.outputs.len() != 1 {
        return Err(SqlError::Invalid {
            what: "`in` with a query takes a query of one column",
            hint: "select one column: `values_list(\"id\", flat=True)`",
        });
    }
    let left = comparable(cx, operand)?;
    let mut query = select::nested(cx, select)?;
    let limited = select.limit.is_some() || select.offset.is_some();
    if limited && !cx.features.limit_in_subquery {
        query = select::wrapped(query, "_limited");
    }
    Ok(cx.join.fill(
        "{0!} IN {1}",
        &[left, subquery(None, query)],
        Level::Compare,
    ))
}
