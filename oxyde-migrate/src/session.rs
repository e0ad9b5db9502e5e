//! One connection to the database. The lock and the migrations share it, so that losing the
//! connection ends both.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oxyde_driver::{
    Cancel, Cancellable, Cause, Cell, DriverError, Executor as _, Pool, PoolSettings, RowSet,
    Transaction, sqlite_file,
};
use oxyde_sql::dialect::DdlStyle;
use oxyde_sql::plan::Plan;
use oxyde_sql::value::Value;

use crate::ledger::{LEDGER_TABLE, Ledger};
use crate::server::{self, lease::Lease};

/// A database, and how to reach it.
#[derive(Clone, Debug)]
pub struct Access {
    /// Its URL.
    pub url: String,
    /// The schema (PostgreSQL) or database (MySQL, MariaDB) that names without one refer to, instead
    /// of that of the URL: the schema of a tenant.
    pub schema: Option<String>,
    /// The ledger's table: `table` or `schema.table`.
    pub ledger: String,
    /// How long to wait for a server that is still starting.
    pub wait: Duration,
    /// Stops the running statement.
    pub cancel: Cancel,
}

impl Access {
    /// A database that must be there, with the usual ledger.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Access {
            url: url.into(),
            schema: None,
            ledger: LEDGER_TABLE.to_owned(),
            wait: Duration::ZERO,
            cancel: Cancel::never(),
        }
    }
}

/// One connection.
pub struct Session {
    pool: Pool,
    style: &'static DdlStyle,
    schema: Option<String>,
    ledger: Ledger,
    /// The migrator's lock, where it is a lease.
    lease: Option<Lease>,
    cancel: Cancel,
}

/// A row of strings; NULL is `None`.
pub type Row = Vec<Option<String>>;

/// Interval at which a server that is still starting is tried.
const AGAIN: Duration = Duration::from_millis(250);

/// The error of a ledger that several tenants would share: what one has applied would count for all.
fn shared(ledger: &str, tenant: &str) -> DriverError {
    DriverError::InvalidSetting {
        name: "ledger".to_owned(),
        message: format!(
            "`{ledger}` would be the ledger of all tenants, and `{tenant}` needs one of its own: leave \
             out the schema"
        ),
    }
}

impl Session {
    /// Connect. `busy` is the maximum time that SQLite waits for another process's lock.
    ///
    /// # Errors
    /// The URL is invalid, the database cannot be reached, or it has no such schema;
    /// [`DriverError::InvalidSetting`] if the ledger is in another schema than the tenant.
    pub async fn connect(access: &Access, busy: Duration) -> Result<Self, DriverError> {
        let pool = tokio::select! {
            pool = patiently(access, busy) => pool?,
            () = access.cancel.fired() => return Err(DriverError::Cancelled),
        };
        let style = DdlStyle::of(pool.dialect());
        let ledger = Ledger::new(style, &access.ledger, access.schema.as_deref());
        if let Some(tenant) = &access.schema
            && ledger.schema() != Some(tenant)
        {
            pool.close().await;
            return Err(shared(&access.ledger, tenant));
        }
        let session = Session {
            pool,
            style,
            schema: access.schema.clone(),
            ledger,
            lease: None,
            cancel: access.cancel.clone(),
        };
        if let Some(schema) = &access.schema {
            server::of(style).enter(&session, schema).await?;
        }
        Ok(session)
    }

    /// Connect to read. A missing SQLite file is not created: it reads as an empty database.
    ///
    /// # Errors
    /// As [`Session::connect`].
    pub async fn connect_to_read(access: &Access, busy: Duration) -> Result<Self, DriverError> {
        let is_missing =
            sqlite_file(&access.url).is_some_and(|(file, create)| create && !file.exists());
        if !is_missing {
            return Self::connect(access, busy).await;
        }
        let empty = Access {
            url: "sqlite::memory:".to_owned(),
            ..access.clone()
        };
        Self::connect(&empty, busy).await
    }

