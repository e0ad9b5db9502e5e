//! The thread that wakes event loops which cannot read a socket.
//!
//! The only thread of Oxyde that calls Python code. It ends before the interpreter does: a thread
//! that waits for the GIL then would be killed inside Rust code.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use pyo3::prelude::*;

use super::queue::Queue;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// The thread, while it runs. The lock is never held while the GIL is waited for.
static THREAD: Mutex<Option<(Sender<u64>, JoinHandle<()>)>> = Mutex::new(None);

/// `call_soon_threadsafe` and the drain callback of each loop; only touched under the GIL.
static CALLS: Mutex<Option<HashMap<u64, Call>>> = Mutex::new(None);

type Call = (Py<PyAny>, Py<PyAny>);

fn thread() -> MutexGuard<'static, Option<(Sender<u64>, JoinHandle<()>)>> {
    THREAD.lock().unwrap_or_else(PoisonError::into_inner)
}

fn calls() -> MutexGuard<'static, Option<HashMap<u64, Call>>> {
    CALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn new_id() -> u64 {
    NEXT_ID.fetch_add(1, Ordering::Relaxed)
}

/// Make a loop known.
pub(super) fn register(id: u64, call_soon_threadsafe: Py<PyAny>, drain: Py<PyAny>) {
    calls()
        .get_or_insert_default()
        .insert(id, (call_soon_threadsafe, drain));
}

/// Have the thread run. Called before each operation, so that work which is started by an
/// `atexit` function after ours finishes too.
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
        // Without a receiver the process is at its end.
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
            // A closed loop raises: nobody waits for this work any more.
            let _ = call.call1(py, (drain,));
        }
    });
}

/// Registered with `atexit`: end the thread while Python still runs.
#[pyfunction]
fn end_notifier(py: Python<'_>) {
    if let Some((sender, handle)) = thread().take() {
        drop(sender);
        py.detach(|| {
            // It never panics, and if it did it would have ended all the same.
            let _ = handle.join();
        });
    }
}

/// A loop was closed.
pub(super) fn forget(py: Python<'_>, queue: &Arc<Queue>) {
    let removed = queue
        .notifier_id()
        .and_then(|id| calls().as_mut().and_then(|calls| calls.remove(&id)));
    if let Some((call, drain)) = removed {
        call.drop_ref(py);
        drain.drop_ref(py);
    }
}

/// In a forked child: the thread is not there, and may have held its lock.
pub(super) fn forget_all() {
    std::mem::forget(calls().take());
    if let Ok(mut thread) = THREAD.try_lock() {
        std::mem::forget(thread.take());
    }
}
