//! Idle connections, and finding out whether they still work.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::connections::{PATIENCE, PoolInner, close_in_background};
use crate::backend::{Connection, Glance};
use crate::error::DriverError;

/// A connection that was idle for longer is tested before use.
const TRUSTED: Duration = Duration::from_secs(1);
/// How long to wait for the answer of one connection before others are tried as well.
const HURRY: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct IdleConnection {
    pub connection: Connection,
    pub since: Instant,
    pub born: Instant,
    pub trusted: bool,
}

impl IdleConnection {
    pub(super) fn new(connection: Connection, born: Instant) -> Self {
        Self {
            connection,
            since: Instant::now(),
            born,
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
            if self.is_too_old(idle.born) {
                self.open.fetch_sub(1, Ordering::AcqRel);
                close_in_background(idle.connection);
                continue;
            }
            let is_old = idle.since.elapsed() > TRUSTED && self.settings.test_before_acquire;
            match idle.connection.glance() {
                Glance::Gone => {
                    self.open.fetch_sub(1, Ordering::AcqRel);
                }
                Glance::Quiet if idle.trusted && !is_old => return NextIdle::Usable(idle),
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
    ) -> Result<(Connection, Instant), DriverError> {
        let mut suspects = Suspects::new(self);
        suspects.test(suspect);
        if let Ok(Some(found)) = timeout(HURRY, suspects.next()).await {
            return Ok(found);
        }
        loop {
            match self.next_idle() {
                NextIdle::Usable(idle) => return Ok((idle.connection, idle.born)),
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
    pub(super) async fn open_another(&self) -> Result<(Connection, Instant), DriverError> {
        let began = Instant::now();
        let connected = self.connector.connect().await;
        let (connection, _, _) =
            connected.inspect_err(|problem| self.activity.count_error(|| problem.to_string()))?;
        self.activity.count_opened(began.elapsed());
        self.open.fetch_add(1, Ordering::AcqRel);
        Ok((connection, Instant::now()))
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
            let answers = tokio::select! {
                biased;
                answer = timeout(PATIENCE, idle.connection.ping()) => matches!(answer, Ok(Ok(()))),
                () = pool.closing.fired() => false,
            };
            let alive = if answers {
                Some(IdleConnection::new(idle.connection, idle.born))
            } else {
                pool.open.fetch_sub(1, Ordering::AcqRel);
                pool.returned.notify_one();
                None
            };
            if let Err(unwanted) = tested.send(alive)
                && let Some(idle) = unwanted.0
            {
                pool.put_back(idle.connection, idle.born);
            }
        });
    }

    /// Return the next connection that answers; `None` when all tests have ended.
    async fn next(&mut self) -> Option<(Connection, Instant)> {
        while self.pending > 0 {
            let result = self.results.recv().await?;
            self.pending -= 1;
            if let Some(idle) = result {
                return Some((idle.connection, idle.born));
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
                self.pool.put_back(idle.connection, idle.born);
            }
        }
    }
}
