//! Transactions and savepoints.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use oxyde_sql::dialect::Features;
use oxyde_sql::plan::Plan;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::backend::{self, Connection, Job, Limits, Outcome};
use crate::begin::{BeginOptions, Isolation};
use crate::bulk::{self, BulkDone, Gathered};
use crate::cancel::Cancel;
use crate::error::{Cause, DriverError};
use crate::executor::{self, Done, Runs, verbs};
use crate::lease::{Lease, Shared};
use crate::parts::Parts;
use crate::rows::RowSet;
use crate::supervise::{Deadline, Expiry};

/// A transaction. Its statements run one after the other, whoever asks. Dropped before its end
/// it is rolled back.
///
/// ```no_run
/// # async fn example(pool: oxyde_driver::Pool) -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::{BeginOptions, Cancel};
///
/// let transaction = pool.begin(BeginOptions::default(), &Cancel::never()).await?;
/// transaction.savepoint("before").await?;
/// transaction.fetch_raw("DELETE FROM post", vec![], &[], &Cancel::never()).await?;
/// transaction.rollback_to("before").await?;
/// transaction.commit().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Transaction(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    shared: Arc<Shared>,
    state: Mutex<State>,
    failed: AtomicBool,
    deadline: Option<Deadline>,
    read_only: bool,
}

#[derive(Debug)]
struct State {
    lease: Option<Lease>,
    savepoints: Vec<String>,
    /// The open cursors, and how many savepoints there were when each was opened.
    cursors: Vec<(u64, usize)>,
    /// How many savepoints there were when the first statement failed.
    failed_at: Option<usize>,
    /// Why no more statements run.
    end: Option<DriverError>,
}

const CLOSED: DriverError = DriverError::Closed {
    what: "the transaction",
};

impl Transaction {
    pub(crate) async fn begin(
        shared: &Arc<Shared>,
        options: BeginOptions,
        cancel: &Cancel,
    ) -> Result<Self, DriverError> {
        let lease = shared.acquire(!options.read_only, cancel).await?;
        Self::begin_on(lease, options, cancel).await
    }

    pub(crate) async fn begin_on(
        mut lease: Lease,
        options: BeginOptions,
        cancel: &Cancel,
    ) -> Result<Self, DriverError> {
        let shared = Arc::clone(&lease.shared);
        let limit = options.timeout.or(shared.settings.transaction_timeout);
        let deadline = limit.map(|after| Deadline {
            at: Instant::now() + after,
            kind: Expiry::Transaction(after),
        });
        let isolation = options.isolation.map(Isolation::sql);
        let begin = backend::begin_sql(&shared.features, isolation, options.read_only);
        for sql in begin {
            let job = Arc::new(Job::Simple(sql));
            let (result, _) = lease.run(&job, false, cancel, deadline).await;
            // On any error the lease is not clean, and its connection goes no further.
            result?;
        }
        if cancel.is_fired() {
            return Err(DriverError::Cancelled);
        }
        let inner = Arc::new(Inner {
            shared,
            state: Mutex::new(State {
                lease: Some(lease),
                savepoints: Vec::new(),
                cursors: Vec::new(),
                failed_at: None,
                end: None,
            }),
            failed: AtomicBool::new(false),
            deadline,
            read_only: options.read_only,
        });
        if let Some(deadline) = deadline {
            tokio::spawn(watch(Arc::downgrade(&inner), deadline));
        }
        Ok(Self(inner))
    }

