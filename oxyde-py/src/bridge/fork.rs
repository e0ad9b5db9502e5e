//! Support for forked children, which do not own the parent's threads and sockets.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The number of forks between the first process and this one.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Return the number of this process. Objects opened under another number belong to an ancestor.
pub(crate) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// Called in a child right after the fork. The parent's objects are leaked, never closed:
/// closing a connection would write to the parent's socket.
#[pyfunction]
pub(crate) fn after_fork_in_child() {
    GENERATION.fetch_add(1, Ordering::AcqRel);
    super::reactor::forget();
    super::event_loop::forget();
    super::notifier::forget_all();
}

/// Register [`after_fork_in_child`] with Python.
pub(crate) fn register(py: Python<'_>, function: &Bound<'_, PyAny>) -> PyResult<()> {
    let os = py.import("os")?;
    if os.hasattr("register_at_fork")? {
        let keywords = PyDict::new(py);
        keywords.set_item("after_in_child", function)?;
        os.call_method("register_at_fork", (), Some(&keywords))?;
    }
    Ok(())
}
