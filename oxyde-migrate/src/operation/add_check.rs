//! The operation `add_check`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Check, Schema};
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{DropCheck, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Adds a check constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddCheck {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The check.
    pub check: Check,
    /// Validate existing rows in a separate step, without blocking writes (`NOT VALID`, then
    /// `VALIDATE`), if the database supports it.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub not_valid: bool,
}

impl Operate for AddCheck {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        state::refuse_taken(table, &self.check.name)?;
        table.checks.push(self.check.clone());
        oxyde_sql::ddl::check_table(table)?;
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let _ = before;
        Ok(DropCheck {
            table: self.table.clone(),
            schema: self.schema.clone(),
            name: self.check.name.clone(),
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("add check {} to {table}", self.check.name)
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
            &Change::AddCheck {
                check: &self.check,
                not_valid: self.not_valid,
            },
        )
    }
}
