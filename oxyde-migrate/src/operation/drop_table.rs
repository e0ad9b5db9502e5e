//! The operation `drop_table`.

use oxyde_sql::ddl::{self, Step};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::{CreateTable, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Drops a table and its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropTable {
    /// Its name.
    pub name: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
}

impl Operate for DropTable {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find(state, self.schema.as_deref(), &self.name)?;
        let users: Vec<String> = state
            .tables
            .iter()
            .filter(|other| !std::ptr::eq(*other, table))
            .flat_map(|other| other.foreign_keys.iter().map(move |key| (other, key)))
            .filter(|(_, key)| ddl::points_at(key, table))
            .map(|(other, key)| format!("foreign key `{}` of table `{}`", key.name, other.name))
            .collect();
        if !users.is_empty() {
            return Err(OperationError::InUse {
                what: format!("table `{}`", self.name),
                users,
            });
        }
        let name = self.name.as_str();
        let schema = self.schema.as_deref();
        state
            .tables
            .retain(|other| other.name != name || other.schema.as_deref() != schema);
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let table = state::find(before, self.schema.as_deref(), &self.name)?;
        Ok(CreateTable::of(table.clone(), None).into())
    }

    fn describe(&self) -> String {
        format!(
            "drop table {}",
            state::label(self.schema.as_deref(), &self.name)
        )
    }

    fn lower(
        &self,
        before: &Schema,
        _after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let table = state::find(before, self.schema.as_deref(), &self.name)?;
        Ok(ddl::drop_table(style, table, false)
            .into_iter()
            .map(|sql| Lowered::Ddl(Step::Sql(sql)))
            .collect())
    }
}
