//! The pool: the way to a database.

use std::sync::Arc;

use oxyde_sql::dialect::{Dialect, Features};
use oxyde_sql::plan::Plan;
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;

use crate::backend::{Connector, Job, Outcome};
use crate::begin::BeginOptions;
use crate::bulk::{self, BulkDone};
use crate::cancel::Cancel;
use crate::error::DriverError;
use crate::executor::{self, Done, Runs, verbs};
use crate::lease::{PoolStatus, Shared};
use crate::parts::Parts;
use crate::rows::RowSet;
use crate::settings::{PoolSettings, parse};
use crate::supervise::Deadline;
use crate::transaction::Transaction;

/// Connections to one database. Cheap to clone; all clones are the same pool.
///
/// ```no_run
/// # async fn example() -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::{Cancel, Pool, PoolSettings};
///
/// let pool = Pool::connect("sqlite:///app.db", PoolSettings::default()).await?;
/// let rows = pool.fetch_raw("SELECT 1 AS one", vec![], &[], &Cancel::never()).await?;
/// assert_eq!(rows.columns()[0].name, "one");
/// pool.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Pool(pub(crate) Arc<Shared>);

impl Pool {
    /// Opens a pool. The first connection is made at once, so that whatever is wrong is told
    /// here; settings in the URL's query string win over `settings`.
    ///
    /// # Errors
    /// [`DriverError::InvalidUrl`], [`DriverError::InvalidSetting`],
    /// [`DriverError::ConnectionFailed`], or what the server says (wrong password, no such
    /// database, no database file).
    pub async fn connect(url: &str, mut settings: PoolSettings) -> Result<Self, DriverError> {
        let address = parse(url, &mut settings)?;
        settings.check()?;
        settings.ssl_mode = settings.ssl_mode.map(|mode| mode.to_ascii_lowercase());
        let connector = Connector::new(&address, &settings);
        Shared::open(connector, settings).await.map(Self)
    }

    /// What this server can do.
    #[must_use]
    pub fn features(&self) -> &Features {
        &self.0.features
    }

