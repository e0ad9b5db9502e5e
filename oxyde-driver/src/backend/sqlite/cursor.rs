//! Statements that pause between two rows.

#![expect(unsafe_code, reason = "the values outlive the call that binds them")]

use std::sync::Arc;

use oxyde_sql::plan::Plan;

use super::raw::Handle;
use super::statement::{Statement, Step};
use super::{bind, decode, error, types_of};
use crate::backend::{Job, Outcome};
use crate::error::DriverError;
use crate::rows::RowSet;

/// A paused statement.
pub(super) struct OpenCursor {
    // Drop order: the statement first, then the values that it points to.
    statement: Statement,
    job: Arc<Job>,
}

impl OpenCursor {
    fn plan(&self) -> Option<&Arc<Plan>> {
        match &*self.job {
            Job::OpenCursor { plan, .. } => Some(plan),
            _ => None,
        }
    }
}

/// Prepare and bind a statement; it is stepped later.
pub(super) fn open(handle: &mut Handle, id: u64, job: &Arc<Job>) -> Result<Outcome, DriverError> {
    let Job::OpenCursor { plan, values, .. } = &**job else {
        return Err(DriverError::Misuse("a cursor is opened by its own job"));
    };
    let mut statement = handle
        .take(&plan.sql)
        .map_err(|fault| error::reported(&fault))?;
    let mut run = statement.start();
    bind::values(&mut run, &plan.binds, values)?;
    // SAFETY: `Paused` keeps the job, whose values were bound and never change, as long as
    // it has the statement.
    unsafe { run.pause() };
    let job = Arc::clone(job);
    handle.cursors().insert(id, OpenCursor { statement, job });
    Ok(Outcome::default())
}

/// Read at most `count` further rows. The cursor is closed after the last one and after an error.
pub(super) fn next(handle: &mut Handle, id: u64, count: usize) -> Result<Outcome, DriverError> {
    let closed = || DriverError::Closed { what: "the cursor" };
    let mut paused = handle.cursors().remove(&id).ok_or_else(closed)?;
    let plan = Arc::clone(paused.plan().ok_or_else(closed)?);
    let types = types_of(&plan);
    let mut rows = RowSet::of_plan(&plan);
    let mut run = paused.statement.start();
    while rows.len() < count {
        match run.step() {
            Step::Row if run.statement().columns() != types.len() => {
                return Err(DriverError::Misuse(
                    "the result has a different number of columns than the plan",
                ));
            }
            Step::Row => decode::row(&mut rows, &run, &types)?,
            Step::Done => {
                drop(run);
                handle.keep(&plan.sql, paused.statement);
                return Ok(Outcome {
                    rows,
                    ..Outcome::default()
                });
            }
            Step::Failed(code) => return Err(error::reported(&handle.fault(code))),
        }
    }
    // SAFETY: `paused` still contains the job with the bound values.
    unsafe { run.pause() };
    handle.cursors().insert(id, paused);
    Ok(Outcome {
        rows,
        ..Outcome::default()
    })
}
