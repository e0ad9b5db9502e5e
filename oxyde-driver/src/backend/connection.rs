//! Connections of the three drivers, and cancelling their statements.

use std::sync::Arc;
use std::time::Instant;

use super::role::Role;
use super::sockets::Glance;
use super::{Job, Limits, Outcome, mysql, postgres, sqlite};
use crate::error::{Cause, DriverError};

/// A connection.
#[derive(Debug)]
pub(crate) enum Connection {
    Postgres(Box<postgres::Connection>),
    Mysql(Box<mysql::Connection>),
    Sqlite(Box<sqlite::Connection>),
}

/// Cancels the statement that a connection runs.
#[derive(Clone, Debug)]
pub(crate) enum CancelHandle {
    Postgres(postgres::CancelHandle),
    Mysql(mysql::CancelHandle),
    Sqlite(sqlite::CancelHandle),
}

/// The channel through which cancel requests reach the server.
#[derive(Debug)]
pub(crate) enum CancelConnection {
    Postgres(postgres::CancelConnection),
    Mysql(mysql::CancelConnection),
    Sqlite(sqlite::CancelHandle),
}

impl CancelConnection {
    /// Request cancellation of the running statement; has no effect before it has started.
    pub(crate) async fn cancel(&mut self) -> bool {
        match self {
            Self::Postgres(connection) => connection.cancel().await,
            Self::Mysql(connection) => connection.cancel().await,
            Self::Sqlite(handle) => {
                handle.cancel();
                true
            }
        }
    }

    pub(crate) async fn close(self) {
        match self {
            Self::Postgres(connection) => connection.close().await,
            Self::Mysql(connection) => connection.close().await,
            Self::Sqlite(_) => (),
        }
    }
}

impl CancelHandle {
    /// Open the channel to the server; `None` if it accepts no more connections.
    pub(crate) async fn connect(&self) -> Option<CancelConnection> {
        match self {
            Self::Postgres(handle) => handle.connect().await.map(CancelConnection::Postgres),
            Self::Mysql(handle) => handle.connect().await.map(CancelConnection::Mysql),
            Self::Sqlite(handle) => Some(CancelConnection::Sqlite(handle.clone())),
        }
    }

    /// End the session on the server, even if its statement has not started; return whether that
    /// stopped a statement, which then has no effect.
    pub(crate) async fn terminate(&self) -> bool {
        match self {
            Self::Postgres(handle) => handle.terminate().await,
            Self::Mysql(handle) => handle.terminate().await,
            Self::Sqlite(handle) => {
                handle.cancel();
                true
            }
        }
    }

    /// Close this side of the connection: the last way to stop a statement, if the server looks.
    pub(crate) fn hang_up(&self) {
        match self {
            Self::Postgres(handle) => handle.hang_up(),
            Self::Mysql(handle) => handle.hang_up(),
            Self::Sqlite(_) => (),
        }
    }

