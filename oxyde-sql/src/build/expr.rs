use std::fmt;
use std::marker::PhantomData;

use super::part::Part;
use super::{Column, Expression, Field, Output, SqlType};
use crate::ir;
use crate::types::ColumnType;
use crate::value::Value;

/// An expression whose values have the Rust type `T`.
pub struct Expr<T> {
    pub(super) part: Part<ir::Expr>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Expr<T> {
    fn clone(&self) -> Self {
        Self::new(self.part.clone())
    }
}

impl<T> fmt::Debug for Expr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part.fmt(f)
    }
}

impl<T> Expr<T> {
    pub(super) const fn new(part: Part<ir::Expr>) -> Self {
        Self {
            part,
            of: PhantomData,
        }
    }

    /// An expression of the IR, for what this module has no method for; its params are positions
    /// in `values`.
    #[must_use]
    pub const fn of(node: ir::Expr, values: Vec<Value>) -> Self {
        Self::new(Part { node, values })
    }
}

impl<T: SqlType> Expr<T> {
    /// A value, sent as the usual type for such values.
    ///
    /// ```
    /// # use oxyde_sql::build::*;
    /// # oxyde_sql::table! { struct Users("users") { id: i64, name: String } }
    /// # let users = Users::table();
    /// let query = users.select().columns((users.id, Expr::value(1_i64).named("one")));
    /// ```
    #[must_use]
    pub fn value(value: T) -> Self {
        Self::of(ir::Expr::param(0, T::column_type()), vec![value.into()])
    }

    /// Its type in SQL.
    pub(super) fn column_type(&self) -> ColumnType {
        let ty = self.part.node.column_type();
        ty.cloned().unwrap_or_else(T::column_type)
    }
}

/// An expression of any type, for lists of different ones.
#[derive(Clone, Debug)]
pub struct AnyExpr(pub(super) Part<ir::Expr>);

impl<E: Expression> From<E> for AnyExpr {
    fn from(expression: E) -> Self {
        Self(expression.into_expr().part)
    }
}

impl<F: Field> From<Column<F>> for Output {
    fn from(column: Column<F>) -> Self {
        column.named(column.name())
    }
}
