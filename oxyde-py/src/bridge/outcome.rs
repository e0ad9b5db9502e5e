//! The outcome of work, and its conversion to a Python value on the loop's thread.

use std::sync::Arc;

use oxyde_driver::{
    BulkResult, Chunk, DriverError, ExecuteResult, Notification, PoolEvent, RowSet,
};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arrow::{self, ArrowRows, ExportError};
use crate::cursor::{Cursor, RowFormat};
use crate::error::{from_driver, internal};
use crate::hydrate::{HydratedRows, Recipe, hydrate};
use crate::listener::Listener;
use crate::pool::Pool;
use crate::raw_rows::RawRows;
use crate::transaction::Transaction;

/// The outcome of work. Owns no Python object: it may be created and dropped on any thread.
pub(crate) enum Outcome {
    Nothing,
    Rows(RowSet),
    /// Rows as Arrow columns.
    Columns(Result<ArrowRows, ExportError>),
    /// Some rows of a result; the operation has not ended.
    Chunk(Chunk),
    Executed(ExecuteResult),
    Bulk(BulkResult),
    Text(String),
    PoolOpened(oxyde_driver::Pool),
    TransactionBegun(Box<oxyde_driver::Transaction>),
    CursorOpened(Box<oxyde_driver::Cursor>),
    ListenerOpened(Box<oxyde_driver::Listener>),
    Notified(Notification),
    /// What happened in a pool; None when it is closed.
    Events(Option<Vec<PoolEvent>>),
    Failed(DriverError),
    Panicked(String),
}

impl From<Result<Outcome, DriverError>> for Outcome {
    fn from(result: Result<Outcome, DriverError>) -> Self {
        result.unwrap_or_else(Outcome::Failed)
    }
}

impl Outcome {
    /// The exception that a cancelled task must get: its work may have taken effect.
    pub(super) fn unknown<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        match self {
            Outcome::Failed(failed @ DriverError::OutcomeUnknown { .. }) => Some(
                from_driver(py, failed)
                    .into_value(py)
                    .into_bound(py)
                    .into_any(),
            ),
            _ => None,
        }
    }

    /// The rows that values are built from.
    pub(super) fn rows(&self) -> Option<&RowSet> {
        match self {
            Outcome::Rows(rows) | Outcome::Chunk(Chunk::Rows(rows)) => Some(rows),
            Outcome::Bulk(done) => done.rows.as_ref(),
            _ => None,
        }
    }
}

/// How to convert an outcome to a Python value. Stays on the loop's thread.
pub(crate) enum Convert {
    /// None, text, or the pair of counts: the outcome contains everything.
    Plain,
    /// Rows by a recipe, from the database with this name.
    Rows(Py<Recipe>, Arc<str>),
    /// Raw rows, from the database with this name.
    Raw(Arc<str>),
    /// A new pool: the data to reopen it.
    Pool(crate::target::Origin),
    /// A new cursor: how to build its rows.
    Cursor(RowFormat),
    /// A new transaction with this pool's dialect.
    Transaction(crate::target::Server),
}

impl Convert {
    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Convert::Rows(recipe, _) => visit.call(recipe),
            Convert::Cursor(making) => making.traverse(visit),
            Convert::Plain | Convert::Raw(_) | Convert::Pool(_) | Convert::Transaction(_) => Ok(()),
        }
    }

    /// How to build values from rows in slices, and the name of their database; None if
    /// no values are built.
    pub(super) fn making(&self) -> Option<(&Py<Recipe>, &Arc<str>)> {
        match self {
            Convert::Rows(recipe, database) if recipe.get().takes_chunks() => {
                Some((recipe, database))
            }
            _ => None,
        }
    }

    /// Convert an outcome to its value; `built` contains the values of its rows if they are already
    /// built.
    pub(super) fn value<'py>(
        &self,
        py: Python<'py>,
        outcome: Outcome,
        built: Option<HydratedRows>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let made = |built: Option<HydratedRows>, rows: &RowSet, recipe: &Recipe, database: &str| {
            match built {
                Some(built) => built.finish(py, recipe),
                None => hydrate(py, recipe, rows, Some(database)),
            }
        };
        Ok(match (outcome, self) {
            (Outcome::Failed(failed), _) => return Err(from_driver(py, &failed)),
            (Outcome::Panicked(message), _) => return Err(internal(py, &message)),
            (Outcome::Nothing | Outcome::Notified(Notification::Gap), _) => {
                py.None().into_bound(py)
            }
            (Outcome::Events(events), _) => events
                .map(|events| events.into_iter().map(event).collect::<Vec<_>>())
                .into_pyobject(py)?,
            (Outcome::Text(text), _) => text.into_pyobject(py)?.into_any(),
            (Outcome::Executed(done), _) => (done.affected, done.last_insert_id)
                .into_pyobject(py)?
                .into_any(),
            (Outcome::Rows(rows), Convert::Rows(recipe, database)) => {
                made(built, &rows, recipe.get(), database)?
            }
            (Outcome::Columns(columns), _) => {
                let columns = columns.map_err(|refused| arrow::refusal(py, &refused))?;
                Bound::new(py, columns)?.into_any()
            }
            (Outcome::Rows(rows), Convert::Raw(database)) => {
                Bound::new(py, RawRows::new(rows, Arc::clone(database)))?.into_any()
            }
            (Outcome::Bulk(done), _) => {
                let rows = match (&done.rows, self) {
                    (Some(rows), Convert::Rows(recipe, database)) => {
                        Some(made(built, rows, recipe.get(), database)?)
                    }
                    _ => None,
                };
                let affected = done.affected.into_pyobject(py)?.into_any();
                let rows = rows.into_pyobject(py)?;
                let ids = done.ids.into_pyobject(py)?;
                PyTuple::new(py, [affected, rows, ids])?.into_any()
            }
            (Outcome::PoolOpened(pool), Convert::Pool(origin)) => {
                Bound::new(py, Pool::opened(pool, origin.clone()))?.into_any()
            }
            (Outcome::TransactionBegun(transaction), Convert::Transaction(server)) => {
                Bound::new(py, Transaction::begun(*transaction, server.clone()))?.into_any()
            }
            (Outcome::ListenerOpened(listener), _) => {
                Bound::new(py, Listener::opened(*listener))?.into_any()
            }
            (
                Outcome::Notified(Notification::Message {
                    channel,
                    payload,
                    process,
                }),
                _,
            ) => (channel, payload, process).into_pyobject(py)?.into_any(),
            (Outcome::CursorOpened(cursor), Convert::Cursor(making)) => {
                Bound::new(py, Cursor::opened(py, *cursor, making))?.into_any()
            }
            (
                Outcome::Rows(_)
                | Outcome::Chunk(_)
                | Outcome::PoolOpened(_)
                | Outcome::TransactionBegun(_)
                | Outcome::CursorOpened(_),
                _,
            ) => {
                return Err(internal(py, "an unexpected outcome"));
            }
        })
    }
}

/// An event as kind, seconds and message.
fn event(event: PoolEvent) -> (&'static str, Option<f64>, Option<String>) {
    let seconds = event.took.map(|took| took.as_secs_f64());
    (event.kind.name(), seconds, event.message)
}
