//! SQLite, stepped in place over the handle that sqlx opened.
//!
//! A short statement runs on the calling thread, within [`BUDGET`] and without waiting for locks or
//! the disk: a read, or a write outside of a transaction to a database whose commits do not wait for
//! the disk. All others run on a thread that may block.

mod bind;
mod cancel;
mod cursor;
mod decode;
mod error;
mod file;
mod functions;
mod options;
mod raw;
mod raw_query;
mod statement;
mod wal;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use oxyde_sql::dialect::Dialect;
use oxyde_sql::plan::{Bind, Plan};
use oxyde_sql::types::ColumnType;
use oxyde_sql::value::Value;
use sqlx::ConnectOptions as _;
use sqlx_sqlite::SqliteConnectOptions;
use tokio::sync::Notify;

use cancel::CancelHandle;
use file::OpenFile;
pub use functions::register_sqlite_functions;
use raw::Handle;
use statement::{Run, Statement, Step};
use wal::WalState;

use super::interface::{self, Backend, Greeting, HostConnector};
use super::role::Role;
use super::{Job, Outcome, connect_error};
use crate::error::DriverError;
use crate::rows::ChunkSink;
use crate::rows::RowSet;
use crate::settings::{Place, PoolSettings};
use crate::values::fit::size_of;

/// Maximum time of a statement on a thread that also serves other tasks.
const BUDGET: Duration = Duration::from_micros(500);

/// Maximum size of the values that such a statement writes, in bytes.
const INLINE_VALUES: usize = 1 << 16;

/// How to connect.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    options: SqliteConnectOptions,
    place: Place,
    settings: PoolSettings,
    wal: Arc<WalState>,
    /// Whether the file was opened, and is not created again.
    opened: Arc<AtomicBool>,
}

impl Connector {
    pub(crate) fn new(place: &Place, settings: &PoolSettings) -> Self {
        Self {
            options: options::options(place, settings),
            place: place.clone(),
            settings: settings.clone(),
            wal: Arc::new(WalState::new()),
            opened: Arc::default(),
        }
    }

    async fn open(&self) -> Result<Connection, DriverError> {
        let fail = |problem| connect_error(&self.place, problem, error::classify);
        let mut options = self.options.clone();
        if self.opened.load(Ordering::Acquire) && !self.is_memory() {
            options = options.create_if_missing(false);
        }
        let raw = options.connect().await.map_err(fail)?;
        let busy = options::busy_timeout(&self.settings);
        let capacity = self.settings.statement_cache_size;
        let wal = Arc::clone(&self.wal);
        let adopting = Handle::adopt(raw, busy, capacity, wal);
        let mut handle = Box::new(adopting.await.map_err(fail)?);
        let settings = self.settings.clone();
        // The set-up may wait for another process's lock.
        let set_up = tokio::task::spawn_blocking(move || {
            let result = options::set_up(&mut handle, &settings);
            (handle, result)
        });
        let (handle, result) = set_up.await.map_err(|_| thread_ended())?;
        if let Err(fault) = result {
            let problem = error::reported(&fault);
            handle.close().await;
            return Err(problem);
        }
        let cancel_handle = Arc::new(handle.cancel_handle());
        self.opened.store(true, Ordering::Release);
        let file = match &self.place {
            Place::File { path, .. } => OpenFile::opened(path),
            _ => None,
        };
        Ok(Connection {
            file,
            home: Arc::new(HandleSlot {
                handle: Mutex::new(Some(handle)),
                back: Notify::new(),
            }),
            cancel_handle,
            settings: self.settings.clone(),
        })
    }
}

impl HostConnector for Connector {
    fn place(&self) -> &Place {
        &self.place
    }

    fn connect(&self) -> BoxFuture<'_, Result<(interface::Connection, Greeting), DriverError>> {
        Box::pin(async move {
            let connection = self.open().await?;
            let greeting = Greeting {
                dialect: Dialect::Sqlite,
                version: raw::version(),
                role: Role::Primary,
                ordered_returning: true,
            };
            Ok((Box::new(connection) as interface::Connection, greeting))
        })
    }

    fn is_memory(&self) -> bool {
        matches!(self.place, Place::Memory)
    }

    fn has_one_writer(&self) -> bool {
        true
    }
}

