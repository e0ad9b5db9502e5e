//! Enums: one of a fixed list of strings.

use super::facts::{Casts, Facts, Name, Storage};
use super::{ColumnType, Family, text};
use crate::dialect::{Dialect, quote_identifier};

pub(super) const FACTS: Facts = Facts {
    name: "enum",
    parts: &["name", "values"],
    family: Family::Enum,
    noun: "an enum label",
    // Introspection finds labels in the catalogs of enums, not by a name.
    read: &[],
    storage: Storage::of(
        Name::Of(|ty, _| parts(ty).0.to_owned()),
        Name::Is("TEXT"),
        Name::Of(|ty, _| {
            let labels: Vec<String> = parts(ty)
                .1
                .iter()
                .map(|label| format!("'{}'", label.replace('\\', "\\\\").replace('\'', "''")))
                .collect();
            format!("ENUM({})", labels.join(", "))
        }),
    ),
    cast: Casts::of(Some("TEXT"), Name::Is("CHAR")),
    json_table: Name::Of(|_, dialect| text::collated("VARCHAR(255)", dialect)),
    from_json: "{0}",
    parameter_cast: |ty| Some(quote_identifier(parts(ty).0, Dialect::Postgres)),
    only: None,
};

fn parts(ty: &ColumnType) -> (&str, &[String]) {
    match ty {
        ColumnType::Enum { name, values } => (name, values),
        _ => ("", &[]),
    }
}
