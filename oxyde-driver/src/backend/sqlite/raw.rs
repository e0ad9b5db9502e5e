//! SQLite's C interface, stepped in place: the only file with the statements' `unsafe` code.
//!
//! sqlx opens and closes the connection on a thread of its own. That thread touches the handle
//! only while it carries out a command, and only the [`SqliteConnection`] can send one. A
//! [`Handle`] owns it and sends none between opening and closing, so whoever has the `Handle`
//! has the connection to itself, on whatever thread it is.

#![expect(unsafe_code, reason = "SQLite's C interface")]

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_int, c_void};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;

use super::functions;

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
    clock: u64,
    alive: Arc<Mutex<bool>>,
}

struct Cached {
    statement: Statement,
    used: u64,
}

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

    /// Forgets a stop that was asked for earlier.
    pub(super) fn clear_stop(&self) {
        self.control.stop.store(false, Ordering::Release);
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
        let statement = Statement { raw };
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

/// A prepared statement. Dropped before its connection closes: only [`Handle`] hands them out,
/// and its cache is cleared first.
pub(super) struct Statement {
    raw: NonNull<ffi::sqlite3_stmt>,
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the statement is ours and its connection still open. What it returns is the
        // error of the last step, which was reported there.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

impl Statement {
    /// Whether it leaves the database as it is.
    pub(super) fn is_read_only(&self) -> bool {
        // SAFETY: the statement is ours.
        unsafe { ffi::sqlite3_stmt_readonly(self.raw.as_ptr()) != 0 }
    }

    /// Number of placeholders.
    pub(super) fn parameters(&self) -> usize {
        // SAFETY: the statement is ours.
        let count = unsafe { ffi::sqlite3_bind_parameter_count(self.raw.as_ptr()) };
        usize::try_from(count).unwrap_or(0)
    }

    /// Number of columns of its answer.
    pub(super) fn columns(&self) -> usize {
        // SAFETY: the statement is ours.
        let count = unsafe { ffi::sqlite3_column_count(self.raw.as_ptr()) };
        usize::try_from(count).unwrap_or(0)
    }

    /// Name of a column.
    pub(super) fn name(&self, column: usize) -> String {
        // SAFETY: the statement is ours; the name is copied at once.
        unsafe { copied(ffi::sqlite3_column_name(self.raw.as_ptr(), index(column))) }
            .unwrap_or_default()
    }

    /// The type that a column was declared with, when it is a column of a table.
    pub(super) fn declared(&self, column: usize) -> Option<String> {
        // SAFETY: the statement is ours; the text is copied at once.
        unsafe {
            copied(ffi::sqlite3_column_decltype(
                self.raw.as_ptr(),
                index(column),
            ))
        }
    }

    /// Starts a run; the values that are bound live until it ends.
    pub(super) fn start<'values>(&mut self) -> Run<'_, 'values> {
        Run {
            statement: self,
            values: PhantomData,
        }
    }
}

/// # Safety
/// `text` is NULL or a text that ends with NUL.
unsafe fn copied(text: *const std::ffi::c_char) -> Option<String> {
    // SAFETY: not NULL, and the caller says that it ends.
    (!text.is_null()).then(|| {
        unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned()
    })
}

fn index(column: usize) -> c_int {
    c_int::try_from(column).unwrap_or(c_int::MAX)
}

/// One run of a statement: bind, step, read. Ends with a reset.
pub(super) struct Run<'statement, 'values> {
    statement: &'statement mut Statement,
    values: PhantomData<&'values [u8]>,
}

/// A value as SQLite stores it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stored<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Row,
    Done,
    Failed(c_int),
}

