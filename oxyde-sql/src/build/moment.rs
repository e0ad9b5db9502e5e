use super::expression::call_typed;
use super::{Dated, Expr, Expression};
use crate::types::ColumnType;

/// What can be done with dates, with or without a time.
pub trait DatedExpression: Expression<Of: Dated> {
    /// The year.
    fn year(self) -> Expr<i64> {
        part(self, "extract_year")
    }

    /// The month, from 1.
    fn month(self) -> Expr<i64> {
        part(self, "extract_month")
    }

    /// The day of the month, from 1.
    fn day(self) -> Expr<i64> {
        part(self, "extract_day")
    }
}

impl<E: Expression<Of: Dated>> DatedExpression for E {}

fn part(date: impl Expression, function: &str) -> Expr<i64> {
    call_typed(date.into_expr().part, function, [], &ColumnType::BigInt)
}
