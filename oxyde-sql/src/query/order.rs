//! `ORDER BY`.

use sea_query::{Expr as SeaExpr, NullOrdering, Order as SeaOrder, SelectStatement};

use super::context::Context;
use super::fragment::{Level, Sql};
use super::ordered::ordered;
use crate::error::SqlError;
use crate::ir::{Direction, Nulls, Order};

fn direction(order: &Order) -> SeaOrder {
    match order.direction {
        Direction::Asc => SeaOrder::Asc,
        Direction::Desc => SeaOrder::Desc,
    }
}

/// The order of a query.
pub(super) fn order_select(
    cx: &mut Context<'_>,
    query: &mut SelectStatement,
    orders: &[Order],
) -> Result<(), SqlError> {
    for order in orders {
        let sql = ordered(cx, &order.expr, order.expr.column_type())?;
        match order.nulls {
            None => query.order_by_expr(sql.expr(), direction(order)),
            // Where the dialect has no NULLS FIRST, sea-query writes `expr IS NULL` before it,
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
    }
    Ok(())
}

/// The order as a list, for windows and aggregates.
pub(crate) fn order_list(cx: &mut Context<'_>, orders: &[Order]) -> Result<Sql, SqlError> {
    let mut terms = Vec::with_capacity(orders.len());
    for order in orders {
        let sql = ordered(cx, &order.expr, order.expr.column_type())?;
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
        terms.push(cx.join.sequence(parts, Level::Or));
    }
    Ok(cx.join.list(terms, ", ", Level::Or))
}
