//! The state of an event loop: the waiting futures, and the callback that completes them.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use oxyde_driver::Cancel;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::fairness::{Fairness, LONGEST_SLICE, Next};
use super::notifier;
use super::outcome::{Convert, Outcome};
use super::pending::{Pending, Step};
use super::queue::{Finished, Queue, Wake, lock};
use super::reactor::{self, Reactor, inside};
use super::without_loop::is_driven;
use crate::slices::SliceDeadline;

/// Oxyde's state for one event loop. The Python objects of operations are stored here, on the
/// loop's thread, so that no other thread has to release them.
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
    /// The operations that have outcomes `waiting`, in order.
    long: Mutex<VecDeque<u64>>,
    /// Whether a call of `go_on` is scheduled.
    goes_on: AtomicBool,
    /// Whether a call of `drain` is scheduled.
    drains: AtomicBool,
    /// The descriptor of the reactor that the loop watches; -1 if it does not. In a forked child it
    /// is that of the parent's.
    watched: AtomicI32,
    fairness: Fairness,
}

/// The known loops, by address. Each entry keeps its loop alive, so that no other loop
/// gets the address. The lock is never held while Python code runs.
static LOOPS: Mutex<Option<HashMap<usize, Py<EventLoop>>>> = Mutex::new(None);

static GET_RUNNING_LOOP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

fn loops() -> MutexGuard<'static, Option<HashMap<usize, Py<EventLoop>>>> {
    lock(&LOOPS)
}

