//! Calendar dates.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};

pub(super) const FACTS: Facts = Facts {
    name: "date",
    parts: &[],
    family: Family::Date,
    noun: "a date",
    read: &[(&["date"], |_| Some(ColumnType::Date))],
    storage: Storage::same(Name::Is("DATE")),
    cast: Casts::of(None, Name::Is("DATE")),
    json_table: Name::Is("DATE"),
    from_json: "{0}",
    parameter_cast: no_cast,
    only: None,
};
