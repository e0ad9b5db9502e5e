//! Cancels a statement on MySQL and MariaDB, from a second connection.

use std::sync::Arc;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use crate::backend::sockets::{self, SocketHandle, SocketOptions};

/// Cancels the statement of a session.
#[derive(Clone, Debug)]
pub(crate) struct CancelHandle {
    pub(super) options: Arc<MySqlConnectOptions>,
    pub(super) socket_options: SocketOptions,
    pub(super) session: u64,
    pub(super) socket: Option<SocketHandle>,
}

/// The second connection.
#[derive(Debug)]
pub(crate) struct CancelConnection {
    raw: MySqlConnection,
    session: u64,
}

impl CancelHandle {
    /// Open the second connection; `None` if the server accepts no more.
    pub(crate) async fn connect(&self) -> Option<CancelConnection> {
        let port = self.options.get_port();
        let connecting = self.options.connect();
        let (raw, _) = sockets::opened(port, self.socket_options, connecting, |_| ()).await;
        Some(CancelConnection {
            raw: raw.ok()?,
            session: self.session,
        })
    }

    /// End the session; return whether that stopped a statement.
    pub(crate) async fn terminate(&self) -> bool {
        let Some(mut connection) = self.connect().await else {
            return false;
        };
        let was_busy = connection.is_busy().await;
        let killed = connection.kill("CONNECTION").await;
        connection.close().await;
        was_busy && killed
    }

    /// Close this side of the connection; the server ends the session after its statement.
    pub(crate) fn hang_up(&self) {
        if let Some(socket) = &self.socket {
            socket.hang_up();
        }
    }
}

impl CancelConnection {
    /// Request cancellation of the running statement.
    pub(crate) async fn cancel(&mut self) -> bool {
        self.kill("QUERY").await
    }

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

    pub(crate) async fn close(self) {
        // The request was sent; errors of closing this connection are irrelevant.
        let _ = self.raw.close().await;
    }
}
