//! `oxyde._core.Transaction`.

use std::future::Future;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use oxyde_driver::{Cancel, DriverError};
use pyo3::prelude::*;
use pyo3::types::PySequence;

use crate::bridge::{Convert, Operation, Outcome, generation, inside};
use crate::error::{Class, error, guarded};
use crate::executor::{self, Target};
use crate::hydrate::Recipe;
use crate::plan::Plan;
use crate::pool::Server;

/// A connection with an open transaction. When it is released the server rolls back.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Transaction {
    server: Server,
    /// The process that it was begun in.
    generation: u64,
    /// Whether somebody else ends it.
    lent: bool,
    open: Mutex<Option<Arc<oxyde_driver::Transaction>>>,
}

impl Transaction {
    pub(crate) fn begun(transaction: oxyde_driver::Transaction, server: Server) -> Transaction {
        Transaction {
            server,
            generation: generation(),
            lent: false,
            open: Mutex::new(Some(Arc::new(transaction))),
        }
    }

    /// The transaction of a migration, for a data step that runs inside it.
    pub(crate) fn lent(transaction: Arc<oxyde_driver::Transaction>, server: Server) -> Transaction {
        Transaction {
            server,
            generation: generation(),
            lent: true,
            open: Mutex::new(Some(transaction)),
        }
    }

    /// The data step is over: what kept the object can do nothing more with it.
    pub(crate) fn end_loan(&self) {
        self.release_connection();
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

    fn current(&self, py: Python<'_>) -> PyResult<Arc<oxyde_driver::Transaction>> {
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

    fn target(&self, py: Python<'_>) -> PyResult<Target> {
        Ok(Target::Transaction(self.current(py)?))
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
            let transaction = self.current(py)?;
            Operation::start(py, Convert::Plain, |cancel| {
                let work = work(transaction, cancel);
                async move { work.await.map(|()| Outcome::Nothing) }
            })
        })
    }

    fn release_connection(&self) {
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

impl Drop for Transaction {
    fn drop(&mut self) {
        self.release_connection();
    }
}

#[pymethods]
impl Transaction {
    #[getter]
    fn flavour(&self) -> &'static str {
        self.server.dialect.name()
    }

    fn fetch(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, Plan>,
        values: &Bound<'_, PyAny>,
        recipe: Py<Recipe>,
    ) -> PyResult<Operation> {
        executor::fetch(py, self.target(py)?, &self.server, plan, values, recipe)
    }

    fn open_cursor(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, Plan>,
        values: &Bound<'_, PyAny>,
        recipe: Py<Recipe>,
        chunk: usize,
    ) -> PyResult<Operation> {
        executor::open_cursor(
            py,
            self.target(py)?,
            &self.server,
            plan,
            values,
            recipe,
            chunk,
        )
    }

    fn execute(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, Plan>,
        values: &Bound<'_, PyAny>,
    ) -> PyResult<Operation> {
        executor::execute(py, self.target(py)?, &self.server, plan, values)
    }

    #[pyo3(signature = (plan, rows, recipe, batch_size))]
    fn bulk(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, Plan>,
        rows: &Bound<'_, PySequence>,
        recipe: Option<Py<Recipe>>,
        batch_size: Option<usize>,
    ) -> PyResult<Operation> {
        executor::bulk(
            py,
            self.target(py)?,
            &self.server,
            plan,
            rows,
            recipe,
            batch_size,
        )
    }

    fn fetch_raw(
        &self,
        py: Python<'_>,
        sql: String,
        values: &Bound<'_, PySequence>,
        types: Vec<(String, Bound<'_, PyAny>)>,
    ) -> PyResult<Operation> {
        executor::fetch_raw(py, self.target(py)?, &self.server, sql, values, types)
    }

    fn explain(
        &self,
        py: Python<'_>,
        plan: &Bound<'_, Plan>,
        values: &Bound<'_, PyAny>,
        analyze: bool,
    ) -> PyResult<Operation> {
        executor::explain(py, self.target(py)?, &self.server, plan, values, analyze)
    }

    fn script(&self, py: Python<'_>, statements: Vec<String>) -> PyResult<Operation> {
        executor::script(py, self.target(py)?, statements)
    }

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
            self.release_connection();
        }
    }
}
