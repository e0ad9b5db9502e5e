//! `oxyde._core.Slices`: work on many rows that yields to the event loop in between.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyStopIteration;
use pyo3::prelude::*;

use crate::bridge::time_left;
use crate::collector::CollectorPaused;
use crate::error::{guarded, internal};

/// Number of rows between two checks of the clock, each of which costs as much as a cell or two.
const BETWEEN: usize = 16;

/// The limit of a slice of work.
#[derive(Clone, Copy)]
pub(crate) struct SliceDeadline(Option<Instant>);

impl SliceDeadline {
    /// No limit.
    pub(crate) const NONE: SliceDeadline = SliceDeadline(None);

    /// Create a limit this long from now.
    pub(crate) fn after(time: Duration) -> SliceDeadline {
        SliceDeadline(Some(Instant::now() + time))
    }

    /// Whether the time is up.
    pub(crate) fn is_over(self) -> bool {
        self.0.is_some_and(|until| Instant::now() >= until)
    }

    /// Whether work stops after row `at`; called for each row, it rarely checks the clock.
    pub(crate) fn stops_after(self, at: usize) -> bool {
        at % BETWEEN == BETWEEN - 1 && self.is_over()
    }
}

/// Work that can stop after any row and continue later.
pub(crate) trait SlicedWork: Send + Sync {
    /// Continue until the limit; return whether it is finished. Each call makes progress.
    fn go(&mut self, py: Python<'_>, until: SliceDeadline) -> PyResult<bool>;

    /// Return the result.
    fn value(self: Box<Self>, py: Python<'_>) -> PyResult<Py<PyAny>>;
}

/// Running work on the event loop's thread.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Slices {
    /// None while it runs, after it failed, and after its value was taken.
    work: Mutex<Option<Box<dyn SlicedWork>>>,
}

impl Slices {
    pub(crate) fn of(work: impl SlicedWork + 'static) -> Slices {
        Slices {
            work: Mutex::new(Some(Box::new(work))),
        }
    }

    fn take(&self, py: Python<'_>) -> PyResult<Box<dyn SlicedWork>> {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.take()
            .ok_or_else(|| internal(py, "finished work was continued"))
    }
}

#[pymethods]
impl Slices {
    /// Work written in Python: a generator that yields where it can stop.
    #[new]
    fn new(generator: Py<PyAny>) -> Slices {
        Slices::of(Generated {
            generator,
            value: None,
        })
    }

    /// Continue as long as the loop can wait; return whether it is finished. If not, the loop
    /// needs a turn first.
    fn go(&self, py: Python<'_>) -> PyResult<bool> {
        let left = time_left(py)?;
        if left.is_zero() {
            return Ok(false);
        }
        // Not held while Python code runs.
        let mut work = self.take(py)?;
        let finished = {
            let _paused = CollectorPaused::new(py);
            guarded(py, || work.go(py, SliceDeadline::after(left)))?
        };
        *self.work.lock().unwrap_or_else(PoisonError::into_inner) = Some(work);
        Ok(finished)
    }

    /// Return the result; complete the remaining work first.
    fn value(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let mut work = self.take(py)?;
        guarded(py, || {
            while !work.go(py, SliceDeadline::NONE)? {}
            work.value(py)
        })
    }
}

struct Generated {
    generator: Py<PyAny>,
    /// Its return value.
    value: Option<Py<PyAny>>,
}

impl SlicedWork for Generated {
    fn go(&mut self, py: Python<'_>, until: SliceDeadline) -> PyResult<bool> {
        let generator = self.generator.bind(py);
        while self.value.is_none() {
            match generator.call_method0(pyo3::intern!(py, "__next__")) {
                Ok(_) if until.is_over() => return Ok(false),
                Ok(_) => (),
                Err(error) if error.is_instance_of::<PyStopIteration>(py) => {
                    let value = error.value(py).getattr(pyo3::intern!(py, "value"))?;
                    self.value = Some(value.unbind());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn value(self: Box<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.value
            .ok_or_else(|| internal(py, "a generator that did not end"))
    }
}
