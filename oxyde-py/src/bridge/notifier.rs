//! The thread that wakes event loops which cannot read a socket.
//!
//! The only thread of Oxyde that calls Python code. It is told to stop before the interpreter is.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;

use super::queue::Queue;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);
static STATE: Mutex<State> = Mutex::new(State {
    sender: None,
    ended: false,
});

/// `call_soon_threadsafe` and the drain callback of each loop; only touched under the GIL.
static CALLS: Mutex<Option<HashMap<u64, (Py<PyAny>, Py<PyAny>)>>> = Mutex::new(None);

struct State {
    sender: Option<Sender<u64>>,
    /// Python ends: its code must not be called any more.
    ended: bool,
}

pub(super) fn new_id() -> u64 {
    NEXT_ID.fetch_add(1, Ordering::Relaxed)
}

/// Make a loop known, and start the thread with the first.
pub(super) fn register(
    py: Python<'_>,
    id: u64,
    call_soon_threadsafe: Py<PyAny>,
    drain: Py<PyAny>,
) -> PyResult<()> {
    CALLS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .get_or_insert_default()
        .insert(id, (call_soon_threadsafe, drain));
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    if state.sender.is_some() {
        return Ok(());
    }
    let (sender, receiver) = channel();
    std::thread::Builder::new()
        .name("oxyde-notifier".to_owned())
        .spawn(move || {
            for id in receiver {
                wake(id);
            }
        })?;
    state.sender = Some(sender);
    drop(state);
    let end = pyo3::wrap_pyfunction!(end_notifier, py)?;
    py.import("atexit")?.call_method1("register", (end,))?;
    Ok(())
}

/// Called from any thread when a loop has finished work.
pub(super) fn notify(id: u64) {
    if let Some(sender) = &STATE.lock().unwrap_or_else(PoisonError::into_inner).sender {
        // Without a receiver the process is at its end.
        let _ = sender.send(id);
    }
}

fn wake(id: u64) {
    // The GIL is waited for without the lock: the thread that holds it may be about to end.
    let _ = Python::try_attach(|py| {
        if STATE.lock().unwrap_or_else(PoisonError::into_inner).ended {
            return;
        }
        let call = CALLS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .and_then(|calls| {
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

/// Registered with `atexit`.
#[pyfunction]
fn end_notifier() {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    state.ended = true;
    state.sender = None;
}

/// A loop was closed.
pub(super) fn forget(py: Python<'_>, queue: &Arc<Queue>) {
    let Some(id) = queue.notifier_id() else {
        return;
    };
    let removed = CALLS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .as_mut()
        .and_then(|calls| calls.remove(&id));
    if let Some((call, drain)) = removed {
        call.drop_ref(py);
        drain.drop_ref(py);
    }
}

/// In a forked child: the thread is not there.
pub(super) fn forget_all() {
    std::mem::forget(CALLS.lock().unwrap_or_else(PoisonError::into_inner).take());
    if let Ok(mut state) = STATE.try_lock() {
        std::mem::forget(state.sender.take());
    }
}
