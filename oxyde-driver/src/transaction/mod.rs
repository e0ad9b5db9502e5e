//! Transactions and savepoints.

mod begin;
mod inner;
mod raw;

pub use begin::{BeginOptions, Isolation};
pub(crate) use inner::TransactionInner;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use oxyde_sql::dialect::Features;
use oxyde_sql::plan::Plan;
use oxyde_sql::value::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::backend::{Connection, Job, Limits, Outcome, TransactionEffect, transaction_effect};
use crate::bulk::{self, BulkCollector, BulkResult};
use crate::cancel::{Cancel, Cancellable};
use crate::error::DriverError;
use crate::pool::{Deadline, TimeoutKind};
use crate::pool::{Lease, PoolInner};
use crate::rows::RowSet;
use inner::{CLOSED, State, aborted, watch};

/// A transaction. Its statements run one at a time, whichever task runs them.
///
/// Cheap to clone; all clones share the same transaction. It is rolled back if the last one is dropped
/// before its end, and after its end the other clones return [`DriverError::Closed`].
///
/// ```no_run
/// # async fn example(pool: oxyde_driver::Pool) -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::Executor;
///
/// let transaction = pool.begin().await?;
/// transaction.savepoint("before").await?;
/// transaction.execute_raw("DELETE FROM post", ()).await?;
/// transaction.rollback_to("before").await?;
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Transaction(Arc<TransactionInner>);

impl Transaction {
    pub(crate) async fn begin(
        pool: &Arc<PoolInner>,
        options: BeginOptions,
        cancel: &Cancel,
    ) -> Result<Self, DriverError> {
        let lease = pool.acquire(!options.read_only, cancel).await?;
        Self::begin_on(lease, options, cancel).await
    }

    pub(crate) async fn begin_on(
        mut lease: Lease,
        options: BeginOptions,
        cancel: &Cancel,
    ) -> Result<Self, DriverError> {
        let pool = Arc::clone(&lease.pool);
        if options.read_only {
            lease.expect_reads_only();
        }
        let limit = options.timeout.or(pool.settings.transaction_timeout);
        let deadline = limit.map(|after| Deadline {
            at: Instant::now() + after,
            kind: TimeoutKind::Transaction(after),
        });
        for sql in options.begin_sql(&pool.features) {
            let job = Arc::new(Job::Simple(sql));
            let of_query = Deadline::of_query(pool.settings.query_timeout);
            let deadline = Deadline::earlier(deadline, of_query);
            // On any error the lease is not clean, and its connection is discarded.
            lease.run(&job, false, cancel, deadline).await.result?;
        }
        if cancel.is_fired() {
            return Err(DriverError::Cancelled);
        }
        let inner = Arc::new(TransactionInner {
            pool,
            state: Mutex::new(State {
                lease: Some(lease),
                savepoints: Vec::new(),
                cursors: Vec::new(),
                wrote: false,
                failed_at: None,
                end: None,
            }),
            failed: AtomicBool::new(false),
            deadline,
            options,
        });
        if let Some(deadline) = deadline {
            tokio::spawn(watch(Arc::downgrade(&inner), deadline));
        }
        Ok(Self(inner))
    }

