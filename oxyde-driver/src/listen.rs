//! Notifications from the database.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::backend::{ListenConnection, Notification};
use crate::cancel::Cancel;
use crate::error::DriverError;
use crate::pool::Pool;
use crate::pool::PoolInner;

/// Receives notifications of some channels, over a separate connection (in addition to those of the
/// pool). Only on `PostgreSQL`.
///
/// A connection that is lost is opened again, and [`Notification::Gap`](crate::Notification::Gap) tells that notifications may
/// have been missed. A silent connection is tested every 15 seconds.
///
/// ```no_run
/// # async fn example(pool: oxyde_driver::Pool) -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::Notification;
///
/// let listener = pool.listen(vec!["orders".to_owned()]).await?;
/// while let Notification::Message { payload, .. } = listener.next().await? {
///     assert!(!payload.is_empty());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Listener {
    connection: Mutex<Option<ListenConnection>>,
    pool: Arc<PoolInner>,
    stop: Cancel,
}

impl Pool {
    /// Start listening: receives all notifications sent from now on.
    ///
    /// # Errors
    /// [`DriverError::Unsupported`] if the database has no notifications, or behind a transaction
    /// pooler; or the error of connecting.
    pub async fn listen(&self, channels: Vec<String>) -> Result<Listener, DriverError> {
        if self.0.settings.by_transaction() {
            return Err(DriverError::Unsupported {
                what: "LISTEN cannot be used with pg_pooler=\"transaction\"".to_owned(),
                hint: "connect directly to the server for this, without the pooler and without \
                       pg_pooler",
            });
        }
        let connection = tokio::select! {
            biased;
            connection = self.0.listen(channels) => connection?,
            () = self.0.closing.fired() => return Err(DriverError::Closed { what: "the pool" }),
        };
        Ok(Listener {
            connection: Mutex::new(Some(connection)),
            pool: Arc::clone(&self.0),
            stop: Cancel::new(),
        })
    }
}

impl Listener {
    /// Return the next notification, or a gap. A call that is dropped before its end loses none.
    ///
    /// # Errors
    /// [`DriverError::Closed`] after it or the pool is closed; after a lost connection, the error with
    /// which the server refuses a new one.
    pub async fn next(&self) -> Result<Notification, DriverError> {
        let work = async {
            match &mut *self.connection.lock().await {
                Some(connection) => connection.next().await,
                None => Err(CLOSED),
            }
        };
        tokio::select! {
            biased;
            () = self.stop.fired() => Err(CLOSED),
            () = self.pool.closing.fired() => Err(DriverError::Closed { what: "the pool" }),
            next = work => next,
        }
    }

    /// End every waiting [`Listener::next`].
    pub fn stop(&self) {
        self.stop.fire();
    }

    /// Stop listening, and close the connection.
    pub async fn close(&self) {
        self.stop();
        drop(self.connection.lock().await.take());
    }
}

const CLOSED: DriverError = DriverError::Closed {
    what: "the listener",
};
