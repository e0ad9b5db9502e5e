//! The operation `drop_object`.

use oxyde_sql::ddl::Step;
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Object, Schema};
use serde::{Deserialize, Serialize};

use super::{CreateObject, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use crate::state;

/// Drops something that `create_object` created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropObject {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl DropObject {
    fn found<'a>(&self, state: &'a Schema) -> Result<(usize, &'a Object), OperationError> {
        state::object_position(state, &self.kind, &self.name)
            .map(|at| (at, &state.objects[at]))
            .ok_or_else(|| OperationError::NoObject {
                kind: self.kind.clone(),
                name: self.name.clone(),
            })
    }
}

impl Operate for DropObject {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let (at, _) = self.found(state)?;
        state.objects.remove(at);
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let (_, object) = self.found(before)?;
        let object = object.clone();
        Ok(CreateObject { object }.into())
    }

    fn describe(&self) -> String {
        format!("drop {} {}", self.kind, self.name)
    }

    fn lower(
        &self,
        before: &Schema,
        _after: &Schema,
        _style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let (_, object) = self.found(before)?;
        Ok(vec![Lowered::Ddl(Step::Sql(object.drop.clone()))])
    }
}
