//! The operation `add_column`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Column, Schema};
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{DropColumn, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Adds a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddColumn {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The column.
    pub column: Column,
    /// SQL expression for the value in existing rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill: Option<String>,
}

impl Operate for AddColumn {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        if state::column_position(table, &self.column.name).is_ok() {
            return Err(OperationError::Exists {
                table: self.table.clone(),
                kind: "column",
                name: self.column.name.clone(),
            });
        }
        table.columns.push(self.column.clone());
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let _ = before;
        Ok(DropColumn {
            table: self.table.clone(),
            schema: self.schema.clone(),
            name: self.column.name.clone(),
            restore: self.backfill.clone(),
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("add column {table}.{}", self.column.name)
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
            &Change::AddColumn {
                column: &self.column,
                backfill: self.backfill.as_deref(),
            },
        )
    }
}
