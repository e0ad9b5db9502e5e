use super::{Expr, Literal, SearchResult};
use crate::types::ColumnType;

impl Expr {
    /// The type of its value; `None` for NULL and `DEFAULT`, which have none.
    #[must_use]
    pub fn column_type(&self) -> Option<&ColumnType> {
        match self {
            Self::Column { ty, .. }
            | Self::Param { ty, .. }
            | Self::Binary { ty, .. }
            | Self::Function { ty, .. }
            | Self::Cast { ty, .. }
            | Self::JsonPath { ty, .. }
            | Self::Subquery { ty, .. }
            | Self::Raw { ty, .. } => Some(ty),
            Self::Aggregate(aggregate) => Some(&aggregate.ty),
            Self::Case(case) => Some(&case.ty),
            // Only these two are allowed before a window.
            Self::Window(window) => match &window.function {
                Self::Function { ty, .. } => Some(ty),
                Self::Aggregate(aggregate) => Some(&aggregate.ty),
                _ => None,
            },
            Self::Search(search) => Some(match &search.gives {
                SearchResult::Found => &ColumnType::Bool,
                SearchResult::Rank(_) => &ColumnType::Double,
            }),
            Self::Predicate(_) | Self::Literal(Literal::Bool(_)) => Some(&ColumnType::Bool),
            Self::Literal(Literal::Int(_)) => Some(&ColumnType::BigInt),
            Self::Literal(Literal::Null | Literal::Default) => None,
        }
    }
}