    /// The flavour of SQL.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.0.features.dialect
    }

    /// The server's version, as it says it.
    #[must_use]
    pub fn server_version(&self) -> &str {
        &self.0.version
    }

    /// The settings, with those of the URL.
    #[must_use]
    pub fn settings(&self) -> &PoolSettings {
        &self.0.settings
    }

    /// How many connections there are now.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        self.0.status()
    }

    /// Begins a transaction on a connection of its own.
    ///
    /// # Errors
    /// Any [`DriverError`]; after an error no transaction is open.
    pub async fn begin(
        &self,
        options: BeginOptions,
        cancel: &Cancel,
    ) -> Result<Transaction, DriverError> {
        Transaction::begin(&self.0, options, cancel).await
    }

    /// Sends any number of rows through a plan, all or nothing.
    ///
    /// # Errors
    /// Any [`DriverError`]; then no row was written.
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
        let lease = self.0.acquire(plan.writes, cancel).await?;
        let Some(limits) = lease.connection().map(crate::backend::Connection::limits) else {
            return Err(DriverError::Closed { what: "the pool" });
        };
        let mut jobs = bulk::jobs(plan, rows, batch_size, limits)?;
        // One job is all or nothing by itself.
        if jobs.len() == 1
            && !self.0.settings.by_transaction()
            && let Some(job) = jobs.pop()
        {
            let mut gathered = bulk::Gathered::new(plan, limits);
            let mut lease = lease;
            let job = Arc::new(job);
            let outcome = Self::once(&mut lease, &job, cancel).await?;
            gathered.add(&job, plan, &outcome);
            return Ok(gathered.finish());
        }
        let transaction = Transaction::begin_on(lease, BeginOptions::default(), cancel).await?;
        match transaction.run_bulk(plan, jobs, limits, cancel).await {
            Ok(done) => transaction.commit().await.map(|()| done),
            Err(problem) => {
                // The first error is the one to tell; if this fails the connection is closed.
                let _ = transaction.rollback().await;
                Err(problem)
            }
        }
    }

    /// Runs statements of a schema: in one transaction where the database can, else one after
    /// the other.
    ///
    /// # Errors
    /// The first error; where there is a transaction, nothing has happened then.
    pub async fn script(&self, statements: &[String]) -> Result<(), DriverError> {
        if !self.0.features.transactional_ddl {
            return self.script_plain(statements).await;
        }
        let never = Cancel::never();
        let transaction = self.begin(BeginOptions::default(), &never).await?;
        match transaction.script(statements).await {
            Ok(()) => transaction.commit().await,
            Err(problem) => {
                // The first error is the one to tell; if this fails the connection is closed.
                let _ = transaction.rollback().await;
                Err(problem)
            }
        }
    }

    /// Runs statements one after the other on one connection, without a transaction around
    /// them: for those that bring their own, or that none may be around.
    ///
    /// # Errors
    /// The first error; the statements before it have happened.
    pub async fn script_plain(&self, statements: &[String]) -> Result<(), DriverError> {
        let never = Cancel::never();
        let mut lease = self.0.acquire(true, &never).await?;
        for statement in statements {
            let job = Arc::new(Job::Simple(statement.clone()));
            let (result, _) = lease.run(&job, false, &never, None).await;
            result?;
        }
        // The statements may have changed the session: the connection is not used again.
        Ok(())
    }

    /// Runs one statement outside a transaction and keeps the connection, although the statement
    /// may have changed its session: for a pool of one connection whose owner wants that.
    ///
    /// # Errors
    /// Any [`DriverError`].
    pub async fn simple(&self, sql: &str) -> Result<(), DriverError> {
        let never = Cancel::never();
        let mut lease = self.0.acquire(true, &never).await?;
        let job = Arc::new(Job::Simple(sql.to_owned()));
        Self::once(&mut lease, &job, &never).await.map(|_| ())
    }

    /// Closes all connections. Tasks that wait get an error; those at work are waited for, up
    /// to five seconds.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Lets go of everything without touching a socket: for the child of a fork, whose
    /// connections belong to the parent. Open a new pool with the same URL afterwards.
    pub fn forget(self) {
        self.0.forget();
        // The runtime's parts inside must not be dropped either.
        std::mem::forget(self);
    }

    /// One statement in a transaction of its own: behind a pooler its messages might else reach
    /// several servers.
    async fn run_alone(&self, job: Job, cancel: &Cancel) -> Result<Outcome, DriverError> {
        let transaction = self.begin(BeginOptions::default(), cancel).await?;
        match transaction.run(job, cancel).await {
            Ok(outcome) => transaction.commit().await.map(|()| outcome),
            Err(problem) => {
                // The first error is the one to tell; if this fails the connection is closed.
                let _ = transaction.rollback().await;
                Err(problem)
            }
        }
    }

    async fn once(
        lease: &mut crate::lease::Lease,
        job: &Arc<Job>,
        cancel: &Cancel,
    ) -> Result<Outcome, DriverError> {
        let deadline = Deadline::of_query(lease.shared.settings.query_timeout);
        let (result, in_step) = lease.run(job, true, cancel, deadline).await;
        let open = lease
            .connection()
            .and_then(crate::backend::Connection::in_transaction)
            .unwrap_or(false);
        // A statement that the database refused has set nothing.
        let refused = result.as_ref().is_err_and(DriverError::is_from_server);
        lease.set_clean(in_step && !open && (refused || job.keeps_session()));
        result
    }
}

impl Runs for Pool {
    fn features(&self) -> &Features {
        &self.0.features
    }

    async fn run(&self, job: Job, cancel: &Cancel) -> Result<Outcome, DriverError> {
        let writes = match &job {
            Job::Plan { plan, .. } | Job::Text { plan, .. } => plan.writes,
            other => !other.only_reads(),
        };
        if self.0.settings.by_transaction() && !matches!(job, Job::Simple(_)) {
            return self.run_alone(job, cancel).await;
        }
        let job = Arc::new(job);
        let mut lease = self.0.acquire(writes, cancel).await?;
        let result = Self::once(&mut lease, &job, cancel).await;
        if job.only_reads() && matches!(result, Err(DriverError::ConnectionLost { .. })) {
            // It may have died while it was idle; a read can simply be asked again.
            drop(lease);
            job.begin_again();
            let mut lease = self.0.acquire(writes, cancel).await?;
            return Self::once(&mut lease, &job, cancel).await;
        }
        result
    }

    async fn try_out(&self, jobs: Vec<Job>, cancel: &Cancel) -> Result<Vec<Outcome>, DriverError> {
        let transaction = self.begin(BeginOptions::default(), cancel).await?;
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs {
            outcomes.push(transaction.run(job, cancel).await?);
        }
        transaction.rollback().await?;
        Ok(outcomes)
    }
}

verbs!(Pool);
