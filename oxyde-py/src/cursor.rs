//! `oxyde._core.Cursor`.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::bridge::{Convert, Operation, Outcome, StartOn, generation, inside};
use crate::error::{Class, error, guarded};
use crate::hydrate::Recipe;

/// What a cursor needs to build its rows.
pub(crate) struct RowFormat {
    recipe: Py<Recipe>,
    /// The name of the rows' database.
    database: Arc<str>,
}

impl RowFormat {
    pub(crate) fn new(recipe: Py<Recipe>, database: Arc<str>) -> RowFormat {
        RowFormat { recipe, database }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.recipe)
    }
}

/// Reads the rows of a plan in chunks. Releasing it returns its connection.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Cursor {
    making: RowFormat,
    /// The process that it was opened in.
    generation: u64,
    open: Mutex<Option<Arc<oxyde_driver::Cursor>>>,
}

impl Cursor {
    pub(crate) fn opened(
        py: Python<'_>,
        cursor: oxyde_driver::Cursor,
        making: &RowFormat,
    ) -> Cursor {
        Cursor {
            making: RowFormat::new(making.recipe.clone_ref(py), Arc::clone(&making.database)),
            generation: generation(),
            open: Mutex::new(Some(Arc::new(cursor))),
        }
    }

    fn current(&self, py: Python<'_>) -> PyResult<Option<Arc<oxyde_driver::Cursor>>> {
        if self.generation != generation() {
            return Err(error(
                py,
                Class::Oxyde,
                "the cursor belongs to the parent process",
                Some("run the query in the child process"),
            ));
        }
        Ok(self
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        let open = self
            .open
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if self.generation == generation() {
            // A task of the runtime may have to close it.
            inside(|| drop(open));
        } else {
            // In a forked child: closing it would write to the parent's socket.
            mem::forget(open);
        }
    }
}

#[pymethods]
impl Cursor {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.making.traverse(&visit)
    }

    /// Return the next rows; if there are fewer than a chunk, they are the last.
    fn next(&self, py: Python<'_>) -> PyResult<Operation> {
        guarded(py, || {
            let Some(cursor) = self.current(py)? else {
                return Err(error(py, Class::Oxyde, "the cursor is closed", None));
            };
            let making = &self.making;
            let convert = Convert::Rows(making.recipe.clone_ref(py), Arc::clone(&making.database));
            Operation::start(py, StartOn::Keeper, convert, |cancel| async move {
                cursor.cancelled_by(&cancel).next().await.map(Outcome::Rows)
            })
        })
    }

    /// Release the connection. No effect if it is already closed.
    fn close(&self, py: Python<'_>) -> PyResult<Operation> {
        guarded(py, || {
            let cursor = self.current(py)?;
            Operation::start(py, StartOn::Keeper, Convert::Plain, |_cancel| async move {
                if let Some(cursor) = cursor {
                    cursor.close().await?;
                }
                Ok(Outcome::Nothing)
            })
        })
    }
}
