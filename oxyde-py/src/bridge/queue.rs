//! The queue of finished work of an event loop.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_task::Runnable;
use tracing::Span;

use super::outcome::Outcome;

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

/// The finished work of an event loop, and the work that its thread continues. Threads push, the
/// loop pops.
pub(super) struct Queue {
    /// The queue's number in this process; from 1.
    number: u64,
    finished: Mutex<Vec<Finished>>,
    ready: Mutex<Vec<Runnable>>,
    /// When the loop last started work.
    last_start: Mutex<Option<Instant>>,
    /// Whether the loop's thread will look at the queue without being woken.
    attended: AtomicBool,
    /// Whether a wake-up is pending, so that no second one is sent.
    notified: AtomicBool,
    /// Whether the loop still accepts work.
    open: AtomicBool,
    wake: Wake,
}

/// The outcome of one operation.
pub(super) struct Finished {
    pub(super) id: u64,
    pub(super) outcome: Outcome,
    /// The time until the loop's thread processes it.
    pub(super) wake: Span,
}

/// How to wake the loop.
pub(super) enum Wake {
    /// A byte through a socket that the loop reads.
    #[cfg(unix)]
    Socket(std::os::unix::net::UnixStream),
    /// The notifier's thread, for loops that cannot read sockets.
    Notifier(u64),
    /// Nothing is pushed to the queue: it stands for the threads that wait in place.
    Never,
}

impl Queue {
    pub(super) fn new(wake: Wake) -> Queue {
        Queue {
            number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed),
            ready: Mutex::default(),
            last_start: Mutex::default(),
            attended: AtomicBool::new(false),
            finished: Mutex::new(Vec::new()),
            notified: AtomicBool::new(false),
            open: AtomicBool::new(true),
            wake,
        }
    }

    /// Push finished work. If the loop is closed, the work is dropped.
    pub(super) fn push(&self, id: u64, outcome: Outcome) {
        if !self.open.load(Ordering::Acquire) {
            return;
        }
        let wake = if self.attended.load(Ordering::Acquire) {
            Span::none()
        } else {
            tracing::trace_span!("wake")
        };
        lock(&self.finished).push(Finished { id, outcome, wake });
        self.notify();
    }

    /// Wake the loop, unless it is awake or a wake-up is pending.
    fn notify(&self) {
        if self.attended.load(Ordering::SeqCst) {
            return;
        }
        if !self.notified.swap(true, Ordering::AcqRel) {
            match &self.wake {
                #[cfg(unix)]
                Wake::Socket(socket) => {
                    use std::io::Write;
                    // A full socket wakes the loop too; a closed one belongs to a closed loop.
                    let _ = (&*socket).write(&[1]);
                }
                Wake::Notifier(id) => super::notifier::notify(*id),
                Wake::Never => (),
            }
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Record that the loop starts work; return whether it also did within `period`.
    pub(super) fn is_busy(&self, period: Duration) -> bool {
        let now = Instant::now();
        let mut last = lock(&self.last_start);
        last.replace(now).is_some_and(|last| now - last < period)
    }

    /// Push work that can continue.
    pub(super) fn push_ready(&self, runnable: Runnable) {
        lock(&self.ready).push(runnable);
        self.notify();
    }

    /// Continue all work that can continue. Must be called in the runtime's context.
    pub(super) fn run_ready(&self) {
        loop {
            let ready = std::mem::take(&mut *lock(&self.ready));
            if ready.is_empty() {
                return;
            }
            for runnable in ready {
                runnable.run();
            }
        }
    }

    /// From now on, the loop's thread looks at the queue without being woken.
    pub(super) fn attend(&self) {
        self.attended.store(true, Ordering::SeqCst);
    }

    /// The loop's thread must be woken again; return whether something is left in the queue.
    pub(super) fn leave(&self) -> bool {
        self.attended.store(false, Ordering::SeqCst);
        !lock(&self.ready).is_empty() || !lock(&self.finished).is_empty()
    }

    /// Whether an operation has finished.
    pub(super) fn has_finished(&self) -> bool {
        !lock(&self.finished).is_empty()
    }

    /// Take the outcome of one operation, if it is the only finished one.
    pub(super) fn take_only(&self, id: u64) -> Option<Outcome> {
        let mut finished = lock(&self.finished);
        if finished.len() == 1 && finished[0].id == id {
            return finished.pop().map(|finished| finished.outcome);
        }
        None
    }

    /// Take all finished work. The next push wakes the loop again.
    pub(super) fn take(&self) -> Vec<Finished> {
        self.notified.store(false, Ordering::Release);
        std::mem::take(&mut *lock(&self.finished))
    }

    /// Return the loop's number in the notifier, if the notifier wakes it.
    pub(super) fn notifier_id(&self) -> Option<u64> {
        match self.wake {
            Wake::Notifier(id) => Some(id),
            #[cfg(unix)]
            Wake::Socket(_) => None,
            Wake::Never => None,
        }
    }

    /// Close the queue, because the loop is closed.
    pub(super) fn close(&self) {
        self.open.store(false, Ordering::Release);
    }
}
