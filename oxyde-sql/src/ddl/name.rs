//! Names: quoting, limits, and names that are derived from tables and columns.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::SchemaError;
use crate::dialect::{DdlStyle, NameLimit};

/// Maximum length of a derived name in bytes: PostgreSQL's limit, which is valid for every dialect.
///
/// The limit is the same for all dialects, so that a migration uses the same name on all databases.
pub const DERIVED_LIMIT: usize = 63;

/// The name of a table's primary key.
#[must_use]
pub fn primary_key_name(table: &str) -> String {
    shorten(&format!("pk_{table}"))
}

/// The name of a unique constraint without an explicit name.
#[must_use]
pub fn unique_name(table: &str, columns: &[String]) -> String {
    derived(table, columns, "key")
}

/// The name of an index without an explicit name.
#[must_use]
pub fn index_name(table: &str, columns: &[String]) -> String {
    derived(table, columns, "idx")
}

/// The name of a foreign key.
#[must_use]
pub fn foreign_key_name(table: &str, columns: &[String]) -> String {
    derived(table, columns, "fkey")
}

/// The name that models derive: one that is too long ends with a digest and the kind.
fn derived(table: &str, columns: &[String], kind: &str) -> String {
    let name = format!("{table}_{}_{kind}", columns.join("_"));
    if name.len() <= DERIVED_LIMIT {
        return name;
    }
    let mut tail = String::from("_");
    for byte in Sha256::digest(name.as_bytes()).iter().take(4) {
        let _ = write!(tail, "{byte:02x}");
    }
    let _ = write!(tail, "_{kind}");
    let end = name.floor_char_boundary(DERIVED_LIMIT - tail.len());
    format!("{}{tail}", &name[..end])
}

/// The name of a check constraint, from the part that the user specified.
#[must_use]
pub fn check_name(table: &str, name: &str) -> String {
    shorten(&format!("{table}_{name}_check"))
}

/// The name of the check for an enum's labels, if the dialect has no enum types.
#[must_use]
pub fn enum_check_name(enum_name: &str) -> String {
    shorten(&format!("{enum_name}_enum"))
}

/// Shorten a derived name to [`DERIVED_LIMIT`] bytes: its beginning, and a hash of the whole name.
#[must_use]
pub fn shorten(name: &str) -> String {
    if name.len() <= DERIVED_LIMIT {
        return name.to_owned();
    }
    // FNV-1a: stable across versions and machines, unlike the standard library's hasher.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let tail = format!("_{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff));
    let mut end = DERIVED_LIMIT - tail.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{tail}", &name[..end])
}

impl DdlStyle {
    /// The name in quotes.
    #[must_use]
    pub fn quoted(&self, name: &str) -> String {
        let mut out = String::with_capacity(name.len() + 2);
        out.push(self.quote);
        for character in name.chars() {
            out.push(character);
            if character == self.quote {
                out.push(character);
            }
        }
        out.push(self.quote);
        out
    }

    /// The name of a table with its schema, in quotes.
    #[must_use]
    pub fn qualified(&self, schema: Option<&str>, table: &str) -> String {
        match schema {
            Some(schema) => format!("{}.{}", self.quoted(schema), self.quoted(table)),
            None => self.quoted(table),
        }
    }

    /// Names in quotes, separated by commas.
    #[must_use]
    pub fn quoted_list(&self, names: &[String]) -> String {
        let quoted: Vec<String> = names.iter().map(|name| self.quoted(name)).collect();
        quoted.join(", ")
    }

    /// Return a string as an SQL literal.
    #[must_use]
    pub fn literal(&self, text: &str) -> String {
        let text = text.replace('\'', "''");
        let text = if self.backslash {
            text.replace('\\', "\\\\")
        } else {
            text
        };
        format!("'{text}'")
    }

    /// Refuse a name that the database would truncate or does not accept.
    ///
    /// # Errors
    /// The name is empty, contains a NUL character, or is longer than the dialect's limit.
    pub fn check_name(&self, kind: &'static str, name: &str) -> Result<(), SchemaError> {
        if name.is_empty() || name.contains('\0') {
            return Err(SchemaError::BadName {
                kind,
                name: name.to_owned(),
            });
        }
        let (length, limit, unit) = match self.name_limit {
            NameLimit::Bytes(limit) => (name.len(), limit, "bytes"),
            NameLimit::Characters(limit) => (name.chars().count(), limit, "characters"),
            NameLimit::Free(_) => return Ok(()),
        };
        if length > limit {
            return Err(SchemaError::NameTooLong {
                kind,
                name: name.to_owned(),
                limit: format!("{limit} {unit}"),
                dialect: self.name,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{foreign_key_name, index_name};

    #[test]
    fn long_names_are_those_of_models() {
        let columns = ["composite_display_field_id".to_owned()];
        assert_eq!(
            foreign_key_name("ohrm_selected_composite_display_field", &columns),
            "ohrm_selected_composite_display_field_composite_d_d515ae1d_fkey"
        );
        assert_eq!(index_name("town", &["name".to_owned()]), "town_name_idx");
    }
}
