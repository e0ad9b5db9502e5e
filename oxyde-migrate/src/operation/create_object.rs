//! The operation `create_object`.

use oxyde_sql::ddl::Step;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Object, Schema};
use serde::{Deserialize, Serialize};

use super::{DropObject, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Creates something beside the tables, as a baseline found it: an extension, a function, a view …
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CreateObject {
    /// The object.
    pub object: Object,
}

impl Operate for CreateObject {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        if state::object_position(state, &self.object.kind, &self.object.name).is_some() {
            return Err(OperationError::ObjectExists {
                kind: self.object.kind.clone(),
                name: self.object.name.clone(),
            });
        }
        state.objects.push(self.object.clone());
        Ok(())
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        Ok(DropObject {
            kind: self.object.kind.clone(),
            name: self.object.name.clone(),
        }
        .into())
    }

    fn describe(&self) -> String {
        format!("create {} {}", self.object.kind, self.object.name)
    }

    fn lower(
        &self,
        _before: &Schema,
        _after: &Schema,
        _style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let statements = self.object.create.iter().cloned();
        Ok(statements.map(|sql| Lowered::Ddl(Step::Sql(sql))).collect())
    }
}
