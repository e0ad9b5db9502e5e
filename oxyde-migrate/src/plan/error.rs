//! Errors of planning.

use crate::history::HistoryError;
use crate::operation::{Irreversible, LowerError};

/// Planning failed; nothing was run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The files do not form a history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// An applied migration has no file.
    #[error("migration `{name}` is applied, but its file is missing")]
    MissingFile {
        /// Its name.
        name: String,
    },
    /// The file of an applied migration differs from what was applied.
    #[error("migration `{name}` was edited after it was applied")]
    Edited {
        /// Its name.
        name: String,
    },
    /// A migration is applied, but one of its dependencies is not.
    #[error("migration `{name}` is applied, but `{missing}`, which it depends on, is not")]
    OutOfOrder {
        /// The applied migration.
        name: String,
        /// Its dependency.
        missing: String,
    },
    /// A migration cannot be reversed.
    #[error("migration `{name}` cannot be reversed: {error}")]
    Irreversible {
        /// Its name.
        name: String,
        /// The reason.
        error: Box<Irreversible>,
    },
    /// The database does not support an operation.
    #[error("migration `{name}`, operation {number} ({operation}): {error}")]
    Lower {
        /// Its name.
        name: String,
        /// The operation's position, from 1.
        number: usize,
        /// What it does.
        operation: String,
        /// The reason.
        error: Box<LowerError>,
    },
    /// The completed steps of an unfinished run differ from the file.
    #[error("migration `{name}` was edited in the {done} steps that are already applied")]
    EditedDone {
        /// Its name.
        name: String,
        /// Number of completed steps.
        done: usize,
    },
    /// A run backwards is unfinished.
    #[error("migration `{name}` is only partly reversed")]
    HalfReversed {
        /// Its name.
        name: String,
    },
}

impl PlanError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::History(error) => error.hint(),
            Self::MissingFile { name } => {
                format!("restore `{name}.toml` from version control; nothing was changed")
            }
            Self::Edited { name } => format!(
                "restore the file and put the change into a new migration; if the database \
                 already matches the file, run `oxyde migrate {name} --fake` to record it"
            ),
            Self::EditedDone { done, .. } => {
                format!("restore its first {done} steps; only the steps after them may be edited")
            }
            Self::OutOfOrder { missing, .. } => {
                format!("run `oxyde migrate {missing} --fake` if the database already has it")
            }
            Self::Irreversible { error, .. } => error.hint(),
            Self::Lower { error, .. } => match error.as_ref() {
                LowerError::Schema(error) => error.hint(),
                LowerError::State(error) => error.hint(),
                LowerError::NoText { dialect } => {
                    format!("add SQL for {dialect} (\"\" if there is nothing to do)")
                }
            },
            Self::HalfReversed { .. } => {
                "finish that first: run `oxyde migrate` with the migration \
                 before it"
                    .to_owned()
            }
        }
    }
}
