//! `oxyde._core.Cursor`.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;

use crate::bridge::{Convert, Operation, Outcome, Where, generation, inside};
use crate::error::{Class, error, guarded};
use crate::hydrate::Recipe;

/// What a cursor needs to make its rows.
pub(crate) struct Making {
    recipe: Py<Recipe>,
    /// The name of the database that the rows are from.
    database: Arc<str>,
}

impl Making {
    pub(crate) fn new(recipe: Py<Recipe>, database: Arc<str>) -> Making {
        Making { recipe, database }
    }
}

/// Rows of a plan, a chunk at a time. When it is released its connection goes back.
#[pyclass(frozen, module = "oxyde._core")]
pub(crate) struct Cursor {
    making: Making,
    /// The process that it was opened in.
    generation: u64,
    open: Mutex<Option<Arc<oxyde_driver::Cursor>>>,
}

impl Cursor {
    pub(crate) fn opened(py: Python<'_>, cursor: oxyde_driver::Cursor, making: &Making) -> Cursor {
        Cursor {
            making: Making::new(making.recipe.clone_ref(py), Arc::clone(&making.database)),
            generation: generation(),
            open: Mutex::new(Some(Arc::new(cursor))),
        }
    }

    fn current(&self, py: Python<'_>) -> PyResult<Option<Arc<oxyde_driver::Cursor>>> {
        if self.generation != generation() {
            return Err(error(
                py,
                Class::Oxyde,
                "the rows are read by the parent process",
                Some("run the query in the child itself"),
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
            // It may have to be closed by a task of the runtime.
            inside(|| drop(open));
        } else {
            // In a forked child: to close it would speak on the parent's socket.
            mem::forget(open);
        }
    }
}

#[pymethods]
impl Cursor {
    /// The next rows; fewer than a chunk are the last.
    fn next(&self, py: Python<'_>) -> PyResult<Operation> {
        guarded(py, || {
            let Some(cursor) = self.current(py)? else {
                return Err(error(py, Class::Oxyde, "the rows were closed", None));
            };
            let making = &self.making;
            let convert = Convert::Rows(making.recipe.clone_ref(py), Arc::clone(&making.database));
            Operation::start(py, Where::Away, convert, |cancel| async move {
                cursor.next(&cancel).await.map(Outcome::Rows)
            })
        })
    }

    /// Give the connection back. Closed already: nothing.
    fn close(&self, py: Python<'_>) -> PyResult<Operation> {
        guarded(py, || {
            let cursor = self.current(py)?;
            Operation::start(py, Where::Away, Convert::Plain, |_cancel| async move {
                if let Some(cursor) = cursor {
                    cursor.close().await?;
                }
                Ok(Outcome::Nothing)
            })
        })
    }
}
