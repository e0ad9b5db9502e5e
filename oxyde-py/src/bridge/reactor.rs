//! The process's tokio runtime, and who drives it: started by the first operation, never stopped.
//!
//! Sockets and timers belong to one runtime of one thread. A busy event loop drives it: the loop
//! watches the runtime's epoll descriptor, and its thread reads an answer where it is awaited, without
//! a second thread that would have to wake up first and wake the loop afterwards. At all other times
//! the keeper drives it, a thread of its own: while no loop is busy, while several are, while the
//! loop's thread computes, and while long answers arrive, whose rows it reads beside the loop.
//! Threads without a loop that wait for their operations in place drive it like one loop together.
//!
//! An exiting process waits for none of it: the keeper owns no Python objects and calls no Python code.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use async_task::Runnable;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Notify;

use super::call::Line;
use super::interrupt::Interrupts;
use super::queue::{self, Queue, lock};
use crate::error::{Class, error};

/// How often the keeper looks whether the driving loop still takes its turns: a thread that computes
/// delays other work by this much.
const TICK: Duration = Duration::from_millis(2);

/// After this many ticks without a turn, the keeper drives again.
const QUIET_TICKS: u32 = 10;

/// For how long no loop drives after two were busy at the same time.
const CONTENTION: Duration = Duration::from_secs(1);

static REACTOR: Mutex<Option<&'static Reactor>> = Mutex::new(None);

/// The runtime, and the work that the keeper runs.
pub(super) struct Reactor {
    runtime: Runtime,
    /// The descriptor that is readable if the runtime has something to do, if it is known.
    descriptor: Option<i32>,
    ready: Mutex<VecDeque<Runnable>>,
    wake: Notify,
    /// The number of the queue whose loop drives; 0 while the keeper does.
    driver: AtomicU64,
    /// The queue whose loop wants to drive.
    wanted: Mutex<Option<Arc<Queue>>>,
    /// Counts the turns, and the operations that the driving loop has started.
    turns: AtomicU64,
    starts: AtomicU64,
    /// When two loops were last busy at the same time.
    contended: Mutex<Option<Instant>>,
    /// The number of long answers that are arriving.
    long: AtomicUsize,
    keeper: OnceLock<Thread>,
    /// Drives in the name of all threads that wait for their operations in place: whichever comes
    /// first drives, and the others are woken by it.
    threads: Arc<Queue>,
    /// The number of threads that sleep until their operations continue.
    sleeping: AtomicUsize,
    interrupts: Interrupts,
}

