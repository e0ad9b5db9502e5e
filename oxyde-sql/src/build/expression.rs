//! What can be done with every expression.

use super::part::Part;
use super::{
    AnyExpr, Column, Condition, Expr, Field, IntoOperand, IntoValue, Operand, Order, Output, Over,
    Select, SqlType, Window,
};
use crate::ir::{self, Predicate};
use crate::types::ColumnType;
use crate::value::Value;

/// A column or an expression. Values are given where they are used, and collected in their order.
///
/// The methods have the names of the lookups and functions of the IR, which say what they do on
/// each database; [`Expression::lookup`] and [`function`] reach those that have no method here.
#[expect(
    clippy::wrong_self_convention,
    reason = "the expression becomes a part of the condition"
)]
pub trait Expression: Sized {
    /// The Rust type of its values that are not NULL.
    type Of: SqlType;

    /// The expression by itself.
    fn into_expr(self) -> Expr<Self::Of>;

    /// Equals the value.
    fn eq(self, other: impl IntoOperand<Self::Of>) -> Condition {
        compare(self, "exact", [other.into_operand()])
    }

    /// Differs from the value. As in SQL, NULL does not: `!column.eq(value)` is true for it.
    fn ne(self, other: impl IntoOperand<Self::Of>) -> Condition {
        self.eq(other).unless()
    }

    /// Is greater.
    fn gt(self, other: impl IntoOperand<Self::Of>) -> Condition {
        compare(self, "gt", [other.into_operand()])
    }

    /// Is greater or equal.
    fn gte(self, other: impl IntoOperand<Self::Of>) -> Condition {
        compare(self, "gte", [other.into_operand()])
    }

    /// Is less.
    fn lt(self, other: impl IntoOperand<Self::Of>) -> Condition {
        compare(self, "lt", [other.into_operand()])
    }

    /// Is less or equal.
    fn lte(self, other: impl IntoOperand<Self::Of>) -> Condition {
        compare(self, "lte", [other.into_operand()])
    }

    /// Is one of the values from `low` to `high`, both included.
    fn between(
        self,
        low: impl IntoOperand<Self::Of>,
        high: impl IntoOperand<Self::Of>,
    ) -> Condition {
        compare(self, "between", [low.into_operand(), high.into_operand()])
    }

    /// Is one of the values: false for an empty list.
    fn is_in<V: IntoValue<Self::Of>>(self, values: impl IntoIterator<Item = V>) -> Condition {
        let operand = self.into_expr();
        let ty = operand.column_type();
        let values: Vec<Value> = values.into_iter().map(IntoValue::into_value).collect();
        let size = padded(values.len()).map(ir::Expr::int);
        let list = Part {
            node: ir::Expr::list_param(0, ty),
            values: vec![Value::List(values)],
        };
        let both = operand.part.zip(list);
        Condition(both.map(|(operand, list)| operand.lookup("in", [list].into_iter().chain(size))))
    }

    /// Is none of the values. As in SQL, NULL is not.
    fn not_in<V: IntoValue<Self::Of>>(self, values: impl IntoIterator<Item = V>) -> Condition {
        self.is_in(values).unless()
    }

    /// Is one of the rows of a query, which has one column.
    fn in_query(self, query: Select) -> Condition {
        let both = self.into_expr().part.zip(query.into_part());
        Condition(both.map(|(operand, select)| Predicate::InSelect {
            operand,
            select: Box::new(select),
        }))
    }

    /// Is NULL.
    fn is_null(self) -> Condition {
        is_null(self, true)
    }

    /// Is not NULL.
    fn is_not_null(self) -> Condition {
        is_null(self, false)
    }

