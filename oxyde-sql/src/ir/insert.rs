use serde::{Deserialize, Serialize};

use super::{Assignment, Output, Predicate, Select, Table};
use crate::types::ColumnType;

/// `INSERT`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insert {
    /// The table.
    pub table: Table,
    /// The columns, in the order of the values. Empty means that every column gets its default.
    pub columns: Vec<InsertColumn>,
    /// The source of the rows.
    pub source: InsertSource,
    /// The upsert clause.
    #[serde(deserialize_with = "Option::deserialize")]
    pub conflict: Option<Conflict>,
    /// The result columns of each row; they need `features.insert_returning`.
    pub returning: Vec<Output>,
}

/// A column to write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsertColumn {
    /// Its name.
    pub name: String,
    /// The type that its value is sent as.
    #[serde(rename = "type")]
    pub ty: ColumnType,
}

/// The source of an insert's rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InsertSource {
    /// One row: the params `0..columns.len()` in the columns' order.
    Row,
    /// Any number of rows, each of `columns.len()` values. The compiled plan carries a
    /// [`Bulk`](crate::plan::Bulk) that tells the driver how to send them.
    Rows,
    /// The rows of a query.
    Select(Box<Select>),
}

/// The upsert clause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// The conflict target. MySQL has none: any unique key counts there.
    pub target: ConflictTarget,
    /// The action on a conflict.
    pub action: ConflictAction,
}

/// The conflict target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ConflictTarget {
    /// Any unique key.
    Any,
    /// The unique key over these columns.
    Columns(Vec<String>),
}

/// What happens to an existing row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ConflictAction {
    /// Nothing.
    Nothing,
    /// Set these columns to the new row's values.
    Update {
        /// Columns that are set to the proposed value.
        columns: Vec<String>,
        /// Further assignments.
        assignments: Vec<Assignment>,
        /// Only rows that match this condition.
        #[serde(deserialize_with = "Option::deserialize")]
        filter: Option<Predicate>,
    },
}
