//! True or false.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};

pub(super) const FACTS: Facts = Facts {
    name: "bool",
    parts: &[],
    family: Family::Bool,
    noun: "a boolean",
    read: &[(&["boolean"], |_| Some(ColumnType::Bool))],
    storage: Storage::of(
        Name::Is("BOOLEAN"),
        Name::Is("BOOLEAN"),
        Name::Is("TINYINT(1)"),
    ),
    cast: Casts::of(Some("INTEGER"), Name::Is("SIGNED")),
    json_table: Name::Is("TINYINT"),
    from_json: "{0}",
    parameter_cast: no_cast,
    only: None,
};
