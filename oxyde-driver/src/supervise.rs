//! One job under a cancel handle and a deadline.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use crate::backend::{Connection, Job, Outcome, Stopper};
use crate::cancel::Cancel;
use crate::error::DriverError;

/// How long a stopped job may take to end before its connection is given up.
const GRACE: Duration = Duration::from_secs(1);

/// After this time a job that still runs is asked to stop again.
const AGAIN: Duration = Duration::from_millis(40);

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
    let (result, reason) = {
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
        if let Ok(result) = timeout(GRACE, stop_until_done(stopper, work)).await {
            (result, reason)
        } else {
            // It does not stop: end the session, so that it does not go on unseen.
            let _ = timeout(GRACE, stopper.terminate()).await;
            return Ended {
                result: Err(reason),
                in_step: false,
            };
        }
    };
    if result.as_ref().is_err_and(DriverError::is_lost) {
        return Ended {
            result: Err(reason),
            in_step: false,
        };
    }
    // A request that came too late must not hit the next statement.
    let absorbed = timeout(GRACE, connection.absorb_stop()).await;
    let result = match result {
        Err(problem) if stopper.is_stop(&problem) => Err(reason),
        // A stopped read may come to a shortened answer instead of an error.
        _ if job.only_reads() => Err(reason),
        result => result,
    };
    Ended {
        result,
        in_step: absorbed.unwrap_or(false),
    }
}

/// Asks again and again until the work has ended: a request that arrives before the statement
/// has begun is lost. Each request is awaited to its answer, so that none is under way later.
async fn stop_until_done<T>(stopper: &Stopper, mut work: Pin<&mut impl Future<Output = T>>) -> T {
    let mut side = None;
    loop {
        let mut ended = None;
        {
            let ask = async {
                if side.is_none() {
                    side = stopper.side().await;
                }
                if let Some(side) = &mut side {
                    side.ask().await;
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
            if let Some(side) = side {
                tokio::spawn(side.close());
            }
            return result;
        }
    }
}