    /// Whether a statement failed in it, outside a rolled-back savepoint. Such a
    /// transaction cannot be committed: [`Transaction::commit`] rolls it back and returns an error.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.0.failed.load(Ordering::Acquire)
    }

    /// Return the features of the server.
    #[must_use]
    pub fn features(&self) -> &Features {
        &self.0.pool.features
    }

    /// Commit. If `query_timeout` passes, the server has another second to decide; then the commit is
    /// cancelled, and the connection is closed.
    ///
    /// # Errors
    /// [`Cause::TransactionAborted`](crate::Cause::TransactionAborted) if a statement failed,
    /// [`DriverError::TransactionTimeout`] after the deadline, or the database's error (a
    /// deferred constraint): the transaction is rolled back. If the connection
    /// is lost, or no answer comes in time, [`DriverError::OutcomeUnknown`], unless nothing was
    /// written.
    pub async fn commit(self) -> Result<(), DriverError> {
        self.commit_unless(Cancel::NEVER).await
    }

    /// Commit. If `cancel` is fired, or `query_timeout` passes, the server has another second to
    /// decide; then the commit is cancelled, and the connection is closed.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub async fn commit_unless(self, cancel: &Cancel) -> Result<(), DriverError> {
        let inner = self.0;
        let cancel = cancel.clone();
        // In a separate task: a dropped caller does not leave a partial commit.
        tokio::spawn(async move { inner.commit(&cancel).await })
            .await
            .unwrap_or(Err(CLOSED))
    }

    /// Commit if `result` is a success, otherwise roll back and report the first error.
    pub(crate) async fn finish<T>(
        self,
        result: Result<T, DriverError>,
        cancel: &Cancel,
    ) -> Result<T, DriverError> {
        match result {
            Ok(value) => self.commit_unless(cancel).await.map(|()| value),
            Err(problem) => {
                // If this fails, the connection is closed.
                let _ = self.rollback().await;
                Err(problem)
            }
        }
    }

    /// Roll back. No effect after its end.
    ///
    /// # Errors
    /// The connection was lost; the server then rolls back.
    pub async fn rollback(self) -> Result<(), DriverError> {
        let mut state = self.0.state.lock().await;
        if state.lease.is_none() {
            return Ok(());
        }
        self.0.roll_back(&mut state, CLOSED).await
    }

    /// Set a savepoint. Its name may contain only letters, digits and `_`.
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn savepoint(&self, name: &str) -> Result<(), DriverError> {
        self.cancelled_by(Cancel::NEVER).savepoint(name).await
    }

    /// Release a savepoint and keep the changes since then.
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn release(&self, name: &str) -> Result<(), DriverError> {
        self.cancelled_by(Cancel::NEVER).release(name).await
    }

    /// Roll back to a savepoint, including errors; the savepoint remains.
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn rollback_to(&self, name: &str) -> Result<(), DriverError> {
        self.cancelled_by(Cancel::NEVER).rollback_to(name).await
    }

    pub(crate) async fn run_bulk(
        &self,
        plan: &Arc<Plan>,
        rows: Vec<Vec<Value>>,
        batch_size: Option<usize>,
        cancel: &Cancel,
    ) -> Result<BulkResult, DriverError> {
        if rows.is_empty() {
            return Ok(BulkResult::default());
        }
        let limits = {
            let state = self.0.lock(cancel).await?;
            state
                .lease
                .as_ref()
                .and_then(Lease::connection)
                .map(Connection::limits)
                .ok_or(CLOSED)?
        };
        let jobs = bulk::jobs(plan, rows, batch_size, limits)?;
        let single = matches!(
            jobs.as_slice(),
            [Job::Arrays { .. } | Job::Text { .. } | Job::Plan { .. }]
        );
        if single {
            return self.run_jobs(plan, jobs, limits, cancel).await;
        }
        let cancellable = self.cancelled_by(cancel);
        cancellable.savepoint(BULK).await?;
        match self.run_jobs(plan, jobs, limits, cancel).await {
            Ok(done) => cancellable.release(BULK).await.map(|()| done),
            Err(problem) => {
                // Report the first error; if this fails too, the transaction has ended.
                if self.rollback_to(BULK).await.is_ok() {
                    let _ = self.release(BULK).await;
                    // Report the error, as one of the transaction.
                    self.0
                        .mark_failed(&problem, &mut *self.0.state.lock().await);
                }
                Err(problem)
            }
        }
    }

    /// Run the jobs of a bulk call.
    pub(crate) async fn run_jobs(
        &self,
        plan: &Arc<Plan>,
        jobs: Vec<Job>,
        limits: Limits,
        cancel: &Cancel,
    ) -> Result<BulkResult, DriverError> {
        let mut gathered = BulkCollector::new(plan, limits);
        for job in jobs {
            let job = Arc::new(job);
            let outcome = self.0.run(&job, cancel).await?;
            gathered.add(&job, plan, &outcome);
        }
        Ok(gathered.finish())
    }

    pub(crate) async fn run_script(
        &self,
        statements: &[String],
        cancel: &Cancel,
    ) -> Result<(), DriverError> {
        let ends =
            statements
                .iter()
                .find_map(|sql| match transaction_effect(self.features(), sql) {
                    TransactionEffect::Ends(statement) => Some(statement),
                    TransactionEffect::Continues | TransactionEffect::Unknown => None,
                });
        let mut state = self.0.lock(cancel).await?;
        if let Some(statement) = &ends
            && (state.wrote || self.features().transactional_ddl)
        {
            let statement = statement.clone();
            return Err(DriverError::EndsTransaction { statement });
        }
        for statement in statements {
            self.0.step(&mut state, statement.clone(), cancel).await?;
        }
        if ends.is_some() {
            for sql in self.0.options.begin_sql(self.features()) {
                self.0.step(&mut state, sql, cancel).await?;
            }
            state.wrote = false;
        }
        Ok(())
    }

    /// Open a cursor; read its rows with [`Transaction::next_rows`].
    pub(crate) async fn place_cursor(
        &self,
        id: u64,
        plan: &Arc<Plan>,
        values: Vec<Value>,
        cancel: &Cancel,
    ) -> Result<(), DriverError> {
        let job = Arc::new(Job::OpenCursor {
            id,
            plan: Arc::clone(plan),
            values,
        });
        let mut state = self.0.lock(cancel).await?;
        self.0.run_locked(&mut state, &job, cancel).await?;
        let depth = state.savepoints.len();
        state.cursors.push((id, depth));
        Ok(())
    }

    /// Return the next rows of a cursor.
    pub(crate) async fn next_rows(&self, job: Job, cancel: &Cancel) -> Result<RowSet, DriverError> {
        let mut state = self.0.lock(cancel).await?;
        if let Job::FetchCursor { id, .. } = &job
            && !state.cursors.iter().any(|(known, _)| known == id)
        {
            return Err(DriverError::Closed {
                what: "the cursor, whose savepoint has ended,",
            });
        }
        let outcome = self.0.run_locked(&mut state, &Arc::new(job), cancel).await;
        outcome.map(|outcome| outcome.rows)
    }

    /// Close an open cursor. In a failed or ended transaction there is
    /// nothing to close.
    pub(crate) async fn close_cursor(&self, id: u64) -> Result<(), DriverError> {
        let Ok(mut state) = self.0.lock(Cancel::NEVER).await else {
            return Ok(());
        };
        let Some(at) = state.cursors.iter().position(|(known, _)| *known == id) else {
            return Ok(());
        };
        state.cursors.swap_remove(at);
        if self.failed() {
            return Ok(());
        }
        let job = Arc::new(Job::CloseCursor { id });
        self.0
            .run_locked(&mut state, &job, Cancel::NEVER)
            .await
            .map(|_| ())
    }

    /// Return a weak reference, which does not keep the transaction open.
    pub(crate) fn downgrade(&self) -> Weak<TransactionInner> {
        Arc::downgrade(&self.0)
    }

    /// Return the transaction, if it still exists.
    pub(crate) fn upgrade(weak: &Weak<TransactionInner>) -> Option<Self> {
        weak.upgrade().map(Self)
    }

    /// Abandon the connection without touching its socket, for the child of a fork.
    pub fn forget(self) {
        if let Ok(mut state) = self.0.state.try_lock()
            && let Some(lease) = state.lease.take()
        {
            lease.forget();
        }
        std::mem::forget(self);
    }

    pub(crate) async fn run(&self, job: Job, cancel: &Cancel) -> Result<Outcome, DriverError> {
        self.0.run(&Arc::new(job), cancel).await
    }

    /// Run jobs without any effect.
    pub(crate) async fn dry_run(
        &self,
        jobs: Vec<Job>,
        cancel: &Cancel,
    ) -> Result<Vec<Outcome>, DriverError> {
        let cancellable = self.cancelled_by(cancel);
        cancellable.savepoint(BULK).await?;
        let mut outcomes = Vec::with_capacity(jobs.len());
        let mut problem = None;
        for job in jobs {
            match self.0.run(&Arc::new(job), cancel).await {
                Ok(outcome) => outcomes.push(outcome),
                Err(found) => {
                    problem = Some(found);
                    break;
                }
            }
        }
        cancellable.rollback_to(BULK).await?;
        cancellable.release(BULK).await?;
        problem.map_or(Ok(outcomes), Err)
    }
}

