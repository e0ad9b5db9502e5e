use super::expression::{call_typed, lookup_typed};
use super::{Condition, Expr, Expression, IntoOperand, Text};
use crate::types::ColumnType;

macro_rules! lookups {
    ($($(#[$doc:meta])+ $name:ident;)+) => {
        /// What can be done with text.
        pub trait TextExpression: Expression<Of: Text> {
            $(
                $(#[$doc])+
                fn $name(self, text: impl IntoOperand<String>) -> Condition {
                    let text = text.into_operand();
                    let operand = self.into_expr().part;
                    lookup_typed(operand, stringify!($name), [text], &ColumnType::Text)
                }
            )+

            /// In lower case.
            fn lower(self) -> Expr<String> {
                of_text(self, "lower")
            }

            /// In upper case.
            fn upper(self) -> Expr<String> {
                of_text(self, "upper")
            }

            /// The number of its characters.
            fn length(self) -> Expr<i64> {
                call_typed(self.into_expr().part, "length", [], &ColumnType::BigInt)
            }

            /// The text followed by another.
            fn concat(self, other: impl IntoOperand<String>) -> Expr<String> {
                let other = (other.into_operand(), ColumnType::Text);
                call_typed(self.into_expr().part, "concat", [other], &ColumnType::Text)
            }
        }
    };
}

lookups! {
    /// Contains the text.
    contains;
    /// Contains the text in any case.
    icontains;
    /// Begins with the text.
    startswith;
    /// Begins with the text in any case.
    istartswith;
    /// Ends with the text.
    endswith;
    /// Ends with the text in any case.
    iendswith;
    /// Equals the text in any case.
    iexact;
    /// Matches the regular expression, in the database's own syntax.
    regex;
    /// Matches the regular expression in any case.
    iregex;
}

impl<E: Expression<Of: Text>> TextExpression for E {}

fn of_text(text: impl Expression, function: &str) -> Expr<String> {
    call_typed(text.into_expr().part, function, [], &ColumnType::Text)
}
