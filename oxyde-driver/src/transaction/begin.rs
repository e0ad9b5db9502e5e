//! Options for beginning a transaction.

use std::time::Duration;

use oxyde_sql::dialect::Features;

use crate::backend;

/// The isolation level of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// Sees uncommitted changes of others (PostgreSQL: as `ReadCommitted`).
    ReadUncommitted,
    /// Sees what others committed before each statement.
    ReadCommitted,
    /// Sees what was committed before the first statement.
    RepeatableRead,
    /// As if transactions ran one after the other.
    Serializable,
}

impl Isolation {
    /// Parse a level (`read committed`, `REPEATABLE_READ` …).
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
    /// The isolation level; `None` means the database's default. SQLite is always serializable.
    pub isolation: Option<Isolation>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// Whether it begins only after its server has applied what a member of its group had committed.
    pub causal: bool,
    /// Maximum duration; `None` means the pool's `transaction_timeout`.
    pub timeout: Option<Duration>,
}

impl BeginOptions {
    /// Return the statements that begin such a transaction.
    pub(super) fn begin_sql(self, features: &Features) -> Vec<String> {
        let mut statements =
            backend::begin_sql(features, self.isolation.map(Isolation::sql), self.read_only);
        if self.causal {
            statements.splice(0..0, backend::causal_sql(features).map(str::to_owned));
        }
        statements
    }

    /// Return the statements that reset what a session's transaction has set for it.
    pub(super) fn end_sql(self, features: &Features) -> impl Iterator<Item = &'static str> {
        let causal = backend::causal_end_sql(features).filter(|_| self.causal);
        backend::end_sql(features, self.read_only)
            .into_iter()
            .chain(causal)
    }
}
