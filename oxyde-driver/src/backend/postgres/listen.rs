//! LISTEN, over a separate connection.

use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::time::{sleep, timeout};

use super::{Connector, connect_error, error};
use crate::backend::interface::Listens;
use crate::backend::sockets;
use crate::error::{Cause, DriverError};
use crate::listen::Notification;

/// A connection that was silent for this long is tested.
const SILENCE: Duration = Duration::from_secs(15);
/// Maximum time for a response.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pauses between attempts to reconnect.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// Receives the notifications of some channels.
pub(super) struct ListenConnection {
    connector: Connector,
    channels: Vec<String>,
    /// `None` while the connection is lost.
    listener: Option<PgListener>,
}

impl std::fmt::Debug for ListenConnection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ListenConnection")
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}

impl ListenConnection {
    pub(super) async fn open(
        connector: Connector,
        channels: Vec<String>,
    ) -> Result<Self, DriverError> {
        let mut this = Self {
            connector,
            channels,
            listener: None,
        };
        this.listener = Some(this.connect().await?);
        Ok(this)
    }

    async fn connect(&self) -> Result<PgListener, DriverError> {
        let fail = |problem| connect_error(&self.connector.place, problem, error::classify);
        let options = (*self.connector.options).clone();
        let port = options.get_port();
        let connecting = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(PATIENCE)
            .connect_with(options);
        let (pool, _) =
            sockets::opened(port, self.connector.socket_options, connecting, |_| ()).await;
        let pool = pool.map_err(fail)?;
        let mut listener = PgListener::connect_with(&pool).await.map_err(fail)?;
        // This file reconnects itself, so that it can report the gap.
        listener.eager_reconnect(false);
        listener.ignore_pool_close_event(true);
        let channels = self.channels.iter().map(String::as_str);
        listener
            .listen_all(channels)
            .await
            .map_err(error::classify)?;
        Ok(listener)
    }

    /// Retry until the server is reachable.
    async fn reconnected(&self) -> Result<PgListener, DriverError> {
        let mut tries = 0;
        loop {
            let problem = match self.connect().await {
                Ok(listener) => return Ok(listener),
                Err(problem) => problem,
            };
            let refused = matches!(
                problem.cause(),
                Some(Cause::AuthFailed | Cause::UnknownDatabase | Cause::PermissionDenied)
            );
            if refused {
                return Err(problem);
            }
            sleep(PAUSES[tries.min(PAUSES.len() - 1)]).await;
            tries += 1;
        }
    }
}

impl Listens for ListenConnection {
    fn next(&mut self) -> BoxFuture<'_, Result<Notification, DriverError>> {
        Box::pin(async move {
            loop {
                let Some(listener) = &mut self.listener else {
                    self.listener = Some(self.reconnected().await?);
                    return Ok(Notification::Gap);
                };
                match timeout(SILENCE, listener.try_recv()).await {
                    Ok(Ok(Some(message))) => {
                        return Ok(Notification::Message {
                            channel: message.channel().to_owned(),
                            payload: message.payload().to_owned(),
                            process: message.process_id(),
                        });
                    }
                    Ok(Ok(None) | Err(_)) => self.listener = None,
                    Err(_) => {
                        let asked =
                            timeout(PATIENCE, sqlx::query("SELECT 1").execute(&mut *listener));
                        if !matches!(asked.await, Ok(Ok(_))) {
                            self.listener = None;
                        }
                    }
                }
            }
        })
    }
}
