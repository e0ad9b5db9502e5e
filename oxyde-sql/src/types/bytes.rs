//! Binary data.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};

pub(super) const FACTS: Facts = Facts {
    name: "bytes",
    parts: &[],
    family: Family::Bytes,
    noun: "bytes",
    read: &[(&["bytea", "blob", "longblob"], |_| Some(ColumnType::Bytes))],
    storage: Storage {
        keyed: Some("VARBINARY(255)"),
        ..Storage::of(Name::Is("BYTEA"), Name::Is("BLOB"), Name::Is("LONGBLOB"))
    },
    cast: Casts::of(Some("BLOB"), Name::Is("BINARY")),
    json_table: Name::Is("LONGTEXT"),
    from_json: "FROM_BASE64({0})",
    parameter_cast: no_cast,
    only: None,
};
