use serde::{Deserialize, Serialize};

use super::{Expr, InsertColumn, Join, Output, Predicate, Table};

/// `UPDATE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// The table; its columns are qualified by its alias.
    pub table: Table,
    /// Tables that the assignments or the filter read.
    pub joins: Vec<Join>,
    /// `SET`.
    pub assignments: Vec<Assignment>,
    /// The query.
    pub scope: Scope,
    /// The result columns; they need `features.update_returning`.
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

/// The rows that a statement changes. Required: there is no default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Scope {
    /// Every row of the table.
    All,
    /// The rows that match this condition.
    Where(Predicate),
}

/// Many rows, each with its own values: for a row, the values are first those of `keys`, then
/// those of `columns`, then the params of `assignments` (each used once, unchanged). The compiled
/// plan carries a [`Bulk`](crate::plan::Bulk).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BulkUpdate {
    /// The table.
    pub table: Table,
    /// The columns that identify a row.
    pub keys: Vec<InsertColumn>,
    /// The columns that are set to a value of the row.
    pub columns: Vec<InsertColumn>,
    /// The columns that are set to the value of an expression.
    pub assignments: Vec<Assignment>,
}
