//! The native binary as a host: it writes to the terminal and starts the project's Python
//! if a command needs the models.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::host::{Host, HostError};
use crate::models::ModelsDocument;

/// The native binary.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeHost;

/// Return the project's Python: `OXYDE_PYTHON`, or that of the active or the project's virtual
/// environment, otherwise `python3`.
fn python(root: &Path) -> PathBuf {
    if let Some(python) = std::env::var_os("OXYDE_PYTHON") {
        return PathBuf::from(python);
    }
    let environments = [
        std::env::var_os("VIRTUAL_ENV").map(PathBuf::from),
        Some(root.join(".venv")),
    ];
    for environment in environments.into_iter().flatten() {
        for python in ["bin/python", "Scripts/python.exe"] {
            let python = environment.join(python);
            if python.is_file() {
                return python;
            }
        }
    }
    PathBuf::from("python3")
}

impl Host for NativeHost {
    fn out(&self, text: &str) {
        // A closed pipe ends the output, not the command.
        let _ = std::io::stdout().write_all(text.as_bytes());
        let _ = std::io::stdout().flush();
    }

    fn err(&self, text: &str) {
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    fn is_terminal(&self) -> bool {
        std::io::stdout().is_terminal()
    }

    fn ask(&self, question: &str) -> Option<String> {
        if !std::io::stdin().is_terminal() {
            return None;
        }
        self.out(question);
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim().to_owned()),
        }
    }

    fn models(&self, modules: &[String], root: &Path) -> Result<ModelsDocument, HostError> {
        let python = python(root);
        let answer = Command::new(&python)
            .args(["-m", "oxyde.migrations.describe"])
            .args(modules)
            .current_dir(root)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .map_err(|error| HostError {
                message: format!("cannot start {}: {error}", python.display()),
                hint: "activate the project's virtual environment, set OXYDE_PYTHON, or pass \
                       the models with --schema FILE"
                    .to_owned(),
            })?;
        if !answer.status.success() {
            return Err(reported(&answer.stderr));
        }
        ModelsDocument::from_json(&String::from_utf8_lossy(&answer.stdout)).map_err(|error| {
            HostError {
                message: format!("the models' schema cannot be read: {error}"),
                hint: "the project's `oxyde` package may have another version".to_owned(),
            }
        })
    }

    fn data_steps(&self) -> Option<&dyn oxyde_migrate::executor::DataSteps> {
        None
    }

    fn hand_over(&self, arguments: &[String]) -> Option<i32> {
        let root = std::env::current_dir().unwrap_or_default();
        let python = python(&root);
        let has = Command::new(&python)
            .args(["-c", "import oxyde.migrations.cli"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if !has {
            return None;
        }
        let status = Command::new(&python)
            .args(["-m", "oxyde"])
            .args(arguments)
            .status()
            .ok()?;
        Some(status.code().unwrap_or(1))
    }
}

/// Parse the `error:` and `hint:` lines of a Python process; without them, use its last line.
fn reported(stderr: &[u8]) -> HostError {
    let text = String::from_utf8_lossy(stderr);
    let line = |word: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(word))
            .map(str::trim)
    };
    HostError {
        message: line("error:")
            .or_else(|| text.lines().rfind(|line| !line.trim().is_empty()))
            .unwrap_or("Python exited without a message")
            .to_owned(),
        hint: line("hint:")
            .unwrap_or(
                "check that `oxyde` is installed in the project's virtual environment, or set OXYDE_PYTHON",
            )
            .to_owned(),
    }
}
