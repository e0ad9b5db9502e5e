//! The native binary as a host: it writes to the terminal and starts the project's Python
//! if a command needs the models.

use std::io::{BufRead as _, ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::host::{Host, HostError};
use crate::interrupt::Interrupt;
use crate::models::ModelsDocument;

/// The native binary.
#[derive(Clone, Debug, Default)]
pub struct NativeHost {
    interrupt: Interrupt,
}

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
    fn out(&self, text: &str) -> Result<(), String> {
        let mut stdout = std::io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.to_string()),
            _ => Ok(()),
        }
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
        self.out(question).ok()?;
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

    fn hand_over(&self, arguments: &[String], root: &Path) -> Option<i32> {
        let python = python(root);
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
        become_command(Command::new(&python).args(["-m", "oxyde"]).args(arguments))
    }

    fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }
}

/// Let another program take the place of this process, so that it receives the signals.
/// Returns only if it cannot be started.
#[cfg(unix)]
pub(crate) fn become_command(command: &mut Command) -> Option<i32> {
    use std::os::unix::process::CommandExt as _;

    let _ = command.exec();
    None
}

/// Run another program in the place of this process, and return its exit code.
#[cfg(not(unix))]
pub(crate) fn become_command(command: &mut Command) -> Option<i32> {
    Some(command.status().ok()?.code().unwrap_or(1))
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
