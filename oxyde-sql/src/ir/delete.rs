use serde::{Deserialize, Serialize};

use super::{Output, Scope, Table};

/// `DELETE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// The table.
    pub table: Table,
    /// The query.
    pub scope: Scope,
    /// The result columns; they need `features.delete_returning`.
    pub returning: Vec<Output>,
}