    /// Whether a statement failed in it, outside a savepoint that was rolled back. Such a
    /// transaction cannot be committed: [`Transaction::commit`] rolls it back and says so.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.0.failed.load(Ordering::Acquire)
    }

    /// What this server can do.
    #[must_use]
    pub fn features(&self) -> &Features {
        &self.0.shared.features
    }

    /// Commits. A commit that has begun is awaited to its outcome, whatever happens meanwhile.
    ///
    /// # Errors
    /// [`Cause::TransactionAborted`] when a statement had failed,
    /// [`DriverError::TransactionTimeout`] after the deadline, or what the database says (a
    /// deferred constraint): then it is rolled back. After [`DriverError::ConnectionLost`] the
    /// outcome is not known.
    pub async fn commit(&self) -> Result<(), DriverError> {
        let inner = Arc::clone(&self.0);
        // On a task of its own: a caller that goes away leaves no half-done commit behind.
        tokio::spawn(async move { inner.commit().await })
            .await
            .unwrap_or(Err(CLOSED))
    }

    /// Rolls back. After its end this does nothing.
    ///
    /// # Errors
    /// When the connection broke: the server then rolls back by itself.
    pub async fn rollback(&self) -> Result<(), DriverError> {
        let mut state = self.0.state.lock().await;
        if state.lease.is_none() {
            return Ok(());
        }
        self.0.roll_back(&mut state, CLOSED).await
    }

    /// Sets a savepoint.
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn savepoint(&self, name: &str) -> Result<(), DriverError> {
        let sql = format!("SAVEPOINT {}", named(name)?);
        let mut state = self.0.lock(&Cancel::never()).await?;
        if self.failed() {
            return Err(aborted());
        }
        self.0.step(&mut state, sql).await?;
        state.savepoints.push(name.to_owned());
        Ok(())
    }

    /// Gives a savepoint up; what happened since it stays.
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn release(&self, name: &str) -> Result<(), DriverError> {
        let sql = format!("RELEASE SAVEPOINT {}", named(name)?);
        let mut state = self.0.lock(&Cancel::never()).await?;
        self.0.step(&mut state, sql).await?;
        if let Some(at) = state.savepoints.iter().rposition(|known| known == name) {
            state.savepoints.truncate(at);
            for (_, depth) in &mut state.cursors {
                *depth = at.min(*depth);
            }
        }
        Ok(())
    }

    /// Undoes what happened since a savepoint, errors too; the savepoint stays.
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn rollback_to(&self, name: &str) -> Result<(), DriverError> {
        let sql = format!("ROLLBACK TO SAVEPOINT {}", named(name)?);
        let mut state = self.0.lock(&Cancel::never()).await?;
        self.0.step(&mut state, sql).await?;
        if let Some(at) = state.savepoints.iter().rposition(|known| known == name) {
            state.savepoints.truncate(at + 1);
            // A cursor goes with the savepoint in which it was opened.
            state.cursors.retain(|(_, depth)| *depth <= at);
            if state.failed_at.is_some_and(|failed_at| failed_at > at) {
                state.failed_at = None;
                self.0.failed.store(false, Ordering::Release);
            }
        }
        Ok(())
    }

    /// Sends any number of rows through a plan, all or nothing.
    ///
    /// # Errors
    /// Any [`DriverError`]; then no row was written, and the transaction goes on.
    pub async fn bulk(
        &self,
        plan: &Arc<Plan>,
        rows: Vec<Vec<Value>>,
        batch_size: Option<usize>,
        cancel: &Cancel,
    ) -> Result<BulkDone, DriverError> {
        if rows.is_empty() {
            return Ok(BulkDone::default());
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
            return self.run_bulk(plan, jobs, limits, cancel).await;
        }
        self.savepoint(BULK).await?;
        match self.run_bulk(plan, jobs, limits, cancel).await {
            Ok(done) => self.release(BULK).await.map(|()| done),
            Err(problem) => {
                // The first error is the one to tell; if this fails the transaction is over.
                if self.rollback_to(BULK).await.is_ok() {
                    let _ = self.release(BULK).await;
                    // The error is told: the caller must see it as one of the transaction.
                    self.0
                        .mark_failed(&problem, &mut *self.0.state.lock().await);
                }
                Err(problem)
            }
        }
    }

    /// Runs the jobs of a bulk call.
    pub(crate) async fn run_bulk(
        &self,
        plan: &Arc<Plan>,
        jobs: Vec<Job>,
        limits: Limits,
        cancel: &Cancel,
    ) -> Result<BulkDone, DriverError> {
        let mut gathered = Gathered::new(plan, limits);
        for job in jobs {
            let job = Arc::new(job);
            let outcome = self.0.run(&job, cancel).await?;
            gathered.add(&job, plan, &outcome);
        }
        Ok(gathered.finish())
    }

    /// Runs statements of a schema one after the other.
    ///
    /// # Errors
    /// The first error.
    pub async fn script(&self, statements: &[String]) -> Result<(), DriverError> {
        let never = Cancel::never();
        for statement in statements {
            self.0
                .run(&Arc::new(Job::Simple(statement.clone())), &never)
                .await?;
        }
        Ok(())
    }

    /// Opens a cursor; its rows come by [`Transaction::next_rows`].
    pub(crate) async fn place_cursor(
        &self,
        id: u64,
        plan: &Arc<Plan>,
        values: Vec<Value>,
        cancel: &Cancel,
    ) -> Result<(), DriverError> {
        let job = Arc::new(Job::Open {
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

    /// The next rows of a cursor.
    pub(crate) async fn next_rows(&self, job: Job, cancel: &Cancel) -> Result<RowSet, DriverError> {
        let mut state = self.0.lock(cancel).await?;
        if let Job::Next { id, .. } = &job
            && !state.cursors.iter().any(|(known, _)| known == id)
        {
            return Err(DriverError::Closed {
                what: "the cursor, with the savepoint in which it was opened,",
            });
        }
        let outcome = self.0.run_locked(&mut state, &Arc::new(job), cancel).await;
        outcome.map(|outcome| outcome.rows)
    }

    /// Closes a cursor that is still open. In a transaction that has failed or ended there is
    /// nothing to close.
    pub(crate) async fn close_cursor(&self, id: u64) -> Result<(), DriverError> {
        let Ok(mut state) = self.0.lock(&Cancel::never()).await else {
            return Ok(());
        };
        let Some(at) = state.cursors.iter().position(|(known, _)| *known == id) else {
            return Ok(());
        };
        state.cursors.swap_remove(at);
        if self.failed() {
            return Ok(());
        }
        let job = Arc::new(Job::Shut { id });
        self.0
            .run_locked(&mut state, &job, &Cancel::never())
            .await
            .map(|_| ())
    }

    /// A way to it that does not keep it open.
    pub(crate) fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.0)
    }

    /// It itself, unless nobody keeps it any more.
    pub(crate) fn upgrade(weak: &Weak<Inner>) -> Option<Self> {
        weak.upgrade().map(Self)
    }

    /// Lets go of the connection without touching its socket: for the child of a fork.
    pub fn forget(self) {
        if let Ok(mut state) = self.0.state.try_lock()
            && let Some(lease) = state.lease.take()
        {
            lease.forget();
        }
        std::mem::forget(self);
    }
}

