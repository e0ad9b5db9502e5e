//! `oxyde._core.Operation`: work under way.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use oxyde_driver::{Cancel, DriverError};
use pyo3::prelude::*;

use super::event_loop::EventLoop;
use super::outcome::{Convert, Outcome};
use super::runtime::runtime;
use crate::error::panic_text;

/// Work under way in Rust, for the event loop that was running when it was started.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Operation {
    id: u64,
    #[pyo3(get)]
    future: Py<PyAny>,
    event_loop: Py<EventLoop>,
    cancel: Cancel,
}

impl Operation {
    /// Start work. `make` gets the handle that stops it.
    pub(crate) fn start<F>(
        py: Python<'_>,
        convert: Convert,
        make: impl FnOnce(Cancel) -> F,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<Outcome, DriverError>> + Send + 'static,
    {
        Operation::begin(py, convert, make, false)
    }

    /// Start work whose first part is short: on this thread, as far as it goes without waiting.
    /// The server has the statement then before another thread has woken up.
    pub(crate) fn start_here<F>(
        py: Python<'_>,
        convert: Convert,
        make: impl FnOnce(Cancel) -> F,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<Outcome, DriverError>> + Send + 'static,
    {
        Operation::begin(py, convert, make, true)
    }

    fn begin<F>(
        py: Python<'_>,
        convert: Convert,
        make: impl FnOnce(Cancel) -> F,
        here: bool,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<Outcome, DriverError>> + Send + 'static,
    {
        let runtime = runtime(py)?;
        let event_loop = EventLoop::running(py)?;
        let cancel = Cancel::new();
        let (id, future) = event_loop.get().expect(py, convert, cancel.clone())?;
        let queue = Arc::clone(event_loop.get().queue());
        let work = AssertUnwindSafe(make(cancel.clone())).catch_unwind();
        let mut work = Box::pin(async move {
            match work.await {
                Ok(result) => Outcome::from(result),
                Err(panic) => Outcome::Panicked(panic_text(panic.as_ref())),
            }
        });
        let finished = if here {
            let _context = runtime.enter();
            work.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        } else {
            Poll::Pending
        };
        match finished {
            Poll::Ready(outcome) => queue.push(id, outcome),
            Poll::Pending => {
                runtime.spawn(async move { queue.push(id, work.await) });
            }
        }
        Ok(Operation {
            id,
            future,
            event_loop,
            cancel,
        })
    }
}

#[pymethods]
impl Operation {
    /// Stop the work on the server. The future that is returned is done when nothing more can
    /// happen: the work has finished, or never will.
    fn cancel(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let settled = self.event_loop.get().settled(py, self.id)?;
        self.cancel.fire();
        Ok(settled)
    }
}
