//! The operation `alter_column`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Column, Schema};
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Changes the type, default, nullability or auto-increment of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlterColumn {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The column's new definition.
    pub column: Column,
    /// SQL expression that converts the old value, if the database cannot convert it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<String>,
    /// The same for the reverse operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using_back: Option<String>,
    /// SQL expression that replaces existing NULLs, if the column becomes NOT NULL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill: Option<String>,
    /// The same for the reverse operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backfill_back: Option<String>,
}

impl Operate for AlterColumn {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        let at = state::column_position(table, &self.column.name)?;
        table.columns[at] = self.column.clone();
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let table = state::find(before, self.schema.as_deref(), &self.table)?;
        let column = state::column(table, &self.column.name)?;
        Ok(AlterColumn {
            table: self.table.clone(),
            schema: self.schema.clone(),
            column: column.clone(),
            using: self.using_back.clone(),
            using_back: self.using.clone(),
            backfill: self.backfill_back.clone(),
            backfill_back: self.backfill.clone(),
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("alter column {table}.{}", self.column.name)
    }

    fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let table = state::find(before, self.schema.as_deref(), &self.table)?;
        let change = Change::AlterColumn {
            from: state::column(table, &self.column.name)?,
            to: &self.column,
            using: self.using.as_deref(),
            backfill: self.backfill.as_deref(),
        };
        let place = (self.schema.as_deref(), self.table.as_str());
        lower_change(before, after, style, place, &change)
    }
}
