//! Enum types, if they are separate objects.

use super::{SchemaError, enum_of};
use crate::dialect::{DdlStyle, EnumStyle};
use crate::schema::Table;

/// An enum type: its name and labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumType {
    /// Name.
    pub name: String,
    /// Labels in order.
    pub values: Vec<String>,
}

/// Return the enum types that the columns of these tables use, in order of first use.
///
/// # Errors
/// Two columns declare the same type with different labels.
pub fn enum_types<'a>(
    tables: impl IntoIterator<Item = &'a Table>,
) -> Result<Vec<EnumType>, SchemaError> {
    let mut found: Vec<EnumType> = Vec::new();
    for table in tables {
        for column in &table.columns {
            let Some((name, values)) = enum_of(&column.ty) else {
                continue;
            };
            match found.iter().find(|known| known.name == name) {
                Some(known) if known.values != values => {
                    return Err(SchemaError::EnumMismatch {
                        name: name.to_owned(),
                    });
                }
                Some(_) => {}
                None => found.push(EnumType {
                    name: name.to_owned(),
                    values: values.to_vec(),
                }),
            }
        }
    }
    Ok(found)
}

/// `CREATE TYPE`; `None` if enums are not separate types.
///
/// # Errors
/// The name or a label is too long.
pub fn create_enum(style: &DdlStyle, ty: &EnumType) -> Result<Option<String>, SchemaError> {
    if style.enums != EnumStyle::NamedType {
        return Ok(None);
    }
    style.check_name("enum type", &ty.name)?;
    for value in &ty.values {
        if !value.is_empty() {
            style.check_name("enum label", value)?;
        }
    }
    let labels: Vec<String> = ty.values.iter().map(|value| style.literal(value)).collect();
    Ok(Some(format!(
        "CREATE TYPE {} AS ENUM ({})",
        style.quoted(&ty.name),
        labels.join(", ")
    )))
}

/// `DROP TYPE`; `None` if enums are not separate types.
#[must_use]
pub fn drop_enum(style: &DdlStyle, name: &str, if_exists: bool) -> Option<String> {
    let if_exists = if if_exists { "IF EXISTS " } else { "" };
    (style.enums == EnumStyle::NamedType)
        .then(|| format!("DROP TYPE {if_exists}{}", style.quoted(name)))
}
