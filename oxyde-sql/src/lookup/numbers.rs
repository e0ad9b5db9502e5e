//! Numbers of several types, where the database does not compare them as numbers.

use crate::error::SqlError;
use crate::ir::Expr;
use crate::query::{Context, Precedence, Sql, collated, comparable, expr};
use crate::types::{ColumnType, Family};

const DECIMAL: ColumnType = ColumnType::Decimal {
    precision: None,
    scale: None,
};

/// The operand and the arguments as numbers of one type; `None` if they are compared as they are.
/// SQLite stores decimals as text, which no number equals.
pub(super) fn as_one_type(
    cx: &mut Context<'_>,
    operand: &Expr,
    arguments: &[Expr],
) -> Result<Option<Vec<Sql>>, SqlError> {
    if !cx.features.decimal_as_text {
        return Ok(None);
    }
    let family = |value: &Expr| value.column_type().map(ColumnType::family);
    let any = |wanted| {
        family(operand) == Some(wanted)
            || arguments.iter().any(|value| family(value) == Some(wanted))
    };
    if !any(Family::Decimal) || !(any(Family::Int) || any(Family::Float)) {
        return Ok(None);
    }
    let floats = any(Family::Float);
    let mut sides = Vec::with_capacity(arguments.len() + 1);
    for value in std::iter::once(operand).chain(arguments) {
        sides.push(match family(value) {
            Some(Family::Decimal) if floats => {
                let sql = expr(cx, value)?;
                cx.join.fill("CAST({0} AS REAL)", &[sql], Precedence::Term)
            }
            Some(Family::Int) if !floats => {
                let sql = expr(cx, value)?;
                let sql = cx
                    .join
                    .fill("oxyde_decimal_cast({0})", &[sql], Precedence::Term);
                collated(cx, sql, Some(&DECIMAL))
            }
            _ => comparable(cx, value)?,
        });
    }
    Ok(Some(sides))
}