    /// The same connection, for statements that must run although the command was cancelled.
    #[must_use]
    pub fn to_clean_up(&self) -> Self {
        Session {
            pool: self.pool.clone(),
            style: self.style,
            schema: self.schema.clone(),
            ledger: self.ledger.clone(),
            lease: self.lease.clone(),
            cancel: Cancel::never(),
        }
    }

    /// The migrator's lock, where it is a lease.
    pub(crate) fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }

    /// Let each transaction of a migration find out whether the lease is still held.
    pub(crate) fn hold(&mut self, lease: Lease) {
        self.lease = Some(lease);
    }

    /// The table of the applied migrations.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The tenant's schema, if names refer to one.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// The schemas of the database, or on MySQL and MariaDB the databases of the server, in which tenants
    /// may have their tables.
    ///
    /// # Errors
    /// The database refuses the query, the connection is lost, or it is SQLite, which has none.
    pub async fn schemas(&self) -> Result<Vec<String>, DriverError> {
        server::of(self.style).schemas(self).await
    }

    /// The databases of the server.
    ///
    /// # Errors
    /// The database refuses the query, or the connection is lost.
    pub async fn databases(&self) -> Result<Vec<String>, DriverError> {
        server::of(self.style).databases(self).await
    }

    /// The driver's pool of this one connection, for rows with their types.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The DDL style of the database.
    #[must_use]
    pub fn style(&self) -> &'static DdlStyle {
        self.style
    }

    /// The server's version, as reported.
    #[must_use]
    pub fn version(&self) -> &str {
        self.pool.server_version()
    }

    /// Run one statement outside a transaction.
    ///
    /// # Errors
    /// The database refuses it, or the connection is lost.
    pub async fn run(&self, sql: &str) -> Result<(), DriverError> {
        self.pool.cancelled_by(&self.cancel).simple(sql).await
    }

    /// Return the rows of a query as strings.
    ///
    /// # Errors
    /// The database refuses the query, or the connection is lost.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Row>, DriverError> {
        let pool = self.pool.cancelled_by(&self.cancel);
        let rows = pool.fetch_raw(sql, ()).await?;
        Ok(texts(&rows))
    }

    /// Return the first cell of the first row.
    ///
    /// # Errors
    /// As [`Session::rows`].
    pub async fn scalar(&self, sql: &str) -> Result<Option<String>, DriverError> {
        Ok(self
            .rows(sql)
            .await?
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next())
            .flatten())
    }

    /// Begin a transaction.
    ///
    /// # Errors
    /// The database refuses a statement, or the connection is lost.
    pub async fn begin(&self) -> Result<SessionTransaction, DriverError> {
        Ok(SessionTransaction {
            transaction: self.pool.cancelled_by(&self.cancel).begin().await?,
            cancel: self.cancel.clone(),
        })
    }

    /// Close the connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A transaction of the connection. It is rolled back if it is dropped without a commit.
pub struct SessionTransaction {
    transaction: Transaction,
    cancel: Cancel,
}

