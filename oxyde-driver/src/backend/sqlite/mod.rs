//! SQLite, stepped in place over the handle that sqlx opened.
//!
//! A short read runs on the thread that asks, within [`BUDGET`] and without waiting for locks;
//! whatever takes longer, and all writes, run on a thread that may block.

mod bind;
mod cancel;
mod cursor;
mod decode;
mod error;
mod functions;
mod options;
mod raw;
mod statement;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use oxyde_sql::plan::{Bind, OutputColumn, Plan};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::Notify;

pub(crate) use cancel::Stopper;
use decode::Reads;
use raw::Handle;
use statement::{Run, Statement, Step};

use super::{Job, Outcome, connect_error};
use crate::error::DriverError;
use crate::parts::Parts;
use crate::rows::RowSet;
use crate::settings::{Place, PoolSettings};

/// How long a read may run on a thread that serves other tasks too.
const BUDGET: Duration = Duration::from_micros(500);

/// How to connect.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    options: SqliteConnectOptions,
    pub(super) place: Place,
    settings: PoolSettings,
}

impl Connector {
    pub(crate) fn new(place: &Place, settings: &PoolSettings) -> Self {
        Self {
            options: options::options(place, settings),
            place: place.clone(),
            settings: settings.clone(),
        }
    }

    /// Whether the data live in this connection.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.place, Place::Memory)
    }

    pub(crate) async fn connect(&self) -> Result<Connection, DriverError> {
        let fail = |problem| connect_error(&self.place, problem, error::classify);
        let raw = self.options.connect().await.map_err(fail)?;
        let busy = options::busy_timeout(&self.settings);
        let mut handle = Box::new(Handle::adopt(raw, busy).await.map_err(fail)?);
        let settings = self.settings.clone();
        // Setting up may wait for another process's lock.
        let set_up = tokio::task::spawn_blocking(move || {
            let result = options::set_up(&mut handle, &settings);
            (handle, result)
        });
        let (handle, result) = set_up.await.map_err(|_| gone())?;
        if let Err(fault) = result {
            let problem = error::reported(&fault);
            handle.close().await;
            return Err(problem);
        }
        let stopper = handle.stopper();
        Ok(Connection {
            home: Arc::new(Home {
                handle: Mutex::new(Some(handle)),
                back: Notify::new(),
            }),
            stopper,
            settings: self.settings.clone(),
        })
    }

    /// The version of the library that is linked.
    pub(crate) fn version() -> String {
        libsqlite3_sys::SQLITE_VERSION
            .to_string_lossy()
            .into_owned()
    }
}

/// Where a connection is while no statement runs.
struct Home {
    handle: Mutex<Option<Box<Handle>>>,
    back: Notify,
}

impl Home {
    fn take(&self) -> Option<Box<Handle>> {
        self.handle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn put(&self, handle: Box<Handle>) {
        *self.handle.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        self.back.notify_one();
    }
}

/// A connection to SQLite.
pub(crate) struct Connection {
    home: Arc<Home>,
    stopper: Stopper,
    settings: PoolSettings,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Connection")
    }
}

fn gone() -> DriverError {
    DriverError::ConnectionLost {
        message: "the thread of the connection has ended".to_owned(),
    }
}

impl Connection {
    /// A stopper for the statement that comes next.
    pub(crate) fn stopper(&self) -> Stopper {
        if let Some(handle) = &mut *self
            .home
            .handle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
        {
            handle.clear_stop();
        }
        self.stopper.clone()
    }

    pub(crate) fn is_stop(problem: &DriverError) -> bool {
        problem
            .code()
            .and_then(|code| code.parse().ok())
            .is_some_and(error::is_interrupt)
    }

    /// Runs one job.
    pub(crate) async fn run(&mut self, job: &Arc<Job>) -> Result<Outcome, DriverError> {
        let mut handle = self.home.take().ok_or_else(gone)?;
        if let Some(sql) = job.read()
            && !handle.is_slow(sql)
        {
            let done = handle.within(BUDGET, |handle| carry_out(handle, job, None));
            if let Some(result) = done {
                self.home.put(handle);
                return result;
            }
            // All that was for nothing: the next time it begins where it may block.
            handle.set_slow(sql, true);
        }
        let home = Arc::clone(&self.home);
        let job = Arc::clone(job);
        tokio::task::spawn_blocking(move || {
            let start = Instant::now();
            let result = carry_out(&mut handle, &job, job.parts());
            if let Some(sql) = job.read()
                && start.elapsed() < BUDGET / 2
            {
                handle.set_slow(sql, false);
            }
            home.put(handle);
            result
        })
        .await
        .map_err(|_| gone())?
    }

