use serde::{Deserialize, Serialize};

use super::{Expr, InsertColumn, Join, Output, Predicate, Table};

/// `UPDATE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// Which table; its columns are referred to by its alias.
    pub table: Table,
    /// Tables that the assignments or the filter read.
    pub joins: Vec<Join>,
    /// `SET`.
    pub assignments: Vec<Assignment>,
    /// Which rows.
    pub scope: Scope,
    /// What comes back; needs `features.update_returning` when not empty.
    pub returning: Vec<Output>,
}

/// One item of `SET`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The column.
    pub column: InsertColumn,
    /// Its new value.
    pub value: Expr,
}

/// Which rows a statement changes. It must be said: there is no default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Scope {
    /// Every row of the table.
    All,
    /// The rows for which this holds.
    Where(Predicate),
}

/// Many rows, each with values of its own: for a row, the values are first those of `keys`, then
/// those of `columns`, then the params of `assignments` (each used once, as it is). The compiled
/// plan carries a [`Bulk`](crate::plan::Bulk).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulkUpdate {
    /// Which table.
    pub table: Table,
    /// The columns that find a row.
    pub keys: Vec<InsertColumn>,
    /// The columns that change to a value of the row.
    pub columns: Vec<InsertColumn>,
    /// The columns that change to the value of an expression.
    pub assignments: Vec<Assignment>,
}
