//! Vectors: lists of 32-bit numbers of one length.

use super::facts::{Casts, Facts, Name, Only, Storage};
use super::{ColumnType, Family, json};

pub(super) const FACTS: Facts = Facts {
    name: "vector",
    parts: &["dimensions"],
    family: Family::Vector,
    noun: "a vector",
    read: &[(&["vector"], |numbers| {
        let dimensions = numbers
            .first()
            .and_then(|number| (*number).try_into().ok())?;
        Some(ColumnType::Vector {
            dimensions: Some(dimensions),
        })
    })],
    storage: Storage::same(Name::Of(|ty, _| match ty {
        ColumnType::Vector {
            dimensions: Some(dimensions),
        } => format!("VECTOR({dimensions})"),
        _ => "VECTOR".to_owned(),
    })),
    cast: Casts::NONE,
    json_table: json::MYSQL,
    from_json: "{0}",
    // Binding checks the length.
    parameter_cast: |_| Some("VECTOR".to_owned()),
    only: Some(&ONLY),
};

/// Why most databases refuse vectors.
pub(crate) const ONLY: Only = Only {
    what: "vectors",
    hint: "vectors need PostgreSQL with the pgvector extension",
    has: |features| features.vectors,
};
