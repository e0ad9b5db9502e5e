//! `oxyde._core.Operation`: running work.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_task::{Runnable, ScheduleInfo, WithInfo};
use futures_util::FutureExt;
use oxyde_driver::{Cancel, ChunkSink, DriverError};
use pyo3::exceptions::PyStopIteration;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::call::{Call, Line};
use super::event_loop::EventLoop;
use super::outcome::{Convert, Outcome};
use super::queue::Queue;
use super::reactor::Reactor;
use super::without_loop::is_driven;
use crate::error::{internal, panic_text};

/// The thread on which work runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum StartOn {
    /// The keeper's.
    Keeper,
    /// One of its own: the work computes for long, and would hold up the others.
    Worker,
    /// The loop's. For work whose parts are short.
    Loop,
    /// The same, and the loop's thread briefly waits for the response if it has nothing else to do.
    LoopAndSpin,
}

/// How long to wait in place for the response of a nearby server: about as long as it would
/// take to sleep and wake up.
pub(super) const SPIN: Duration = Duration::from_micros(100);

/// Drive the reactor for a moment, in case the work ends soon.
fn spin(reactor: &Reactor, queue: &Queue, start: Instant) {
    loop {
        reactor.turn(queue);
        if queue.has_finished() || start.elapsed() >= SPIN {
            return;
        }
        // The thread that will wake us may need this core.
        std::thread::yield_now();
    }
}

/// Where an operation continues when it is woken.
struct Home {
    reactor: &'static Reactor,
    queue: Arc<Queue>,
    start_on: StartOn,
    /// Whether its answer is long.
    is_long: AtomicBool,
}

impl Home {
    fn schedule(&self, runnable: Runnable, info: ScheduleInfo) {
        match self.start_on {
            StartOn::Worker => self.reactor.run_apart(runnable),
            StartOn::Keeper => self.reactor.push(runnable),
            StartOn::Loop | StartOn::LoopAndSpin => {
                if info.woken_while_running {
                    self.gives_turn();
                }
                if !self.is_long.load(Ordering::Acquire) && self.reactor.is_driven_by(&self.queue) {
                    self.queue.push_ready(runnable);
                } else {
                    self.reactor.push(runnable);
                }
            }
        }
    }

    /// Its answer is long, so it gives other work a turn: the keeper reads the rest, while the loop's
    /// thread builds values from the rows that were passed on.
    fn gives_turn(&self) {
        if !self.is_long.swap(true, Ordering::AcqRel) {
            self.reactor.long_begins();
        }
    }

    fn ended(&self) {
        if self.is_long.load(Ordering::Acquire) {
            self.reactor.long_ends();
        }
    }
}

/// Running work in Rust, for the event loop that was running when it was started, or for a thread
/// that runs a coroutine without one.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Operation {
    waiter: Waiter,
    cancel: Cancel,
}

/// What waits for the outcome.
enum Waiter {
    Loop {
        id: u64,
        future: Py<PyAny>,
        event_loop: Py<EventLoop>,
    },
    Thread(Call),
}

