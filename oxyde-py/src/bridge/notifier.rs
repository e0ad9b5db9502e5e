//! The thread that wakes event loops that cannot read a socket.
//!
//! This is Oxyde's only thread that calls Python code. It ends before the interpreter does: a
//! thread that waits for the GIL at that time would be killed inside Rust code.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use pyo3::prelude::*;

use super::queue::{Queue, lock};

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// The thread, while it runs. The lock is never held while waiting for the GIL.
static THREAD: Mutex<Option<(Sender<u64>, JoinHandle<()>)>> = Mutex::new(None);

/// `call_soon_threadsafe` and the drain callback of each loop; accessed only with the GIL.
static CALLS: Mutex<Option<HashMap<u64, Call>>> = Mutex::new(None);

type Call = (Py<PyAny>, Py<PyAny>);

fn thread() -> MutexGuard<'static, Option<(Sender<u64>, JoinHandle<()>)>> {
    lock(&THREAD)
}

fn calls() -> MutexGuard<'static, Option<HashMap<u64, Call>>> {
    lock(&CALLS)
}

pub(super) fn new_id() -> u64 {
    NEXT_ID.fetch_add(1, Ordering::Relaxed)
}

/// Register a loop.
pub(super) fn register(id: u64, call_soon_threadsafe: Py<PyAny>, drain: Py<PyAny>) {
    calls()
        .get_or_insert_default()
        .insert(id, (call_soon_threadsafe, drain));
}

/// Start the thread if necessary. Called before each operation, so that work that is started by an
/// `atexit` function after ours also finishes.
pub(super) fn start(py: Python<'_>) -> PyResult<()> {
    if thread().is_some() {
        return Ok(());
    }
    let (sender, receiver) = channel();
    let handle = std::thread::Builder::new()
        .name("oxyde-notifier".to_owned())
        .spawn(move || {
            for id in receiver {
                wake(id);
            }
        })?;
    *thread() = Some((sender, handle));
    let end = pyo3::wrap_pyfunction!(end_notifier, py)?;
    py.import("atexit")?.call_method1("register", (end,))?;
    Ok(())
}

/// Called from any thread when a loop has finished work.
pub(super) fn notify(id: u64) {
    if let Some((sender, _)) = &*thread() {
        // Without a receiver, the process is exiting.
        let _ = sender.send(id);
    }
}

fn wake(id: u64) {
    let _ = Python::try_attach(|py| {
        let call = calls().as_ref().and_then(|calls| {
            calls
                .get(&id)
                .map(|(call, drain)| (call.clone_ref(py), drain.clone_ref(py)))
        });
        if let Some((call, drain)) = call {
            // A closed loop raises; its work is no longer awaited.
            let _ = call.call1(py, (drain,));
        }
    });
}

/// Registered with `atexit`: ends the thread while Python still runs.
#[pyfunction]
fn end_notifier(py: Python<'_>) {
    if let Some((sender, handle)) = thread().take() {
        drop(sender);
        py.detach(|| {
            // It never panics; if it did, it would have ended anyway.
            let _ = handle.join();
        });
    }
}

/// Remove a closed loop.
pub(super) fn forget(py: Python<'_>, queue: &Arc<Queue>) {
    let removed = queue
        .notifier_id()
        .and_then(|id| calls().as_mut().and_then(|calls| calls.remove(&id)));
    if let Some((call, drain)) = removed {
        call.drop_ref(py);
        drain.drop_ref(py);
    }
}

/// In a forked child, the thread does not exist and may have held its lock.
pub(super) fn forget_all() {
    std::mem::forget(calls().take());
    if let Ok(mut thread) = THREAD.try_lock() {
        std::mem::forget(thread.take());
    }
}
