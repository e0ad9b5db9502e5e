//! Decides when an event loop gets a turn, and when its thread may wait in place instead.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::queue::lock;

/// How long tasks may continue with immediately available results before the loop gets a turn:
/// timers, cancellations and other tasks wait meanwhile.
const LONGEST_BURST: Duration = Duration::from_micros(500);

/// How long work on many rows may occupy the loop's thread before the loop gets a turn: a timer may
/// be late by this much.
pub(super) const LONGEST_SLICE: Duration = Duration::from_millis(2);

/// After this many consecutive unsuccessful waits, only every `RETRY`th is attempted.
const GIVE_UP: u32 = 4;
const RETRY: u32 = 64;

/// The state of an event loop's turns.
pub(super) struct Fairness {
    /// Its queue of ready callbacks; `None` if the loop does not expose it (only asyncio's does).
    ready: Option<Py<PyAny>>,
    /// When the current burst without a turn started.
    burst: Mutex<Option<Instant>>,
    /// Number of consecutive waits in place that were unsuccessful.
    failed_spins: AtomicU32,
}

/// How to complete an operation that finished before it was awaited.
pub(super) enum Next {
    /// Its task continues immediately and starts a burst; the caller must arrange a call of
    /// `turned`.
    First,
    /// Its task continues immediately.
    Further,
    /// The loop gets a turn first.
    Turn,
}

impl Fairness {
    pub(super) fn of(ready: Option<Bound<'_, PyAny>>) -> Self {
        Self {
            ready: ready.map(Bound::unbind),
            burst: Mutex::default(),
            failed_spins: AtomicU32::new(0),
        }
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.ready)
    }

    fn burst(&self) -> MutexGuard<'_, Option<Instant>> {
        lock(&self.burst)
    }

    /// Whether the loop would only wait, and a response is likely to arrive soon.
    pub(super) fn may_spin(&self, py: Python<'_>) -> bool {
        let Some(ready) = &self.ready else {
            return false;
        };
        // During a burst, the queue contains the call of `turned`, which no task awaits.
        let ours = usize::from(self.burst().is_some());
        if ready.bind(py).len().is_ok_and(|len| len > ours) {
            return false;
        }
        let failed_spins = self.failed_spins.load(Ordering::Relaxed);
        if failed_spins < GIVE_UP {
            return true;
        }
        let next = failed_spins.wrapping_add(1).max(GIVE_UP);
        self.failed_spins.store(next, Ordering::Relaxed);
        failed_spins.is_multiple_of(RETRY)
    }

    /// Record whether a wait in place was successful.
    pub(super) fn record_spin(&self, failed: bool) {
        if !failed {
            self.failed_spins.store(0, Ordering::Relaxed);
        } else if self.failed_spins.load(Ordering::Relaxed) < GIVE_UP {
            self.failed_spins.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn next(&self) -> Next {
        let now = Instant::now();
        let mut burst = self.burst();
        match *burst {
            Some(since) if now - since > LONGEST_BURST => Next::Turn,
            Some(_) => Next::Further,
            None => {
                *burst = Some(now);
                Next::First
            }
        }
    }

    /// Return how long work on many rows may continue before the loop gets a turn, and whether it
    /// is the first since the last turn; then the caller must arrange a call of `turned`. All work
    /// of a turn shares its time.
    pub(super) fn left(&self) -> (Duration, bool) {
        let mut burst = self.burst();
        if let Some(since) = *burst {
            return (LONGEST_SLICE.saturating_sub(since.elapsed()), false);
        }
        *burst = Some(Instant::now());
        (LONGEST_SLICE, true)
    }

    /// Record that the loop got a turn.
    pub(super) fn turned(&self) {
        *self.burst() = None;
    }
}
