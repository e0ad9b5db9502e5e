//! The operation `distribute_table`.

use oxyde_sql::ddl;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Distribution, Schema};
use serde::{Deserialize, Serialize};

use super::undistribute_table::{set_distribution, undistributed};
use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError, sql_steps};
use crate::state;

/// Divides the rows of a table over the nodes of a Citus cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DistributeTable {
    /// Its name.
    pub name: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The column by whose values.
    pub column: String,
}

impl DistributeTable {
    fn distribution(&self) -> Distribution {
        Distribution::By(self.column.clone())
    }
}

impl Operate for DistributeTable {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let table = state::find(state, self.schema.as_deref(), &self.name)?;
        state::column(table, &self.column)?;
        let wanted = Some(self.distribution());
        set_distribution(state, (self.schema.as_deref(), &self.name), wanted)
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        Ok(undistributed(self.schema.as_deref(), &self.name))
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.name);
        format!("distribute table {table} by {}", self.column)
    }

    fn lower(
        &self,
        _before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let table = state::find(after, self.schema.as_deref(), &self.name)?;
        let statements = ddl::distribute_table(style, table, &self.distribution())?;
        Ok(sql_steps(statements))
    }
}
