//! Floating-point numbers.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};

pub(super) const FACTS: Facts = Facts {
    name: "double",
    parts: &[],
    family: Family::Float,
    noun: "a floating-point number",
    read: &[(&["double precision", "double", "real"], |_| {
        Some(ColumnType::Double)
    })],
    storage: Storage::of(
        Name::Is("DOUBLE PRECISION"),
        Name::Is("REAL"),
        Name::Is("DOUBLE"),
    ),
    cast: Casts::of(Some("REAL"), Name::Is("DOUBLE")),
    json_table: Name::Is("DOUBLE"),
    from_json: "{0}",
    parameter_cast: no_cast,
    only: None,
};
