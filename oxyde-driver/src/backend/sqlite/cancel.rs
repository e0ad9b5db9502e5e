//! Cancels a statement of SQLite: `sqlite3_interrupt`, and a flag for statements that wait for
//! a lock or have not started.

#![expect(unsafe_code, reason = "SQLite's C interface")]

use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, ready};
use libsqlite3_sys as ffi;

use super::error;
use crate::backend::interface::{CancelChannel, Cancels};
use crate::error::{Cause, DriverError};

/// Cancels the statement of a connection, from any thread.
#[derive(Clone)]
pub(super) struct CancelHandle {
    stop: Arc<AtomicBool>,
    db: NonNull<ffi::sqlite3>,
    alive: Arc<Mutex<bool>>,
}

// SAFETY: the pointer is only used for `sqlite3_interrupt`, which may be called from any thread
// while the connection is open; `alive` is locked meanwhile, and false after closing begins.
unsafe impl Send for CancelHandle {}
// SAFETY: as above.
unsafe impl Sync for CancelHandle {}

impl std::fmt::Debug for CancelHandle {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("CancelHandle")
    }
}

impl CancelHandle {
    /// Create the handle of a connection, which is open while `alive` is true and locked.
    pub(super) fn new(
        stop: Arc<AtomicBool>,
        db: NonNull<ffi::sqlite3>,
        alive: Arc<Mutex<bool>>,
    ) -> Self {
        Self { stop, db, alive }
    }

    /// Cancel the running statement, also while it waits for a lock.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        let alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        if *alive {
            // SAFETY: the connection is open while `alive` is true and locked.
            unsafe { ffi::sqlite3_interrupt(self.db.as_ptr()) };
        }
    }
}

impl Cancels for CancelHandle {
    fn connect(&self) -> BoxFuture<'_, Option<Box<dyn CancelChannel>>> {
        let channel = Box::new(self.clone()) as Box<dyn CancelChannel>;
        Box::pin(ready(Some(channel)))
    }

    fn terminate(&self) -> BoxFuture<'_, bool> {
        self.stop();
        Box::pin(ready(true))
    }

    /// A statement that waited for a lock ends with a lock timeout.
    fn is_cancelled(&self, problem: &DriverError) -> bool {
        error::is_cancelled(problem) || problem.cause() == Some(Cause::LockTimeout)
    }
}

impl CancelChannel for CancelHandle {
    fn cancel(&mut self) -> BoxFuture<'_, bool> {
        self.stop();
        Box::pin(ready(true))
    }
}
