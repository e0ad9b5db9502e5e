//! `oxyde._core.Transaction`.

use std::future::Future;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use oxyde_driver::{Cancel, DriverError};
use pyo3::prelude::*;

use crate::bridge::{Convert, Operation, Outcome, StartOn, generation, inside};
use crate::error::{Class, error, guarded};
use crate::executor::Executor;
use crate::target::{Place, Server, Target};

/// A connection with an open transaction, until it ends.
struct Current {
    /// The process that it was started in.
    generation: u64,
    open: Mutex<Option<oxyde_driver::Transaction>>,
}

impl Current {
    fn get(&self, py: Python<'_>) -> PyResult<oxyde_driver::Transaction> {
        if self.generation != generation() {
            return Err(error(
                py,
                Class::Transaction,
                "the transaction belongs to the parent process",
                Some("open a transaction in the child process"),
            ));
        }
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| error(py, Class::Transaction, "the transaction has ended", None))
    }

    fn release(&self) {
        let open = self
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if self.generation == generation() {
            inside(|| drop(open));
        } else {
            // In a forked child: closing the connection would write to the parent's socket.
            mem::forget(open);
        }
    }
}

impl Place for Current {
    fn target(&self, py: Python<'_>) -> PyResult<Target> {
        self.get(py).map(Target::Transaction)
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        self.release();
    }
}

/// A transaction. It is rolled back when it is released.
#[pyclass(frozen, extends = Executor, module = "oxyde._core")]
pub(crate) struct Transaction {
    /// Whether another owner ends it.
    lent: bool,
    current: Arc<Current>,
    committed: Arc<AtomicBool>,
}

impl Transaction {
    pub(crate) fn begun(
        transaction: oxyde_driver::Transaction,
        server: Server,
    ) -> PyClassInitializer<Transaction> {
        Self::new(transaction, server, false)
    }

    /// Create it for a data step that runs inside the transaction of a migration.
    pub(crate) fn lent(
        transaction: oxyde_driver::Transaction,
        server: Server,
    ) -> PyClassInitializer<Transaction> {
        Self::new(transaction, server, true)
    }

    fn new(
        transaction: oxyde_driver::Transaction,
        server: Server,
        lent: bool,
    ) -> PyClassInitializer<Transaction> {
        let current = Arc::new(Current {
            generation: generation(),
            open: Mutex::new(Some(transaction)),
        });
        let place: Arc<dyn Place> = Arc::<Current>::clone(&current);
        PyClassInitializer::from(Executor::new(server, place)).add_subclass(Transaction {
            lent,
            current,
            committed: Arc::default(),
        })
    }

    /// End the data step: the object becomes unusable.
    pub(crate) fn end_loan(&self) {
        self.current.release();
    }

    fn check_own(&self, py: Python<'_>) -> PyResult<()> {
        if self.lent {
            return Err(error(
                py,
                Class::Transaction,
                "a data step cannot end the transaction of its migration",
                Some("raise an exception to roll back the migration"),
            ));
        }
        Ok(())
    }

    /// Run one of the transaction's own statements.
    fn steer<F>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(oxyde_driver::Transaction, Cancel) -> F,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<(), DriverError>> + Send + 'static,
    {
        guarded(py, || {
            let transaction = self.current.get(py)?;
            Operation::start(py, StartOn::LoopAndSpin, Convert::Plain, |cancel| {
                let work = work(transaction, cancel);
                async move { work.await.map(|()| Outcome::Nothing) }
            })
        })
    }
}

#[pymethods]
impl Transaction {
    fn savepoint(&self, py: Python<'_>, name: String) -> PyResult<Operation> {
        self.steer(py, |transaction, cancel| async move {
            transaction.cancelled_by(&cancel).savepoint(&name).await
        })
    }

    fn release(&self, py: Python<'_>, name: String) -> PyResult<Operation> {
        self.steer(py, |transaction, cancel| async move {
            transaction.cancelled_by(&cancel).release(&name).await
        })
    }

    fn rollback_to(&self, py: Python<'_>, name: String) -> PyResult<Operation> {
        self.steer(py, |transaction, cancel| async move {
            transaction.cancelled_by(&cancel).rollback_to(&name).await
        })
    }

    fn commit(&self, py: Python<'_>) -> PyResult<Operation> {
        self.check_own(py)?;
        let committed = Arc::clone(&self.committed);
        self.steer(py, |transaction, cancel| async move {
            transaction.commit_unless(&cancel).await?;
            committed.store(true, Ordering::Release);
            Ok(())
        })
    }

    /// Whether the server confirmed the commit, which a task that is cancelled during the commit
    /// does not receive.
    #[getter]
    fn committed(&self) -> bool {
        self.committed.load(Ordering::Acquire)
    }

    /// Roll back. No effect if it has already ended.
    fn rollback(&self, py: Python<'_>) -> PyResult<Operation> {
        self.check_own(py)?;
        self.steer(
            py,
            |transaction, _| async move { transaction.rollback().await },
        )
    }

    /// Close the connection without waiting; the server rolls back.
    fn abandon(&self) {
        if !self.lent {
            self.current.release();
        }
    }
}
