//! SQLite's C interface: the connection.
//!
//! sqlx opens and closes the connection on its own thread. That thread accesses the handle
//! only while it executes a command, and only the [`SqliteConnection`] can send one. A
//! [`Handle`] owns it and sends none between opening and closing, so the owner of the `Handle`
//! has exclusive access to the connection, on any thread.

#![expect(unsafe_code, reason = "SQLite's C interface")]

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;
use sqlx::Connection as _;
use sqlx_sqlite::SqliteConnection;

use super::cancel::CancelHandle;
use super::cursor::OpenCursor;
use super::functions;
use super::statement::Statement;
use super::wal::{self, WalState};
use crate::error::DriverError;

/// An error of SQLite: the extended result code and the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FfiError {
    pub code: c_int,
    pub message: String,
}

/// Virtual-machine instructions between two checks of the clock and the cancel flag.
const PROGRESS: c_int = 1_000;

/// The state that the callbacks of a connection check.
struct CallbackContext {
    stop: Arc<AtomicBool>,
    busy_timeout: Duration,
    busy_since: Cell<Option<Instant>>,
    /// The deadline of a statement on a thread that must not block.
    inline_until: Cell<Option<Instant>>,
    /// Whether it was stopped by that deadline.
    tripped: Cell<bool>,
    wal: Arc<WalState>,
    /// Whether a checkpoint is due that a thread that must not block left to another.
    checkpoint_due: Cell<bool>,
}

/// A connection; its owner has exclusive access.
pub(super) struct Handle {
    db: NonNull<ffi::sqlite3>,
    owner: Option<SqliteConnection>,
    control: Box<CallbackContext>,
    cache: HashMap<Box<str>, Cached>,
    /// Maximum number of cached statements.
    capacity: usize,
    cursors: HashMap<u64, OpenCursor>,
    /// Whether a commit only writes to the operating system's cache, without waiting for the disk.
    commits_in_cache: bool,
    /// Statements that exceeded the budget.
    slow: HashSet<Box<str>>,
    clock: u64,
    alive: Arc<Mutex<bool>>,
}

struct Cached {
    statement: Statement,
    used: u64,
}

/// Maximum number of slow statements recorded per connection.
const SLOW: usize = 256;

// SAFETY: SQLite is built thread-safe and the connection opened without a mutex of its own: it
// may move between threads as long as one uses it at a time, which owning the handle ensures.
unsafe impl Send for Handle {}

extern "C" fn on_progress(context: *mut c_void) -> c_int {
    // SAFETY: `context` is the `Control` of the calling connection, and outlives it.
    let control = unsafe { &*context.cast::<CallbackContext>() };
    if control.stop.load(Ordering::Acquire) {
        return 1;
    }
    if let Some(until) = control.inline_until.get()
        && Instant::now() > until
    {
        control.tripped.set(true);
        return 1;
    }
    0
}

extern "C" fn on_busy(context: *mut c_void, count: c_int) -> c_int {
    // SAFETY: `context` is the `Control` of the calling connection, and outlives it.
    let control = unsafe { &*context.cast::<CallbackContext>() };
    if control.inline_until.get().is_some() {
        control.tripped.set(true);
        return 0;
    }
    let now = Instant::now();
    if count == 0 {
        control.busy_since.set(Some(now));
    }
    let waited = control
        .busy_since
        .get()
        .map_or(Duration::ZERO, |since| now - since);
    if control.stop.load(Ordering::Acquire) || waited >= control.busy_timeout {
        return 0;
    }
    let pause = Duration::from_millis(match count {
        0 => 1,
        1 => 2,
        2..=5 => 5,
        6..=12 => 10,
        _ => 25,
    });
    std::thread::sleep(pause.min(control.busy_timeout.saturating_sub(waited)));
    1
}

/// Called after each commit to the write-ahead log, instead of SQLite's own function that makes the
/// checkpoints: a checkpoint waits for the disk.
extern "C" fn on_wal_commit(
    context: *mut c_void,
    db: *mut ffi::sqlite3,
    schema: *const c_char,
    pages: c_int,
) -> c_int {
    // SAFETY: `context` is the `Control` of the calling connection, and outlives it.
    let control = unsafe { &*context.cast::<CallbackContext>() };
    if pages < wal::CHECKPOINT_PAGES {
        control.wal.written();
    } else if control.inline_until.get().is_some() {
        control.checkpoint_due.set(true);
    } else {
        // SAFETY: SQLite passes its own connection and the name of one of its databases.
        unsafe { checkpoint(db, schema) };
        control.wal.checkpointed();
    }
    ffi::SQLITE_OK
}