/// The savepoint around the statements of one bulk call.
const BULK: &str = "oxyde_bulk";

/// The error of a transaction in which a statement failed.
fn aborted() -> DriverError {
    DriverError::database(
        Cause::TransactionAborted,
        "25P02",
        "a statement failed in this transaction, so it was not committed",
    )
}

/// A savepoint's name as it stands in SQL: with a head, so that it is no word of the language.
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
            "a savepoint's name is made of letters, digits and _",
        ))
    }
}

/// Runs SQL without an answer to its end.
async fn simple(lease: &mut Lease, sql: &str) -> (Result<(), DriverError>, bool) {
    let job = Arc::new(Job::Simple(sql.to_owned()));
    let (result, in_step) = lease.run(&job, false, &Cancel::never(), None).await;
    (result.map(|_| ()), in_step)
}

/// Rolls a transaction back when its time is over.
async fn watch(inner: Weak<Inner>, deadline: Deadline) {
    tokio::time::sleep_until(deadline.at).await;
    if let Some(inner) = inner.upgrade() {
        let mut state = inner.state.lock().await;
        if state.lease.is_some() {
            // If this fails the connection is closed, and the server rolls back.
            let _ = inner.roll_back(&mut state, deadline.kind.error()).await;
        }
    }
}

impl Inner {
    /// The right to run the next statement.
    async fn lock(&self, cancel: &Cancel) -> Result<MutexGuard<'_, State>, DriverError> {
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

