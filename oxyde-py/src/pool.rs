//! `oxyde._core.Pool`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use oxyde_driver::{BeginOptions, DriverError, Isolation, PoolSettings};
use oxyde_sql::dialect::{Dialect, Features};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use tokio::sync::OnceCell;

use crate::bind::Limits;
use crate::bridge::{Convert, Operation, Outcome, Where, generation, inside};
use crate::error::{Class, error, guarded};
use crate::executor::{Executor, Place, Target};
use crate::plan::limits_of;

/// What a pool needs to open itself again in a forked child.
#[derive(Clone)]
pub(crate) struct Origin {
    url: Arc<str>,
    settings: Arc<PoolSettings>,
}

/// What is known about the server of a pool.
#[derive(Clone)]
pub(crate) struct Server {
    /// The name under which it is registered.
    pub(crate) name: Arc<str>,
    pub(crate) dialect: Dialect,
    pub(crate) limits: Limits,
    version: Arc<str>,
}

impl Server {
    /// Of a connection that was not opened through a [`Pool`].
    pub(crate) fn of(features: &Features, name: &str) -> Server {
        Server {
            name: name.into(),
            dialect: features.dialect,
            limits: limits_of(features),
            version: "".into(),
        }
    }
}

/// A pool that is opened when it is first used in this process.
#[derive(Clone)]
pub(crate) struct PoolHandle {
    opened: Arc<OnceCell<oxyde_driver::Pool>>,
    origin: Origin,
}

impl PoolHandle {
    /// The pool; opens it again in a forked child.
    pub(crate) async fn get(&self) -> Result<&oxyde_driver::Pool, DriverError> {
        self.opened
            .get_or_try_init(|| {
                oxyde_driver::Pool::connect(&self.origin.url, self.origin.settings.as_ref().clone())
            })
            .await
    }
}

/// The pool of this process.
struct Current {
    /// The handle and the process that it belongs to.
    handle: Mutex<(u64, PoolHandle)>,
}

impl Current {
    fn handle(&self) -> PoolHandle {
        let mut current = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 != generation() {
            // The parent's pool is left alone: to close it would speak on the parent's sockets.
            let opened = Arc::new(OnceCell::new());
            let parents = std::mem::replace(&mut current.1.opened, opened);
            std::mem::forget(parents);
            current.0 = generation();
        }
        current.1.clone()
    }
}

impl Place for Current {
    fn target(&self, _py: Python<'_>) -> PyResult<Target> {
        Ok(Target::Pool(self.handle()))
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        let current = self
            .handle
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let opened = std::mem::take(&mut current.1.opened);
        if current.0 == generation() {
            // Its connections may be closed by tasks of the runtime.
            inside(|| drop(opened));
        } else {
            std::mem::forget(opened);
        }
    }
}

/// Connections to one database.
#[pyclass(frozen, extends = Executor, module = "oxyde._core")]
pub(crate) struct Pool {
    server: Server,
    current: Arc<Current>,
}

impl Pool {
    pub(crate) fn opened(pool: oxyde_driver::Pool, origin: Origin) -> PyClassInitializer<Pool> {
        let server = Server {
            name: origin.settings.name.as_str().into(),
            dialect: pool.dialect(),
            limits: limits_of(pool.features()),
            version: pool.server_version().into(),
        };
        let handle = PoolHandle {
            opened: Arc::new(OnceCell::new_with(Some(pool))),
            origin,
        };
        let current = Arc::new(Current {
            handle: Mutex::new((generation(), handle)),
        });
        let place: Arc<dyn Place> = Arc::<Current>::clone(&current);
        PyClassInitializer::from(Executor::new(server.clone(), place))
            .add_subclass(Pool { server, current })
    }
}