impl SessionTransaction {
    fn cancellable(&self) -> Cancellable<'_, Transaction> {
        self.transaction.cancelled_by(&self.cancel)
    }

    /// Run one statement.
    ///
    /// # Errors
    /// The database refuses it, or the connection is lost.
    pub async fn run(&self, sql: &str) -> Result<(), DriverError> {
        self.cancellable().script(&[sql.to_owned()]).await
    }

    /// Return the rows of a query as strings.
    ///
    /// # Errors
    /// The database refuses the query, or the connection is lost.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Row>, DriverError> {
        Ok(texts(&self.cancellable().fetch_raw(sql, ()).await?))
    }

    /// Run a compiled query.
    ///
    /// # Errors
    /// The database refuses it, or the connection is lost.
    pub async fn fetch(&self, plan: &Arc<Plan>, values: Vec<Value>) -> Result<RowSet, DriverError> {
        self.cancellable().fetch(plan, values).await
    }

    /// Whether a query can run; the transaction continues in either case.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn can_run(&self, sql: &str) -> Result<bool, DriverError> {
        const MARK: &str = "oxyde_try";
        self.cancellable().savepoint(MARK).await?;
        let works = self.rows(sql).await.is_ok();
        self.transaction.rollback_to(MARK).await?;
        self.transaction.release(MARK).await?;
        Ok(works)
    }

    /// The driver's transaction, for data steps.
    #[must_use]
    pub fn shared(&self) -> Transaction {
        self.transaction.clone()
    }

    /// Commit.
    ///
    /// # Errors
    /// The database refuses a statement, or the connection is lost.
    pub async fn commit(self) -> Result<(), DriverError> {
        self.transaction.commit().await
    }

    /// Roll back.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn rollback(self) -> Result<(), DriverError> {
        self.transaction.rollback().await
    }
}

/// Connect as soon as the server accepts connections, within `wait`.
async fn patiently(access: &Access, busy: Duration) -> Result<Pool, DriverError> {
    let started = Instant::now();
    loop {
        match connected(&access.url, busy).await {
            Err(DriverError::ConnectionFailed { .. } | DriverError::ConnectionLost { .. })
                if started.elapsed() < access.wait =>
            {
                tokio::time::sleep(AGAIN.min(access.wait)).await;
            }
            other => return other,
        }
    }
}

async fn connected(url: &str, busy: Duration) -> Result<Pool, DriverError> {
    let settings = PoolSettings {
        name: "oxyde migrate".to_owned(),
        // One connection that is never replaced: it holds the settings, locks and transactions.
        max_connections: 1,
        min_connections: 0,
        idle_timeout: None,
        max_lifetime: None,
        test_before_acquire: false,
        keep_session: true,
        sqlite_busy_timeout: u32::try_from(busy.as_millis()).unwrap_or(u32::MAX),
        pg_application_name: Some("oxyde migrate".to_owned()),
        // Tables change between statements, so statements are not cached; with a cache size of
        // 0 the statement would be unnamed, and looking up an enum type would replace it.
        pg_statement_cache_capacity: Some(1),
        ..PoolSettings::default()
    };
    // Several processes that open a new SQLite file switch its mode at the same time, and
    // SQLite does not wait for that itself.
    let started = Instant::now();
    loop {
        match Pool::connect(url, settings.clone()).await {
            Err(error) if error.cause() == Some(Cause::LockTimeout) && started.elapsed() < busy => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            other => return other,
        }
    }
}

fn texts(rows: &RowSet) -> Vec<Row> {
    rows.iter()
        .map(|row| row.cells().map(text).collect())
        .collect()
}

fn text(cell: Cell<'_>) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Bool(value) => Some(value.to_string()),
        Cell::Int(value)
        | Cell::Time(value)
        | Cell::DateTime(value)
        | Cell::TimestampTz(value)
        | Cell::Interval(value) => Some(value.to_string()),
        Cell::Date(value) => Some(value.to_string()),
        Cell::Double(value) => Some(value.to_string()),
        Cell::Decimal(text) | Cell::Text(text) | Cell::Json(text) => Some(text.to_owned()),
        // MySQL's catalogue returns some strings as bytes.
        Cell::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Cell::Uuid(bytes) => Some(hex::encode(bytes)),
        Cell::Vector(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(f32::to_string).collect();
            Some(format!("[{}]", numbers.join(",")))
        }
        Cell::Range(range) => {
            let bound = |cell| text(cell).unwrap_or_default();
            Some(format!("{},{}", bound(range.lower()), bound(range.upper())))
        }
        Cell::List(items) => {
            let items: Vec<String> = items.iter().filter_map(text).collect();
            Some(items.join("\u{1f}"))
        }
    }
}