/// Copy the write-ahead log to the database as far as no reader prevents it. An error has no effect
/// but that the log grows until the next attempt.
///
/// # Safety
/// The connection is open and used by this thread only; `schema` is NULL or a NUL-terminated string.
unsafe fn checkpoint(db: *mut ffi::sqlite3, schema: *const c_char) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        ffi::sqlite3_wal_checkpoint_v2(
            db,
            schema,
            ffi::SQLITE_CHECKPOINT_PASSIVE,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
}

impl Handle {
    /// Take over a connection that sqlx has opened.
    pub(super) async fn adopt(
        mut owner: SqliteConnection,
        busy_timeout: Duration,
        capacity: usize,
        wal: Arc<WalState>,
    ) -> Result<Self, sqlx::Error> {
        let db = owner.lock_handle().await?.as_raw_handle();
        let control = Box::new(CallbackContext {
            stop: Arc::default(),
            busy_timeout,
            busy_since: Cell::new(None),
            inline_until: Cell::new(None),
            tripped: Cell::new(false),
            wal,
            checkpoint_due: Cell::new(false),
        });
        let context = ptr::from_ref::<CallbackContext>(&control)
            .cast_mut()
            .cast::<c_void>();
        // SAFETY: the connection is open and not used elsewhere (see the module documentation).
        // `context` is in a box that is dropped after the callbacks are removed.
        unsafe {
            ffi::sqlite3_progress_handler(db.as_ptr(), PROGRESS, Some(on_progress), context);
            ffi::sqlite3_busy_handler(db.as_ptr(), Some(on_busy), context);
            ffi::sqlite3_wal_hook(db.as_ptr(), Some(on_wal_commit), context);
            // An unknown double-quoted name is an error, not a string.
            ffi::sqlite3_db_config(
                db.as_ptr(),
                ffi::SQLITE_DBCONFIG_DQS_DML,
                0 as c_int,
                ptr::null_mut::<c_int>(),
            );
        }
        functions::register(db).map_err(|fault| sqlx::Error::Protocol(fault.message))?;
        Ok(Self {
            db,
            owner: Some(owner),
            control,
            cache: HashMap::new(),
            capacity,
            cursors: HashMap::new(),
            commits_in_cache: false,
            slow: HashSet::new(),
            clock: 0,
            alive: Arc::new(Mutex::new(true)),
        })
    }

    pub(super) fn cancel_handle(&self) -> CancelHandle {
        let stop = Arc::clone(&self.control.stop);
        CancelHandle::new(stop, self.db, Arc::clone(&self.alive))
    }

    /// Clear an earlier cancel request. It cancelled the cursors too: SQLite stays
    /// interrupted as long as one is open.
    pub(super) fn clear_cancel(&mut self) {
        if self.control.stop.swap(false, Ordering::AcqRel) {
            self.cursors.clear();
        }
    }

    /// The open cursors.
    pub(super) fn cursors(&mut self) -> &mut HashMap<u64, OpenCursor> {
        &mut self.cursors
    }

    /// Whether a statement exceeded the budget the last time.
    pub(super) fn is_slow(&self, sql: &str) -> bool {
        !self.slow.is_empty() && self.slow.contains(sql)
    }

    pub(super) fn set_slow(&mut self, sql: &str, slow: bool) {
        if !slow {
            self.slow.remove(sql);
            return;
        }
        if self.slow.len() >= SLOW {
            self.slow.clear();
        }
        self.slow.insert(sql.into());
    }

    /// Run `work` for at most `budget` on this thread, without waiting for locks. `None` means that
    /// it takes longer, changed nothing, and must run on a thread that may block.
    pub(super) fn run_inline<T>(
        &mut self,
        budget: Duration,
        work: impl FnOnce(&mut Self) -> Result<T, DriverError>,
    ) -> Option<Result<T, DriverError>> {
        self.control.tripped.set(false);
        self.control.inline_until.set(Some(Instant::now() + budget));
        let stop = Arc::clone(&self.control.stop);
        let until = self.control.inline_until.get();
        let (result, too_long) = functions::watched(&stop, until, || work(self));
        self.control.inline_until.set(None);
        let tripped = self.control.tripped.replace(false) || too_long;
        (result.is_ok() || !tripped).then_some(result)
    }

