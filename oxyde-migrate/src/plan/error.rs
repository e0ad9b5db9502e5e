//! Why no plan can be made.

use crate::history::HistoryError;
use crate::operation::{Irreversible, LowerError};

/// A plan that cannot be made; nothing was run.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The files make no history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// An applied migration has no file.
    #[error("migration `{name}` is applied, but its file is missing")]
    MissingFile {
        /// Its name.
        name: String,
    },
    /// The file of an applied migration is not what was applied.
    #[error("migration `{name}` was edited after it was applied")]
    Edited {
        /// Its name.
        name: String,
    },
    /// A migration that others need is not applied, but they are.
    #[error("migration `{name}` is applied, but `{missing}`, which it depends on, is not")]
    OutOfOrder {
        /// The applied one.
        name: String,
        /// The one before it.
        missing: String,
    },
    /// A migration cannot be taken back.
    #[error("migration `{name}` cannot be reversed: {error}")]
    Irreversible {
        /// Its name.
        name: String,
        /// The reason.
        error: Box<Irreversible>,
    },
    /// The database cannot do what an operation says.
    #[error("migration `{name}`, operation {number} ({operation}): {error}")]
    Lower {
        /// Its name.
        name: String,
        /// The operation's place, from 1.
        number: usize,
        /// What it does.
        operation: String,
        /// The reason.
        error: Box<LowerError>,
    },
    /// What an unfinished run did is not what the file says now.
    #[error("migration `{name}` was edited in the {done} steps that are done already")]
    EditedDone {
        /// Its name.
        name: String,
        /// Steps that are done.
        done: usize,
    },
    /// A run the other way did not come to its end.
    #[error("migration `{name}` is half {done}")]
    Half {
        /// Its name.
        name: String,
        /// "applied", "reversed".
        done: &'static str,
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
                "restore the file and put the change into a new migration; if the database is \
                 already as the file says, `oxyde migrate {name} --fake` records it as it is now"
            ),
            Self::EditedDone { done, .. } => {
                format!("restore its first {done} steps; what comes after them may be corrected")
            }
            Self::OutOfOrder { missing, .. } => {
                format!("run `oxyde migrate {missing} --fake` if the database already has it")
            }
            Self::Irreversible { error, .. } => error.hint(),
            Self::Lower { error, .. } => match error.as_ref() {
                LowerError::Schema(error) => error.hint(),
                LowerError::State(error) => error.hint(),
                LowerError::NoText { dialect } => {
                    format!("add a text for {dialect} (\"\" when there is nothing to do)")
                }
            },
            Self::Half { done, .. } => {
                let way = if *done == "applied" {
                    "forwards"
                } else {
                    "backwards"
                };
                format!("go {way} first: `oxyde migrate` finishes what was begun")
            }
        }
    }
}