impl Cancellable<'_, Transaction> {
    /// As [`Transaction::savepoint`].
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn savepoint(self, name: &str) -> Result<(), DriverError> {
        let Transaction(inner) = self.on;
        let sql = format!("SAVEPOINT {}", named(name)?);
        let mut state = inner.lock(self.cancel).await?;
        if self.on.failed() {
            return Err(aborted());
        }
        inner.step(&mut state, sql, self.cancel).await?;
        state.savepoints.push(name.to_owned());
        Ok(())
    }

    /// As [`Transaction::release`].
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn release(self, name: &str) -> Result<(), DriverError> {
        let Transaction(inner) = self.on;
        let sql = format!("RELEASE SAVEPOINT {}", named(name)?);
        let mut state = inner.lock(self.cancel).await?;
        inner.step(&mut state, sql, self.cancel).await?;
        if let Some(at) = state.savepoints.iter().rposition(|known| known == name) {
            state.savepoints.truncate(at);
            for (_, depth) in &mut state.cursors {
                *depth = at.min(*depth);
            }
        }
        Ok(())
    }

    /// As [`Transaction::rollback_to`].
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn rollback_to(self, name: &str) -> Result<(), DriverError> {
        let Transaction(inner) = self.on;
        let sql = format!("ROLLBACK TO SAVEPOINT {}", named(name)?);
        let mut state = inner.lock(self.cancel).await?;
        inner.step_back(&mut state, sql, self.cancel).await?;
        if let Some(at) = state.savepoints.iter().rposition(|known| known == name) {
            state.savepoints.truncate(at + 1);
            // A cursor ends with the savepoint in which it was opened.
            state.cursors.retain(|(_, depth)| *depth <= at);
            if state.failed_at.is_some_and(|failed_at| failed_at > at) {
                state.failed_at = None;
                inner.failed.store(false, Ordering::Release);
            }
        }
        Ok(())
    }
}

/// The savepoint around the statements of a bulk call.
const BULK: &str = "oxyde_bulk";

/// Return a savepoint's SQL name, with a prefix, so that it is not a keyword.
fn named(name: &str) -> Result<String, DriverError> {
    let plain = !name.is_empty()
        && name.len() <= 50
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if plain {
        Ok(format!("sp_{name}"))
    } else {
        Err(DriverError::Misuse(
            "a savepoint's name may contain only letters, digits and _",
        ))
    }
}
