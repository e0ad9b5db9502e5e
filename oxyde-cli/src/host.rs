//! What the command needs of the process it runs in.

use std::path::Path;

use crate::models::ModelsDocument;

/// The process that runs the command: the native binary, or Python with the project's models.
pub trait Host: Sync {
    /// Write to standard output.
    fn out(&self, text: &str);

    /// Write to standard error.
    fn err(&self, text: &str);

    /// Whether a person reads standard output at a terminal.
    fn is_terminal(&self) -> bool;

    /// Ask at the terminal and read a line; `None` when nobody can answer.
    fn ask(&self, question: &str) -> Option<String>;

    /// Import the modules and describe the models that they declare.
    ///
    /// # Errors
    /// A module cannot be imported, or there is no Python.
    fn models(&self, modules: &[String], root: &Path) -> Result<ModelsDocument, HostError>;

    /// What runs the functions of `run_python`; `None` where that is not possible.
    fn data_steps(&self) -> Option<&dyn oxyde_migrate::executor::DataSteps>;

    /// Run the command again in a process that can run data steps, and answer with its exit
    /// code; `None` where there is no such process.
    fn hand_over(&self, arguments: &[String]) -> Option<i32>;
}

/// What a host could not do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HostError {
    /// What went wrong, with its place.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}
