//! The connection pool.

mod activity;
mod cluster;
mod connections;
mod idle;
mod lease;
mod supervise;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use activity::{PoolCounters, PoolEvent, PoolEventKind};
pub(crate) use connections::PoolInner;
pub use connections::PoolStatus;
pub(crate) use lease::Lease;
pub(crate) use supervise::{Deadline, Ended, TimeoutKind};

use oxyde_sql::dialect::{Dialect, Features};
use oxyde_sql::plan::Plan;
use oxyde_sql::value::Value;

use crate::backend::{Connector, Job, Outcome, Role};
use crate::bulk::{self, BulkResult};
use crate::cancel::{Cancel, Cancellable};
use crate::error::DriverError;
use crate::settings::{PoolSettings, Scheme, parse};
use crate::transaction::BeginOptions;
use crate::transaction::Transaction;

/// Number of rows from which two more round trips do not matter.
const LONG_BULK: usize = 5_000;

/// A connection pool for one database. Cheap to clone; all clones share the same pool.
///
/// ```no_run
/// # async fn example() -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::{Executor, Pool, PoolSettings};
///
/// let pool = Pool::connect("sqlite:///app.db", PoolSettings::default()).await?;
/// let rows = pool.fetch_raw("SELECT 1 AS one", ()).await?;
/// assert_eq!(rows.row(0).get::<i64>("one")?, 1);
/// pool.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Pool(pub(crate) Arc<PoolInner>);

impl Pool {
    /// Open a pool. The first connection is opened immediately, so that errors are reported
    /// here; settings in the URL's query string override `settings`.
    ///
    /// # Errors
    /// [`DriverError::InvalidUrl`], [`DriverError::InvalidSetting`],
    /// [`DriverError::ConnectionFailed`], [`DriverError::ServerTooOld`], or the server's error
    /// (wrong password, unknown database, missing database file).
    pub async fn connect(url: &str, mut settings: PoolSettings) -> Result<Self, DriverError> {
        let address = parse(url, &mut settings)?;
        settings.check()?;
        if address.scheme == Scheme::Sqlite && settings.server_version.is_some() {
            return Err(DriverError::InvalidSetting {
                name: "server_version".to_owned(),
                message: "does not apply to SQLite, which the driver includes".to_owned(),
            });
        }
        match address.scheme {
            Scheme::Sqlite if !settings.session.is_empty() => {
                return Err(DriverError::InvalidSetting {
                    name: "session".to_owned(),
                    message: "does not apply to SQLite, which has no sessions".to_owned(),
                });
            }
            Scheme::Postgres => settings.check_has_sessions()?,
            Scheme::Sqlite | Scheme::Mysql => (),
        }
        settings.ssl_mode = settings.ssl_mode.map(|mode| mode.to_ascii_lowercase());
        let connector = Connector::new(&address, &settings);
        PoolInner::open(connector, settings).await.map(Self)
    }

    /// Return the features of the server.
    #[must_use]
    pub fn features(&self) -> &Features {
        &self.0.features
    }

