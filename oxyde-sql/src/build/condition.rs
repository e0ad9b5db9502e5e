use super::part::Part;
use super::{Column, Expr, Expression};
use crate::ir::{self, Predicate};
use crate::value::Value;

/// A condition: what a query filters by.
///
/// Conditions are joined with [`Condition::and`] and [`Condition::or`], and negated with `!`: the
/// negation is true for exactly those rows for which the condition is not, also where a NULL makes it
/// neither true nor false.
///
/// ```
/// # use oxyde_sql::build::*;
/// # oxyde_sql::table! { struct Users("users") { id: i64, name: String, age: Option<i64> } }
/// # let users = Users::table();
/// let condition = users.name.startswith("A").or(users.age.between(20, 30)).and(!users.id.eq(3));
/// ```
#[derive(Clone, Debug)]
pub struct Condition(pub(super) Part<Predicate>);

impl Condition {
    /// A condition of the IR, for what this module has no method for; its params are positions
    /// in `values`.
    #[must_use]
    pub const fn of(node: Predicate, values: Vec<Value>) -> Self {
        Self(Part { node, values })
    }

    /// Both are true.
    #[must_use]
    pub fn and(self, other: impl Into<Self>) -> Self {
        let both = self.0.zip(other.into().0);
        Self(both.map(|(one, other)| one.and(other)))
    }

    /// At least one is true.
    #[must_use]
    pub fn or(self, other: impl Into<Self>) -> Self {
        let both = self.0.zip(other.into().0);
        Self(both.map(|(one, other)| one.or(other)))
    }

    /// All are true; true without conditions.
    #[must_use]
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self(Self::parts(conditions).map(Predicate::And))
    }

    /// At least one is true; false without conditions.
    #[must_use]
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self(Self::parts(conditions).map(Predicate::Or))
    }

    fn parts(conditions: impl IntoIterator<Item = Self>) -> Part<Vec<Predicate>> {
        Part::all(conditions.into_iter().map(|condition| condition.0))
    }

    /// The condition as a value.
    #[must_use]
    pub fn into_expr(self) -> Expr<bool> {
        let part = self.0.map(|node| ir::Expr::Predicate(Box::new(node)));
        Expr::new(part)
    }

    /// The negation of a condition that no NULL makes neither true nor false, or of one that is
    /// then to be false as well.
    pub(super) fn unless(self) -> Self {
        Self(self.0.map(|node| Predicate::Unless(Box::new(node))))
    }
}

impl std::ops::Not for Condition {
    type Output = Self;

    fn not(self) -> Self {
        Self(self.0.map(Predicate::negate))
    }
}

impl From<Expr<bool>> for Condition {
    fn from(value: Expr<bool>) -> Self {
        Self(value.part.map(Predicate::Expr))
    }
}

impl From<Column<bool>> for Condition {
    fn from(column: Column<bool>) -> Self {
        column.into_expr().into()
    }
}

impl From<Column<Option<bool>>> for Condition {
    fn from(column: Column<Option<bool>>) -> Self {
        column.into_expr().into()
    }
}
