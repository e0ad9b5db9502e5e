//! Stopping a statement on MySQL and MariaDB, from a second connection.

use std::sync::Arc;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

/// Stops what one session runs.
#[derive(Clone, Debug)]
pub(crate) struct Stopper {
    pub(super) options: Arc<MySqlConnectOptions>,
    pub(super) session: u64,
}

/// The second connection.
#[derive(Debug)]
pub(crate) struct Side {
    raw: MySqlConnection,
    session: u64,
}

impl Stopper {
    /// Opens the second connection; `None` when the server takes no more.
    pub(crate) async fn side(&self) -> Option<Side> {
        let raw = self.options.connect().await.ok()?;
        Some(Side {
            raw,
            session: self.session,
        })
    }
}

impl Side {
    /// Asks to stop the statement that runs now.
    pub(crate) async fn ask(&mut self) -> bool {
        self.kill("QUERY").await
    }

    /// Ends the session, whatever it does.
    pub(crate) async fn terminate(&mut self) -> bool {
        self.kill("CONNECTION").await
    }

    async fn kill(&mut self, what: &str) -> bool {
        let sql = format!("KILL {what} {}", self.session);
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
