//! Lets the main thread look for signals while it waits for an operation.
//!
//! Python runs signal handlers on the main thread, between two steps of its code. A thread that waits
//! in Rust takes no such steps, so it is woken from time to time.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use tokio::sync::Notify;

use super::call::Line;
use super::fork::generation;
use super::queue::lock;
use super::reactor::{self, Reactor};

/// A signal is handled at most this much later.
const INTERVAL: Duration = Duration::from_millis(50);

/// After this many intervals in which the main thread did not wait, the timer stops.
const QUIET: u32 = 20;

/// Wakes the main thread; one for each reactor.
#[derive(Default)]
pub(super) struct Interrupts {
    /// What the main thread waits for.
    waiting: Mutex<Option<Arc<Line>>>,
    runs: AtomicBool,
    is_started: AtomicBool,
    again: Notify,
}

thread_local! {
    /// Whether this thread is the main thread, in the process with this number.
    static IS_MAIN: Cell<Option<(u64, bool)>> = const { Cell::new(None) };
}

static THREADS: PyOnceLock<(Py<PyAny>, Py<PyAny>)> = PyOnceLock::new();

fn is_main(py: Python<'_>) -> PyResult<bool> {
    if let Some((process, is_main)) = IS_MAIN.get()
        && process == generation()
    {
        return Ok(is_main);
    }
    let (main, current) = THREADS.get_or_try_init(py, || {
        let threading = py.import("threading")?;
        let main = threading.getattr("main_thread")?.unbind();
        PyResult::Ok((main, threading.getattr("get_ident")?.unbind()))
    })?;
    let main = main.call0(py)?.getattr(py, "ident")?;
    let is_main = main.bind(py).eq(current.call0(py)?)?;
    IS_MAIN.set(Some((generation(), is_main)));
    Ok(is_main)
}

/// While it exists, the waiting thread is woken if it is the main thread.
pub(super) struct Watched {
    interrupts: Option<&'static Interrupts>,
    before: Option<Arc<Line>>,
}

/// Wake this thread while it waits for an operation, if it is the main thread.
pub(super) fn watch(py: Python<'_>, line: &Arc<Line>) -> PyResult<Watched> {
    let is_main = is_main(py)?;
    let Some(reactor) = reactor::current().filter(|_| is_main) else {
        return Ok(Watched {
            interrupts: None,
            before: None,
        });
    };
    let interrupts = reactor.interrupts();
    let before = lock(&interrupts.waiting).replace(Arc::clone(line));
    if !interrupts.runs.swap(true, Ordering::AcqRel) {
        interrupts.start(reactor);
    }
    Ok(Watched {
        interrupts: Some(interrupts),
        before,
    })
}

impl Interrupts {
    fn start(&self, reactor: &'static Reactor) {
        if self.is_started.swap(true, Ordering::AcqRel) {
            self.again.notify_one();
        } else {
            reactor.inside(|| tokio::spawn(reactor.interrupts().run()));
        }
    }

    async fn run(&self) {
        let mut quiet = 0;
        loop {
            tokio::time::sleep(INTERVAL).await;
            let waiting = lock(&self.waiting).clone();
            if let Some(line) = waiting {
                quiet = 0;
                line.poke();
                continue;
            }
            quiet += 1;
            if quiet == QUIET {
                quiet = 0;
                self.runs.store(false, Ordering::Release);
                self.again.notified().await;
            }
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(interrupts) = self.interrupts {
            *lock(&interrupts.waiting) = self.before.take();
        }
    }
}
