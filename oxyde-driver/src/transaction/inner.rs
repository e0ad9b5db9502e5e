//! The state of a transaction, and the statements that run in it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout};

use super::BeginOptions;
use crate::backend::{self, Job, Outcome, TransactionEnd};
use crate::cancel::Cancel;
use crate::error::{Cause, DriverError};
use crate::pool::{Deadline, Ended, Lease, PoolInner, TimeoutKind};

#[derive(Debug)]
pub(crate) struct TransactionInner {
    pub(super) pool: Arc<PoolInner>,
    pub(super) state: Mutex<State>,
    pub(super) failed: AtomicBool,
    pub(super) deadline: Option<Deadline>,
    pub(super) options: BeginOptions,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) lease: Option<Lease>,
    pub(super) savepoints: Vec<String>,
    /// The open cursors, and the number of savepoints when each was opened.
    pub(super) cursors: Vec<(u64, usize)>,
    /// Whether a statement may have written or locked rows, or has set a savepoint.
    pub(super) wrote: bool,
    /// The number of savepoints when the first statement failed.
    pub(super) failed_at: Option<usize>,
    /// Why no further statements may run.
    pub(super) end: Option<DriverError>,
}

pub(super) const CLOSED: DriverError = DriverError::Closed {
    what: "the transaction",
};

const COMMIT: Job = Job::End(TransactionEnd::Commit);
const ROLLBACK: Job = Job::End(TransactionEnd::Rollback);

/// Return the error of a transaction in which a statement failed.
pub(super) fn aborted() -> DriverError {
    DriverError::database(
        Cause::TransactionAborted,
        "25P02",
        "a statement failed in this transaction, so it was not committed",
    )
}

/// Maximum time for a rollback: the server rolls back anyway when the connection is closed.
const PATIENCE: Duration = Duration::from_secs(3);

/// Run SQL without rows, for up to [`PATIENCE`]; return whether the connection is ready afterwards.
/// Otherwise the lease ends its session when it is dropped.
async fn run_through(lease: &mut Lease, job: Job) -> Result<bool, DriverError> {
    let job = Arc::new(job);
    let never = Cancel::never();
    let Ok(ended) = timeout(PATIENCE, lease.run(&job, false, &never, None)).await else {
        return Ok(false);
    };
    ended.result.map(|_| ended.ready_for_query)
}

/// Roll a transaction back when its deadline passes.
pub(super) async fn watch(inner: Weak<TransactionInner>, deadline: Deadline) {
    tokio::time::sleep_until(deadline.at).await;
    if let Some(inner) = inner.upgrade() {
        let mut state = inner.state.lock().await;
        if state.lease.is_some() {
            // If this fails, the connection is closed, and the server rolls back.
            let _ = inner.roll_back(&mut state, deadline.kind.error()).await;
        }
    }
}

