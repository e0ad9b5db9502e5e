//! SQLite's C interface: the connection.
//!
//! sqlx opens and closes the connection on a thread of its own. That thread touches the handle
//! only while it carries out a command, and only the [`SqliteConnection`] can send one. A
//! [`Handle`] owns it and sends none between opening and closing, so whoever has the `Handle`
//! has the connection to itself, on whatever thread it is.

#![expect(unsafe_code, reason = "SQLite's C interface")]

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::ffi::{CStr, CString, c_int, c_void};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use super::cursor::Paused;
use super::functions;
use super::statement::Statement;

/// An error of SQLite: the extended result code and the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub code: c_int,
    pub message: String,
}

/// Statements kept prepared per connection.
const CACHE: usize = 128;
/// Virtual-machine instructions between two looks at the clock and the stop flag.
const PROGRESS: c_int = 1_000;

/// What the callbacks of a connection look at.
struct Control {
    stop: Arc<AtomicBool>,
    busy_timeout: Duration,
    busy_since: Cell<Option<Instant>>,
    /// Until when a statement may run on a thread that must not block.
    inline_until: Cell<Option<Instant>>,
    /// Whether it was stopped because of that.
    tripped: Cell<bool>,
}

/// A connection, owned by whoever may use it now.
pub(super) struct Handle {
    db: NonNull<ffi::sqlite3>,
    owner: Option<SqliteConnection>,
    control: Box<Control>,
    cache: HashMap<Box<str>, Cached>,
    cursors: HashMap<u64, Paused>,
    /// Reads that took longer than they may where others wait.
    slow: HashSet<Box<str>>,
    clock: u64,
    alive: Arc<Mutex<bool>>,
}

struct Cached {
    statement: Statement,
    used: u64,
}

/// Slow statements remembered per connection.
const SLOW: usize = 256;

// SAFETY: SQLite is built thread-safe and the connection opened without a mutex of its own: it
// may move between threads as long as one uses it at a time, which owning the handle ensures.
unsafe impl Send for Handle {}

/// Stops what a connection does, from any thread.
#[derive(Clone)]
pub(crate) struct Stopper {
    stop: Arc<AtomicBool>,
    db: NonNull<ffi::sqlite3>,
    alive: Arc<Mutex<bool>>,
}

// SAFETY: the pointer is only used for `sqlite3_interrupt`, which may be called from any thread
// while the connection is open; `alive` is locked meanwhile and false once it is closing.
unsafe impl Send for Stopper {}
// SAFETY: as above.
unsafe impl Sync for Stopper {}

impl std::fmt::Debug for Stopper {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Stopper")
    }
}

impl Stopper {
    /// Stops the running statement, also while it waits for a lock.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        let alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        if *alive {
            // SAFETY: the connection is open while `alive` is true and locked.
            unsafe { ffi::sqlite3_interrupt(self.db.as_ptr()) };
        }
    }
}

