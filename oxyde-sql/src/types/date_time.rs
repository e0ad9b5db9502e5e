//! Dates with times, without and with a time zone.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};

pub(super) const DATE_TIME: Facts = Facts {
    name: "date_time",
    parts: &[],
    family: Family::DateTime,
    noun: "a date and time without a zone",
    read: &[(
        &["timestamp without time zone", "timestamp", "datetime"],
        |_| Some(ColumnType::DateTime),
    )],
    storage: stored("TIMESTAMP"),
    cast: Casts::of(None, MYSQL),
    json_table: MYSQL,
    from_json: "{0}",
    parameter_cast: no_cast,
    only: None,
};

pub(super) const TIMESTAMP_TZ: Facts = Facts {
    name: "timestamp_tz",
    noun: "a date and time with a zone",
    read: &[(&["timestamp with time zone", "timestamptz"], |_| {
        Some(ColumnType::TimestampTz)
    })],
    storage: stored("TIMESTAMPTZ"),
    ..DATE_TIME
};

const MYSQL: Name = Name::Is("DATETIME(6)");

const fn stored(name: &'static str) -> Storage {
    Storage::of(Name::Is(name), Name::Is(name), MYSQL)
}
