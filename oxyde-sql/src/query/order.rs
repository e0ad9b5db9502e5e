//! `ORDER BY`.

use sea_query::{Expr as SeaExpr, NullOrdering, Order as SeaOrder, SelectStatement};

use super::context::Context;
use super::expr::expr;
use super::fragment::{Precedence, Sql};
use super::json_value::{is_document, order_terms};
use super::sort_key::ordered;
use crate::error::SqlError;
use crate::ir::{Direction, Nulls, Order};

fn direction(order: &Order) -> SeaOrder {
    match order.direction {
        Direction::Asc => SeaOrder::Asc,
        Direction::Desc => SeaOrder::Desc,
    }
}

/// The sort keys: one value, or for a document its kind and its content.
pub(super) fn terms(cx: &mut Context<'_>, order: &Order) -> Result<Vec<Sql>, SqlError> {
    if is_document(cx, &order.expr) {
        let document = expr(cx, &order.expr)?;
        return order_terms(cx, &document);
    }
    let value = ordered(cx, &order.expr, order.expr.column_type())?;
    Ok(vec![value])
}

/// Order a query by the sort keys of a term.
pub(super) fn order_by(
    cx: &Context<'_>,
    query: &mut SelectStatement,
    order: &Order,
    terms: impl IntoIterator<Item = Sql>,
) {
    let mut terms = terms.into_iter();
    let Some(sql) = terms.next() else { return };
    match order.nulls {
        None => query.order_by_expr(sql.expr(), direction(order)),
        // If the dialect has no NULLS FIRST, sea-query writes `expr IS NULL` before it,
        // so the expression must be one term.
        Some(nulls) => {
            let nulls = match nulls {
                Nulls::First => NullOrdering::First,
                Nulls::Last => NullOrdering::Last,
            };
            let sql = if cx.features.nulls_order {
                sql
            } else {
                cx.join.operand(sql)
            };
            query.order_by_expr_with_nulls(sql.expr(), direction(order), nulls)
        }
    };
    for sql in terms {
        query.order_by_expr(sql.expr(), direction(order));
    }
}

/// The order of a query.
pub(super) fn order_select(
    cx: &mut Context<'_>,
    query: &mut SelectStatement,
    orders: &[Order],
) -> Result<(), SqlError> {
    for order in orders {
        let terms = terms(cx, order)?;
        order_by(cx, query, order, terms);
    }
    Ok(())
}

/// The order as a list, for windows and aggregates.
pub(crate) fn order_list(cx: &mut Context<'_>, orders: &[Order]) -> Result<Sql, SqlError> {
    let mut rendered = Vec::with_capacity(orders.len());
    for order in orders {
        let mut terms = terms(cx, order)?.into_iter();
        let Some(sql) = terms.next() else { continue };
        let way = match order.direction {
            Direction::Asc => " ASC",
            Direction::Desc => " DESC",
        };
        let mut parts = Vec::new();
        match order.nulls {
            None => parts.extend([sql.expr(), SeaExpr::Custom(way.into())]),
            Some(nulls) if cx.features.nulls_order => {
                let nulls = match nulls {
                    Nulls::First => " NULLS FIRST",
                    Nulls::Last => " NULLS LAST",
                };
                parts.extend([sql.expr(), SeaExpr::Custom(way.into())]);
                parts.push(SeaExpr::Custom(nulls.into()));
            }
            Some(nulls) => {
                let nulls = match nulls {
                    Nulls::First => " IS NULL DESC, ",
                    Nulls::Last => " IS NULL ASC, ",
                };
                let sql = cx.join.operand(sql);
                parts.extend([sql.clone().expr(), SeaExpr::Custom(nulls.into())]);
                parts.extend([sql.expr(), SeaExpr::Custom(way.into())]);
            }
        }
        for sql in terms {
            parts.extend([
                SeaExpr::Custom(", ".into()),
                sql.expr(),
                SeaExpr::Custom(way.into()),
            ]);
        }
        rendered.push(cx.join.sequence(parts, Precedence::Or));
    }
    Ok(cx.join.list(rendered, ", ", Precedence::Or))
}
