//! Why migrations make no history.

use std::path::PathBuf;

use crate::file::FileError;
use crate::operation::OperationError;

/// Migrations that make no history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The folder or a file cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// A file is wrong.
    #[error(transparent)]
    File(Box<FileError>),
    /// A migration comes after one that is not there.
    #[error("migration `{migration}` depends on `{missing}`, which is not there")]
    UnknownDependency {
        /// The migration.
        migration: String,
        /// What it names.
        missing: String,
    },
    /// Migrations that wait for each other.
    #[error("the migrations {names} depend on each other in a cycle", names = names.join(", "))]
    Cycle {
        /// Their names.
        names: Vec<String>,
    },
    /// Two ends.
    #[error("the history has {n} heads: {names}", n = names.len(), names = names.join(", "))]
    Heads {
        /// Their names.
        names: Vec<String>,
    },
    /// No migration of that name.
    #[error("there is no migration `{name}`")]
    NoMigration {
        /// What was asked for.
        name: String,
        /// A name near to it.
        near: Option<String>,
    },
    /// More than one migration begins so.
    #[error("`{name}` fits {n} migrations: {fits}", n = fits.len(), fits = fits.join(", "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// What it fits.
        fits: Vec<String>,
    },
    /// An operation does not fit the state before it.
    #[error("migration `{migration}`, operation {number} ({operation}): {error}")]
    Operation {
        /// The migration.
        migration: String,
        /// The operation's place, from 1.
        number: usize,
        /// What it does.
        operation: String,
        /// What does not fit.
        error: Box<OperationError>,
    },
}

impl HistoryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Io { .. } => "check the path and its permissions, or run `oxyde init`".into(),
            Self::File(error) => error.hint.clone(),
            Self::UnknownDependency { .. } => {
                "restore the missing file, or correct `depends_on`".into()
            }
            Self::Cycle { .. } => "correct `depends_on` in one of them".into(),
            Self::Heads { .. } => {
                "run `oxyde makemigrations --merge` to join them, or correct `depends_on`".into()
            }
            Self::NoMigration {
                near: Some(near), ..
            } => format!("did you mean `{near}`?"),
            Self::NoMigration { near: None, .. } => "`oxyde showmigrations` lists them".into(),
            Self::Ambiguous { .. } => "write more of the name".into(),
            Self::Operation { error, .. } => error.hint(),
        }
    }
}

impl From<FileError> for HistoryError {
    fn from(error: FileError) -> Self {
        Self::File(Box::new(error))
    }
}
