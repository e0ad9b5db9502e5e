//! `#[oxyde(…)]` of a field.

use syn::{Attribute, LitStr, Result};

/// How a field is read.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    /// The name of its column, if it differs from its own.
    pub rename: Option<LitStr>,
    /// Whether it is its default if there is no such column.
    pub default: bool,
    /// Whether it is read from the same row.
    pub flatten: bool,
}

impl Attributes {
    /// Read the attributes of a field.
    ///
    /// # Errors
    /// An attribute is unknown, is repeated, or contradicts another.
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut read = Self::default();
        for attribute in attributes {
            if !attribute.path().is_ident("oxyde") {
                continue;
            }
            attribute.parse_nested_meta(|meta| {
                let repeated = if meta.path.is_ident("rename") {
                    read.rename.replace(meta.value()?.parse()?).is_some()
                } else if meta.path.is_ident("default") {
                    std::mem::replace(&mut read.default, true)
                } else if meta.path.is_ident("flatten") {
                    std::mem::replace(&mut read.flatten, true)
                } else {
                    return Err(meta.error(
                        "unknown attribute; a field has `rename = \"…\"`, `default` or `flatten`",
                    ));
                };
                if repeated {
                    return Err(meta.error("the attribute is repeated"));
                }
                if read.flatten && (read.default || read.rename.is_some()) {
                    return Err(meta.error(
                        "`flatten` reads several columns, so it excludes `rename` and `default`",
                    ));
                }
                Ok(())
            })?;
        }
        Ok(read)
    }
}
