//! One event loop's side: the futures that wait, and the callback that completes them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oxyde_driver::{Cancel, Part, RowSet};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::notifier;
use super::outcome::{Convert, Outcome};
use super::queue::{Finished, Queue, Wake};
use super::runtime::inside;
use super::turns::{Next, Turns};
use crate::error::{guarded, internal};
use crate::hydrate::{Built, Recipe};

/// What Oxyde keeps for one event loop. Python objects of operations live here, on the loop's
/// thread, so that no other thread ever has to release one.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct EventLoop {
    /// The `asyncio` loop itself.
    running: Py<PyAny>,
    create_future: Py<PyAny>,
    queue: Arc<Queue>,
    /// The end of the socket pair that the loop reads.
    #[cfg(unix)]
    reader: Option<std::os::unix::net::UnixStream>,
    pending: Mutex<HashMap<u64, Pending>>,
    turns: Turns,
}

struct Pending {
    future: Py<PyAny>,
    convert: Convert,
    cancel: Cancel,
    /// What was made of the rows that came ahead of the answer's end, or why it could not be.
    ahead: Option<PyResult<Built>>,
    /// Who waits for the work to be settled after it was cancelled.
    settled: Option<Py<PyAny>>,
}

/// The loops that are known, by address. Each entry keeps its loop alive, so that no other loop
/// takes the address. The lock is never held while Python code runs.
static LOOPS: Mutex<Option<HashMap<usize, Py<EventLoop>>>> = Mutex::new(None);

static GET_RUNNING_LOOP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

