//! One connection to the database: the lock and the migrations share it, so that they live
//! and die together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oxyde_driver::{
    BeginOptions, Cancel, Cause, Cell, DriverError, Pool, PoolSettings, RowSet, Transaction,
};
use oxyde_sql::dialect::DdlStyle;

/// One connection.
pub struct Session {
    pool: Pool,
    style: &'static DdlStyle,
}

/// A row of texts; NULL is `None`.
pub type Row = Vec<Option<String>>;

impl Session {
    /// Connect. `busy` is how long SQLite waits for another process's lock.
    ///
    /// # Errors
    /// The URL is wrong, or the database cannot be reached.
    pub async fn connect(url: &str, busy: Duration) -> Result<Self, DriverError> {
        let settings = PoolSettings {
            name: "oxyde migrate".to_owned(),
            // One connection that is never replaced: settings, locks and transactions are its own.
            max_connections: 1,
            min_connections: 0,
            idle_timeout: None,
            max_lifetime: None,
            test_before_acquire: false,
            sqlite_busy_timeout: u32::try_from(busy.as_millis()).unwrap_or(u32::MAX),
            pg_application_name: Some("oxyde migrate".to_owned()),
            // The tables change under the statements, so that they are not kept; with none at all
            // the statement would have no name, and looking up an enum type would take its place.
            pg_statement_cache_capacity: 1,
            ..PoolSettings::default()
        };
        // Several that open a new SQLite file at once want it in another mode at once, for which
        // SQLite does not wait by itself.
        let started = Instant::now();
        let pool = loop {
            match Pool::connect(url, settings.clone()).await {
                Err(error)
                    if error.cause() == Some(Cause::LockTimeout) && started.elapsed() < busy =>
                {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                other => break other?,
            }
        };
        let style = DdlStyle::of(pool.dialect());
        Ok(Session { pool, style })
    }

    /// How the database writes DDL.
    #[must_use]
    pub fn style(&self) -> &'static DdlStyle {
        self.style
    }

    /// The server's version, as it says it.
    #[must_use]
    pub fn version(&self) -> &str {
        self.pool.server_version()
    }

    /// Run one statement outside a transaction.
    ///
    /// # Errors
    /// The database refuses it, or the connection is lost.
    pub async fn run(&self, sql: &str) -> Result<(), DriverError> {
        self.pool.simple(sql).await
    }

    /// Rows of texts.
    ///
    /// # Errors
    /// The database refuses the query, or the connection is lost.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Row>, DriverError> {
        let rows = self
            .pool
            .fetch_raw(sql, Vec::new(), &[], &Cancel::never())
            .await?;
        Ok(texts(&rows))
    }

    /// The first cell of the first row.
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
    /// The database refuses, or the connection is lost.
    pub async fn begin(&self) -> Result<SessionTransaction, DriverError> {
        let transaction = self
            .pool
            .begin(BeginOptions::default(), &Cancel::never())
            .await?;
        Ok(SessionTransaction {
            transaction: Arc::new(transaction),
        })
    }

    /// Close the connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// A transaction of the one connection. Dropped without a commit, it is rolled back.
pub struct SessionTransaction {
    transaction: Arc<Transaction>,
}

impl SessionTransaction {
    /// Run one statement.
    ///
    /// # Errors
    /// The database refuses it, or the connection is lost.
    pub async fn run(&self, sql: &str) -> Result<(), DriverError> {
        self.transaction.script(&[sql.to_owned()]).await
    }

    /// Rows of texts.
    ///
    /// # Errors
    /// The database refuses the query, or the connection is lost.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Row>, DriverError> {
        let rows = self
            .transaction
            .fetch_raw(sql, Vec::new(), &[], &Cancel::never())
            .await?;
        Ok(texts(&rows))
    }

    /// Whether a query can be run; the transaction goes on either way.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn can_run(&self, sql: &str) -> Result<bool, DriverError> {
        const MARK: &str = "oxyde_try";
        self.transaction.savepoint(MARK).await?;
        let works = self.rows(sql).await.is_ok();
        self.transaction.rollback_to(MARK).await?;
        self.transaction.release(MARK).await?;
        Ok(works)
    }

    /// The driver's transaction, for data steps.
    #[must_use]
    pub fn shared(&self) -> Arc<Transaction> {
        Arc::clone(&self.transaction)
    }

    /// Keep what was done.
    ///
    /// # Errors
    /// The database refuses, or the connection is lost.
    pub async fn commit(self) -> Result<(), DriverError> {
        self.transaction.commit().await
    }

    /// Drop what was done.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn rollback(self) -> Result<(), DriverError> {
        self.transaction.rollback().await
    }
}

fn texts(rows: &RowSet) -> Vec<Row> {
    (0..rows.len())
        .map(|row| rows.row(row).map(text).collect())
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
        // MySQL's catalogue gives some texts as bytes.
        Cell::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Cell::Uuid(bytes) => Some(crate::file::hexadecimal(bytes)),
        Cell::Vector(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(f32::to_string).collect();
            Some(format!("[{}]", numbers.join(",")))
        }
        Cell::List(items) => {
            let items: Vec<String> = items.iter().filter_map(text).collect();
            Some(items.join("\u{1f}"))
        }
    }
}
