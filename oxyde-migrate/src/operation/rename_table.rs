//! The operation `rename_table`.

use oxyde_sql::ddl::{self, Step};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Renames a table and the references to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameTable {
    /// Old name.
    pub from: String,
    /// New name.
    pub to: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
}

impl Operate for RenameTable {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        if state::position(state, self.schema.as_deref(), &self.to).is_some() {
            let table = state::label(self.schema.as_deref(), &self.to);
            return Err(OperationError::TableExists { table });
        }
        let table = state::find_mut(state, self.schema.as_deref(), &self.from)?;
        table.name.clone_from(&self.to);
        for part in &mut table.raw {
            part.sql = state::rename_identifier(&part.sql, &self.from, &self.to);
        }
        for table in &mut state.tables {
            for key in &mut table.foreign_keys {
                if key.target_table == self.from && key.target_schema == self.schema {
                    key.target_table.clone_from(&self.to);
                }
            }
        }
        Ok(())
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        let (from, to) = (self.to.clone(), self.from.clone());
        Ok(RenameTable {
            from,
            to,
            schema: self.schema.clone(),
        }
        .into())
    }

    fn describe(&self) -> String {
        format!(
            "rename table {} to {}",
            state::label(self.schema.as_deref(), &self.from),
            self.to
        )
    }

    fn lower(
        &self,
        before: &Schema,
        _after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let table = state::find(before, self.schema.as_deref(), &self.from)?;
        Ok(ddl::rename_table(style, table, &self.to)?
            .into_iter()
            .map(|sql| Lowered::Ddl(Step::Sql(sql)))
            .collect())
    }
}
