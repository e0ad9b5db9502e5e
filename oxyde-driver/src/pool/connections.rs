//! The connections of a pool: leasing, waiting, opening and closing.
//!
//! This is not sqlx's pool: that one pings at every release (a round trip per query), retries a
//! refused connection until the timeout, and cannot detect a connection that a dropped future left
//! in the middle of a statement. Here a connection returns to the pool only if it is known to be
//! clean.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use oxyde_sql::dialect::{Features, Requirement, Version};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tracing::Instrument as _;

use super::activity::Activity;
use super::cluster::Cluster;
use super::idle::{IdleConnection, NextIdle, Origin};
use super::lease::Lease;
use crate::backend::{Connection, Connector, ListenConnection, Role};
use crate::cancel::Cancel;
use crate::error::DriverError;
use crate::settings::PoolSettings;

/// Maximum time to test or close a connection.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Minimum time to open a connection, after a long wait for its place in the pool.
const LEAST: Duration = Duration::from_millis(100);

/// The state that all clones of a pool share.
#[derive(Debug)]
pub(crate) struct PoolInner {
    pub settings: PoolSettings,
    pub features: Features,
    pub version: String,
    pub(super) connector: Connector,
    pub(super) cluster: Cluster,
    slots: Arc<Semaphore>,
    capacity: u32,
    writer: Option<Arc<Semaphore>>,
    idle: Mutex<Vec<IdleConnection>>,
    pub(super) open: AtomicU32,
    waiting: AtomicU32,
    pub(crate) activity: Activity,
    closed: AtomicBool,
    /// Fired when the pool is closed.
    pub closing: Cancel,
    pub(super) returned: Notify,
}

/// Connection counts of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStatus {
    /// Its maximum number of connections.
    pub max: u32,
    /// Open connections.
    pub size: u32,
    /// Idle connections.
    pub idle: u32,
    /// Connections in use, including those that are being opened or closed.
    pub in_use: u32,
    /// Tasks that wait for a connection.
    pub waiting: u32,
}

/// Increments a counter while it exists.
struct WaitingGuard<'a>(&'a AtomicU32);

impl<'a> WaitingGuard<'a> {
    fn new(counter: &'a AtomicU32) -> Self {
        counter.fetch_add(1, Ordering::AcqRel);
        Self(counter)
    }
}

impl Drop for WaitingGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl PoolInner {
    /// Open the first connection, which determines the kind and the version of the server. Later
    /// ones may reach another server: it must be able to do the same.
    pub(crate) async fn open(
        connector: Connector,
        mut settings: PoolSettings,
    ) -> Result<Arc<Self>, DriverError> {
        // A short acquire_timeout must not limit connecting to a slow server.
        let limit = settings.acquire_timeout.max(PATIENCE);
        let began = Instant::now();
        let first = timeout(limit, connector.connect()).await.map_err(|_| {
            DriverError::ConnectionFailed {
                target: connector.target(),
                message: format!("no answer within {limit:?}"),
            }
        })??;
        if connector.found_pooler() {
            settings.pg_pooler = Some("transaction".to_owned());
        }
        let known = Version::parse(&first.version).unwrap_or(Version::NEWEST);
        let mut features = Features::of_server(first.dialect, known);
        features.ordered_returning &= first.ordered_returning;
        features.require(Requirement::Supported)?;
        let capacity = if connector.is_memory() {
            1
        } else {
            settings.max_connections
        };
        let pool = Arc::new(Self {
            features,
            version: first.version.clone(),
            slots: Arc::new(Semaphore::new(capacity as usize)),
            capacity,
            writer: connector
                .has_one_writer()
                .then(|| Arc::new(Semaphore::new(1))),
            idle: Mutex::default(),
            cluster: Cluster::new(connector.count()),
            open: AtomicU32::new(1),
            waiting: AtomicU32::new(0),
            activity: Activity::default(),
            closed: AtomicBool::new(false),
            closing: Cancel::new(),
            returned: Notify::new(),
            settings,
            connector,
        });
        pool.activity.count_opened(began.elapsed());
        let origin = pool.seen(&first);
        pool.idle()
            .push(IdleConnection::new(first.connection, origin));
        if !pool.connector.is_memory() {
            tokio::spawn(maintain(Arc::downgrade(&pool)));
        }
        Ok(pool)
    }

    pub(super) fn idle(&self) -> std::sync::MutexGuard<'_, Vec<IdleConnection>> {
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

    /// Listen to channels over an additional connection.
    pub(crate) async fn listen(
        &self,
        channels: Vec<String>,
    ) -> Result<ListenConnection, DriverError> {
        self.connector.listen(channels).await
    }

    /// The host, without user and password, and the role of the server of the newest or last tested
    /// connection; `None` for a file.
    pub(super) fn server(&self) -> Option<(Arc<str>, Role)> {
        let (host, role) = self.cluster.latest();
        self.connector.host(host).map(|host| (host, role))
    }

    /// Whether the server remembers the outcome of transactions by their id.
    pub(super) fn has_transaction_ids(&self) -> bool {
        self.connector.has_transaction_ids()
    }

    /// Whether the data exist only in the single connection.
    pub(crate) fn is_memory(&self) -> bool {
        self.connector.is_memory()
    }

    pub(super) fn is_too_old(&self, born: Instant) -> bool {
        !self.connector.is_memory()
            && self
                .settings
                .max_lifetime
                .is_some_and(|limit| born.elapsed() > limit)
    }