    /// Return the SQL dialect.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.0.features.dialect
    }

    /// Return the server's version, as reported or set by `server_version`.
    #[must_use]
    pub fn server_version(&self) -> &str {
        &self.0.version
    }

    /// Whether the ids of transactions are to be asked for before their COMMIT: the setting
    /// `pg_commit_outcome`, on PostgreSQL.
    #[must_use]
    pub fn commit_outcome(&self) -> bool {
        self.0.settings.pg_commit_outcome && self.0.has_transaction_ids()
    }

    /// Return the settings, including those of the URL.
    #[must_use]
    pub fn settings(&self) -> &PoolSettings {
        &self.0.settings
    }

    /// Return the current connection counts.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        self.0.status()
    }

    /// Return the host, without user and password, and the role of the server of the newest or last
    /// tested connection; `None` for a file.
    #[must_use]
    pub fn server(&self) -> Option<(Arc<str>, Role)> {
        self.0.server()
    }

    /// Return what the pool has done since it was opened.
    #[must_use]
    pub fn counters(&self) -> PoolCounters {
        self.0.activity.counters()
    }

    /// Return the statements that were repeated on another connection, by the code of the error.
    #[must_use]
    pub fn retried(&self) -> BTreeMap<String, u64> {
        self.0.activity.retried()
    }

    /// Keep events for [`Pool::next_events`] from now on, or no longer.
    pub fn watch(&self, wanted: bool) {
        self.0.activity.watch(wanted);
    }

    /// Return the events since the last call, the oldest first; wait until there is one. `None`
    /// when the pool is closed. Of many that nobody asks for, the last 4,096 are kept.
    pub async fn next_events(&self) -> Option<Vec<PoolEvent>> {
        tokio::select! {
            biased;
            events = self.0.activity.next_events() => Some(events),
            () = self.0.closing.fired() => None,
        }
    }

    /// Begin a transaction on a connection of its own.
    ///
    /// # Errors
    /// Any [`DriverError`]; after an error no transaction is open.
    pub async fn begin(&self) -> Result<Transaction, DriverError> {
        self.begin_with(BeginOptions::default()).await
    }

    /// Begin a transaction with an isolation level, a time limit, or for reading only.
    ///
    /// # Errors
    /// As [`Pool::begin`].
    pub async fn begin_with(&self, options: BeginOptions) -> Result<Transaction, DriverError> {
        Transaction::begin(&self.0, options, Cancel::NEVER).await
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
        let is_long = rows.len() >= LONG_BULK;
        let lease = self.0.acquire(plan.writes, cancel).await?;
        let Some(limits) = lease.connection().map(crate::backend::Connection::limits) else {
            return Err(DriverError::Closed { what: "the pool" });
        };
        let mut jobs = bulk::jobs(plan, rows, batch_size, limits)?;
        // A single job is atomic. A long one gets a transaction: if it is cancelled and the server
        // does not answer, it is known to have no effect.
        let is_alone = jobs.len() == 1 && !self.0.settings.by_transaction();
        if is_alone
            && (!is_long || matches!(jobs.as_slice(), [Job::PerRow { .. }]))
            && let Some(job) = jobs.pop()
        {
            let mut gathered = bulk::BulkCollector::new(plan, limits);
            let mut lease = lease;
            let job = Arc::new(job);
            let outcome = Self::once(&mut lease, &job, cancel).await?;
            gathered.add(&job, plan, &outcome);
            return Ok(gathered.finish());
        }
        let transaction = Transaction::begin_on(lease, BeginOptions::default(), cancel).await?;
        let result = transaction.run_jobs(plan, jobs, limits, cancel).await;
        transaction.finish(result, cancel).await
    }

    pub(crate) async fn run_script(
        &self,
        statements: &[String],
        cancel: &Cancel,
    ) -> Result<(), DriverError> {
        if !self.0.features.transactional_ddl {
            return self.one_by_one(statements, cancel).await;
        }
        let transaction = Transaction::begin(&self.0, BeginOptions::default(), cancel).await?;
        let result = transaction.run_script(statements, cancel).await;
        transaction.finish(result, cancel).await
    }

    /// Run statements one after the other on one connection, without a transaction around
    /// them: for statements that contain their own, or that must run outside one.
    ///
    /// # Errors
    /// The first error; the statements before it were executed.
    pub async fn script_plain(&self, statements: &[String]) -> Result<(), DriverError> {
        self.one_by_one(statements, Cancel::NEVER).await
    }

    async fn one_by_one(&self, statements: &[String], cancel: &Cancel) -> Result<(), DriverError> {
        let mut lease = self.0.acquire(true, cancel).await?;
        for statement in statements {
            let job = Arc::new(Job::Simple(statement.clone()));
            lease.run(&job, false, cancel, None).await.result?;
        }
        // The statements may have changed the session, so the connection is not reused.
        Ok(())
    }

    /// Run one statement outside a transaction and keep the connection, although the statement
    /// may have changed its session: for a pool with one connection whose owner wants that.
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn simple(&self, sql: &str) -> Result<(), DriverError> {
        self.cancelled_by(Cancel::NEVER).simple(sql).await
    }

    /// Close all connections. Waiting tasks get an error; running ones are awaited for up
    /// to five seconds.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Abandon everything without touching a socket: for the child of a fork, whose
    /// connections belong to the parent. Open a new pool with the same URL afterwards.
    pub fn forget(self) {
        self.0.forget();
        // The runtime's resources inside must not be dropped either.
        std::mem::forget(self);
    }

    /// Run one statement in a transaction of its own: behind a pooler, its messages might otherwise
    /// reach several servers.
    async fn run_alone(&self, job: Job, cancel: &Cancel) -> Result<Outcome, DriverError> {
        let transaction = Transaction::begin(&self.0, BeginOptions::default(), cancel).await?;
        let result = transaction.run(job, cancel).await;
        transaction.finish(result, cancel).await
    }

    async fn once(
        lease: &mut Lease,
        job: &Arc<Job>,
        cancel: &Cancel,
    ) -> Result<Outcome, DriverError> {
        let deadline = Deadline::of_query(lease.pool.settings.query_timeout);
        let ended = lease.run(job, true, cancel, deadline).await;
        let open = lease
            .connection()
            .and_then(crate::backend::Connection::in_transaction)
            .unwrap_or(false);
        lease.set_clean(ended.ready_for_query && !open);
        let may_write = || job.may_write(&lease.pool.features);
        let result = match ended.result {
            Err(problem) if problem.may_follow_an_effect(ended.is_stopped) && may_write() => {
                Err(problem.after_sending("the statement"))
            }
            Ok(_) if ended.is_local && may_write() => Err(DriverError::only_local("the statement")),
            result => result,
        };
        lease.pool.activity.note_outcome(&result);
        result
    }

    pub(crate) async fn run(&self, job: Job, cancel: &Cancel) -> Result<Outcome, DriverError> {
        let writes = match &job {
            Job::Plan { plan, .. } | Job::Text { plan, .. } => plan.writes,
            other => !other.is_read_only(),
        };
        if self.0.settings.by_transaction() && !matches!(job, Job::Simple(_)) {
            // Boxed, as it is rare: each statement would carry its size along. So is a second attempt.
            return Box::pin(self.run_alone(job, cancel)).await;
        }
        let job = Arc::new(job);
        let mut lease = self.0.acquire(writes, cancel).await?;
        let result = Self::once(&mut lease, &job, cancel).await;
        // The connection may have been lost while it was idle: a read can be repeated. A server that
        // is no longer the primary has done nothing.
        let is_worth_another = result.as_ref().is_err_and(|problem| match problem {
            DriverError::ConnectionLost { .. } => job.may_repeat(&self.0.features),
            problem => problem.is_of_wrong_server(),
        });
        if is_worth_another {
            if let Err(problem) = &result {
                self.0.activity.count_retry(problem);
            }
            drop(lease);
            job.restart();
            return Box::pin(async {
                let mut lease = self.0.acquire(writes, cancel).await?;
                Self::once(&mut lease, &job, cancel).await
            })
            .await;
        }
        result
    }

    /// Run jobs without any effect.
    pub(crate) async fn dry_run(
        &self,
        jobs: Vec<Job>,
        cancel: &Cancel,
    ) -> Result<Vec<Outcome>, DriverError> {
        let transaction = Transaction::begin(&self.0, BeginOptions::default(), cancel).await?;
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs {
            outcomes.push(transaction.run(job, cancel).await?);
        }
        transaction.rollback().await?;
        Ok(outcomes)
    }
}

impl Cancellable<'_, Pool> {
    /// As [`Pool::begin`].
    ///
    /// # Errors
    /// As [`Pool::begin`].
    pub async fn begin(self) -> Result<Transaction, DriverError> {
        self.begin_with(BeginOptions::default()).await
    }

    /// As [`Pool::begin_with`].
    ///
    /// # Errors
    /// As [`Pool::begin`].
    pub async fn begin_with(self, options: BeginOptions) -> Result<Transaction, DriverError> {
        Transaction::begin(&self.on.0, options, self.cancel).await
    }

    /// As [`Pool::simple`].
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn simple(self, sql: &str) -> Result<(), DriverError> {
        let mut lease = self.on.0.acquire(true, self.cancel).await?;
        let job = Arc::new(Job::Simple(sql.to_owned()));
        Pool::once(&mut lease, &job, self.cancel).await.map(|_| ())
    }
}
