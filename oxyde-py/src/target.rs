//! Where statements run: a pool, reopened in a forked child, or a transaction.

use std::sync::Arc;

use oxyde_driver::{DriverError, PoolSettings};
use oxyde_sql::dialect::Features;
use pyo3::prelude::*;
use tokio::sync::OnceCell;

/// Where statements run.
pub(crate) enum Target {
    Pool(PoolHandle),
    Transaction(oxyde_driver::Transaction),
}

/// A pool or a transaction of Python.
pub(crate) trait Place: Send + Sync {
    /// Return where its statements run now.
    fn target(&self, py: Python<'_>) -> PyResult<Target>;
}

/// The data to reopen a pool in a forked child.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) url: Arc<str>,
    pub(crate) settings: Arc<PoolSettings>,
}

impl Origin {
    pub(crate) async fn connect(&self) -> Result<oxyde_driver::Pool, DriverError> {
        oxyde_driver::Pool::connect(&self.url, self.settings.as_ref().clone()).await
    }
}

/// Properties of a pool's server.
#[derive(Clone)]
pub(crate) struct Server {
    /// The name under which it is registered.
    pub(crate) name: Arc<str>,
    pub(crate) features: Features,
    pub(crate) version: Arc<str>,
}

impl Server {
    /// Create it for a connection that was not opened through a [`Pool`].
    pub(crate) fn of(features: &Features, name: &str) -> Server {
        Server {
            name: name.into(),
            features: *features,
            version: "".into(),
        }
    }
}

/// A pool that is opened on first use in this process.
#[derive(Clone)]
pub(crate) struct PoolHandle {
    pub(crate) opened: Arc<OnceCell<oxyde_driver::Pool>>,
    pub(crate) origin: Origin,
}

impl PoolHandle {
    /// Return the pool; reopen it in a forked child.
    pub(crate) async fn get(&self) -> Result<&oxyde_driver::Pool, DriverError> {
        // Boxed, as it is rare: each statement would carry its size along, which is 24 KB.
        self.opened
            .get_or_try_init(|| Box::pin(self.origin.connect()))
            .await
    }
}
