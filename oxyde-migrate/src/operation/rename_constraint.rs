//! The operation `rename_constraint`.

use oxyde_sql::ddl::Change;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::lowering::lower_change;
use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Renames a unique constraint, check or foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameConstraint {
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

impl Operate for RenameConstraint {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find_mut(state, self.schema.as_deref(), &self.table)?;
        state::refuse_taken(table, &self.to)?;
        let uniques = table.uniques.iter_mut().map(|unique| &mut unique.name);
        let checks = table.checks.iter_mut().map(|check| &mut check.name);
        let keys = table.foreign_keys.iter_mut().map(|key| &mut key.name);
        let name = uniques
            .chain(checks)
            .chain(keys)
            .find(|name| **name == self.from);
        name.ok_or_else(|| OperationError::Missing {
            table: self.table.clone(),
            kind: "constraint",
            name: self.from.clone(),
        })?
        .clone_from(&self.to);
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let _ = before;
        let (from, to) = (self.to.clone(), self.from.clone());
        let (table, schema) = (self.table.clone(), self.schema.clone());
        Ok(RenameConstraint {
            table,
            schema,
            from,
            to,
        }
        .into())
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.table);
        format!("rename constraint {} of {table} to {}", self.from, self.to)
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
            &Change::RenameConstraint {
                from: &self.from,
                to: &self.to,
            },
        )
    }
}
