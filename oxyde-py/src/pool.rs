//! `oxyde._core.Pool`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use oxyde_driver::{BeginOptions, DriverError, Isolation, PoolSettings};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use tokio::sync::OnceCell;

use crate::bridge::{Convert, Operation, Outcome, StartOn, generation, inside};
use crate::error::{Class, error, guarded};
use crate::executor::Executor;
use crate::target::{Origin, Place, PoolHandle, Server, Target};

/// The pool of this process.
struct Current {
    /// The handle and its process.
    handle: Mutex<(u64, PoolHandle)>,
}

impl Current {
    fn handle(&self) -> PoolHandle {
        let mut current = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if current.0 != generation() {
            // Leave the parent's pool alone: closing it would write to the parent's sockets.
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
            // Tasks of the runtime may close its connections.
            inside(|| drop(opened));
        } else {
            std::mem::forget(opened);
        }
    }
}

/// A connection pool for one database.
#[pyclass(frozen, extends = Executor, module = "oxyde._core")]
pub(crate) struct Pool {
    server: Server,
    current: Arc<Current>,
    commit_outcome: bool,
}

impl Pool {
    pub(crate) fn opened(pool: oxyde_driver::Pool, origin: Origin) -> PyClassInitializer<Pool> {
        let server = Server {
            name: origin.settings.name.as_str().into(),
            features: *pool.features(),
            version: pool.server_version().into(),
        };
        let commit_outcome = pool.commit_outcome();
        let handle = PoolHandle {
            opened: Arc::new(OnceCell::new_with(Some(pool))),
            origin,
        };
        let current = Arc::new(Current {
            handle: Mutex::new((generation(), handle)),
        });
        let place: Arc<dyn Place> = Arc::<Current>::clone(&current);
        PyClassInitializer::from(Executor::new(server.clone(), place)).add_subclass(Pool {
            server,
            current,
            commit_outcome,
        })
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
                StartOn::Keeper,
                Convert::Pool(origin.clone()),
                |cancel| async move {
                    tokio::select! {
                        biased;
                        opened = origin.connect() => opened.map(Outcome::PoolOpened),
                        () = cancel.fired() => Err(DriverError::Cancelled),
                    }
                },
            )
        })
    }

    /// Whether the ids of transactions are asked for before their COMMIT.
    #[getter]
    fn commit_outcome(&self) -> bool {
        self.commit_outcome
    }

    #[getter]
    fn server_version(&self) -> &str {
        &self.server.version
    }

    /// Start listening to these channels.
    fn listen(&self, py: Python<'_>, channels: Vec<String>) -> PyResult<Operation> {
        guarded(py, || {
            let pool = self.current.handle();
            Operation::start(py, StartOn::Keeper, Convert::Plain, |cancel| async move {
                let pool = pool.get().await?;
                let listener = tokio::select! {
                    biased;
                    listener = pool.listen(channels) => listener?,
                    () = cancel.fired() => return Err(DriverError::Cancelled),
                };
                Ok(Outcome::ListenerOpened(Box::new(listener)))
            })
        })
    }

    #[pyo3(signature = (isolation, read_only, causal))]
    fn begin(
        &self,
        py: Python<'_>,
        isolation: Option<&str>,
        read_only: bool,
        causal: bool,
    ) -> PyResult<Operation> {
        guarded(py, || {
            let isolation = isolation.map(|name| isolation_of(py, name)).transpose()?;
            // `atomic()` itself enforces the timeout.
            let options = BeginOptions {
                isolation,
                read_only,
                causal,
                timeout: None,
            };
            let pool = self.current.handle();
            Operation::start(
                py,
                StartOn::LoopAndSpin,
                Convert::Transaction(self.server.clone()),
                |cancel| async move {
                    let pool = pool.get().await?.cancelled_by(&cancel);
                    let transaction = pool.begin_with(options).await?;
                    Ok(Outcome::TransactionBegun(Box::new(transaction)))
                },
            )
        })
    }

    /// Close all connections when they are free. No effect if the pool is already closed.
    fn close(&self, py: Python<'_>) -> PyResult<Operation> {
        guarded(py, || {
            let pool = self.current.handle();
            Operation::start(py, StartOn::Keeper, Convert::Plain, |cancel| async move {
                // Do not open a pool in a forked child only to close it.
                if let Some(opened) = pool.opened.get() {
                    // A caller that does not wait leaves the rest to the runtime, once it has begun.
                    tokio::select! {
                        biased;
                        () = opened.close() => (),
                        () = cancel.fired() => (),
                    }
                }
                Ok(Outcome::Nothing)
            })
        })
    }

    /// Keep events for `next_events` from now on, or no longer.
    fn watch(&self, wanted: bool) {
        if let Some(pool) = self.current.handle().opened.get() {
            pool.watch(wanted);
        }
    }

    /// Return the events since the last call; wait until there is one. None when the pool is closed.
    fn next_events(&self, py: Python<'_>) -> PyResult<Operation> {
        guarded(py, || {
            let pool = self.current.handle();
            Operation::start(py, StartOn::Keeper, Convert::Plain, |cancel| async move {
                let events = match pool.opened.get() {
                    Some(pool) => tokio::select! {
                        biased;
                        events = pool.next_events() => events,
                        () = cancel.fired() => None,
                    },
                    None => None,
                };
                Ok(Outcome::Events(events))
            })
        })
    }

    /// Return the maximum number of connections, and what the pool has done since it was opened.
    fn counters(&self) -> HashMap<&'static str, f64> {
        let handle = self.current.handle();
        let pool = handle.opened.get();
        let counters = pool.map(oxyde_driver::Pool::counters).unwrap_or_default();
        let most = pool.map_or(0, |pool| pool.status().max);
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let count = |count: u64| count as f64;
        HashMap::from([
            ("max", f64::from(most)),
            ("statements", count(counters.statements)),
            ("errors", count(counters.errors)),
            ("acquired", count(counters.acquired)),
            ("waits", count(counters.waits)),
            ("waited", counters.waited.as_secs_f64()),
            ("timeouts", count(counters.timeouts)),
            ("opened", count(counters.opened)),
            ("retries", count(counters.retries)),
            ("evicted", count(counters.evicted)),
            ("outcomes_unknown", count(counters.unknown)),
        ])
    }

    /// Return the statements that were repeated on another connection, by the code of the error.
    fn retried(&self) -> BTreeMap<String, u64> {
        let handle = self.current.handle();
        let pool = handle.opened.get();
        pool.map(oxyde_driver::Pool::retried).unwrap_or_default()
    }

    /// Return the host and the role of the server of the newest or last tested connection; None for a
    /// file, or before the first one.
    fn server(&self) -> Option<(String, &'static str)> {
        let handle = self.current.handle();
        let (host, role) = handle.opened.get()?.server()?;
        Some((host.to_string(), role.name()))
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

/// Convert the settings of `PoolSettings.as_dict()` to the driver's.
fn read_settings(
    py: Python<'_>,
    name: &str,
    settings: &Bound<'_, PyDict>,
) -> PyResult<PoolSettings> {
    let settings = settings.copy()?;
    settings.set_item("name", name)?;
    // `atomic()` enforces this timeout, because it can be set per block.
    settings.set_item("transaction_timeout", py.None())?;
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

/// Return the names of all settings, for the test that both sides agree.
#[pyfunction]
pub(crate) fn setting_names(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    PyList::new(py, PoolSettings::NAMES)
}
