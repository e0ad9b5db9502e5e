//! Lists of values as rows that a statement can query.

use super::context::Context;
use super::expr::comparable;
use super::fragment::{Precedence, Sql};
use crate::error::SqlError;
use crate::ir::Expr;
use crate::lookup::{ListColumn, list_rows};

/// Several columns equal one of the rows of a list.
pub(super) fn in_rows(
    cx: &mut Context<'_>,
    operands: &[Expr],
    lists: &[Expr],
) -> Result<Sql, SqlError> {
    let mut columns = Vec::with_capacity(lists.len());
    for list in lists {
        let Expr::Param {
            index,
            ty,
            list: true,
        } = list
        else {
            return Err(MISMATCH);
        };
        columns.push(ListColumn { param: *index, ty });
    }
    if operands.is_empty() || operands.len() != columns.len() {
        return Err(MISMATCH);
    }
    let mut left = Vec::with_capacity(operands.len());
    for operand in operands {
        left.push(comparable(cx, operand)?);
    }
    let left = cx.join.fill("({*})", &left, Precedence::Term);
    let rows = list_rows(cx, &columns);
    Ok(cx
        .join
        .fill("{0} IN ({1})", &[left, rows], Precedence::Compare))
}

const MISMATCH: SqlError = SqlError::Invalid {
    what: "a list of rows needs one list for each column",
    hint: "pass as many lists as columns",
};
