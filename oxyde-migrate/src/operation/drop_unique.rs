//! The operation `drop_unique`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{AddUnique, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Drops a unique constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropUnique {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
}

impl Operate for DropUnique {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        let at = table
            .uniques
            .iter()
            .position(|part| part.name == self.name)
            .ok_or_else(|| OperationError::Missing {
                table: self.table.clone(),
                kind: "unique constraint",
                name: self.name.clone(),
            })?;
        table.uniques.remove(at);
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let table = state::find(before, self.schema.as_deref(), &self.table)?;
        let part = table
            .uniques
            .iter()
            .find(|part| part.name == self.name)
            .ok_or_else(|| OperationError::Missing {
                table: self.table.clone(),
                kind: "unique constraint",
                name: self.name.clone(),
            })?;
        Ok(AddUnique {
            table: self.table.clone(),
            schema: self.schema.clone(),
            unique: part.clone(),
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("drop unique constraint {} of {table}", self.name)
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
            &Change::DropUnique { name: &self.name },
        )
    }
}
