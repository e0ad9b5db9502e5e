//! Leased connections.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::activity::PoolEventKind;
use super::connections::{PATIENCE, PoolInner, closed};
use super::idle::Origin;
use super::supervise::{Deadline, Ended, supervise};
use crate::backend::{CancelHandle, Connection, Damage, Job, Role, SessionEffect, session_effect};
use crate::cancel::Cancel;
use crate::error::DriverError;

/// A leased connection. It returns to the pool only if it is known to be clean.
#[derive(Debug)]
pub(crate) struct Lease {
    connection: Option<Connection>,
    origin: Origin,
    /// When it was leased, if the pool is watched.
    since: Option<Instant>,
    permit: Option<OwnedSemaphorePermit>,
    writer: Option<OwnedSemaphorePermit>,
    /// Cancels the running statement.
    busy: Option<CancelHandle>,
    clean: bool,
    /// Whether the server will not do further work on it, although it is clean.
    spent: bool,
    /// Whether its transaction refuses writes itself.
    reads_only: bool,
    /// What raw SQL may have done to the session.
    session: SessionEffect,
    pub pool: Arc<PoolInner>,
}

impl Lease {
    pub(super) fn new(
        pool: &Arc<PoolInner>,
        connection: Connection,
        origin: Origin,
        permit: OwnedSemaphorePermit,
        writer: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            connection: Some(connection),
            origin,
            since: pool.activity.is_watched().then(Instant::now),
            permit: Some(permit),
            writer,
            busy: None,
            clean: true,
            spent: false,
            reads_only: false,
            session: SessionEffect::None,
            pool: Arc::clone(pool),
        }
    }

    /// Expect that writes are refused: not because the server has become read-only.
    pub(crate) fn expect_reads_only(&mut self) {
        self.reads_only = true;
    }

    /// Draw the consequences of an error for this connection and the others, and return the error.
    fn react(&mut self, problem: DriverError) -> DriverError {
        if problem.is_lost() {
            self.pool.distrust();
        }
        let Some(connection) = self.connection.as_ref() else {
            return problem;
        };
        match connection.damage(&problem) {
            Damage::None => (),
            Damage::Connection => self.spent = true,
            Damage::Host if self.reads_only => (),
            Damage::Host => {
                if !self.spent {
                    self.pool.activity.count_evicted();
                }
                self.spent = true;
                self.pool.cluster.doubt(self.origin.host);
                // A server that was the primary when the connection was opened may still be it: the
                // session is read-only.
                let is_primary = self.origin.role == Role::Primary && connection.has_lasting_role();
                if self.pool.cluster.had_primary() && !is_primary {
                    return problem.of_demoted();
                }
            }
        }
        problem
    }

    /// Say which of several hosts an operation has reached.
    fn note_host(&self, cancel: &Cancel) {
        if self.pool.connector.has_choice()
            && let Some(host) = self.pool.connector.host(self.origin.host)
        {
            cancel.note_host(host);
        }
    }

    /// Run one job. The connection does not return to the pool before [`Lease::set_clean`].
    pub(crate) async fn run(
        &mut self,
        job: &Arc<Job>,
        retry: bool,
        cancel: &Cancel,
        deadline: Option<Deadline>,
    ) -> Ended {
        self.clean = false;
        let settings = &self.pool.settings;
        // Behind a pooler, the session belongs to the pooler.
        if let Job::Raw { sql, .. } = &**job
            && !settings.keep_session
            && !settings.by_transaction()
        {
            self.session = self.session.max(session_effect(&self.pool.features, sql));
        }
        let Some(connection) = &mut self.connection else {
            return Ended::left(closed(), true);
        };
        self.pool.activity.count_statement();
        let cancel_handle = connection.cancel_handle();
        self.busy = Some(cancel_handle.clone());
        let mut ended = supervise(connection, &cancel_handle, job, retry, cancel, deadline)
            .instrument(tracing::trace_span!("execute"))
            .await;
        self.busy = None;
        ended.result = match ended.result {
            Err(problem) => {
                self.pool.activity.count_error(|| problem.to_string());
                self.note_host(cancel);
                Err(self.react(problem))
            }
            result => result,
        };
        ended
    }

    /// Mark the connection as clean: in the same state as when it was leased.
    pub(crate) fn set_clean(&mut self, clean: bool) {
        self.clean = clean && !self.spent;
    }

    pub(crate) fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// Leak the connection: after a fork its socket belongs to the parent.
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
        let pool = Arc::clone(&self.pool);
        let used = self.since.map(|since| since.elapsed());
        pool.activity.record(PoolEventKind::Release, used, || None);
        let (origin, permit, writer) = (self.origin, self.permit.take(), self.writer.take());
        let wanted = !pool.is_closed() && !pool.is_too_old(origin.born);
        if self.clean && wanted && self.session == SessionEffect::None {
            pool.put_back(connection, origin);
            drop((permit, writer));
            return;
        }
        let busy = self.busy.take();
        let clean = self.clean;
        let resets = clean && wanted && self.session == SessionEffect::Reset;
        let touched = self.session != SessionEffect::None;
        let mend = async move {
            if let Some(cancel_handle) = busy {
                // Its future was dropped: the statement must not take effect later.
                let _ = timeout(PATIENCE, cancel_handle.terminate()).await;
            }
            let mended = clean || connection.recover().await;
            let usable = if pool.connector.is_memory() {
                // The data exist only in this connection.
                mended && (!touched || connection.recover().await)
            } else {
                resets && timeout(PATIENCE, connection.reset()).await.unwrap_or(false)
            };
            if usable && !pool.is_closed() {
                pool.put_back(connection, origin);
            } else {
                // Errors of a closing connection are irrelevant.
                let _ = timeout(PATIENCE, connection.close()).await;
                pool.open.fetch_sub(1, Ordering::AcqRel);
            }
            drop((permit, writer));
            pool.returned.notify_one();
        };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(mend);
        } else if self.pool.connector.is_memory() {
            // Outside a runtime, and the data exist only in this connection.
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
            self.pool.open.fetch_sub(1, Ordering::AcqRel);
            self.pool.returned.notify_one();
        }
    }
}
