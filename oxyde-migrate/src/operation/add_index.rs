//! The operation `add_index`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Index, Schema};
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{DropIndex, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Adds an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddIndex {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The index.
    pub index: Index,
    /// Do not block writes; runs outside a transaction. Ignored if the database has no such mode.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub concurrently: bool,
}

impl Operate for AddIndex {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        state::refuse_taken(table, &self.index.name)?;
        table.indexes.push(self.index.clone());
        oxyde_sql::ddl::check_table(table)?;
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let _ = before;
        Ok(DropIndex {
            table: self.table.clone(),
            schema: self.schema.clone(),
            name: self.index.name.clone(),
            concurrently: self.concurrently,
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("add index {} to {table}", self.index.name)
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
            &Change::AddIndex {
                index: &self.index,
                concurrently: self.concurrently,
            },
        )
    }
}