impl Reactor {
    /// Return the reactor; start it if necessary.
    ///
    /// # Errors
    /// `OxydeError` if the system provides no thread.
    pub(super) fn get(py: Python<'_>) -> PyResult<&'static Reactor> {
        let mut current = lock(&REACTOR);
        if let Some(reactor) = *current {
            return Ok(reactor);
        }
        let started = Reactor::start().map_err(|failed| {
            error(
                py,
                Class::Oxyde,
                &format!("cannot start the thread for database work: {failed}"),
                Some("check the process's limits (ulimit -u, ulimit -n, cgroup pids.max)"),
            )
        })?;
        *current = Some(started);
        Ok(started)
    }

    fn start() -> std::io::Result<&'static Reactor> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let descriptor = super::descriptor::of(&runtime);
        let reactor: &'static Reactor = Box::leak(Box::new(Reactor {
            runtime,
            descriptor,
            ready: Mutex::default(),
            wake: Notify::new(),
            driver: AtomicU64::new(0),
            wanted: Mutex::default(),
            turns: AtomicU64::new(0),
            starts: AtomicU64::new(0),
            contended: Mutex::default(),
            long: AtomicUsize::new(0),
            keeper: OnceLock::new(),
            threads: Arc::new(Queue::new(queue::Wake::Never)),
            sleeping: AtomicUsize::new(0),
            interrupts: Interrupts::default(),
        }));
        let keeper = std::thread::Builder::new()
            .name("oxyde".to_owned())
            .spawn(|| reactor.keep())?;
        let _ = reactor.keeper.set(keeper.thread().clone());
        Ok(reactor)
    }

    /// Run `work` in the runtime's context.
    pub(super) fn inside<T>(&self, work: impl FnOnce() -> T) -> T {
        let _context = self.runtime.enter();
        work()
    }

    pub(super) fn descriptor(&self) -> Option<i32> {
        self.descriptor
    }

    /// Whether the loop of this queue drives.
    pub(super) fn is_driven_by(&self, queue: &Queue) -> bool {
        self.driver.load(Ordering::Acquire) == queue.number()
    }

    /// Whether the loop of this queue drives, or soon will.
    pub(super) fn is_promised_to(&self, queue: &Queue) -> bool {
        self.is_driven_by(queue)
            || lock(&self.wanted)
                .as_ref()
                .is_some_and(|wanted| wanted.number() == queue.number())
    }

    /// A loop starts work: let it drive if it is the only busy one. Return whether it drives, or
    /// soon will.
    pub(super) fn engage(&self, queue: &Arc<Queue>) -> bool {
        self.starts.fetch_add(1, Ordering::Relaxed);
        let driver = self.driver.load(Ordering::Acquire);
        if driver == queue.number() {
            return true;
        }
        // A loop inside another runtime, as that of a migration's Python step, cannot drive this one.
        // A thread that waits in place needs no descriptor.
        let can_watch = self.descriptor.is_some() && queue.notifier_id().is_none();
        if !(can_watch || queue.number() == self.threads.number()) || Handle::try_current().is_ok()
        {
            return false;
        }
        let recent = queue.is_busy(TICK * QUIET_TICKS);
        if driver != 0 {
            *lock(&self.contended) = Some(Instant::now());
            self.release();
            return false;
        }
        let is_contended =
            || lock(&self.contended).is_some_and(|contended| contended.elapsed() < CONTENTION);
        if !recent || is_contended() || self.long.load(Ordering::Acquire) > 0 {
            return false;
        }
        let mut wanted = lock(&self.wanted);
        if let Some(wanted) = &*wanted {
            return wanted.number() == queue.number();
        }
        *wanted = Some(Arc::clone(queue));
        drop(wanted);
        self.wake.notify_one();
        true
    }

    pub(super) fn interrupts(&self) -> &Interrupts {
        &self.interrupts
    }

    /// Whether a thread that waits in place may look for its answer without sleeping: it drives, and
    /// no other thread does.
    pub(super) fn may_spin(&self) -> bool {
        self.engage(&self.threads);
        self.is_driven_by(&self.threads)
            && self.sleeping.load(Ordering::Acquire) == 0
            && Handle::try_current().is_err()
    }

    /// Let events and timers wake what waits for them, without waiting.
    pub(super) fn look(&self) {
        self.turn(&self.threads);
    }

    /// Sleep until the operation continues, or has ended, or its thread must look for signals; drive
    /// meanwhile, unless another thread does.
    pub(super) fn wait(&self, line: &Line) {
        if Handle::try_current().is_ok() {
            // Inside another runtime, or inside of a value's validator: the keeper drives.
            let waker = Waker::from(Arc::new(Unparked(std::thread::current())));
            let mut context = Context::from_waker(&waker);
            while line.poll(&mut context).is_pending() {
                std::thread::park();
            }
            return;
        }
        self.engage(&self.threads);
        self.turns.fetch_add(1, Ordering::Relaxed);
        self.sleeping.fetch_add(1, Ordering::AcqRel);
        self.runtime.block_on(poll_fn(|context| line.poll(context)));
        self.sleeping.fetch_sub(1, Ordering::AcqRel);
    }

    /// Let the keeper drive again.
    pub(super) fn release(&self) {
        *lock(&self.wanted) = None;
        self.driver.store(0, Ordering::Release);
        self.unpark();
    }

    fn unpark(&self) {
        if let Some(keeper) = self.keeper.get() {
            keeper.unpark();
        }
    }

    /// A long answer arrives: the keeper reads it.
    pub(super) fn long_begins(&self) {
        self.long.fetch_add(1, Ordering::AcqRel);
        if self.driver.load(Ordering::Acquire) != 0 {
            self.release();
        }
    }

    pub(super) fn long_ends(&self) {
        self.long.fetch_sub(1, Ordering::AcqRel);
    }

    /// Pass work on to the keeper.
    pub(super) fn push(&self, runnable: Runnable) {
        lock(&self.ready).push_back(runnable);
        self.wake.notify_one();
        if self.driver.load(Ordering::Acquire) != 0 {
            self.unpark();
        }
    }

    /// Run work on a thread of its own.
    pub(super) fn run_apart(&self, runnable: Runnable) {
        self.runtime.spawn_blocking(move || runnable.run());
    }

    /// Let events and timers wake what waits for them, without waiting, unless another thread does
    /// that; then continue the work of the queue's loop.
    pub(super) fn turn(&self, queue: &Queue) {
        self.turns.fetch_add(1, Ordering::Relaxed);
        // Twice: the first time finds what is ready, the second time runs the runtime's own tasks
        // that it woke.
        let mut left = 2;
        self.runtime.block_on(poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }));
        self.inside(|| queue.run_ready());
    }

    fn run_ready(&self) {
        loop {
            let Some(next) = lock(&self.ready).pop_front() else {
                return;
            };
            next.run();
        }
    }

    /// The keeper's work.
    fn keep(&self) {
        loop {
            // Outside of `block_on`, whose budget for one turn the work would use up.
            self.inside(|| self.run_ready());
            let wanted = lock(&self.wanted).clone();
            if let Some(queue) = wanted
                && self.long.load(Ordering::Acquire) == 0
            {
                self.driver.store(queue.number(), Ordering::Release);
                self.watch(&queue);
                self.driver.store(0, Ordering::Release);
                *lock(&self.wanted) = None;
                self.inside(|| queue.run_ready());
            } else {
                self.runtime.block_on(self.wake.notified());
            }
        }
    }

    /// Wait while a loop drives; help out if its thread is busy.
    fn watch(&self, queue: &Queue) {
        let mut quiet = 0;
        while quiet < QUIET_TICKS
            && self.is_driven_by(queue)
            && self.long.load(Ordering::Acquire) == 0
        {
            std::thread::park_timeout(TICK);
            self.inside(|| self.run_ready());
            let started = self.starts.swap(0, Ordering::Relaxed);
            if self.turns.swap(0, Ordering::Relaxed) > 0 {
                quiet = 0;
                continue;
            }
            quiet = if started > 0 { 0 } else { quiet + 1 };
            self.turn(queue);
            self.turns.store(0, Ordering::Relaxed);
        }
    }
}

/// Wakes a thread that is parked.
struct Unparked(Thread);

impl Wake for Unparked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Return the reactor if it was started.
pub(super) fn current() -> Option<&'static Reactor> {
    *lock(&REACTOR)
}

/// Run `work` in the runtime's context, if it was started: objects dropped there may spawn
/// tasks that close connections.
pub(crate) fn inside<T>(work: impl FnOnce() -> T) -> T {
    let _context = current().map(|reactor| reactor.runtime.enter());
    work()
}

/// In a forked child, discard the parent's reactor, whose thread does not exist.
pub(super) fn forget() {
    // Only threads with the GIL hold the lock, and the forking thread had the GIL.
    *lock(&REACTOR) = None;
}
