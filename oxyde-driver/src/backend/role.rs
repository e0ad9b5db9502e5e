//! What a server is among those that have the same data, and which of them are wanted.

use crate::settings::PoolSettings;

/// What a server was when a connection was opened or tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It accepts writes.
    Primary,
    /// It refuses writes by a setting (`PostgreSQL`'s `default_transaction_read_only`).
    ReadOnly,
    /// It follows a primary (`PostgreSQL`), or is set to `read_only` (`MySQL`, `MariaDB`).
    Standby,
}

impl Role {
    /// Return its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::ReadOnly => "read-only",
            Self::Standby => "standby",
        }
    }

    /// As a number, for an atomic.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Primary => 0,
            Self::ReadOnly => 1,
            Self::Standby => 2,
        }
    }

    pub(crate) fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Primary,
            1 => Self::ReadOnly,
            _ => Self::Standby,
        }
    }
}

/// Which servers are wanted: libpq's `target_session_attrs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Any,
    Primary,
    Standby,
    PreferStandby,
    ReadWrite,
    ReadOnly,
}

impl Wanted {
    pub(crate) fn of(settings: &PoolSettings) -> Self {
        let word = settings.target_session_attrs.as_deref().unwrap_or("any");
        match word.to_ascii_lowercase().as_str() {
            "primary" => Self::Primary,
            "standby" => Self::Standby,
            "prefer-standby" => Self::PreferStandby,
            "read-write" => Self::ReadWrite,
            "read-only" => Self::ReadOnly,
            _ => Self::Any,
        }
    }

    /// Whether the role of a server matters.
    pub(crate) fn is_choosy(self) -> bool {
        self != Self::Any
    }

    /// Whether at most one server is meant, so that the one that was found is tried first.
    pub(crate) fn is_one(self) -> bool {
        matches!(self, Self::Primary | Self::ReadWrite)
    }

    /// Return why a server is not wanted.
    pub(crate) fn refusal(self, role: Role) -> Option<&'static str> {
        match (self, role) {
            (Self::Primary | Self::ReadWrite, Role::Standby) => Some("is a standby"),
            (Self::ReadWrite, Role::ReadOnly) => Some("is read-only"),
            (Self::ReadOnly, Role::Primary) => Some("is writable"),
            (Self::Standby, Role::Primary | Role::ReadOnly) => Some("is a primary"),
            _ => None,
        }
    }

    /// Whether a server that is accepted is one of those that are preferred.
    pub(crate) fn prefers(self, role: Role) -> bool {
        self != Self::PreferStandby || role == Role::Standby
    }
}
