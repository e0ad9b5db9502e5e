//! The lock that lets only one migrator run at a time: the server's, or a lease where several servers
//! accept writes.

use std::time::{Duration, Instant};

use oxyde_driver::DriverError;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{Context, Event, MigrateError, Options};
use crate::server::lease::{Applicant, Lease, RENEWED_EVERY};
use crate::server::{self, lease};
use crate::session::{Access, Session, SessionTransaction};

/// Interval at which a lock that another migrator holds is tried.
const AGAIN: Duration = Duration::from_millis(100);
/// The shortest time that one attempt has, although the wait is over.
const ATTEMPT: Duration = Duration::from_secs(5);
/// How often a transaction runs again that another server's aborted.
const ATTEMPTS: u32 = 10;

/// The lock, held.
pub(super) struct Lock {
    renewal: Option<Renewal>,
}

impl Lock {
    /// Wait for the lock.
    ///
    /// # Errors
    /// The connection is lost, or another migrator does not finish in time.
    pub(super) async fn acquire(
        session: &mut Session,
        access: &Access,
        options: &Options,
        context: &Context<'_>,
    ) -> Result<Self, MigrateError> {
        let server = server::of(session.style());
        let reached: &Session = session;
        if !server.has_other_writers(reached).await? {
            waiting(options, context, async || {
                Ok(server.try_lock(reached).await?.then_some(()))
            })
            .await?;
            return Ok(Lock { renewal: None });
        }
        let mut applicant = Applicant::default();
        let found = waiting(options, context, async || {
            applicant.try_claim(reached).await
        })
        .await?;
        if applicant.took_over {
            (context.progress)(Event::TookOver);
        }
        session.hold(found.clone());
        Ok(Lock {
            renewal: Some(Renewal::start(access.clone(), options.lock_timeout, found)),
        })
    }

    /// Whether it is still held.
    ///
    /// # Errors
    /// The connection is lost.
    pub(super) async fn is_held(session: &Session) -> Result<bool, MigrateError> {
        Ok(match session.lease() {
            Some(lease) => lease.is_held(session).await?,
            None => server::of(session.style()).holds_lock(session).await?,
        })
    }

    /// Give it back. Closing the connection releases that of a server in any case, and a lease ends by
    /// itself.
    pub(super) async fn release(mut self, session: &Session) {
        if let Some(renewal) = self.renewal.take() {
            renewal.stop().await;
        }
        let _ = match session.lease() {
            Some(lease) => lease.release(session).await,
            None => server::of(session.style()).unlock(session).await,
        };
    }
}

/// Try until it succeeds.
async fn waiting<T>(
    options: &Options,
    context: &Context<'_>,
    mut attempt: impl AsyncFnMut() -> Result<Option<T>, DriverError>,
) -> Result<T, MigrateError> {
    let started = Instant::now();
    let mut reported = false;
    loop {
        let left = options.lock_timeout.saturating_sub(started.elapsed());
        // A cluster may hold up statements that write.
        if let Ok(result) = timeout(left.max(ATTEMPT), attempt()).await
            && let Some(found) = result?
        {
            return Ok(found);
        }
        if started.elapsed() >= options.lock_timeout {
            return Err(MigrateError::Locked {
                waited: options.lock_timeout,
            });
        }
        if !reported {
            (context.progress)(Event::Waiting);
            reported = true;
        }
        sleep(AGAIN).await;
    }
}

/// Renews a lease over a connection of its own, until it is dropped.
struct Renewal(JoinHandle<()>);

impl Renewal {
    fn start(access: Access, busy: Duration, lease: Lease) -> Self {
        Renewal(tokio::spawn(async move {
            loop {
                // A failure is tried again; the owner's transactions find out whether it has lost the
                // lease.
                if let Ok(session) = Session::connect(&access, busy).await {
                    while lease.renew(&session).await.is_ok() {
                        sleep(RENEWED_EVERY).await;
                    }
                    session.close().await;
                }
                sleep(AGAIN).await;
            }
        }))
    }

    async fn stop(mut self) {
        self.0.abort();
        // The end of a task that was aborted is an error.
        let _ = (&mut self.0).await;
    }
}

impl Drop for Renewal {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Begin a transaction of a migration, which is not committed if another migrator has taken the lease
/// over.
///
/// # Errors
/// The connection or the lease is lost.
pub(super) async fn begin(
    session: &Session,
    migration: &str,
) -> Result<SessionTransaction, MigrateError> {
    let transaction = session.begin().await?;
    if let Some(lease) = session.lease()
        && !lease.guards(&transaction).await?
    {
        transaction.rollback().await?;
        return Err(MigrateError::LockLost {
            migration: migration.to_owned(),
        });
    }
    Ok(transaction)
}

/// Run a transaction, and again if one of another server was first, as long as the lease is held. Without
/// a lease it runs once.
///
/// # Errors
/// Its last error.
pub(super) async fn repeated<T, E: MayConflict>(
    session: &Session,
    work: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    let mut left = ATTEMPTS;
    loop {
        match work().await {
            Err(error) if session.lease().is_some() && left > 0 && error.is_conflict() => {
                left -= 1;
                sleep(AGAIN).await;
            }
            other => return other,
        }
    }
}

/// An error after which the same may succeed.
pub(super) trait MayConflict {
    /// Whether a transaction of another server was first.
    fn is_conflict(&self) -> bool;
}

impl MayConflict for DriverError {
    fn is_conflict(&self) -> bool {
        lease::is_conflict(self)
    }
}

impl MayConflict for MigrateError {
    fn is_conflict(&self) -> bool {
        match self {
            Self::Driver(error) => error.is_conflict(),
            Self::Step(failed) => failed.conflicts,
            _ => false,
        }
    }
}
