//! The process's tokio runtime: started by the first operation, never stopped.
//!
//! A process that ends does not wait for it: its threads hold no Python object and call no
//! Python code, so the end of the interpreter does not concern them.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::error::{Class, error};

/// More threads than this only take turns: queries wait for the server, not for a core.
const MOST_THREADS: usize = 4;

static RUNTIME: Mutex<Option<&'static Runtime>> = Mutex::new(None);

/// The runtime, started if need be.
///
/// # Errors
/// `OxydeError` where the system gives no threads.
pub(crate) fn runtime(py: Python<'_>) -> PyResult<&'static Runtime> {
    let mut current = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = *current {
        return Ok(runtime);
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let started = Builder::new_multi_thread()
        .worker_threads((cores + 1).min(MOST_THREADS))
        .thread_name("oxyde")
        .enable_all()
        .build()
        .map_err(|failed| {
            error(
                py,
                Class::Oxyde,
                &format!("the threads for database work cannot be started: {failed}"),
                Some("look at the process's limits (ulimit -u, cgroup pids.max)"),
            )
        })?;
    let runtime: &'static Runtime = Box::leak(Box::new(started));
    *current = Some(runtime);
    Ok(runtime)
}

/// Run `work` inside the runtime's context, if it was started: what is dropped there may spawn
/// tasks that close connections.
pub(crate) fn inside<T>(work: impl FnOnce() -> T) -> T {
    let current = *RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    let _context = current.map(Runtime::enter);
    work()
}

/// In a forked child: forget the parent's runtime, whose threads are not there.
pub(super) fn forget() {
    // The lock is only held by threads that hold the GIL, as the one that forked did.
    *RUNTIME.lock().unwrap_or_else(PoisonError::into_inner) = None;
}
