//! Idle connections, and finding out whether they still work.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::connections::{PATIENCE, PoolInner, close_in_background};
use crate::backend::{Connected, Connection, Glance, Role};
use crate::error::DriverError;

/// A connection that was idle for longer is tested before use.
const TRUSTED: Duration = Duration::from_secs(1);
/// How long to wait for the answer of one connection before others are tried as well.
const HURRY: Duration = Duration::from_millis(250);

/// Where and when a connection was opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub born: Instant,
    /// When the server was asked for its role.
    pub asked: Instant,
    /// The position of the host.
    pub host: u16,
    pub role: Role,
}

#[derive(Debug)]
pub(super) struct IdleConnection {
    pub connection: Connection,
    pub since: Instant,
    pub origin: Origin,
    pub trusted: bool,
}

impl IdleConnection {
    pub(super) fn new(connection: Connection, origin: Origin) -> Self {
        Self {
            connection,
            since: Instant::now(),
            origin,
            trusted: true,
        }
    }
}

/// The next idle connection.
pub(super) enum NextIdle {
    /// It can be used.
    Usable(IdleConnection),
    /// It must be tested before use.
    Suspect(IdleConnection),
    /// Its file was deleted or replaced.
    FileGone(IdleConnection),
    /// There is none.
    None,
}

impl PoolInner {
    /// Take the most recently used connection, so that the others can expire. Those that the server
    /// has closed are dropped.
    pub(super) fn next_idle(&self) -> NextIdle {
        loop {
            let Some(mut idle) = self.idle().pop() else {
                return NextIdle::None;
            };
            if idle.connection.is_file_gone(idle.since) {
                return NextIdle::FileGone(idle);
            }
            if self.is_too_old(idle.origin.born) {
                self.open.fetch_sub(1, Ordering::AcqRel);
                close_in_background(idle.connection);
                continue;
            }
            let is_old = idle.since.elapsed() > TRUSTED && self.settings.test_before_acquire;
            match idle.connection.glance() {
                Glance::Gone => {
                    self.open.fetch_sub(1, Ordering::AcqRel);
                }
                Glance::Quiet if idle.trusted && !is_old && !self.wants_role(&idle.origin) => {
                    return NextIdle::Usable(idle);
                }
                Glance::Quiet | Glance::Unasked => return NextIdle::Suspect(idle),
            }
        }
    }

    /// Return a suspect connection that answers. If it does not answer soon, test all others side by
    /// side, and open a new connection meanwhile: whichever is first.
    ///
    /// # Errors
    /// No connection answers, and no new one can be opened.
    pub(super) async fn answering(
        self: &Arc<Self>,
        suspect: IdleConnection,
    ) -> Result<(Connection, Origin), DriverError> {
        let mut suspects = Suspects::new(self);
        suspects.test(suspect);
        if let Ok(Some(found)) = timeout(HURRY, suspects.next()).await {
            return Ok(found);
        }
        loop {
            match self.next_idle() {
                NextIdle::Usable(idle) => return Ok((idle.connection, idle.origin)),
                NextIdle::Suspect(idle) => suspects.test(idle),
                NextIdle::FileGone(idle) => return Err(self.file_is_gone(idle)),
                NextIdle::None => break,
            }
        }
        let problem = tokio::select! {
            biased;
            Some(found) = suspects.next() => return Ok(found),
            opened = self.open_another() => match opened {
                Ok(opened) => return Ok(opened),
                Err(problem) => problem,
            },
        };
        suspects.next().await.ok_or(problem)
    }

    /// Open a further connection.
    pub(super) async fn open_another(&self) -> Result<(Connection, Origin), DriverError> {
        let began = Instant::now();
        let connected = self.connector.connect().await;
        let connected =
            connected.inspect_err(|problem| self.activity.count_error(|| problem.to_string()))?;
        self.activity.count_opened(began.elapsed());
        self.open.fetch_add(1, Ordering::AcqRel);
        let origin = self.seen(&connected);
        Ok((connected.connection, origin))
    }

    /// Remember the host and the role of a new connection's server.
    pub(super) fn seen(&self, connected: &Connected) -> Origin {
        self.cluster.see(connected.host, connected.greeting.role);
        let now = Instant::now();
        Origin {
            born: now,
            asked: now,
            host: connected.host,
            role: connected.greeting.role,
        }
    }

    /// Whether the server of an idle connection is to be asked for its role before it is used: since
    /// its host has refused a write, or a while has passed and the role matters.
    fn wants_role(&self, origin: &Origin) -> bool {
        self.cluster.is_doubted(origin)
            || (self.connector.is_choosy()
                && self.settings.test_before_acquire
                && origin.asked.elapsed() > TRUSTED)
    }

    /// Test a connection; return its origin, unless its server does not answer or has another role
    /// than it must have.
    async fn tested(&self, connection: &mut Connection, origin: Origin) -> Option<Origin> {
        if !self.wants_role(&origin) {
            return connection.ping().await.ok().map(|()| origin);
        }
        let asked = Instant::now();
        let role = connection.role().await.ok()?;
        let was_demoted = origin.role == Role::Primary && role != Role::Primary;
        if was_demoted || !self.connector.accepts(role) {
            self.activity.count_evicted();
            return None;
        }
        self.cluster.see(origin.host, role);
        Some(Origin {
            asked,
            role,
            ..origin
        })
    }
}

/// Connections that are being tested. The tests continue without it: who answers is idle again.
struct Suspects<'a> {
    pool: &'a Arc<PoolInner>,
    /// Tests without a result so far.
    pending: usize,
    tested: mpsc::UnboundedSender<Option<IdleConnection>>,
    results: mpsc::UnboundedReceiver<Option<IdleConnection>>,
}

impl<'a> Suspects<'a> {
    fn new(pool: &'a Arc<PoolInner>) -> Self {
        let (tested, results) = mpsc::unbounded_channel();
        Self {
            pool,
            pending: 0,
            tested,
            results,
        }
    }

    /// Start to test a connection.
    fn test(&mut self, mut idle: IdleConnection) {
        self.pending += 1;
        let pool = Arc::clone(self.pool);
        let tested = self.tested.clone();
        tokio::spawn(async move {
            let origin = tokio::select! {
                biased;
                tested = timeout(PATIENCE, pool.tested(&mut idle.connection, idle.origin)) => {
                    tested.ok().flatten()
                }
                () = pool.closing.fired() => None,
            };
            let alive = if let Some(origin) = origin {
                Some(IdleConnection::new(idle.connection, origin))
            } else {
                pool.open.fetch_sub(1, Ordering::AcqRel);
                pool.returned.notify_one();
                None
            };
            if let Err(unwanted) = tested.send(alive)
                && let Some(idle) = unwanted.0
            {
                pool.put_back(idle.connection, idle.origin);
            }
        });
    }

    /// Return the next connection that answers; `None` when all tests have ended.
    async fn next(&mut self) -> Option<(Connection, Origin)> {
        while self.pending > 0 {
            let result = self.results.recv().await?;
            self.pending -= 1;
            if let Some(idle) = result {
                return Some((idle.connection, idle.origin));
            }
        }
        None
    }
}

impl Drop for Suspects<'_> {
    fn drop(&mut self) {
        self.results.close();
        while let Ok(result) = self.results.try_recv() {
            if let Some(idle) = result {
                self.pool.put_back(idle.connection, idle.origin);
            }
        }
    }
}
