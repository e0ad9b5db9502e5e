//! JSON documents.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};

pub(super) const FACTS: Facts = Facts {
    name: "json",
    parts: &[],
    family: Family::Json,
    noun: "a JSON document",
    read: &[(&["jsonb", "json text", "json"], |_| Some(ColumnType::Json))],
    storage: Storage::of(Name::Is("JSONB"), SQLITE, MYSQL),
    cast: CASTS,
    json_table: MYSQL,
    from_json: "{0}",
    parameter_cast: no_cast,
    only: None,
};

pub(super) const SQLITE: Name = Name::Is("JSON TEXT");
pub(super) const MYSQL: Name = Name::Is("JSON");
pub(super) const CASTS: Casts = Casts {
    mysql: Some(MYSQL),
    ..Casts::NONE
};
