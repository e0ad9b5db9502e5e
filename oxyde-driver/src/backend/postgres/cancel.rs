//! Stopping a statement on PostgreSQL, from a second connection.

use std::sync::Arc;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

/// Stops what one backend process runs.
#[derive(Clone, Debug)]
pub(crate) struct Stopper {
    pub(super) options: Arc<PgConnectOptions>,
    pub(super) pid: i32,
}

impl Stopper {
    /// Asks the server to stop the statement; `true` when the request arrived.
    pub(crate) async fn stop(&self) -> bool {
        let Ok(mut side) = self.options.connect().await else {
            return false;
        };
        let sql = format!("SELECT pg_cancel_backend({})", self.pid);
        let asked = sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut side)
            .await
            .is_ok();
        // The request has been made: how the second connection ends no longer matters.
        let _ = side.close().await;
        asked
    }
}
