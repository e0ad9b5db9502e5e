use serde::{Deserialize, Serialize};

use super::{Assignment, Output, Predicate, Select, Table};
use crate::types::ColumnType;

/// `INSERT`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insert {
    /// Into which table.
    pub table: Table,
    /// Which columns, in the order of the values. Empty: every column takes its default.
    pub columns: Vec<InsertColumn>,
    /// Where the rows come from.
    pub source: InsertSource,
    /// What happens when a row is there already.
    #[serde(deserialize_with = "Option::deserialize")]
    pub conflict: Option<Conflict>,
    /// What comes back of each row; needs `features.insert_returning` when not empty.
    pub returning: Vec<Output>,
}

/// A column that is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsertColumn {
    /// Its name.
    pub name: String,
    /// What its value is sent as.
    #[serde(rename = "type")]
    pub ty: ColumnType,
}

/// Where the rows of an insert come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum InsertSource {
    /// One row: the params `0..columns.len()` in the columns' order.
    Row,
    /// Any number of rows, each of `columns.len()` values. The compiled plan carries a
    /// [`Bulk`](crate::plan::Bulk) that says how the driver sends them.
    Rows,
    /// The rows of a query.
    Select(Box<Select>),
}

/// The upsert clause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// Which key must clash. MySQL knows no target: any unique key counts there.
    pub target: ConflictTarget,
    /// What to do then.
    pub action: ConflictAction,
}

/// Which key must clash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ConflictTarget {
    /// Any unique key.
    Any,
    /// The unique key over these columns.
    Columns(Vec<String>),
}

/// What happens to a row that is there already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ConflictAction {
    /// Nothing.
    Nothing,
    /// These columns take the new row's values.
    Update {
        /// Columns that take the value that was to be inserted.
        columns: Vec<String>,
        /// Further assignments.
        assignments: Vec<Assignment>,
        /// Only where this holds.
        #[serde(deserialize_with = "Option::deserialize")]
        filter: Option<Predicate>,
    },
}
