use serde::{Deserialize, Serialize};

use super::{Predicate, Source};

/// A joined table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// How.
    pub kind: JoinKind,
    /// What, under an alias of its own.
    pub source: Source,
    /// The condition.
    pub on: Predicate,
}

/// What happens to rows without a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinKind {
    /// They go.
    Inner,
    /// Those of the left side stay, with NULLs.
    Left,
}
