//! The operation `alter_primary_key`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Changes the primary key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlterPrimaryKey {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<String>,
}

impl Operate for AlterPrimaryKey {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        table.primary_key.clone_from(&self.columns);
        oxyde_sql::ddl::check_table(table)?;
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let table = state::find(before, self.schema.as_deref(), &self.table)?;
        Ok(AlterPrimaryKey {
            table: self.table.clone(),
            schema: self.schema.clone(),
            columns: table.primary_key.clone(),
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!(
            "set the primary key of {table} to ({})",
            self.columns.join(", ")
        )
    }

    fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let place = (self.schema.as_deref(), self.table.as_str());
        lower_change(before, after, style, place, &Change::AlterPrimaryKey)
    }
}
