//! UUIDs.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};

pub(super) const FACTS: Facts = Facts {
    name: "uuid",
    parts: &[],
    family: Family::Uuid,
    noun: "a UUID",
    read: &[(&["uuid"], |_| Some(ColumnType::Uuid))],
    storage: Storage::of(Name::Is("UUID"), Name::Is("UUID"), MYSQL),
    cast: Casts::of(Some("TEXT"), Name::Is("CHAR")),
    // In the stored form of the column, so that its index can be used.
    json_table: MYSQL,
    from_json: "{0}",
    parameter_cast: no_cast,
    only: None,
};

const MYSQL: Name = Name::Is("CHAR(36) CHARACTER SET ascii COLLATE ascii_bin");