impl Operation {
    /// Start work. `make` receives the handle that cancels it.
    pub(crate) fn start<F>(
        py: Python<'_>,
        start_on: StartOn,
        convert: Convert,
        make: impl FnOnce(Cancel) -> F,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<Outcome, DriverError>> + Send + 'static,
    {
        Operation::begin(py, start_on, convert, |cancel, _| make(cancel))
    }

    /// Start work that passes on rows while they arrive, so that values are built meanwhile.
    pub(crate) fn start_chunked<F>(
        py: Python<'_>,
        convert: Convert,
        make: impl FnOnce(Cancel, ChunkSink) -> F,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<Outcome, DriverError>> + Send + 'static,
    {
        Operation::begin(py, StartOn::LoopAndSpin, convert, make)
    }

    fn begin<F>(
        py: Python<'_>,
        start_on: StartOn,
        convert: Convert,
        make: impl FnOnce(Cancel, ChunkSink) -> F,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<Outcome, DriverError>> + Send + 'static,
    {
        if is_driven() {
            return Operation::begin_here(py, start_on, convert, make);
        }
        let reactor = Reactor::get(py)?;
        let event_loop = EventLoop::running(py)?;
        let cancel = Cancel::new();
        let (id, future) = event_loop.get().expect(py, convert, cancel.clone())?;
        let queue = Arc::clone(event_loop.get().queue());
        if reactor.engage(&queue) {
            EventLoop::watch(event_loop.bind(py), reactor)?;
        }
        let home = Arc::new(Home {
            reactor,
            queue: Arc::clone(&queue),
            start_on,
            is_long: AtomicBool::new(false),
        });
        let sink = {
            let home = Arc::clone(&home);
            ChunkSink::new(move |chunk| {
                home.gives_turn();
                home.queue.push(id, Outcome::Chunk(chunk));
            })
        };
        let work = AssertUnwindSafe(make(cancel.clone(), sink)).catch_unwind();
        let work = {
            let home = Arc::clone(&home);
            async move {
                let outcome = match work.await {
                    Ok(result) => Outcome::from(result),
                    Err(panic) => Outcome::Panicked(panic_text(panic.as_ref())),
                };
                home.ended();
                home.queue.push(id, outcome);
            }
        };
        let schedule = WithInfo(move |runnable, info| home.schedule(runnable, info));
        let (runnable, task) = async_task::spawn(work, schedule);
        task.detach();
        if matches!(start_on, StartOn::Keeper | StartOn::Worker) {
            runnable.schedule();
        } else {
            queue.attend();
            reactor.inside(|| runnable.run());
            if start_on == StartOn::LoopAndSpin
                && !queue.has_finished()
                && reactor.is_driven_by(&queue)
                && event_loop.get().may_spin(py)
            {
                let start = Instant::now();
                py.detach(|| spin(reactor, &queue, start));
                // If other threads need the cores, it takes longer than allowed.
                let failed = !queue.has_finished() || start.elapsed() > SPIN * 2;
                event_loop.get().fairness().record_spin(failed);
            }
            let only = queue.take_only(id);
            if queue.leave() {
                EventLoop::drain_soon(event_loop.bind(py))?;
            }
            if let Some(outcome) = only {
                EventLoop::complete_now(event_loop.bind(py), id, outcome)?;
            }
        }
        Ok(Operation {
            waiter: Waiter::Loop {
                id,
                future,
                event_loop,
            },
            cancel,
        })
    }

    /// Start work that this thread waits for in place.
    fn begin_here<F>(
        py: Python<'_>,
        start_on: StartOn,
        convert: Convert,
        make: impl FnOnce(Cancel, ChunkSink) -> F,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<Outcome, DriverError>> + Send + 'static,
    {
        let reactor = Reactor::get(py)?;
        let cancel = Cancel::new();
        let line = Arc::new(Line::new(reactor, start_on));
        let sink = {
            let line = Arc::clone(&line);
            ChunkSink::new(move |chunk| {
                line.gives_turn();
                line.push(Outcome::Chunk(chunk));
            })
        };
        let work = AssertUnwindSafe(make(cancel.clone(), sink)).catch_unwind();
        let work = {
            let line = Arc::clone(&line);
            async move {
                let outcome = match work.await {
                    Ok(result) => Outcome::from(result),
                    Err(panic) => Outcome::Panicked(panic_text(panic.as_ref())),
                };
                line.ended();
                line.push(outcome);
            }
        };
        let schedule = {
            let line = Arc::clone(&line);
            WithInfo(move |runnable, info| line.schedule(runnable, info))
        };
        let (runnable, task) = async_task::spawn(work, schedule);
        task.detach();
        if matches!(start_on, StartOn::Keeper | StartOn::Worker) {
            // Its parts are long: they run without the GIL.
            runnable.schedule();
        } else {
            reactor.inside(|| runnable.run());
        }
        Ok(Operation {
            waiter: Waiter::Thread(Call::new(line, convert)),
            cancel,
        })
    }
}

#[pymethods]
impl Operation {
    /// An error in the future references, through its traceback, the frame that holds this
    /// operation. (As in all classes of the extension, there is no `__clear__`: the objects that an
    /// immutable object references can be cleared themselves.)
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.waiter {
            Waiter::Loop {
                future, event_loop, ..
            } => {
                visit.call(future)?;
                visit.call(event_loop)
            }
            Waiter::Thread(call) => call.traverse(&visit),
        }
    }

    /// What to await: a future of the event loop, or what waits in place.
    #[getter]
    fn future(this: &Bound<'_, Self>) -> Py<PyAny> {
        match &this.get().waiter {
            Waiter::Loop { future, .. } => future.clone_ref(this.py()),
            Waiter::Thread(_) => this.clone().into_any().unbind(),
        }
    }

    /// How long it has waited for a connection of its pool, in seconds.
    #[getter]
    fn waited(&self) -> f64 {
        self.cancel.waited().as_secs_f64()
    }

    /// Which of several hosts has reported its error, or None.
    #[getter]
    fn host(&self) -> Option<String> {
        self.cancel.host().map(|host| host.to_string())
    }

    /// Whether the exception of a signal handler ended the wait in place.
    #[getter]
    fn interrupted(&self) -> bool {
        match &self.waiter {
            Waiter::Loop { .. } => false,
            Waiter::Thread(call) => call.is_interrupted(),
        }
    }

    /// Cancel the work on the server. The returned future is done when nothing more can
    /// happen: the work has finished, or never will.
    fn cancel(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let settled = match &self.waiter {
            Waiter::Loop { id, event_loop, .. } => event_loop.get().settled(py, *id)?,
            Waiter::Thread(_) => py.None(),
        };
        self.cancel.fire();
        Ok(settled)
    }

    /// Cancel the work on the server, without waiting until it has ended.
    fn stop(&self) {
        self.cancel.fire();
    }

    fn __await__(this: Bound<'_, Self>) -> Bound<'_, Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let Waiter::Thread(call) = &self.waiter else {
            return Err(internal(
                py,
                "an operation of an event loop was awaited itself",
            ));
        };
        let value = call.wait(py, &self.cancel)?;
        Err(PyStopIteration::new_err((value,)))
    }
}
