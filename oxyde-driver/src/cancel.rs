//! Stopping an operation that is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// A handle with which another task stops an operation.
///
/// The operation is stopped on the server and awaited to its end, so that a cancelled write
/// does not happen later. Once fired it stays fired: give every operation its own.
///
/// ```
/// let cancel = oxyde_driver::Cancel::new();
/// let remote = cancel.clone();
/// remote.fire();
/// assert!(cancel.is_fired());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancel(Option<Arc<State>>);

#[derive(Debug, Default)]
struct State {
    fired: AtomicBool,
    notify: Notify,
}

impl Cancel {
    /// A handle that can be fired.
    #[must_use]
    pub fn new() -> Self {
        Self(Some(Arc::default()))
    }

    /// A handle that never fires, for work that nobody cancels.
    #[must_use]
    pub const fn never() -> Self {
        Self(None)
    }

    /// Asks for the stop. From any thread; the second time does nothing.
    pub fn fire(&self) {
        if let Some(state) = &self.0 {
            state.fired.store(true, Ordering::Release);
            state.notify.notify_waiters();
        }
    }

    /// Whether the stop was asked for.
    #[must_use]
    pub fn is_fired(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|state| state.fired.load(Ordering::Acquire))
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
