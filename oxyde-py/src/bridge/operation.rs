//! `oxyde._core.Operation`: work under way.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use oxyde_driver::{Cancel, DriverError, Parts};
use pyo3::prelude::*;

use super::event_loop::EventLoop;
use super::outcome::{Convert, Outcome};
use super::runtime::runtime;
use crate::error::panic_text;

/// On which thread work begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    /// On one of tokio's.
    Away,
    /// On the loop's, as far as it goes without waiting: the server has a statement then before
    /// another thread has woken up. For work whose first part is short.
    Here,
    /// Likewise, and the loop's thread waits a moment for the rest if it has nothing else to do.
    Near,
}

/// How long the answer of a server that is near is waited for on the spot: as long as it would
/// take to go to sleep and be woken, across two threads.
const NEAR: Duration = Duration::from_micros(100);

/// Tells that the work can go on.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// Polls work for a moment, in case that it ends soon.
fn near<F: Future>(mut work: Pin<&mut F>, start: Instant) -> Poll<F::Output> {
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(Arc::clone(&flag));
    loop {
        let polled = work.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            return polled;
        }
        while !flag.0.swap(false, Ordering::Acquire) {
            if start.elapsed() >= NEAR {
                return Poll::Pending;
            }
            // The thread that will wake us may want this very core.
            std::thread::yield_now();
        }
    }
}

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
        place: Where,
        convert: Convert,
        make: impl FnOnce(Cancel) -> F,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<Outcome, DriverError>> + Send + 'static,
    {
        Operation::begin(py, place, convert, |cancel, _| make(cancel))
    }

    /// Start work that hands on rows while they arrive: values are made of them meanwhile.
    pub(crate) fn start_in_parts<F>(
        py: Python<'_>,
        convert: Convert,
        make: impl FnOnce(Cancel, Parts) -> F,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<Outcome, DriverError>> + Send + 'static,
    {
        Operation::begin(py, Where::Near, convert, make)
    }

    fn begin<F>(
        py: Python<'_>,
        place: Where,
        convert: Convert,
        make: impl FnOnce(Cancel, Parts) -> F,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<Outcome, DriverError>> + Send + 'static,
    {
        let runtime = runtime(py)?;
        let event_loop = EventLoop::running(py)?;
        let cancel = Cancel::new();
        let (id, future) = event_loop.get().expect(py, convert, cancel.clone())?;
        let queue = Arc::clone(event_loop.get().queue());
        let sent = Arc::new(AtomicBool::new(false));
        let parts = {
            let (queue, sent) = (Arc::clone(&queue), Arc::clone(&sent));
            Parts::new(move |part| {
                sent.store(true, Ordering::Release);
                queue.push(id, Outcome::Part(part));
            })
        };
        let work = AssertUnwindSafe(make(cancel.clone(), parts)).catch_unwind();
        let mut work = Box::pin(async move {
            match work.await {
                Ok(result) => Outcome::from(result),
                Err(panic) => Outcome::Panicked(panic_text(panic.as_ref())),
            }
        });
        let finished = if place == Where::Away {
            Poll::Pending
        } else if place == Where::Near && event_loop.get().may_stay(py) {
            let start = Instant::now();
            let finished = py.detach(|| {
                let _context = runtime.enter();
                near(work.as_mut(), start)
            });
            // Where others want the cores it takes longer than it may.
            let in_vain = finished.is_pending() || start.elapsed() > NEAR * 2;
            event_loop.get().turns().stayed(in_vain);
            finished
        } else {
            let _context = runtime.enter();
            work.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        };
        match finished {
            // Behind its parts, which the loop has not taken yet.
            Poll::Ready(outcome) if sent.load(Ordering::Acquire) => queue.push(id, outcome),
            Poll::Ready(outcome) => EventLoop::complete_now(event_loop.bind(py), id, outcome)?,
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
