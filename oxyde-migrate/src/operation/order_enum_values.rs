//! The operation `order_enum_values`.

use oxyde_sql::dialect::{DdlStyle, EnumStyle};
use oxyde_sql::schema::Schema;
use serde::{Deserialize, Serialize};

use super::{Irreversible, LowerError, Lowered, Operate, Operation, OperationError};
use super::{enums, lowering};

/// Changes the order of an enum's labels, which is how the database sorts them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderEnumValues {
    /// The type.
    #[serde(rename = "enum")]
    pub ty: String,
    /// All its labels, in the new order.
    pub values: Vec<String>,
}

impl Operate for OrderEnumValues {
    fn apply(&self, state: &mut Schema) -> Result<(), OperationError> {
        let labels = enums::labels(state, &self.ty)?.to_vec();
        for value in &self.values {
            lowering::label_position(&labels, &self.ty, value)?;
        }
        for value in &labels {
            lowering::label_position(&self.values, &self.ty, value)?;
        }
        enums::set_labels(state, &self.ty, &self.values);
        Ok(())
    }

    fn reverse(&self, before: &Schema) -> Result<Operation, Irreversible> {
        let values = enums::labels(before, &self.ty)?.to_vec();
        Ok(OrderEnumValues {
            ty: self.ty.clone(),
            values,
        }
        .into())
    }

    fn describe(&self) -> String {
        format!("order the values of enum {}", self.ty)
    }

    fn lower(
        &self,
        before: &Schema,
        after: &Schema,
        style: &DdlStyle,
    ) -> Result<Vec<Lowered>, LowerError> {
        if style.enums == EnumStyle::NamedType {
            enums::replace_type(after, style, &self.ty)
        } else {
            enums::alter_columns(before, after, style, &self.ty, None)
        }
    }
}