#[pymethods]
impl Pool {
    /// Open a pool. The settings are those of `PoolSettings.as_dict()`.
    #[staticmethod]
    fn open(
        py: Python<'_>,
        url: String,
        name: &str,
        settings: &Bound<'_, PyDict>,
    ) -> PyResult<Operation> {
        guarded(py, || {
            let settings = read_settings(py, name, settings)?;
            let origin = Origin {
                url: url.into(),
                settings: Arc::new(settings),
            };
            Operation::start(
                py,
                Where::Away,
                Convert::Pool(origin.clone()),
                |_cancel| async move {
                    oxyde_driver::Pool::connect(&origin.url, origin.settings.as_ref().clone())
                        .await
                        .map(Outcome::Opened)
                },
            )
        })
    }

    #[getter]
    fn server_version(&self) -> &str {
        &self.server.version
    }

    /// Begin to hear what is sent to these channels.
    fn listen(&self, py: Python<'_>, channels: Vec<String>) -> PyResult<Operation> {
        guarded(py, || {
            let pool = self.current.handle();
            Operation::start(py, Where::Away, Convert::Plain, |cancel| async move {
                let listener = pool.get().await?.listen(channels, &cancel).await?;
                Ok(Outcome::Listening(Box::new(listener)))
            })
        })
    }

    #[pyo3(signature = (isolation, read_only))]
    fn begin(
        &self,
        py: Python<'_>,
        isolation: Option<&str>,
        read_only: bool,
    ) -> PyResult<Operation> {
        guarded(py, || {
            let isolation = isolation.map(|name| isolation_of(py, name)).transpose()?;
            // `atomic()` itself keeps the time.
            let options = BeginOptions {
                isolation,
                read_only,
                timeout: None,
            };
            let pool = self.current.handle();
            Operation::start(
                py,
                Where::Near,
                Convert::Transaction(self.server.clone()),
                |cancel| async move {
                    let transaction = pool.get().await?.begin(options, &cancel).await?;
                    Ok(Outcome::Begun(Box::new(transaction)))
                },
            )
        })
    }

    /// Close all connections once they are free. Closed already: nothing.
    fn close(&self, py: Python<'_>) -> PyResult<Operation> {
        guarded(py, || {
            let pool = self.current.handle();
            Operation::start(py, Where::Away, Convert::Plain, |_cancel| async move {
                // A pool that a forked child never used is not opened to be closed.
                if let Some(opened) = pool.opened.get() {
                    opened.close().await;
                }
                Ok(Outcome::Nothing)
            })
        })
    }

    /// Counts of connections: `size`, `idle`, `in_use`, `waiting`.
    fn status(&self) -> HashMap<&'static str, u32> {
        let handle = self.current.handle();
        let Some(pool) = handle.opened.get() else {
            return HashMap::from([("size", 0), ("idle", 0), ("in_use", 0), ("waiting", 0)]);
        };
        let status = pool.status();
        HashMap::from([
            ("size", status.size),
            ("idle", status.idle),
            ("in_use", status.in_use),
            ("waiting", status.waiting),
        ])
    }
}

fn isolation_of(py: Python<'_>, name: &str) -> PyResult<Isolation> {
    Isolation::from_name(name).ok_or_else(|| {
        error(
            py,
            Class::Transaction,
            &format!("unknown isolation level {name:?}"),
            None,
        )
    })
}

/// The driver's settings from those of `PoolSettings.as_dict()`.
fn read_settings(
    py: Python<'_>,
    name: &str,
    settings: &Bound<'_, PyDict>,
) -> PyResult<PoolSettings> {
    let settings = settings.copy()?;
    settings.set_item("name", name)?;
    // `atomic()` keeps this time, since it may be set for each block.
    settings.set_item("transaction_timeout", py.None())?;
    if let Some(size) = settings.get_item("sqlite_cache_size")? {
        // KiB for the user, negative for SQLite.
        settings.set_item("sqlite_cache_size", -size.extract::<i64>()?)?;
    }
    let packed = py.import("msgpack")?.call_method1("packb", (settings,))?;
    rmp_serde::from_slice(packed.extract::<&[u8]>()?).map_err(|refused| {
        error(
            py,
            Class::Oxyde,
            &format!("the pool's settings: {refused}"),
            None,
        )
    })
}

/// Names for `PoolSettings`, for the test that both sides agree.
#[pyfunction]
pub(crate) fn setting_names(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    PyList::new(py, PoolSettings::NAMES)
}
