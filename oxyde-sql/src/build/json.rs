use super::expression::lookup_typed;
use super::{Condition, Document, Expr, Expression, IntoOperand, SqlType};
use crate::ir::{self, PathItem};
use crate::types::ColumnType;

/// What can be done with JSON documents. Paths with indexes, and updates inside of documents, are built
/// from the [IR](crate::ir).
pub trait DocumentExpression: Expression<Of: Document> {
    /// The value under these keys, read as another type; NULL if there is none.
    ///
    /// ```
    /// # #[cfg(feature = "serde_json")] {
    /// # use oxyde_sql::build::*;
    /// # oxyde_sql::table! { struct Users("users") { id: i64, data: serde_json::Value } }
    /// # let users = Users::table();
    /// let in_paris = users.data.at::<String>(&["address", "city"]).eq("Paris");
    /// # }
    /// ```
    fn at<T: SqlType>(self, keys: &[&str]) -> Expr<T> {
        let path = keys.iter().map(|key| PathItem::Key((*key).to_owned()));
        let path = path.collect();
        Expr::new(self.into_expr().part.map(|operand| ir::Expr::JsonPath {
            operand: Box::new(operand),
            path,
            ty: T::column_type(),
        }))
    }

    /// Is an object with that key.
    fn has_key(self, key: impl IntoOperand<String>) -> Condition {
        let key = key.into_operand();
        lookup_typed(self.into_expr().part, "has_key", [key], &ColumnType::Text)
    }
}

impl<E: Expression<Of: Document>> DocumentExpression for E {}
