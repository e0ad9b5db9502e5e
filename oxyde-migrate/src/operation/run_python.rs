//! A Python function of the project.

use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};

/// An async Python function of the project, `module:function`. It is given the models as they
/// are at this point of the history and runs inside the migration's transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPython {
    /// What is run.
    pub up: String,
    /// What takes it back; without it the migration cannot be reversed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<String>,
}

impl Operate for RunPython {
    fn apply(&self, _state: &mut Schema) -> Result<(), OperationError> {
        Ok(())
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        match &self.down {
            Some(down) => Ok(RunPython { up: down.clone(), down: Some(self.up.clone()) }.into()),
            None => Err(Irreversible::of(
                self.clone(),
                "it has no `down`",
                "add `down = \"module:function\"` (or `down = \"\"` when there is nothing to take back)",
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
        Ok(if self.up.is_empty() { Vec::new() } else { vec![Lowered::Python(self.up.clone())] })
    }
}