/// Where a connection is while no statement runs.
struct HandleSlot {
    handle: Mutex<Option<Box<Handle>>>,
    back: Notify,
}

impl HandleSlot {
    fn lock(&self) -> MutexGuard<'_, Option<Box<Handle>>> {
        self.handle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Box<Handle>> {
        self.lock().take()
    }

    fn put(&self, handle: Box<Handle>) {
        *self.lock() = Some(handle);
        self.back.notify_one();
    }
}

/// A connection to SQLite.
pub(crate) struct Connection {
    file: Option<OpenFile>,
    home: Arc<HandleSlot>,
    cancel_handle: Arc<CancelHandle>,
    settings: PoolSettings,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Connection")
    }
}

fn thread_ended() -> DriverError {
    DriverError::ConnectionLost {
        message: "the thread of the connection ended".to_owned(),
        refused: false,
    }
}

impl Connection {
    async fn run_or_move(&mut self, job: &Arc<Job>) -> Result<Outcome, DriverError> {
        let mut handle = self.home.take().ok_or_else(thread_ended)?;
        let home = Arc::clone(&self.home);
        let short = short_sql(&handle, job);
        if let Some(sql) = short
            && !handle.is_slow(sql)
        {
            let done = handle.run_inline(BUDGET, |handle| run_job(handle, job, None));
            if let Some(result) = done {
                if handle.take_checkpoint_due() {
                    let checkpoint = tokio::task::spawn_blocking(move || {
                        handle.checkpoint();
                        home.put(handle);
                    });
                    checkpoint.await.map_err(|_| thread_ended())?;
                } else {
                    home.put(handle);
                }
                return result;
            }
            // The work was wasted: next time, start on a thread that may block.
            handle.set_slow(sql, true);
        }
        let was_short = short.is_some();
        let job = Arc::clone(job);
        tokio::task::spawn_blocking(move || {
            let start = Instant::now();
            let result = handle.run_blocking(|handle| run_job(handle, &job, job.sink()));
            if was_short
                && start.elapsed() < BUDGET / 2
                && let Some(sql) = job.sql()
            {
                handle.set_slow(sql, false);
            }
            home.put(handle);
            result
        })
        .await
        .map_err(|_| thread_ended())?
    }

    /// Cancel the running statement, roll back, and set up the session again.
    async fn set_up_again(&mut self) -> Result<(), DriverError> {
        self.cancel_handle.stop();
        let mut handle = loop {
            let back = self.home.back.notified();
            if let Some(handle) = self.home.take() {
                break handle;
            }
            back.await;
        };
        handle.clear_cancel();
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
        .map_err(|_| thread_ended())?
        .map_err(|fault| error::reported(&fault))
    }
}

impl Backend for Connection {
    fn cancel_handle(&self) -> interface::CancelHandle {
        if let Some(handle) = &mut *self.home.lock() {
            handle.clear_cancel();
        }
        self.cancel_handle.clone()
    }

    fn run<'a>(
        &'a mut self,
        job: &'a Arc<Job>,
        _retry: bool,
    ) -> BoxFuture<'a, Result<Outcome, DriverError>> {
        Box::pin(self.run_or_move(job))
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if let Some(handle) = self.home.take() {
                handle.close().await;
            }
        })
    }

    fn forget(self: Box<Self>) {
        if let Some(handle) = self.home.take() {
            handle.forget();
        }
        std::mem::forget(self);
    }

    fn is_file_gone(&mut self, idle_since: Instant) -> bool {
        let file = self.file.as_mut();
        file.is_some_and(|file| file.is_gone(idle_since))
    }

    /// Unknown while a statement runs.
    fn in_transaction(&self) -> Option<bool> {
        let home = self.home.lock();
        home.as_ref().map(|handle| !handle.is_autocommit())
    }

    fn recover(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async move { self.set_up_again().await.is_ok() })
    }
}

/// Return the SQL of a job that may be short enough for the calling thread.
fn short_sql<'a>(handle: &Handle, job: &'a Job) -> Option<&'a str> {
    let read_only = job.read_only_sql();
    if read_only.is_some() || !handle.may_write_inline() {
        return read_only;
    }
    match job {
        Job::Plan { plan, values, .. } => {
            let size: usize = values.iter().map(size_of).sum();
            (size <= INLINE_VALUES).then_some(&plan.sql)
        }
        _ => None,
    }
}

