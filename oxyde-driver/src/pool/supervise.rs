//! Runs one job with a cancel handle and a deadline.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use crate::backend::{CancelHandle, Connection, Job, Outcome, StandbyWarnings};
use crate::cancel::Cancel;
use crate::error::DriverError;

/// Maximum time for a cancelled job to end before its connection is discarded.
const GRACE: Duration = Duration::from_secs(1);

/// Interval after which a running job gets another cancel request.
const AGAIN: Duration = Duration::from_millis(40);

/// The deadline of a job, and the error when it passes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub at: Instant,
    pub kind: TimeoutKind,
}

/// The limit that has passed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TimeoutKind {
    Query(Duration),
    Transaction(Duration),
}

impl TimeoutKind {
    pub(crate) fn error(self) -> DriverError {
        match self {
            Self::Query(after) => DriverError::QueryTimeout { after },
            Self::Transaction(after) => DriverError::TransactionTimeout { after },
        }
    }
}

impl Deadline {
    /// The limit of one statement, if there is one.
    pub(crate) fn of_query(limit: Option<Duration>) -> Option<Self> {
        limit.map(|after| Self {
            at: Instant::now() + after,
            kind: TimeoutKind::Query(after),
        })
    }

    /// Return the earlier deadline.
    pub(crate) fn earlier(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(if other.at < one.at { other } else { one }),
            (one, other) => one.or(other),
        }
    }

    /// Resolves when the deadline has passed; never without one.
    pub(crate) async fn passed(this: Option<Self>) -> DriverError {
        match this {
            Some(deadline) => {
                sleep_until(deadline.at).await;
                deadline.kind.error()
            }
            None => std::future::pending().await,
        }
    }
}

/// The result of a job.
pub(crate) struct Ended {
    pub result: Result<Outcome, DriverError>,
    /// Whether the connection is known to be ready for the next statement.
    pub ready_for_query: bool,
    /// Whether a job that did not complete is known to have no effect, outside a transaction.
    pub is_stopped: bool,
    /// Whether what a job has written is stored on this server, and perhaps not on the standbys that
    /// it was to wait for.
    pub is_local: bool,
}

impl Ended {
    /// The job came to this result.
    fn with(result: Result<Outcome, DriverError>, is_local: bool) -> Self {
        Self {
            ready_for_query: !result.as_ref().is_err_and(DriverError::is_lost),
            is_stopped: true,
            is_local,
            result,
        }
    }

    /// The job was left, and its connection is not used again.
    pub(super) fn left(reason: DriverError, is_stopped: bool) -> Self {
        Self {
            result: Err(reason),
            ready_for_query: false,
            is_stopped,
            is_local: false,
        }
    }
}

/// Run a job to completion, or cancel it on the server and wait until it ends.
pub(crate) async fn supervise(
    connection: &mut Connection,
    cancel_handle: &CancelHandle,
    job: &Arc<Job>,
    retry: bool,
    cancel: &Cancel,
    deadline: Option<Deadline>,
) -> Ended {
    if cancel.is_fired() {
        return Ended::with(Err(DriverError::Cancelled), false);
    }
    let waits = connection.waits_for_standbys();
    let warnings = StandbyWarnings::default();
    if waits && matches!(**job, Job::End(_)) {
        warnings.listen();
    }
    let (result, reason) = {
        let mut running = pin!(connection.run(job, retry));
        let mut work = pin!(poll_fn(|cx| warnings.around(|| running.as_mut().poll(cx))));
        let reason = tokio::select! {
            biased;
            result = &mut work => return Ended::with(result, warnings.cut_off(false)),
            () = cancel.fired() => DriverError::Cancelled,
            reason = Deadline::passed(deadline) => reason,
        };
        if waits {
            warnings.listen();
        }
        // Boxed, as it is rare: each statement would carry its size along.
        match Box::pin(stop(cancel_handle, job, work)).await {
            Ok(result) => (result, reason),
            Err(is_stopped) => return Ended::left(reason, is_stopped),
        }
    };
    if result.as_ref().is_err_and(DriverError::is_lost) {
        return Ended::left(reason, false);
    }
    // A late request must not cancel the next statement.
    let absorbed = timeout(GRACE, Box::pin(connection.absorb_cancel())).await;
    let result = match result {
        Err(problem) if cancel_handle.is_cancelled(&problem) => Err(reason),
        // A cancelled read may return a truncated result instead of an error.
        _ if job.is_read_only() => Err(reason),
        result => result,
    };
    Ended {
        result,
        ready_for_query: absorbed.unwrap_or(false),
        is_stopped: true,
        is_local: warnings.cut_off(true),
    }
}

/// Stop a job, and return its result. If it does not end, its session is ended, so that it does not
/// continue unnoticed; then return whether that is known to have stopped it.
async fn stop(
    cancel_handle: &CancelHandle,
    job: &Job,
    mut work: Pin<&mut impl Future<Output = Result<Outcome, DriverError>>>,
) -> Result<Result<Outcome, DriverError>, bool> {
    // An end of a transaction is decided soon, unless the server does not answer.
    if matches!(job, Job::End(_))
        && let Ok(result) = timeout(GRACE, &mut work).await
    {
        return Ok(result);
    }
    let cancelled = cancel_until_done(cancel_handle, work.as_mut());
    if let Ok(result) = timeout(GRACE, cancelled).await {
        return Ok(result);
    }
    if timeout(GRACE, cancel_handle.terminate())
        .await
        .unwrap_or(false)
    {
        return Err(true);
    }
    cancel_handle.hang_up();
    if job.is_read_only() || matches!(job, Job::End(_)) {
        return Err(job.is_read_only());
    }
    timeout(GRACE, work).await.map_err(|_| false)
}

/// Repeat the cancel request until the work has ended: a request that arrives before the statement
/// has started is lost. Each request is awaited, so that none is pending afterwards.
async fn cancel_until_done<T>(
    cancel_handle: &CancelHandle,
    mut work: Pin<&mut impl Future<Output = T>>,
) -> T {
    let mut connection = None;
    loop {
        let mut ended = None;
        {
            let ask = async {
                if connection.is_none() {
                    connection = cancel_handle.connect().await;
                }
                if let Some(connection) = &mut connection {
                    connection.cancel().await;
                }
            };
            tokio::pin!(ask);
            loop {
                tokio::select! {
                    biased;
                    result = &mut work, if ended.is_none() => ended = Some(result),
                    () = &mut ask => break,
                }
            }
        }
        if ended.is_none() {
            ended = timeout(AGAIN, &mut work).await.ok();
        }
        if let Some(result) = ended {
            if let Some(connection) = connection {
                tokio::spawn(connection.close());
            }
            return result;
        }
    }
}
