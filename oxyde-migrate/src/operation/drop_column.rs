//! The operation `drop_column`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{AddColumn, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Drops a column and its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropColumn {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// SQL expression for the value in existing rows if the operation is reversed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<String>,
}

impl Operate for DropColumn {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find(state, self.schema.as_deref(), &self.table)?;
        let at = state::column_position(table, &self.name)?;
        let users = state::users_of(state, table, &self.name);
        if !users.is_empty() {
            let what = format!("column `{}` of table `{}`", self.name, self.table);
            return Err(OperationError::InUse { what, users });
        }
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        table.columns.remove(at);
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let table = state::find(before, self.schema.as_deref(), &self.table)?;
        let column = state::column(table, &self.name)?;
        if !column.nullable && column.default.is_none() && self.restore.is_none() {
            return Err(Irreversible::of(
                self.clone(),
                "the column is NOT NULL, and the value for existing rows is unknown",
                "add `restore = \"SQL expression for the value\"` to the operation",
            ));
        }
        Ok(AddColumn {
            table: self.table.clone(),
            schema: self.schema.clone(),
            column: column.clone(),
            backfill: self.restore.clone(),
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("drop column {table}.{}", self.name)
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
            &Change::DropColumn { name: &self.name },
        )
    }
}
