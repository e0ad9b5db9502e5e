//! The operation `run_python`.

use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use oxyde_sql::types::ColumnType;
use serde::{Deserialize, Serialize};

use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Runs an async Python function of the project, `module:function`, inside the migration's
/// transaction. The function receives the models as of this point of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPython {
    /// Forward.
    pub up: String,
    /// Reverse; without it the migration cannot be reversed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<String>,
    /// Runs the function once for each range of keys of this table, in a transaction of its own. A run
    /// that was stopped goes on after the last complete range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Schema of this table; `None` is the default schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The number of rows of a range; [`RANGE_ROWS`] if it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
}

/// The usual number of rows of a range.
pub const RANGE_ROWS: u32 = 5_000;

/// Ranges of keys of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRanges {
    /// Schema of the table; `None` is the default schema.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// The column of its key.
    pub column: String,
    /// The type of the key.
    pub ty: ColumnType,
    /// The number of rows of a range.
    pub rows: u32,
}

impl RunPython {
    fn ranges(&self, state: &Schema) -> Result<Option<KeyRanges>, OperationError> {
        let Some(name) = &self.table else {
            return Ok(None);
        };
        let table = state::find(state, self.schema.as_deref(), name)?;
        let refuse = || OperationError::NoRangeKey {
            table: name.clone(),
        };
        let [key] = table.primary_key.as_slice() else {
            return Err(refuse());
        };
        let ty = state::column(table, key)?.ty.clone();
        match ty {
            ColumnType::SmallInt
            | ColumnType::Integer
            | ColumnType::BigInt
            | ColumnType::Text
            | ColumnType::Varchar { .. }
            | ColumnType::Uuid => Ok(Some(KeyRanges {
                schema: self.schema.clone(),
                table: name.clone(),
                column: key.clone(),
                ty,
                rows: self.rows.unwrap_or(RANGE_ROWS).max(1),
            })),
            _ => Err(refuse()),
        }
    }
}

impl Operate for RunPython {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        self.ranges(state).map(|_| ())
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        match &self.down {
            Some(down) => Ok(RunPython {
                up: down.clone(),
                down: Some(self.up.clone()),
                ..self.clone()
            }
            .into()),
            None => Err(Irreversible::of(
                self.clone(),
                "it has no `down`",
                "add `down = \"module:function\"` (or `down = \"\"` if there is nothing to undo)",
            )),
        }
    }

    fn describe(&self) -> String {
        format!("run Python: {}", self.up)
    }

    fn lower(
        &self,
        before: &Schema,
        _after: &Schema,
        _style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        Ok(if self.up.is_empty() {
            Vec::new()
        } else {
            vec![match self.ranges(before)? {
                None => Lowered::Python(self.up.clone()),
                Some(ranges) => Lowered::PythonByRange(self.up.clone(), ranges),
            }]
        })
    }
}
