//! Pauses Python's cyclic garbage collector while many live objects are created.
#![expect(
    unsafe_code,
    reason = "Python's cyclic garbage collector is paused while many objects are created"
)]

use pyo3::ffi;
use pyo3::prelude::*;

/// Pauses the collector while this exists; restores its state afterwards. Never kept across
/// turns of the event loop, in which the collector belongs to the user.
pub(crate) struct CollectorPaused<'py> {
    was_on: bool,
    _attached: Python<'py>,
}

impl<'py> CollectorPaused<'py> {
    pub(crate) fn new(py: Python<'py>) -> Self {
        // SAFETY: the GIL is held, as `py` proves; the call only sets a flag and returns the old
        // one.
        let was_on = unsafe { ffi::PyGC_Disable() } == 1;
        CollectorPaused {
            was_on,
            _attached: py,
        }
    }
}

impl Drop for CollectorPaused<'_> {
    fn drop(&mut self) {
        if self.was_on {
            // SAFETY: the GIL is held, as the lifetime of `py` proves; the call only sets a flag.
            unsafe {
                ffi::PyGC_Enable();
            }
        }
    }
}
