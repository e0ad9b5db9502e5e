use serde::{Deserialize, Serialize};

use super::{Output, Scope, Table};

/// `DELETE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    /// From which table.
    pub table: Table,
    /// Which rows.
    pub scope: Scope,
    /// What comes back; needs `features.delete_returning` when not empty.
    pub returning: Vec<Output>,
}
