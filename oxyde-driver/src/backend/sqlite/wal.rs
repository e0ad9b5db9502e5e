//! The write-ahead log: when a write waits for the disk.
//!
//! With `synchronous = NORMAL` a commit writes to the operating system's cache only. The disk is
//! waited for twice per round of the log: by the checkpoint, and by the first write after it, which
//! begins the log anew (<https://www.sqlite.org/pragma.html#pragma_synchronous>). Threads that must
//! not block leave both to others.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

/// The number of pages in the log from which on a checkpoint is due: SQLite's own default.
pub(super) const CHECKPOINT_PAGES: c_int = 1_000;

/// What the connections of a pool know of the log of their database. Another process may begin the
/// log anew as well; then a write waits for the disk once.
#[derive(Debug)]
pub(crate) struct WalState {
    begins_anew: AtomicBool,
}

impl WalState {
    pub(super) fn new() -> Self {
        Self {
            begins_anew: AtomicBool::new(true),
        }
    }

    /// Record a commit.
    pub(super) fn written(&self) {
        if self.begins_anew.load(Ordering::Relaxed) {
            self.begins_anew.store(false, Ordering::Release);
        }
    }

    /// Record a checkpoint.
    pub(super) fn checkpointed(&self) {
        self.begins_anew.store(true, Ordering::Release);
    }

    /// Whether the next write is likely to wait for the disk.
    pub(super) fn waits_for_disk(&self) -> bool {
        self.begins_anew.load(Ordering::Acquire)
    }
}
