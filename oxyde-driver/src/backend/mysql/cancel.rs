//! Cancels a statement on MySQL and MariaDB, from a second connection.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use super::error;
use crate::backend::interface::{CancelChannel, Cancels};
use crate::backend::sockets::{self, SocketHandle, SocketOptions};
use crate::error::DriverError;

/// Cancels the statement of a session.
#[derive(Debug)]
pub(super) struct CancelHandle {
    pub options: Arc<MySqlConnectOptions>,
    pub socket_options: SocketOptions,
    pub session: u64,
    pub socket: Option<SocketHandle>,
}

/// The second connection.
#[derive(Debug)]
struct CancelConnection {
    raw: MySqlConnection,
    session: u64,
}

impl CancelHandle {
    async fn log_in(&self) -> Option<CancelConnection> {
        let port = self.options.get_port();
        let connecting = self.options.connect();
        let (raw, _) = sockets::opened(port, self.socket_options, connecting, |_| ()).await;
        Some(CancelConnection {
            raw: raw.ok()?,
            session: self.session,
        })
    }
}

impl Cancels for CancelHandle {
    fn connect(&self) -> BoxFuture<'_, Option<Box<dyn CancelChannel>>> {
        Box::pin(async move {
            let connection = self.log_in().await?;
            Some(Box::new(connection) as Box<dyn CancelChannel>)
        })
    }

    fn terminate(&self) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            let Some(mut connection) = self.log_in().await else {
                return false;
            };
            let was_busy = connection.is_busy().await;
            let killed = connection.kill("CONNECTION").await;
            Box::new(connection).close().await;
            was_busy && killed
        })
    }

    /// The server ends the session after its statement.
    fn hang_up(&self) {
        if let Some(socket) = &self.socket {
            socket.hang_up();
        }
    }

    fn is_cancelled(&self, problem: &DriverError) -> bool {
        error::is_cancelled(problem)
    }
}

impl CancelConnection {
    /// Whether the session runs a statement.
    async fn is_busy(&mut self) -> bool {
        let sql = format!(
            "SELECT command IN ('Query', 'Execute') FROM information_schema.processlist WHERE id = {}",
            self.session
        );
        sqlx::raw_sql(AssertSqlSafe(sql))
            .fetch_one(&mut self.raw)
            .await
            .and_then(|row| row.try_get_unchecked::<bool, _>(0))
            .unwrap_or(false)
    }

    async fn kill(&mut self, what: &str) -> bool {
        let sql = format!("KILL {what} {}", self.session);
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut self.raw)
            .await
            .is_ok()
    }
}

impl CancelChannel for CancelConnection {
    fn cancel(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(self.kill("QUERY"))
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // The request was sent; errors of closing this connection are irrelevant.
            let _ = self.raw.close().await;
        })
    }
}
