//! Stopping a statement on PostgreSQL, from a second connection.

use std::sync::Arc;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

/// Stops what one backend process runs.
#[derive(Clone, Debug)]
pub(crate) struct Stopper {
    pub(super) options: Arc<PgConnectOptions>,
    pub(super) pid: i32,
}

/// The second connection.
#[derive(Debug)]
pub(crate) struct Side {
    raw: PgConnection,
    pid: i32,
}

impl Stopper {
    /// Opens the second connection; `None` when the server takes no more.
    pub(crate) async fn side(&self) -> Option<Side> {
        let raw = self.options.connect().await.ok()?;
        Some(Side { raw, pid: self.pid })
    }
}

impl Side {
    /// Asks to stop the statement that runs now.
    pub(crate) async fn ask(&mut self) -> bool {
        self.call("pg_cancel_backend").await
    }

    /// Ends the session, whatever it does.
    pub(crate) async fn terminate(&mut self) -> bool {
        self.call("pg_terminate_backend").await
    }

    async fn call(&mut self, function: &str) -> bool {
        let sql = format!("SELECT {function}({})", self.pid);
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut self.raw)
            .await
            .is_ok()
    }

    pub(crate) async fn close(self) {
        // The request has been made: how this connection ends no longer matters.
        let _ = self.raw.close().await;
    }
}
