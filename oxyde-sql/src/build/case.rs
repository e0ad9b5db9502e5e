use std::fmt;
use std::marker::PhantomData;

use super::part::{Part, add};
use super::{Condition, Expr, Expression, IntoOperand, SqlType};
use crate::ir;

/// A choice between values: `CASE`.
///
/// ```
/// # use oxyde_sql::build::*;
/// # oxyde_sql::table! { struct Users("users") { id: i64, age: Option<i64> } }
/// # let users = Users::table();
/// let group = Case::<String>::when(users.age.lt(18), "young")
///     .or_when(users.age.gte(65), "old")
///     .otherwise("other");
/// let query = users.select().columns((users.id, group.named("group")));
/// ```
pub struct Case<T> {
    case: Part<ir::Case>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Case<T> {
    fn clone(&self) -> Self {
        Self {
            case: self.case.clone(),
            of: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Case<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.case.fmt(f)
    }
}

impl<T: SqlType> Case<T> {
    /// The value where the condition is true.
    #[must_use]
    pub fn when(condition: impl Into<Condition>, then: impl IntoOperand<T>) -> Self {
        let none = Self {
            case: Part::plain(ir::Case {
                whens: Vec::new(),
                otherwise: None,
                ty: T::column_type(),
            }),
            of: PhantomData,
        };
        none.or_when(condition, then)
    }

    /// The value where this condition is the first true one.
    #[must_use]
    pub fn or_when(mut self, condition: impl Into<Condition>, then: impl IntoOperand<T>) -> Self {
        let values = &mut self.case.values;
        let condition = add(values, condition.into().0);
        let then = add(values, then.into_operand().typed(&self.case.node.ty));
        self.case.node.whens.push(ir::When { condition, then });
        self
    }

    /// The value where no condition is true; NULL without this.
    pub fn otherwise(mut self, value: impl IntoOperand<T>) -> Expr<T> {
        let value = value.into_operand().typed(&self.case.node.ty);
        self.case.node.otherwise = Some(add(&mut self.case.values, value));
        self.into_expr()
    }
}

impl<T: SqlType> Expression for Case<T> {
    type Of = T;

    fn into_expr(self) -> Expr<T> {
        Expr::new(self.case.map(|case| ir::Expr::Case(Box::new(case))))
    }
}