    /// The permits of a lease: a connection, and before it the write permit, if there is one.
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
        let mut waited = false;
        let right = match &self.writer {
            Some(queue) if writes => Some(self.queue(queue, began, cancel, &mut waited).await?),
            _ => None,
        };
        let permit = self.queue(&self.slots, began, cancel, &mut waited).await?;
        let lease = |(connection, origin), waited: bool| {
            let wait = waited.then(|| began.elapsed());
            if let Some(wait) = wait {
                cancel.add_wait(wait);
            }
            self.activity.count_lease(wait);
            Lease::new(self, connection, origin, permit, right)
        };
        let suspect = match self.next_idle() {
            NextIdle::Usable(idle) => return Ok(lease((idle.connection, idle.origin), waited)),
            NextIdle::Suspect(idle) => Some(idle),
            NextIdle::FileGone(idle) => return Err(self.file_is_gone(idle)),
            NextIdle::None => None,
        };
        let left = self
            .settings
            .acquire_timeout
            .saturating_sub(began.elapsed())
            .max(LEAST);
        // Boxed, as it is rare: each statement would carry its size along.
        let connecting = Box::pin(async {
            match suspect {
                Some(idle) => self.answering(idle).await,
                None => self.open_another().await,
            }
        });
        tokio::select! {
            biased;
            connected = timeout(left, connecting) => {
                connected
                    .map_err(|_| self.timed_out(began))?
                    .map(|connected| lease(connected, true))
            }
            () = cancel.fired() => Err(DriverError::Cancelled),
        }
    }

    /// Close the idle connections to a file that was deleted or replaced; return the error.
    pub(super) fn file_is_gone(&self, found: IdleConnection) -> DriverError {
        let mut all = std::mem::take(&mut *self.idle());
        all.push(found);
        for idle in all {
            self.open.fetch_sub(1, Ordering::AcqRel);
            close_in_background(idle.connection);
        }
        DriverError::FileGone {
            target: self.connector.target(),
        }
    }

    /// Wait for a permit, first come, first served; record in `waited` that there was none at once.
    async fn queue(
        &self,
        semaphore: &Arc<Semaphore>,
        began: Instant,
        cancel: &Cancel,
        waited: &mut bool,
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
        *waited = true;
        let _waiting = WaitingGuard::new(&self.waiting);
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
        self.activity.count_timeout();
        DriverError::PoolTimeout {
            pool: self.settings.name.clone(),
            size: self.capacity,
            in_use: status.in_use,
            waiting: status.waiting.max(1),
            waited: began.elapsed(),
        }
    }

    /// After a lost connection, the others may be lost too: test them before use.
    pub(super) fn distrust(&self) {
        for idle in self.idle().iter_mut() {
            idle.trusted = false;
        }
    }

    /// Close expired connections, and open missing ones.
    async fn reap_and_refill(self: &Arc<Self>) {
        let expired: Vec<IdleConnection> = {
            let mut all = self.idle();
            let mut left = self.open.load(Ordering::Acquire);
            let (gone, kept) = std::mem::take(&mut *all).into_iter().partition(|idle| {
                let unused = self
                    .settings
                    .idle_timeout
                    .is_some_and(|limit| idle.since.elapsed() > limit)
                    && left > self.settings.min_connections;
                let gone = unused || self.is_too_old(idle.origin.born);
                left -= u32::from(gone);
                gone
            });
            *all = kept;
            gone
        };
        for idle in expired {
            self.open.fetch_sub(1, Ordering::AcqRel);
            close_in_background(idle.connection);
        }
        while !self.is_closed() && self.open.load(Ordering::Acquire) < self.settings.min_connections
        {
            let Ok(permit) = Arc::clone(&self.slots).try_acquire_owned() else {
                return;
            };
            let Ok(Ok((connection, origin))) = timeout(PATIENCE, self.open_another()).await else {
                return;
            };
            drop(Lease::new(self, connection, origin, permit, None));
        }
    }

    /// Refuse new leases, close the idle connections and wait for the others to return.
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
            let closing = idle.into_iter().map(|idle| {
                self.open.fetch_sub(1, Ordering::AcqRel);
                timeout(PATIENCE, idle.connection.close())
            });
            // Errors of a closing connection are irrelevant.
            let _ = join_all(closing).await;
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

    /// Leak the idle connections: after a fork their sockets belong to the parent.
    pub(crate) fn forget(&self) {
        self.closed.store(true, Ordering::Release);
        for idle in std::mem::take(&mut *self.idle()) {
            idle.connection.forget();
        }
    }
}

pub(super) fn closed() -> DriverError {
    DriverError::Closed { what: "the pool" }
}

/// Maintain the pool as long as it exists.
async fn maintain(pool: Weak<PoolInner>) {
    loop {
        let pause = match pool.upgrade() {
            Some(pool) if !pool.is_closed() => {
                pool.reap_and_refill().await;
                let limits = [pool.settings.idle_timeout, pool.settings.max_lifetime];
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

/// Close a connection in the background.
pub(super) fn close_in_background(connection: Connection) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            // Errors of a closing connection are irrelevant.
            let _ = timeout(PATIENCE, connection.close()).await;
        });
    }
}

impl PoolInner {
    /// Make a clean connection available, unless it is no longer needed.
    pub(super) fn put_back(&self, connection: Connection, origin: Origin) {
        let is_one_too_many = self.open.load(Ordering::Acquire) > self.capacity;
        if self.is_closed() || is_one_too_many {
            self.open.fetch_sub(1, Ordering::AcqRel);
            close_in_background(connection);
        } else {
            self.idle().push(IdleConnection::new(connection, origin));
        }
        self.returned.notify_one();
    }
}
