//! The operation `rename_enum_value`.

use oxyde_sql::ddl::Step;
use oxyde_sql::dialect::{AlterStyle, DdlStyle, EnumStyle};
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use super::{enums, lowering};

/// Renames a label of an enum, also in the rows that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameEnumValue {
    /// The type.
    #[serde(rename = "enum")]
    pub ty: String,
    /// Old label.
    pub from: String,
    /// New label.
    pub to: String,
}

impl Operate for RenameEnumValue {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let mut labels = enums::labels(state, &self.ty)?.to_vec();
        if labels.contains(&self.to) {
            return Err(OperationError::EnumValueExists {
                name: self.ty.clone(),
                value: self.to.clone(),
            });
        }
        let at = lowering::label_position(&labels, &self.ty, &self.from)?;
        labels[at].clone_from(&self.to);
        enums::set_labels(state, &self.ty, &labels);
        lowering::rename_default(state, &self.ty, &self.from, &self.to);
        Ok(())
    }

    fn reverse(&self, _before: &Schema) -> Result<Operation, Irreversible> {
        let (from, to) = (self.to.clone(), self.from.clone());
        Ok(RenameEnumValue {
            ty: self.ty.clone(),
            from,
            to,
        }
        .into())
    }

    fn describe(&self) -> String {
        format!(
            "rename value '{}' of enum {} to '{}'",
            self.from, self.ty, self.to
        )
    }

    fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        let (from, to) = (style.literal(&self.from), style.literal(&self.to));
        if style.enums == EnumStyle::NamedType {
            return Ok(vec![Lowered::Ddl(Step::Sql(format!(
                "ALTER TYPE {} RENAME VALUE {from} TO {to}",
                style.quoted(&self.ty)
            )))]);
        }
        if style.alter == AlterStyle::Rebuild {
            let using = |name: &str| format!("CASE {name} WHEN {from} THEN {to} ELSE {name} END");
            return enums::alter_columns(before, after, style, &self.ty, Some(&using));
        }
        // Allow both labels, update the rows, then drop the old label.
        let mut between = before.clone();
        let mut labels = enums::labels(before, &self.ty)?.to_vec();
        labels.push(self.to.clone());
        enums::set_labels(&mut between, &self.ty, &labels);
        let mut steps = enums::alter_columns(before, &between, style, &self.ty, None)?;
        steps.extend(lowering::replace_rows(
            before, style, &self.ty, &self.from, &self.to,
        ));
        steps.extend(enums::alter_columns(
            &between, after, style, &self.ty, None,
        )?);
        Ok(steps)
    }
}
