//! Errors of the history.

use std::path::PathBuf;

use oxyde_sql::suggest::did_you_mean;

use crate::file::FileError;
use crate::operation::{Operation, OperationError};

/// Migrations that do not form a history.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The folder or a file cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// A file is invalid.
    #[error(transparent)]
    File(Box<FileError>),
    /// A migration depends on one that does not exist.
    #[error("migration `{migration}` depends on `{missing}`, which does not exist")]
    UnknownDependency {
        /// The migration.
        migration: String,
        /// The missing dependency.
        missing: String,
    },
    /// Migrations that depend on each other.
    #[error("the migrations {names} depend on each other in a cycle", names = names.join(", "))]
    Cycle {
        /// Their names.
        names: Vec<String>,
    },
    /// More than one head.
    #[error("the history has {n} heads: {names}", n = names.len(), names = names.join(", "))]
    Heads {
        /// Their names.
        names: Vec<String>,
    },
    /// No migration has that name.
    #[error("migration `{name}` does not exist")]
    NoMigration {
        /// The requested name.
        name: String,
        /// A similar name.
        near: Option<String>,
    },
    /// Several migrations begin with the name.
    #[error("`{name}` matches {n} migrations: {fits}", n = fits.len(), fits = fits.join(", "))]
    Ambiguous {
        /// The requested name.
        name: String,
        /// The matching names.
        fits: Vec<String>,
    },
    /// An operation does not match the state before it.
    #[error("migration `{migration}`, operation {number} ({operation}): {error}")]
    Operation {
        /// The migration.
        migration: String,
        /// The operation's position, from 1.
        number: usize,
        /// What it does.
        operation: String,
        /// The reason.
        error: Box<OperationError>,
    },
}

impl HistoryError {
    /// For `error` of the operation at place `at`, from 0, of `migration`.
    pub(crate) fn operation(
        migration: &str,
        at: usize,
        operation: &Operation,
        error: OperationError,
    ) -> Self {
        Self::Operation {
            migration: migration.to_owned(),
            number: at + 1,
            operation: operation.describe(),
            error: Box::new(error),
        }
    }

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
            } => did_you_mean(near),
            Self::NoMigration { near: None, .. } => {
                "run `oxyde showmigrations` to list them".into()
            }
            Self::Ambiguous { .. } => "write more characters of the name".into(),
            Self::Operation { error, .. } => error.hint(),
        }
    }
}

impl From<FileError> for HistoryError {
    fn from(error: FileError) -> Self {
        Self::File(Box::new(error))
    }
}
