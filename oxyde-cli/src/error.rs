//! Errors of commands.

use oxyde_migrate::autodetect::DetectError;
use oxyde_migrate::executor::MigrateError;
use oxyde_migrate::history::HistoryError;
use oxyde_migrate::plan::PlanError;

use crate::host::HostError;

/// An error as the user sees it: one `error:` line and one `hint:` line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// What went wrong, and where.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl CliError {
    /// Create an error without a hint.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        CliError {
            message: message.into(),
            hint: None,
        }
    }

    /// Add a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The error as an object of an answer.
    #[must_use]
    pub fn as_json(&self) -> serde_json::Value {
        serde_json::json!({ "message": self.message, "hint": self.hint })
    }
}

macro_rules! with_hint {
    ($($error:ty),+) => {$(
        impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                CliError::new(error.to_string()).hint(error.hint())
            }
        }
    )+};
}

with_hint!(HistoryError, PlanError, DetectError, MigrateError);

impl From<oxyde_driver::DriverError> for CliError {
    fn from(error: oxyde_driver::DriverError) -> Self {
        MigrateError::from(error).into()
    }
}

impl From<HostError> for CliError {
    fn from(error: HostError) -> Self {
        CliError::new(error.message).hint(error.hint)
    }
}
