//! What can be wrong with an operation.

use super::Operation;

/// An operation that does not fit the state it is applied to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// The table is not there.
    #[error("there is no table `{table}`")]
    NoTable {
        /// The table.
        table: String,
    },
    /// The table is there already.
    #[error("there is a table `{table}` already")]
    TableExists {
        /// The table.
        table: String,
    },
    /// The part of the table is not there.
    #[error("table `{table}` has no {kind} `{name}`")]
    Missing {
        /// The table.
        table: String,
        /// "column", "index" …
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The part of the table is there already.
    #[error("table `{table}` has a {kind} `{name}` already")]
    Exists {
        /// The table.
        table: String,
        /// "column", "index" …
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Something else still needs it.
    #[error("{what} is used by {users}", users = users.join(", "))]
    InUse {
        /// What is to be dropped.
        what: String,
        /// What uses it.
        users: Vec<String>,
    },
    /// The enum type is not there.
    #[error("no column uses an enum type `{name}`")]
    NoEnum {
        /// The type.
        name: String,
    },
    /// The label is not there.
    #[error("the enum type `{name}` has no value `{value}`")]
    NoEnumValue {
        /// The type.
        name: String,
        /// The label.
        value: String,
    },
    /// The label is there already.
    #[error("the enum type `{name}` has a value `{value}` already")]
    EnumValueExists {
        /// The type.
        name: String,
        /// The label.
        value: String,
    },
    /// The table contradicts itself.
    #[error(transparent)]
    Schema(#[from] oxyde_sql::ddl::SchemaError),
}

impl OperationError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoTable { .. }
            | Self::Missing { .. }
            | Self::NoEnum { .. }
            | Self::NoEnumValue { .. } => {
                "check the name, and that an earlier migration creates it and none drops it".into()
            }
            Self::TableExists { .. } | Self::Exists { .. } | Self::EnumValueExists { .. } => {
                "an earlier migration creates it: remove one of the two operations".into()
            }
            Self::InUse { .. } => "drop what uses it in an operation before this one".into(),
            Self::Schema(error) => error.hint(),
        }
    }
}

/// An operation that cannot be taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Irreversible {
    /// By its nature.
    #[error("{what} cannot be reversed: {why}")]
    Lost {
        /// The operation, in words.
        what: String,
        /// The reason.
        why: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// It does not fit the state.
    #[error(transparent)]
    State(#[from] OperationError),
}

impl Irreversible {
    pub(super) fn of(
        operation: impl Into<Operation>,
        why: &'static str,
        hint: &'static str,
    ) -> Self {
        Self::Lost {
            what: operation.into().describe(),
            why,
            hint,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Lost { hint, .. } => (*hint).to_owned(),
            Self::State(error) => error.hint(),
        }
    }
}