fn loops() -> MutexGuard<'static, Option<HashMap<usize, Py<EventLoop>>>> {
    LOOPS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl EventLoop {
    /// That of the running event loop.
    ///
    /// # Errors
    /// `RuntimeError` where none is running.
    pub(crate) fn running(py: Python<'_>) -> PyResult<Py<EventLoop>> {
        let get_running_loop = GET_RUNNING_LOOP.get_or_try_init(py, || {
            py.import("asyncio")?
                .getattr("get_running_loop")
                .map(Bound::unbind)
        })?;
        let event_loop = get_running_loop.bind(py).call0()?;
        let address = event_loop.as_ptr() as usize;
        let known = loops()
            .as_ref()
            .and_then(|known| known.get(&address).map(|found| found.clone_ref(py)));
        if let Some(found) = known {
            return Ok(found);
        }
        purge(py);
        let made = EventLoop::new(py, &event_loop)?;
        loops()
            .get_or_insert_default()
            .insert(address, made.clone_ref(py));
        Ok(made)
    }

    fn new(py: Python<'_>, event_loop: &Bound<'_, PyAny>) -> PyResult<Py<EventLoop>> {
        #[cfg(unix)]
        if let Some(made) = EventLoop::reading(py, event_loop)? {
            return Ok(made);
        }
        let id = notifier::new_id();
        let made = Py::new(
            py,
            EventLoop {
                running: event_loop.clone().unbind(),
                create_future: event_loop.getattr("create_future")?.unbind(),
                queue: Arc::new(Queue::new(Wake::Notifier(id))),
                #[cfg(unix)]
                reader: None,
                pending: Mutex::default(),
                turns: Turns::of(None),
            },
        )?;
        notifier::register(
            id,
            event_loop.getattr("call_soon_threadsafe")?.unbind(),
            made.bind(py).getattr("drain")?.unbind(),
        );
        Ok(made)
    }

    /// Woken by a socket; `None` where the loop has no `add_reader`.
    #[cfg(unix)]
    fn reading(py: Python<'_>, event_loop: &Bound<'_, PyAny>) -> PyResult<Option<Py<EventLoop>>> {
        use std::os::fd::AsRawFd;
        use std::os::unix::net::UnixStream;

        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        let descriptor = reader.as_raw_fd();
        let made = Py::new(
            py,
            EventLoop {
                running: event_loop.clone().unbind(),
                create_future: event_loop.getattr("create_future")?.unbind(),
                queue: Arc::new(Queue::new(Wake::Socket(writer))),
                reader: Some(reader),
                pending: Mutex::default(),
                turns: Turns::of(event_loop.getattr("_ready").ok()),
            },
        )?;
        let drain = made.bind(py).getattr("drain")?;
        match event_loop.call_method1("add_reader", (descriptor, drain)) {
            Ok(_) => Ok(Some(made)),
            Err(error)
                if error.is_instance_of::<pyo3::exceptions::PyNotImplementedError>(py)
                    || error.is_instance_of::<pyo3::exceptions::PyAttributeError>(py) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// A new operation: its id, and the future that it will complete.
    pub(super) fn expect(
        &self,
        py: Python<'_>,
        convert: Convert,
        cancel: Cancel,
    ) -> PyResult<(u64, Py<PyAny>)> {
        if self.queue.notifier_id().is_some() {
            notifier::start(py)?;
        }
        let future = self.create_future.call0(py)?;
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let pending = Pending {
            future: future.clone_ref(py),
            convert,
            cancel,
            ahead: None,
            settled: None,
        };
        self.pending().insert(id, pending);
        Ok((id, future))
    }

    /// A future that is done when the operation has settled.
    pub(super) fn settled(&self, py: Python<'_>, id: u64) -> PyResult<Py<PyAny>> {
        let waiting = self
            .pending()
            .get(&id)
            .and_then(|pending| pending.settled.as_ref().map(|future| future.clone_ref(py)));
        if let Some(future) = waiting {
            return Ok(future);
        }
        let future = self.create_future.call0(py)?;
        let under_way = match self.pending().get_mut(&id) {
            Some(pending) => {
                pending.settled = Some(future.clone_ref(py));
                true
            }
            None => false,
        };
        if !under_way {
            future.call_method1(py, "set_result", (py.None(),))?;
        }
        Ok(future)
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<u64, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// Whether the loop has nothing else to do than to wait for an operation that has just begun.
    pub(super) fn may_stay(&self, py: Python<'_>) -> bool {
        let alone = self.pending().len() == 1;
        alone && self.turns.may_stay(py)
    }

    /// Completes an operation that was finished before anybody waited for it: its task goes on
    /// at once. Now and then the loop gets its turn instead.
    pub(super) fn complete_now(this: &Bound<'_, Self>, id: u64, outcome: Outcome) -> PyResult<()> {
        let py = this.py();
        let own = this.get();
        match own.turns.next() {
            Next::Turn => {
                own.queue.push(id, outcome);
                return Ok(());
            }
            Next::First => {
                let turned = this.getattr(pyo3::intern!(py, "turned"))?;
                let call_soon = pyo3::intern!(py, "call_soon");
                own.running.call_method1(py, call_soon, (turned,))?;
            }
            Next::Further => (),
        }
        own.complete(py, id, outcome)
    }

    /// Makes values of rows that have come, while others are on their way.
    fn take_part(&self, py: Python<'_>, id: u64, part: Part) -> PyResult<()> {
        // The lock is not held while Python code may run.
        let (future, recipe, database, ahead) = {
            let mut pending = self.pending();
            let Some(pending) = pending.get_mut(&id) else {
                return Ok(());
            };
            let Convert::Rows(recipe, database) = &pending.convert else {
                return Ok(());
            };
            (
                pending.future.clone_ref(py),
                recipe.clone_ref(py),
                Arc::clone(database),
                pending.ahead.take(),
            )
        };
        let ahead = match part {
            // Its task was cancelled.
            _ if is_done(future.bind(py))? => None,
            Part::Again => None,
            Part::Rows(rows) => Some(
                ahead
                    .unwrap_or_else(|| Ok(Built::new(py, Some(&database))))
                    .and_then(|built| more(py, built, recipe.get(), &rows)),
            ),
        };
        if let Some(pending) = self.pending().get_mut(&id) {
            pending.ahead = ahead;
        }
        Ok(())
    }

    fn complete(&self, py: Python<'_>, id: u64, outcome: Outcome) -> PyResult<()> {
        let outcome = match outcome {
            Outcome::Part(part) => return self.take_part(py, id, part),
            outcome => outcome,
        };
        let Some(mut pending) = self.pending().remove(&id) else {
            inside(|| drop(outcome));
            return Ok(());
        };
        let ahead = pending.ahead.take();
        let future = pending.future.bind(py);
        if is_done(future)? {
            // Its task was cancelled. What came of it is released, a transaction rolled back.
            inside(|| drop(outcome));
        } else {
            let made = tracing::trace_span!("hydrate")
                .in_scope(|| guarded(py, || inside(|| pending.value(py, ahead, outcome))));
            match made {
                Ok(value) => future.call_method1(pyo3::intern!(py, "set_result"), (value,))?,
                Err(error) => set_exception(future, error)?,
            };
        }
        if let Some(settled) = &pending.settled {
            let settled = settled.bind(py);
            if !is_done(settled)? {
                settled.call_method1(pyo3::intern!(py, "set_result"), (py.None(),))?;
            }
        }
        Ok(())
    }

    fn close(&self, py: Python<'_>) {
        self.queue.close();
        let pending = std::mem::take(&mut *self.pending());
        for pending in pending.values() {
            pending.cancel.fire();
        }
        drop(pending);
        inside(|| drop(self.queue.take()));
        notifier::forget(py, &self.queue);
    }
}

#[pymethods]
impl EventLoop {
    /// Called by the loop when it has its turn.
    fn turned(&self) {
        self.turns.turned();
    }

    /// Called by the loop when work has finished.
    fn drain(&self, py: Python<'_>) -> PyResult<()> {
        #[cfg(unix)]
        if let Some(mut reader) = self.reader.as_ref() {
            use std::io::Read;
            let mut bytes = [0; 64];
            while matches!(reader.read(&mut bytes), Ok(count) if count == bytes.len()) {}
        }
        let mut first_error = None;
        for Finished { id, outcome, wake } in self.queue.take() {
            drop(wake);
            // One that fails must not keep the others waiting for ever.
            if let Err(error) = self.complete(py, id, outcome) {
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    }
}

impl Pending {
    /// The value that the operation has come to, with what was made of its first rows.
    fn value<'py>(
        &self,
        py: Python<'py>,
        ahead: Option<PyResult<Built>>,
        outcome: Outcome,
    ) -> PyResult<Bound<'py, PyAny>> {
        match (ahead, outcome, &self.convert) {
            (Some(ahead), Outcome::Rows(rows), Convert::Rows(recipe, _)) => {
                let mut built = ahead?;
                built.add(py, recipe.get(), &rows)?;
                built.finish(py, recipe.get())
            }
            (_, outcome, convert) => convert.value(py, outcome),
        }
    }
}

/// What is built, and the values of further rows.
fn more(py: Python<'_>, mut built: Built, recipe: &Recipe, rows: &RowSet) -> PyResult<Built> {
    tracing::trace_span!("hydrate")
        .in_scope(|| guarded(py, || built.add(py, recipe, rows)))
        .map(|()| built)
}

fn is_done(future: &Bound<'_, PyAny>) -> PyResult<bool> {
    future
        .call_method0(pyo3::intern!(future.py(), "done"))?
        .is_truthy()
}

fn set_exception<'py>(future: &Bound<'py, PyAny>, error: PyErr) -> PyResult<Bound<'py, PyAny>> {
    let py = future.py();
    let name = pyo3::intern!(py, "set_exception");
    if error.is_instance_of::<pyo3::exceptions::PyStopIteration>(py) {
        // A future does not take StopIteration.
        let wrapped = internal(py, "a validator raised StopIteration");
        wrapped.set_cause(py, Some(error));
        return future.call_method1(name, (wrapped.into_value(py),));
    }
    future.call_method1(name, (error.into_value(py),))
}

/// Forget the loops that were closed.
fn purge(py: Python<'_>) {
    let known: Vec<(usize, Py<EventLoop>)> = loops()
        .iter()
        .flatten()
        .map(|(address, found)| (*address, found.clone_ref(py)))
        .collect();
    for (address, found) in known {
        let closed = found.get().running.call_method0(py, "is_closed");
        let closed = closed
            .and_then(|closed| closed.is_truthy(py))
            .unwrap_or(true);
        if closed {
            let removed = loops().as_mut().and_then(|known| known.remove(&address));
            found.get().close(py);
            drop(removed);
        }
    }
}

/// In a forked child: forget the parent's loops. They are leaked, since a thread that is not
/// there any more may have held one of their locks.
pub(super) fn forget() {
    std::mem::forget(loops().take());
}
