//! Enum labels that were added, dropped, renamed or reordered.

use oxyde_sql::ddl::{EnumType, enum_types};

use super::{DetectError, Detector, Question};
use crate::operation::{
    AddEnumValue, DropEnumValue, OperationError, OrderEnumValues, RenameEnumValue,
};

impl Detector<'_> {
    pub(super) fn enums(&mut self) -> Result<(), DetectError> {
        let old = enum_types(&self.state.tables).map_err(OperationError::from)?;
        let new = enum_types(&self.new.tables).map_err(OperationError::from)?;
        for ty in &new {
            let Some(before) = old.iter().find(|known| known.name == ty.name) else {
                continue;
            };
            self.enum_labels(ty, before.values.clone())?;
        }
        Ok(())
    }

    /// Add the operations that lead from the old labels of a type to the new ones.
    fn enum_labels(&mut self, ty: &EnumType, mut labels: Vec<String>) -> Result<(), DetectError> {
        self.renamed_labels(ty, &mut labels)?;
        let gone: Vec<String> = labels
            .iter()
            .filter(|label| !ty.values.contains(label))
            .cloned()
            .collect();
        let come: Vec<String> = ty
            .values
            .iter()
            .filter(|label| !labels.contains(label))
            .cloned()
            .collect();
        if let ([from], [to]) = (gone.as_slice(), come.as_slice()) {
            self.ask(Question::EnumValueRename {
                ty: ty.name.clone(),
                from: from.clone(),
                to: to.clone(),
            });
        }
        for value in come {
            // Before the next existing label.
            let at = ty
                .values
                .iter()
                .position(|label| *label == value)
                .unwrap_or_default();
            let before = ty.values[at + 1..]
                .iter()
                .find(|label| labels.contains(label));
            let place = before
                .and_then(|before| labels.iter().position(|label| label == before))
                .unwrap_or(labels.len());
            labels.insert(place, value.clone());
            self.push(AddEnumValue {
                ty: ty.name.clone(),
                value,
                before: before.cloned(),
            })?;
        }
        for value in gone {
            labels.retain(|label| *label != value);
            self.push(DropEnumValue {
                ty: ty.name.clone(),
                value,
                replace: None,
            })?;
        }
        if labels != ty.values {
            self.push(OrderEnumValues {
                ty: ty.name.clone(),
                values: ty.values.clone(),
            })?;
        }
        Ok(())
    }

    /// Add the renames that are known, and apply them to the labels.
    fn renamed_labels(&mut self, ty: &EnumType, labels: &mut [String]) -> Result<(), DetectError> {
        for ((name, from), to) in &self.knowledge.renames.columns {
            let fits = *name == ty.name && labels.contains(from) && ty.values.contains(to);
            if fits && !labels.contains(to) {
                self.push(RenameEnumValue {
                    ty: ty.name.clone(),
                    from: from.clone(),
                    to: to.clone(),
                })?;
                labels
                    .iter_mut()
                    .filter(|label| *label == from)
                    .for_each(|label| {
                        label.clone_from(to);
                    });
            }
        }
        Ok(())
    }
}
