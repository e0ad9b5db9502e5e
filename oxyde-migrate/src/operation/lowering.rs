//! Lowering steps that several operations share.

use oxyde_sql::ddl::{Change, alter_table};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::Schema;
use oxyde_sql::types::ColumnType;

use super::{LowerError, Lowered, OperationError, ddl_steps, enums};
use crate::state;

/// Lower one change of the named table.
pub(super) fn lower_change(
    before: &Schema,
    after: &Schema,
    style: &DdlStyle,
    (schema, table): (Option<&str>, &str),
    change: &Change<'_>,
) -> Result<Vec<Lowered>, LowerError> {
    let old = state::find(before, schema, table)?;
    let new = state::find(after, schema, table)?;
    Ok(ddl_steps(alter_table(style, old, new, change)?))
}

/// The position of a label.
pub(super) fn label_position(
    labels: &[String],
    ty: &str,
    value: &str,
) -> Result<usize, OperationError> {
    labels
        .iter()
        .position(|label| label == value)
        .ok_or_else(|| OperationError::NoEnumValue {
            name: ty.to_owned(),
            value: value.to_owned(),
        })
}

/// Rename the label in a default, too.
pub(super) fn rename_default(state: &mut Schema, ty: &str, from: &str, to: &str) {
    let text = |label: &str| format!("'{}'", label.replace('\'', "''"));
    for column in state.tables.iter_mut().flat_map(|table| &mut table.columns) {
        let is = matches!(&column.ty, ColumnType::Enum { name, .. } if name == ty);
        if is && column.default.as_deref() == Some(text(from).as_str()) {
            column.default = Some(text(to));
        }
    }
}

/// Statements that replace one label by another in all rows.
pub(super) fn replace_rows(
    state: &Schema,
    style: &DdlStyle,
    ty: &str,
    from: &str,
    to: &str,
) -> Vec<Lowered> {
    enums::columns_of(state, ty)
        .into_iter()
        .filter(|(_, column)| matches!(column.ty, ColumnType::Enum { .. }))
        .map(|(table, column)| {
            let name = style.quoted(&column.name);
            Lowered::Data(format!(
                "UPDATE {} SET {name} = {} WHERE {name} = {}",
                style.qualified(table.schema.as_deref(), &table.name),
                style.literal(to),
                style.literal(from)
            ))
        })
        .collect()
}
