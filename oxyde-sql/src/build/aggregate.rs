use std::fmt;
use std::marker::PhantomData;

use super::part::{Part, add};
use super::{
    AnyExpr, Condition, Expr, Expression, IntoOperand, List, Operand, Order, SqlType, Text,
};
use crate::ir;
use crate::types::ColumnType;

/// An aggregate over a group of rows, or over all rows of a query without `group_by`.
pub struct Aggregate<T> {
    part: Part<ir::Expr>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Aggregate<T> {
    fn clone(&self) -> Self {
        Self {
            part: self.part.clone(),
            of: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Aggregate<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part.fmt(f)
    }
}

impl<T: SqlType> Aggregate<T> {
    pub(super) fn new(name: &str, arguments: impl IntoIterator<Item = Part<ir::Expr>>) -> Self {
        Self::typed(name, arguments, T::column_type())
    }

    fn typed(
        name: &str,
        arguments: impl IntoIterator<Item = Part<ir::Expr>>,
        ty: ColumnType,
    ) -> Self {
        let part = Part::all(arguments).map(|arguments| {
            ir::Expr::Aggregate(Box::new(ir::Aggregate {
                name: name.to_owned(),
                arguments,
                distinct: false,
                filter: None,
                order_by: Vec::new(),
                ty,
            }))
        });
        Self {
            part,
            of: PhantomData,
        }
    }

    /// Of distinct values only.
    #[must_use]
    pub fn distinct(mut self) -> Self {
        self.change(|aggregate| aggregate.distinct = true);
        self
    }

    /// Only of rows that match the condition.
    #[must_use]
    pub fn filter(mut self, condition: impl Into<Condition>) -> Self {
        let condition = add(&mut self.part.values, condition.into().0);
        self.change(|aggregate| {
            ir::Predicate::narrow(&mut aggregate.filter, condition);
        });
        self
    }

    /// Of the values in this order.
    #[must_use]
    pub fn order_by(mut self, order: impl List<Order>) -> Self {
        let order = Part::all(order.into_items().into_iter().map(|order| order.0));
        let order = add(&mut self.part.values, order);
        self.change(|aggregate| aggregate.order_by.extend(order));
        self
    }

    fn change(&mut self, change: impl FnOnce(&mut ir::Aggregate)) {
        if let ir::Expr::Aggregate(aggregate) = &mut self.part.node {
            change(aggregate);
        }
    }
}

impl<T: SqlType> Expression for Aggregate<T> {
    type Of = T;

    fn into_expr(self) -> Expr<T> {
        Expr::new(self.part)
    }
}

/// The number of rows.
#[must_use]
pub fn count() -> Aggregate<i64> {
    Aggregate::new("count", [])
}

/// Another aggregate by its name (see [`mod@crate::aggregate`]). The name and the arguments are checked
/// when the query is compiled.
///
/// ```
/// # use oxyde_sql::build::*;
/// # oxyde_sql::table! { struct Users("users") { id: i64, active: bool } }
/// # let users = Users::table();
/// let all_active = aggregate::<bool, _>("bool_and", [users.active]);
/// ```
pub fn aggregate<T: SqlType, A: Into<AnyExpr>>(
    name: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Aggregate<T> {
    Aggregate::new(
        name,
        arguments.into_iter().map(|argument| argument.into().0),
    )
}

/// Aggregates of every kind of values. Those of numbers are in
/// [`NumberExpression`](super::NumberExpression).
pub trait AggregateExpression: Expression {
    /// The number of values that are not NULL.
    fn count(self) -> Aggregate<i64> {
        Aggregate::new("count", [self.into_expr().part])
    }

    /// The smallest value; NULL without values.
    fn min(self) -> Aggregate<Self::Of> {
        same(self, "min")
    }

    /// The largest value; NULL without values.
    fn max(self) -> Aggregate<Self::Of> {
        same(self, "max")
    }

    /// The texts with a separator in between; NULL without values.
    fn string_agg(self, separator: impl IntoOperand<String>) -> Aggregate<String>
    where
        Self::Of: Text,
    {
        let separator: Operand = separator.into_operand();
        let separator = separator.typed(&ColumnType::Text);
        Aggregate::new("string_agg", [self.into_expr().part, separator])
    }
}

impl<E: Expression> AggregateExpression for E {}

fn same<E: Expression>(values: E, name: &str) -> Aggregate<E::Of> {
    let values = values.into_expr();
    let ty = values.column_type();
    Aggregate::typed(name, [values.part], ty)
}
