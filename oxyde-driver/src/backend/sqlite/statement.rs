//! SQLite's C interface: prepared statements, stepped in place.

#![expect(unsafe_code, reason = "SQLite's C interface")]

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::ptr::NonNull;

use libsqlite3_sys as ffi;

/// A prepared statement. Dropped before its connection closes: only [`Handle`] hands them out,
/// and its cache is cleared first.
pub(super) struct Statement {
    raw: NonNull<ffi::sqlite3_stmt>,
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the statement is ours and its connection still open. It returns the
        // error of the last step, which was reported there.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

impl Statement {
    /// Take over a newly prepared statement.
    pub(super) fn own(raw: NonNull<ffi::sqlite3_stmt>) -> Self {
        Self { raw }
    }

    /// Whether it is read-only.
    pub(super) fn is_read_only(&self) -> bool {
        // SAFETY: the statement is ours.
        unsafe { ffi::sqlite3_stmt_readonly(self.raw.as_ptr()) != 0 }
    }

    /// Return the number of placeholders.
    pub(super) fn parameters(&self) -> usize {
        // SAFETY: the statement is ours.
        let count = unsafe { ffi::sqlite3_bind_parameter_count(self.raw.as_ptr()) };
        usize::try_from(count).unwrap_or(0)
    }

    /// Return the number of result columns.
    pub(super) fn columns(&self) -> usize {
        // SAFETY: the statement is ours.
        let count = unsafe { ffi::sqlite3_column_count(self.raw.as_ptr()) };
        usize::try_from(count).unwrap_or(0)
    }

    /// Return the name of a column.
    pub(super) fn name(&self, column: usize) -> String {
        // SAFETY: the statement is ours; the name is copied immediately.
        unsafe { copied(ffi::sqlite3_column_name(self.raw.as_ptr(), index(column))) }
            .unwrap_or_default()
    }

    /// Return the declared type of a column, if it is a table's column.
    pub(super) fn declared(&self, column: usize) -> Option<String> {
        // SAFETY: the statement is ours; the text is copied immediately.
        unsafe {
            copied(ffi::sqlite3_column_decltype(
                self.raw.as_ptr(),
                index(column),
            ))
        }
    }

    /// Start a run; the bound values live until it ends.
    pub(super) fn start<'values>(&mut self) -> Run<'_, 'values> {
        Run {
            statement: self,
            values: PhantomData,
        }
    }
}

/// # Safety
/// `text` is NULL or a NUL-terminated string.
unsafe fn copied(text: *const std::ffi::c_char) -> Option<String> {
    // SAFETY: not NULL, and the caller guarantees the terminator.
    (!text.is_null()).then(|| {
        unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned()
    })
}

fn index(column: usize) -> c_int {
    c_int::try_from(column).unwrap_or(c_int::MAX)
}

/// A run of a statement: bind, step, read. Ends with a reset.
pub(super) struct Run<'statement, 'values> {
    statement: &'statement mut Statement,
    values: PhantomData<&'values [u8]>,
}

/// A stored value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stored<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// The result of a step.
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

    /// Bind a string that outlives the run.
    pub(super) fn bind_text(&mut self, at: usize, text: &'values str) -> c_int {
        // SAFETY: the string outlives the run, whose end clears the bindings.
        unsafe { self.bind_text_raw(at, text, ffi::SQLITE_STATIC()) }
    }

    /// Bind a copy of a string.
    pub(super) fn bind_text_copy(&mut self, at: usize, text: &str) -> c_int {
        // SAFETY: SQLite copies the string.
        unsafe { self.bind_text_raw(at, text, ffi::SQLITE_TRANSIENT()) }
    }

    /// # Safety
    /// The string must live as long as `keeper` requires.
    unsafe fn bind_text_raw(
        &mut self,
        at: usize,
        text: &str,
        keeper: ffi::sqlite3_destructor_type,
    ) -> c_int {
        // SAFETY: the statement is ours, pointer and length belong together, and the caller
        // guarantees the lifetime.
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

    /// Bind bytes that outlive the run.
    pub(super) fn bind_bytes(&mut self, at: usize, bytes: &'values [u8]) -> c_int {
        // SAFETY: the bytes outlive the run, whose end clears the bindings. An empty slice has
        // a non-NULL pointer, so that it is not bound as NULL.
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

    /// End the borrow of the statement without a reset.
    ///
    /// # Safety
    /// The bound values must live until the statement is reset or dropped.
    pub(super) unsafe fn pause(self) {
        std::mem::forget(self);
    }

    /// Reset the statement for other values in the same run.
    pub(super) fn reset(&mut self) {
        // SAFETY: the statement is ours. The step has already reported the returned error.
        unsafe { ffi::sqlite3_reset(self.raw()) };
    }

    /// Return the value of a column of the current row.
    pub(super) fn column(&self, column: usize) -> Stored<'_> {
        let at = index(column);
        let raw = self.raw();
        // SAFETY: the statement is ours and on a row. Text and bytes remain valid
        // until the next step, reset or conversion; the value borrows the run, so that none of
        // these can happen while it lives. The type is queried first, and the value is read as
        // that type, so SQLite converts nothing.
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
        // SAFETY: guaranteed by the caller.
        Ok(len) if !start.is_null() => unsafe { std::slice::from_raw_parts(start, len) },
        _ => &[],
    }
}

impl Drop for Run<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: the statement is ours. After this, SQLite keeps no pointer to a bound value.
        unsafe {
            ffi::sqlite3_reset(self.raw());
            ffi::sqlite3_clear_bindings(self.raw());
        }
    }
}
