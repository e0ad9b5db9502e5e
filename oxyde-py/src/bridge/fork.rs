//! A forked child: the parent's threads and sockets are not its own.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Counts forks on the way from the first process to this one.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Which process this is. What was opened under another number belongs to an ancestor.
pub(crate) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// Called in a child right after it was forked. What the parent had is leaked, never closed:
/// to close a connection would be to speak on the parent's socket.
#[pyfunction]
pub(crate) fn after_fork_in_child() {
    GENERATION.fetch_add(1, Ordering::AcqRel);
    super::runtime::forget();
    super::event_loop::forget();
    super::notifier::forget_all();
}

/// Have Python call [`after_fork_in_child`].
pub(crate) fn register(py: Python<'_>, function: &Bound<'_, PyAny>) -> PyResult<()> {
    let os = py.import("os")?;
    if os.hasattr("register_at_fork")? {
        let keywords = PyDict::new(py);
        keywords.set_item("after_in_child", function)?;
        os.call_method("register_at_fork", (), Some(&keywords))?;
    }
    Ok(())
}
