//! When an event loop gets its turn, and when its thread may wait on the spot instead.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// How long tasks may go on with what is there at once, before the loop gets a turn: timers,
/// cancellations and other tasks wait meanwhile.
const LONGEST_BURST: Duration = Duration::from_micros(500);

/// After so many vain waits in a row only every `RETRY`th is tried.
const GIVE_UP: u32 = 4;
const RETRY: u32 = 64;

/// What one event loop has to do.
pub(super) struct Turns {
    /// What it will call next; `None` where it does not show it (that is asyncio's own).
    ready: Option<Py<PyAny>>,
    /// Since when tasks have gone on without a turn.
    burst: Mutex<Option<Instant>>,
    /// How often in a row an answer did not come while it was waited for on the spot.
    vain: AtomicU32,
}

/// What happens to an operation that was finished before anybody waited for it.
pub(super) enum Next {
    /// Its task goes on at once, as the first one of a burst: the end is to be told by `turned`.
    First,
    /// Its task goes on at once.
    Further,
    /// The loop gets its turn first.
    Turn,
}

impl Turns {
    pub(super) fn of(ready: Option<Bound<'_, PyAny>>) -> Self {
        Self {
            ready: ready.map(Bound::unbind),
            burst: Mutex::default(),
            vain: AtomicU32::new(0),
        }
    }

    fn burst(&self) -> MutexGuard<'_, Option<Instant>> {
        self.burst.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the loop would only wait, and an answer is likely to come in a moment.
    pub(super) fn may_stay(&self, py: Python<'_>) -> bool {
        let Some(ready) = &self.ready else {
            return false;
        };
        // In a burst it will call `turned`, which nobody waits for.
        let ours = usize::from(self.burst().is_some());
        if ready.bind(py).len().is_ok_and(|len| len > ours) {
            return false;
        }
        let vain = self.vain.load(Ordering::Relaxed);
        if vain < GIVE_UP {
            return true;
        }
        let next = vain.wrapping_add(1).max(GIVE_UP);
        self.vain.store(next, Ordering::Relaxed);
        vain.is_multiple_of(RETRY)
    }

    /// Whether the wait on the spot has paid off.
    pub(super) fn stayed(&self, in_vain: bool) {
        if !in_vain {
            self.vain.store(0, Ordering::Relaxed);
        } else if self.vain.load(Ordering::Relaxed) < GIVE_UP {
            self.vain.fetch_add(1, Ordering::Relaxed);
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

    /// The loop has its turn.
    pub(super) fn turned(&self) {
        *self.burst() = None;
    }
}