    /// Run `work` on a thread that may block.
    pub(super) fn run_blocking<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let stop = Arc::clone(&self.control.stop);
        functions::watched(&stop, None, || work(self)).0
    }

    pub(super) fn set_commits_in_cache(&mut self, commits_in_cache: bool) {
        self.commits_in_cache = commits_in_cache;
    }

    /// Whether a statement of its own may write without waiting for the disk. Within a transaction,
    /// [`Self::run_inline`] could not undo the statement alone.
    pub(super) fn may_write_inline(&self) -> bool {
        self.commits_in_cache && !self.control.wal.waits_for_disk() && self.is_autocommit()
    }

    /// Whether a checkpoint is due; it is then up to the caller to make it.
    pub(super) fn take_checkpoint_due(&self) -> bool {
        self.control.checkpoint_due.take()
    }

    /// Make a checkpoint; waits for the disk.
    pub(super) fn checkpoint(&mut self) {
        // SAFETY: the connection is open and ours.
        unsafe { checkpoint(self.db.as_ptr(), c"main".as_ptr()) };
        self.control.wal.checkpointed();
    }

    /// Whether the database exists in memory only.
    pub(super) fn is_in_memory(&self) -> bool {
        // SAFETY: the connection is open and ours; a file name ends with NUL.
        unsafe {
            let name = ffi::sqlite3_db_filename(self.db.as_ptr(), c"main".as_ptr());
            name.is_null() || CStr::from_ptr(name).is_empty()
        }
    }

    /// Run statements that return no rows.
    pub(super) fn exec(&mut self, sql: &str) -> Result<(), FfiError> {
        let sql = CString::new(sql).map_err(|_| nul())?;
        // SAFETY: the connection is open and ours; the text ends with NUL.
        let code = unsafe {
            ffi::sqlite3_exec(
                self.db.as_ptr(),
                sql.as_ptr(),
                None,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        self.check(code)
    }

    /// Return a prepared statement, from the cache if possible.
    pub(super) fn take(&mut self, sql: &str) -> Result<Statement, FfiError> {
        if let Some(cached) = self.cache.remove(sql) {
            return Ok(cached.statement);
        }
        self.prepare(sql)
    }

    /// Return a statement to the cache.
    pub(super) fn keep(&mut self, sql: &str, statement: Statement) {
        if self.capacity == 0 {
            return;
        }
        if self.cache.len() >= self.capacity {
            let oldest = self
                .cache
                .iter()
                .min_by_key(|(_, cached)| cached.used)
                .map(|(sql, _)| sql.clone());
            if let Some(oldest) = oldest {
                self.cache.remove(&oldest);
            }
        }
        self.clock += 1;
        let used = self.clock;
        self.cache.insert(sql.into(), Cached { statement, used });
    }

    fn prepare(&mut self, sql: &str) -> Result<Statement, FfiError> {
        let len = c_int::try_from(sql.len()).map_err(|_| FfiError {
            code: ffi::SQLITE_TOOBIG,
            message: "the statement is too long".to_owned(),
        })?;
        if sql.contains('\0') {
            return Err(nul());
        }
        let mut raw = ptr::null_mut();
        let mut tail = ptr::null();
        // SAFETY: the connection is open and ours; text and length belong together.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(
                self.db.as_ptr(),
                sql.as_ptr().cast(),
                len,
                ffi::SQLITE_PREPARE_PERSISTENT,
                &raw mut raw,
                &raw mut tail,
            )
        };
        self.check(code)?;
        let raw = NonNull::new(raw).ok_or_else(|| FfiError {
            code: ffi::SQLITE_ERROR,
            message: "the statement is empty".to_owned(),
        })?;
        let statement = Statement::own(raw);
        // SAFETY: `tail` points into `sql` or to its end.
        let done = unsafe { tail.cast::<u8>().offset_from(sql.as_ptr()) };
        let rest = usize::try_from(done).ok().and_then(|at| sql.get(at..));
        if rest.is_some_and(|rest| !is_blank(rest)) {
            return Err(FfiError {
                code: ffi::SQLITE_ERROR,
                message: "the SQL contains more than one statement".to_owned(),
            });
        }
        Ok(statement)
    }

    fn check(&self, code: c_int) -> Result<(), FfiError> {
        if code == ffi::SQLITE_OK {
            Ok(())
        } else {
            Err(self.fault(code))
        }
    }

    /// Return the error of the call that just returned `code`.
    pub(super) fn fault(&self, code: c_int) -> FfiError {
        // SAFETY: the connection is open and ours; the message is copied immediately.
        let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.db.as_ptr())) };
        FfiError {
            code,
            message: message.to_string_lossy().into_owned(),
        }
    }

    /// Whether no transaction is open.
    pub(super) fn is_autocommit(&self) -> bool {
        // SAFETY: the connection is open and ours.
        unsafe { ffi::sqlite3_get_autocommit(self.db.as_ptr()) != 0 }
    }

    /// Whether the file is read-only.
    pub(super) fn is_read_only(&self) -> bool {
        // SAFETY: the connection is open and ours.
        unsafe { ffi::sqlite3_db_readonly(self.db.as_ptr(), c"main".as_ptr()) == 1 }
    }

    /// Return the rows changed by the last statement, and by all statements so far.
    pub(super) fn changes(&self) -> (i64, i64) {
        // SAFETY: the connection is open and ours.
        unsafe {
            (
                ffi::sqlite3_changes64(self.db.as_ptr()),
                ffi::sqlite3_total_changes64(self.db.as_ptr()),
            )
        }
    }

    /// Return the key of the last inserted row.
    pub(super) fn last_rowid(&self) -> i64 {
        // SAFETY: the connection is open and ours.
        unsafe { ffi::sqlite3_last_insert_rowid(self.db.as_ptr()) }
    }

    /// Set it, to detect statements that insert nothing.
    pub(super) fn set_last_rowid(&self, id: i64) {
        // SAFETY: the connection is open and ours.
        unsafe { ffi::sqlite3_set_last_insert_rowid(self.db.as_ptr(), id) }
    }

    /// Prepare the connection for closing; return sqlx's side of it.
    fn finish(&mut self) -> Option<SqliteConnection> {
        self.cursors.clear();
        self.cache.clear();
        *self.alive.lock().unwrap_or_else(PoisonError::into_inner) = false;
        // SAFETY: the connection is open and ours; this removes the callbacks whose context
        // is about to be dropped.
        unsafe {
            ffi::sqlite3_progress_handler(self.db.as_ptr(), 0, None, ptr::null_mut());
            ffi::sqlite3_busy_handler(self.db.as_ptr(), None, ptr::null_mut());
            ffi::sqlite3_wal_hook(self.db.as_ptr(), None, ptr::null_mut());
        }
        self.owner.take()
    }

    /// Close the file and wait until it is closed.
    pub(super) async fn close(mut self: Box<Self>) {
        if let Some(owner) = self.finish() {
            // No error could be acted on.
            let _ = owner.close().await;
        }
    }

    /// Abandon everything, in a forked process.
    pub(super) fn forget(mut self: Box<Self>) {
        std::mem::forget(self.owner.take());
        std::mem::forget(self);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if self.owner.is_some() {
            drop(self.finish());
        }
    }
}

/// Return the version of the linked library.
pub(super) fn version() -> String {
    // SAFETY: the library returns a static string.
    let version = unsafe { CStr::from_ptr(ffi::sqlite3_libversion()) };
    version.to_string_lossy().into_owned()
}

fn nul() -> FfiError {
    FfiError {
        code: ffi::SQLITE_ERROR,
        message: "the statement contains a NUL character".to_owned(),
    }
}

/// Whether the rest of the SQL is only whitespace, semicolons and comments.
fn is_blank(mut rest: &str) -> bool {
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ';');
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
        } else {
            return rest.is_empty();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_blank;

    #[test]
    fn comments_are_no_statement() {
        assert!(is_blank(" ; -- end\n /* a */ ;"));
        assert!(is_blank("-- end"));
        assert!(!is_blank("; SELECT 1"));
    }
}
