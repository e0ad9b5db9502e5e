//! Times of day.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};

pub(super) const FACTS: Facts = Facts {
    name: "time",
    parts: &[],
    family: Family::Time,
    noun: "a time",
    read: &[(&["time without time zone", "time"], |_| {
        Some(ColumnType::Time)
    })],
    storage: Storage::of(Name::Is("TIME"), Name::Is("TIME"), Name::Is("TIME(6)")),
    cast: Casts::of(None, Name::Is("TIME(6)")),
    json_table: Name::Is("TIME(6)"),
    from_json: "{0}",
    parameter_cast: no_cast,
    only: None,
};
