//! Errors of a run.

use std::time::Duration;

use oxyde_driver::DriverError;

use crate::plan::PlanError;

/// A run that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The database cannot be reached, or refuses a statement.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// Planning failed; nothing was run.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Another migrator did not finish in time; nothing was run.
    #[error("another migrator holds the lock (waited {} s)", waited.as_secs_f64())]
    Locked {
        /// The time spent waiting.
        waited: Duration,
    },
    /// The connection that held the lock was lost.
    #[error("the migrator's lock was lost before `{migration}`")]
    LockLost {
        /// The next migration, which was not started.
        migration: String,
    },
    /// A migration is older, by its name, than an applied one, and the options refuse that.
    #[error("migration `{migration}` is not applied, but `{after}`, which is newer, is")]
    Late {
        /// The migration.
        migration: String,
        /// The newest applied one.
        after: String,
    },
    /// A step is a Python function, but there is no Python.
    #[error("migration `{migration}` runs a Python function, but Python is not available")]
    NoPython {
        /// The migration.
        migration: String,
    },
    /// The server cannot divide tables over nodes; nothing was run.
    #[error(
        "migration `{migration}` divides a table over the nodes of a cluster, and the server does not have the extension `citus`"
    )]
    NoCluster {
        /// The migration.
        migration: String,
    },
    /// A step failed.
    #[error("migration `{}`, {}: {}", .0.migration, .0.operation, .0.message)]
    Step(Box<FailedStep>),
    /// Values would be lost, so the step did not run.
    #[error("migration `{}`, {}: {}", .0.migration, .0.operation, .0.message())]
    Values(Box<LostValues>),
    /// A rebuild would lose what only the database has, so it did not run.
    #[error("migration `{migration}`: table `{table}` is rebuilt, but {what}")]
    Undeclared {
        /// The migration.
        migration: String,
        /// The table.
        table: String,
        /// What cannot be kept.
        what: String,
    },
    /// A rebuilt table does not have its original rows.
    #[error("migration `{migration}`: {what}")]
    Rebuild {
        /// The migration.
        migration: String,
        /// The difference.
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
    /// The error of the database or the function.
    pub message: String,
    /// The refused statement, if there is one.
    pub sql: Option<String>,
    /// The outcome for the steps before it.
    pub outcome: Outcome,
    /// The driver's own hint.
    pub hint: Option<String>,
    /// Whether a transaction of another server was first, so that the step may succeed when it runs
    /// again.
    pub conflicts: bool,
}

/// Values that a new type cannot take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostValues {
    /// The migration.
    pub migration: String,
    /// The operation, in words.
    pub operation: String,
    /// The column, with its table.
    pub column: String,
    /// The new type.
    pub ty: String,
    /// Their number.
    pub count: u64,
    /// The key of one of their rows: `id = 5`.
    pub example: Option<String>,
    /// The outcome for the steps before it.
    pub outcome: Outcome,
}

impl LostValues {
    fn message(&self) -> String {
        let (values, has) = if self.count == 1 {
            ("value", "does")
        } else {
            ("values", "do")
        };
        let example = self.example.as_ref().map_or_else(String::new, |key| {
            let one = if self.count == 1 {
                "the"
            } else {
                "such as the"
            };
            format!(" ({one} one of the row with {key})")
        });
        format!(
            "{} {values} of `{}` {has} not fit the new type {}{example}",
            self.count, self.column, self.ty
        )
    }
}

/// The outcome of a migration whose step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing of it was applied.
    RolledBack,
    /// `done` of `of` steps were applied; the next run continues from there.
    Kept {
        /// Applied steps.
        done: usize,
        /// All steps.
        of: usize,
    },
}

impl MigrateError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Driver(DriverError::Cancelled) => "run the command again to continue".to_owned(),
            Self::Driver(error) => error
                .hint()
                .unwrap_or_else(|| "check the URL and the server".to_owned()),
            Self::Plan(error) => error.hint(),
            Self::Locked { .. } => {
                "let the other migrator finish, or wait longer with --lock-timeout".to_owned()
            }
            Self::LockLost { .. } => "run `oxyde migrate` again to continue".to_owned(),
            Self::Late { .. } => {
                "give it a number after that of the newest, or set `out_of_order` in the \
                 configuration to \"apply\" or \"warn\""
                    .to_owned()
            }
            Self::NoPython { .. } => {
                "run the `oxyde` command from the project's virtual environment".to_owned()
            }
            Self::NoCluster { .. } => {
                "migrate the coordinator of a Citus cluster, after CREATE EXTENSION citus; nothing was run"
                    .to_owned()
            }
            Self::Step(step) => match step.outcome {
                Outcome::RolledBack => format!(
                    "{}nothing of this migration was applied",
                    step.hint
                        .as_ref()
                        .map(|hint| format!("{hint}; "))
                        .unwrap_or_default()
                ),
                Outcome::Kept { done, of } => format!(
                    "{done} of its {of} steps were applied; correct the cause and run \
                     `oxyde migrate` again to continue with step {}, or migrate to the one before \
                     it to take them back",
                    done + 1
                ),
            },
            Self::Values(lost) => {
                let change = "change these values first, or set `using` of the operation to the SQL \
                    expression that converts them";
                match lost.outcome {
                    Outcome::RolledBack => {
                        format!("{change}; nothing of this migration was applied")
                    }
                    Outcome::Kept { done, of } => format!(
                        "{change}; {done} of its {of} steps were applied, and `oxyde migrate` \
                         continues with step {}",
                        done + 1
                    ),
                }
            }
            Self::Undeclared { .. } => "drop or change it in a `run_sql` step before this one; \
                 nothing of this migration was applied"
                .to_owned(),
            Self::Rebuild { .. } => {
                "the transaction was rolled back; the table is unchanged".into()
            }
        }
    }
}