impl TransactionInner {
    /// The permit to run the next statement.
    pub(super) async fn lock(&self, cancel: &Cancel) -> Result<MutexGuard<'_, State>, DriverError> {
        let state = tokio::select! {
            biased;
            state = self.state.lock() => state,
            () = cancel.fired() => return Err(DriverError::Cancelled),
        };
        match &state.end {
            Some(end) => Err(end.clone()),
            None => Ok(state),
        }
    }

    pub(super) async fn run(
        &self,
        job: &Arc<Job>,
        cancel: &Cancel,
    ) -> Result<Outcome, DriverError> {
        let mut state = self.lock(cancel).await?;
        if let Job::Raw { sql, .. } = &**job {
            // Boxed, as it is rare: each statement would carry its size along.
            return Box::pin(self.run_raw(&mut state, sql, job, cancel)).await;
        }
        self.run_locked(&mut state, job, cancel).await
    }

    pub(super) async fn run_locked(
        &self,
        state: &mut State,
        job: &Arc<Job>,
        cancel: &Cancel,
    ) -> Result<Outcome, DriverError> {
        self.run_until(state, job, cancel, self.statement_deadline())
            .await
    }

    /// The earliest deadline of the next statement.
    fn statement_deadline(&self) -> Option<Deadline> {
        let of_query = Deadline::of_query(self.pool.settings.query_timeout);
        Deadline::earlier(self.deadline, of_query)
    }

    async fn run_until(
        &self,
        state: &mut State,
        job: &Arc<Job>,
        cancel: &Cancel,
        deadline: Option<Deadline>,
    ) -> Result<Outcome, DriverError> {
        let Some(mut lease) = state.lease.take() else {
            return Err(CLOSED);
        };
        // Raw SQL is searched for that, so only until a statement has written.
        state.wrote = state.wrote || job.may_write(&self.pool.features);
        // While this future owns the lease, dropping it closes the connection.
        let Ended {
            result,
            ready_for_query,
            ..
        } = lease.run(job, false, cancel, deadline).await;
        let over = !ready_for_query
            || lease
                .connection()
                .and_then(|connection| connection.in_transaction())
                == Some(false);
        if let Err(problem) = &result {
            self.mark_failed(problem, state);
            if over || backend::ends_transaction(&self.pool.features, problem) {
                state.end = Some(match problem {
                    DriverError::TransactionTimeout { .. } | DriverError::ConnectionLost { .. } => {
                        problem.clone()
                    }
                    _ => aborted(),
                });
                if ready_for_query {
                    self.end_on(&mut lease).await;
                }
                return result;
            }
            if matches!(problem, DriverError::TransactionTimeout { .. }) {
                self.end_on(&mut lease).await;
                state.end = Some(problem.clone());
                return result;
            }
        } else if over {
            // The statement itself ended the transaction (a raw COMMIT), or completed while the
            // connection lost synchronization.
            state.end = Some(CLOSED);
            return result;
        }
        state.lease = Some(lease);
        result
    }

    pub(super) async fn commit(&self, cancel: &Cancel) -> Result<(), DriverError> {
        let mut state = self.state.lock().await;
        if let Some(end) = &state.end {
            return Err(end.clone());
        }
        if self
            .deadline
            .is_some_and(|deadline| deadline.at <= Instant::now())
        {
            let reason = self
                .deadline
                .map_or(CLOSED, |deadline| deadline.kind.error());
            self.roll_back(&mut state, reason.clone()).await?;
            return Err(reason);
        }
        if self.failed.load(Ordering::Acquire) {
            self.roll_back(&mut state, CLOSED).await?;
            return Err(aborted());
        }
        let Some(mut lease) = state.lease.take() else {
            return Err(CLOSED);
        };
        state.end = Some(CLOSED);
        let job = Arc::new(COMMIT);
        let ended = lease.run(&job, false, cancel, self.commit_deadline()).await;
        let result = match ended.result {
            Ok(_) => {
                let restored = self.restore_session(&mut lease).await;
                lease.set_clean(ended.ready_for_query && restored);
                if ended.is_local {
                    Err(DriverError::only_local("COMMIT"))
                } else {
                    Ok(())
                }
            }
            Err(problem) if ended.ready_for_query => {
                self.end_on(&mut lease).await;
                Err(problem)
            }
            Err(problem) if state.wrote => Err(problem.after_sending("COMMIT")),
            Err(problem) => Err(problem),
        };
        self.pool.activity.note_outcome(&result);
        result
    }

    /// The deadline of the COMMIT.
    fn commit_deadline(&self) -> Option<Deadline> {
        match self.pool.settings.commit_timeout {
            Some(limit) => Deadline::earlier(self.deadline, Deadline::of_query(Some(limit))),
            None => self.statement_deadline(),
        }
    }

    /// Record that a statement failed.
    pub(super) fn mark_failed(&self, problem: &DriverError, state: &mut State) {
        let stopped = matches!(
            problem,
            DriverError::Cancelled
                | DriverError::QueryTimeout { .. }
                | DriverError::TransactionTimeout { .. }
        );
        if problem.is_from_server() || stopped {
            state.failed_at.get_or_insert(state.savepoints.len());
            self.failed.store(true, Ordering::Release);
        }
    }

    pub(super) async fn step(
        &self,
        state: &mut State,
        sql: String,
        cancel: &Cancel,
    ) -> Result<(), DriverError> {
        let job = Arc::new(Job::Simple(sql));
        self.run_locked(state, &job, cancel).await.map(|_| ())
    }

    /// Undo a part of the transaction, within the time that a rollback has.
    pub(super) async fn step_back(
        &self,
        state: &mut State,
        sql: String,
        cancel: &Cancel,
    ) -> Result<(), DriverError> {
        let job = Arc::new(Job::Simple(sql));
        let patience = Deadline {
            at: Instant::now() + PATIENCE,
            kind: TimeoutKind::Query(PATIENCE),
        };
        let deadline = Deadline::earlier(self.statement_deadline(), Some(patience));
        self.run_until(state, &job, cancel, deadline)
            .await
            .map(|_| ())
    }

    pub(super) async fn roll_back(
        &self,
        state: &mut State,
        end: DriverError,
    ) -> Result<(), DriverError> {
        let Some(mut lease) = state.lease.take() else {
            return Ok(());
        };
        state.end = Some(end);
        if run_through(&mut lease, ROLLBACK).await? {
            let restored = self.restore_session(&mut lease).await;
            lease.set_clean(restored);
        }
        Ok(())
    }

    /// Ensure that no transaction is open on a synchronized connection.
    async fn end_on(&self, lease: &mut Lease) {
        let open = lease
            .connection()
            .and_then(|connection| connection.in_transaction());
        if open != Some(false) && !run_through(lease, ROLLBACK).await.unwrap_or(false) {
            return;
        }
        let restored = self.restore_session(lease).await;
        lease.set_clean(restored);
    }

    /// Reset the session settings that the beginning changed.
    async fn restore_session(&self, lease: &mut Lease) -> bool {
        for sql in self.options.end_sql(&self.pool.features) {
            let job = Job::Simple(sql.to_owned());
            if !run_through(lease, job).await.unwrap_or(false) {
                return false;
            }
        }
        true
    }
}
