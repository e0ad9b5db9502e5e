//! `oxyde._core.Listener`.

use std::mem;
use std::sync::Arc;

use oxyde_driver::DriverError;
use pyo3::prelude::*;

use crate::bridge::{Convert, Operation, Outcome, StartOn, generation, inside};
use crate::error::{Class, error, guarded};

/// Receives notifications over a separate connection, which is closed when this is released.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Listener {
    /// The process that it was opened in.
    generation: u64,
    /// Taken only when it is dropped.
    open: Option<Arc<oxyde_driver::Listener>>,
}

impl Listener {
    pub(crate) fn opened(listener: oxyde_driver::Listener) -> Listener {
        Listener {
            generation: generation(),
            open: Some(Arc::new(listener)),
        }
    }

    fn current(&self, py: Python<'_>) -> PyResult<Arc<oxyde_driver::Listener>> {
        match &self.open {
            Some(listener) if self.generation == generation() => Ok(Arc::clone(listener)),
            _ => Err(error(
                py,
                Class::Oxyde,
                "the listener belongs to the parent process",
                Some("listen in the child process"),
            )),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let open = self.open.take();
        if self.generation == generation() {
            inside(|| {
                if let Some(listener) = &open {
                    // A waiting call ends, and closes the connection.
                    listener.stop();
                }
                drop(open);
            });
        } else {
            // In a forked child: closing it would write to the parent's socket.
            mem::forget(open);
        }
    }
}

#[pymethods]
impl Listener {
    /// Return the next notification as channel, payload and process; None after a gap.
    fn next(&self, py: Python<'_>) -> PyResult<Operation> {
        guarded(py, || {
            let listener = self.current(py)?;
            Operation::start(py, StartOn::Keeper, Convert::Plain, |cancel| async move {
                tokio::select! {
                    biased;
                    notified = listener.next() => notified.map(Outcome::Notified),
                    () = cancel.fired() => Err(DriverError::Cancelled),
                }
            })
        })
    }

    /// Close the connection; waiting calls get an error. No effect if it is already closed.
    fn close(&self, py: Python<'_>) -> PyResult<Operation> {
        guarded(py, || {
            let listener = self.current(py)?;
            Operation::start(py, StartOn::Keeper, Convert::Plain, |_cancel| async move {
                listener.close().await;
                Ok(Outcome::Nothing)
            })
        })
    }
}