    /// Whether a transaction is open; `None` while a statement runs.
    pub(crate) fn in_transaction(&self) -> Option<bool> {
        self.home
            .handle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|handle| !handle.is_autocommit())
    }

    /// Stops what runs, rolls back what is open and sets the session up again.
    pub(crate) async fn recover(&mut self) -> Result<(), DriverError> {
        self.stopper.stop();
        let mut handle = loop {
            let back = self.home.back.notified();
            if let Some(handle) = self.home.take() {
                break handle;
            }
            back.await;
        };
        handle.clear_stop();
        let settings = self.settings.clone();
        let home = Arc::clone(&self.home);
        tokio::task::spawn_blocking(move || {
            let mut result = Ok(());
            handle.cursors().clear();
            if !handle.is_autocommit() {
                result = handle.exec("ROLLBACK");
            }
            let result = result.and_then(|()| options::set_up(&mut handle, &settings));
            home.put(handle);
            result
        })
        .await
        .map_err(|_| gone())?
        .map_err(|fault| error::reported(&fault))
    }

    pub(crate) async fn close(self) {
        if let Some(handle) = self.home.take() {
            handle.close().await;
        }
    }

    pub(crate) fn forget(self) {
        if let Some(handle) = self.home.take() {
            handle.forget();
        }
        std::mem::forget(self);
    }
}

/// Carries out a job; `parts` takes the rows of a plan.
fn carry_out(
    handle: &mut Handle,
    job: &Arc<Job>,
    parts: Option<&Parts>,
) -> Result<Outcome, DriverError> {
    match &**job {
        Job::Plan { plan, values, .. } => {
            let rows = RowSet::of_plan(plan).in_parts(parts);
            planned(handle, plan, rows, &plan.sql, &plan.binds, values)
        }
        Job::Text {
            plan,
            sql,
            binds,
            values,
        } => planned(handle, plan, RowSet::of_plan(plan), sql, binds, values),
        Job::PerRow { plan, rows, range } => {
            all_or_nothing(handle, |handle| per_row(handle, plan, rows, range))
        }
        Job::Arrays { .. } => Err(DriverError::Misuse("SQLite takes rows one by one")),
        Job::Raw { sql, values, types } => raw_sql(handle, sql, values, types),
        Job::Simple(sql) => {
            if matches!(sql.as_str(), "COMMIT" | "ROLLBACK") {
                // They belong to the transaction, and would keep its view of the data.
                handle.cursors().clear();
            }
            handle
                .exec(sql)
                .map(|()| Outcome::default())
                .map_err(|fault| error::reported(&fault))
        }
        Job::Open { id, .. } => cursor::open(handle, *id, job),
        Job::Next { id, count, .. } => cursor::next(handle, *id, *count),
        Job::Shut { id } => {
            handle.cursors().remove(id);
            Ok(Outcome::default())
        }
        Job::Stream { .. } => Err(super::NO_CURSOR),
    }
}

/// A statement from the cache for the time of `work`; kept when it is of use again.
fn with_statement<T>(
    handle: &mut Handle,
    sql: &str,
    work: impl FnOnce(&mut Handle, &mut Statement) -> Result<T, DriverError>,
) -> Result<T, DriverError> {
    let mut statement = handle.take(sql).map_err(|fault| error::reported(&fault))?;
    let result = work(handle, &mut statement);
    handle.keep(sql, statement);
    result
}

fn planned(
    handle: &mut Handle,
    plan: &Arc<Plan>,
    mut rows: RowSet,
    sql: &str,
    binds: &[Bind],
    values: &[Value],
) -> Result<Outcome, DriverError> {
    with_statement(handle, sql, |handle, statement| {
        let reads: Vec<Reads<'_>> = plan
            .outputs
            .iter()
            .map(|column| Reads::As(&column.ty))
            .collect();
        let before = Before::of(handle, statement);
        let mut run = statement.start();
        bind::values(&mut run, binds, values)?;
        step_all(handle, &mut run, &mut rows, &reads)?;
        drop(run);
        Ok(before.outcome(handle, rows))
    })
}

/// Work of several statements in a transaction of its own, where none is open yet: begun and
/// ended here, it costs one change of threads instead of three.
fn all_or_nothing(
    handle: &mut Handle,
    work: impl FnOnce(&mut Handle) -> Result<Outcome, DriverError>,
) -> Result<Outcome, DriverError> {
    if !handle.is_autocommit() {
        return work(handle);
    }
    let run = |handle: &mut Handle, sql| handle.exec(sql).map_err(|fault| error::reported(&fault));
    run(handle, "BEGIN IMMEDIATE")?;
    let result = work(handle).and_then(|outcome| run(handle, "COMMIT").map(|()| outcome));
    if result.is_err() && !handle.is_autocommit() {
        // The first error is the one to tell; a connection that stays inside a transaction does
        // not go back to the pool.
        let _ = run(handle, "ROLLBACK");
    }
    result
}

