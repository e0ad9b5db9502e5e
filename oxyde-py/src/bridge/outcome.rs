//! What work comes to, and the Python value that it becomes on the loop's thread.

use std::sync::Arc;

use oxyde_driver::{BulkDone, Done, DriverError, Heard, Part, RowSet};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::cursor::{Cursor, Making};
use crate::error::{from_driver, internal};
use crate::hydrate::{Recipe, hydrate};
use crate::listener::Listener;
use crate::pool::Pool;
use crate::raw::RawRows;
use crate::transaction::Transaction;

/// The end of some work. Owns no Python object: it is made, and may be dropped, on any thread.
pub(crate) enum Outcome {
    Nothing,
    Rows(RowSet),
    /// Some rows of an answer that goes on; the operation has not ended.
    Part(Part),
    Done(Done),
    Bulk(BulkDone),
    Text(String),
    Opened(oxyde_driver::Pool),
    Begun(Box<oxyde_driver::Transaction>),
    Pointed(Box<oxyde_driver::Cursor>),
    Listening(Box<oxyde_driver::Listener>),
    Heard(Heard),
    Failed(DriverError),
    Panicked(String),
}

impl From<Result<Outcome, DriverError>> for Outcome {
    fn from(result: Result<Outcome, DriverError>) -> Self {
        result.unwrap_or_else(Outcome::Failed)
    }
}

/// How an outcome becomes a Python value. Stays on the loop's side.
pub(crate) enum Convert {
    /// None, text, or the pair of counts: the outcome says it all.
    Plain,
    /// Rows by a recipe, from the database of this name.
    Rows(Py<Recipe>, Arc<str>),
    /// Rows as they are, likewise.
    Raw(Arc<str>),
    /// A new pool: what it needs to open itself again.
    Pool(crate::pool::Origin),
    /// A new cursor: how its rows are made.
    Cursor(Making),
    /// A new transaction of this pool's flavour.
    Transaction(crate::pool::Server),
}

impl Convert {
    pub(super) fn value<'py>(
        &self,
        py: Python<'py>,
        outcome: Outcome,
    ) -> PyResult<Bound<'py, PyAny>> {
        Ok(match (outcome, self) {
            (Outcome::Failed(failed), _) => return Err(from_driver(py, &failed)),
            (Outcome::Panicked(message), _) => return Err(internal(py, &message)),
            (Outcome::Nothing | Outcome::Heard(Heard::Gap), _) => py.None().into_bound(py),
            (Outcome::Text(text), _) => text.into_pyobject(py)?.into_any(),
            (Outcome::Done(done), _) => (done.affected, done.last_insert_id)
                .into_pyobject(py)?
                .into_any(),
            (Outcome::Rows(rows), Convert::Rows(recipe, database)) => {
                hydrate(py, recipe.get(), &rows, Some(database))?
            }
            (Outcome::Rows(rows), Convert::Raw(database)) => {
                Bound::new(py, RawRows::new(rows, Arc::clone(database)))?.into_any()
            }
            (Outcome::Bulk(done), _) => {
                let rows = match (&done.rows, self) {
                    (Some(rows), Convert::Rows(recipe, database)) => {
                        Some(hydrate(py, recipe.get(), rows, Some(database))?)
                    }
                    _ => None,
                };
                let affected = done.affected.into_pyobject(py)?.into_any();
                let rows = rows.into_pyobject(py)?;
                let ids = done.ids.into_pyobject(py)?;
                PyTuple::new(py, [affected, rows, ids])?.into_any()
            }
            (Outcome::Opened(pool), Convert::Pool(origin)) => {
                Bound::new(py, Pool::opened(pool, origin.clone()))?.into_any()
            }
            (Outcome::Begun(transaction), Convert::Transaction(server)) => {
                Bound::new(py, Transaction::begun(*transaction, server.clone()))?.into_any()
            }
            (Outcome::Listening(listener), _) => {
                Bound::new(py, Listener::opened(*listener))?.into_any()
            }
            (
                Outcome::Heard(Heard::Note {
                    channel,
                    payload,
                    process,
                }),
                _,
            ) => (channel, payload, process).into_pyobject(py)?.into_any(),
            (Outcome::Pointed(cursor), Convert::Cursor(making)) => {
                Bound::new(py, Cursor::opened(py, *cursor, making))?.into_any()
            }
            (
                Outcome::Rows(_)
                | Outcome::Part(_)
                | Outcome::Opened(_)
                | Outcome::Begun(_)
                | Outcome::Pointed(_),
                _,
            ) => {
                return Err(internal(py, "an outcome that was not asked for"));
            }
        })
    }
}