    /// Whether the error is that of a cancelled statement.
    pub(crate) fn is_cancelled(&self, problem: &DriverError) -> bool {
        match self {
            Self::Postgres(_) => postgres::Connection::is_cancelled(problem),
            Self::Mysql(_) => mysql::Connection::is_cancelled(problem),
            // A statement that waited for a lock ends with a lock timeout.
            Self::Sqlite(_) => {
                sqlite::Connection::is_cancelled(problem)
                    || problem.cause() == Some(Cause::LockTimeout)
            }
        }
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

impl Connection {
    /// What an error of a statement says about the future of connections.
    pub(crate) fn damage(&self, problem: &DriverError) -> Damage {
        let code = problem.code().unwrap_or_default();
        match self {
            Self::Postgres(_) => postgres::Connection::damage(code),
            Self::Mysql(_) => mysql::Connection::damage(code),
            Self::Sqlite(_) => Damage::None,
        }
    }

    /// Return a cancel handle for the next job.
    pub(crate) fn cancel_handle(&self) -> CancelHandle {
        match self {
            Self::Postgres(connection) => CancelHandle::Postgres(connection.cancel_handle()),
            Self::Mysql(connection) => CancelHandle::Mysql(connection.cancel_handle()),
            Self::Sqlite(connection) => CancelHandle::Sqlite(connection.cancel_handle()),
        }
    }

    /// Run one job. `retry` allows a second attempt if the server dropped a statement's plan.
    pub(crate) async fn run(
        &mut self,
        job: &Arc<Job>,
        retry: bool,
    ) -> Result<Outcome, DriverError> {
        match self {
            // Boxed, as they are large: every future around them would be copied with their size.
            Self::Postgres(connection) => Box::pin(connection.run(job, retry)).await,
            Self::Mysql(connection) => Box::pin(connection.run(job, retry)).await,
            Self::Sqlite(connection) => connection.run(job).await,
        }
    }

    /// Whether a write may wait for standbys, and warns if that wait is cut off.
    pub(crate) fn waits_for_standbys(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Look at what has arrived while the connection was idle.
    pub(crate) fn glance(&self) -> Glance {
        match self {
            Self::Postgres(connection) => connection.glance(),
            Self::Mysql(connection) => connection.glance(),
            Self::Sqlite(_) => Glance::Quiet,
        }
    }

    /// Whether the file of the database was deleted or replaced since it was opened.
    pub(crate) fn is_file_gone(&mut self, idle_since: Instant) -> bool {
        match self {
            Self::Sqlite(connection) => connection.is_file_gone(idle_since),
            Self::Postgres(_) | Self::Mysql(_) => false,
        }
    }

    /// Test whether the server still answers.
    pub(crate) async fn ping(&mut self) -> Result<(), DriverError> {
        match self {
            Self::Postgres(connection) => connection.ping().await,
            Self::Mysql(connection) => connection.ping().await,
            Self::Sqlite(_) => Ok(()),
        }
    }

    /// Ask for the role of the server, which may have changed.
    pub(crate) async fn role(&mut self) -> Result<Role, DriverError> {
        match self {
            Self::Postgres(connection) => connection.role().await,
            Self::Mysql(connection) => connection.role().await,
            Self::Sqlite(_) => Ok(Role::Primary),
        }
    }

    /// Whether a server keeps its role as long as a connection to it is open, unless it is promoted.
    pub(crate) fn has_lasting_role(&self) -> bool {
        matches!(self, Self::Postgres(connection) if !connection.is_pooled())
    }

    /// After a cancel request that met no running statement, ensure that it affects no later one.
    pub(crate) async fn absorb_cancel(&mut self) -> bool {
        match self {
            // The server ignores a cancel request while it waits for a statement.
            Self::Postgres(_) | Self::Sqlite(_) => true,
            Self::Mysql(connection) => connection.absorb_cancel().await,
        }
    }

    /// Whether a transaction is open, if the connection knows.
    pub(crate) fn in_transaction(&self) -> Option<bool> {
        match self {
            Self::Postgres(_) | Self::Mysql(_) => None,
            Self::Sqlite(connection) => connection.in_transaction(),
        }
    }

    /// Reset the session after raw SQL, if the server has a reset that is cheaper than a new
    /// connection.
    pub(crate) async fn reset(&mut self) -> bool {
        match self {
            Self::Postgres(connection) => connection.reset().await.is_ok(),
            Self::Mysql(_) | Self::Sqlite(_) => false,
        }
    }

    /// Restore a connection in an unknown state, if that is possible.
    pub(crate) async fn recover(&mut self) -> bool {
        match self {
            Self::Postgres(_) | Self::Mysql(_) => false,
            Self::Sqlite(connection) => connection.recover().await.is_ok(),
        }
    }

    /// Return the maximum length of a statement in bytes, and the increment of ids within one
    /// statement.
    pub(crate) fn limits(&self) -> Limits {
        match self {
            Self::Postgres(_) | Self::Sqlite(_) => Limits {
                bytes: 512 * 1024 * 1024,
                id_step: None,
            },
            Self::Mysql(connection) => Limits {
                bytes: connection.max_packet,
                id_step: Some(connection.id_step),
            },
        }
    }

    /// Close the connection in an orderly way.
    pub(crate) async fn close(self) {
        match self {
            Self::Postgres(connection) => connection.close().await,
            Self::Mysql(connection) => connection.close().await,
            Self::Sqlite(connection) => connection.close().await,
        }
    }

    /// Abandon it, in a forked process: its socket belongs to the parent.
    pub(crate) fn forget(self) {
        match self {
            Self::Sqlite(connection) => connection.forget(),
            other => std::mem::forget(other),
        }
    }
}
