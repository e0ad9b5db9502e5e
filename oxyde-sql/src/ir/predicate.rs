use serde::{Deserialize, Serialize};

use super::{Expr, Select};

/// A condition: the tree of a `WHERE`, `HAVING`, `ON` or `CHECK`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Predicate {
    /// All are true; true if empty.
    And(Vec<Predicate>),
    /// At least one is true; false if empty.
    Or(Vec<Predicate>),
    /// An odd number of them is true.
    Xor(Vec<Predicate>),
    /// It is not true. NULL counts as false, so the negation is the exact complement
    /// (`NOT COALESCE(…, FALSE)` if an operand can be NULL).
    Not(Box<Predicate>),
    /// The negation of a condition that is never NULL, such as a comparison of columns that are
    /// `NOT NULL`: its plain form (`<>`, `NOT IN`).
    Unless(Box<Predicate>),
    /// A lookup by its registered name.
    Lookup {
        /// `exact`, `icontains`, `in` …
        name: String,
        /// The operand.
        operand: Expr,
        /// The arguments; the lookup determines how many.
        arguments: Vec<Expr>,
    },
    /// Rows exist.
    Exists(Box<Select>),
    /// The operand is one of the rows of a query with one output.
    InSelect {
        /// The operand.
        operand: Expr,
        /// The query.
        select: Box<Select>,
    },
    /// Several columns equal one of the rows of a list (composite keys): for each column a list
    /// param, all of one length.
    InRows {
        /// The columns.
        operands: Vec<Expr>,
        /// A list param per column.
        lists: Vec<Expr>,
    },
    /// A boolean expression by itself.
    Expr(Expr),
}
