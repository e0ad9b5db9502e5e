//! The operation `drop_enum_value`.

use oxyde_sql::dialect::{AlterStyle, DdlStyle, EnumStyle};
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::{AddEnumValue, Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use super::{enums, lowering};

/// Drops a label of an enum, in every column that uses the type. Rows that have it get the
/// replacement; without one the operation fails if there are such rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropEnumValue {
    /// The type.
    #[serde(rename = "enum")]
    pub ty: String,
    /// The label.
    pub value: String,
    /// The label that replaces it in rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<String>,
}

impl Operate for DropEnumValue {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let mut labels = enums::labels(state, &self.ty)?.to_vec();
        let at = lowering::label_position(&labels, &self.ty, &self.value)?;
        labels.remove(at);
        if let Some(replacement) = &self.replace {
            lowering::label_position(&labels, &self.ty, replacement)?;
        }
        enums::set_labels(state, &self.ty, &labels);
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let labels = enums::labels(before, &self.ty)?;
        let at = lowering::label_position(labels, &self.ty, &self.value)?;
        Ok(AddEnumValue {
            ty: self.ty.clone(),
            value: self.value.clone(),
            before: labels.get(at + 1).cloned(),
        }
        .into())
    }

    fn describe(&self) -> String {
        format!("drop value '{}' of enum {}", self.value, self.ty)
    }

    fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let replacement = self.replace.as_deref();
        if style.alter == AlterStyle::Rebuild {
            let using = replacement.map(|to| {
                let (from, to) = (style.literal(&self.value), style.literal(to));
                move |name: &str| format!("CASE {name} WHEN {from} THEN {to} ELSE {name} END")
            });
            let using = using.as_ref().map(|using| using as &dyn Fn(&str) -> String);
            return enums::alter_columns(before, after, style, &self.ty, using);
        }
        let mut steps = Vec::new();
        if let Some(to) = replacement {
            steps.extend(lowering::replace_rows(
                before,
                style,
                &self.ty,
                &self.value,
                to,
            ));
        }
        if style.enums != EnumStyle::NamedType {
            steps.extend(enums::alter_columns(before, after, style, &self.ty, None)?);
            return Ok(steps);
        }
        // PostgreSQL cannot drop a label, so a new type replaces the old one.
        steps.extend(enums::replace_type(after, style, &self.ty)?);
        Ok(steps)
    }
}
