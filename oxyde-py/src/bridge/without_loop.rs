//! Runs a coroutine of Oxyde to its end on the calling thread, without an event loop.
//!
//! While it runs, the thread is marked: operations that are started on it wait in place (see
//! [`super::call`]), so that the coroutine never suspends.
#![expect(
    unsafe_code,
    reason = "pyo3 sends only to iterators, and a coroutine is not one"
)]

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::error::{Class, error, is_of};

thread_local! {
    /// How many coroutines this thread is running, one inside the other.
    static DRIVEN: Cell<u32> = const { Cell::new(0) };
}

/// Whether coroutines may also run where an event loop is running, which they block.
static BLOCKS_LOOPS: AtomicBool = AtomicBool::new(false);

static RUNNING_LOOP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Whether this thread is running a coroutine without an event loop.
pub(crate) fn is_driven() -> bool {
    DRIVEN.get() > 0
}

/// Marks the thread.
struct Mark;

impl Mark {
    fn new() -> Mark {
        DRIVEN.set(DRIVEN.get() + 1);
        Mark
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        DRIVEN.set(DRIVEN.get() - 1);
    }
}

/// What a coroutine did.
enum Sent<'py> {
    Returned(Bound<'py, PyAny>),
    /// It waits for this.
    Yielded(Bound<'py, PyAny>),
}

/// Run a coroutine until it returns or suspends.
fn send<'py>(coroutine: &Bound<'py, PyAny>) -> PyResult<Sent<'py>> {
    let py = coroutine.py();
    let mut result = std::ptr::null_mut();
    // SAFETY: both are valid objects, and the GIL is held. Objects that cannot be sent to raise
    // TypeError. On success the result is a new reference.
    unsafe {
        match ffi::PyIter_Send(coroutine.as_ptr(), ffi::Py_None(), &raw mut result) {
            ffi::PySendResult::PYGEN_RETURN => {
                Ok(Sent::Returned(Bound::from_owned_ptr(py, result)))
            }
            ffi::PySendResult::PYGEN_NEXT => Ok(Sent::Yielded(Bound::from_owned_ptr(py, result))),
            ffi::PySendResult::PYGEN_ERROR => Err(PyErr::fetch(py)),
        }
    }
}

/// See `_core.pyi`.
#[pyfunction(name = "is_driven")]
pub(crate) fn is_thread_driven() -> bool {
    is_driven()
}

/// See `_core.pyi`.
#[pyfunction]
pub(crate) fn block_running_loops(allowed: bool) {
    BLOCKS_LOOPS.store(allowed, Ordering::Relaxed);
}

/// See `_core.pyi`.
#[pyfunction]
#[pyo3(signature = (coroutine, name=None))]
pub(crate) fn drive<'py>(
    py: Python<'py>,
    coroutine: &Bound<'py, PyAny>,
    name: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    if !is_driven() && !BLOCKS_LOOPS.load(Ordering::Relaxed) && has_running_loop(py)? {
        return Err(refused(coroutine, in_running_loop(py, coroutine, name)?));
    }
    let _mark = Mark::new();
    loop {
        match send(coroutine) {
            Ok(Sent::Returned(value)) => return Ok(value),
            // `asyncio.sleep(0)`: nothing else waits for a turn.
            Ok(Sent::Yielded(awaited)) if awaited.is_none() => (),
            Ok(Sent::Yielded(awaited)) => {
                return Err(refused(coroutine, suspended(py, &awaited)?));
            }
            Err(raised) => {
                if is_of(py, &raised, Class::Oxyde) {
                    // Its hint may be about `await`.
                    py.import("oxyde.hints")?
                        .call_method1("leave_out_await", (raised.value(py),))?;
                }
                return Err(raised);
            }
        }
    }
}

fn has_running_loop(py: Python<'_>) -> PyResult<bool> {
    let running = RUNNING_LOOP.get_or_try_init(py, || {
        py.import("asyncio")?
            .getattr("_get_running_loop")
            .map(Bound::unbind)
    })?;
    Ok(!running.bind(py).call0()?.is_none())
}

/// Close a coroutine that does not run to its end; return the error.
fn refused(coroutine: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    match coroutine.call_method0("close") {
        Ok(_) => error,
        Err(failed) => failed,
    }
}

fn in_running_loop(
    py: Python<'_>,
    coroutine: &Bound<'_, PyAny>,
    name: Option<&str>,
) -> PyResult<PyErr> {
    let name = match name {
        Some(name) => name.to_owned(),
        None => format!("{}()", coroutine.getattr("__name__")?),
    };
    Ok(error(
        py,
        Class::Oxyde,
        &format!(
            "{name} of oxyde.sync was called in a thread whose event loop is running, which it \
             would block"
        ),
        Some(&format!(
            "await the async form, {name} of oxyde, or call it in another thread: \
             await asyncio.to_thread(function); in a notebook, sync.block_running_loops()"
        )),
    ))
}

fn suspended(py: Python<'_>, awaited: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    let kind = awaited.get_type();
    let name = kind.fully_qualified_name()?;
    Ok(error(
        py,
        Class::Oxyde,
        &format!(
            "a call of oxyde.sync ran code that awaits {name}, which only an event loop can complete"
        ),
        Some("async hooks and callbacks may await only Oxyde there: make them plain functions"),
    ))
}
