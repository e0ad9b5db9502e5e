use sea_query::Expr as SeaExpr;

use super::context::Context;
use super::expr::expr;
use super::fragment::{Precedence, Sql};
use super::predicate::predicate;
use crate::dialect::Templates;
use crate::error::SqlError;
use crate::ir::{Case, Expr};
use crate::types::Family;

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
        parts.push(branch(cx, &when.then)?.expr());
    }
    if let Some(otherwise) = &case.otherwise {
        parts.push(text(" ELSE "));
        parts.push(branch(cx, otherwise)?.expr());
    }
    parts.push(text(" END"));
    Ok(cx.join.sequence(parts, Precedence::Term))
}

/// In arithmetic, MySQL treats a CASE of placeholders as a floating-point number.
const INTEGER: Templates = Templates::of("{0}", "{0}", "CAST({0} AS SIGNED)").mariadb("{0}");

/// The value of a branch.
fn branch(cx: &mut Context<'_>, value: &Expr) -> Result<Sql, SqlError> {
    let sql = expr(cx, value)?;
    match value {
        Expr::Param { ty, .. } if ty.family() == Family::Int => {
            cx.template(&INTEGER, &[sql], Precedence::Term, "CASE")
        }
        _ => Ok(sql),
    }
}
