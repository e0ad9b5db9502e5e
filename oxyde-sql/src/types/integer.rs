//! Integers of 16, 32 and 64 bits.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};

pub(super) const SMALL_INT: Facts = Facts {
    name: "small_int",
    read: &[(&["smallint"], |_| Some(ColumnType::SmallInt))],
    storage: integer("SMALLINT", "SMALLINT"),
    ..BIG_INT
};

pub(super) const INTEGER: Facts = Facts {
    name: "integer",
    read: &[(&["integer", "int"], |_| Some(ColumnType::Integer))],
    storage: integer("INTEGER", "INT"),
    ..BIG_INT
};

pub(super) const BIG_INT: Facts = Facts {
    name: "big_int",
    parts: &[],
    family: Family::Int,
    noun: "an integer",
    read: &[(&["bigint"], |_| Some(ColumnType::BigInt))],
    storage: integer("BIGINT", "BIGINT"),
    cast: Casts::of(Some("INTEGER"), Name::Is("SIGNED")),
    json_table: Name::Is("BIGINT"),
    from_json: "{0}",
    parameter_cast: no_cast,
    only: None,
};

const fn integer(postgres: &'static str, mysql: &'static str) -> Storage {
    Storage::of(Name::Is(postgres), Name::Is("INTEGER"), Name::Is(mysql))
}
