//! One job under a cancel handle and a deadline.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use crate::backend::{Connection, Job, Outcome, Stopper};
use crate::cancel::Cancel;
use crate::error::DriverError;

/// How long a stopped job may take to end before its connection is given up.
const GRACE: Duration = Duration::from_secs(1);

/// Until when a job may run, and what it is then told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub at: Instant,
    pub kind: Expiry,
}

/// Which limit has passed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expiry {
    Query(Duration),
    Transaction(Duration),
}

impl Expiry {
    pub(crate) fn error(self) -> DriverError {
        match self {
            Self::Query(after) => DriverError::QueryTimeout { after },
            Self::Transaction(after) => DriverError::TransactionTimeout { after },
        }
    }
}

impl Deadline {
    /// The limit of one statement, when there is one.
    pub(crate) fn of_query(limit: Option<Duration>) -> Option<Self> {
        limit.map(|after| Self {
            at: Instant::now() + after,
            kind: Expiry::Query(after),
        })
    }

    /// The one that comes first.
    pub(crate) fn earlier(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(if other.at < one.at { other } else { one }),
            (one, other) => one.or(other),
        }
    }

    /// Resolves when it has passed; never without one.
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

/// What a job came to.
pub(crate) struct Ended {
    pub result: Result<Outcome, DriverError>,
    /// Whether the connection is known to be ready for the next statement.
    pub in_step: bool,
}

/// Runs a job to its end, or stops it on the server and waits for that.
pub(crate) async fn supervise(
    connection: &mut Connection,
    stopper: &Stopper,
    job: &Arc<Job>,
    retry: bool,
    cancel: &Cancel,
    deadline: Option<Deadline>,
) -> Ended {
    if cancel.is_fired() {
        return Ended {
            result: Err(DriverError::Cancelled),
            in_step: true,
        };
    }
    let (result, asked, reason) = {
        let work = connection.run(job, retry);
        tokio::pin!(work);
        let reason = tokio::select! {
            biased;
            result = &mut work => {
                let in_step = !result.as_ref().is_err_and(DriverError::is_lost);
                return Ended { result, in_step };
            }
            () = cancel.fired() => DriverError::Cancelled,
            reason = Deadline::passed(deadline) => reason,
        };
        let both = async { tokio::join!(stopper.stop(), &mut work) };
        match timeout(GRACE, both).await {
            Ok((asked, result)) => (result, asked, reason),
            Err(_) => {
                return Ended {
                    result: Err(reason),
                    in_step: false,
                };
            }
        }
    };
    match result {
        Err(problem) if stopper.is_stop(&problem) => Ended {
            result: Err(reason),
            in_step: true,
        },
        Err(problem) if problem.is_lost() => Ended {
            result: Err(reason),
            in_step: false,
        },
        // It ended by itself before the stop arrived, which must not hit the next statement.
        result => {
            let absorbed = timeout(GRACE, connection.absorb_stop()).await;
            let in_step = asked && absorbed.unwrap_or(false);
            // A stopped read may come to a shortened answer instead of an error.
            let result = if job.only_reads() {
                Err(reason)
            } else {
                result
            };
            Ended { result, in_step }
        }
    }
}
