//! Cancels a statement on PostgreSQL.
//!
//! The protocol's own request needs no login, so it also works when the server accepts no further
//! session, and behind a pooler. It needs the key that the server sends when a session begins, which
//! sqlx does not give out: without TLS it is read before sqlx takes it. Otherwise another session asks.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use socket2::SockAddr;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::error;
use crate::backend::interface::{CancelChannel, Cancels};
use crate::backend::sockets::{self, SocketHandle, SocketOptions};
use crate::error::DriverError;

/// The code of a cancel request, in place of a protocol version.
const CANCEL_CODE: u32 = 80_877_102;
/// The start of the message with the key: its type and length.
const KEY_HEADER: &[u8] = b"K\0\0\0\x0c";
/// The message that follows: the server is ready for a statement.
const READY_HEADER: &[u8] = b"Z\0\0\0\x05";
/// Length of the process id and the secret.
const KEY_LENGTH: usize = 8;

/// The process id and the secret that a cancel request has to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CancelKey([u8; KEY_LENGTH]);

impl CancelKey {
    /// Find the key in what the server sent at the end of a login.
    pub(super) fn find(sent: &[u8]) -> Option<Self> {
        let whole = KEY_HEADER.len() + KEY_LENGTH;
        sent.windows(whole + READY_HEADER.len())
            .find(|part| part.starts_with(KEY_HEADER) && part[whole..] == *READY_HEADER)
            .and_then(|part| part[KEY_HEADER.len()..whole].try_into().ok())
            .map(Self)
    }

    fn request(self) -> Vec<u8> {
        let length = 16_u32.to_be_bytes();
        [&length[..], &CANCEL_CODE.to_be_bytes(), &self.0].concat()
    }

    /// Send the request, and wait until the server has processed it.
    async fn send(self, server: &SockAddr) -> std::io::Result<()> {
        let request = self.request();
        if let Some(address) = server.as_socket() {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(&request).await?;
            // The server answers by closing the connection.
            stream.read_to_end(&mut Vec::new()).await?;
            return Ok(());
        }
        #[cfg(unix)]
        if let Some(path) = server.as_pathname() {
            let mut stream = tokio::net::UnixStream::connect(path).await?;
            stream.write_all(&request).await?;
            stream.read_to_end(&mut Vec::new()).await?;
        }
        Ok(())
    }
}

/// Cancels the statement of a backend process.
#[derive(Clone, Debug)]
pub(super) struct CancelHandle {
    pub options: Arc<PgConnectOptions>,
    pub socket_options: SocketOptions,
    pub pid: i32,
    pub key: Option<CancelKey>,
    pub socket: Option<SocketHandle>,
}

/// The way to the server for cancel requests.
#[derive(Debug)]
enum CancelConnection {
    /// Each request is a connection of its own.
    Keyed { key: CancelKey, server: SockAddr },
    /// A session.
    Session { raw: PgConnection, pid: i32 },
}

impl CancelHandle {
    async fn log_in(&self) -> Option<PgConnection> {
        let port = self.options.get_port();
        let connecting = self.options.connect();
        let (raw, _) = sockets::opened(port, self.socket_options, connecting, |_| ()).await;
        raw.ok()
    }
}

impl Cancels for CancelHandle {
    /// Only a session may be refused.
    fn connect(&self) -> BoxFuture<'_, Option<Box<dyn CancelChannel>>> {
        Box::pin(async move {
            let connection = if let Some(key) = self.key
                && let Some(server) = self.socket.as_ref().and_then(SocketHandle::peer)
            {
                CancelConnection::Keyed { key, server }
            } else {
                let (raw, pid) = (self.log_in().await?, self.pid);
                CancelConnection::Session { raw, pid }
            };
            Some(Box::new(connection) as Box<dyn CancelChannel>)
        })
    }

    fn terminate(&self) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            let Some(mut raw) = self.log_in().await else {
                return false;
            };
            let sql = format!(
                "SELECT state = 'active', pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {}",
                self.pid
            );
            let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(&mut raw).await;
            // The request was sent; errors of closing this connection are irrelevant.
            let _ = raw.close().await;
            row.and_then(|row| Ok(row.try_get(0)? && row.try_get(1)?))
                .unwrap_or(false)
        })
    }

    /// A server that checks for that ends the session.
    fn hang_up(&self) {
        if let Some(socket) = &self.socket {
            socket.hang_up();
        }
    }

    fn is_cancelled(&self, problem: &DriverError) -> bool {
        error::is_cancelled(problem)
    }
}

impl CancelChannel for CancelConnection {
    fn cancel(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async move {
            match self {
                Self::Keyed { key, server } => key.send(server).await.is_ok(),
                Self::Session { raw, pid } => {
                    let sql = format!("SELECT pg_cancel_backend({pid})");
                    sqlx::raw_sql(AssertSqlSafe(sql)).execute(raw).await.is_ok()
                }
            }
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if let Self::Session { raw, .. } = *self {
                // The request was sent; errors of closing this connection are irrelevant.
                let _ = raw.close().await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::CancelKey;

    #[test]
    fn the_key_is_found_in_the_last_messages_of_a_login() {
        let sent = b"S\0\0\0\x0cTimeK\0\0\0\0K\0\0\0\x0cabcdefghZ\0\0\0\x05I";
        assert_eq!(CancelKey::find(sent), Some(CancelKey(*b"abcdefgh")));
        assert_eq!(CancelKey::find(&sent[..20]), None);
        assert_eq!(CancelKey::find(b""), None);
    }

    #[test]
    fn a_request_has_its_length_and_code() {
        let request = CancelKey(*b"abcdefgh").request();
        assert_eq!(request, b"\0\0\0\x10\x04\xd2\x16\x2eabcdefgh");
    }
}
