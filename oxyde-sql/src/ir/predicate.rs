use serde::{Deserialize, Serialize};

use super::{Expr, Select};

/// A condition: the tree of a `WHERE`, `HAVING`, `ON` or `CHECK`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Predicate {
    /// All hold; true when empty.
    And(Vec<Predicate>),
    /// At least one holds; false when empty.
    Or(Vec<Predicate>),
    /// An odd number of them holds.
    Xor(Vec<Predicate>),
    /// It does not hold. NULL counts as "does not hold", so the negation is the true complement
    /// (`NOT COALESCE(…, FALSE)` where an operand can be NULL).
    Not(Box<Predicate>),
    /// A lookup by its registered name.
    Lookup {
        /// `exact`, `icontains`, `in` …
        name: String,
        /// What is looked at.
        operand: Expr,
        /// What it is compared with; how many, the lookup says.
        arguments: Vec<Expr>,
    },
    /// Rows exist.
    Exists(Box<Select>),
    /// The operand is one of the rows of a query with one output.
    InSelect {
        /// What is looked for.
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
