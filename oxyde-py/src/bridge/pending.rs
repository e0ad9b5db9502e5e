//! A pending operation of an event loop, and how its future is completed.

use std::collections::VecDeque;
use std::sync::Arc;

use oxyde_driver::{Cancel, Chunk, RowSet};
use pyo3::prelude::*;

use super::outcome::{Convert, Outcome};
use super::reactor::inside;
use crate::error::{guarded, internal};
use crate::hydrate::{HydratedRows, Recipe};
use crate::slices::SliceDeadline;

/// Values of fewer rows are built at once.
const FEW_ROWS: usize = 256;

/// A pending operation.
pub(super) struct Pending {
    pub(super) future: Py<PyAny>,
    pub(super) convert: Convert,
    pub(super) cancel: Cancel,
    /// Its outcomes with many rows that the loop has not processed yet, in order.
    pub(super) waiting: VecDeque<Outcome>,
    /// The next row of the first outcome.
    pub(super) at: usize,
    /// The values built from the rows so far, or the error.
    pub(super) ahead: Option<PyResult<HydratedRows>>,
    /// The futures that wait for cancelled work to settle.
    pub(super) settled: Option<Py<PyAny>>,
}

impl Pending {
    /// Whether the loop may need turns during this work or earlier work.
    pub(super) fn is_long(&self, outcome: &Outcome) -> bool {
        if self.ahead.is_some() || !self.waiting.is_empty() || matches!(outcome, Outcome::Chunk(_))
        {
            return true;
        }
        self.convert.making().is_some() && outcome.rows().is_some_and(|rows| rows.len() >= FEW_ROWS)
    }

    /// Return the next outcome to process; `None` if there is none.
    pub(super) fn next(&mut self, py: Python<'_>) -> Option<Step> {
        let outcome = self.waiting.pop_front()?;
        let making = self.convert.making();
        Some(Step {
            future: self.future.clone_ref(py),
            making: making.map(|(recipe, database)| (recipe.clone_ref(py), Arc::clone(database))),
            outcome,
            at: std::mem::take(&mut self.at),
            ahead: self.ahead.take(),
        })
    }

    /// Complete the waiting futures with the outcome and the values built from its rows.
    pub(super) fn end(
        self,
        py: Python<'_>,
        outcome: Outcome,
        ahead: Option<PyResult<HydratedRows>>,
    ) -> PyResult<()> {
        let future = self.future.bind(py);
        let mut unknown = None;
        if is_done(future)? {
            // Its task was cancelled. Release the outcome; a transaction is rolled back.
            unknown = outcome.unknown(py);
            inside(|| drop(outcome));
        } else {
            // After a failure, discard the rows received so far.
            let ahead = ahead.filter(|_| outcome.rows().is_some());
            let value = || self.convert.value(py, outcome, ahead.transpose()?);
            let made = tracing::trace_span!("hydrate").in_scope(|| guarded(py, || inside(value)));
            match made {
                Ok(value) => future.call_method1(pyo3::intern!(py, "set_result"), (value,))?,
                Err(error) => set_exception(future, error)?,
            };
        }
        if let Some(settled) = &self.settled {
            let settled = settled.bind(py);
            if !is_done(settled)? {
                settled.call_method1(pyo3::intern!(py, "set_result"), (unknown,))?;
            }
        }
        Ok(())
    }
}

/// An outcome that is being processed, while no lock of the loop is held.
pub(super) struct Step {
    future: Py<PyAny>,
    making: Option<(Py<Recipe>, Arc<str>)>,
    pub(super) outcome: Outcome,
    pub(super) at: usize,
    pub(super) ahead: Option<PyResult<HydratedRows>>,
}

impl Step {
    /// Build values from the outcome's rows until the time is up; return whether all are built.
    pub(super) fn go(&mut self, py: Python<'_>, until: SliceDeadline) -> PyResult<bool> {
        if is_done(self.future.bind(py))? {
            // Its task was cancelled: the values are not needed, and freeing them also takes time.
            return Ok(match &mut self.ahead {
                Some(Ok(built)) => built.shed(until),
                _ => true,
            });
        }
        if matches!(self.outcome, Outcome::Chunk(Chunk::Restart)) {
            self.ahead = None;
            return Ok(true);
        }
        let (Some(rows), Some((recipe, database))) = (self.outcome.rows(), &self.making) else {
            return Ok(true);
        };
        let (built, at) = build_rows(
            py,
            recipe.get(),
            database,
            rows,
            self.ahead.take(),
            (self.at, until),
        );
        (self.at, self.ahead) = (at, Some(built));
        Ok(at == rows.len())
    }
}

/// Build values from rows, after those of earlier rows.
///
/// `slice` is the first row, and when to stop. Returns the values, or the error of a row, and the row
/// to continue with.
pub(super) fn build_rows(
    py: Python<'_>,
    recipe: &Recipe,
    database: &Arc<str>,
    rows: &RowSet,
    ahead: Option<PyResult<HydratedRows>>,
    (at, until): (usize, SliceDeadline),
) -> (PyResult<HydratedRows>, usize) {
    let mut built = match ahead {
        Some(Err(error)) => return (Err(error), rows.len()),
        Some(Ok(built)) => built,
        None => HydratedRows::new(py, Some(database)),
    };
    let made = tracing::trace_span!("hydrate")
        .in_scope(|| guarded(py, || built.add(py, recipe, rows, at, until)));
    match made {
        Ok(at) => (Ok(built), at),
        Err(error) => (Err(error), rows.len()),
    }
}

pub(super) fn is_done(future: &Bound<'_, PyAny>) -> PyResult<bool> {
    future
        .call_method0(pyo3::intern!(future.py(), "done"))?
        .is_truthy()
}

fn set_exception<'py>(future: &Bound<'py, PyAny>, error: PyErr) -> PyResult<Bound<'py, PyAny>> {
    let py = future.py();
    let name = pyo3::intern!(py, "set_exception");
    if error.is_instance_of::<pyo3::exceptions::PyStopIteration>(py) {
        // A future does not accept StopIteration.
        let wrapped = internal(py, "a validator raised StopIteration");
        wrapped.set_cause(py, Some(error));
        return future.call_method1(name, (wrapped.into_value(py),));
    }
    future.call_method1(name, (error.into_value(py),))
}
