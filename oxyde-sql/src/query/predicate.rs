//! Conditions.

use sea_query::{Expr as SeaExpr, SelectStatement, SubQueryOper, SubQueryStatement};

use super::context::Context;
use super::expr::expr;
use super::fragment::{Precedence, Sql};
use super::json_value::distinct_key;
use super::{in_rows, select};
use crate::error::SqlError;
use crate::ir::{Expr, Predicate, Select};
use crate::lookup;

/// Maximum number of conditions in a chain without parentheses.
const IN_A_ROW: usize = 64;

/// A condition.
pub(crate) fn predicate(cx: &mut Context<'_>, condition: &Predicate) -> Result<Sql, SqlError> {
    cx.deeper(|cx| match condition {
        Predicate::And(items) => chain(cx, items, " AND ", Precedence::And, "TRUE"),
        Predicate::Or(items) => chain(cx, items, " OR ", Precedence::Or, "FALSE"),
        Predicate::Xor(items) => xor(cx, items),
        Predicate::Not(inner) => not(cx, inner),
        Predicate::Unless(inner) => unless(cx, inner),
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
        Predicate::InRows { operands, lists } => in_rows::in_rows(cx, operands, lists),
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
    precedence: Precedence,
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
                    Ok(cx.join.within(sql, precedence))
                })
                .collect::<Result<Vec<_>, SqlError>>()?;
            Ok(balanced(cx, parts, operator, precedence))
        }
    }
}

/// Join the parts with an associative operator. A long chain is grouped by
/// parentheses, because parsers nest one level deeper for each further part.
fn balanced(
    cx: &Context<'_>,
    mut parts: Vec<Sql>,
    operator: &'static str,
    precedence: Precedence,
) -> Sql {
    while parts.len() > IN_A_ROW {
        let mut left = parts.into_iter().peekable();
        parts = Vec::new();
        while left.peek().is_some() {
            let row = left.by_ref().take(IN_A_ROW);
            let row = cx.join.list(row, operator, precedence);
            parts.push(cx.join.brackets(row));
        }
    }
    cx.join.list(parts, operator, precedence)
}

/// The exact complement: if the condition is NULL, its negation is true.
fn not(cx: &mut Context<'_>, inner: &Predicate) -> Result<Sql, SqlError> {
    if never_null(inner) {
        return unless(cx, inner);
    }
    let sql = predicate(cx, inner)?;
    let operand = cx.join.within(sql, Precedence::Compare);
    Ok(cx
        .join
        .fill("{0} IS NOT TRUE", &[operand], Precedence::Compare))
}

/// The negation of a condition that is never NULL.
fn unless(cx: &mut Context<'_>, inner: &Predicate) -> Result<Sql, SqlError> {
    if let Predicate::Lookup {
        name,
        operand,
        arguments,
    } = inner
        && let Some(sql) = lookup::differs(cx, name, operand, arguments)?
    {
        return Ok(sql);
    }
    let sql = predicate(cx, inner)?;
    let operand = cx.join.operand(sql);
    let parts = vec![SeaExpr::Custom("NOT ".into()), operand.expr()];
    Ok(cx.join.sequence(parts, Precedence::Compare))
}

fn never_null(condition: &Predicate) -> bool {
    match condition {
        Predicate::Exists(_) | Predicate::Not(_) | Predicate::Unless(_) | Predicate::Xor(_) => true,
        Predicate::And(items) | Predicate::Or(items) => items.iter().all(never_null),
        Predicate::Lookup { name, .. } => name == "isnull",
        Predicate::InSelect { .. } | Predicate::InRows { .. } | Predicate::Expr(_) => false,
    }
}

/// An odd number of the conditions is true; NULL counts as false.
fn xor(cx: &mut Context<'_>, items: &[Predicate]) -> Result<Sql, SqlError> {
    if items.is_empty() {
        return Ok(Sql::text("FALSE"));
    }
    let mut parts = Vec::with_capacity(items.len());
    for item in items {
        let sql = predicate(cx, item)?;
        // Not IS TRUE: MySQL would convert an outer join to an inner one, and lose rows.
        let truth = "CASE WHEN {0} THEN 1 ELSE 0 END";
        parts.push(cx.join.fill(truth, &[sql], Precedence::Term));
    }
    let sum = balanced(cx, parts, " + ", Precedence::Operator);
    Ok(cx.join.fill("{0!} % 2 = 1", &[sum], Precedence::Compare))
}

fn in_select(cx: &mut Context<'_>, operand: &Expr, select: &Select) -> Result<Sql, SqlError> {
    if select.outputs.len() != 1 {
        return Err(SqlError::Invalid {
            what: "`in` with a query needs a query with one column",
            hint: "select one column",
        });
    }
    let left = distinct_key(cx, operand)?;
    let mut query = select::nested(cx, select)?;
    let limited = select.limit.is_some() || select.offset.is_some();
    if limited && !cx.features.limit_in_subquery {
        query = select::wrapped(query, "_limited");
    }
    Ok(cx.join.fill(
        "{0!} IN {1}",
        &[left, subquery(None, query)],
        Precedence::Compare,
    ))
}
