//! Notifications from the database.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::backend::{Ear, Heard};
use crate::cancel::Cancel;
use crate::error::DriverError;
use crate::lease::Shared;
use crate::pool::Pool;

/// Hears what `NOTIFY` sends to some channels, over a connection of its own (beside those of the
/// pool). Only on `PostgreSQL`.
///
/// A connection that is lost is opened again, and [`Heard::Gap`] tells that notifications may
/// have been missed. A connection that is silent is tried every 15 seconds.
///
/// ```no_run
/// # async fn example(pool: oxyde_driver::Pool) -> Result<(), oxyde_driver::DriverError> {
/// use oxyde_driver::{Cancel, Heard};
///
/// let listener = pool.listen(vec!["orders".to_owned()], &Cancel::never()).await?;
/// while let Heard::Note { payload, .. } = listener.next(&Cancel::never()).await? {
///     assert!(!payload.is_empty());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Listener {
    ear: Mutex<Option<Ear>>,
    shared: Arc<Shared>,
    stop: Cancel,
}

impl Pool {
    /// Begins to listen: everything that is sent from now on is heard.
    ///
    /// # Errors
    /// [`DriverError::Unsupported`] where there are no notifications, or a pooler is in the way;
    /// what connecting gives.
    pub async fn listen(
        &self,
        channels: Vec<String>,
        cancel: &Cancel,
    ) -> Result<Listener, DriverError> {
        if self.0.settings.by_transaction() {
            return Err(DriverError::Unsupported {
                what: "LISTEN cannot be used with pg_pooler=\"transaction\"".to_owned(),
                hint: "connect to the server itself for this, past the pooler and without \
                       pg_pooler",
            });
        }
        let ear = tokio::select! {
            biased;
            ear = self.0.ear(channels) => ear?,
            () = cancel.fired() => return Err(DriverError::Cancelled),
            () = self.0.closing.fired() => return Err(DriverError::Closed { what: "the pool" }),
        };
        Ok(Listener {
            ear: Mutex::new(Some(ear)),
            shared: Arc::clone(&self.0),
            stop: Cancel::new(),
        })
    }
}

impl Listener {
    /// The next notification, or that some may have been missed. A cancelled call loses none.
    ///
    /// # Errors
    /// [`DriverError::Closed`] once it or the pool is closed; [`DriverError::Cancelled`]; after a
    /// lost connection what the server refuses the new one for.
    pub async fn next(&self, cancel: &Cancel) -> Result<Heard, DriverError> {
        let work = async {
            match &mut *self.ear.lock().await {
                Some(ear) => ear.hear().await,
                None => Err(CLOSED),
            }
        };
        tokio::select! {
            biased;
            () = self.stop.fired() => Err(CLOSED),
            () = self.shared.closing.fired() => Err(DriverError::Closed { what: "the pool" }),
            heard = work => heard,
            () = cancel.fired() => Err(DriverError::Cancelled),
        }
    }

    /// Ends every [`Listener::next`] that waits.
    pub fn stop(&self) {
        self.stop.fire();
    }

    /// Stops, and closes the connection.
    pub async fn close(&self) {
        self.stop();
        drop(self.ear.lock().await.take());
    }
}

const CLOSED: DriverError = DriverError::Closed {
    what: "the listener",
};
