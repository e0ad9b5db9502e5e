//! The operation `reference_table`.

use oxyde_sql::ddl;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Distribution, Schema};
use serde::{Deserialize, Serialize};

use super::undistribute_table::{set_distribution, undistributed};
use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError, sql_steps};
use crate::state;

/// Keeps all rows of a table on each node of a Citus cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceTable {
    /// Its name.
    pub name: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
}

impl Operate for ReferenceTable {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let wanted = Some(Distribution::Reference);
        set_distribution(state, (self.schema.as_deref(), &self.name), wanted)
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        Ok(undistributed(self.schema.as_deref(), &self.name))
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.name);
        format!("make table {table} a reference table")
    }

    fn lower(
        &self,
        _before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let table = state::find(after, self.schema.as_deref(), &self.name)?;
        let statements = ddl::distribute_table(style, table, &Distribution::Reference)?;
        Ok(sql_steps(statements))
    }
}
