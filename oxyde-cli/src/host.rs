//! The interface to the process that runs the command.

use std::path::Path;

use crate::interrupt::Interrupt;
use crate::models::ModelsDocument;

/// The process that runs the command: the native binary, or Python with the project's models.
pub trait Host: Sync {
    /// Write to standard output. A closed pipe is not an error: it ends the output.
    ///
    /// # Errors
    /// The output cannot be written, for example because the disk is full; the error is the reason.
    fn out(&self, text: &str) -> Result<(), String>;

    /// Write to standard error.
    fn err(&self, text: &str);

    /// Whether standard output is a terminal.
    fn is_terminal(&self) -> bool;

    /// Ask at the terminal and read a line; `None` without a terminal.
    fn ask(&self, question: &str) -> Option<String>;

    /// Import the modules and describe the models that they declare.
    ///
    /// # Errors
    /// A module cannot be imported, or there is no Python.
    fn models(&self, modules: &[String], root: &Path) -> Result<ModelsDocument, HostError>;

    /// Returns what runs the functions of `run_python`; `None` if that is not possible.
    fn data_steps(&self) -> Option<&dyn oxyde_migrate::executor::DataSteps>;

    /// Run the command again in a process that can run data steps, and return its exit
    /// code; `None` if there is no such process. `root` is the project folder.
    fn hand_over(&self, arguments: &[String], root: &Path) -> Option<i32>;

    /// The signals that stop the command.
    fn interrupt(&self) -> &Interrupt;
}

/// An error of the host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HostError {
    /// What went wrong, and where.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}
