use sea_query::Expr as SeaExpr;

use super::context::Context;
use super::expr::expr;
use super::fragment::{Level, Sql};
use super::predicate::predicate;
use crate::error::SqlError;
use crate::ir::Case;

/// `CASE WHEN … END`.
pub(super) fn case(cx: &mut Context<'_>, case: &Case) -> Result<Sql, SqlError> {
    if case.whens.is_empty() {
        return match &case.otherwise {
            Some(otherwise) => expr(cx, otherwise),
            None => Ok(Sql::text("NULL")),
        };
    }
    let text = |text: &'static str| SeaExpr::Custom(text.into());
    let mut parts = vec![text("CASE")];
    for when in &case.whens {
        parts.push(text(" WHEN "));
        parts.push(predicate(cx, &when.condition)?.expr());
        parts.push(text(" THEN "));
        parts.push(expr(cx, &when.then)?.expr());
    }
    if let Some(otherwise) = &case.otherwise {
        parts.push(text(" ELSE "));
        parts.push(expr(cx, otherwise)?.expr());
    }
    parts.push(text(" END"));
    Ok(cx.join.sequence(parts, Level::Term))
}
