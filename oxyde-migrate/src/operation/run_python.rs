//! The operation `run_python`.

use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};

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
}

impl Operate for RunPython {
    fn apply(&self, _state: &mut Schema) -> Result<(), OperationError> {
        Ok(())
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        match &self.down {
            Some(down) => Ok(RunPython {
                up: down.clone(),
                down: Some(self.up.clone()),
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
        _before: &Schema,
        _after: &Schema,
        _style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        Ok(if self.up.is_empty() {
            Vec::new()
        } else {
            vec![Lowered::Python(self.up.clone())]
        })
    }
}
