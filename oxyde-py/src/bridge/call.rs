//! Operations of threads without an event loop: the thread waits in place, without the GIL.
//!
//! It continues the work itself, and drives the reactor meanwhile unless another thread does, so
//! that a short answer needs no second thread. Of a long answer the keeper reads the rest, while the
//! thread builds values from the rows that were passed on.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use async_task::{Runnable, ScheduleInfo};
use oxyde_driver::{Cancel, Chunk, RowSet};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::interrupt::{self, Watched};
use super::operation::{SPIN, StartOn};
use super::outcome::{Convert, Outcome};
use super::pending::build_rows;
use super::queue::lock;
use super::reactor::{Reactor, inside};
use crate::error::{guarded, internal};
use crate::hydrate::HydratedRows;
use crate::slices::SliceDeadline;

/// The work of one operation, on its way to the thread that waits for it.
pub(super) struct Line {
    reactor: &'static Reactor,
    start_on: StartOn,
    state: Mutex<State>,
    /// Whether the keeper continues the work: the answer is long, or nobody waits for it.
    is_apart: AtomicBool,
    is_long: AtomicBool,
}

#[derive(Default)]
struct State {
    /// The work, when it can continue.
    ready: Option<Runnable>,
    outcomes: VecDeque<Outcome>,
    waker: Option<Waker>,
    /// Whether the thread must look for signals.
    is_poked: bool,
    /// Whether nobody waits for the outcome.
    is_left: bool,
}

/// What a waiting thread has to do.
enum Next {
    Process(Outcome),
    Continue(Runnable),
    LookForSignals,
    Wait,
}

impl Line {
    pub(super) fn new(reactor: &'static Reactor, start_on: StartOn) -> Line {
        Line {
            reactor,
            start_on,
            state: Mutex::default(),
            is_apart: AtomicBool::new(false),
            is_long: AtomicBool::new(false),
        }
    }

    /// Called when the work can continue.
    pub(super) fn schedule(&self, runnable: Runnable, info: ScheduleInfo) {
        if info.woken_while_running {
            self.gives_turn();
        }
        if !self.is_apart.load(Ordering::Acquire) {
            let mut state = lock(&self.state);
            if !state.is_left {
                state.ready = Some(runnable);
                state.wake();
                return;
            }
        }
        self.reactor.push(runnable);
    }

    /// Its answer is long: the keeper reads the rest.
    pub(super) fn gives_turn(&self) {
        if !self.is_long.swap(true, Ordering::AcqRel) {
            self.is_apart.store(true, Ordering::Release);
            self.reactor.long_begins();
        }
    }

    pub(super) fn ended(&self) {
        if self.is_long.load(Ordering::Acquire) {
            self.reactor.long_ends();
        }
    }

    pub(super) fn push(&self, outcome: Outcome) {
        let mut state = lock(&self.state);
        if state.is_left {
            drop(state);
            inside(|| drop(outcome));
            return;
        }
        state.outcomes.push_back(outcome);
        state.wake();
    }

    /// Let the waiting thread look for signals.
    pub(super) fn poke(&self) {
        let mut state = lock(&self.state);
        state.is_poked = true;
        state.wake();
    }

    /// Nobody waits: the keeper continues the work to its end.
    fn leave(&self) {
        let (ready, outcomes) = {
            let mut state = lock(&self.state);
            state.is_left = true;
            (state.ready.take(), std::mem::take(&mut state.outcomes))
        };
        if let Some(ready) = ready {
            self.reactor.push(ready);
        }
        if !outcomes.is_empty() {
            inside(|| drop(outcomes));
        }
    }

    fn next(&self) -> Next {
        let mut state = lock(&self.state);
        if std::mem::take(&mut state.is_poked) {
            Next::LookForSignals
        } else if let Some(outcome) = state.outcomes.pop_front() {
            Next::Process(outcome)
        } else if let Some(runnable) = state.ready.take() {
            Next::Continue(runnable)
        } else {
            Next::Wait
        }
    }

    /// Whether a waiting thread has something to do; if not, it is woken by the context's waker.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        if state.has_news() {
            state.waker = None;
            return Poll::Ready(());
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    fn has_news(&self) -> bool {
        lock(&self.state).has_news()
    }

    /// Continue the work until there is an outcome; `None` if the thread must look for signals.
    fn outcome(&self) -> Option<Outcome> {
        let mut may_spin = self.start_on == StartOn::LoopAndSpin;
        loop {
            match self.next() {
                Next::Process(outcome) => return Some(outcome),
                Next::LookForSignals => return None,
                Next::Continue(runnable) => {
                    self.reactor.inside(|| runnable.run());
                }
                Next::Wait if may_spin => {
                    may_spin = false;
                    if self.reactor.may_spin() && Spinning::may_spin() {
                        self.spin();
                    } else {
                        self.reactor.wait(self);
                    }
                }
                Next::Wait => self.reactor.wait(self),
            }
        }
    }

    /// Drive the reactor for a moment, in case the answer is near: it would take longer to sleep and
    /// wake up.
    fn spin(&self) {
        let start = Instant::now();
        while !self.has_news() && start.elapsed() < SPIN {
            self.reactor.look();
            // The server may need this core.
            std::thread::yield_now();
        }
        Spinning::record(!self.has_news() || start.elapsed() > SPIN * 2);
    }
}