impl<'values> Run<'_, 'values> {
    pub(super) fn statement(&self) -> &Statement {
        self.statement
    }

    fn raw(&self) -> *mut ffi::sqlite3_stmt {
        self.statement.raw.as_ptr()
    }

    /// Placeholders count from zero here.
    pub(super) fn bind_null(&mut self, at: usize) -> c_int {
        // SAFETY: the statement is ours.
        unsafe { ffi::sqlite3_bind_null(self.raw(), index(at + 1)) }
    }

    pub(super) fn bind_int(&mut self, at: usize, value: i64) -> c_int {
        // SAFETY: the statement is ours.
        unsafe { ffi::sqlite3_bind_int64(self.raw(), index(at + 1), value) }
    }

    pub(super) fn bind_double(&mut self, at: usize, value: f64) -> c_int {
        // SAFETY: the statement is ours.
        unsafe { ffi::sqlite3_bind_double(self.raw(), index(at + 1), value) }
    }

    /// Binds a text that outlives the run.
    pub(super) fn bind_text(&mut self, at: usize, text: &'values str) -> c_int {
        // SAFETY: the text outlives the run, whose end clears the bindings.
        unsafe { self.bind_text_raw(at, text, ffi::SQLITE_STATIC()) }
    }

    /// Binds a copy of a text.
    pub(super) fn bind_text_copy(&mut self, at: usize, text: &str) -> c_int {
        // SAFETY: SQLite copies the text.
        unsafe { self.bind_text_raw(at, text, ffi::SQLITE_TRANSIENT()) }
    }

    /// # Safety
    /// The text must live as long as `keeper` says.
    unsafe fn bind_text_raw(
        &mut self,
        at: usize,
        text: &str,
        keeper: ffi::sqlite3_destructor_type,
    ) -> c_int {
        // SAFETY: the statement is ours, pointer and length belong together, and the caller
        // answers for the lifetime.
        unsafe {
            ffi::sqlite3_bind_text64(
                self.raw(),
                index(at + 1),
                text.as_ptr().cast(),
                text.len() as u64,
                keeper,
                ENCODING,
            )
        }
    }

    /// Binds bytes that outlive the run.
    pub(super) fn bind_bytes(&mut self, at: usize, bytes: &'values [u8]) -> c_int {
        // SAFETY: the bytes outlive the run, whose end clears the bindings. An empty slice has
        // a pointer that is not NULL, so that it is no NULL value.
        unsafe {
            ffi::sqlite3_bind_blob64(
                self.raw(),
                index(at + 1),
                bytes.as_ptr().cast(),
                bytes.len() as u64,
                ffi::SQLITE_STATIC(),
            )
        }
    }

    pub(super) fn step(&mut self) -> Step {
        // SAFETY: the statement is ours.
        match unsafe { ffi::sqlite3_step(self.raw()) } {
            ffi::SQLITE_ROW => Step::Row,
            ffi::SQLITE_DONE => Step::Done,
            code => Step::Failed(code),
        }
    }

    /// Makes the statement ready for other values in the same run.
    pub(super) fn reset(&mut self) {
        // SAFETY: the statement is ours. What it returns was reported by the step.
        unsafe { ffi::sqlite3_reset(self.raw()) };
    }

    /// The value of a column of the row that the last step came to.
    pub(super) fn column(&self, column: usize) -> Stored<'_> {
        let at = index(column);
        let raw = self.raw();
        // SAFETY: the statement is ours and stands on a row. Text and bytes stay where they are
        // until the next step, reset or conversion; the value borrows the run, so that none of
        // these can happen while it lives. The type is asked first and no other type is then
        // asked for, so SQLite converts nothing.
        unsafe {
            match ffi::sqlite3_column_type(raw, at) {
                ffi::SQLITE_INTEGER => Stored::Integer(ffi::sqlite3_column_int64(raw, at)),
                ffi::SQLITE_FLOAT => Stored::Real(ffi::sqlite3_column_double(raw, at)),
                ffi::SQLITE_TEXT => {
                    let text = ffi::sqlite3_column_text(raw, at);
                    Stored::Text(slice(text, ffi::sqlite3_column_bytes(raw, at)))
                }
                ffi::SQLITE_BLOB => {
                    let bytes = ffi::sqlite3_column_blob(raw, at).cast();
                    Stored::Blob(slice(bytes, ffi::sqlite3_column_bytes(raw, at)))
                }
                _ => Stored::Null,
            }
        }
    }
}

const ENCODING: std::ffi::c_uchar = 1;

/// # Safety
/// `start` is NULL, or `len` bytes there live as long as `'a`.
unsafe fn slice<'a>(start: *const u8, len: c_int) -> &'a [u8] {
    match usize::try_from(len) {
        // SAFETY: as the caller says.
        Ok(len) if !start.is_null() => unsafe { std::slice::from_raw_parts(start, len) },
        _ => &[],
    }
}

impl Drop for Run<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: the statement is ours. After this SQLite holds no pointer to a bound value.
        unsafe {
            ffi::sqlite3_reset(self.raw());
            ffi::sqlite3_clear_bindings(self.raw());
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
