//! The connections of a pool: who has one, who waits, when they are opened and closed.
//!
//! Not sqlx's pool: that pings at every return (a round trip per query), tries a refused
//! connection again until the timeout, and cannot tell a connection that a dropped future left
//! in the middle of a statement. Here a connection goes back only when it is known to be clean.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use oxyde_sql::dialect::Features;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tracing::Instrument as _;

use crate::backend::{Connection, Connector, Ear, Job, Outcome, Stopper};
use crate::cancel::Cancel;
use crate::error::DriverError;
use crate::settings::PoolSettings;
use crate::supervise::{Deadline, Ended, supervise};

/// A connection that was unused for longer is tried before it is used.
const TRUSTED: Duration = Duration::from_secs(1);
/// How long trying or closing one may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What all clones of a pool share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub settings: PoolSettings,
    pub features: Features,
    pub version: String,
    connector: Connector,
    slots: Arc<Semaphore>,
    capacity: u32,
    writer: Option<Arc<Semaphore>>,
    idle: Mutex<Vec<Idle>>,
    open: AtomicU32,
    waiting: AtomicU32,
    closed: AtomicBool,
    /// Fired when it is closed.
    pub closing: Cancel,
    returned: Notify,
}

#[derive(Debug)]
struct Idle {
    connection: Connection,
    since: Instant,
    born: Instant,
    trusted: bool,
}

/// How many connections a pool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolStatus {
    /// Most connections it may have.
    pub max: u32,
    /// Open ones.
    pub size: u32,
    /// Open ones that nobody uses.
    pub idle: u32,
    /// Taken ones, also those that are just being opened or closed.
    pub in_use: u32,
    /// Tasks that wait for one.
    pub waiting: u32,
}

/// Counts while it lives.
struct Counted<'a>(&'a AtomicU32);

