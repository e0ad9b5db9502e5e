use std::ops::{Add, Div, Mul, Sub};

use super::expression::{call, call_typed};
use super::{Aggregate, Column, Expr, Expression, Field, IntoOperand, Number, SqlType};
use crate::ir::{self, BinaryOp};
use crate::types::ColumnType;

/// What can be done with numbers, besides `+`, `-`, `*` and `/`. A quotient is not rounded, also
/// that of two integers.
pub trait NumberExpression: Expression<Of: Number> {
    /// Without its sign.
    fn abs(self) -> Expr<Self::Of> {
        call(self, "abs", [])
    }

    /// Rounded to so many digits after the point.
    fn round(self, digits: impl IntoOperand<i64>) -> Expr<Self::Of> {
        let number = self.into_expr();
        let ty = number.column_type();
        let digits = (digits.into_operand(), ColumnType::BigInt);
        call_typed(number.part, "round", [digits], &ty)
    }

    /// The sum over the group; NULL without values.
    fn sum(self) -> Aggregate<<Self::Of as Number>::Sum> {
        Aggregate::new("sum", [self.into_expr().part])
    }

    /// The average over the group; NULL without values.
    fn avg(self) -> Aggregate<<Self::Of as Number>::Quotient> {
        Aggregate::new("avg", [self.into_expr().part])
    }
}

impl<E: Expression<Of: Number>> NumberExpression for E {}

fn binary<T: Number, R: SqlType>(
    op: BinaryOp,
    left: Expr<T>,
    right: impl IntoOperand<T>,
    result: impl FnOnce(&ColumnType) -> ColumnType,
) -> Expr<R> {
    let operand = left.column_type();
    let ty = result(&operand);
    let both = left.part.zip(right.into_operand().typed(&operand));
    Expr::new(both.map(|(left, right)| ir::Expr::Binary {
        op,
        left: Box::new(left),
        right: Box::new(right),
        ty,
    }))
}

macro_rules! operators {
    ($($operator:ident, $method:ident, $op:ident;)+) => {
        $(
            impl<T: Number, R: IntoOperand<T>> $operator<R> for Expr<T> {
                type Output = Expr<T>;

                fn $method(self, right: R) -> Expr<T> {
                    binary(BinaryOp::$op, self, right, Clone::clone)
                }
            }

            impl<F: Field<Of: Number>, R: IntoOperand<F::Of>> $operator<R> for Column<F> {
                type Output = Expr<F::Of>;

                fn $method(self, right: R) -> Expr<F::Of> {
                    self.into_expr().$method(right)
                }
            }
        )+
    };
}

operators! {
    Add, add, Add;
    Sub, sub, Subtract;
    Mul, mul, Multiply;
}

impl<T: Number, R: IntoOperand<T>> Div<R> for Expr<T> {
    type Output = Expr<T::Quotient>;

    fn div(self, right: R) -> Expr<T::Quotient> {
        binary(BinaryOp::Divide, self, right, |_| {
            T::Quotient::column_type()
        })
    }
}

impl<F: Field<Of: Number>, R: IntoOperand<F::Of>> Div<R> for Column<F> {
    type Output = Expr<<F::Of as Number>::Quotient>;

    fn div(self, right: R) -> Self::Output {
        self.into_expr().div(right)
    }
}