extern "C" fn on_progress(context: *mut c_void) -> c_int {
    // SAFETY: `context` is the `Control` of the connection that calls, which outlives it.
    let control = unsafe { &*context.cast::<Control>() };
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
    // SAFETY: `context` is the `Control` of the connection that calls, which outlives it.
    let control = unsafe { &*context.cast::<Control>() };
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

impl Handle {
    /// Takes over a connection that sqlx has opened.
    pub(super) async fn adopt(
        mut owner: SqliteConnection,
        busy_timeout: Duration,
    ) -> Result<Self, sqlx::Error> {
        let db = owner.lock_handle().await?.as_raw_handle();
        let control = Box::new(Control {
            stop: Arc::default(),
            busy_timeout,
            busy_since: Cell::new(None),
            inline_until: Cell::new(None),
            tripped: Cell::new(false),
        });
        let context = ptr::from_ref::<Control>(&control)
            .cast_mut()
            .cast::<c_void>();
        // SAFETY: the connection is open and nobody else uses it (see the head of this file).
        // `context` lives in a box that is dropped after the callbacks are taken back.
        unsafe {
            ffi::sqlite3_progress_handler(db.as_ptr(), PROGRESS, Some(on_progress), context);
            ffi::sqlite3_busy_handler(db.as_ptr(), Some(on_busy), context);
        }
        functions::register(db);
        Ok(Self {
            db,
            owner: Some(owner),
            control,
            cache: HashMap::new(),
            cursors: HashMap::new(),
            slow: HashSet::new(),
            clock: 0,
            alive: Arc::new(Mutex::new(true)),
        })
    }

    pub(super) fn stopper(&self) -> Stopper {
        Stopper {
            stop: Arc::clone(&self.control.stop),
            db: self.db,
            alive: Arc::clone(&self.alive),
        }
    }

    /// Forgets a stop that was asked for earlier. It stopped the cursors too: SQLite stays
    /// interrupted as long as one is open.
    pub(super) fn clear_stop(&mut self) {
        if self.control.stop.swap(false, Ordering::AcqRel) {
            self.cursors.clear();
        }
    }

    /// The open cursors.
    pub(super) fn cursors(&mut self) -> &mut HashMap<u64, Paused> {
        &mut self.cursors
    }

    /// Whether a read took too long the last time.
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

    /// Runs `work` for at most `budget` on this thread, without waiting for locks. `None`: it
    /// takes longer and must be run where it may block.
    pub(super) fn within<T>(
        &mut self,
        budget: Duration,
        work: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        self.control.tripped.set(false);
        self.control.inline_until.set(Some(Instant::now() + budget));
        let result = work(self);
        self.control.inline_until.set(None);
        (!self.control.tripped.replace(false)).then_some(result)
    }

    /// Runs statements that give no rows.
    pub(super) fn exec(&mut self, sql: &str) -> Result<(), Fault> {
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

    /// A prepared statement, from the cache when it is there.
    pub(super) fn take(&mut self, sql: &str) -> Result<Statement, Fault> {
        if let Some(cached) = self.cache.remove(sql) {
            return Ok(cached.statement);
        }
        self.prepare(sql)
    }

    /// Keeps a statement for the next time.
    pub(super) fn keep(&mut self, sql: &str, statement: Statement) {
        if self.cache.len() >= CACHE {
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

    fn prepare(&mut self, sql: &str) -> Result<Statement, Fault> {
        let len = c_int::try_from(sql.len()).map_err(|_| Fault {
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
        let raw = NonNull::new(raw).ok_or_else(|| Fault {
            code: ffi::SQLITE_ERROR,
            message: "the statement is empty".to_owned(),
        })?;
        let statement = Statement::own(raw);
        // SAFETY: `tail` points into `sql` or just behind it.
        let done = unsafe { tail.cast::<u8>().offset_from(sql.as_ptr()) };
        let rest = usize::try_from(done).ok().and_then(|at| sql.get(at..));
        if rest.is_some_and(|rest| !is_blank(rest)) {
            return Err(Fault {
                code: ffi::SQLITE_ERROR,
                message: "there is more than one statement".to_owned(),
            });
        }
        Ok(statement)
    }

    fn check(&self, code: c_int) -> Result<(), Fault> {
        if code == ffi::SQLITE_OK {
            Ok(())
        } else {
            Err(self.fault(code))
        }
    }

    /// The error of the call that has just given `code`.
    pub(super) fn fault(&self, code: c_int) -> Fault {
        // SAFETY: the connection is open and ours; the message is copied at once.
        let message = unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.db.as_ptr())) };
        Fault {
            code,
            message: message.to_string_lossy().into_owned(),
        }
    }

    /// Whether no transaction is open.
    pub(super) fn is_autocommit(&self) -> bool {
        // SAFETY: the connection is open and ours.
        unsafe { ffi::sqlite3_get_autocommit(self.db.as_ptr()) != 0 }
    }

    /// Whether the file can only be read.
    pub(super) fn is_read_only(&self) -> bool {
        // SAFETY: the connection is open and ours.
        unsafe { ffi::sqlite3_db_readonly(self.db.as_ptr(), c"main".as_ptr()) == 1 }
    }

    /// Rows changed by the last statement, and by all statements so far.
    pub(super) fn changes(&self) -> (i64, i64) {
        // SAFETY: the connection is open and ours.
        unsafe {
            (
                ffi::sqlite3_changes64(self.db.as_ptr()),
                ffi::sqlite3_total_changes64(self.db.as_ptr()),
            )
        }
    }

    /// The key of the last row that was inserted.
    pub(super) fn last_rowid(&self) -> i64 {
        // SAFETY: the connection is open and ours.
        unsafe { ffi::sqlite3_last_insert_rowid(self.db.as_ptr()) }
    }

    /// Sets it, so that a statement that inserts nothing can be told from one that does.
    pub(super) fn set_last_rowid(&self, id: i64) {
        // SAFETY: the connection is open and ours.
        unsafe { ffi::sqlite3_set_last_insert_rowid(self.db.as_ptr(), id) }
    }

    /// Makes the connection ready to be closed; gives back sqlx's side of it.
    fn finish(&mut self) -> Option<SqliteConnection> {
        self.cursors.clear();
        self.cache.clear();
        *self.alive.lock().unwrap_or_else(PoisonError::into_inner) = false;
        // SAFETY: the connection is open and ours; this takes back the callbacks whose context
        // is about to be dropped.
        unsafe {
            ffi::sqlite3_progress_handler(self.db.as_ptr(), 0, None, ptr::null_mut());
            ffi::sqlite3_busy_handler(self.db.as_ptr(), None, ptr::null_mut());
        }
        self.owner.take()
    }

    /// Closes the file and waits until that is done.
    pub(super) async fn close(mut self: Box<Self>) {
        if let Some(owner) = self.finish() {
            // It has nothing to report that could be acted on.
            let _ = owner.close().await;
        }
    }

    /// Leaves everything as it is, for a process that was forked.
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

fn nul() -> Fault {
    Fault {
        code: ffi::SQLITE_ERROR,
        message: "the statement holds a NUL character".to_owned(),
    }
}

/// Whether the rest of a text is only spaces, semicolons and comments.
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