impl<'a> Counted<'a> {
    fn new(counter: &'a AtomicU32) -> Self {
        counter.fetch_add(1, Ordering::AcqRel);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Shared {
    /// Opens the first connection, which tells what server is there.
    pub(crate) async fn open(
        connector: Connector,
        settings: PoolSettings,
    ) -> Result<Arc<Self>, DriverError> {
        // A short wait for a free connection is no reason to give up on a slow server.
        let limit = settings.acquire_timeout.max(PATIENCE);
        let (first, dialect, version) =
            timeout(limit, connector.connect()).await.map_err(|_| {
                DriverError::ConnectionFailed {
                    target: connector.target(),
                    message: format!("no answer within {limit:?}"),
                }
            })??;
        let capacity = if connector.is_memory() {
            1
        } else {
            settings.max_connections
        };
        let now = Instant::now();
        let shared = Arc::new(Self {
            features: Features::of_server(dialect, &version),
            version,
            slots: Arc::new(Semaphore::new(capacity as usize)),
            capacity,
            writer: connector
                .has_one_writer()
                .then(|| Arc::new(Semaphore::new(1))),
            idle: Mutex::new(vec![Idle {
                connection: first,
                since: now,
                born: now,
                trusted: true,
            }]),
            open: AtomicU32::new(1),
            waiting: AtomicU32::new(0),
            closed: AtomicBool::new(false),
            closing: Cancel::new(),
            returned: Notify::new(),
            settings,
            connector,
        });
        if !shared.connector.is_memory() {
            tokio::spawn(keep_up(Arc::downgrade(&shared)));
        }
        Ok(shared)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let idle = u32::try_from(self.idle().len()).unwrap_or(u32::MAX);
        let free = u32::try_from(self.slots.available_permits()).unwrap_or(u32::MAX);
        PoolStatus {
            max: self.capacity,
            size: self.open.load(Ordering::Acquire),
            idle,
            in_use: self.capacity.saturating_sub(free),
            waiting: self.waiting.load(Ordering::Acquire),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Listens to channels, over a further connection.
    pub(crate) async fn ear(&self, channels: Vec<String>) -> Result<Ear, DriverError> {
        self.connector.ear(channels).await
    }

    /// Whether the data live in the one connection that there is.
    pub(crate) fn is_memory(&self) -> bool {
        self.connector.is_memory()
    }

    fn is_too_old(&self, born: Instant) -> bool {
        !self.connector.is_memory()
            && self
                .settings
                .max_lifetime
                .is_some_and(|limit| born.elapsed() > limit)
    }

    /// A place in the queue: a connection, and before it the right to write where one may.
    pub(crate) async fn acquire(
        self: &Arc<Self>,
        writes: bool,
        cancel: &Cancel,
    ) -> Result<Lease, DriverError> {
        self.acquire_inner(writes, cancel)
            .instrument(tracing::trace_span!("acquire"))
            .await
    }

    async fn acquire_inner(
        self: &Arc<Self>,
        writes: bool,
        cancel: &Cancel,
    ) -> Result<Lease, DriverError> {
        let began = Instant::now();
        let right = match &self.writer {
            Some(queue) if writes => Some(self.queue(queue, began, cancel).await?),
            _ => None,
        };
        let permit = self.queue(&self.slots, began, cancel).await?;
        let mut lease = Lease {
            connection: None,
            born: began,
            permit: Some(permit),
            writer: right,
            busy: None,
            clean: true,
            shared: Arc::clone(self),
        };
        while let Some(mut idle) = self.take_idle() {
            let old = idle.since.elapsed() > TRUSTED && self.settings.test_before_acquire;
            if old || !idle.trusted {
                let alive = tokio::select! {
                    biased;
                    alive = timeout(PATIENCE, idle.connection.ping()) => matches!(alive, Ok(Ok(()))),
                    () = cancel.fired() => {
                        // In the middle of the ping: not to be used again.
                        self.open.fetch_sub(1, Ordering::AcqRel);
                        return Err(DriverError::Cancelled);
                    }
                };
                if !alive {
                    self.open.fetch_sub(1, Ordering::AcqRel);
                    continue;
                }
            }
            lease.connection = Some(idle.connection);
            lease.born = idle.born;
            return Ok(lease);
        }
        let left = self
            .settings
            .acquire_timeout
            .saturating_sub(began.elapsed());
        let opened = tokio::select! {
            biased;
            opened = timeout(left.max(Duration::from_millis(100)), self.connector.connect()) => opened,
            () = cancel.fired() => return Err(DriverError::Cancelled),
        };
        let (connection, _, _) = opened.map_err(|_| self.timed_out(began))??;
        self.open.fetch_add(1, Ordering::AcqRel);
        lease.connection = Some(connection);
        lease.born = Instant::now();
        Ok(lease)
    }

    /// Waits its turn, in the order of asking.
    async fn queue(
        &self,
        semaphore: &Arc<Semaphore>,
        began: Instant,
        cancel: &Cancel,
    ) -> Result<OwnedSemaphorePermit, DriverError> {
        if self.is_closed() {
            return Err(closed());
        }
        if cancel.is_fired() {
            return Err(DriverError::Cancelled);
        }
        if let Ok(permit) = Arc::clone(semaphore).try_acquire_owned() {
            return Ok(permit);
        }
        let _waiting = Counted::new(&self.waiting);
        let left = self
            .settings
            .acquire_timeout
            .saturating_sub(began.elapsed());
        tokio::select! {
            biased;
            permit = Arc::clone(semaphore).acquire_owned() => permit.map_err(|_| closed()),
            () = cancel.fired() => Err(DriverError::Cancelled),
            () = tokio::time::sleep(left) => Err(self.timed_out(began)),
        }
    }

    fn timed_out(&self, began: Instant) -> DriverError {
        let status = self.status();
        DriverError::PoolTimeout {
            pool: self.settings.name.clone(),
            size: self.capacity,
            in_use: status.in_use,
            waiting: status.waiting.max(1),
            waited: began.elapsed(),
        }
    }

    /// After a connection was lost the others may be gone too: they are tried before use.
    fn distrust(&self) {
        for idle in self.idle().iter_mut() {
            idle.trusted = false;
        }
    }

    /// The connection that was used last, so that the others can grow old.
    fn take_idle(&self) -> Option<Idle> {
        let mut expired = Vec::new();
        let found = {
            let mut all = self.idle();
            loop {
                match all.pop() {
                    Some(idle) if self.is_too_old(idle.born) => expired.push(idle),
                    other => break other,
                }
            }
        };
        for idle in expired {
            self.open.fetch_sub(1, Ordering::AcqRel);
            close_aside(idle.connection);
        }
        found
    }

    /// Closes what has been unused for too long, and opens what is missing.
    async fn tidy(self: &Arc<Self>) {
        let expired: Vec<Idle> = {
            let mut all = self.idle();
            let mut left = self.open.load(Ordering::Acquire);
            let (gone, kept) = std::mem::take(&mut *all).into_iter().partition(|idle| {
                let unused = self
                    .settings
                    .idle_timeout
                    .is_some_and(|limit| idle.since.elapsed() > limit)
                    && left > self.settings.min_connections;
                let gone = unused || self.is_too_old(idle.born);
                left -= u32::from(gone);
                gone
            });
            *all = kept;
            gone
        };
        for idle in expired {
            self.open.fetch_sub(1, Ordering::AcqRel);
            // What a closing connection says no longer matters.
            let _ = timeout(PATIENCE, idle.connection.close()).await;
        }
        while !self.is_closed() && self.open.load(Ordering::Acquire) < self.settings.min_connections
        {
            let Ok(permit) = Arc::clone(&self.slots).try_acquire_owned() else {
                return;
            };
            let Ok(Ok((connection, _, _))) = timeout(PATIENCE, self.connector.connect()).await
            else {
                return;
            };
            self.open.fetch_add(1, Ordering::AcqRel);
            drop(Lease {
                connection: Some(connection),
                born: Instant::now(),
                permit: Some(permit),
                writer: None,
                busy: None,
                clean: true,
                shared: Arc::clone(self),
            });
        }
    }

    /// Turns everybody away, closes the unused connections and waits for the others to come back.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.closing.fire();
        self.slots.close();
        if let Some(writer) = &self.writer {
            writer.close();
        }
        let patience = tokio::time::sleep(PATIENCE);
        tokio::pin!(patience);
        loop {
            let idle = std::mem::take(&mut *self.idle());
            for idle in idle {
                self.open.fetch_sub(1, Ordering::AcqRel);
                // What a closing connection says no longer matters.
                let _ = timeout(PATIENCE, idle.connection.close()).await;
            }
            let returned = self.returned.notified();
            if self.open.load(Ordering::Acquire) == 0 {
                return;
            }
            tokio::select! {
                () = returned => (),
                () = &mut patience => return,
            }
        }
    }

    /// Leaks the unused connections: after a fork their sockets belong to the parent.
    pub(crate) fn forget(&self) {
        self.closed.store(true, Ordering::Release);
        for idle in std::mem::take(&mut *self.idle()) {
            idle.connection.forget();
        }
    }
}

fn closed() -> DriverError {
    DriverError::Closed { what: "the pool" }
}

/// Looks after the pool as long as it lives.
async fn keep_up(pool: Weak<Shared>) {
    loop {
        let pause = match pool.upgrade() {
            Some(shared) if !shared.is_closed() => {
                shared.tidy().await;
                let limits = [shared.settings.idle_timeout, shared.settings.max_lifetime];
                limits
                    .into_iter()
                    .flatten()
                    .min()
                    .unwrap_or(PATIENCE)
                    .clamp(Duration::from_millis(200), PATIENCE)
            }
            _ => return,
        };
        tokio::time::sleep(pause).await;
    }
}

/// Closes without anybody waiting for it.
fn close_aside(connection: Connection) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            // What a closing connection says no longer matters.
            let _ = timeout(PATIENCE, connection.close()).await;
        });
    }
}

