//! Lists of scalars: arrays on PostgreSQL, JSON elsewhere.

use super::facts::{Facts, Name, Storage};
use super::{ColumnType, Family, json};
use crate::dialect::Dialect;

pub(super) const FACTS: Facts = Facts {
    name: "array",
    parts: &["item"],
    family: Family::Array,
    noun: "a list",
    // `integer[]`: the name of the item's type.
    read: &[],
    storage: Storage::of(
        Name::Of(|ty, _| format!("{}[]", item(ty).storage(Dialect::Postgres, false))),
        json::SQLITE,
        json::MYSQL,
    ),
    cast: json::CASTS,
    json_table: json::MYSQL,
    from_json: "{0}",
    parameter_cast: |ty| match item(ty) {
        // Array operators need the same type on both sides, and strings are sent as TEXT.
        ColumnType::Varchar { .. } => Some("VARCHAR[]".to_owned()),
        item => item
            .parameter_cast(Dialect::Postgres)
            .map(|item| format!("{item}[]")),
    },
    only: None,
};

fn item(ty: &ColumnType) -> &ColumnType {
    match ty {
        ColumnType::Array { item } => item,
        other => other,
    }
}
