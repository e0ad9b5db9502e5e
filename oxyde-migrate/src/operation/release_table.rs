//! The operation `release_table`.

use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::{ClaimTable, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Records that a table is no longer changed with its model (`managed = False`). Changes nothing in
/// the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseTable {
    /// Its name.
    pub name: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
}

impl Operate for ReleaseTable {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        state::find(state, self.schema.as_deref(), &self.name).map(drop)
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        Ok(ClaimTable {
            name: self.name.clone(),
            schema: self.schema.clone(),
            module: None,
        }
        .into())
    }

    fn describe(&self) -> String {
        format!(
            "release table {}",
            state::label(self.schema.as_deref(), &self.name)
        )
    }

    fn lower(
        &self,
        _before: &Schema,
        _after: &Schema,
        _style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        Ok(Vec::new())
    }
}
