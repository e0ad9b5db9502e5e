//! The operation `rename_index`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Renames an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameIndex {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Old name.
    pub from: String,
    /// New name.
    pub to: String,
}

impl Operate for RenameIndex {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        state::refuse_taken(table, &self.to)?;
        let index = table
            .indexes
            .iter_mut()
            .find(|index| index.name == self.from);
        index
            .ok_or_else(|| OperationError::Missing {
                table: self.table.clone(),
                kind: "index",
                name: self.from.clone(),
            })?
            .name
            .clone_from(&self.to);
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let _ = before;
        let (from, to) = (self.to.clone(), self.from.clone());
        Ok(RenameIndex {
            table: self.table.clone(),
            schema: self.schema.clone(),
            from,
            to,
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("rename index {} of {table} to {}", self.from, self.to)
    }

    fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let table = state::find(before, self.schema.as_deref(), &self.table)?;
        let from = table
            .indexes
            .iter()
            .find(|index| index.name == self.from)
            .ok_or_else(|| OperationError::Missing {
                table: self.table.clone(),
                kind: "index",
                name: self.from.clone(),
            })?;
        let place = (self.schema.as_deref(), self.table.as_str());
        lower_change(
            before,
            after,
            style,
            place,
            &Change::RenameIndex { from, to: &self.to },
        )
    }
}
