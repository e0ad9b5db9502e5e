//! What a driver provides: connecting to a host, running jobs, cancelling them, listening.
//!
//! The rest of the crate knows the drivers only by these traits, so that each can be left out.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, ready};
use oxyde_sql::dialect::Dialect;

use super::role::Role;
use super::sockets::Glance;
use super::{Job, Limits, Outcome};
use crate::error::DriverError;
use crate::listen::Notification;
use crate::settings::Place;

/// A connection.
pub(crate) type Connection = Box<dyn Backend>;

/// Cancels the statement that a connection runs.
pub(crate) type CancelHandle = Arc<dyn Cancels>;

/// A connection that listens to channels.
pub(crate) type ListenConnection = Box<dyn Listens>;

/// What a new connection reports about its server.
pub(crate) struct Greeting {
    pub dialect: Dialect,
    pub version: String,
    pub role: Role,
    /// Whether rows are returned in the order in which they were inserted; not where Citus gathers
    /// them from shards.
    pub ordered_returning: bool,
}

/// How to connect to one host.
pub(crate) trait HostConnector: Debug + Send + Sync {
    /// The target, for messages.
    fn place(&self) -> &Place;

    /// Maximum time to connect.
    fn connect_timeout(&self) -> Option<Duration> {
        None
    }

    /// Open a connection, and determine the kind of server.
    fn connect(&self) -> BoxFuture<'_, Result<(Connection, Greeting), DriverError>>;

    /// Listen to channels.
    fn listen(
        &self,
        _channels: Vec<String>,
    ) -> BoxFuture<'_, Result<ListenConnection, DriverError>> {
        Box::pin(ready(Err(DriverError::Unsupported {
            what: "only PostgreSQL supports LISTEN and NOTIFY".to_owned(),
            hint: "poll for new rows, or use a message broker",
        })))
    }

    /// Whether the server remembers the outcome of transactions by their id.
    fn has_transaction_ids(&self) -> bool {
        false
    }

    /// Whether connections lead through a pooler that the settings do not mention.
    fn found_pooler(&self) -> bool {
        false
    }

    /// Whether the data exist only in the single connection.
    fn is_memory(&self) -> bool {
        false
    }

    /// Whether writers must queue within the process.
    fn has_one_writer(&self) -> bool {
        false
    }
}

/// What an error says about the future of connections, apart from a lost one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// Nothing.
    None,
    /// The server closes this connection.
    Connection,
    /// The host of the connection refuses to write, or does no work at all, perhaps after a failover.
    Host,
}

/// A connection of a driver. Futures are boxed: every future around them would be copied with their
/// size.
pub(crate) trait Backend: Debug + Send + Sync {
    /// Return a cancel handle for the next job.
    fn cancel_handle(&self) -> CancelHandle;

    /// Run one job. `retry` allows a second attempt if the server dropped a statement's plan.
    fn run<'a>(
        &'a mut self,
        job: &'a Arc<Job>,
        retry: bool,
    ) -> BoxFuture<'a, Result<Outcome, DriverError>>;

    /// Close the connection in an orderly way.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;

    /// Abandon it, in a forked process: its socket belongs to the parent.
    fn forget(self: Box<Self>) {
        std::mem::forget(self);
    }

    /// What an error of a statement says about the future of connections.
    fn damage(&self, _problem: &DriverError) -> Damage {
        Damage::None
    }

    /// Whether a write may wait for standbys, and warns if that wait is cut off.
    fn waits_for_standbys(&self) -> bool {
        false
    }

    /// Look at what has arrived while the connection was idle.
    fn glance(&self) -> Glance {
        Glance::Quiet
    }

    /// Whether the file of the database was deleted or replaced since it was opened.
    fn is_file_gone(&mut self, _idle_since: Instant) -> bool {
        false
    }

    /// Test whether the server still answers.
    fn ping(&mut self) -> BoxFuture<'_, Result<(), DriverError>> {
        Box::pin(ready(Ok(())))
    }

    /// Ask for the role of the server, which may have changed.
    fn role(&mut self) -> BoxFuture<'_, Result<Role, DriverError>> {
        Box::pin(ready(Ok(Role::Primary)))
    }

    /// Whether a server keeps its role as long as a connection to it is open, unless it is promoted.
    fn has_lasting_role(&self) -> bool {
        false
    }

    /// After a cancel request that met no running statement, ensure that it affects no later one; most
    /// servers ignore it.
    fn absorb_cancel(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(ready(true))
    }

    /// Whether a transaction is open, if the connection knows.
    fn in_transaction(&self) -> Option<bool> {
        None
    }

    /// Reset the session after raw SQL, if the server has a reset that is cheaper than a new
    /// connection.
    fn reset(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(ready(false))
    }

    /// Restore a connection in an unknown state, if that is possible.
    fn recover(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(ready(false))
    }

    /// Return the maximum length of a statement in bytes, and the increment of ids within one
    /// statement.
    fn limits(&self) -> Limits {
        Limits {
            bytes: 512 * 1024 * 1024,
            id_step: None,
        }
    }
}

/// Cancels the statement that a connection runs.
pub(crate) trait Cancels: Debug + Send + Sync {
    /// Open the channel to the server; `None` if it accepts no more connections.
    fn connect(&self) -> BoxFuture<'_, Option<Box<dyn CancelChannel>>>;

    /// End the session on the server, even if its statement has not started; return whether that
    /// stopped a statement, which then has no effect.
    fn terminate(&self) -> BoxFuture<'_, bool>;

    /// Close this side of the connection: the last way to stop a statement, if the server looks.
    fn hang_up(&self) {}

    /// Whether the error is that of a cancelled statement.
    fn is_cancelled(&self, problem: &DriverError) -> bool;
}

/// The channel through which cancel requests reach the server.
pub(crate) trait CancelChannel: Debug + Send {
    /// Request cancellation of the running statement; has no effect before it has started.
    fn cancel(&mut self) -> BoxFuture<'_, bool>;

    /// Close the channel.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(ready(()))
    }
}

/// A connection that listens to channels.
pub(crate) trait Listens: Debug + Send {
    /// Return the next notification or gap. Cancel-safe: dropping the future loses nothing.
    ///
    /// # Errors
    /// The server is reachable but refuses the connection (for example, a changed password).
    fn next(&mut self) -> BoxFuture<'_, Result<Notification, DriverError>>;
}
