//! Signals that stop a command.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use oxyde_driver::Cancel;

/// A handle with which the process stops its command.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Debug)]
struct State {
    cancel: Cancel,
    /// The signal; 0 is none.
    signal: AtomicI32,
    /// Parts of the command that are using a database.
    working: AtomicUsize,
}

impl Default for State {
    fn default() -> Self {
        State {
            cancel: Cancel::new(),
            signal: AtomicI32::new(0),
            working: AtomicUsize::new(0),
        }
    }
}

impl Interrupt {
    /// Stop the running statement on the server. Returns whether the command then ends by itself;
    /// if not, it is not using a database, and the process may exit.
    #[must_use]
    pub fn fire(&self, signal: i32) -> bool {
        self.0.signal.store(signal, Ordering::Release);
        self.0.cancel.fire();
        self.0.working.load(Ordering::Acquire) > 0
    }

    /// The signal, if there was one.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        Some(self.0.signal.load(Ordering::Acquire)).filter(|signal| *signal != 0)
    }

    /// What stops the running statement.
    pub(crate) fn cancel(&self) -> Cancel {
        self.0.cancel.clone()
    }

    /// Run a part of the command that uses a database.
    pub(crate) fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.working.fetch_add(1, Ordering::AcqRel);
        let result = work();
        self.0.working.fetch_sub(1, Ordering::AcqRel);
        result
    }
}

/// Return the usual name of a signal.
pub(crate) fn name(signal: i32) -> String {
    match signal {
        2 => "SIGINT".to_owned(),
        15 => "SIGTERM".to_owned(),
        other => format!("signal {other}"),
    }
}