impl State {
    fn has_news(&self) -> bool {
        !self.outcomes.is_empty() || self.ready.is_some() || self.is_poked
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Whether waiting in place without sleeping pays on this thread.
struct Spinning;

thread_local! {
    /// The number of attempts in a row that failed.
    static FAILED: Cell<u32> = const { Cell::new(0) };
}

impl Spinning {
    /// After this many failures, only every `RETRY`th attempt is made.
    const GIVE_UP: u32 = 4;
    const RETRY: u32 = 64;

    fn may_spin() -> bool {
        let failed = FAILED.get();
        if failed < Self::GIVE_UP {
            return true;
        }
        FAILED.set(failed.wrapping_add(1).max(Self::GIVE_UP));
        failed.is_multiple_of(Self::RETRY)
    }

    fn record(failed: bool) {
        if !failed {
            FAILED.set(0);
        } else if FAILED.get() < Self::GIVE_UP {
            FAILED.set(FAILED.get() + 1);
        }
    }
}

/// An operation that its thread waits for.
pub(super) struct Call {
    line: Arc<Line>,
    /// How to convert its outcome; `None` once it was waited for.
    convert: Mutex<Option<Convert>>,
    /// Whether a signal's exception ended the wait.
    is_interrupted: AtomicBool,
}

impl Call {
    pub(super) fn new(line: Arc<Line>, convert: Convert) -> Call {
        Call {
            line,
            convert: Mutex::new(Some(convert)),
            is_interrupted: AtomicBool::new(false),
        }
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(convert) = self.convert.try_lock()
            && let Some(convert) = &*convert
        {
            convert.traverse(visit)?;
        }
        Ok(())
    }

    pub(super) fn is_interrupted(&self) -> bool {
        self.is_interrupted.load(Ordering::Relaxed)
    }

    /// Wait for the outcome, and return its value. If a signal handler raises, the work is cancelled
    /// on the server, and the exception raised when nothing more can happen.
    pub(super) fn wait(&self, py: Python<'_>, cancel: &Cancel) -> PyResult<Py<PyAny>> {
        let convert = lock(&self.convert).take();
        let Some(convert) = convert else {
            return Err(internal(py, "an operation was awaited twice"));
        };
        let mut watched = None;
        let mut interruption: Option<PyErr> = None;
        let mut ahead = None;
        loop {
            let Some(outcome) = self.outcome(py, &mut watched)? else {
                if interruption.is_none()
                    && let Err(raised) = py.check_signals()
                {
                    self.is_interrupted.store(true, Ordering::Relaxed);
                    cancel.fire();
                    interruption = Some(raised);
                }
                continue;
            };
            if let Some(raised) = interruption.take() {
                let unknown = outcome.unknown(py);
                let is_last = !matches!(outcome, Outcome::Chunk(_));
                inside(|| drop(outcome));
                if is_last {
                    return Err(instead_of(py, unknown, raised));
                }
                interruption = Some(raised);
                continue;
            }
            if let Outcome::Chunk(chunk) = &outcome {
                ahead = match chunk {
                    Chunk::Restart => None,
                    Chunk::Rows(rows) => built(py, &convert, rows, ahead),
                };
                continue;
            }
            // After a failure, the rows received so far are discarded.
            let ahead = match (outcome.rows(), ahead) {
                (Some(rows), Some(before)) => built(py, &convert, rows, Some(before)),
                _ => None,
            };
            let value = || convert.value(py, outcome, ahead.transpose()?);
            let made = tracing::trace_span!("hydrate").in_scope(|| guarded(py, || inside(value)));
            return made
                .map(Bound::unbind)
                .map_err(|raised| not_a_return(py, raised));
        }
    }

    /// Return the next outcome; `None` if the thread must look for signals.
    fn outcome(&self, py: Python<'_>, watched: &mut Option<Watched>) -> PyResult<Option<Outcome>> {
        let next = self.line.next();
        if watched.is_none() && matches!(next, Next::Continue(_) | Next::Wait) {
            *watched = Some(interrupt::watch(py, &self.line)?);
        }
        let line = &self.line;
        Ok(match next {
            Next::Process(outcome) => Some(outcome),
            Next::LookForSignals => None,
            Next::Continue(runnable) => py.detach(|| {
                line.reactor.inside(|| runnable.run());
                line.outcome()
            }),
            Next::Wait => py.detach(|| line.outcome()),
        })
    }
}

/// Build values from further rows, if the outcome becomes values.
fn built(
    py: Python<'_>,
    convert: &Convert,
    rows: &RowSet,
    ahead: Option<PyResult<HydratedRows>>,
) -> Option<PyResult<HydratedRows>> {
    let (recipe, database) = convert.making()?;
    Some(
        build_rows(
            py,
            recipe.get(),
            database,
            rows,
            ahead,
            (0, SliceDeadline::NONE),
        )
        .0,
    )
}

/// The exception of an interrupted wait: the server may not have told what has become of the work.
fn instead_of(py: Python<'_>, unknown: Option<Bound<'_, PyAny>>, raised: PyErr) -> PyErr {
    let Some(unknown) = unknown else {
        return raised;
    };
    let unknown = PyErr::from_value(unknown);
    unknown.set_cause(py, Some(raised));
    unknown
}

/// `StopIteration` would end the wait as if it were its value.
fn not_a_return(py: Python<'_>, raised: PyErr) -> PyErr {
    if !raised.is_instance_of::<pyo3::exceptions::PyStopIteration>(py) {
        return raised;
    }
    let wrapped = internal(py, "a validator raised StopIteration");
    wrapped.set_cause(py, Some(raised));
    wrapped
}

impl Drop for Call {
    fn drop(&mut self) {
        self.line.leave();
    }
}
