//! The operation `undistribute_table`.

use oxyde_sql::ddl;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Distribution, Schema};
use serde::{Deserialize, Serialize};

use super::{
    DistributeTable, Irreversible, LowerError, Lowered, Operate, Operation, OperationError,
    ReferenceTable, sql_steps,
};
use crate::state;

/// Moves all rows of a distributed or reference table of a Citus cluster to one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndistributeTable {
    /// Its name.
    pub name: String,
    /// Its schema; `None` means the connection's default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
}

/// The operation that undistributes this table.
pub(super) fn undistributed(schema: Option<&str>, name: &str) -> Operation {
    UndistributeTable {
        name: name.to_owned(),
        schema: schema.map(str::to_owned),
    }
    .into()
}

/// The operation that divides the rows of a table in this way.
pub(crate) fn distributed(
    schema: Option<String>,
    name: String,
    distribution: &Distribution,
) -> Operation {
    match distribution.clone() {
        Distribution::By(column) => DistributeTable {
            name,
            schema,
            column,
        }
        .into(),
        Distribution::Reference => ReferenceTable { name, schema }.into(),
    }
}

/// Change how the rows of a table are divided: either before or after it must be on one node.
pub(super) fn set_distribution(
    state: &mut Schema,
    (schema, name): (Option<&str>, &str),
    wanted: Option<Distribution>,
) -> Result<(), OperationError> {
    let table = state::find_mut(state, schema, name)?;
    if table.distribution.is_some() == wanted.is_some() {
        return Err(OperationError::Distribution {
            table: state::label(schema, name),
            is_distributed: wanted.is_some(),
        });
    }
    table.distribution = wanted;
    Ok(())
}

impl Operate for UndistributeTable {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        set_distribution(state, (self.schema.as_deref(), &self.name), None)
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let table = state::find(before, self.schema.as_deref(), &self.name)?;
        let Some(distribution) = &table.distribution else {
            return Err(OperationError::Distribution {
                table: state::label_of(table),
                is_distributed: false,
            }
            .into());
        };
        let (schema, name) = (self.schema.clone(), self.name.clone());
        Ok(distributed(schema, name, distribution))
    }

    fn describe(&self) -> String {
        let table = state::label(self.schema.as_deref(), &self.name);
        format!("undistribute table {table}")
    }

    fn lower(
        &self,
        before: &Schema,
        _after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let table = state::find(before, self.schema.as_deref(), &self.name)?;
        Ok(sql_steps(ddl::undistribute_table(style, table)?))
    }
}
