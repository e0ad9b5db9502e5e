//! Finished work on its way to one event loop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tracing::Span;

use super::outcome::Outcome;

/// The finished work of one event loop. Threads push, the loop takes.
pub(super) struct Queue {
    finished: Mutex<Vec<Finished>>,
    /// Whether a wake-up is under way, so that no second one is sent.
    notified: AtomicBool,
    /// Whether the loop still takes what is pushed.
    open: AtomicBool,
    wake: Wake,
}

/// One operation's end.
pub(super) struct Finished {
    pub(super) id: u64,
    pub(super) outcome: Outcome,
    /// The time until its turn on the loop's thread.
    pub(super) wake: Span,
}

/// How the loop is woken.
pub(super) enum Wake {
    /// A byte through a socket that the loop reads.
    #[cfg(unix)]
    Socket(std::os::unix::net::UnixStream),
    /// Through the notifier's thread, for loops that cannot read sockets.
    Notifier(u64),
}

impl Queue {
    pub(super) fn new(wake: Wake) -> Queue {
        Queue {
            finished: Mutex::new(Vec::new()),
            notified: AtomicBool::new(false),
            open: AtomicBool::new(true),
            wake,
        }
    }

    /// Hand over finished work. If the loop is closed it is dropped: nobody waits for it.
    pub(super) fn push(&self, id: u64, outcome: Outcome) {
        if !self.open.load(Ordering::Acquire) {
            return;
        }
        self.finished
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Finished {
                id,
                outcome,
                wake: tracing::trace_span!("wake"),
            });
        if !self.notified.swap(true, Ordering::AcqRel) {
            match &self.wake {
                #[cfg(unix)]
                Wake::Socket(socket) => {
                    use std::io::Write;
                    // A full socket wakes the loop as well; a closed one belongs to a closed loop.
                    let _ = (&*socket).write(&[1]);
                }
                Wake::Notifier(id) => super::notifier::notify(*id),
            }
        }
    }

    /// Everything that has finished. From here on the next push wakes the loop again.
    pub(super) fn take(&self) -> Vec<Finished> {
        self.notified.store(false, Ordering::Release);
        std::mem::take(&mut *self.finished.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The loop's number at the notifier, where that wakes it.
    pub(super) fn notifier_id(&self) -> Option<u64> {
        match self.wake {
            Wake::Notifier(id) => Some(id),
            #[cfg(unix)]
            Wake::Socket(_) => None,
        }
    }

    /// The loop is closed.
    pub(super) fn close(&self) {
        self.open.store(false, Ordering::Release);
    }
}
