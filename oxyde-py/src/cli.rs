//! `oxyde._core.run_cli`: the `oxyde` command in this process, with the project's models.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use oxyde_cli::{Host, HostError, Interrupt, ModelsDocument, SIGNALLED};
use oxyde_migrate::executor::{DataStep, DataSteps};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::{guarded, panic_text};
use crate::target::Server;
use crate::transaction::Transaction;

/// The number of SIGINT.
const SIGINT: i32 = 2;
/// Interval at which the waiting thread checks for signals.
const LOOK: std::time::Duration = std::time::Duration::from_millis(50);
/// How long an interrupted command may take to roll back and release its lock.
const GRACE: std::time::Duration = std::time::Duration::from_secs(10);

/// A `Host` of Python: see `oxyde._core.Host`.
struct PythonHost {
    host: Py<PyAny>,
    interrupt: Interrupt,
    /// Whether Python is about to exit and must not be called.
    ended: Arc<AtomicBool>,
}

/// Run the command with the arguments after its name, and return its exit code. Ctrl-C interrupts
/// it, and so does a `KeyboardInterrupt` with a number of another signal as its argument.
#[pyfunction]
pub(crate) fn run_cli(py: Python<'_>, arguments: Vec<String>, host: Py<PyAny>) -> PyResult<i32> {
    guarded(py, || {
        let ended = Arc::new(AtomicBool::new(false));
        let interrupt = Interrupt::default();
        let steps = host.clone_ref(py);
        let host = PythonHost {
            host,
            interrupt: interrupt.clone(),
            ended: Arc::clone(&ended),
        };
        let receiver = Mutex::new(start(arguments, host)?);
        let wait = || {
            receiver
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv_timeout(LOOK)
        };
        let mut deadline: Option<(i32, Instant)> = None;
        loop {
            match py.detach(wait) {
                Ok(Ok(code)) => return Ok(code),
                Ok(Err(message)) => return Err(crate::error::internal(py, &message)),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(crate::error::internal(
                        py,
                        "the command ended without a message",
                    ));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let signal = match py.check_signals() {
                Ok(()) => None,
                Err(error) if error.is_instance_of::<PyKeyboardInterrupt>(py) => {
                    Some(signal_of(py, &error))
                }
                Err(error) => {
                    ended.store(true, Ordering::Release);
                    return Err(error);
                }
            };
            let code = match (signal, deadline) {
                (Some(signal), None) if interrupt.fire(signal) => {
                    // A running data step gets a CancelledError; that it has none is no error.
                    let _ = steps.call_method0(py, "stop_step");
                    deadline = Some((SIGNALLED + signal, Instant::now() + GRACE));
                    continue;
                }
                (Some(signal), _) => SIGNALLED + signal,
                (None, Some((code, at))) if Instant::now() > at => code,
                (None, _) => continue,
            };
            ended.store(true, Ordering::Release);
            // A running Python call on the command's thread ends first.
            py.detach(|| std::thread::sleep(LOOK));
            return Ok(code);
        }
    })
}

/// Run the command on a thread of its own: Python runs signal handlers only on its main thread, which
/// is usually the caller's, so that one is kept free to check for signals.
fn start(
    arguments: Vec<String>,
    host: PythonHost,
) -> std::io::Result<Receiver<Result<i32, String>>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::Builder::new()
        .name("oxyde-cli".to_owned())
        .spawn(move || {
            let run = std::panic::AssertUnwindSafe(|| oxyde_cli::run(&arguments, &host));
            let outcome = std::panic::catch_unwind(run).map_err(|panic| panic_text(panic.as_ref()));
            // The host owns a Python object, which must be released with the GIL.
            match host.attach(|_| ()) {
                Some(()) => drop(Python::try_attach(|_| drop(host))),
                None => std::mem::forget(host),
            }
            let _ = sender.send(outcome);
        })?;
    Ok(receiver)
}

/// The signal of a `KeyboardInterrupt`: its argument, otherwise SIGINT.
fn signal_of(py: Python<'_>, error: &PyErr) -> i32 {
    let arguments = error.value(py).getattr("args");
    let first = arguments.and_then(|arguments| arguments.get_item(0));
    first.and_then(|first| first.extract()).unwrap_or(SIGINT)
}

