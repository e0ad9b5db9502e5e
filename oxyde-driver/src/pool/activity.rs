//! What a pool has done: counters, and events for who watches it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::error::DriverError;

/// Number of events that are kept for a watcher that does not read them.
const KEPT: usize = 4096;

/// What a pool has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolCounters {
    /// Statements that were sent, including those that begin and end transactions.
    pub statements: u64,
    /// Statements that failed.
    pub errors: u64,
    /// Leased connections.
    pub acquired: u64,
    /// Leases that had to wait: in the queue, or while a connection was tested or opened.
    pub waits: u64,
    /// The total time of these waits.
    pub waited: Duration,
    /// Leases that were not granted within the pool's `acquire_timeout`.
    pub timeouts: u64,
    /// Connections that were opened.
    pub opened: u64,
    /// Statements that were repeated on another connection.
    pub retries: u64,
    /// Connections that were closed because their server is not, or no longer, one that is wanted.
    pub evicted: u64,
    /// Writes and commits whose outcome is unknown.
    pub unknown: u64,
}

/// Something that happened in a pool.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PoolEvent {
    /// Its kind.
    pub kind: PoolEventKind,
    /// How long it took: opening a connection, waiting for one, using one.
    pub took: Option<Duration>,
    /// The error's message.
    pub message: Option<String>,
}

/// The kind of a [`PoolEvent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolEventKind {
    /// A connection was opened.
    Connect,
    /// A connection was leased.
    Acquire,
    /// A leased connection returned, or was closed.
    Release,
    /// A statement, or opening a connection, failed.
    Error,
    /// A statement is repeated on another connection.
    Retry,
}

impl PoolEventKind {
    /// Return its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Acquire => "acquire",
            Self::Release => "release",
            Self::Error => "error",
            Self::Retry => "retry",
        }
    }
}

/// Counts what a pool does, and keeps events while it is watched.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    statements: AtomicU64,
    errors: AtomicU64,
    acquired: AtomicU64,
    waits: AtomicU64,
    waited: AtomicU64,
    timeouts: AtomicU64,
    opened: AtomicU64,
    retries: AtomicU64,
    retried: Mutex<BTreeMap<String, u64>>,
    evicted: AtomicU64,
    unknown: AtomicU64,
    watched: AtomicBool,
    events: Mutex<VecDeque<PoolEvent>>,
    happened: Notify,
}

impl Activity {
    pub(super) fn counters(&self) -> PoolCounters {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        PoolCounters {
            statements: of(&self.statements),
            errors: of(&self.errors),
            acquired: of(&self.acquired),
            waits: of(&self.waits),
            waited: Duration::from_nanos(of(&self.waited)),
            timeouts: of(&self.timeouts),
            opened: of(&self.opened),
            retries: of(&self.retries),
            evicted: of(&self.evicted),
            unknown: of(&self.unknown),
        }
    }

    pub(super) fn count_statement(&self) {
        add_one(&self.statements);
    }

    pub(super) fn count_error(&self, message: impl FnOnce() -> String) {
        add_one(&self.errors);
        self.record(PoolEventKind::Error, None, || Some(message()));
    }

    /// A connection was leased; `wait` is how long that took, if it was not there at once.
    pub(super) fn count_lease(&self, wait: Option<Duration>) {
        add_one(&self.acquired);
        if let Some(wait) = wait {
            add_one(&self.waits);
            let nanos = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
            self.waited.fetch_add(nanos, Ordering::Relaxed);
        }
        self.record(
            PoolEventKind::Acquire,
            Some(wait.unwrap_or_default()),
            || None,
        );
    }

    pub(super) fn count_timeout(&self) {
        add_one(&self.timeouts);
    }

    pub(super) fn count_opened(&self, took: Duration) {
        add_one(&self.opened);
        self.record(PoolEventKind::Connect, Some(took), || None);
    }

    pub(super) fn count_retry(&self, problem: &DriverError) {
        add_one(&self.retries);
        let code = problem.code().unwrap_or("connection lost").to_owned();
        let mut retried = self.retried.lock().unwrap_or_else(PoisonError::into_inner);
        *retried.entry(code).or_default() += 1;
        drop(retried);
        self.record(PoolEventKind::Retry, None, || Some(problem.to_string()));
    }

    /// The statements that were repeated, by the code of the error.
    pub(super) fn retried(&self) -> BTreeMap<String, u64> {
        let retried = self.retried.lock().unwrap_or_else(PoisonError::into_inner);
        retried.clone()
    }

    pub(super) fn count_evicted(&self) {
        add_one(&self.evicted);
    }

    /// Count a result that is not known.
    pub(crate) fn note_outcome<T>(&self, result: &Result<T, DriverError>) {
        if matches!(result, Err(DriverError::OutcomeUnknown { .. })) {
            add_one(&self.unknown);
        }
    }

    pub(super) fn is_watched(&self) -> bool {
        self.watched.load(Ordering::Relaxed)
    }

    /// Keep events from now on, or no longer.
    pub(super) fn watch(&self, wanted: bool) {
        self.watched.store(wanted, Ordering::Relaxed);
        if !wanted {
            self.events().clear();
        }
    }

    pub(super) fn record(
        &self,
        kind: PoolEventKind,
        took: Option<Duration>,
        message: impl FnOnce() -> Option<String>,
    ) {
        if !self.is_watched() {
            return;
        }
        let mut events = self.events();
        if events.len() == KEPT {
            events.pop_front();
        }
        events.push_back(PoolEvent {
            kind,
            took,
            message: message(),
        });
        drop(events);
        self.happened.notify_one();
    }

    /// Return the events that were not returned before; wait until there is one.
    pub(super) async fn next_events(&self) -> Vec<PoolEvent> {
        loop {
            let found = std::mem::take(&mut *self.events());
            if !found.is_empty() {
                return found.into();
            }
            self.happened.notified().await;
        }
    }

    fn events(&self) -> std::sync::MutexGuard<'_, VecDeque<PoolEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add_one(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