/// One prepared statement, once per row.
fn per_row(
    handle: &mut Handle,
    plan: &Arc<Plan>,
    rows: &[Vec<Value>],
    range: &Range<usize>,
) -> Result<Outcome, DriverError> {
    with_statement(handle, &plan.sql, |handle, statement| {
        let reads: Vec<Reads<'_>> = plan
            .outputs
            .iter()
            .map(|column| Reads::As(&column.ty))
            .collect();
        let mut answer = RowSet::of_plan(plan);
        let mut affected = 0;
        let mut ids = Vec::new();
        let (_, start) = handle.changes();
        let mut total = start;
        let mut run = statement.start();
        for (at, row) in range.clone().zip(&rows[range.clone()]) {
            let shift = |problem| DriverError::BulkRow {
                row: at,
                source: Box::new(problem),
            };
            bind::values(&mut run, &plan.binds, row).map_err(shift)?;
            step_all(handle, &mut run, &mut answer, &reads).map_err(|problem| {
                if matches!(problem, DriverError::Decode { .. }) {
                    problem
                } else {
                    unwrap_stop(problem, at)
                }
            })?;
            run.reset();
            let (changes, now) = handle.changes();
            if now != total {
                affected += u64::try_from(changes).unwrap_or(0);
                total = now;
                if reads.is_empty() {
                    ids.push(handle.last_rowid());
                }
            }
        }
        drop(run);
        Ok(Outcome {
            rows: answer,
            affected,
            last_insert_id: Some(handle.last_rowid()).filter(|id| *id != 0),
            ids,
        })
    })
}

/// A stop is no fault of the row; anything else names it.
fn unwrap_stop(problem: DriverError, row: usize) -> DriverError {
    if Connection::is_stop(&problem) || matches!(problem, DriverError::Violated { .. }) {
        problem
    } else {
        DriverError::BulkRow {
            row,
            source: Box::new(problem),
        }
    }
}

fn raw_sql(
    handle: &mut Handle,
    sql: &str,
    values: &[Value],
    types: &[(String, ColumnType)],
) -> Result<Outcome, DriverError> {
    with_statement(handle, sql, |handle, statement| {
        if statement.parameters() != values.len() {
            return Err(super::wrong_count(statement.parameters(), values.len()));
        }
        let before = Before::of(handle, statement);
        let mut run = statement.start();
        bind::raw(&mut run, values)?;
        // The first step may prepare the statement anew: only then are its columns sure.
        let first = run.step();
        let mut columns = Vec::new();
        let mut reads = Vec::new();
        for at in 0..run.statement().columns() {
            let name = run.statement().name(at);
            let how = Reads::of_raw(run.statement(), at, &name, types);
            let ty = match &how {
                Reads::As(ty) => (*ty).clone(),
                Reads::Perhaps(ty) => ty.clone(),
                Reads::Stored => ColumnType::Text,
            };
            columns.push(OutputColumn { name, ty });
            reads.push(how);
        }
        let mut rows = RowSet::of_columns(columns);
        let mut step = first;
        while step == Step::Row {
            decode::row(&mut rows, &run, &reads)?;
            step = run.step();
        }
        if let Step::Failed(code) = step {
            return Err(error::reported(&handle.fault(code)));
        }
        drop(run);
        Ok(before.outcome(handle, rows))
    })
}

fn step_all(
    handle: &Handle,
    run: &mut Run<'_, '_>,
    rows: &mut RowSet,
    reads: &[Reads<'_>],
) -> Result<(), DriverError> {
    loop {
        match run.step() {
            Step::Row if reads.is_empty() => (),
            Step::Row => {
                if run.statement().columns() != reads.len() {
                    return Err(DriverError::Misuse(
                        "the answer has another number of columns than the plan",
                    ));
                }
                decode::row(rows, run, reads)?;
            }
            Step::Done => return Ok(()),
            Step::Failed(code) => return Err(error::reported(&handle.fault(code))),
        }
    }
}

/// The counters before a statement, to tell what it changed.
struct Before {
    total: i64,
    rowid: i64,
    writes: bool,
}

impl Before {
    fn of(handle: &Handle, statement: &Statement) -> Self {
        let writes = !statement.is_read_only();
        let rowid = handle.last_rowid();
        if writes {
            handle.set_last_rowid(0);
        }
        Self {
            total: handle.changes().1,
            rowid,
            writes,
        }
    }

    fn outcome(self, handle: &Handle, rows: RowSet) -> Outcome {
        let (changes, total) = handle.changes();
        let mut last_insert_id = None;
        if self.writes {
            last_insert_id = Some(handle.last_rowid()).filter(|id| *id != 0);
            if last_insert_id.is_none() {
                // Raw SQL may still ask for last_insert_rowid().
                handle.set_last_rowid(self.rowid);
            }
        }
        Outcome {
            rows,
            affected: if total == self.total {
                0
            } else {
                u64::try_from(changes).unwrap_or(0)
            },
            last_insert_id,
            ids: Vec::new(),
        }
    }
}
