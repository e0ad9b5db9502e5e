//! The operation `drop_index`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{AddIndex, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Drops an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropIndex {
    /// The table.
    pub table: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// Do not block writes; runs outside a transaction. Ignored if the database has no such mode.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub concurrently: bool,
}

impl Operate for DropIndex {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        let at = table
            .indexes
            .iter()
            .position(|part| part.name == self.name)
            .ok_or_else(|| OperationError::Missing {
                table: self.table.clone(),
                kind: "index",
                name: self.name.clone(),
            })?;
        table.indexes.remove(at);
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let table = state::find(before, self.schema.as_deref(), &self.table)?;
        let part = table
            .indexes
            .iter()
            .find(|part| part.name == self.name)
            .ok_or_else(|| OperationError::Missing {
                table: self.table.clone(),
                kind: "index",
                name: self.name.clone(),
            })?;
        Ok(AddIndex {
            table: self.table.clone(),
            schema: self.schema.clone(),
            index: part.clone(),
            concurrently: self.concurrently,
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("drop index {} of {table}", self.name)
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
            &Change::DropIndex {
                name: &self.name,
                concurrently: self.concurrently,
            },
        )
    }
}