    async fn run(&self, job: &Arc<Job>, cancel: &Cancel) -> Result<Outcome, DriverError> {
        let mut state = self.lock(cancel).await?;
        self.run_locked(&mut state, job, cancel).await
    }

    async fn run_locked(
        &self,
        state: &mut State,
        job: &Arc<Job>,
        cancel: &Cancel,
    ) -> Result<Outcome, DriverError> {
        let deadline = Deadline::earlier(
            self.deadline,
            Deadline::of_query(self.shared.settings.query_timeout),
        );
        let Some(mut lease) = state.lease.take() else {
            return Err(CLOSED);
        };
        // While the lease is here, a dropped future closes the connection with it.
        let (result, in_step) = lease.run(job, false, cancel, deadline).await;
        let over =
            !in_step || lease.connection().and_then(Connection::in_transaction) == Some(false);
        if let Err(problem) = &result {
            self.mark_failed(problem, state);
            if over || backend::ends_transaction(&self.shared.features, problem) {
                state.end = Some(match problem {
                    DriverError::TransactionTimeout { .. } | DriverError::ConnectionLost { .. } => {
                        problem.clone()
                    }
                    _ => aborted(),
                });
                if in_step {
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
            // The statement itself ended the transaction (a raw COMMIT), or was done while the
            // connection fell out of step.
            state.end = Some(CLOSED);
            return result;
        }
        state.lease = Some(lease);
        result
    }

    async fn commit(&self) -> Result<(), DriverError> {
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
        let (result, in_step) = simple(&mut lease, "COMMIT").await;
        match result {
            Ok(()) => {
                let restored = self.restore_session(&mut lease).await;
                lease.set_clean(in_step && restored);
                Ok(())
            }
            Err(problem) => {
                if in_step {
                    self.end_on(&mut lease).await;
                }
                Err(problem)
            }
        }
    }

    /// Remembers that a statement failed.
    fn mark_failed(&self, problem: &DriverError, state: &mut State) {
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

    async fn step(&self, state: &mut State, sql: String) -> Result<(), DriverError> {
        let job = Arc::new(Job::Simple(sql));
        self.run_locked(state, &job, &Cancel::never())
            .await
            .map(|_| ())
    }

    async fn roll_back(&self, state: &mut State, end: DriverError) -> Result<(), DriverError> {
        let Some(mut lease) = state.lease.take() else {
            return Ok(());
        };
        state.end = Some(end);
        let (result, in_step) = simple(&mut lease, "ROLLBACK").await;
        if result.is_ok() {
            let restored = self.restore_session(&mut lease).await;
            lease.set_clean(in_step && restored);
        }
        result
    }

    /// Makes sure that no transaction is open on a connection that is in step.
    async fn end_on(&self, lease: &mut Lease) {
        let open = lease.connection().and_then(Connection::in_transaction);
        if open != Some(false) && simple(lease, "ROLLBACK").await.0.is_err() {
            lease.set_clean(false);
            return;
        }
        let restored = self.restore_session(lease).await;
        lease.set_clean(restored);
    }

    /// Undoes what the beginning set for the whole session.
    async fn restore_session(&self, lease: &mut Lease) -> bool {
        match backend::end_sql(&self.shared.features, self.read_only) {
            Some(sql) => simple(lease, sql).await.0.is_ok(),
            None => true,
        }
    }
}

impl Runs for Transaction {
    fn features(&self) -> &Features {
        &self.0.shared.features
    }

    async fn run(&self, job: Job, cancel: &Cancel) -> Result<Outcome, DriverError> {
        self.0.run(&Arc::new(job), cancel).await
    }

    async fn try_out(&self, jobs: Vec<Job>, cancel: &Cancel) -> Result<Vec<Outcome>, DriverError> {
        self.savepoint(BULK).await?;
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
        self.rollback_to(BULK).await?;
        self.release(BULK).await?;
        problem.map_or(Ok(outcomes), Err)
    }
}

verbs!(Transaction);
