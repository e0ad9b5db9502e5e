//! The operation `add_enum_value`.

use oxyde_sql::ddl::Step;
use oxyde_sql::dialect::{DdlStyle, EnumStyle};
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::{DropEnumValue, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use super::{enums, lowering};

/// Adds a label to an enum, in every column that uses the type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddEnumValue {
    /// The type.
    #[serde(rename = "enum")]
    pub ty: String,
    /// The new label.
    pub value: String,
    /// The label that it precedes; `None` appends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

impl Operate for AddEnumValue {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let mut labels = enums::labels(state, &self.ty)?.to_vec();
        if labels.contains(&self.value) {
            return Err(OperationError::EnumValueExists {
                name: self.ty.clone(),
                value: self.value.clone(),
            });
        }
        let at = match &self.before {
            Some(before) => lowering::label_position(&labels, &self.ty, before)?,
            None => labels.len(),
        };
        labels.insert(at, self.value.clone());
        enums::set_labels(state, &self.ty, &labels);
        Ok(())
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        let (ty, value) = (self.ty.clone(), self.value.clone());
        Ok(DropEnumValue {
            ty,
            value,
            replace: None,
        }
        .into())
    }

    fn describe(&self) -> String {
        format!("add value '{}' to enum {}", self.value, self.ty)
    }

    fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        if style.enums != EnumStyle::NamedType {
            return enums::alter_columns(before, after, style, &self.ty, None);
        }
        let place = match &self.before {
            Some(before) => format!(" BEFORE {}", style.literal(before)),
            None => String::new(),
        };
        // PostgreSQL does not allow using the value in the transaction that adds it.
        Ok(vec![Lowered::Ddl(Step::Alone(format!(
            "ALTER TYPE {} ADD VALUE IF NOT EXISTS {}{place}",
            style.quoted(&self.ty),
            style.literal(&self.value)
        )))])
    }
}
