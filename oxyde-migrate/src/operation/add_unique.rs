//! The operation `add_unique`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Schema, Unique};
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{DropUnique, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Adds a unique constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddUnique {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The unique constraint.
    pub unique: Unique,
}

impl Operate for AddUnique {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        state::refuse_taken(table, &self.unique.name)?;
        table.uniques.push(self.unique.clone());
        oxyde_sql::ddl::check_table(table)?;
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let _ = before;
        Ok(DropUnique {
            table: self.table.clone(),
            schema: self.schema.clone(),
            name: self.unique.name.clone(),
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("add unique constraint {} to {table}", self.unique.name)
    }

    fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let place = (self.schema.as_deref(), self.table.as_str());
        lower_change(
            before,
            after,
            style,
            place,
            &Change::AddUnique {
                unique: &self.unique,
            },
        )
    }
}