/// Run a job; `parts` receives the rows of a plan.
fn run_job(
    handle: &mut Handle,
    job: &Arc<Job>,
    sink: Option<&ChunkSink>,
) -> Result<Outcome, DriverError> {
    match &**job {
        Job::Plan { plan, values, .. } => {
            let rows = RowSet::of_plan(plan).with_sink(sink);
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
        Job::Arrays { .. } => Err(DriverError::Misuse("SQLite expects rows one by one")),
        Job::Raw { sql, values, types } => raw_query::run(handle, sql, values, types),
        Job::Simple(sql) => simple(handle, sql),
        Job::End(end) => {
            // They belong to the transaction, and would hold its snapshot.
            handle.cursors().clear();
            simple(handle, end.sql())
        }
        Job::OpenCursor { id, .. } => cursor::open(handle, *id, job),
        Job::FetchCursor { id, count, .. } => cursor::next(handle, *id, *count),
        Job::CloseCursor { id } => {
            handle.cursors().remove(id);
            Ok(Outcome::default())
        }
        Job::Stream { .. } => Err(super::NO_CURSOR),
    }
}

fn simple(handle: &mut Handle, sql: &str) -> Result<Outcome, DriverError> {
    handle
        .exec(sql)
        .map(|()| Outcome::default())
        .map_err(|fault| error::reported(&fault))
}

/// Run `work` with a statement from the cache, and return the statement to the cache if it is
/// reusable.
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

/// The types of a plan's result columns.
fn types_of(plan: &Plan) -> Vec<&ColumnType> {
    plan.outputs.iter().map(|column| &column.ty).collect()
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
        let types = types_of(plan);
        let before = ChangeCounters::of(handle, statement);
        let mut run = statement.start();
        bind::values(&mut run, binds, values)?;
        step_all(handle, &mut run, &mut rows, &types)?;
        drop(run);
        Ok(before.outcome(handle, rows))
    })
}

/// Run several statements in a transaction of their own, if none is open: beginning and
/// ending it here costs one thread switch instead of three.
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
        // Report the first error; a connection that is still in a transaction does
        // not return to the pool.
        let _ = run(handle, "ROLLBACK");
    }
    result
}

/// Run one prepared statement once per row.
fn per_row(
    handle: &mut Handle,
    plan: &Arc<Plan>,
    rows: &[Vec<Value>],
    range: &Range<usize>,
) -> Result<Outcome, DriverError> {
    with_statement(handle, &plan.sql, |handle, statement| {
        let types = types_of(plan);
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
            step_all(handle, &mut run, &mut answer, &types).map_err(|problem| {
                if matches!(problem, DriverError::Decode { .. }) {
                    problem
                } else {
                    name_row(problem, at)
                }
            })?;
            run.reset();
            let (changes, now) = handle.changes();
            if now != total {
                affected += u64::try_from(changes).unwrap_or(0);
                total = now;
                if types.is_empty() {
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

/// Cancellation is not the row's fault; all other errors name the row.
fn name_row(problem: DriverError, row: usize) -> DriverError {
    if error::is_cancelled(&problem) || matches!(problem, DriverError::Violated { .. }) {
        problem
    } else {
        DriverError::BulkRow {
            row,
            source: Box::new(problem),
        }
    }
}

fn step_all(
    handle: &Handle,
    run: &mut Run<'_, '_>,
    rows: &mut RowSet,
    types: &[&ColumnType],
) -> Result<(), DriverError> {
    loop {
        match run.step() {
            Step::Row if types.is_empty() => (),
            Step::Row => {
                if run.statement().columns() != types.len() {
                    return Err(DriverError::Misuse(
                        "the result has a different number of columns than the plan",
                    ));
                }
                decode::row(rows, run, types)?;
            }
            Step::Done => return Ok(()),
            Step::Failed(code) => return Err(error::reported(&handle.fault(code))),
        }
    }
}

/// The counters before a statement, to compute what it changed.
struct ChangeCounters {
    total: i64,
    rowid: i64,
    writes: bool,
}

impl ChangeCounters {
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
                // Raw SQL may still read last_insert_rowid().
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
