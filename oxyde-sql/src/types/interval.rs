//! Durations.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};

pub(super) const FACTS: Facts = Facts {
    name: "interval",
    parts: &[],
    family: Family::Interval,
    noun: "an interval",
    read: &[(&["interval"], |_| Some(ColumnType::Interval))],
    storage: Storage::of(
        Name::Is("INTERVAL"),
        Name::Is("INTERVAL"),
        Name::Is("BIGINT"),
    ),
    cast: Casts::of(Some("INTEGER"), Name::Is("SIGNED")),
    json_table: Name::Is("BIGINT"),
    from_json: "{0}",
    parameter_cast: no_cast,
    only: None,
};
