//! The operation `add_foreign_key`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{ForeignKey, Schema};
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{
    DropForeignKey, Irreversible, LowerError, Lowered, Operate, Operation, OperationError,
};
use crate::state;

/// Adds a foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddForeignKey {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The foreign key.
    pub foreign_key: ForeignKey,
    /// Validate existing rows in a separate step, without blocking writes (`NOT VALID`, then
    /// `VALIDATE`), if the database supports it.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub not_valid: bool,
}

impl Operate for AddForeignKey {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let target = &self.foreign_key;
        let there = state::find(state, target.target_schema.as_deref(), &target.target_table)?;
        for column in &target.target_columns {
            state::column(there, column)?;
        }
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        state::refuse_taken(table, &self.foreign_key.name)?;
        table.foreign_keys.push(self.foreign_key.clone());
        oxyde_sql::ddl::check_table(table)?;
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let _ = before;
        Ok(DropForeignKey {
            table: self.table.clone(),
            schema: self.schema.clone(),
            name: self.foreign_key.name.clone(),
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("add foreign key {} to {table}", self.foreign_key.name)
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
            &Change::AddForeignKey {
                key: &self.foreign_key,
                not_valid: self.not_valid,
            },
        )
    }
}
