//! Cancels a running operation.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::cursor::Cursor;
use crate::pool::Pool;
use crate::transaction::Transaction;

/// A handle with which another task cancels an operation.
///
/// The operation is stopped on the server, and its end is awaited, so that a cancelled write
/// does not happen later. A fired handle stays fired: use a new one for every operation.
///
/// ```no_run
/// # async fn example(pool: oxyde_driver::Pool) -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::{Cancel, Executor};
///
/// let cancel = Cancel::new();
/// let remote = cancel.clone();
/// tokio::spawn(async move {
///     tokio::time::sleep(std::time::Duration::from_secs(1)).await;
///     remote.fire();
/// });
/// pool.cancelled_by(&cancel).execute_raw("SELECT pg_sleep(60)", ()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancel(Option<Arc<State>>);

#[derive(Debug, Default)]
struct State {
    fired: AtomicBool,
    notify: Notify,
    /// How long the operation waited for a connection, in nanoseconds.
    waited: AtomicU64,
    /// Which of several hosts has reported an error.
    host: Mutex<Option<Arc<str>>>,
}

impl Cancel {
    /// Of operations that are not cancelled.
    pub(crate) const NEVER: &'static Self = &Self(None);

    /// Create a handle that can be fired.
    #[must_use]
    pub fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// Create a handle that never fires, for work that is not cancelled.
    #[must_use]
    pub const fn never() -> Self {
        Self(None)
    }

    /// Request cancellation. Callable from any thread; further calls have no effect.
    pub fn fire(&self) {
        if let Some(state) = &self.0 {
            state.fired.store(true, Ordering::Release);
            state.notify.notify_waiters();
        }
    }

    /// Whether cancellation was requested.
    #[must_use]
    pub fn is_fired(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|state| state.fired.load(Ordering::Acquire))
    }

    /// Record that the operation waited for a connection.
    pub(crate) fn add_wait(&self, wait: Duration) {
        if let Some(state) = &self.0 {
            let nanos = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
            state.waited.fetch_add(nanos, Ordering::Relaxed);
        }
    }

    /// Return how long the operation has waited for a connection of its pool: in the queue, or
    /// while one was tested or opened.
    #[must_use]
    pub fn waited(&self) -> Duration {
        let nanos = self
            .0
            .as_ref()
            .map_or(0, |state| state.waited.load(Ordering::Relaxed));
        Duration::from_nanos(nanos)
    }

    /// Record which of several hosts has reported an error.
    pub(crate) fn note_host(&self, host: Arc<str>) {
        if let Some(state) = &self.0 {
            *state.host.lock().unwrap_or_else(PoisonError::into_inner) = Some(host);
        }
    }

    /// Return which of several hosts has reported the operation's error, if one has.
    #[must_use]
    pub fn host(&self) -> Option<Arc<str>> {
        let state = self.0.as_ref()?;
        state
            .host
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Resolves when fired.
    pub async fn fired(&self) {
        let Some(state) = &self.0 else {
            return std::future::pending().await;
        };
        loop {
            let notified = state.notify.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if self.is_fired() {
                return;
            }
            notified.await;
        }
    }
}

/// A pool, a transaction or a cursor whose operations are stopped when a [`Cancel`] is fired. They
/// return [`DriverError::Cancelled`](crate::DriverError::Cancelled) if they had no effect.
#[derive(Debug)]
pub struct Cancellable<'a, On> {
    pub(crate) on: &'a On,
    pub(crate) cancel: &'a Cancel,
}

// Derived, they would require them of `On`.
impl<On> Clone for Cancellable<'_, On> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<On> Copy for Cancellable<'_, On> {}

/// Implements `cancelled_by`.
macro_rules! cancelled_by {
    ($($on:ty),+) => {$(
        impl $on {
            /// The same, but its operations are stopped when `cancel` is fired.
            #[must_use]
            pub fn cancelled_by<'a>(&'a self, cancel: &'a Cancel) -> Cancellable<'a, Self> {
                Cancellable { on: self, cancel }
            }
        }
    )+};
}

cancelled_by!(Pool, Transaction, Cursor);
