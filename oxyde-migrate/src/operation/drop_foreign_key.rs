//! The operation `drop_foreign_key`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{AddForeignKey, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Drops a foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropForeignKey {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
}

impl Operate for DropForeignKey {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        let at = table
            .foreign_keys
            .iter()
            .position(|part| part.name == self.name)
            .ok_or_else(|| OperationError::Missing {
                table: self.table.clone(),
                kind: "foreign key",
                name: self.name.clone(),
            })?;
        table.foreign_keys.remove(at);
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let table = state::find(before, self.schema.as_deref(), &self.table)?;
        let part = table
            .foreign_keys
            .iter()
            .find(|part| part.name == self.name)
            .ok_or_else(|| OperationError::Missing {
                table: self.table.clone(),
                kind: "foreign key",
                name: self.name.clone(),
            })?;
        Ok(AddForeignKey {
            table: self.table.clone(),
            schema: self.schema.clone(),
            foreign_key: part.clone(),
            not_valid: false,
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("drop foreign key {} of {table}", self.name)
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
            &Change::DropForeignKey { name: &self.name },
        )
    }
}
