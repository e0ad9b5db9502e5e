use super::part::{Part, add};
use super::{AnyExpr, List, Order};
use crate::ir::{self, Params};

/// The rows that a function or an aggregate looks at, for
/// [`Expression::over`](super::Expression::over).
///
/// ```
/// # use oxyde_sql::build::*;
/// # oxyde_sql::table! { struct Posts("posts") { id: i64, author_id: i64, views: i64 } }
/// # let posts = Posts::table();
/// let place = function::<i64, AnyExpr>("rank", [])
///     .over(Over::all().partition_by(posts.author_id).order_by(posts.views.desc()));
/// let query = posts.select().columns((posts.id, place.named("place")));
/// ```
#[derive(Clone, Debug)]
pub struct Over(pub(super) Part<Window>);

/// A window without its function.
#[derive(Clone, Debug)]
pub(super) struct Window(pub(super) ir::Window);

impl Params for Window {
    fn shift(&mut self, by: u32) {
        self.0.shift(by);
    }
}

impl Over {
    /// All rows of the query.
    #[must_use]
    pub fn all() -> Self {
        Self(Part::plain(Window(ir::Window {
            function: ir::Expr::Literal(ir::Literal::Null),
            partition_by: Vec::new(),
            order_by: Vec::new(),
            frame: None,
        })))
    }

    /// Only rows with the same values of these expressions.
    #[must_use]
    pub fn partition_by(mut self, by: impl List<AnyExpr>) -> Self {
        let by = Part::all(by.into_items().into_iter().map(|by| by.0));
        let by = add(&mut self.0.values, by);
        self.0.node.0.partition_by.extend(by);
        self
    }

    /// The order of the rows.
    #[must_use]
    pub fn order_by(mut self, order: impl List<Order>) -> Self {
        let order = Part::all(order.into_items().into_iter().map(|order| order.0));
        let order = add(&mut self.0.values, order);
        self.0.node.0.order_by.extend(order);
        self
    }

    /// Only a frame of the rows.
    #[must_use]
    pub const fn frame(mut self, frame: ir::Frame) -> Self {
        self.0.node.0.frame = Some(frame);
        self
    }
}
