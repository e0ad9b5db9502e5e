//! Errors of operations.

use super::Operation;

/// An operation that does not match the state it is applied to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OperationError {
    /// The table does not exist.
    #[error("table `{table}` does not exist")]
    NoTable {
        /// The table.
        table: String,
    },
    /// The table already exists.
    #[error("table `{table}` already exists")]
    TableExists {
        /// The table.
        table: String,
    },
    /// The part of the table does not exist.
    #[error("table `{table}` has no {kind} `{name}`")]
    Missing {
        /// The table.
        table: String,
        /// "column", "index" …
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The part of the table already exists.
    #[error("table `{table}` already has a {kind} `{name}`")]
    Exists {
        /// The table.
        table: String,
        /// "column", "index" …
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// Something else still uses it.
    #[error("{what} is used by {users}", users = users.join(", "))]
    InUse {
        /// The thing to drop.
        what: String,
        /// Its users.
        users: Vec<String>,
    },
    /// The enum type does not exist.
    #[error("no column uses an enum type `{name}`")]
    NoEnum {
        /// The type.
        name: String,
    },
    /// A table's rows cannot be divided into ranges of keys.
    #[error(
        "table `{table}` has no key of one integer, text or UUID column, whose ranges a function could run for"
    )]
    NoRangeKey {
        /// The table.
        table: String,
    },
    /// The label does not exist.
    #[error("the enum type `{name}` has no value `{value}`")]
    NoEnumValue {
        /// The type.
        name: String,
        /// The label.
        value: String,
    },
    /// The label already exists.
    #[error("the enum type `{name}` already has a value `{value}`")]
    EnumValueExists {
        /// The type.
        name: String,
        /// The label.
        value: String,
    },
    /// The object beside the tables already exists.
    #[error("the {kind} `{name}` already exists")]
    ObjectExists {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// The object beside the tables does not exist.
    #[error("the {kind} `{name}` does not exist")]
    NoObject {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// The rows of the table are divided over nodes already, or are not.
    #[error(
        "table `{table}` is {} over nodes",
        if *is_distributed { "already distributed" } else { "not distributed" }
    )]
    Distribution {
        /// The table.
        table: String,
        /// Whether they are.
        is_distributed: bool,
    },
    /// The table definition is inconsistent.
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
            | Self::NoEnumValue { .. }
            | Self::NoObject { .. } => {
                "check the name, and that an earlier migration creates it and no later one drops it"
                    .into()
            }
            Self::NoRangeKey { .. } => "omit `table`, and divide the rows in the function".into(),
            Self::TableExists { .. }
            | Self::Exists { .. }
            | Self::EnumValueExists { .. }
            | Self::ObjectExists { .. } => {
                "an earlier migration already creates it: remove one of the two operations".into()
            }
            Self::Distribution {
                is_distributed: true,
                ..
            } => "undistribute_table first, or remove the operation".into(),
            Self::Distribution { .. } => {
                "check that an earlier migration distributes the table".into()
            }
            Self::InUse { .. } => "drop its users in an earlier operation".into(),
            Self::Schema(error) => error.hint(),
        }
    }
}

/// An operation that cannot be reversed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Irreversible {
    /// Information is missing.
    #[error("{what} cannot be reversed: {why}")]
    Lost {
        /// The operation, in words.
        what: String,
        /// The reason.
        why: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// The operation does not match the state.
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
