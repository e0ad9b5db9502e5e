//! Dates and times that are stored as text, in which the same point in time may have several
//! formats.
//!
//! They are compared by a collation, which no index has. So a comparison with a value also states
//! between which days the text must be, in the order of strings, which an index can serve.

use sea_query::Expr as SeaExpr;

use super::context::Context;
use super::expr::expr;
use super::fragment::{Precedence, Sql};
use crate::dialect::MOMENT_COLLATION;
use crate::error::SqlError;
use crate::ir::Expr;
use crate::plan::Form;
use crate::types::{ColumnType, Family};

/// Whether values of this type may have several formats.
pub(super) fn has_spellings(cx: &Context<'_>, ty: Option<&ColumnType>) -> bool {
    cx.features.moment_as_text
        && ty.is_some_and(|ty| matches!(ty.family(), Family::DateTime | Family::Time))
}

/// The text, compared as a point in time.
pub(super) fn compared(cx: &Context<'_>, sql: Sql) -> Sql {
    let operand = cx.join.operand(sql);
    let collate = SeaExpr::Custom(format!(" COLLATE {MOMENT_COLLATION}").into());
    cx.join
        .sequence(vec![operand.expr(), collate], Precedence::Term)
}

/// The bounds that a comparison implies.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bounds<'a> {
    /// Not before this time.
    pub(crate) least: Option<&'a Expr>,
    /// Not after this time.
    pub(crate) most: Option<&'a Expr>,
}

/// The condition on a column, and the days between which its text must be.
pub(crate) fn within_days(
    cx: &mut Context<'_>,
    operand: &Expr,
    bounds: Bounds<'_>,
    condition: Sql,
) -> Result<Sql, SqlError> {
    let ty = operand.column_type();
    let is_moment = ty.is_some_and(|ty| ty.family() == Family::DateTime);
    if !is_moment || !cx.features.moment_as_text || !matches!(operand, Expr::Column { .. }) {
        return Ok(condition);
    }
    let mut parts = Vec::with_capacity(3);
    for (bound, form, template) in [
        (bounds.least, Form::Since, "{0} >= {1}"),
        (bounds.most, Form::Until, "{0} < {1}"),
    ] {
        if let Some(Expr::Param {
            index,
            ty,
            list: false,
        }) = bound
        {
            let column = expr(cx, operand)?;
            let day = cx.placeholder(*index, ty, form);
            parts.push(cx.join.fill(template, &[column, day], Precedence::Compare));
        }
    }
    if parts.is_empty() {
        return Ok(condition);
    }
    parts.push(cx.join.within(condition, Precedence::And));
    Ok(cx.join.list(parts, " AND ", Precedence::And))
}
