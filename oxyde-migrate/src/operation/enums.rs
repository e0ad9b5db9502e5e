//! Shared by the enum operations: finding the type and its columns in a state.

use oxyde_sql::ddl::{self, Change, EnumType, SchemaError, Step, alter_table, enum_of, enum_types};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::schema::{Column, Schema, Table};
use oxyde_sql::types::ColumnType;

use super::{LowerError, Lowered, OperationError, ddl_steps};
use crate::state;

/// The labels of an enum type.
pub(super) fn labels<'a>(state: &'a Schema, name: &str) -> Result<&'a [String], OperationError> {
    state
        .tables
        .iter()
        .flat_map(|table| &table.columns)
        .filter_map(|column| enum_of(&column.ty))
        .find(|(known, _)| *known == name)
        .map(|(_, values)| values)
        .ok_or_else(|| OperationError::NoEnum {
            name: name.to_owned(),
        })
}

/// Set the labels of the type, in every column that uses it.
pub(super) fn set_labels(state: &mut Schema, name: &str, labels: &[String]) {
    for column in state.tables.iter_mut().flat_map(|table| &mut table.columns) {
        set_in_type(&mut column.ty, name, labels);
    }
}

fn set_in_type(ty: &mut ColumnType, name: &str, labels: &[String]) {
    match ty {
        ColumnType::Enum {
            name: known,
            values,
        } if known == name => labels.clone_into(values),
        ColumnType::Array { item } => set_in_type(item, name, labels),
        _ => {}
    }
}

/// The tables and columns that use the type.
pub(super) fn columns_of<'a>(state: &'a Schema, name: &str) -> Vec<(&'a Table, &'a Column)> {
    let tables = state.tables.iter();
    let columns = tables.flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    columns
        .filter(|(_, column)| enum_of(&column.ty).is_some_and(|(n, _)| n == name))
        .collect()
}

/// The types that a change of one table creates: a type exists as long as a column uses it.
///
/// # Errors
/// Two columns declare the same type with different labels.
pub(super) fn created(
    (before, old): (&Schema, Option<&Table>),
    (after, new): (&Schema, Option<&Table>),
) -> Result<Vec<EnumType>, SchemaError> {
    let known = enum_types(old)?;
    let mut created = Vec::new();
    for ty in enum_types(new)? {
        if known.contains(&ty) {
            continue;
        }
        let differs = |column: &Column| enum_of(&column.ty).is_some_and(|(_, v)| v != ty.values);
        let users = columns_of(after, &ty.name);
        if users.iter().any(|(_, column)| differs(column)) {
            return Err(SchemaError::EnumMismatch { name: ty.name });
        }
        if columns_of(before, &ty.name).is_empty() {
            created.push(ty);
        }
    }
    Ok(created)
}

/// The types that no column uses after a change of one table.
///
/// # Errors
/// Two columns declare the same type with different labels.
pub(super) fn dropped(old: Option<&Table>, after: &Schema) -> Result<Vec<EnumType>, SchemaError> {
    let mut types = enum_types(old)?;
    types.retain(|ty| columns_of(after, &ty.name).is_empty());
    Ok(types)
}

/// If the labels belong to the column, change every column that uses the type.
/// `using` converts the old value, given the column's quoted name.
pub(super) fn alter_columns(
    before: &Schema,
    after: &Schema,
    style: &DdlStyle,
    name: &str,
    using: Option<&dyn Fn(&str) -> String>,
) -> Result<Vec<Lowered>, LowerError> {
    let mut steps = Vec::new();
    for (new_table, to) in columns_of(after, name) {
        let old_table = state::find(before, new_table.schema.as_deref(), &new_table.name)?;
        let from = state::column(old_table, &to.name)?;
        let using = using.map(|using| using(&style.quoted(&to.name)));
        let change = Change::AlterColumn {
            from,
            to,
            using: using.as_deref(),
            backfill: None,
        };
        steps.extend(ddl_steps(alter_table(
            style, old_table, new_table, &change,
        )?));
    }
    Ok(steps)
}

/// If enums are types, replace the old type by a new one with the labels of `after`.
pub(super) fn replace_type(
    after: &Schema,
    style: &DdlStyle,
    name: &str,
) -> Result<Vec<Lowered>, LowerError> {
    let mut sql = Vec::new();
    let old = style.quoted(&ddl::shorten(&format!("_oxyde_old_{name}")));
    sql.push(format!("ALTER TYPE {} RENAME TO {old}", style.quoted(name)));
    let ty = EnumType {
        name: name.to_owned(),
        values: labels(after, name)?.to_vec(),
    };
    sql.extend(ddl::create_enum(style, &ty)?);
    for (table, column) in columns_of(after, name) {
        let owner = style.qualified(table.schema.as_deref(), &table.name);
        let (quoted, ty) = (
            style.quoted(&column.name),
            ddl::type_sql(style, table, column),
        );
        let through = if ty.ends_with("[]") { "text[]" } else { "text" };
        let mut clauses = Vec::new();
        if column.default.is_some() {
            clauses.push(format!("ALTER COLUMN {quoted} DROP DEFAULT"));
        }
        clauses.push(format!(
            "ALTER COLUMN {quoted} TYPE {ty} USING {quoted}::{through}::{ty}"
        ));
        if let Some(default) = &column.default {
            let default = ddl::default_sql(style, default, &column.ty);
            clauses.push(format!("ALTER COLUMN {quoted} SET DEFAULT {default}"));
        }
        sql.push(format!("ALTER TABLE {owner} {}", clauses.join(", ")));
    }
    sql.push(format!("DROP TYPE {old}"));
    Ok(sql
        .into_iter()
        .map(|sql| Lowered::Ddl(Step::Sql(sql)))
        .collect())
}
