use super::part::Part;
use super::{Expression, List};
use crate::ir;

/// A result column: an expression under a name. A [`Column`](super::Column) is one under its own.
#[derive(Clone, Debug)]
pub struct Output(pub(super) Part<ir::Output>);

impl Output {
    pub(super) fn all(outputs: impl List<Self>) -> Part<Vec<ir::Output>> {
        Part::all(outputs.into_items().into_iter().map(|output| output.0))
    }
}

/// A term of an order; an expression by itself is ascending.
#[derive(Clone, Debug)]
pub struct Order(pub(super) Part<ir::Order>);

impl Order {
    /// Put NULLs first.
    #[must_use]
    pub fn nulls_first(self) -> Self {
        self.nulls(ir::Nulls::First)
    }

    /// Put NULLs last.
    #[must_use]
    pub fn nulls_last(self) -> Self {
        self.nulls(ir::Nulls::Last)
    }

    fn nulls(mut self, nulls: ir::Nulls) -> Self {
        self.0.node.nulls = Some(nulls);
        self
    }
}

impl<E: Expression> From<E> for Order {
    fn from(expression: E) -> Self {
        expression.asc()
    }
}