/// A connection that is taken. It goes back to the pool only when it is known to be clean.
#[derive(Debug)]
pub(crate) struct Lease {
    connection: Option<Connection>,
    born: Instant,
    permit: Option<OwnedSemaphorePermit>,
    writer: Option<OwnedSemaphorePermit>,
    /// What stops the statement that is under way.
    busy: Option<Stopper>,
    clean: bool,
    pub shared: Arc<Shared>,
}

impl Lease {
    /// Runs one job. Until [`Lease::set_clean`] the connection will not go back.
    pub(crate) async fn run(
        &mut self,
        job: &Arc<Job>,
        retry: bool,
        cancel: &Cancel,
        deadline: Option<Deadline>,
    ) -> (Result<Outcome, DriverError>, bool) {
        self.clean = false;
        let Some(connection) = &mut self.connection else {
            return (Err(closed()), false);
        };
        let stopper = connection.stopper();
        self.busy = Some(stopper.clone());
        let Ended { result, in_step } =
            supervise(connection, &stopper, job, retry, cancel, deadline)
                .instrument(tracing::trace_span!("execute"))
                .await;
        self.busy = None;
        if result.as_ref().is_err_and(DriverError::is_lost) {
            self.shared.distrust();
        }
        (result, in_step)
    }

    /// Says that the connection is as it was when it was taken.
    pub(crate) fn set_clean(&mut self, clean: bool) {
        self.clean = clean;
    }

    pub(crate) fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// Leaks the connection: after a fork its socket belongs to the parent.
    pub(crate) fn forget(mut self) {
        if let Some(connection) = self.connection.take() {
            connection.forget();
        }
        std::mem::forget(self.permit.take());
        std::mem::forget(self.writer.take());
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let shared = Arc::clone(&self.shared);
        let (born, permit, writer) = (self.born, self.permit.take(), self.writer.take());
        if self.clean && !shared.is_closed() && !shared.is_too_old(born) {
            shared.put_back(connection, born);
            drop((permit, writer));
            return;
        }
        let busy = self.busy.take();
        let clean = self.clean;
        let mend = async move {
            if let Some(stopper) = busy {
                // Its future was dropped: what it began must not happen later.
                let _ = timeout(PATIENCE, stopper.terminate()).await;
            }
            let mended = clean || connection.recover().await;
            if mended && shared.connector.is_memory() && !shared.is_closed() {
                shared.put_back(connection, born);
            } else {
                // What a closing connection says no longer matters.
                let _ = timeout(PATIENCE, connection.close()).await;
                shared.open.fetch_sub(1, Ordering::AcqRel);
            }
            drop((permit, writer));
            shared.returned.notify_one();
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(mend);
        } else if self.shared.connector.is_memory() {
            // Outside a runtime, and the data live in this connection.
            std::thread::spawn(move || {
                if let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                {
                    runtime.block_on(mend);
                }
            });
        } else {
            // Dropping it closes the socket; the server rolls back.
            drop(mend);
            self.shared.open.fetch_sub(1, Ordering::AcqRel);
            self.shared.returned.notify_one();
        }
    }
}

impl Shared {
    fn put_back(&self, connection: Connection, born: Instant) {
        self.idle().push(Idle {
            connection,
            since: Instant::now(),
            born,
            trusted: true,
        });
        self.returned.notify_one();
    }
}