    /// Another lookup by its name (see [`mod@crate::lookup`]). The name, and whether it applies to
    /// such values, are checked when the query is compiled.
    ///
    /// ```
    /// # use oxyde_sql::build::*;
    /// # oxyde_sql::table! { struct Users("users") { id: i64, tags: String } }
    /// # let users = Users::table();
    /// let condition = users.tags.lookup("regex", [Expr::value("^a".to_owned())]);
    /// ```
    fn lookup<A: Into<AnyExpr>>(
        self,
        name: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Condition {
        let arguments = arguments.into_iter().map(|argument| argument.into().0);
        let both = self.into_expr().part.zip(Part::all(arguments));
        Condition(both.map(|(operand, arguments)| operand.lookup(name, arguments)))
    }

    /// The value where this is NULL.
    fn coalesce(self, otherwise: impl IntoOperand<Self::Of>) -> Expr<Self::Of> {
        call(self, "coalesce", [otherwise.into_operand()])
    }

    /// NULL where this equals the value.
    fn nullif(self, value: impl IntoOperand<Self::Of>) -> Expr<Self::Of> {
        call(self, "nullif", [value.into_operand()])
    }

    /// Converted to the usual type for values of `T`.
    fn cast<T: SqlType>(self) -> Expr<T> {
        Expr::new(self.into_expr().part.map(|operand| ir::Expr::Cast {
            operand: Box::new(operand),
            ty: T::column_type(),
        }))
    }

    /// The function or aggregate over a window.
    fn over(self, over: Over) -> Expr<Self::Of> {
        let both = self.into_expr().part.zip(over.0);
        Expr::new(both.map(|(function, Window(window))| {
            ir::Expr::Window(Box::new(ir::Window { function, ..window }))
        }))
    }

    /// A result column with this name.
    fn named(self, name: &str) -> Output {
        Output(self.into_expr().part.map(|expr| expr.named(name)))
    }

    /// Ascending order by it.
    fn asc(self) -> Order {
        Order(self.into_expr().part.map(ir::Expr::asc))
    }

    /// Descending order by it.
    fn desc(self) -> Order {
        Order(self.into_expr().part.map(ir::Expr::desc))
    }
}

impl<F: Field> Expression for Column<F> {
    type Of = F::Of;

    fn into_expr(self) -> Expr<F::Of> {
        Expr::new(Part::plain(self.node()))
    }
}

impl<T: SqlType> Expression for Expr<T> {
    type Of = T;

    fn into_expr(self) -> Self {
        self
    }
}

/// A call of a function by its name (see [`mod@crate::function`]). The name and the arguments are
/// checked when the query is compiled.
///
/// ```
/// # use oxyde_sql::build::*;
/// # oxyde_sql::table! { struct Users("users") { id: i64, name: String } }
/// # let users = Users::table();
/// let digest = function::<String, _>("sha256", [users.name]);
/// ```
pub fn function<T: SqlType, A: Into<AnyExpr>>(
    name: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Expr<T> {
    let arguments = Part::all(arguments.into_iter().map(|argument| argument.into().0));
    Expr::new(arguments.map(|arguments| ir::Expr::call(name, arguments, T::column_type())))
}

/// A lookup whose values have the operand's type.
pub(super) fn compare(
    operand: impl Expression,
    name: &str,
    arguments: impl IntoIterator<Item = Operand>,
) -> Condition {
    let operand = operand.into_expr();
    let ty = operand.column_type();
    lookup_typed(operand.part, name, arguments, &ty)
}

/// A lookup whose values have that type.
pub(super) fn lookup_typed(
    operand: Part<ir::Expr>,
    name: &str,
    arguments: impl IntoIterator<Item = Operand>,
    ty: &ColumnType,
) -> Condition {
    let arguments = arguments.into_iter().map(|argument| argument.typed(ty));
    let both = operand.zip(Part::all(arguments));
    Condition(both.map(|(operand, arguments)| operand.lookup(name, arguments)))
}

/// A function whose result and other arguments have the type of the first one.
pub(super) fn call<E: Expression>(
    first: E,
    name: &str,
    others: impl IntoIterator<Item = Operand>,
) -> Expr<E::Of> {
    let first = first.into_expr();
    let ty = first.column_type();
    call_typed(
        first.part,
        name,
        others.into_iter().map(|other| (other, ty.clone())),
        &ty,
    )
}

/// A function with other arguments and a result of these types.
pub(super) fn call_typed<T>(
    first: Part<ir::Expr>,
    name: &str,
    others: impl IntoIterator<Item = (Operand, ColumnType)>,
    ty: &ColumnType,
) -> Expr<T> {
    let others = others.into_iter().map(|(other, ty)| other.typed(&ty));
    let arguments = Part::all([first].into_iter().chain(others));
    Expr::new(arguments.map(|arguments| ir::Expr::call(name, arguments, ty.clone())))
}

fn is_null(operand: impl Expression, flag: bool) -> Condition {
    let flag = ir::Expr::Literal(ir::Literal::Bool(flag));
    Condition(
        operand
            .into_expr()
            .part
            .map(|operand| operand.lookup("isnull", [flag])),
    )
}

/// Up to this many values of a list are sent one by one where the database has no arrays, so that
/// an index finds them.
const SHORT: usize = 64;

/// The number of placeholders of a list, a power of two so that few different statements arise.
fn padded(length: usize) -> Option<i64> {
    let short = (1..=SHORT).contains(&length);
    short.then(|| i64::try_from(length.next_power_of_two()).unwrap_or(i64::MAX))
}