impl EventLoop {
    /// Return the state of the running event loop.
    ///
    /// # Errors
    /// `RuntimeError` if no loop is running.
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
                long: Mutex::default(),
                goes_on: AtomicBool::new(false),
                drains: AtomicBool::new(false),
                watched: AtomicI32::new(-1),
                fairness: Fairness::of(None),
            },
        )?;
        notifier::register(
            id,
            event_loop.getattr("call_soon_threadsafe")?.unbind(),
            made.bind(py).getattr("drain")?.unbind(),
        );
        Ok(made)
    }

    /// Create it with a wake-up socket; `None` if the loop has no `add_reader`.
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
                long: Mutex::default(),
                goes_on: AtomicBool::new(false),
                drains: AtomicBool::new(false),
                watched: AtomicI32::new(-1),
                fairness: Fairness::of(event_loop.getattr("_ready").ok()),
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

    /// Register a new operation; return its id, and the future that it will complete.
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
            waiting: VecDeque::new(),
            at: 0,
            ahead: None,
            settled: None,
        };
        self.pending().insert(id, pending);
        Ok((id, future))
    }

    /// Return a future that is done when the operation has settled.
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
        lock(&self.pending)
    }

    pub(super) fn fairness(&self) -> &Fairness {
        &self.fairness
    }

    /// Whether the loop has nothing to do but wait for an operation that has just started.
    pub(super) fn may_spin(&self, py: Python<'_>) -> bool {
        let alone = self.pending().len() == 1;
        alone && self.fairness.may_spin(py)
    }

    /// Complete an operation that finished before it was awaited: its task continues
    /// immediately. From time to time, the loop gets a turn instead.
    pub(super) fn complete_now(this: &Bound<'_, Self>, id: u64, outcome: Outcome) -> PyResult<()> {
        let py = this.py();
        let own = this.get();
        match own.fairness.next() {
            Next::Turn => {
                own.queue.push(id, outcome);
                return Ok(());
            }
            Next::First => {
                own.call_soon(py, this.getattr(pyo3::intern!(py, "turned"))?)?;
            }
            Next::Further => (),
        }
        own.complete(py, id, outcome, false)?;
        Self::work_off(this)
    }

    /// Return the seconds that the loop's thread may still work before the loop needs a turn.
    fn left(this: &Bound<'_, Self>) -> PyResult<Duration> {
        let py = this.py();
        let (left, first) = this.get().fairness.left();
        if first {
            let turned = this.getattr(pyo3::intern!(py, "turned"))?;
            this.get().call_soon(py, turned)?;
        }
        Ok(left)
    }

    fn call_soon<'py>(&self, py: Python<'py>, callback: Bound<'py, PyAny>) -> PyResult<()> {
        self.running
            .call_method1(py, pyo3::intern!(py, "call_soon"), (callback,))
            .map(drop)
    }

    fn long(&self) -> MutexGuard<'_, VecDeque<u64>> {
        lock(&self.long)
    }

    /// Complete an operation, or queue its outcome if completing takes long or is `late`.
    fn complete(&self, py: Python<'_>, id: u64, outcome: Outcome, late: bool) -> PyResult<()> {
        let Some(mut pending) = self.pending().remove(&id) else {
            inside(|| drop(outcome));
            return Ok(());
        };
        if late || pending.is_long(&outcome) {
            pending.waiting.push_back(outcome);
            let first = pending.waiting.len() == 1;
            self.pending().insert(id, pending);
            if first {
                self.long().push_back(id);
            }
            return Ok(());
        }
        pending.end(py, outcome, None)
    }

    /// Continue with the waiting operations until the loop needs a turn, unless a call is
    /// already scheduled.
    fn work_off(this: &Bound<'_, Self>) -> PyResult<()> {
        let (py, own) = (this.py(), this.get());
        if own.long().is_empty() || own.goes_on.load(Ordering::Acquire) {
            return Ok(());
        }
        let left = Self::left(this)?;
        let mut first_error = None;
        if !left.is_zero() {
            let until = SliceDeadline::after(left);
            while !until.is_over() {
                let Some(id) = own.long().pop_front() else {
                    break;
                };
                // A failing operation must not block the others.
                if let Err(error) = own.advance(py, id, until) {
                    first_error.get_or_insert(error);
                }
            }
        }
        if !own.long().is_empty() {
            own.goes_on.store(true, Ordering::Release);
            own.call_soon(py, this.getattr(pyo3::intern!(py, "go_on"))?)?;
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Build values from an operation's rows, and complete it with the last of them. If the
    /// time is up, queue it again.
    fn advance(&self, py: Python<'_>, id: u64, until: SliceDeadline) -> PyResult<()> {
        loop {
            let next = self.pending().get_mut(&id).and_then(|found| found.next(py));
            let Some(mut step) = next else {
                return Ok(());
            };
            let done = step.go(py, until)?;
            let mut pending = self.pending();
            let Some(mut found) = pending.remove(&id) else {
                return Ok(());
            };
            let Step {
                outcome, at, ahead, ..
            } = step;
            if !done {
                found.waiting.push_front(outcome);
                (found.at, found.ahead) = (at, ahead);
                pending.insert(id, found);
                drop(pending);
                self.long().push_back(id);
                return Ok(());
            }
            if matches!(outcome, Outcome::Chunk(_)) {
                found.ahead = ahead;
                pending.insert(id, found);
                continue;
            }
            drop(pending);
            return found.end(py, outcome, ahead);
        }
    }

    /// Watch the reactor, to drive it. Loops that cannot watch sockets leave it to the keeper.
    pub(super) fn watch(this: &Bound<'_, Self>, reactor: &Reactor) -> PyResult<()> {
        let (py, own) = (this.py(), this.get());
        if let Some(descriptor) = reactor.descriptor()
            && own.watched.swap(descriptor, Ordering::AcqRel) != descriptor
        {
            let drive = this.getattr(pyo3::intern!(py, "drive"))?;
            own.running
                .call_method1(py, pyo3::intern!(py, "add_reader"), (descriptor, drive))?;
        }
        Ok(())
    }

    /// Look at the queue in the next turn of the loop.
    pub(super) fn drain_soon(this: &Bound<'_, Self>) -> PyResult<()> {
        let (py, own) = (this.py(), this.get());
        if own.drains.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        own.call_soon(py, this.getattr(pyo3::intern!(py, "drain"))?)
    }

    /// Continue work, and complete what has finished.
    fn work(this: &Bound<'_, Self>, drive: Option<&Reactor>) -> PyResult<()> {
        let (py, own) = (this.py(), this.get());
        let mut first_error = None;
        let until = SliceDeadline::after(LONGEST_SLICE);
        own.queue.attend();
        match drive {
            Some(reactor) => reactor.turn(&own.queue),
            None => inside(|| own.queue.run_ready()),
        }
        for Finished { id, outcome, wake } in own.queue.take() {
            drop(wake);
            // A failing operation must not block the others.
            if let Err(error) = own.complete(py, id, outcome, until.is_over()) {
                first_error.get_or_insert(error);
            }
        }
        if own.queue.leave() {
            Self::drain_soon(this)?;
        }
        if let Err(error) = Self::work_off(this) {
            first_error.get_or_insert(error);
        }
        first_error.map_or(Ok(()), Err)
    }

    fn close(&self, py: Python<'_>) {
        self.queue.close();
        if let Some(reactor) = reactor::current() {
            if reactor.is_driven_by(&self.queue) {
                reactor.release();
            }
            reactor.inside(|| self.queue.run_ready());
        }
        let pending = std::mem::take(&mut *self.pending());
        for pending in pending.values() {
            pending.cancel.fire();
        }
        inside(|| drop(pending));
        inside(|| drop(self.queue.take()));
        notifier::forget(py, &self.queue);
    }
}

#[pymethods]
impl EventLoop {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.running)?;
        visit.call(&self.create_future)?;
        self.fairness.traverse(&visit)?;
        // If it is locked, the loop is in use, and the collector must treat it as reachable.
        if let Ok(pending) = self.pending.try_lock() {
            for pending in pending.values() {
                visit.call(&pending.future)?;
                visit.call(&pending.settled)?;
                pending.convert.traverse(&visit)?;
            }
        }
        Ok(())
    }

    /// Called by the loop when it gets a turn.
    fn turned(&self) {
        self.fairness.turned();
    }

    /// Called by the loop when work has finished.
    fn drain(this: &Bound<'_, Self>) -> PyResult<()> {
        let own = this.get();
        own.drains.store(false, Ordering::Release);
        #[cfg(unix)]
        if let Some(mut reader) = own.reader.as_ref() {
            use std::io::Read;
            let mut bytes = [0; 64];
            while matches!(reader.read(&mut bytes), Ok(count) if count == bytes.len()) {}
        }
        Self::work(this, None)
    }

    /// Called by the loop when the reactor has something to do.
    fn drive(this: &Bound<'_, Self>) -> PyResult<()> {
        let (py, own) = (this.py(), this.get());
        if let Some(reactor) = reactor::current() {
            if reactor.is_driven_by(&own.queue) {
                return Self::work(this, Some(reactor));
            }
            if reactor.is_promised_to(&own.queue) {
                return Ok(());
            }
        }
        let descriptor = own.watched.swap(-1, Ordering::AcqRel);
        own.running
            .call_method1(py, pyo3::intern!(py, "remove_reader"), (descriptor,))?;
        Ok(())
    }

    /// Called by the loop to continue with deferred work.
    fn go_on(this: &Bound<'_, Self>) -> PyResult<()> {
        this.get().goes_on.store(false, Ordering::Release);
        Self::work_off(this)
    }
}

/// The time of a thread without an event loop.
const NO_LIMIT: Duration = Duration::from_hours(24);

/// Return how long the running event loop's thread may still work before the loop needs a turn.
///
/// # Errors
/// `RuntimeError` if no loop is running.
pub(crate) fn time_left(py: Python<'_>) -> PyResult<Duration> {
    if is_driven() {
        return Ok(NO_LIMIT);
    }
    EventLoop::left(EventLoop::running(py)?.bind(py))
}

/// Remove closed loops.
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

/// In a forked child, discard the parent's loops. They are leaked, because a thread that no longer
/// exists may have held one of their locks.
pub(super) fn forget() {
    std::mem::forget(loops().take());
}
