//! Exact decimal numbers.

use super::facts::{Casts, Facts, Name, Storage, no_cast};
use super::{ColumnType, Family};

pub(super) const FACTS: Facts = Facts {
    name: "decimal",
    parts: &["precision", "scale"],
    family: Family::Decimal,
    noun: "a decimal number",
    read: &[(&["numeric", "decimal", "decimal text"], |digits| {
        let digits = |at: usize| digits.get(at).and_then(|number| (*number).try_into().ok());
        Some(ColumnType::Decimal {
            precision: digits(0),
            scale: digits(1),
        })
    })],
    storage: Storage::of(
        Name::Of(|ty, _| digits(ty, "NUMERIC", "NUMERIC")),
        Name::Of(|ty, _| digits(ty, "DECIMAL TEXT", "DECIMAL TEXT")),
        MYSQL,
    ),
    cast: Casts::of(None, MYSQL),
    json_table: Name::Is("DECIMAL(65,30)"),
    from_json: "{0}",
    parameter_cast: no_cast,
    only: None,
};

const MYSQL: Name = Name::Of(|ty, _| digits(ty, "DECIMAL", "DECIMAL(65,30)"));

fn digits(ty: &ColumnType, name: &str, unbounded: &str) -> String {
    match ty {
        ColumnType::Decimal {
            precision: Some(precision),
            scale,
        } => format!("{name}({precision},{})", scale.unwrap_or(0)),
        _ => unbounded.to_owned(),
    }
}
