use super::context::{Context, Qualifier};
use super::expr::{expr, iden};
use super::fragment::{Precedence, Sql};
use crate::error::SqlError;
use crate::ir::Output;
use sea_query::Expr as SeaExpr;

/// ` RETURNING …`; empty without outputs.
///
/// The columns of the changed table are unqualified if `bare`: only PostgreSQL accepts a
/// statement's alias there in every case.
pub(super) fn returning(
    cx: &mut Context<'_>,
    outputs: &[Output],
    alias: &str,
    bare: bool,
) -> Result<Option<Sql>, SqlError> {
    if outputs.is_empty() {
        return Ok(None);
    }
    if bare {
        return cx.with_qualifier(alias, Qualifier::Bare, |cx| clause(cx, outputs).map(Some));
    }
    clause(cx, outputs).map(Some)
}

fn clause(cx: &mut Context<'_>, outputs: &[Output]) -> Result<Sql, SqlError> {
    let mut items = Vec::with_capacity(outputs.len());
    for output in outputs {
        let value = expr(cx, &output.expr)?;
        let name = Sql::term(SeaExpr::col(iden(&output.name)?));
        items.push(cx.join.fill("{0} AS {1}", &[value, name], Precedence::Or));
    }
    Ok(cx.join.fill(" RETURNING {*}", &items, Precedence::Or))
}
