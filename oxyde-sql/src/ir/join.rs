use serde::{Deserialize, Serialize};

use super::{Predicate, Source};

/// A joined table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The kind of join.
    pub kind: JoinKind,
    /// The joined source, under its alias.
    pub source: Source,
    /// The condition.
    pub on: Predicate,
}

/// What happens to rows without a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinKind {
    /// Drop them.
    Inner,
    /// Keep those of the left side, with NULLs.
    Left,
    /// Drop them; the derived table may read the tables before it.
    Lateral,
}
