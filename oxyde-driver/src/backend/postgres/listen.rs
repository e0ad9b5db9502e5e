//! LISTEN, over a connection of its own.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::time::{sleep, timeout};

use super::{Connector, connect_error, error};
use crate::error::DriverError;

/// A connection over which nothing came for so long is tried.
const SILENCE: Duration = Duration::from_secs(15);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pauses between two tries to connect again.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A notification.
    Note {
        /// The channel.
        channel: String,
        /// The text that was sent with it.
        payload: String,
        /// The server's process that sent it.
        process: u32,
    },
    /// The connection was lost and is there again: what was sent meanwhile was not heard.
    Gap,
}

/// Hears what is sent to some channels.
pub(crate) struct Ear {
    connector: Connector,
    channels: Vec<String>,
    /// `None` while the connection is lost.
    listener: Option<PgListener>,
}

impl std::fmt::Debug for Ear {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Ear")
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}

impl Ear {
    pub(crate) async fn open(
        connector: Connector,
        channels: Vec<String>,
    ) -> Result<Self, DriverError> {
        let mut ear = Self {
            connector,
            channels,
            listener: None,
        };
        ear.listener = Some(ear.connect().await?);
        Ok(ear)
    }

    async fn connect(&self) -> Result<PgListener, DriverError> {
        let fail = |problem| connect_error(&self.connector.place, problem, error::classify);
        let options = (*self.connector.options).clone();
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await
            .map_err(fail)?;
        let mut listener = PgListener::connect_with(&pool).await.map_err(fail)?;
        // This file connects again itself, so that it can tell of it.
        listener.eager_reconnect(false);
        listener.ignore_pool_close_event(true);
        let channels = self.channels.iter().map(String::as_str);
        listener
            .listen_all(channels)
            .await
            .map_err(error::classify)?;
        Ok(listener)
    }

    /// The next thing to hear. May be dropped while it waits; nothing is lost by that.
    ///
    /// # Errors
    /// The server is there, but refuses to be listened to (a password that has changed).
    pub(crate) async fn hear(&mut self) -> Result<Heard, DriverError> {
        loop {
            let Some(listener) = &mut self.listener else {
                self.listener = Some(self.reconnected().await?);
                return Ok(Heard::Gap);
            };
            match timeout(SILENCE, listener.try_recv()).await {
                Ok(Ok(Some(note))) => {
                    return Ok(Heard::Note {
                        channel: note.channel().to_owned(),
                        payload: note.payload().to_owned(),
                        process: note.process_id(),
                    });
                }
                Ok(Ok(None) | Err(_)) => self.listener = None,
                Err(_) => {
                    let asked = timeout(PATIENCE, sqlx::query("SELECT 1").execute(&mut *listener));
                    if !matches!(asked.await, Ok(Ok(_))) {
                        self.listener = None;
                    }
                }
            }
        }
    }

    /// Tries until the server is there.
    async fn reconnected(&self) -> Result<PgListener, DriverError> {
        let mut tries = 0;
        loop {
            let problem = match self.connect().await {
                Ok(listener) => return Ok(listener),
                Err(problem) => problem,
            };
            let refused = matches!(
                problem.cause(),
                Some(
                    crate::error::Cause::AuthFailed
                        | crate::error::Cause::UnknownDatabase
                        | crate::error::Cause::PermissionDenied
                )
            );
            if refused {
                return Err(problem);
            }
            sleep(PAUSES[tries.min(PAUSES.len() - 1)]).await;
            tries += 1;
        }
    }
}
