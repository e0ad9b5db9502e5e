//! `oxyde._core.Transaction`.

use std::future::Future;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use oxyde_driver::{Cancel, DriverError};
use pyo3::prelude::*;

use crate::bridge::{Convert, Operation, Outcome, Where, generation, inside};
use crate::error::{Class, error, guarded};
use crate::executor::{Executor, Place, Target};
use crate::pool::Server;

/// A connection with an open transaction, until it ends.
struct Current {
    /// The process that it was begun in.
    generation: u64,
    open: Mutex<Option<Arc<oxyde_driver::Transaction>>>,
}

impl Current {
    fn get(&self, py: Python<'_>) -> PyResult<Arc<oxyde_driver::Transaction>> {
        if self.generation != generation() {
            return Err(error(
                py,
                Class::Transaction,
                "the transaction belongs to the parent process",
                Some("open a transaction in the child itself"),
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
            // In a forked child: to close the connection would speak on the parent's socket.
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

/// A transaction. When it is released the server rolls back.
#[pyclass(frozen, extends = Executor, module = "oxyde._core")]
pub(crate) struct Transaction {
    /// Whether somebody else ends it.
    lent: bool,
    current: Arc<Current>,
}

impl Transaction {
    pub(crate) fn begun(
        transaction: oxyde_driver::Transaction,
        server: Server,
    ) -> PyClassInitializer<Transaction> {
        Self::new(Arc::new(transaction), server, false)
    }

    /// The transaction of a migration, for a data step that runs inside it.
    pub(crate) fn lent(
        transaction: Arc<oxyde_driver::Transaction>,
        server: Server,
    ) -> PyClassInitializer<Transaction> {
        Self::new(transaction, server, true)
    }

    fn new(
        transaction: Arc<oxyde_driver::Transaction>,
        server: Server,
        lent: bool,
    ) -> PyClassInitializer<Transaction> {
        let current = Arc::new(Current {
            generation: generation(),
            open: Mutex::new(Some(transaction)),
        });
        let place: Arc<dyn Place> = Arc::<Current>::clone(&current);
        PyClassInitializer::from(Executor::new(server, place))
            .add_subclass(Transaction { lent, current })
    }

    /// The data step is over: what kept the object can do nothing more with it.
    pub(crate) fn end_loan(&self) {
        self.current.release();
    }

    fn check_own(&self, py: Python<'_>) -> PyResult<()> {
        if self.lent {
            return Err(error(
                py,
                Class::Transaction,
                "a data step cannot end the transaction of its migration",
                Some("raise an exception to have the migration rolled back"),
            ));
        }
        Ok(())
    }

    /// Run one of the transaction's own statements.
    fn steer<F>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(Arc<oxyde_driver::Transaction>, Cancel) -> F,
    ) -> PyResult<Operation>
    where
        F: Future<Output = Result<(), DriverError>> + Send + 'static,
    {
        guarded(py, || {
            let transaction = self.current.get(py)?;
            Operation::start(py, Where::Near, Convert::Plain, |cancel| {
                let work = work(transaction, cancel);
                async move { work.await.map(|()| Outcome::Nothing) }
            })
        })
    }
}

#[pymethods]
impl Transaction {
    fn savepoint(&self, py: Python<'_>, name: String) -> PyResult<Operation> {
        self.steer(py, |transaction, _| async move {
            transaction.savepoint(&name).await
        })
    }

    fn release(&self, py: Python<'_>, name: String) -> PyResult<Operation> {
        self.steer(py, |transaction, _| async move {
            transaction.release(&name).await
        })
    }

    fn rollback_to(&self, py: Python<'_>, name: String) -> PyResult<Operation> {
        self.steer(py, |transaction, _| async move {
            transaction.rollback_to(&name).await
        })
    }

    fn commit(&self, py: Python<'_>) -> PyResult<Operation> {
        self.check_own(py)?;
        self.steer(
            py,
            |transaction, _| async move { transaction.commit().await },
        )
    }

    /// Undo everything. It has ended already: nothing.
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
