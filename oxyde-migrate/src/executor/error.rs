//! What can go wrong in a run.

use std::time::Duration;

use oxyde_driver::DriverError;

use crate::plan::PlanError;

/// A run that did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database cannot be reached or refuses.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// No plan can be made; nothing was run.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Another migrator did not come to its end in time; nothing was run.
    #[error("another migrator holds the lock (waited {} s)", waited.as_secs_f64())]
    Locked {
        /// How long it was waited for.
        waited: Duration,
    },
    /// The connection that held the lock is gone.
    #[error("the migrator's lock was lost before `{migration}`")]
    LockLost {
        /// The migration that was not begun.
        migration: String,
    },
    /// A function of the project is to be run, but there is no Python.
    #[error("migration `{migration}` runs a Python function, and there is no Python here")]
    NoPython {
        /// The migration.
        migration: String,
    },
    /// A step failed.
    #[error("migration `{}`, {}: {}", .0.migration, .0.operation, .0.message)]
    Step(Box<FailedStep>),
    /// A rebuilt table does not have the rows that it had.
    #[error("migration `{migration}`: {what}")]
    Rebuild {
        /// The migration.
        migration: String,
        /// What differs.
        what: String,
    },
}

/// A step that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedStep {
    /// The migration.
    pub migration: String,
    /// The operation, in words.
    pub operation: String,
    /// What the database or the function said.
    pub message: String,
    /// The statement, where one was refused.
    pub sql: Option<String>,
    /// What was done before.
    pub outcome: Outcome,
    /// The driver's own hint.
    pub hint: Option<String>,
}

/// What became of a migration whose step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing of it was kept.
    RolledBack,
    /// So many steps of so many are kept, and the next run goes on from there.
    Kept {
        /// Steps that are kept.
        done: usize,
        /// Steps in all.
        of: usize,
    },
}

impl MigrateError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Driver(error) => error
                .hint()
                .unwrap_or_else(|| "check the URL and the server".to_owned()),
            Self::Plan(error) => error.hint(),
            Self::Locked { .. } => {
                "let the other one finish, or wait longer with --lock-timeout".to_owned()
            }
            Self::LockLost { .. } => "run `oxyde migrate` again: it goes on from here".to_owned(),
            Self::NoPython { .. } => {
                "run the `oxyde` command of the project's virtual environment".to_owned()
            }
            Self::Step(step) => match step.outcome {
                Outcome::RolledBack => format!(
                    "{}nothing of this migration was kept",
                    step.hint
                        .as_ref()
                        .map(|hint| format!("{hint}; "))
                        .unwrap_or_default()
                ),
                Outcome::Kept { done, of } => format!(
                    "{done} of its {of} steps are done and kept; correct the cause and run \
                     `oxyde migrate` again: it goes on at step {}",
                    done + 1
                ),
            },
            Self::Rebuild { .. } => {
                "the transaction was rolled back; the table is as it was".into()
            }
        }
    }
}
