//! How a transaction begins.

use std::time::Duration;

/// How much transactions see of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Also what others have not committed (PostgreSQL: as `ReadCommitted`).
    ReadUncommitted,
    /// What others have committed before each statement.
    ReadCommitted,
    /// What was committed before the first statement.
    RepeatableRead,
    /// As if one came after the other.
    Serializable,
}

impl Isolation {
    /// The level of that name (`read committed`, `REPEATABLE_READ` …).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(
            match name.to_ascii_lowercase().replace(['_', '-'], " ").as_str() {
                "read uncommitted" => Self::ReadUncommitted,
                "read committed" => Self::ReadCommitted,
                "repeatable read" => Self::RepeatableRead,
                "serializable" => Self::Serializable,
                _ => return None,
            },
        )
    }

    pub(crate) const fn sql(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "READ UNCOMMITTED",
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}

/// How a transaction begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BeginOptions {
    /// The isolation level; the database's own when `None`. SQLite is always serializable.
    pub isolation: Option<Isolation>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// How long it may last; the pool's `transaction_timeout` when `None`.
    pub timeout: Option<Duration>,
}