impl PythonHost {
    /// Run `work` with the GIL; `None` if Python is exiting.
    fn attach<T>(&self, work: impl FnOnce(Python<'_>) -> T) -> Option<T> {
        if self.ended.load(Ordering::Acquire) {
            return None;
        }
        Python::try_attach(work)
    }

    /// Call a method of the host whose failure cannot be reported.
    fn tell(&self, name: &str, text: &str) {
        // `None` while Python exits: the output is not read then.
        let _ = self.attach(|py| self.host.call_method1(py, name, (text,)));
    }
}

impl Host for PythonHost {
    fn out(&self, text: &str) -> Result<(), String> {
        let written = self.attach(|py| {
            self.host
                .call_method1(py, "out", (text,))
                .map(|_| ())
                .map_err(|error| failure(py, &error).message)
        });
        // `None` while Python exits: the output is not read then.
        written.unwrap_or(Ok(()))
    }

    fn err(&self, text: &str) {
        self.tell("err", text);
    }

    fn is_terminal(&self) -> bool {
        self.attach(|py| {
            let answer = self.host.call_method0(py, "is_terminal");
            answer
                .and_then(|answer| answer.is_truthy(py))
                .unwrap_or(false)
        })
        .unwrap_or(false)
    }

    fn ask(&self, question: &str) -> Option<String> {
        self.attach(|py| {
            let answer = self.host.call_method1(py, "ask", (question,)).ok()?;
            answer.extract::<Option<String>>(py).ok()?
        })?
    }

    fn models(&self, modules: &[String], root: &Path) -> Result<ModelsDocument, HostError> {
        let text = self.attach(|py| {
            self.host
                .call_method1(py, "models", (modules, root))
                .and_then(|text| text.extract::<String>(py))
                .map_err(|error| failure(py, &error))
        });
        let text = text.unwrap_or_else(|| Err(ended()))?;
        ModelsDocument::from_json(&text).map_err(|error| HostError {
            message: format!("the models' schema cannot be read: {error}"),
            hint: "`models` of the host gives a JSON document".to_owned(),
        })
    }

    fn data_steps(&self) -> Option<&dyn DataSteps> {
        Some(self)
    }

    fn hand_over(&self, _arguments: &[String], _root: &Path) -> Option<i32> {
        None
    }

    fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }
}

impl DataSteps for PythonHost {
    fn run(
        &self,
        step: &DataStep<'_>,
        transaction: oxyde_driver::Transaction,
    ) -> Result<(), String> {
        let packed = step
            .schema
            .map(oxyde_sql::msgpack::write_schema)
            .transpose()
            .map_err(|error| error.to_string())?
            .unwrap_or_default();
        let keys = step
            .range
            .map(|range| (&range.table, &range.column, &range.first, &range.last));
        let done = self.attach(|py| {
            let server = Server::of(transaction.features(), "migrations");
            let transaction = Bound::new(py, Transaction::lent(transaction, server))
                .map_err(|error| failure(py, &error).message)?;
            let schema = PyBytes::new(py, &packed);
            let outcome = self.host.call_method1(
                py,
                "run_step",
                (step.function, schema, &transaction, step.root, keys),
            );
            transaction.get().end_loan();
            outcome
                .map(|_| ())
                .map_err(|error| failure(py, &error).message)
        });
        done.unwrap_or_else(|| Err(ended().message))
    }
}

/// Convert an exception for the command: message and hint of an `OxydeError`; for others, the type
/// and message.
fn failure(py: Python<'_>, error: &PyErr) -> HostError {
    let value = error.value(py);
    let hint = value
        .getattr("hint")
        .and_then(|hint| hint.extract::<String>())
        .unwrap_or_default();
    let text = value.str().map(|text| text.to_string()).unwrap_or_default();
    let message = if hint.is_empty() {
        format!("{}: {text}", error.get_type(py))
    } else {
        text.split("\nhint: ").next().unwrap_or_default().to_owned()
    };
    HostError { message, hint }
}

fn ended() -> HostError {
    HostError {
        message: "Python has ended".to_owned(),
        hint: String::new(),
    }
}
